import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import { unsupported } from '../../proxy/error.ts'
import * as oid from '../../proxy/print/oid.ts'
import { type ArrayValue, parseArray } from '../../proxy/print/value/array.ts'
import { parseInterval } from '../../proxy/print/value/interval.ts'
import { lengthTypmod } from '../../proxy/print/value/typmod.ts'
import { intervalConstant } from './interval.ts'
import { quote } from './quote.ts'
import { DECIMAL_DIGITS_MAX, decimal, typeName } from './type.ts'

/** A literal of Trino for a value in PostgreSQL's canonical text (ISO dates, IntervalStyle postgres, hex bytea). */
export function literal(catalog: CatalogSnapshot, type: number, value: string | null, typmod = -1): string {
  if (value === null) return type === oid.UNKNOWN ? 'NULL' : `CAST(NULL AS ${nullTypeName(catalog, type, typmod)})`
  switch (type) {
    case oid.BOOL:
      return value === 't' || value === 'true' ? 'true' : 'false'
    case oid.INT4:
      return value.startsWith('-') ? `INTEGER ${quote(value)}` : value
    case oid.INT2:
      return `SMALLINT ${quote(value)}`
    case oid.INT8:
    case oid.OID:
    case oid.REGPROC:
    case oid.REGCLASS:
    case oid.REGTYPE:
      return `BIGINT ${quote(value)}`
    case oid.FLOAT8:
      return floatLiteral(value, 'double')
    case oid.FLOAT4:
      return floatLiteral(value, 'real')
    case oid.NUMERIC:
      return numericLiteral(value)
    case oid.TEXT:
    case oid.VARCHAR:
    case oid.NAME:
    case oid.CHAR:
    case oid.UNKNOWN:
    case oid.CSTRING:
    case oid.JSON_:
    case oid.JSONB:
      return quote(value)
    case oid.BPCHAR:
      // char(n) travels without its padding: see storage.ts
      return quote(value.replace(/ +$/, ''))
    case oid.DATE:
      return `DATE ${quote(civil(value))}`
    case oid.TIME:
      return timeLiteral(value)
    case oid.TIMESTAMP:
      return `TIMESTAMP ${quote(micros(civil(value)))}`
    case oid.TIMESTAMPTZ:
      return `TIMESTAMP ${quote(`${inUtc(value)} UTC`)}`
    case oid.INTERVAL: {
      const interval = parseInterval(value)
      if (interval === null) throw unsupported(`interval value ${value}`)
      return intervalConstant(interval)
    }
    case oid.BYTEA:
      return `X${quote(value.replace(/^\\x/, ''))}`
    case oid.UUID:
      return `UUID ${quote(value)}`
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
    item === null || typeof item === 'string' ? literal(catalog, element, item) : `ARRAY[${item.map(print).join(', ')}]`
  return array.length === 0 ? `CAST(ARRAY[] AS ${typeName(catalog, type)})` : print(array)
}

/** Nothing is known of an untyped numeric's scale: the narrowest keeps CASE, COALESCE and set operations from widening. */
function nullTypeName(catalog: CatalogSnapshot, type: number, typmod: number): string {
  return type === oid.NUMERIC && typmod < 0 ? 'decimal(1, 0)' : typeName(catalog, type, typmod)
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

function floatLiteral(value: string, type: 'double' | 'real'): string {
  switch (value) {
    case 'NaN':
      return type === 'double' ? 'nan()' : 'CAST(nan() AS real)'
    case 'Infinity':
      return type === 'double' ? 'infinity()' : 'CAST(infinity() AS real)'
    case '-Infinity':
      return type === 'double' ? '(-infinity())' : 'CAST(-infinity() AS real)'
    default:
      return `${type.toUpperCase()} ${quote(value)}`
  }
}

/** Years after 9999 have a sign in Trino, and those before Christ count from zero. */
function civil(value: string): string {
  const parts = /^(\d{4,})(-\d\d-\d\d.*?)( BC)?$/.exec(value)
  if (parts === null) throw unsupported(`the date ${value}`)
  const [, year = '', rest = '', era] = parts
  if (era !== undefined)
    return `${Number(year) === 1 ? '0000' : `-${String(Number(year) - 1).padStart(4, '0')}`}${rest}`
  return `${year.length > 4 ? '+' : ''}${year}${rest}`
}

/** All six digits of the seconds, so that the literal has the type of every other timestamp. */
function micros(value: string): string {
  const parts = /^(.*:\d\d)(?:\.(\d{1,6}))?$/.exec(value)
  if (parts === null) throw unsupported(`the time ${value}`)
  return `${parts[1]}.${(parts[2] ?? '').padEnd(6, '0')}`
}

function timeLiteral(value: string): string {
  if (value.startsWith('24')) throw unsupported('the time 24:00:00')
  return `TIME ${quote(micros(value))}`
}

const MINUTE_MS = 60_000
const OFFSET = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/

/** Every timestamptz is in UTC here. Only years that JavaScript's own dates print as PostgreSQL does. */
function inUtc(value: string): string {
  const parts = OFFSET.exec(value)
  if (parts === null) throw unsupported(`the time ${value}`)
  const [, day, clock, fraction = '', sign, hours, minutes = '0', seconds = '0'] = parts
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1000
  const local = Date.parse(`${day}T${clock}Z`)
  const utc = new Date(local - (sign === '-' ? -offsetMs : offsetMs)).toISOString()
  if (!/^\d{4}-/.test(utc)) throw unsupported(`the time ${value}`)
  return `${utc.slice(0, 10)} ${utc.slice(11, 19)}.${fraction.padEnd(6, '0')}`
}

/** Pads a char(n) that PostgreSQL would show padded. Longer values are not cut: rpad would. */
export function padded(value: string, typmod: number): string {
  const length = lengthTypmod(typmod)
  return length === null ? value : `rpad(${value}, ${length}, ' ')`
}
