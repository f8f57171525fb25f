import type { Relation } from '../compiler/compiled.ts'
import type { EngineName } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import type { LakeTable } from '../lake/lake.ts'
import type { Confined, Routed } from './stage.ts'

export type RouteOptions = {
  /** the session's setting lakewire.engine */
  readonly engine: 'auto' | EngineName
  /** those that are configured */
  readonly engines: readonly EngineName[]
  /** how large tables are now, by OID, where that is known better than when they were compiled */
  readonly sizes?: ReadonlyMap<number, TableSize>
}

export type TableSize = Pick<LakeTable, 'rowCount' | 'byteCount'>

/** What one process reads in reasonable time; beyond it an engine of many is better, where there is one. */
export const SINGLE_PROCESS_BYTES_MAX = 16 * 1024 ** 3

/** Chooses the engine, and says why in words that EXPLAIN shows. */
export function route(confined: Confined, options: RouteOptions): Routed {
  const tables = [...confined.tables.values()]
  const sizeOf = (table: Relation) => options.sizes?.get(table.oid) ?? table.lake
  const bytesEstimated = sum(tables, (table) => sizeOf(table)?.byteCount ?? bytesByWidth(table, sizeOf(table)))
  const rowsEstimated = sum(tables, (table) => sizeOf(table)?.rowCount ?? null)
  const { engine, reason } = choose(confined, options, bytesEstimated)
  return { confined, engine, reason, bytesEstimated, rowsEstimated } as Routed
}

type Choice = { engine: EngineName; reason: string }

function choose(confined: Confined, options: RouteOptions, bytes: number | null): Choice {
  const { engine, engines } = options
  if (engine !== 'auto') {
    if (engines.includes(engine)) return { engine, reason: 'lakewire.engine asks for it' }
    throw new PgError('22023', `engine "${engine}" is not available`, { hint: `Available: ${engines.join(', ')}.` })
  }
  const [first, ...others] = engines
  if (first === undefined) throw new PgError('57P03', 'no engine is available', { fault: 'engine' })
  if (others.length === 0) return { engine: first, reason: 'it is the only engine' }
  const writes = confined.compiled.query.commandType !== 'select'
  const preferred: EngineName[] =
    bytes !== null && bytes > SINGLE_PROCESS_BYTES_MAX
      ? writes
        ? ['spark', 'trino', 'duckdb']
        : ['trino', 'spark', 'duckdb']
      : ['duckdb', 'trino', 'spark']
  const chosen = preferred.find((name) => engines.includes(name)) ?? first
  return { engine: chosen, reason: reasonOf(bytes) }
}

function reasonOf(bytes: number | null): string {
  const limit = megabytes(SINGLE_PROCESS_BYTES_MAX)
  if (bytes === null) return 'the tables do not tell how large they are'
  return bytes > SINGLE_PROCESS_BYTES_MAX
    ? `the tables hold ${megabytes(bytes)}, more than the ${limit} for one process`
    : `the tables hold ${megabytes(bytes)}, at most the ${limit} for one process`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

/** What PostgreSQL's planner takes for a value whose width it does not know (lsyscache.c, get_typavgwidth). */
const UNKNOWN_WIDTH_BYTES = 32
const WIDTH_BYTES: Readonly<Record<string, number>> = {
  boolean: 1,
  int: 4,
  long: 8,
  float: 4,
  double: 8,
  date: 4,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  uuid: 16,
}

/** Writers need not say how many bytes their files have: then rows times width, before compression. */
function bytesByWidth({ lake }: Relation, size: TableSize | null): number | null {
  if (lake === null || size === null || size.rowCount === null) return null
  const width = lake.columns.reduce((total, { icebergType }) => {
    return (
      total +
      (typeof icebergType === 'string' ? (WIDTH_BYTES[icebergType] ?? UNKNOWN_WIDTH_BYTES) : UNKNOWN_WIDTH_BYTES)
    )
  }, 0)
  return size.rowCount * width
}

/** Null when one of them does not tell: a sum without it would mislead. */
function sum(tables: readonly Relation[], measure: (table: Relation) => number | null): number | null {
  let total = 0
  for (const table of tables) {
    const value = measure(table)
    if (value === null) return null
    total += value
  }
  return total
}
