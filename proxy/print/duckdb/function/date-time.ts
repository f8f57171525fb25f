import type { Call } from '../../answer.ts'
import { extractAnswers } from './extract.ts'
import {
  bindOnce,
  constantText,
  each,
  FOLD,
  once,
  print,
  raise,
  same,
  sql,
  unlessNull,
  unsupported,
  withDefaults,
} from './helper.ts'
import { type Zone, zoneNamed } from './native/zone.ts'
import { strftimeFormat } from './strftime.ts'

/**
 * Dates and times. The session's TimeZone is set in DuckDB, so casts between timestamp and timestamptz agree; arithmetic
 * whose rules differ (age, interval products, differences) is done in native/date-time.ts or macros.
 * https://www.postgresql.org/docs/18/functions-datetime.html
 */

/** A constant zone: a name of the IANA database, or an abbreviation or POSIX offset that is a fixed offset. */
type AnyZone = Zone | { readonly kind: 'unknown'; readonly name: string }

function zoneConstant(call: Call, index: number): AnyZone {
  const name = constantText(call, index, 'a time zone')
  const zone = name === null ? null : zoneNamed(name)
  if (zone !== null) return zone
  // rules of daylight saving spelled out in POSIX's way have digits or a comma
  return name !== null && /^[A-Za-z_/]+$/.test(name) ? { kind: 'unknown', name } : call.unsupported(`time zone ${name}`)
}

/** Name of a zone for DuckDB's timezone(); a fixed offset has none. */
function zoneName(call: Call, index: number): string {
  const zone = zoneConstant(call, index)
  return zone.kind === 'name' ? call.quote(zone.name) : call.unsupported('a time zone given as an offset')
}

const toLocal = (call: Call, zone: AnyZone, value: string) =>
  zone.kind === 'unknown'
    ? `CAST(${unlessNull(value, notRecognized(zone.name))} AS TIMESTAMP)`
    : zone.kind === 'name'
      ? `timezone(${call.quote(zone.name)}, ${value})`
      : `(timezone('UTC', ${value}) + to_seconds(${zone.seconds}))`

const notRecognized = (zone: string) => raise('22023', `time zone "${zone}" not recognized`)

const toInstant = (call: Call, zone: AnyZone, value: string) =>
  zone.kind === 'unknown'
    ? `CAST(${unlessNull(value, notRecognized(zone.name))} AS TIMESTAMPTZ)`
    : zone.kind === 'name'
      ? `timezone(${call.quote(zone.name)}, ${value})`
      : `timezone('UTC', ${value} - to_seconds(${zone.seconds}))`

const addInterval = sql('($1 + $2)')
const subtractInterval = sql('($1 - $2)')

/** Seconds with `digits` places, half away from zero, as AdjustTimestampForTypmod does. */
function scaled(type: 'TIMESTAMP' | 'TIMESTAMPTZ' | 'TIME') {
  return print((call) => {
    const digits = Number(constantText(call, 1, 'a precision') ?? 6)
    if (digits >= 6) return call.arg(0)
    const unit = 10 ** (6 - digits)
    return `pg_scale_${type.toLowerCase()}(${call.arg(0)}, ${unit})`
  })
}

/** Fields that `interval(p)` and `interval hour to minute` keep: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/timestamp.c, AdjustIntervalForTypmod */
const INTERVAL_FULL_RANGE = 0x7fff
const INTERVAL_FULL_PRECISION = 0xffff

function intervalScale(call: Call): string {
  const typmod = Number(constantText(call, 1, 'a precision') ?? -1)
  if (typmod < 0) return call.arg(0)
  const range = (typmod >> 16) & 0x7fff
  const precision = typmod & 0xffff
  if (range === INTERVAL_FULL_RANGE && precision === INTERVAL_FULL_PRECISION) return call.arg(0)
  return `pg_interval_scale(${call.arg(0)}, ${range}, ${precision === INTERVAL_FULL_PRECISION ? 6 : precision})`
}

/** (start1, end1) OVERLAPS (start2, end2), on microseconds; not strict */
function overlaps(shape: readonly ['value' | 'interval', 'value' | 'interval'], toMicros: (value: string) => string) {
  return print((call) => {
    const point = (index: number) => toMicros(call.arg(index))
    const end = (start: number, kind: 'value' | 'interval') =>
      kind === 'value' ? point(start + 1) : toMicros(`(${call.arg(start)} + ${call.arg(start + 1)})`)
    return `pg_overlaps(${point(0)}, ${end(0, shape[0])}, ${point(2)}, ${end(2, shape[1])})`
  })
}

/** Today, in the session's zone: what age() of one argument counts from. */
const midnight = (call: Call) => `CAST(CAST(${call.now} AS DATE) AS TIMESTAMP)`

const micros = (value: string) => `epoch_us(${value})`
const endlessMicros = (value: string) => bindOnce([value], ([x = '']) => `pg_micros(${x})`)

function localText(call: Call, value: string): string {
  return `pg_to_char_timestamptz(epoch_us(CAST(${value} AS TIMESTAMP)), epoch_us(${value}), ${call.arg(1)}, ${call.timeZone})`
}

/** Common formats of the years 1000 to 9999 are the same in strftime, which is ten times as fast. */
function toCharOfTimestamp(call: Call, value: string, native: (value: string) => string): string {
  const format = call.constant(1)
  const engine = typeof format === 'string' ? strftimeFormat(format) : null
  return bindOnce([value], ([x = '']) => {
    if (engine === null) return native(x)
    const local = `CAST(${x} AS TIMESTAMP)`
    return `CASE WHEN ${local} >= TIMESTAMP '1000-01-01' AND ${local} < TIMESTAMP '9999-12-31' THEN strftime(${local}, ${call.quote(engine)}) ELSE ${native(x)} END`
  })
}

const DATE = {
  date_pli: once('pg_date_add($1, $2)'),
  date_mii: once('pg_date_add($1, - $2)'),
  'integer_pl_date(int4,date)': once('pg_date_add($2, $1)'),
  date_mi: once('pg_date_sub($1, $2)'),
  date_pl_interval: sql('(CAST($1 AS TIMESTAMP) + $2)'),
  date_mi_interval: sql('(CAST($1 AS TIMESTAMP) - $2)'),
  'interval_pl_date(interval,date)': sql('(CAST($2 AS TIMESTAMP) + $1)'),
  date_timestamp: sql('CAST($1 AS TIMESTAMP)'),
  date_timestamptz: sql('CAST($1 AS TIMESTAMPTZ)'),
  datetime_timestamp: sql('(CAST($1 AS TIMESTAMP) + to_microseconds(epoch_us($2)))'),
  'timedate_pl(time,date)': sql('(CAST($2 AS TIMESTAMP) + to_microseconds(epoch_us($1)))'),
  'timestamptz(date,time)': sql('CAST((CAST($1 AS TIMESTAMP) + to_microseconds(epoch_us($2))) AS TIMESTAMPTZ)'),
  date_finite: same('isfinite'),
  make_date: sql('CAST(pg_make_date($1, $2, $3) AS DATE)'),
}

const TIMESTAMP = {
  ...each(['timestamp_pl_interval', 'timestamptz_pl_interval'], addInterval),
  ...each(['timestamp_mi_interval', 'timestamptz_mi_interval'], subtractInterval),
  ...each(
    ['interval_pl_timestamp(interval,timestamp)', 'interval_pl_timestamptz(interval,timestamptz)'],
    sql('($2 + $1)'),
  ),
  timestamptz_pl_interval_at_zone: print((call) => {
    const zone = zoneConstant(call, 2)
    return toInstant(call, zone, `(${toLocal(call, zone, call.arg(0))} + ${call.arg(1)})`)
  }),
  timestamptz_mi_interval_at_zone: print((call) => {
    const zone = zoneConstant(call, 2)
    return toInstant(call, zone, `(${toLocal(call, zone, call.arg(0))} - ${call.arg(1)})`)
  }),
  timestamp_mi: once('pg_timestamp_sub($1, $2)'),
  timestamp_age: once('pg_age_of($1, $2)'),
  timestamptz_age: once('pg_age_of(CAST($1 AS TIMESTAMP), CAST($2 AS TIMESTAMP))'),
  'age(timestamp)': print((call) => bindOnce([call.arg(0)], ([x = '']) => `pg_age_of(${midnight(call)}, ${x})`)),
  'age(timestamptz)': print((call) =>
    bindOnce([call.arg(0)], ([x = '']) => `pg_age_of(${midnight(call)}, CAST(${x} AS TIMESTAMP))`),
  ),
  timestamp_bin: once('pg_timestamp_bin($1, $2, $3)'),
  timestamptz_bin: once('pg_timestamptz_bin($1, $2, $3)'),
  timestamp_date: sql('CAST($1 AS DATE)'),
  timestamptz_date: sql('CAST($1 AS DATE)'),
  timestamp_time: once('CASE WHEN isfinite($1) THEN CAST($1 AS TIME) END'),
  timestamptz_time: once('CASE WHEN isfinite($1) THEN CAST(CAST($1 AS TIMESTAMP) AS TIME) END'),
  timestamptz_timestamp: sql('CAST($1 AS TIMESTAMP)'),
  timestamp_timestamptz: sql('CAST($1 AS TIMESTAMPTZ)'),
  timestamp_scale: scaled('TIMESTAMP'),
  timestamptz_scale: scaled('TIMESTAMPTZ'),
  timestamp_finite: same('isfinite'),
  timestamp_zone: print((call) => toInstant(call, zoneConstant(call, 0), call.arg(1))),
  timestamptz_zone: print((call) => toLocal(call, zoneConstant(call, 0), call.arg(1))),
  timestamp_izone: once("timezone('UTC', $2 - pg_zone_interval($1))"),
  timestamptz_izone: once("(timezone('UTC', $2) + pg_zone_interval($1))"),
  timestamp_at_local: sql('CAST($1 AS TIMESTAMPTZ)'),
  timestamptz_at_local: sql('CAST($1 AS TIMESTAMP)'),
  make_timestamp: sql('make_timestamp(pg_make_timestamp($1, $2, $3, $4, $5, $6))'),
  make_timestamptz: sql('CAST(make_timestamp(pg_make_timestamp($1, $2, $3, $4, $5, $6)) AS TIMESTAMPTZ)'),
  make_timestamptz_at_timezone: print((call) => {
    const fields = call.args().slice(0, 6).join(', ')
    return toInstant(call, zoneConstant(call, 6), `make_timestamp(pg_make_timestamp(${fields}))`)
  }),
  float8_timestamptz: once('pg_to_timestamp($1)'),
  to_timestamp: print(
    (call) => `CAST(make_timestamp(pg_to_timestamp_text(${call.arg(0)}, ${call.arg(1)})) AS TIMESTAMPTZ)`,
    FOLD,
  ),
  to_date: sql('CAST(make_timestamp(pg_to_date_text($1, $2)) AS DATE)', FOLD),
  timestamp_to_char: print(
    (call) => toCharOfTimestamp(call, call.arg(0), (x) => `pg_to_char_timestamp(epoch_us(${x}), ${call.arg(1)})`),
    FOLD,
  ),
  timestamptz_to_char: print((call) => toCharOfTimestamp(call, call.arg(0), (x) => localText(call, x)), FOLD),
  overlaps_timestamp: overlaps(['value', 'value'], endlessMicros),
  'overlaps(timestamp,interval,timestamp,interval)': overlaps(['interval', 'interval'], endlessMicros),
  'overlaps(timestamp,interval,timestamp,timestamp)': overlaps(['interval', 'value'], endlessMicros),
  'overlaps(timestamp,timestamp,timestamp,interval)': overlaps(['value', 'interval'], endlessMicros),
  'overlaps(timestamptz,interval,timestamptz,interval)': overlaps(['interval', 'interval'], endlessMicros),
  'overlaps(timestamptz,interval,timestamptz,timestamptz)': overlaps(['interval', 'value'], endlessMicros),
  'overlaps(timestamptz,timestamptz,timestamptz,interval)': overlaps(['value', 'interval'], endlessMicros),
  now: print((call) => call.now),
  statement_timestamp: print((call) => call.now),
  clock_timestamp: sql('make_timestamptz(pg_clock())'),
  timeofday: unsupported('timeofday'),
}

const TIME = {
  time_pl_interval: once('pg_time_add($1, pg_interval_micros($2))'),
  time_mi_interval: once('pg_time_add($1, - pg_interval_micros($2))'),
  'interval_pl_time(interval,time)': once('pg_time_add($2, pg_interval_micros($1))'),
  time_mi_time: sql('to_microseconds(epoch_us($1) - epoch_us($2))'),
  time_interval: sql('to_microseconds(epoch_us($1))'),
  interval_time: once("pg_time_add(TIME '00:00:00', pg_interval_micros($1))"),
  time_scale: scaled('TIME'),
  make_time: sql('CAST(make_timestamp(pg_make_time($1, $2, $3)) AS TIME)'),
  overlaps_time: overlaps(['value', 'value'], micros),
  'overlaps(time,interval,time,interval)': overlaps(['interval', 'interval'], micros),
  'overlaps(time,interval,time,time)': overlaps(['interval', 'value'], micros),
  'overlaps(time,time,time,interval)': overlaps(['value', 'interval'], micros),
  timetz_time: sql('CAST($1 AS TIME)'),
  ...each(
    [
      'time_timetz',
      'timestamptz_timetz',
      'timetz_at_local',
      'timetz_izone',
      'timetz_mi_interval',
      'timetz_part',
      'timetz_pl_interval',
      'interval_pl_timetz(interval,timetz)',
      'timetz_scale',
      'timetz_zone',
      'overlaps_timetz',
      'datetimetz_timestamptz',
      'timetzdate_pl(timetz,date)',
      'extract_timetz',
    ],
    unsupported('time with time zone, beyond comparing it'),
  ),
}

const INTERVAL = {
  interval_pl: sql('($1 + $2)'),
  interval_mi: sql('($1 - $2)'),
  interval_um: sql('(- $1)'),
  interval_mul: same('pg_interval_mul'),
  mul_d_interval: sql('pg_interval_mul($2, $1)'),
  interval_div: same('pg_interval_div'),
  interval_scale: print(intervalScale),
  interval_justify_days: same('pg_justify_days'),
  interval_justify_hours: same('pg_justify_hours'),
  interval_justify_interval: same('pg_justify_interval'),
  interval_finite: once('CASE WHEN $1 IS NOT NULL THEN true END'),
  interval_to_char: same('pg_to_char_interval'),
  make_interval: withDefaults('pg_make_interval', ['0', '0', '0', '0', '0', '0', '0'], 7),
}

export const DATE_TIME = { ...DATE, ...TIMESTAMP, ...TIME, ...INTERVAL, ...extractAnswers(zoneName) }
