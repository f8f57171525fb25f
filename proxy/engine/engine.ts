import type { EngineSql } from '../print/engine-sql.ts'
import { type DateStyle, ISO_DATES } from '../type/date-style.ts'

/**
 * The port of an engine: runs SQL that our printer wrote, and streams back rows that are already PostgreSQL's wire bytes.
 * DuckDB, Trino and Spark implement it; every adapter passes test/engine/contract.ts.
 */
export interface Engine {
  readonly name: EngineName
  /**
   * Resolves when the engine has accepted the statement and its first batch, or its end, is at hand.
   * Rejects with PgError: 57P03 (fault "engine") when the engine never got the statement, so that another may; 57014 when
   * `signal` aborts, 53200 when a memory limit is hit, 57P02-class when the engine died, otherwise the SQLSTATE that
   * PostgreSQL would give (22012 division by zero, 22003 out of range, 40001 lost a commit race…).
   */
  run(sql: EngineSql, options: RunOptions): Promise<Run>
  /** What the router may know at once: never waits. */
  status(): EngineStatus
  /** Ends everything the engine holds for a tenant (a lake transaction that is over, an idle tenant). */
  forget(tenant: string, transaction?: string): Promise<void>
  close(): Promise<void>
}

export type EngineName = 'duckdb' | 'trino' | 'spark'

/** `problem`: why no statement should be sent there now, in words; null: it answers. */
export type EngineStatus = { problem: string | null; running: number; queued: number }

export type RunOptions = {
  tenant: string
  /** Who asks: engines with an access control of their own are told. */
  user: string
  /** The lake transaction that the statement reads and writes in; null: the committed state, committed at once. */
  transaction: string | null
  format: RowFormat
  style: OutputStyle
  /** Stop after so many rows (0: all). */
  rowsMax: number
  /** COPY … FROM STDIN: what the SQL reads as the table `staged`. Consumed to its end before anything is written. */
  staged?: StagedRows
  /** Told now and then while the statement runs, by engines that know how far it has come. */
  onProgress?: (progress: Progress) => void
  signal: AbortSignal
}

export type Progress = { state: 'queued' | 'running'; fraction: number | null; rowsRead: number; bytesRead: number }

/** CSV with every value quoted and NULL as nothing, in pieces of any size; the columns are c1, c2 … and all are text. */
export type StagedRows = { columns: number; rows: AsyncIterable<Uint8Array> }

/** What the rows become. Formats: one code per output column, 0 text, 1 binary. */
export type RowFormat =
  | { kind: 'DataRow'; formats: readonly (0 | 1)[] }
  | { kind: 'CopyText'; delimiter: string; null: string }
  | { kind: 'CopyCsv'; delimiter: string; null: string; quote: string; escape: string; forceQuote: readonly boolean[] }
  | { kind: 'CopyBinary' }

/** The session settings that PostgreSQL's output functions look at. */
export type OutputStyle = {
  timeZone: string
  dateStyle: DateStyle
  intervalStyle: 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'
  byteaOutput: 'hex' | 'escape'
  extraFloatDigits: number
}

/** What they are before anybody sets them, in UTC: the one form in which values are kept as text. */
export const DEFAULT_STYLE: OutputStyle = {
  timeZone: 'UTC',
  dateStyle: ISO_DATES,
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
}

export type Run = {
  /**
   * Whole messages ('D' DataRow or 'd' CopyData, each with its length), 64–256 KiB together, at most ENGINE_BATCHES_AHEAD
   * made before they are asked for. Returning early from the iteration cancels the statement.
   */
  batches: AsyncIterable<Batch>
  /** Rows inserted, updated, deleted or merged; null for a query. Known when `batches` has ended. */
  rowsAffected(): number | null
}

export type Batch = { bytes: Uint8Array; rows: number }

export const ENGINE_BATCHES_AHEAD = 4
