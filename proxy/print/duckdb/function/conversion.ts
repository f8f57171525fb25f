import type { OutputStyle } from '../../../engine/engine.ts'
import type { Call } from '../../answer.ts'
import * as oid from '../../oid.ts'
import { bindOnce, each, once, print, same, sql, unsupported } from './helper.ts'

/**
 * Casts. The text forms are PostgreSQL's own, written and read by native/conversion.ts where DuckDB's differ
 * (floats, intervals, bytea, dates before year 1, jsonb, arrays).
 */

const BEFORE_CHRIST = (value: string, type: string) =>
  bindOnce(
    [value],
    ([x = '']) =>
      `CASE WHEN ${x} >= CAST('0001-01-01' AS ${type}) THEN CAST(${x} AS VARCHAR) ELSE pg_era(CAST(${x} AS VARCHAR)) END`,
  )

/** What the type's output function writes; booleans are `true` and `false` as in a cast. null: not known how. */
export function scalarToText(type: number, value: string, style: OutputStyle): string | null {
  const { dateStyle, intervalStyle, byteaOutput, extraFloatDigits, timeZone } = style
  const restyled = (iso: string) =>
    dateStyle.form === 'ISO' ? iso : `pg_restyled(${iso}, '${dateStyle.form}', ${dateStyle.dayFirst}, '')`
  switch (type) {
    case oid.FLOAT8:
      return extraFloatDigits > 0 ? `pg_float8_out(${value})` : `pg_float8_digits(${value}, ${extraFloatDigits})`
    case oid.FLOAT4: {
      const wide = `CAST(${value} AS DOUBLE)`
      return extraFloatDigits > 0 ? `pg_float4_out(${wide})` : `pg_float4_digits(${wide}, ${extraFloatDigits})`
    }
    case oid.BYTEA:
      return byteaOutput === 'hex' ? `('\\x' || lower(hex(${value})))` : `pg_bytea_escaped(${value})`
    case oid.INTERVAL:
      return intervalStyle === 'postgres'
        ? `pg_interval_out(${value})`
        : `pg_interval_styled(${value}, '${intervalStyle}')`
    case oid.JSONB:
      return `pg_jsonb_out(${value})`
    case oid.DATE:
      return restyled(BEFORE_CHRIST(value, 'DATE'))
    case oid.TIMESTAMP:
      return restyled(BEFORE_CHRIST(value, 'TIMESTAMP'))
    case oid.TIMESTAMPTZ:
      if (dateStyle.form === 'ISO') return BEFORE_CHRIST(value, 'TIMESTAMPTZ')
      // other styles name the zone by its abbreviation
      if (timeZone !== 'UTC') return null
      return `pg_restyled(${BEFORE_CHRIST(`CAST(${value} AS TIMESTAMP)`, 'TIMESTAMP')}, '${dateStyle.form}', ${dateStyle.dayFirst}, 'UTC')`
    case oid.BOOL:
    case oid.INT2:
    case oid.INT4:
    case oid.INT8:
    case oid.OID:
    case oid.NUMERIC:
    case oid.TIME:
    case oid.TIMETZ:
    case oid.UUID:
    case oid.JSON_:
      return `CAST(${value} AS VARCHAR)`
    default:
      return oid.TEXTUAL.has(type) ? value : null
  }
}

/** As scalarToText, but booleans are `t` and `f`: what the output function itself writes. */
export function outputText(call: Call, value: string, type: number): string {
  if (type === oid.BOOL) return `substring(CAST(${value} AS VARCHAR), 1, 1)`
  const scalar = scalarToText(type, value, call.style)
  if (scalar !== null) return scalar
  const name = call.typeName(type)
  const element = name.endsWith('[]') ? arrayElementText(name.slice(0, -2), ELEMENT, call.style) : null
  return element === null ? call.unsupported('a value of this type as text') : arrayToText(value, element)
}

/** What an element is called in the text that writes it. */
export const ELEMENT = 'lw_e'

/** `{…}`, with each element written as `element`. */
export function arrayToText(value: string, element: string): string {
  return `pg_array_out(list_transform(${value}, lambda ${ELEMENT}: ${element}))`
}

/** By DuckDB's type name, since an element's OID is not at hand everywhere. */
const OID_OF_NAME: readonly (readonly [RegExp, number])[] = [
  [/^VARCHAR$/, oid.TEXT],
  [/^BOOLEAN$/, oid.BOOL],
  [/^(SMALLINT|INTEGER|BIGINT)$/, oid.INT8],
  [/^DECIMAL/, oid.NUMERIC],
  [/^DOUBLE$/, oid.FLOAT8],
  [/^FLOAT$/, oid.FLOAT4],
  [/^DATE$/, oid.DATE],
  [/^TIME$/, oid.TIME],
  [/^TIMETZ$/, oid.TIMETZ],
  [/^TIMESTAMP$/, oid.TIMESTAMP],
  [/^TIMESTAMPTZ$/, oid.TIMESTAMPTZ],
  [/^INTERVAL$/, oid.INTERVAL],
  [/^UUID$/, oid.UUID],
  [/^BLOB$/, oid.BYTEA],
  [/^JSON$/, oid.JSONB],
]

export function oidOfTypeName(name: string): number | null {
  return OID_OF_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

export function arrayElementText(typeName: string, value: string, style: OutputStyle): string | null {
  const type = oidOfTypeName(typeName)
  if (type === null) return null
  return type === oid.BOOL ? `substring(CAST(${value} AS VARCHAR), 1, 1)` : scalarToText(type, value, style)
}

/**
 * What the type's input function reads, with its errors (22P02, 22003, 22007, 22008). Forms of dates and times that need
 * PostgreSQL's whole date parser raise 0A000. null: not a type of ours. `numericScale`: decimal places of the result.
 */
export function scalarFromText(type: number, text: string, numericScale: number): string | null {
  switch (type) {
    case oid.BOOL:
      return `pg_bool_in(${text})`
    case oid.INT2:
      return `CAST(pg_int_in(${text}, 'smallint') AS SMALLINT)`
    case oid.INT4:
      return `CAST(pg_int_in(${text}, 'integer') AS INTEGER)`
    case oid.INT8:
      return `pg_int_in(${text}, 'bigint')`
    case oid.OID:
      return `pg_int_in(${text}, 'oid')`
    case oid.FLOAT8:
      return `pg_float8_in(${text})`
    case oid.FLOAT4:
      return `CAST(pg_float4_in(${text}) AS FLOAT)`
    case oid.NUMERIC:
      return `CAST(pg_numeric_in(${text}, ${numericScale}) AS DECIMAL(38,${numericScale}))`
    case oid.DATE:
      return `CAST(pg_date_in(${text}) AS DATE)`
    case oid.TIME:
      return `CAST(pg_time_in(${text}) AS TIME)`
    case oid.TIMESTAMP:
      return `CAST(pg_timestamp_in(${text}) AS TIMESTAMP)`
    case oid.TIMESTAMPTZ:
      return `CAST(pg_timestamptz_in(${text}) AS TIMESTAMPTZ)`
    case oid.INTERVAL:
      return `pg_interval_in(${text})`
    case oid.UUID:
      return `CAST(pg_uuid_in(${text}) AS UUID)`
    case oid.BYTEA:
      return `pg_bytea_in(${text})`
    case oid.JSON_:
      return `pg_json_in(${text})`
    case oid.JSONB:
      return `pg_jsonb_in(${text})`
    default:
      return oid.TEXTUAL.has(type) ? text : null
  }
}

/** Casts between numbers, booleans and jsonb that are functions of pg_proc. */
export const CONVERSION = {
  ...each(
    ['int28', 'int48', 'i2toi4', 'i2tod', 'i4tod', 'i8tod', 'i2tof', 'i4tof', 'i8tof', 'ftod'],
    sql('CAST($1 AS $T)'),
  ),
  ...each(['int82', 'int84', 'i4toi2', 'i8tooid', 'oidtoi8'], sql('CAST($1 AS $T)')),
  dtof: once('pg_dtof($1)'),
  // to the nearest, ties to even: what DuckDB's cast does too
  ...each(
    ['dtoi2', 'dtoi4', 'dtoi8', 'ftoi2', 'ftoi4', 'ftoi8'],
    print(
      (call) => `CAST(round_even(pg_in_range(${call.arg(0)}, '${integerName(call)}'), 0) AS ${call.resultTypeName()})`,
    ),
  ),
  int4_bool: sql('($1 <> 0)'),
  bool_int4: sql('CAST($1 AS INTEGER)'),
  booltext: sql('CAST($1 AS VARCHAR)'),
  jsonb_bool: same('pg_jsonb_bool'),
  jsonb_numeric: unsupported('casting jsonb to numeric: cast ->> instead'),
  ...each(
    ['jsonb_int2', 'jsonb_int4', 'jsonb_int8'],
    print((call) => `CAST(pg_jsonb_int(${call.arg(0)}, '${integerName(call)}') AS ${call.resultTypeName()})`),
  ),
  jsonb_float8: sql("pg_jsonb_float(CAST($1 AS VARCHAR), 'double precision')"),
  jsonb_float4: sql("CAST(pg_jsonb_float(CAST($1 AS VARCHAR), 'real') AS FLOAT)"),
  ...each(['uuid_extract_timestamp'], sql('make_timestamptz(pg_uuid_micros(CAST($1 AS VARCHAR)))')),
  uuid_extract_version: sql('CAST(pg_uuid_version(CAST($1 AS VARCHAR)) AS SMALLINT)'),
}

function integerName(call: Call): string {
  return { SMALLINT: 'smallint', INTEGER: 'integer', BIGINT: 'bigint' }[call.resultTypeName()] ?? 'integer'
}
