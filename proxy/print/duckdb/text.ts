import type { CatalogSnapshot } from '../../compiler/compiled.ts'
import * as oid from '../oid.ts'
import { padded } from './literal.ts'
import { typeName } from './type.ts'

/** Types whose DuckDB text is PostgreSQL's. */
const SAME_TEXT: ReadonlySet<number> = new Set([
  oid.BOOL,
  oid.INT2,
  oid.INT4,
  oid.INT8,
  oid.OID,
  oid.NUMERIC,
  oid.UUID,
  oid.JSON_,
  oid.JSONB,
  oid.INTERVAL,
  oid.DATE,
  oid.TIME,
  oid.TIMESTAMP,
])

/** What a type's output function writes, as VARCHAR; null: not known how. */
export function toText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string): string | null {
  if (type === oid.BPCHAR) return padded(sql, typmod)
  if (oid.TEXTUAL.has(type)) return sql
  if (SAME_TEXT.has(type)) return `CAST(${sql} AS VARCHAR)`
  switch (type) {
    case oid.FLOAT4:
    case oid.FLOAT8:
      return floatText(sql)
    case oid.TIMESTAMPTZ:
      return `CAST(${sql} AS VARCHAR)`
    case oid.BYTEA:
      return `('\\x' || lower(hex(${sql})))`
  }
  const info = catalog.type(type)
  if (info?.kind === 'd') return toText(catalog, info.base, typmod, sql)
  return null
}

/** 1.0 is written 1, inf Infinity, 1e15 1e+15. */
function floatText(sql: string): string {
  const text = `CAST(${sql} AS VARCHAR)`
  return (
    `(CASE WHEN isnan(${sql}) THEN 'NaN' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN 'Infinity' ELSE '-Infinity' END ` +
    `ELSE regexp_replace(regexp_replace(${text}, '\\.0$', ''), 'e([0-9])', 'e+\\1') END)`
  )
}

/** What a type's input function makes of text; null: not known how. */
export function fromText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string): string | null {
  const info = catalog.type(type)
  if (info?.kind === 'd') return fromText(catalog, info.base, typmod, sql)
  if (info === undefined || (info.element !== 0 && info.length === -1) || info.kind !== 'b') return null
  return `CAST(${sql} AS ${typeName(catalog, type, typmod)})`
}
