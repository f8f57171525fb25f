import type { ResultColumn } from '../compiler/compiled.ts'
import type { Batch } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import type { FormatCode } from '../wire/message.ts'
import type { Recording } from './recording.ts'
import { type Outcome, RowCursor, type RowsOutcome, rowsOnce, splitRows } from './rows.ts'
import type { Bound, Statement } from './state.ts'

export const PORTALS_MAX = 100
/** Parameters of all portals together. */
export const BOUND_BYTES_MAX = 64 * 1024 * 1024
/** What a scrollable cursor, or one held beyond its transaction, may keep in memory. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024

/** How a cursor of DECLARE differs from a portal of Bind. */
export type CursorOptions = {
  readonly scroll: boolean
  readonly hold: boolean
  readonly binary: boolean
}

export type PortalState =
  | { readonly kind: 'bound' }
  | { readonly kind: 'begun'; readonly outcome: Outcome }
  | { readonly kind: 'running'; readonly outcome: RowsOutcome; readonly rows: RowCursor }
  /** All rows are at hand, for a cursor that scrolls or is held. */
  | { readonly kind: 'held'; readonly outcome: RowsOutcome; readonly rows: readonly Uint8Array[] }
  | { readonly kind: 'ended' }

export type PortalDefinition = {
  readonly name: string
  readonly statement: Statement
  readonly bind: Bound
  readonly cursor: CursorOptions | null
  /** How many savepoints had been set before it was made. */
  readonly savepoint: number
  /** The command that made it, for pg_cursors. */
  readonly text: string
  begin(bind: Bound, signal: AbortSignal): Promise<Outcome>
}

/** A bound statement, from Bind or DECLARE, that is yet to run, runs, or has run. */
export class Portal {
  readonly definition: PortalDefinition
  readonly createdAt = new Date()
  state: PortalState = { kind: 'bound' }
  /** Rows before and including the current one; one more than there are: after the last. */
  position = 0
  /** Follows its statement, over all the messages that run it. */
  recording: Recording | null = null
  /** Its transaction has committed and it was WITH HOLD. */
  outlivesTransaction = false
  /** The statement runs over several messages, each of which can be cancelled: each links its own signal to this one. */
  private readonly controller = new AbortController()

  constructor(definition: PortalDefinition) {
    this.definition = definition
  }

  get name(): string {
    return this.definition.name
  }

  get columns(): readonly ResultColumn[] | null {
    return this.definition.statement.columns
  }

  get boundBytes(): number {
    return this.definition.bind.values.reduce((sum, value) => sum + (value?.byteLength ?? 0), 0)
  }

  /** Formats that the rows have, once that is settled. */
  get formats(): readonly FormatCode[] | null {
    const { state } = this
    if (state.kind === 'running' || state.kind === 'held') return state.outcome.formats
    return state.kind === 'begun' && state.outcome.kind === 'rows' ? state.outcome.formats : null
  }

  /** Work under a message's signal: its cancel ends the whole statement of this portal. */
  async under<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const unlink = this.link(signal)
    try {
      return await work()
    } finally {
      unlink()
    }
  }

  /** Begins the statement if it was not. `resultFormats` as Bind gives them. */
  async begin(resultFormats: readonly FormatCode[], signal: AbortSignal): Promise<Outcome | null> {
    const { definition } = this
    if (this.state.kind === 'bound') {
      const bind = { ...definition.bind, resultFormats }
      const outcome = await this.under(signal, () => definition.begin(bind, this.controller.signal))
      this.state = { kind: 'begun', outcome }
    }
    return this.state.kind === 'begun' ? this.state.outcome : null
  }

  /** From `begun` on to where rows can be taken. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.state.kind !== 'begun') return
    const { outcome } = this.state
    if (outcome.kind !== 'rows') {
      this.state = { kind: 'ended' }
      return
    }
    this.state = { kind: 'running', outcome, rows: new RowCursor(outcome.batches) }
    if (this.definition.cursor?.scroll) await this.hold(signal)
  }

  async start(signal: AbortSignal): Promise<void> {
    const { state } = this
    if (state.kind === 'running') await this.under(signal, () => state.rows.start())
  }

  /** Reads what is left into memory. */
  async hold(signal: AbortSignal): Promise<void> {
    const { state } = this
    if (state.kind !== 'running') return
    const rows: Uint8Array[] = []
    let bytes = 0
    await this.under(signal, async () => {
      for await (const batch of state.rows.take(0)) {
        bytes += batch.bytes.byteLength
        if (bytes > HELD_BYTES_MAX) {
          throw new PgError('53400', 'result of the cursor is too large to be kept', {
            detail: `At most ${HELD_BYTES_MAX} bytes are kept for a cursor that is SCROLL or WITH HOLD.`,
          })
        }
        rows.push(...splitRows(batch))
      }
    })
    this.state = { kind: 'held', outcome: state.outcome, rows }
  }

  /** The next rows, forward; 0: all that are left. */
  async *forward(rowsMax: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const { state } = this
    if (state.kind === 'held') {
      const start = Math.min(this.position, state.rows.length)
      const end = rowsMax === 0 ? state.rows.length : Math.min(state.rows.length, start + rowsMax)
      this.position = rowsMax === 0 || end - start < rowsMax ? state.rows.length + 1 : end
      yield* rowsOnce(state.rows.slice(start, end))
    } else if (state.kind === 'running') {
      const unlink = this.link(signal)
      try {
        for await (const batch of state.rows.take(rowsMax)) {
          this.position += batch.rows
          yield batch
        }
      } finally {
        unlink()
      }
    }
  }

  async close(): Promise<void> {
    const { state } = this
    this.recording?.abandoned()
    this.state = { kind: 'ended' }
    if (state.kind === 'running') await state.rows.close()
    if (state.kind === 'begun' && state.outcome.kind === 'rows') {
      // Nobody has asked for its rows yet, so ending the iteration would tell the statement nothing.
      this.controller.abort(new PgError('57014', 'canceling statement because its portal was closed'))
      await new RowCursor(state.outcome.batches).close()
    }
  }

  private link(signal: AbortSignal): () => void {
    const abort = () => this.controller.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  }
}

/** The portals of one session: those of Bind and the cursors of DECLARE share their names. */
export class Portals {
  private readonly byName = new Map<string, Portal>()
  private boundBytes = 0

  get(name: string, what: 'portal' | 'cursor' = 'portal'): Portal {
    const found = this.byName.get(name)
    if (found !== undefined) return found
    throw new PgError('34000', `${what} "${name}" does not exist`)
  }

  find(name: string): Portal | undefined {
    return this.byName.get(name)
  }

  refuseTaken(name: string): void {
    if (name !== '' && this.byName.has(name)) throw new PgError('42P03', `cursor "${name}" already exists`)
  }

  async add(portal: Portal): Promise<void> {
    this.refuseTaken(portal.name)
    await this.remove(portal.name)
    if (this.byName.size >= PORTALS_MAX) {
      throw new PgError('53400', 'too many open portals in this session', {
        detail: `At most ${PORTALS_MAX} are kept.`,
        hint: 'Close cursors that are no longer needed.',
      })
    }
    if (this.boundBytes + portal.boundBytes > BOUND_BYTES_MAX) {
      throw new PgError('53400', 'parameters of open portals are too large', {
        detail: `At most ${BOUND_BYTES_MAX} bytes of them are kept.`,
        hint: 'Close cursors that are no longer needed.',
      })
    }
    this.boundBytes += portal.boundBytes
    this.byName.set(portal.name, portal)
  }

  async remove(name: string): Promise<void> {
    const found = this.byName.get(name)
    if (found === undefined) return
    this.byName.delete(name)
    this.boundBytes -= found.boundBytes
    await found.close()
  }

  /** Before a commit: what is to outlive it is read into memory. */
  async holdForCommit(signal: AbortSignal): Promise<void> {
    for (const portal of this.byName.values()) {
      if (!portal.definition.cursor?.hold || portal.outlivesTransaction) continue
      await portal.begin([], signal)
      await portal.open(signal)
      await portal.hold(signal)
      portal.outlivesTransaction = true
    }
  }

  /** Before a write: a cursor sees its result as of DECLARE. */
  async beginCursors(signal: AbortSignal): Promise<void> {
    for (const portal of this.byName.values()) {
      if (portal.definition.cursor === null || portal.state.kind !== 'bound') continue
      await portal.begin([], signal)
      await portal.open(signal)
      await portal.start(signal)
    }
  }

  /** Those made since a savepoint; 0: all of the transaction. */
  async endTransaction(savepoint = 0): Promise<void> {
    for (const portal of [...this.byName.values()]) {
      if (!portal.outlivesTransaction && portal.definition.savepoint >= savepoint) await this.remove(portal.name)
    }
  }

  async clear(): Promise<void> {
    for (const name of [...this.byName.keys()]) await this.remove(name)
  }

  *all(): Iterable<Portal> {
    yield* this.byName.values()
  }
}
