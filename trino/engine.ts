import type { Batch, Engine, Run, RunOptions } from '../proxy/engine/engine.ts'
import { unsupported } from '../proxy/error.ts'
import type { EngineSql } from '../proxy/print/engine-sql.ts'
import { timeZone } from '../proxy/type/time-zone.ts'
import { openHttp } from './client/http.ts'
import type { Page } from './client/page.ts'
import { type Statement, startStatement } from './client/statement.ts'
import { type PageEncoder, plainEncoder } from './encode/rows.ts'
import { trinoType } from './encode/type.ts'
import { cancelled, pgErrorOf } from './error.ts'

export type Token = { text: string; goodForS: number }

export type TrinoEngineConfig = {
  /** the coordinator */
  url: string
  /** catalog in Trino that is our Iceberg catalog */
  catalog: string
  /** who asks, as a token that Trino checks; null: Trino believes whatever name it is told (never in production) */
  tokenFor: ((tenant: string, user: string) => Promise<Token>) | null
  /** Folders of TZif files, PostgreSQL's own first. */
  zoneDirectories: readonly string[]
}

export function createTrinoEngine(config: TrinoEngineConfig): Engine {
  const http = openHttp(new URL(config.url))

  async function headersFor({ tenant, user }: RunOptions): Promise<Record<string, string>> {
    const headers: Record<string, string> = {
      'X-Trino-User': `${tenant}/${user}`,
      'X-Trino-Source': 'lakewire',
      'X-Trino-Catalog': config.catalog,
      'X-Trino-Time-Zone': 'UTC',
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    }
    if (config.tokenFor !== null) {
      headers.Authorization = `Bearer ${(await config.tokenFor(tenant, user)).text}`
      headers['X-Forwarded-Proto'] = 'https'
    }
    return headers
  }

  async function run(sql: EngineSql, options: RunOptions): Promise<Run> {
    if (sql.dialect !== 'trino') throw unsupported(`the dialect ${sql.dialect}`)
    const text = sql.statements[0]
    if (text === undefined || sql.statements.length !== 1) throw unsupported('a statement of several steps')
    if (options.staged !== undefined) throw unsupported('COPY FROM on this engine')
    const { signal } = options
    if (signal.aborted) throw cancelled()
    const isWrite = sql.countOf !== null
    const failed = (error: unknown) => (signal.aborted ? cancelled() : pgErrorOf(error, isWrite))
    let statement: Statement
    try {
      statement = await startStatement(http, { sql: text, headers: await headersFor(options), signal })
    } catch (error) {
      throw failed(error)
    }
    let rowsAffected: number | null = null
    const rows = encodedRows(statement, sql, options, config.zoneDirectories, (page) => {
      rowsAffected = page.updateCount ?? rowsAffected
    })
    const onAbort = () => void statement.end()
    signal.addEventListener('abort', onAbort, { once: true })
    let ended = false
    const finish = async () => {
      ended = true
      signal.removeEventListener('abort', onAbort)
      await statement.end()
    }
    const take = async (): Promise<IteratorResult<Batch, undefined>> => {
      if (ended) return { done: true, value: undefined }
      try {
        const next = await rows.next()
        if (signal.aborted) throw cancelled()
        if (next.done === true) await finish()
        return next
      } catch (error) {
        await finish()
        throw failed(error)
      }
    }
    let first: IteratorResult<Batch, undefined> | null = await take()
    const batches: AsyncIterableIterator<Batch, undefined> = {
      [Symbol.asyncIterator]: () => batches,
      async next() {
        const kept = first
        first = null
        return kept ?? take()
      },
      async return() {
        await finish()
        return { done: true, value: undefined }
      },
    }
    return { batches, rowsAffected: () => rowsAffected }
  }

  return {
    name: 'trino',
    run,
    status: () => ({ problem: null, running: 0, queued: 0 }),
    forget: async () => {},
    close: async () => http.close(),
  }
}

async function* encodedRows(
  statement: Statement,
  sql: EngineSql,
  { format, style, rowsMax }: RunOptions,
  zoneDirectories: readonly string[],
  onPage: (page: Page) => void,
): AsyncGenerator<Batch, undefined> {
  const zone = timeZone(style.timeZone, zoneDirectories)
  let rowsLeft = rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax
  let encode: ((body: Buffer, start: number, end: number) => PageEncoder) | null = null
  for (let page = await statement.next(); page !== null; page = await statement.next()) {
    onPage(page)
    if (page.rows === null || sql.columns === null || page.columns === null) continue
    encode ??= plainEncoder(
      page.columns.map(({ typeSignature }) => trinoType(typeSignature)),
      { columns: sql.columns, format, style, zone },
    )
    const rows = encode(page.body, page.rows.start, page.rows.end)
    for (let batch = rows.next(rowsLeft); batch !== null; batch = rows.next(rowsLeft)) {
      rowsLeft -= batch.rows
      yield batch
      if (rowsLeft === 0) return
    }
  }
}
