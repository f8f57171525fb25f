import type { Relation } from '../compiler/compiled.ts'
import type { LakeTable } from '../lake/lake.ts'
import type { Confined, Estimate } from './stage.ts'

export type TableSize = Pick<LakeTable, 'rowCount' | 'byteCount'>

/** From the summaries of the tables' snapshots: whole tables, whatever the statement wants of them. */
export function estimateBySummary(
  { tables }: Confined,
  sizeOf: (table: Relation) => TableSize | null = (table) => table.lake,
): Estimate {
  const all = [...tables.values()]
  return {
    bytes: total(all.map((table) => sizeOf(table)?.byteCount ?? bytesByWidth(table, sizeOf(table)))),
    rows: total(all.map((table) => sizeOf(table)?.rowCount ?? null)),
    files: null,
    filesTotal: null,
  }
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
  const width = lake.columns.reduce((sum, { icebergType }) => {
    return (
      sum + (typeof icebergType === 'string' ? (WIDTH_BYTES[icebergType] ?? UNKNOWN_WIDTH_BYTES) : UNKNOWN_WIDTH_BYTES)
    )
  }, 0)
  return size.rowCount * width
}

/** Null when one of them does not tell: a sum without it would mislead. */
export function total(values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return sum
}
