import type { Relation } from '../compiler/compiled.ts'
import type { LakeTable } from '../lake/lake.ts'
import type { Estimate } from './stage.ts'

/** From the summaries of the tables' snapshots: whole tables, whatever the statement wants of them. */
export function estimateBySummary(tables: readonly Relation[]): Estimate {
  return {
    bytes: total(tables.map(({ lake }) => lake?.byteCount ?? bytesByWidth(lake))),
    rows: total(tables.map(({ lake }) => lake?.rowCount ?? null)),
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
function bytesByWidth(lake: LakeTable | null): number | null {
  if (lake === null || lake.rowCount === null) return null
  const width = lake.columns.reduce((sum, { icebergType }) => {
    return (
      sum + (typeof icebergType === 'string' ? (WIDTH_BYTES[icebergType] ?? UNKNOWN_WIDTH_BYTES) : UNKNOWN_WIDTH_BYTES)
    )
  }, 0)
  return lake.rowCount * width
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
