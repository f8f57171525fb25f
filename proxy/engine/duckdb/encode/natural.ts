import duckdb from '@duckdb/node-bindings'
import { PG_ELEMENTS, PG_TYPES, TEXT_OID } from '../../../type/type.ts'
import type { BoundVector } from './vector.ts'

const T = duckdb.Type

const NATURAL: ReadonlyMap<duckdb.Type, number> = new Map([
  [T.BOOLEAN, 16],
  [T.TINYINT, 21],
  [T.UTINYINT, 21],
  [T.SMALLINT, 21],
  [T.USMALLINT, 23],
  [T.INTEGER, 23],
  [T.UINTEGER, 20],
  [T.BIGINT, 20],
  [T.UBIGINT, 1700],
  [T.HUGEINT, 1700],
  [T.UHUGEINT, 1700],
  [T.DECIMAL, 1700],
  [T.FLOAT, 700],
  [T.DOUBLE, 701],
  [T.DATE, 1082],
  [T.TIME, 1083],
  [T.TIME_TZ, 1266],
  [T.TIMESTAMP, 1114],
  [T.TIMESTAMP_S, 1114],
  [T.TIMESTAMP_MS, 1114],
  [T.TIMESTAMP_NS, 1114],
  [T.TIMESTAMP_TZ, 1184],
  [T.INTERVAL, 1186],
  [T.UUID, 2950],
  [T.BLOB, 17],
  [T.STRUCT, 2249],
])

/** The type of PostgreSQL that an engine's type is by itself: for the fields of anonymous records. */
export function naturalOid(v: BoundVector): number {
  const element = v.children[0]
  if ((v.type.id === T.LIST || v.type.id === T.ARRAY) && element !== undefined) {
    const inner = naturalOid(element)
    return PG_ELEMENTS.has(inner) ? inner : (PG_TYPES.get(inner)?.arrayOid ?? TEXT_OID)
  }
  return NATURAL.get(v.type.id) ?? TEXT_OID
}
