import type { CatalogSnapshot } from '../../compiler/compiled.ts'
import { unsupported } from '../../error.ts'
import * as oid from '../oid.ts'
import { type ArrayValue, parseArray } from '../value/array.ts'
import { parseInterval } from '../value/interval.ts'
import { lengthTypmod } from '../value/typmod.ts'
import { quote } from './quote.ts'
import { DECIMAL_DIGITS_MAX, decimal, typeName } from './type.ts'

/** A date before year 1: PostgreSQL says so at the end, DuckDB after the date. */
const BEFORE_CHRIST = /^(\S+)(.*) BC$/

/** A literal of DuckDB for a value in PostgreSQL's canonical text (ISO dates, IntervalStyle postgres, hex bytea). */
export function literal(catalog: CatalogSnapshot, type: number, value: string | null, typmod = -1): string {
  if (value === null) return type === oid.UNKNOWN ? 'NULL' : `CAST(NULL AS ${nullTypeName(catalog, type, typmod)})`
  switch (type) {
    case oid.BOOL:
      return value === 't' || value === 'true' ? 'true' : 'false'
    case oid.INT4:
      return value.startsWith('-') ? `CAST(${value} AS INTEGER)` : value
    case oid.INT2:
    case oid.INT8:
    case oid.OID:
    case oid.REGPROC:
    case oid.REGCLASS:
    case oid.REGTYPE:
      return `CAST(${value.startsWith('-') ? quote(value) : value} AS ${typeName(catalog, type)})`
    case oid.NUMERIC:
      return numericLiteral(value)
    case oid.TEXT:
    case oid.VARCHAR:
    case oid.NAME:
    case oid.CHAR:
    case oid.UNKNOWN:
    case oid.CSTRING:
      return quote(value)
    case oid.BPCHAR:
      // char(n) travels without its padding: see duckdb/storage.ts
      return quote(value.replace(/ +$/, ''))
    case oid.DATE:
      return `DATE ${quote(era(value))}`
    case oid.TIMESTAMP:
      return `TIMESTAMP ${quote(era(value))}`
    case oid.TIMESTAMPTZ:
      return `TIMESTAMPTZ ${quote(era(value))}`
    case oid.INTERVAL:
      return intervalLiteral(value)
    case oid.BYTEA:
      return `unhex(${quote(value.replace(/^\\x/, ''))})`
    case oid.FLOAT4:
    case oid.FLOAT8:
    case oid.TIME:
    case oid.TIMETZ:
    case oid.UUID:
    case oid.JSON_:
    case oid.JSONB:
      return `CAST(${quote(value)} AS ${typeName(catalog, type)})`
    default:
      return literalOfMadeType(catalog, type, value, typmod)
  }
}

function literalOfMadeType(catalog: CatalogSnapshot, type: number, value: string, typmod: number): string {
  const info = catalog.type(type)
  if (info?.kind === 'd') return literal(catalog, info.base, value, typmod)
  if (info !== undefined && info.element !== 0 && info.length === -1) {
    const array = parseArray(value)
    if (array !== null) return arrayLiteral(catalog, type, info.element, array)
  }
  throw unsupported(`a constant of type ${info?.name ?? type}`)
}

function arrayLiteral(catalog: CatalogSnapshot, type: number, element: number, array: ArrayValue): string {
  const print = (item: ArrayValue | string | null): string =>
    item === null || typeof item === 'string' ? literal(catalog, element, item) : `[${item.map(print).join(', ')}]`
  return array.length === 0 ? `CAST([] AS ${typeName(catalog, type)})` : print(array)
}

/** Nothing is known of an untyped numeric's scale: the narrowest keeps CASE, COALESCE and set operations from widening. */
function nullTypeName(catalog: CatalogSnapshot, type: number, typmod: number): string {
  return type === oid.NUMERIC && typmod < 0 ? 'DECIMAL(1,0)' : typeName(catalog, type, typmod)
}

function numericLiteral(value: string): string {
  const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(value)
  if (digits === null) throw unsupported(`numeric value ${value}`)
  const whole = (digits[1] ?? '').replace(/^0+/, '').length
  const scale = digits[2]?.length ?? 0
  if (whole + scale > DECIMAL_DIGITS_MAX)
    throw unsupported(`a numeric constant of more than ${DECIMAL_DIGITS_MAX} digits`)
  return `CAST(${quote(value)} AS ${decimal({ precision: Math.max(whole + scale, 1), scale })})`
}

function intervalLiteral(value: string): string {
  const interval = parseInterval(value)
  if (interval === null) throw unsupported(`interval value ${value}`)
  const { months, days, micros } = interval
  const parts: string[] = []
  if (months !== 0) parts.push(`to_months(${months})`)
  if (days !== 0) parts.push(`to_days(${days})`)
  if (micros !== 0n || parts.length === 0) parts.push(`to_microseconds(${micros})`)
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' + ')})`
}

function era(value: string): string {
  return value.replace(BEFORE_CHRIST, '$1 (BC)$2')
}

/** Pads a char(n) that PostgreSQL would show padded. */
export function padded(value: string, typmod: number): string {
  const length = lengthTypmod(typmod)
  return length === null ? value : `rpad(${value}, ${length}, ' ')`
}
