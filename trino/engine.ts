import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Engine, Run, RunOptions } from '../proxy/engine/engine.ts'
import { PgError, unsupported } from '../proxy/error.ts'
import { nextQueryId } from '../proxy/observe/query-id.ts'
import type { EngineSql } from '../proxy/print/engine-sql.ts'
import { timeZone } from '../proxy/type/time-zone.ts'
import { Admission, type AdmissionLimits, QueueFull } from './client/admission.ts'
import { ClientFailure } from './client/failure.ts'
import { watchHealth } from './client/health.ts'
import { type Http, openHttp } from './client/http.ts'
import type { Page, PageStats } from './client/page.ts'
import { type SessionConfig, sessionHeaders } from './client/session.ts'
import { type Statement, startStatement } from './client/statement.ts'
import { pageEncoder } from './encode/page.ts'
import type { PageEncoding } from './encode/rows.ts'
import { trinoType } from './encode/type.ts'
import { cancelled, isLostRace, pgErrorOf } from './error.ts'

export type TrinoEngineConfig = SessionConfig & {
  /** the coordinator */
  url: string
  /** Folders of TZif files, PostgreSQL's own first. */
  zoneDirectories: readonly string[]
  limits?: Partial<AdmissionLimits>
}

const LIMITS: AdmissionLimits = { runningMax: 64, runningPerTenantMax: 16, waitingMax: 256, waitMsMax: 30_000 }
/** How long a write that lost the race for its commit is run again, and how long it waits between. */
const CONFLICT_RETRY_MS = 15_000
const CONFLICT_WAIT_MS = 20
const CONFLICT_WAIT_MS_MAX = 500

export function createTrinoEngine(config: TrinoEngineConfig): Engine {
  const http = openHttp(new URL(config.url))
  const health = watchHealth(http)
  const admission = new Admission({ ...LIMITS, ...config.limits })
  const headersFor = sessionHeaders(config)
  const closing = new AbortController()

  async function admitted({ tenant, signal, onProgress }: RunOptions): Promise<() => void> {
    try {
      return await admission.enter(tenant, AbortSignal.any([signal, closing.signal]), () =>
        onProgress?.({ state: 'queued', fraction: null, rowsRead: 0, bytesRead: 0 }),
      )
    } catch (error) {
      if (signal.aborted) throw cancelled()
      if (!(error instanceof QueueFull)) throw new PgError('57P01', 'the server is shutting down')
      throw new PgError('53300', 'too many statements are running', { hint: 'Try again later.', fault: 'limit' })
    }
  }

  async function startOnce(sql: EngineSql, options: RunOptions): Promise<Started> {
    const signal = AbortSignal.any([options.signal, closing.signal])
    const headers = await headersFor(options.tenant, options.user, nextQueryId())
    let statement: Statement
    try {
      statement = await startStatement(http, { sql: sql.statements[0] ?? '', headers, signal })
    } catch (error) {
      if (error instanceof ClientFailure && error.kind === 'unreachable') health.failed()
      throw error
    }
    const counted: Counted = { rowsAffected: null }
    const rows = encodedRows(http, statement, sql, options, config.zoneDirectories, counted)
    try {
      return { statement, rows, counted, first: await rows.next() }
    } catch (error) {
      await statement.end()
      throw error
    }
  }

  /** As two INSERTs at once do not fail on PostgreSQL either: outside a lake transaction a lost race has changed nothing. */
  async function started(sql: EngineSql, options: RunOptions): Promise<Started> {
    const repeatable = options.transaction === null && sql.countOf !== null
    const deadline = Date.now() + CONFLICT_RETRY_MS
    for (let attempt = 0; ; attempt++) {
      try {
        return await startOnce(sql, options)
      } catch (error) {
        if (!repeatable || !isLostRace(error) || Date.now() > deadline || options.signal.aborted) throw error
        await sleep(Math.random() * Math.min(CONFLICT_WAIT_MS * 2 ** attempt, CONFLICT_WAIT_MS_MAX))
      }
    }
  }

  async function run(sql: EngineSql, options: RunOptions): Promise<Run> {
    if (sql.dialect !== 'trino') throw unsupported(`the dialect ${sql.dialect}`)
    if (sql.statements.length !== 1) throw unsupported('a statement of several steps')
    if (options.staged !== undefined) throw unsupported('COPY FROM on this engine')
    const { signal } = options
    if (signal.aborted) throw cancelled()
    const isWrite = sql.countOf !== null
    const failed = (error: unknown) => {
      if (signal.aborted) return cancelled()
      if (closing.signal.aborted) return new PgError('57P01', 'the server is shutting down')
      return pgErrorOf(error, isWrite)
    }
    const leave = await admitted(options)
    try {
      const { statement, rows, counted, first } = await started(sql, options)
      const end = async () => {
        signal.removeEventListener('abort', end)
        await statement.end().finally(leave)
      }
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted || first.done === true) await end()
      if (signal.aborted) throw cancelled()
      return { batches: batchesOf(first, rows, signal, failed, end), rowsAffected: () => counted.rowsAffected }
    } catch (error) {
      leave()
      throw failed(error)
    }
  }

  return {
    name: 'trino',
    run,
    status: () => ({
      problem: closing.signal.aborted ? 'it is being stopped' : health.problem(),
      running: admission.running,
      queued: admission.waiting,
    }),
    // lake transactions and tenants are names in the statements: nothing is kept
    forget: async () => {},
    async close() {
      closing.abort()
      health.close()
      http.close()
    },
  }
}

type Rows = AsyncGenerator<Batch, undefined>
type Counted = { rowsAffected: number | null }
type Started = { statement: Statement; rows: Rows; counted: Counted; first: IteratorResult<Batch, undefined> }

/** Rows that are made when they are asked for; `end` is called however it ends. */
function batchesOf(
  first: IteratorResult<Batch, undefined>,
  rows: Rows,
  signal: AbortSignal,
  failed: (error: unknown) => unknown,
  end: () => Promise<void>,
): AsyncIterableIterator<Batch, undefined> {
  const done = { done: true, value: undefined } as const
  let kept: IteratorResult<Batch, undefined> | null = first
  let isEnded = false
  const finish = async () => {
    isEnded = true
    await end()
  }
  const batches: AsyncIterableIterator<Batch, undefined> = {
    [Symbol.asyncIterator]: () => batches,
    async next() {
      if (isEnded) return done
      try {
        // after a cancel nothing more is handed out, though it may have been made
        if (signal.aborted) throw cancelled()
        const next = kept ?? (await rows.next())
        kept = null
        if (next.done === true) await finish()
        return next
      } catch (error) {
        await finish()
        throw failed(error)
      }
    },
    async return() {
      await finish()
      return done
    },
  }
  return batches
}

async function* encodedRows(
  http: Http,
  statement: Statement,
  { columns }: EngineSql,
  { format, style, rowsMax, onProgress }: RunOptions,
  zoneDirectories: readonly string[],
  counted: Counted,
): Rows {
  const zone = timeZone(style.timeZone, zoneDirectories)
  let rowsLeft = rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax
  let encode: PageEncoding | null = null
  for (let page = await statement.next(); page !== null; page = await statement.next()) {
    counted.rowsAffected = page.updateCount ?? counted.rowsAffected
    onProgress?.(progressOf(page.stats))
    if (page.rows === null || columns === null) continue
    encode ??= pageEncoder(typesOf(page), { columns, format, style, zone })
    const rows = encode(page.body, page.rows.start, page.rows.end)
    for (let batch = rows.next(rowsLeft); batch !== null; batch = rows.next(rowsLeft)) {
      rowsLeft -= batch.rows
      yield batch
      if (rowsLeft === 0) return
    }
    http.release(page.body)
    // pages may be at hand one after the other: others have their turn between them
    await breathe()
  }
}

function typesOf({ columns }: Page) {
  if (columns === null) throw new ClientFailure('malformed', 'rows without columns')
  return columns.map(({ typeSignature }) => trinoType(typeSignature))
}

function progressOf({ state, progressPercentage, processedRows, processedBytes }: PageStats) {
  const isWaiting = state === 'QUEUED' || state === 'WAITING_FOR_RESOURCES'
  return {
    state: isWaiting ? ('queued' as const) : ('running' as const),
    fraction: progressPercentage === undefined ? null : progressPercentage / 100,
    rowsRead: processedRows,
    bytesRead: processedBytes,
  }
}
