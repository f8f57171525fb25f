import type { Pinned } from '../compiler/compiler.ts'
import type { Engine } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import type { Lake } from '../lake/lake.ts'
import type { Log } from '../observe/log.ts'
import type { TransactionStatus } from '../wire/message.ts'
import { Turns } from './ddl/turn.ts'
import type { SessionSettings, SettingsSnapshot } from './setting/settings.ts'

/** A commit is not cancelled half-way: it has a time of its own. */
const COMMIT_TIMEOUT_MS = 60_000
const SAVEPOINTS_MAX = 1000

/** One per lake, that is per process: its sessions share them. */
const turnsOf = new WeakMap<Lake, Turns>()

export type TransactionPorts = {
  readonly tenant: string
  readonly lake: Lake
  readonly engines: Iterable<Engine>
  /** A backend of the twin inside a transaction of its own. */
  readonly pin: (signal: AbortSignal, lakeTransaction: string | null) => Promise<Pinned>
  /** What belongs to the commit of an overlay, in it. */
  readonly beforeCommit: (lakeTransaction: string, signal: AbortSignal) => Promise<void>
  readonly settings: SessionSettings
  readonly log: Log
}

type Savepoint = {
  readonly name: string
  /** Its name in the lake and in the twin: names of savepoints may be given twice. */
  readonly id: string
  readonly serial: number
  readonly settings: SettingsSnapshot
  /** Whether that side had begun: only then it knows the savepoint. */
  readonly lake: boolean
  readonly twin: boolean
}

/**
 * The transaction of one session: none, implicit (a Query message, or the messages up to Sync), or a block that BEGIN
 * opened. It has up to two sides, each begun when first needed: an overlay in the lake, and a transaction in the twin
 * for DDL. COMMIT commits the lake first: it is the truth, and the twin can always be made anew from it.
 */
export class SessionTransaction {
  private readonly ports: TransactionPorts
  private phase: 'none' | 'implicit' | 'block' = 'none'
  private failed = false
  private before: SettingsSnapshot
  private lakeTransaction: string | null = null
  private twinTransaction: Pinned | null = null
  private turn: (() => void) | null = null
  private savepoints: Savepoint[] = []
  private savepointCount = 0
  private begunMs = 0
  /** What now() is in it. */
  begunAt = new Date()
  /** A query has run: too late for SET TRANSACTION. */
  queried = false

  constructor(ports: TransactionPorts) {
    this.ports = ports
    this.before = ports.settings.snapshot()
  }

  get status(): TransactionStatus {
    if (this.phase !== 'block') return 'I'
    return this.failed ? 'E' : 'T'
  }

  get inBlock(): boolean {
    return this.phase === 'block'
  }

  get hasFailed(): boolean {
    return this.failed
  }

  /** The overlay that statements of this transaction read and write, if it has begun. */
  get lakeId(): string | null {
    return this.lakeTransaction
  }

  get isReadOnly(): boolean {
    return this.ports.settings.isOn('transaction_read_only')
  }

  /** Milliseconds since the transaction began; 0 when there is none. */
  get ageMs(): number {
    return this.phase === 'none' ? 0 : performance.now() - this.begunMs
  }

  /** Every statement runs in a transaction: an implicit one if there is no other. */
  ensure(): void {
    if (this.phase !== 'none') return
    this.phase = 'implicit'
    this.before = this.ports.settings.snapshot()
    this.begunMs = performance.now()
    this.begunAt = new Date()
  }

  /** BEGIN: an implicit transaction becomes a block, with all that has happened in it. */
  beginBlock(): void {
    this.ensure()
    this.phase = 'block'
  }

  /** The lake's side, begun now if it was not. */
  async lake(signal: AbortSignal): Promise<string> {
    if (this.lakeTransaction === null) this.lakeTransaction = await this.ports.lake.begin(this.ports.tenant, signal)
    return this.lakeTransaction
  }

  /** Before the first change of definitions: until the transaction's end no other one of the tenant makes any. */
  async takeTurn(signal: AbortSignal): Promise<void> {
    if (this.turn !== null) return
    const { lake, tenant } = this.ports
    const turns = turnsOf.get(lake) ?? new Turns()
    turnsOf.set(lake, turns)
    this.turn = await turns.take(tenant, signal)
  }

  private endTurn(): void {
    this.turn?.()
    this.turn = null
  }

  /** The twin's side, begun now if it was not. */
  async twin(signal: AbortSignal): Promise<Pinned> {
    if (this.twinTransaction !== null) return this.twinTransaction
    // In a block the two sides go together: what is analysed from now on is what the overlay holds.
    const overlay = this.phase === 'block' ? await this.lake(signal) : this.lakeTransaction
    this.twinTransaction = await this.ports.pin(signal, overlay)
    return this.twinTransaction
  }

  async commit(): Promise<void> {
    try {
      await this.commitSides()
    } finally {
      this.endTurn()
    }
  }

  private async commitSides(): Promise<void> {
    const { lake, tenant, log, settings } = this.ports
    const { lakeTransaction, twinTransaction, before } = this
    this.end()
    try {
      if (lakeTransaction === null) {
        // DDL that changed nothing of the lake has nothing to keep: the twin is only its image.
        await twinTransaction?.rollback()
      } else {
        const signal = AbortSignal.timeout(COMMIT_TIMEOUT_MS)
        await this.ports.beforeCommit(lakeTransaction, signal)
        const version = await lake.commit(tenant, lakeTransaction, signal)
        // The lake has committed, so the statement has succeeded; a twin that failed to follow is rebuilt from the lake.
        await twinTransaction?.commit(version).catch((error) => log.warn({ error }, 'twin did not follow a commit'))
      }
    } catch (error) {
      settings.restore(before)
      settings.endLocal()
      await this.release(lakeTransaction, twinTransaction)
      throw error
    }
    settings.endLocal()
    await this.forget(lakeTransaction)
  }

  async rollback(): Promise<void> {
    const { lakeTransaction, twinTransaction, before } = this
    const had = this.phase !== 'none'
    this.end()
    if (had) {
      this.ports.settings.restore(before)
      this.ports.settings.endLocal()
    }
    await this.release(lakeTransaction, twinTransaction)
    this.endTurn()
  }

  /** A statement has failed: an implicit transaction is over, a block waits for its ROLLBACK. */
  async fail(): Promise<void> {
    if (this.phase === 'block') {
      this.failed = true
      if (this.savepoints.length > 0) return
      const { lakeTransaction, twinTransaction } = this
      this.lakeTransaction = null
      this.twinTransaction = null
      await this.release(lakeTransaction, twinTransaction)
      this.endTurn()
    } else {
      await this.rollback()
    }
  }

  /** How many savepoints have been set: what is made between two of them bears the number of the first. */
  get savepointSerial(): number {
    return this.savepointCount
  }

  /** The serial of the innermost savepoint; 0: there is none. */
  get innermostSavepoint(): number {
    return this.savepoints.at(-1)?.serial ?? 0
  }

  async savepoint(name: string, signal: AbortSignal): Promise<void> {
    if (this.savepoints.length >= SAVEPOINTS_MAX) {
      throw new PgError('53400', 'too many savepoints in this transaction', {
        detail: `At most ${SAVEPOINTS_MAX} are kept.`,
      })
    }
    const serial = ++this.savepointCount
    const id = `s${serial}`
    if (this.lakeTransaction !== null)
      await this.ports.lake.savepoint(this.ports.tenant, this.lakeTransaction, 'set', id, signal)
    if (this.twinTransaction !== null) await this.twinTransaction.run(`SAVEPOINT ${id}`, signal)
    this.savepoints.push({
      name,
      id,
      serial,
      settings: this.ports.settings.snapshot(),
      lake: this.lakeTransaction !== null,
      twin: this.twinTransaction !== null,
    })
  }

  async releaseSavepoint(name: string, signal: AbortSignal): Promise<void> {
    const { savepoint, index } = this.findSavepoint(name)
    if (savepoint.lake && this.lakeTransaction !== null) {
      await this.ports.lake.savepoint(this.ports.tenant, this.lakeTransaction, 'release', savepoint.id, signal)
    }
    if (savepoint.twin && this.twinTransaction !== null) {
      await this.twinTransaction.run(`RELEASE SAVEPOINT ${savepoint.id}`, signal)
    }
    this.savepoints.length = index
  }

  /** A side that began after the savepoint was set has nothing to keep: it is dropped and begins anew when needed. */
  async rollbackTo(name: string, signal: AbortSignal): Promise<void> {
    const { savepoint, index } = this.findSavepoint(name)
    // First: the backend of the twin follows them, and takes no SET before its own way back.
    this.ports.settings.restore(savepoint.settings)
    const { lakeTransaction, twinTransaction } = this
    if (lakeTransaction !== null) {
      if (savepoint.lake) {
        await this.ports.lake.savepoint(this.ports.tenant, lakeTransaction, 'rollback', savepoint.id, signal)
      } else {
        this.lakeTransaction = null
        await this.release(lakeTransaction, null)
      }
    }
    if (twinTransaction !== null) {
      if (savepoint.twin) {
        await twinTransaction.run(`ROLLBACK TO SAVEPOINT ${savepoint.id}`, signal)
      } else {
        this.twinTransaction = null
        await this.release(null, twinTransaction)
      }
    }
    this.savepoints.length = index + 1
    this.failed = false
  }

  private findSavepoint(name: string): { savepoint: Savepoint; index: number } {
    const index = this.savepoints.findLastIndex((candidate) => candidate.name === name)
    const savepoint = this.savepoints[index]
    if (savepoint === undefined) throw new PgError('3B001', `savepoint "${name}" does not exist`)
    return { savepoint, index }
  }

  private end(): void {
    this.phase = 'none'
    this.failed = false
    this.lakeTransaction = null
    this.twinTransaction = null
    this.savepoints = []
    this.savepointCount = 0
    this.queried = false
  }

  /** Throws nothing: an overlay left behind is invisible, and the lake clears it away in time. */
  private async release(lakeTransaction: string | null, twinTransaction: Pinned | null): Promise<void> {
    const { lake, tenant, log } = this.ports
    await twinTransaction?.rollback().catch((error) => log.warn({ error }, 'rollback in the twin failed'))
    if (lakeTransaction === null) return
    await this.forget(lakeTransaction)
    await lake
      .rollback(tenant, lakeTransaction, AbortSignal.timeout(COMMIT_TIMEOUT_MS))
      .catch((error) => log.warn({ error }, 'rollback in the lake failed'))
  }

  private async forget(lakeTransaction: string | null): Promise<void> {
    if (lakeTransaction === null) return
    for (const engine of this.ports.engines) {
      await engine
        .forget(this.ports.tenant, lakeTransaction)
        .catch((error) => this.ports.log.warn({ error, engine: engine.name }, 'engine did not forget a transaction'))
    }
  }
}

export function refuseReadOnly(command: string): never {
  throw new PgError('25006', `cannot execute ${command} in a read-only transaction`)
}
