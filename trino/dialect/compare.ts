import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import { unsupported } from '../../proxy/error.ts'
import * as oid from '../../proxy/print/oid.ts'
import { bindOnce } from './function/helper.ts'
import { intervalSpan } from './interval.ts'

/**
 * Where Trino's own comparisons are not PostgreSQL's: NaN is the greatest float there and equal to itself, intervals are
 * rows, jsonb is text, and a NULL within an array or a row makes a comparison NULL.
 */
const FLOATS: ReadonlySet<number> = new Set([oid.FLOAT4, oid.FLOAT8])
const ODD: ReadonlySet<number> = new Set([oid.INTERVAL, oid.JSONB, oid.JSON_, oid.TIMETZ])

/** Trino's =, <, IN … of the type are PostgreSQL's. */
export function comparesPlainly(catalog: CatalogSnapshot, type: number): boolean {
  if (FLOATS.has(type) || ODD.has(type) || oid.RECORDS.has(type)) return false
  const info = catalog.type(type)
  if (info?.kind === 'd') return comparesPlainly(catalog, info.base)
  return info?.kind !== 'c' && !(info !== undefined && info.element !== 0 && info.length === -1)
}

/** Values that PostgreSQL takes for equal are one value here. Trino's DISTINCT and GROUP BY take all NaN for one. */
export function identifies(catalog: CatalogSnapshot, type: number): boolean {
  if (ODD.has(type)) return false
  const info = catalog.type(type)
  if (info?.kind === 'd') return identifies(catalog, info.base)
  return info === undefined || info.element === 0 || info.length !== -1 || identifies(catalog, info.element)
}

export function sortKey(type: number, sql: string): string {
  if (FLOATS.has(type))
    return bindOnce([sql], ([x = '']) => `(CASE WHEN ${x} IS NOT NULL THEN ROW(is_nan(${x}), ${x}) END)`)
  if (type === oid.INTERVAL) return intervalSpan(sql)
  if (ODD.has(type)) throw unsupported('ORDER BY of a value of this type')
  return sql
}

/** Trino's greatest and least are NULL when one of their arguments is. */
function known(args: readonly string[]): string {
  return `filter(ARRAY[${args.join(', ')}], lw_g -> lw_g IS NOT NULL)`
}

export function greatest(args: readonly string[], type: number): string {
  refuseOdd(type)
  if (!FLOATS.has(type)) return `array_max(${known(args)})`
  return bindOnce(
    [known(args)],
    ([list = '']) => `(CASE WHEN any_match(${list}, lw_g -> is_nan(lw_g)) THEN nan() ELSE array_max(${list}) END)`,
  )
}

export function least(args: readonly string[], type: number): string {
  refuseOdd(type)
  if (!FLOATS.has(type)) return `array_min(${known(args)})`
  return bindOnce([known(args)], ([list = '']) => {
    const numbers = `array_min(filter(${list}, lw_g -> NOT is_nan(lw_g)))`
    return `(CASE WHEN cardinality(${list}) > 0 THEN COALESCE(${numbers}, nan()) END)`
  })
}

function refuseOdd(type: number): void {
  if (ODD.has(type)) throw unsupported('greatest and least of values of this type')
}
