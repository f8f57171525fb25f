import type { OutputStyle } from '../../../proxy/engine/engine.ts'
import type { Call } from '../../../proxy/print/answer.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { decimal } from '../type.ts'
import { bindOnce, each, once, print, quote, raise, sql, unsupported } from './helper.ts'
import { instantIn, localIn, zoneOfName } from './zone.ts'

/**
 * Casts. The text forms are PostgreSQL's own, written and read by routines where Trino's differ (floats, intervals,
 * timestamps, dates before year 1). What an input function of PostgreSQL reads and a routine does not is 0A000.
 */

/** What the type's output function writes; booleans are `true` and `false` as in a cast. null: not known how. */
export function scalarToText(type: number, value: string, style: OutputStyle): string | null {
  if (!isPlain(type, style)) return null
  switch (type) {
    case oid.FLOAT8:
      return `pg_float8_out(${value})`
    case oid.FLOAT4:
      return `pg_float4_out(${value})`
    case oid.BYTEA:
      return `('\\x' || lower(to_hex(${value})))`
    case oid.INTERVAL:
      return `pg_interval_out(${value})`
    case oid.DATE:
      return `pg_date_out(${value})`
    case oid.TIMESTAMP:
      return `pg_timestamp_out(${value})`
    case oid.TIMESTAMPTZ: {
      const zone = zoneOfName(style.timeZone)
      return zone === null ? null : bindOnce([value], ([x = '']) => `pg_timestamptz_out(${localIn(zone, x)}, ${x})`)
    }
    case oid.TIME:
      return `pg_time_out(${value})`
    case oid.BOOL:
    case oid.INT2:
    case oid.INT4:
    case oid.INT8:
    case oid.OID:
    case oid.NUMERIC:
    case oid.UUID:
      return `CAST(${value} AS varchar)`
    case oid.JSON_:
    case oid.JSONB:
      return value
    default:
      return oid.TEXTUAL.has(type) ? value : null
  }
}

/** Do output functions write the type as they do by default? */
function isPlain(type: number, { dateStyle, intervalStyle, byteaOutput, extraFloatDigits }: OutputStyle): boolean {
  switch (type) {
    case oid.FLOAT8:
    case oid.FLOAT4:
      return extraFloatDigits > 0
    case oid.BYTEA:
      return byteaOutput === 'hex'
    case oid.INTERVAL:
      return intervalStyle === 'postgres'
    case oid.DATE:
    case oid.TIMESTAMP:
    case oid.TIMESTAMPTZ:
      return dateStyle.form === 'ISO'
    default:
      return true
  }
}

/** As scalarToText, but booleans are `t` and `f`: what the output function itself writes. */
export function outputText(call: Call, value: string, type: number): string {
  if (type === oid.BOOL) return `substr(CAST(${value} AS varchar), 1, 1)`
  const scalar = scalarToText(type, value, call.style)
  if (scalar !== null) return scalar
  const name = call.typeName(type)
  const inner = elementOf(name)
  const element = inner === null ? null : arrayElementText(inner, ELEMENT, call.style)
  return element === null ? call.unsupported('a value of this type as text') : arrayToText(value, element)
}

export function sessionZoneName(call: Call): string {
  return call.timeZone.slice(1, -1).replaceAll("''", "'")
}

/** What an element is called in the text that writes it. */
export const ELEMENT = 'fn_e'

/** `{…}`, with each element written as `element`. */
export function arrayToText(value: string, element: string): string {
  return `pg_array_out(transform(${value}, ${ELEMENT} -> ${element}))`
}

/** The element type's name out of an array's. */
export function elementOf(typeName: string): string | null {
  return /^array\((.*)\)$/i.exec(typeName)?.[1] ?? null
}

/** By Trino's type name, since an element's OID is not at hand everywhere. */
const OID_OF_NAME: readonly (readonly [RegExp, number])[] = [
  [/^varchar$/i, oid.TEXT],
  [/^boolean$/i, oid.BOOL],
  [/^(smallint|integer|bigint)$/i, oid.INT8],
  [/^decimal/i, oid.NUMERIC],
  [/^double$/i, oid.FLOAT8],
  [/^real$/i, oid.FLOAT4],
  [/^date$/i, oid.DATE],
  [/^time\(6\)$/i, oid.TIME],
  [/^timestamp\(6\)$/i, oid.TIMESTAMP],
  [/^timestamp\(6\) with time zone$/i, oid.TIMESTAMPTZ],
  [/^row\(months integer/i, oid.INTERVAL],
  [/^uuid$/i, oid.UUID],
  [/^varbinary$/i, oid.BYTEA],
]

export function oidOfTypeName(name: string): number | null {
  return OID_OF_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

export function arrayElementText(typeName: string, value: string, style: OutputStyle): string | null {
  const type = oidOfTypeName(typeName)
  if (type === null) return null
  return type === oid.BOOL ? `substr(CAST(${value} AS varchar), 1, 1)` : scalarToText(type, value, style)
}

/**
 * What the type's input function reads, with its errors (22P02, 22003, 22007, 22008). null: not a type of ours.
 * `numericScale`: decimal places of the result.
 */
export function scalarFromText(type: number, text: string, numericScale: number, timeZone: string): string | null {
  switch (type) {
    case oid.BOOL:
      return `pg_bool_in(${text})`
    case oid.INT2:
      return `CAST(pg_int_in(${text}, 'smallint', -32768, 32767) AS smallint)`
    case oid.INT4:
      return `CAST(pg_int_in(${text}, 'integer', -2147483648, 2147483647) AS integer)`
    case oid.INT8:
      return `pg_int_in(${text}, 'bigint', -9223372036854775808, 9223372036854775807)`
    case oid.FLOAT8:
      return `pg_float_in(${text}, 'double precision')`
    case oid.NUMERIC:
      return `CAST(pg_numeric_in(${text}, ${numericScale}) AS ${decimal({ precision: 38, scale: numericScale })})`
    case oid.DATE:
      return `pg_date_in(${text})`
    case oid.TIMESTAMP:
      return `pg_timestamp_in(${text})`
    case oid.TIMESTAMPTZ: {
      const zone = zoneOfName(timeZone)
      if (zone === null) return null
      return zone.kind === 'name'
        ? `pg_timestamptz_in(${text}, ${quote(zone.name)})`
        : instantIn(zone, `pg_timestamp_in(${text})`)
    }
    case oid.TIME:
      return `pg_time_in(${text})`
    case oid.INTERVAL:
      return `pg_interval_in(${text})`
    case oid.UUID:
      return `pg_uuid_in(${text})`
    case oid.BYTEA:
      return `pg_bytea_in(${text})`
    default:
      return oid.TEXTUAL.has(type) ? text : null
  }
}

/** What rounds to a number of the type lies between these: a tie goes to the even neighbour, which is out of range. */
const RANGES: Readonly<Record<string, (x: string) => string>> = {
  smallint: (x) => `${x} >= -32768.5E0 AND ${x} < 32767.5E0`,
  integer: (x) => `${x} >= -2147483648.5E0 AND ${x} < 2147483647.5E0`,
  bigint: (x) => `${x} >= -9223372036854775808E0 AND ${x} < 9223372036854775808E0`,
}

const floatToInteger = print((call) => {
  const name = call.resultTypeName()
  const inRange = RANGES[name] ?? (() => 'true')
  return bindOnce([`CAST(${call.arg(0)} AS double)`], ([x = '']) => {
    const even = `CASE WHEN abs(${x} - truncate(${x})) = 0.5E0 THEN 2 * round(${x} / 2) ELSE round(${x}) END`
    return `CASE WHEN ${inRange(x)} THEN CAST(${even} AS ${name}) WHEN ${x} IS NOT NULL THEN ${raise('22003', `${name} out of range`)} END`
  })
})

/** Casts between numbers, booleans and jsonb that are functions of pg_proc. */
export const CONVERSION = {
  ...each(
    ['int28', 'int48', 'i2toi4', 'i2tod', 'i4tod', 'i8tod', 'i2tof', 'i4tof', 'i8tof', 'ftod'],
    sql('CAST($1 AS $T)'),
  ),
  ...each(['int82', 'int84', 'i4toi2', 'i8tooid', 'oidtoi8'], sql('CAST($1 AS $T)')),
  dtof: once(
    `CASE WHEN is_finite($1) AND is_infinite(CAST($1 AS real)) THEN ${raise('22003', 'value out of range: overflow')} WHEN $1 <> 0 AND CAST($1 AS real) = REAL '0' THEN ${raise('22003', 'value out of range: underflow')} ELSE CAST($1 AS real) END`,
  ),
  ...each(['dtoi2', 'dtoi4', 'dtoi8', 'ftoi2', 'ftoi4', 'ftoi8'], floatToInteger),
  int4_bool: sql('($1 <> 0)'),
  bool_int4: sql('CAST($1 AS INTEGER)'),
  booltext: sql('CAST($1 AS varchar)'),
  jsonb_bool: sql('pg_jsonb_bool($1)'),
  jsonb_int2: sql("CAST(pg_jsonb_int($1, 'smallint', -32768, 32767) AS smallint)"),
  jsonb_int4: sql("CAST(pg_jsonb_int($1, 'integer', -2147483648, 2147483647) AS integer)"),
  jsonb_int8: sql("pg_jsonb_int($1, 'bigint', -9223372036854775808, 9223372036854775807)"),
  jsonb_float8: sql("pg_float_in(pg_jsonb_number($1, 'double precision'), 'double precision')"),
  jsonb_float4: unsupported('casting jsonb to real: cast to double precision instead'),
  jsonb_numeric: unsupported('casting jsonb to numeric: cast ->> instead'),
  uuid_extract_timestamp: unsupported('uuid_extract_timestamp'),
  uuid_extract_version: once(
    "CASE WHEN regexp_like(CAST($1 AS varchar), '^.{19}[89ab]') THEN CAST(from_base(substr(CAST($1 AS varchar), 15, 1), 16) AS smallint) END",
  ),
}
