import type { Answer, Call } from '../../../proxy/print/answer.ts'
import { parseInterval } from '../../../proxy/print/value/interval.ts'
import { extractAnswers } from './extract.ts'
import { fromCharOf } from './from-char.ts'
import { constantText, each, FOLD, once, print, quote, sql, unsupported, withDefaults } from './helper.ts'
import { toCharOf, toCharOfInterval } from './to-char.ts'
import {
  type AnyZone,
  instantIn,
  instantOf,
  isUtc,
  LOCAL,
  localIn,
  localOf,
  sessionZoneOf,
  zoneConstant,
} from './zone.ts'

/**
 * Dates and times. An interval is a row of months, days and microseconds; a constant one is added by Trino's own date_add,
 * so that tests of columns against it stay simple.
 * https://www.postgresql.org/docs/18/functions-datetime.html
 */

type Constant = { readonly months: number; readonly days: number; readonly micros: bigint }

function constantInterval(call: Call, index: number, sign: 1 | -1): Constant | null {
  const text = call.constant(index)
  const value = typeof text === 'string' ? parseInterval(text) : null
  if (value === null) return null
  return { months: sign * value.months, days: sign * value.days, micros: BigInt(sign) * value.micros }
}

/** Months, then days, then time; null: date_add knows nothing finer than milliseconds. */
function addConstant(value: string, { months, days, micros }: Constant): string | null {
  if (micros % 1000n !== 0n) return null
  const withMonths = months === 0 ? value : `date_add('month', ${months}, ${value})`
  const withDays = days === 0 ? withMonths : `date_add('day', ${days}, ${withMonths})`
  return micros === 0n ? withDays : `date_add('millisecond', ${micros / 1000n}, ${withDays})`
}

function addInterval(local: (call: Call) => string, index: number, sign: 1 | -1): Answer {
  return print((call) => {
    const constant = constantInterval(call, index, sign)
    const added = constant === null ? null : addConstant(local(call), constant)
    return added ?? `pg_timestamp_${sign === 1 ? 'pl' : 'mi'}(${local(call)}, ${call.arg(index)})`
  })
}

const asLocal = (index: number) => (call: Call) => `CAST(${call.arg(index)} AS ${LOCAL})`
const itself = (index: number) => (call: Call) => call.arg(index)

/** What is added to an instant: months and days by the clocks of a zone. */
function addToInstant(call: Call, at: number, index: number, sign: 1 | -1, zone: AnyZone): string {
  const constant = constantInterval(call, index, sign)
  if (constant !== null && (isUtc(zone) || (constant.months === 0 && constant.days === 0))) {
    const added = addConstant(call.arg(at), constant)
    if (added !== null) return added
  }
  const interval = sign === 1 ? call.arg(index) : `pg_interval_um(${call.arg(index)})`
  if (zone.kind === 'name') return `pg_timestamptz_pl(${call.arg(at)}, ${interval}, ${quote(zone.name)})`
  return instantIn(zone, `pg_timestamp_pl(${localIn(zone, call.arg(at))}, ${interval})`)
}

const addZoned = (at: number, index: number, sign: 1 | -1) =>
  print((call) => addToInstant(call, at, index, sign, sessionZoneOf(call)))

/** Digits of the seconds that `timestamp(p)` keeps. */
function unitOf(call: Call): number | null {
  const digits = Number(constantText(call, 1, 'a precision') ?? 6)
  return digits >= 6 ? null : 10 ** (6 - digits)
}

/** Fields that `interval(p)` and `interval hour to minute` keep: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/timestamp.c, AdjustIntervalForTypmod */
const INTERVAL_FULL_RANGE = 0x7fff
const INTERVAL_FULL_PRECISION = 0xffff

function intervalScale(call: Call): string {
  const typmod = Number(constantText(call, 1, 'a precision') ?? -1)
  if (typmod < 0) return call.arg(0)
  const range = (typmod >> 16) & 0x7fff
  const precision = typmod & 0xffff
  if (range !== INTERVAL_FULL_RANGE) return call.unsupported('fields of an interval')
  if (precision === INTERVAL_FULL_PRECISION || precision >= 6) return call.arg(0)
  return `pg_interval_round(${call.arg(0)}, ${10 ** (6 - precision)})`
}

/** (start1, end1) OVERLAPS (start2, end2), on microseconds; not strict */
function overlaps(
  shape: readonly ['value' | 'interval', 'value' | 'interval'],
  toMicros: string,
  plus: (call: Call, at: number, index: number) => string,
): Answer {
  return print((call) => {
    const end = (start: number, kind: 'value' | 'interval') =>
      kind === 'value' ? `${toMicros}(${call.arg(start + 1)})` : `${toMicros}(${plus(call, start, start + 1)})`
    return `pg_overlaps(${toMicros}(${call.arg(0)}), ${end(0, shape[0])}, ${toMicros}(${call.arg(2)}), ${end(2, shape[1])})`
  })
}

const plusLocal = (call: Call, at: number, index: number) => `pg_timestamp_pl(${call.arg(at)}, ${call.arg(index)})`
const plusZoned = (call: Call, at: number, index: number) => addToInstant(call, at, index, 1, sessionZoneOf(call))
const plusTime = (call: Call, at: number, index: number) =>
  `pg_time_add(${call.arg(at)}, pg_interval_micros(${call.arg(index)}))`

/** overlaps of two pairs of points: timestamps and timestamptzs share the key. */
const overlapsPoints = print((call) => {
  const micros = /zone/i.test(call.argTypeName(0)) ? 'pg_instant_micros' : 'pg_micros'
  return `pg_overlaps(${call
    .args()
    .map((arg) => `${micros}(${arg})`)
    .join(', ')})`
})

/** Today, in the session's zone: what age() of one argument counts from. */
const midnight = (call: Call) => `CAST(CAST(${localOf(call, call.now)} AS date) AS ${LOCAL})`

const DATE = {
  date_pli: sql("date_add('day', $2, $1)"),
  date_mii: sql("date_add('day', - $2, $1)"),
  'integer_pl_date(int4,date)': sql("date_add('day', $1, $2)"),
  date_mi: sql("CAST(date_diff('day', $2, $1) AS integer)"),
  date_pl_interval: addInterval(asLocal(0), 1, 1),
  date_mi_interval: addInterval(asLocal(0), 1, -1),
  'interval_pl_date(interval,date)': addInterval(asLocal(1), 0, 1),
  date_timestamp: sql(`CAST($1 AS ${LOCAL})`),
  date_timestamptz: print((call) => instantOf(call, `CAST(${call.arg(0)} AS ${LOCAL})`)),
  datetime_timestamp: sql('pg_date_time($1, $2)'),
  'timedate_pl(time,date)': sql('pg_date_time($2, $1)'),
  'timestamptz(date,time)': print((call) => instantOf(call, `pg_date_time(${call.arg(0)}, ${call.arg(1)})`)),
  date_finite: once('CASE WHEN $1 IS NOT NULL THEN true END'),
  make_date: sql('pg_make_date($1, $2, $3)'),
}

const TIMESTAMP = {
  timestamp_pl_interval: addInterval(itself(0), 1, 1),
  timestamp_mi_interval: addInterval(itself(0), 1, -1),
  'interval_pl_timestamp(interval,timestamp)': addInterval(itself(1), 0, 1),
  timestamptz_pl_interval: addZoned(0, 1, 1),
  timestamptz_mi_interval: addZoned(0, 1, -1),
  'interval_pl_timestamptz(interval,timestamptz)': addZoned(1, 0, 1),
  timestamptz_pl_interval_at_zone: print((call) => addToInstant(call, 0, 1, 1, zoneConstant(call, 2))),
  timestamptz_mi_interval_at_zone: print((call) => addToInstant(call, 0, 1, -1, zoneConstant(call, 2))),
  timestamp_mi: print((call) =>
    /zone/i.test(call.argTypeName(0))
      ? `pg_timestamp_diff(CAST(${call.arg(0)} AS ${LOCAL}), CAST(${call.arg(1)} AS ${LOCAL}))`
      : `pg_timestamp_diff(${call.arg(0)}, ${call.arg(1)})`,
  ),
  timestamp_age: sql('pg_age($1, $2)'),
  timestamptz_age: print((call) => `pg_age(${localOf(call, call.arg(0))}, ${localOf(call, call.arg(1))})`),
  'age(timestamp)': print((call) => `pg_age(${midnight(call)}, ${call.arg(0)})`),
  'age(timestamptz)': print((call) => `pg_age(${midnight(call)}, ${localOf(call, call.arg(0))})`),
  timestamp_bin: sql('pg_timestamp(pg_bin($1, pg_micros($2), pg_micros($3)))'),
  timestamptz_bin: sql("with_timezone(pg_timestamp(pg_bin($1, pg_instant_micros($2), pg_instant_micros($3))), 'UTC')"),
  timestamp_date: sql('CAST($1 AS date)'),
  timestamptz_date: print((call) => `CAST(${localOf(call, call.arg(0))} AS date)`),
  timestamp_time: sql('pg_time_of($1)'),
  timestamptz_time: print((call) => `pg_time_of(${localOf(call, call.arg(0))})`),
  timestamptz_timestamp: print((call) => localOf(call, call.arg(0))),
  timestamp_timestamptz: print((call) => instantOf(call, call.arg(0))),
  timestamp_scale: print((call) => {
    const unit = unitOf(call)
    return unit === null ? call.arg(0) : `pg_scale(${call.arg(0)}, ${unit})`
  }),
  timestamptz_scale: print((call) => {
    const unit = unitOf(call)
    return unit === null ? call.arg(0) : `with_timezone(pg_scale(CAST(${call.arg(0)} AS ${LOCAL}), ${unit}), 'UTC')`
  }),
  timestamp_finite: once('CASE WHEN $1 IS NOT NULL THEN true END'),
  timestamp_zone: print((call) => instantIn(zoneConstant(call, 0), call.arg(1))),
  timestamptz_zone: print((call) => localIn(zoneConstant(call, 0), call.arg(1))),
  timestamp_izone: sql("with_timezone(pg_timestamp(pg_micros($2) - pg_zone_micros($1)), 'UTC')"),
  timestamptz_izone: sql('pg_timestamp(pg_instant_micros($2) + pg_zone_micros($1))'),
  timestamp_at_local: print((call) => instantOf(call, call.arg(0))),
  timestamptz_at_local: print((call) => localOf(call, call.arg(0))),
  make_timestamp: sql('pg_make_timestamp($*)'),
  make_timestamptz: print((call) => instantOf(call, `pg_make_timestamp(${call.args().join(', ')})`)),
  make_timestamptz_at_timezone: print((call) =>
    instantIn(zoneConstant(call, 6), `pg_make_timestamp(${call.args().slice(0, 6).join(', ')})`),
  ),
  float8_timestamptz: sql('pg_to_timestamp($1)'),
  to_timestamp: print((call) => instantOf(call, fromCharOf(call)), FOLD),
  to_date: print((call) => `CAST(${fromCharOf(call)} AS date)`, FOLD),
  timestamp_to_char: print((call) => toCharOf(call, call.arg(0)), FOLD),
  timestamptz_to_char: print((call) => toCharOf(call, localOf(call, call.arg(0)), call.arg(0)), FOLD),
  overlaps_timestamp: overlapsPoints,
  'overlaps(timestamp,interval,timestamp,interval)': overlaps(['interval', 'interval'], 'pg_micros', plusLocal),
  'overlaps(timestamp,interval,timestamp,timestamp)': overlaps(['interval', 'value'], 'pg_micros', plusLocal),
  'overlaps(timestamp,timestamp,timestamp,interval)': overlaps(['value', 'interval'], 'pg_micros', plusLocal),
  'overlaps(timestamptz,interval,timestamptz,interval)': overlaps(
    ['interval', 'interval'],
    'pg_instant_micros',
    plusZoned,
  ),
  'overlaps(timestamptz,interval,timestamptz,timestamptz)': overlaps(
    ['interval', 'value'],
    'pg_instant_micros',
    plusZoned,
  ),
  'overlaps(timestamptz,timestamptz,timestamptz,interval)': overlaps(
    ['value', 'interval'],
    'pg_instant_micros',
    plusZoned,
  ),
  now: print((call) => call.now),
  statement_timestamp: print((call) => call.now),
  clock_timestamp: sql("at_timezone(current_timestamp(6), 'UTC')"),
  timeofday: unsupported('timeofday'),
}

const TIME = {
  time_pl_interval: sql('pg_time_add($1, pg_interval_micros($2))'),
  time_mi_interval: sql('pg_time_add($1, - pg_interval_micros($2))'),
  'interval_pl_time(interval,time)': sql('pg_time_add($2, pg_interval_micros($1))'),
  time_mi_time: sql('pg_interval(0, 0, pg_time_micros($1) - pg_time_micros($2))'),
  time_interval: sql('pg_interval(0, 0, pg_time_micros($1))'),
  interval_time: sql("pg_time_add(TIME '00:00:00.000000', pg_interval_micros($1))"),
  time_scale: print((call) => {
    const unit = unitOf(call)
    return unit === null ? call.arg(0) : `pg_midnight_time(pg_round_micros(pg_time_micros(${call.arg(0)}), ${unit}))`
  }),
  make_time: sql('pg_midnight_time(pg_make_micros($1, $2, $3))'),
  overlaps_time: overlaps(['value', 'value'], 'pg_time_micros', plusTime),
  'overlaps(time,interval,time,interval)': overlaps(['interval', 'interval'], 'pg_time_micros', plusTime),
  'overlaps(time,interval,time,time)': overlaps(['interval', 'value'], 'pg_time_micros', plusTime),
  'overlaps(time,time,time,interval)': overlaps(['value', 'interval'], 'pg_time_micros', plusTime),
  ...each(
    [
      'timetz_time',
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
    unsupported('time with time zone'),
  ),
}

const INTERVAL = {
  interval_pl: sql('pg_interval_pl($1, $2)'),
  interval_mi: sql('pg_interval_mi($1, $2)'),
  interval_um: sql('pg_interval_um($1)'),
  interval_mul: sql('pg_interval_mul($1, $2)'),
  mul_d_interval: sql('pg_interval_mul($2, $1)'),
  interval_div: sql('pg_interval_div($1, $2)'),
  interval_scale: print(intervalScale),
  interval_justify_days: sql('pg_justify_days($1)'),
  interval_justify_hours: sql('pg_justify_hours($1)'),
  interval_justify_interval: sql('pg_justify_interval($1)'),
  interval_finite: once('CASE WHEN $1 IS NOT NULL THEN true END'),
  interval_to_char: print(toCharOfInterval, FOLD),
  make_interval: withDefaults('pg_make_interval', ['0', '0', '0', '0', '0', '0', '0'], 7),
}

export const DATE_TIME = { ...DATE, ...TIMESTAMP, ...TIME, ...INTERVAL, ...extractAnswers() }
