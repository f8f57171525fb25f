import { setTimeout as sleep } from 'node:timers/promises'
import duckdb from '@duckdb/node-bindings'
import type { EngineSql } from '../../print/engine-sql.ts'
import { ByteWriter } from '../../type/byte-writer.ts'
import { timeZone } from '../../type/time-zone.ts'
import { type RowWriter, rowWriter } from '../encode/row.ts'
import { ENGINE_BATCHES_AHEAD, type OutputStyle, type RowFormat } from '../engine.ts'
import type { Database } from './database.ts'
import { VECTORS } from './encode/cell.ts'
import { BoundVector, vectorTypeOf } from './encode/vector.ts'
import { isConflict } from './error.ts'
import { type StagedFile, stagedView } from './staged.ts'

export type RunRequest = {
  sql: EngineSql
  transaction: string | null
  format: RowFormat
  style: OutputStyle
  rowsMax: number
  staged: StagedFile | null
}

export type RunControl = {
  /** rows affected, or null */
  readonly done: Promise<number | null>
  /** The reader has taken a batch: one more may be made. */
  credit(): void
  cancel(): void
  isCancelled(): boolean
}

/** An interrupt that arrives between two steps of a statement is lost, so it is repeated. */
const INTERRUPT_INTERVAL_MS = 20
/** How long a write that lost the race for its commit is run again, and how long it waits between. */
const CONFLICT_RETRY_MS = 15_000
const CONFLICT_WAIT_MS = 20
const CONFLICT_WAIT_MS_MAX = 500
/** Batches end at the first row beyond this. */
const BATCH_BYTES = 128 * 1024
const BATCH_BYTES_LEAST = 64 * 1024
/** Most results are small: the first buffer is, too. */
const FIRST_BUFFER_BYTES = 8 * 1024
const BUFFER_BYTES = BATCH_BYTES + 16 * 1024

export function startRun(
  database: Database,
  request: RunRequest,
  zoneDirectories: readonly string[],
  send: (bytes: Uint8Array, rows: number) => void,
): RunControl {
  let credits = ENGINE_BATCHES_AHEAD
  let wake: (() => void) | null = null
  let connection: duckdb.Connection | null = null
  let interrupting: NodeJS.Timeout | null = null
  let cancelled = false

  const interrupt = () => {
    if (connection !== null) duckdb.interrupt(connection)
  }
  const throwIfCancelled = () => {
    if (cancelled) throw new Error('cancelled')
  }
  const flush = async (bytes: Uint8Array, rows: number) => {
    while (credits === 0) {
      throwIfCancelled()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    credits--
    send(bytes, rows)
  }

  const execute = async (): Promise<number | null> => {
    const { sql, style } = request
    await database.attach(request.transaction)
    throwIfCancelled()
    connection = await database.connect(style.timeZone)
    // temporary tables, open transactions and results that were not read to their end are given up with the connection
    const reusable = sql.statements.length === 1 && request.rowsMax === 0 && request.staged === null
    let clean = false
    try {
      if (request.staged !== null) await duckdb.query(connection, stagedView(request.staged))
      const rowsAffected = await runAllButRows(connection, request, throwIfCancelled)
      if (sql.columns !== null) await streamRows(connection, request, zoneDirectories, flush, throwIfCancelled)
      clean = reusable
      return rowsAffected
    } finally {
      const ended = connection
      connection = null
      database.release(ended, style.timeZone, clean && !cancelled)
    }
  }

  return {
    done: execute().finally(() => {
      if (interrupting !== null) clearInterval(interrupting)
    }),
    credit() {
      credits++
      wake?.()
    },
    cancel() {
      if (cancelled) return
      cancelled = true
      interrupt()
      interrupting = setInterval(interrupt, INTERRUPT_INTERVAL_MS)
      wake?.()
    },
    isCancelled: () => cancelled,
  }
}

type Flush = (bytes: Uint8Array, rows: number) => Promise<void>

/**
 * Outside a lake transaction a write that lost the race for its commit has done nothing, and is simply run again, as two
 * INSERTs at once do not fail on PostgreSQL either.
 */
async function runAllButRows(
  connection: duckdb.Connection,
  request: RunRequest,
  throwIfCancelled: () => void,
): Promise<number | null> {
  const repeatable = request.transaction === null && request.sql.countOf !== null
  const deadline = Date.now() + CONFLICT_RETRY_MS
  for (let attempt = 0; ; attempt++) {
    try {
      return await runOnce(connection, request.sql, throwIfCancelled)
    } catch (error) {
      if (!repeatable || Date.now() > deadline || !(error instanceof Error) || !isConflict(error.message)) throw error
      if (request.sql.statements.length > 1) await duckdb.query(connection, 'ROLLBACK').catch(() => {})
      throwIfCancelled()
      await sleep(Math.random() * Math.min(CONFLICT_WAIT_MS * 2 ** attempt, CONFLICT_WAIT_MS_MAX))
      throwIfCancelled()
    }
  }
}

/**
 * Several statements are one transaction. When they write, it is committed before the rows of the last one are read (they
 * are in a temporary table by then), so that a slow client does not hold the commit back.
 */
async function runOnce(
  connection: duckdb.Connection,
  { statements, columns, countOf }: EngineSql,
  throwIfCancelled: () => void,
): Promise<number | null> {
  const several = statements.length > 1
  let rowsAffected: number | null = null
  if (several) await duckdb.query(connection, 'BEGIN')
  for (const [i, statement] of (columns === null ? statements : statements.slice(0, -1)).entries()) {
    throwIfCancelled()
    const result = await duckdb.query(connection, statement)
    if (i === countOf) rowsAffected = duckdb.rows_changed(result)
  }
  if (several && (countOf !== null || columns === null)) await duckdb.query(connection, 'COMMIT')
  return rowsAffected
}

async function streamRows(
  connection: duckdb.Connection,
  { sql, format, style, rowsMax }: RunRequest,
  zoneDirectories: readonly string[],
  flush: Flush,
  throwIfCancelled: () => void,
): Promise<void> {
  const prepared = await duckdb.prepare(connection, sql.statements.at(-1) as string)
  try {
    const result = await duckdb.execute_prepared_streaming(prepared)
    const zone = timeZone(style.timeZone, zoneDirectories)
    const vectors = Array.from(
      { length: duckdb.column_count(result) },
      (_, i) => new BoundVector(vectorTypeOf(duckdb.column_logical_type(result, i))),
    )
    const write = rowWriter(VECTORS, vectors, sql.columns ?? [], format, style, zone)
    await writeChunks(
      result,
      vectors,
      write,
      rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax,
      flush,
      throwIfCancelled,
    )
  } finally {
    duckdb.destroy_prepare_sync(prepared)
  }
}

async function writeChunks(
  result: duckdb.Result,
  vectors: readonly BoundVector[],
  write: RowWriter,
  rowsMax: number,
  flush: Flush,
  throwIfCancelled: () => void,
): Promise<void> {
  const out = new ByteWriter(FIRST_BUFFER_BYTES)
  let rows = 0
  let rowsLeft = rowsMax
  let first = true
  const cut = async () => {
    const batch = rows
    rows = 0
    await flush(out.take(BUFFER_BYTES), batch)
  }
  while (rowsLeft > 0) {
    throwIfCancelled()
    const chunk = await duckdb.fetch_chunk(result)
    const size = chunk === null ? 0 : Math.min(duckdb.data_chunk_get_size(chunk), rowsLeft)
    if (chunk === null || size === 0) break
    for (const [i, vector] of vectors.entries())
      vector.bind(duckdb.data_chunk_get_vector(chunk, i), duckdb.data_chunk_get_size(chunk))
    for (let row = 0; row < size; row++) {
      write(out, row)
      rows++
      if (out.at >= BATCH_BYTES) await cut()
    }
    rowsLeft -= size
    // the first rows leave at once, the others when they are worth a write
    if (rows > 0 && (first || out.at >= BATCH_BYTES_LEAST)) await cut()
    first = false
  }
  if (rows > 0) await flush(out.take(0), rows)
}
