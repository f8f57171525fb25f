import duckdb from '@duckdb/node-bindings'
import type { EngineSql } from '../../print/engine-sql.ts'
import { ByteWriter } from '../../type/byte-writer.ts'
import { timeZone } from '../../type/time-zone.ts'
import { ENGINE_BATCHES_AHEAD, type OutputStyle, type RowFormat } from '../engine.ts'
import type { Database } from './database.ts'
import { type RowWriter, rowWriter } from './encode/row.ts'
import { BoundVector, vectorTypeOf } from './encode/vector.ts'

export type RunRequest = {
  sql: EngineSql
  transaction: string | null
  format: RowFormat
  style: OutputStyle
  rowsMax: number
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
    const reusable = sql.statements.length === 1 && request.rowsMax === 0
    let clean = false
    try {
      const rowsAffected = await runStatements(connection, request, zoneDirectories, flush, throwIfCancelled)
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
 * Several statements are one transaction. When they write, it is committed before the rows of the last one are read (they
 * are in a temporary table by then), so that a slow client does not hold the commit back.
 */
async function runStatements(
  connection: duckdb.Connection,
  request: RunRequest,
  zoneDirectories: readonly string[],
  flush: Flush,
  throwIfCancelled: () => void,
): Promise<number | null> {
  const { statements, columns, countOf } = request.sql
  const several = statements.length > 1
  const last = statements.length - 1
  let rowsAffected: number | null = null
  if (several) await duckdb.query(connection, 'BEGIN')
  for (const [i, statement] of statements.entries()) {
    throwIfCancelled()
    if (i === last && columns !== null) break
    const result = await duckdb.query(connection, statement)
    if (i === countOf) rowsAffected = duckdb.rows_changed(result)
  }
  if (several && (countOf !== null || columns === null)) await duckdb.query(connection, 'COMMIT')
  if (columns !== null) {
    await streamRows(connection, statements[last] as string, request, zoneDirectories, flush, throwIfCancelled)
  }
  return rowsAffected
}

async function streamRows(
  connection: duckdb.Connection,
  statement: string,
  { sql, format, style, rowsMax }: RunRequest,
  zoneDirectories: readonly string[],
  flush: Flush,
  throwIfCancelled: () => void,
): Promise<void> {
  const prepared = await duckdb.prepare(connection, statement)
  try {
    const result = await duckdb.execute_prepared_streaming(prepared)
    const zone = timeZone(style.timeZone, zoneDirectories)
    const vectors = Array.from(
      { length: duckdb.column_count(result) },
      (_, i) => new BoundVector(vectorTypeOf(duckdb.column_logical_type(result, i))),
    )
    const write = rowWriter(vectors, sql.columns ?? [], format, style, zone)
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
