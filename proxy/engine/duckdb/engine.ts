import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PgError, unsupported } from '../../error.ts'
import type { EngineSql } from '../../print/engine-sql.ts'
import type { Engine, Run, RunOptions } from '../engine.ts'
import { cancelled, engineDied, isRefused } from './error.ts'
import type { LakeStorage } from './frame.ts'
import { EngineProcess, RUNS_PER_CHILD_MAX } from './process.ts'
import { startRunOn } from './remote-run.ts'
import { writeStaged } from './staged.ts'

export type DuckdbEngineConfig = {
  /** Base URL of the Iceberg REST catalog (without /v1). */
  catalogUrl: string
  /** A bearer token for the catalog that reaches this tenant only. */
  tokenFor(tenant: string): Promise<string>
  storage: LakeStorage
  /** Folders that the tenant's tables lie in, of this machine or s3://…: all that its engine may read and write. */
  foldersOf(tenant: string): readonly string[]
  /** Paths of the extensions to load, in order: see extension.ts. */
  extensions: readonly string[]
  /** CREATE MACRO statements that printed SQL relies on. */
  macros: readonly string[]
  /** SET statements for every connection. */
  sessionSettings: readonly string[]
  /** Where engines spill to; each has its own folder in it. */
  temporaryDirectory: string
  temporaryBytesMax: number
  /** Resident memory of one child process; above it is killed. */
  memoryBytesMax: number
  threads: number
  /** Folders of TZif files, PostgreSQL's own first. */
  zoneDirectories: readonly string[]
  childrenMax: number
  idleMs: number
  /** A child's token is good for longer; statements that come later get a new child. */
  lifeMs: number
}

export interface DuckdbEngine extends Engine {
  /** The process that runs a tenant's statements, if one is awake: for metrics and tests. */
  pidOf(tenant: string): number | undefined
}

/** How much of a child's memory DuckDB is told it may use: the rest is for what it does not count. */
const DATABASE_SHARE = 0.6
const CHILD_WAIT_MS = 10_000
const CHILD_POLL_MS = 20

type Seat = {
  tenant: string
  /** rejects when the child could not be started */
  ready: Promise<EngineProcess>
  process: EngineProcess | null
  /** statements running or waiting */
  users: number
  usedAt: number
  startedAt: number
  idleTimer: NodeJS.Timeout | null
}

export function createDuckdbEngine(config: DuckdbEngineConfig): DuckdbEngine {
  const seats = new Map<string, Seat>()
  let closing = false
  let waiting = 0

  function sit(tenant: string): Seat | null {
    const known = seats.get(tenant)
    if (known !== undefined) {
      const isFresh = Date.now() - known.startedAt < config.lifeMs
      if (known.process?.alive !== false && isFresh) return known
      // Whoever runs there may end there: the last one stops it.
      if (known.users === 0) void retire(known)
      else leave(known)
    }
    if (seats.size >= config.childrenMax && !vacate()) return null
    const now = Date.now()
    const seat: Seat = {
      tenant,
      ready: start(tenant),
      process: null,
      users: 0,
      usedAt: now,
      startedAt: now,
      idleTimer: null,
    }
    seats.set(tenant, seat)
    seat.ready.then(
      (process) => {
        seat.process = process
        void process.ended().then(() => leave(seat))
      },
      () => leave(seat),
    )
    return seat
  }

  function leave(seat: Seat): void {
    if (seat.idleTimer !== null) clearTimeout(seat.idleTimer)
    if (seats.get(seat.tenant) === seat) seats.delete(seat.tenant)
  }

  /** Ends the child that has been idle longest. */
  function vacate(): boolean {
    const idle = [...seats.values()].filter((seat) => seat.users === 0).sort((a, b) => a.usedAt - b.usedAt)[0]
    if (idle === undefined) return false
    void retire(idle)
    return true
  }

  async function retire(seat: Seat): Promise<void> {
    leave(seat)
    await seat.ready.then(
      (process) => process.stop(),
      () => {},
    )
  }

  async function start(tenant: string): Promise<EngineProcess> {
    const token = await config.tokenFor(tenant)
    // Its names hold those of tenants, so nobody else may list it.
    await mkdir(config.temporaryDirectory, { recursive: true, mode: 0o700 })
    const temporaryDirectory = await mkdtemp(join(config.temporaryDirectory, `${tenant}-`))
    const child = new EngineProcess(config.memoryBytesMax, temporaryDirectory)
    void child.ended().then(() => removeQuietly(temporaryDirectory))
    try {
      await child.start({
        tenant,
        token,
        temporaryDirectory,
        catalogUrl: config.catalogUrl,
        storage: config.storage,
        extensions: config.extensions,
        macros: config.macros,
        sessionSettings: config.sessionSettings,
        directories: [...config.foldersOf(tenant), temporaryDirectory],
        temporaryBytesMax: config.temporaryBytesMax,
        memoryBytes: Math.floor(config.memoryBytesMax * DATABASE_SHARE),
        threads: config.threads,
        zoneDirectories: config.zoneDirectories,
      })
    } catch (error) {
      await child.stop()
      throw error instanceof PgError ? error : engineDied(String(error))
    }
    return child
  }

  async function seatFor(tenant: string, signal: AbortSignal): Promise<Seat> {
    const deadline = Date.now() + CHILD_WAIT_MS
    for (;;) {
      if (closing) throw new PgError('57P01', 'the server is shutting down')
      if (signal.aborted) throw cancelled()
      const seat = sit(tenant)
      if (seat !== null && seat.users < RUNS_PER_CHILD_MAX) {
        seat.users++
        if (seat.idleTimer !== null) clearTimeout(seat.idleTimer)
        seat.idleTimer = null
        return seat
      }
      if (Date.now() > deadline) {
        throw new PgError('53300', 'too many statements are running', { hint: 'Try again later.', fault: 'limit' })
      }
      waiting++
      await sleep(CHILD_POLL_MS).finally(() => waiting--)
    }
  }

  function leaveSeat(seat: Seat): void {
    seat.users--
    seat.usedAt = Date.now()
    if (seat.users > 0) return
    if (seats.get(seat.tenant) !== seat) {
      void retire(seat)
      return
    }
    seat.idleTimer = setTimeout(() => void retire(seat), config.idleMs)
    seat.idleTimer.unref()
  }

  async function run(sql: EngineSql, options: RunOptions): Promise<Run> {
    if (sql.dialect !== 'duckdb') throw unsupported(`the dialect ${sql.dialect}`)
    const { signal } = options
    const seat = await seatFor(options.tenant, signal)
    try {
      const child = await abortable(seat.ready, signal)
      const { staged, ...rest } = options
      const file =
        staged === undefined
          ? null
          : await writeStaged(staged, child.temporaryDirectory, config.temporaryBytesMax, signal)
      const started = startRunOn(child, sql, rest, file)
      if (file !== null) void started.ended.then(() => removeQuietly(file.path))
      const run = await started.run
      void started.ended.then(() => leaveSeat(seat))
      return run
    } catch (error) {
      leaveSeat(seat)
      // a token that is no longer good, most likely: the next statement gets a child with a fresh one
      if (error instanceof PgError && isRefused(String(error.fields.cause ?? '')) && seat.users === 0) void retire(seat)
      throw error
    }
  }

  return {
    name: 'duckdb',
    run,
    status: () => {
      const users = [...seats.values()].reduce((total, seat) => total + seat.users, 0)
      return { problem: closing ? 'it is being stopped' : null, running: users, queued: waiting }
    },
    pidOf: (tenant) => seats.get(tenant)?.process?.pid,
    async forget(tenant, transaction) {
      const seat = seats.get(tenant)
      if (seat === undefined) return
      if (transaction === undefined) {
        await retire(seat)
        return
      }
      // a child that has died has forgotten everything
      await (await seat.ready.catch(() => null))?.forget(transaction).catch(() => {})
    },
    async close() {
      closing = true
      await Promise.all([...seats.values()].map(retire))
    },
  }
}

/** What stays behind is a file that nothing reads: no reason to fail anything. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {})
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw cancelled()
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(cancelled())
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
