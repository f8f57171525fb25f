import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import { unsupported } from '../../proxy/error.ts'
import type { NumericShape } from '../../proxy/print/answer.ts'
import * as oid from '../../proxy/print/oid.ts'
import { numericTypmod } from '../../proxy/print/value/typmod.ts'
import { identifier } from './quote.ts'

/** Trino's widest decimal, and Iceberg's. https://trino.io/docs/current/language/types.html */
export const DECIMAL_DIGITS_MAX = 38

/** A numeric about which nothing is known: room for 29 digits before the point and 9 after it. */
export const NUMERIC_UNKNOWN: NumericShape = { precision: DECIMAL_DIGITS_MAX, scale: 9 }

/** Trino's own intervals hold either months or milliseconds: PostgreSQL's three fields are a row here. */
export const INTERVAL_TYPE = 'row(months integer, days integer, micros bigint)'

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [oid.BOOL, 'boolean'],
  [oid.INT2, 'smallint'],
  [oid.INT4, 'integer'],
  [oid.INT8, 'bigint'],
  [oid.OID, 'bigint'],
  [oid.REGPROC, 'bigint'],
  [oid.REGCLASS, 'bigint'],
  [oid.REGTYPE, 'bigint'],
  [oid.FLOAT4, 'real'],
  [oid.FLOAT8, 'double'],
  [oid.TEXT, 'varchar'],
  [oid.VARCHAR, 'varchar'],
  [oid.BPCHAR, 'varchar'],
  [oid.NAME, 'varchar'],
  [oid.CHAR, 'varchar'],
  [oid.UNKNOWN, 'varchar'],
  [oid.CSTRING, 'varchar'],
  [oid.DATE, 'date'],
  [oid.TIME, 'time(6)'],
  [oid.TIMESTAMP, 'timestamp(6)'],
  [oid.TIMESTAMPTZ, 'timestamp(6) with time zone'],
  [oid.INTERVAL, INTERVAL_TYPE],
  [oid.BYTEA, 'varbinary'],
  [oid.UUID, 'uuid'],
  [oid.JSON_, 'varchar'],
  [oid.JSONB, 'varchar'],
])

export function decimal(shape: NumericShape): string {
  const scale = Math.min(Math.max(shape.scale, 0), DECIMAL_DIGITS_MAX)
  const precision = Math.min(DECIMAL_DIGITS_MAX, Math.max(shape.precision, scale, 1))
  return `decimal(${precision}, ${scale})`
}

function numericName(typmod: number, shape: NumericShape | undefined): string {
  const declared = numericTypmod(typmod)
  if (declared === null) return decimal(shape ?? NUMERIC_UNKNOWN)
  if (declared.precision > DECIMAL_DIGITS_MAX || declared.scale < 0 || declared.scale > declared.precision)
    throw unsupported(`numeric(${declared.precision},${declared.scale})`)
  return decimal(declared)
}

export function rowTypeName(fields: readonly { name: string; type: string }[]): string {
  return `row(${fields.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`
}

export function arrayTypeName(element: string): string {
  return `array(${element})`
}

/** Trino's name for a type of PostgreSQL. */
export function typeName(catalog: CatalogSnapshot, type: number, typmod = -1, shape?: NumericShape): string {
  if (type === oid.NUMERIC) return numericName(typmod, shape)
  const known = TYPE_NAMES.get(type)
  if (known !== undefined) return known
  const info = catalog.type(type)
  if (info === undefined) throw unsupported(`type ${type}`)
  if (info.kind === 'd') return typeName(catalog, info.base, typmod, shape)
  if (info.element !== 0 && info.length === -1) return arrayTypeName(typeName(catalog, info.element, typmod, shape))
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
