import type { CatalogSnapshot } from '../../compiler/compiled.ts'
import { unsupported } from '../../error.ts'
import type { NumericShape } from '../answer.ts'
import * as oid from '../oid.ts'
import { numericTypmod } from '../value/typmod.ts'
import { identifier } from './quote.ts'

/** DuckDB's widest DECIMAL, and Iceberg's. */
export const DECIMAL_DIGITS_MAX = 38

/** A numeric about which nothing is known: room for 29 digits before the point and 9 after it. */
export const NUMERIC_UNKNOWN: NumericShape = { precision: DECIMAL_DIGITS_MAX, scale: 9 }

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [oid.BOOL, 'BOOLEAN'],
  [oid.INT2, 'SMALLINT'],
  [oid.INT4, 'INTEGER'],
  [oid.INT8, 'BIGINT'],
  [oid.OID, 'BIGINT'],
  [oid.REGPROC, 'BIGINT'],
  [oid.REGCLASS, 'BIGINT'],
  [oid.REGTYPE, 'BIGINT'],
  [oid.FLOAT4, 'FLOAT'],
  [oid.FLOAT8, 'DOUBLE'],
  [oid.TEXT, 'VARCHAR'],
  [oid.VARCHAR, 'VARCHAR'],
  [oid.BPCHAR, 'VARCHAR'],
  [oid.NAME, 'VARCHAR'],
  [oid.CHAR, 'VARCHAR'],
  [oid.UNKNOWN, 'VARCHAR'],
  [oid.CSTRING, 'VARCHAR'],
  [oid.DATE, 'DATE'],
  [oid.TIME, 'TIME'],
  [oid.TIMETZ, 'TIMETZ'],
  [oid.TIMESTAMP, 'TIMESTAMP'],
  [oid.TIMESTAMPTZ, 'TIMESTAMPTZ'],
  [oid.INTERVAL, 'INTERVAL'],
  [oid.BYTEA, 'BLOB'],
  [oid.UUID, 'UUID'],
  [oid.JSON_, 'JSON'],
  [oid.JSONB, 'JSON'],
])

export function decimal(shape: NumericShape): string {
  const scale = Math.min(Math.max(shape.scale, 0), DECIMAL_DIGITS_MAX - 1)
  const precision = Math.min(DECIMAL_DIGITS_MAX, Math.max(shape.precision, scale + 1))
  return `DECIMAL(${precision},${scale})`
}

function numericName(typmod: number, shape: NumericShape | undefined): string {
  const declared = numericTypmod(typmod)
  if (declared === null) return decimal(shape ?? NUMERIC_UNKNOWN)
  if (declared.precision > DECIMAL_DIGITS_MAX || declared.scale < 0 || declared.scale > declared.precision)
    throw unsupported(`numeric(${declared.precision},${declared.scale})`)
  return decimal(declared)
}

export function rowTypeName(fields: readonly { name: string; type: string }[]): string {
  return `STRUCT(${fields.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`
}

/** DuckDB's name for a type of PostgreSQL. */
export function typeName(catalog: CatalogSnapshot, type: number, typmod = -1, shape?: NumericShape): string {
  if (type === oid.NUMERIC) return numericName(typmod, shape)
  const known = TYPE_NAMES.get(type)
  if (known !== undefined) return known
  const info = catalog.type(type)
  if (info === undefined) throw unsupported(`type ${type}`)
  if (info.kind === 'd') return typeName(catalog, info.base, typmod, shape)
  if (info.element !== 0 && info.length === -1) return `${typeName(catalog, info.element, typmod, shape)}[]`
  if (info.kind === 'c') {
    const relation = catalog.relation(info.relation)
    if (relation !== undefined) {
      return rowTypeName(
        relation.columns.flatMap((column) =>
          column === null ? [] : [{ name: column.name, type: typeName(catalog, column.typeOid, column.typmod) }],
        ),
      )
    }
  }
  throw unsupported(`type ${info.name}`)
}
