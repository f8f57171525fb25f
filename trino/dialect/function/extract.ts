import type { Answer, Call, NumericShape } from '../../../proxy/print/answer.ts'
import { UNITS, unitOf } from '../../../proxy/print/value/unit.ts'
import { bindOnce, each, print, raise, unlessNull } from './helper.ts'
import {
  type AnyZone,
  INSTANT,
  instantIn,
  instantOf,
  isUtc,
  LOCAL,
  localIn,
  localOf,
  offsetAt,
  zoneConstant,
} from './zone.ts'

/**
 * EXTRACT (numeric), date_part (double precision) and date_trunc. The field must be a constant.
 * https://www.postgresql.org/docs/18/functions-datetime.html#FUNCTIONS-DATETIME-EXTRACT
 */
type Kind = 'date' | 'timestamp' | 'timestamptz' | 'time' | 'interval'

/** A field as an expression over `$x` of whole numbers; those with a fraction say how many micros make one. */
type Field = { readonly sql: string; readonly perMicro?: number }

const MICROS_OF_MINUTE = '(second($x) * 1000000 + CAST(substr(CAST($x AS varchar), -6) AS bigint))'
const YEAR = 'year($x)'

const CALENDAR: Readonly<Record<string, Field>> = {
  microseconds: { sql: MICROS_OF_MINUTE },
  milliseconds: { sql: MICROS_OF_MINUTE, perMicro: 1000 },
  second: { sql: MICROS_OF_MINUTE, perMicro: 1_000_000 },
  minute: { sql: 'minute($x)' },
  hour: { sql: 'hour($x)' },
  day: { sql: 'day($x)' },
  month: { sql: 'month($x)' },
  quarter: { sql: 'quarter($x)' },
  week: { sql: 'week($x)' },
  dow: { sql: '(day_of_week($x) % 7)' },
  isodow: { sql: 'day_of_week($x)' },
  doy: { sql: 'day_of_year($x)' },
  // Trino counts years astronomically: 1 BC is 0
  year: { sql: `(${YEAR} - CASE WHEN ${YEAR} <= 0 THEN 1 ELSE 0 END)` },
  isoyear: { sql: '(year_of_week($x) - CASE WHEN year_of_week($x) <= 0 THEN 1 ELSE 0 END)' },
  decade: { sql: `CAST(floor(${YEAR} / 10E0) AS bigint)` },
  century: { sql: `CASE WHEN ${YEAR} > 0 THEN (${YEAR} + 99) / 100 ELSE - ((100 - ${YEAR}) / 100) END` },
  millennium: { sql: `CASE WHEN ${YEAR} > 0 THEN (${YEAR} + 999) / 1000 ELSE - ((1000 - ${YEAR}) / 1000) END` },
}

const DAY_MICROS = 86_400_000_000n

function fieldsOf(kind: Kind): Readonly<Record<string, Field>> {
  switch (kind) {
    case 'date': {
      const { microseconds: _u, milliseconds: _m, second: _s, minute: _i, hour: _h, ...days } = CALENDAR
      return {
        ...days,
        epoch: { sql: "date_diff('day', DATE '1970-01-01', $x) * 86400" },
        julian: { sql: "date_diff('day', DATE '1970-01-01', $x) + 2440588" },
      }
    }
    case 'timestamp':
      return { ...CALENDAR, epoch: { sql: 'pg_micros($x)', perMicro: 1_000_000 } }
    case 'timestamptz':
      return CALENDAR
    case 'time': {
      const { microseconds, milliseconds, second, minute, hour } = CALENDAR
      return {
        ...(microseconds && { microseconds }),
        ...(milliseconds && { milliseconds }),
        ...(second && { second }),
        ...(minute && { minute }),
        ...(hour && { hour }),
        epoch: { sql: 'pg_time_micros($x)', perMicro: 1_000_000 },
      }
    }
    case 'interval':
      return {
        microseconds: { sql: 'pg_interval_micros($x) % 60000000' },
        milliseconds: { sql: 'pg_interval_micros($x) % 60000000', perMicro: 1000 },
        second: { sql: 'pg_interval_micros($x) % 60000000', perMicro: 1_000_000 },
        minute: { sql: 'pg_interval_micros($x) / 60000000 % 60' },
        hour: { sql: 'pg_interval_micros($x) / 3600000000' },
        day: { sql: 'pg_interval_days($x)' },
        week: { sql: 'pg_interval_days($x) / 7' },
        month: { sql: 'pg_interval_months($x) % 12' },
        quarter: { sql: 'pg_interval_months($x) % 12 / 3 + CASE WHEN pg_interval_months($x) < 0 THEN -1 ELSE 1 END' },
        year: { sql: 'pg_interval_months($x) / 12' },
        decade: { sql: 'pg_interval_months($x) / 120' },
        century: { sql: 'pg_interval_months($x) / 1200' },
        millennium: { sql: 'pg_interval_months($x) / 12000' },
        // a year counts as 365.25 days, a month as 30
        epoch: {
          sql: `(CAST(pg_interval_months($x) / 12 AS decimal(38,0)) * 31557600000000 + CAST(pg_interval_months($x) % 12 AS decimal(38,0)) * 2592000000000 + CAST(pg_interval_days($x) AS decimal(38,0)) * ${DAY_MICROS} + pg_interval_micros($x))`,
          perMicro: 1_000_000,
        },
      }
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  date: 'date',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  interval: 'interval',
}

const DECIMALS: Readonly<Record<number, number>> = { 1000: 3, 1000000: 6 }

/** What PostgreSQL has and this table has not. */
const UNKNOWN_HERE = new Set(['julian'])

function isKnown(unit: string): boolean {
  return UNITS.some(([one]) => one === unit)
}

/** A field's expression; a text: the error; null: NULL. */
function fieldOf(call: Call, kind: Kind): Field | string | null {
  const unit = unitOf(call, 0)
  if (unit === null) return null
  const field = fieldsOf(kind)[unit]
  if (field !== undefined) return field
  if (UNKNOWN_HERE.has(unit) && (kind === 'timestamp' || kind === 'timestamptz'))
    return call.unsupported(`unit ${unit}`)
  const error = isKnown(unit)
    ? raise('0A000', `unit "${call.constant(0)}" not supported for type ${NAMES[kind]}`)
    : raise('22023', `unit "${call.constant(0)}" not recognized for type ${NAMES[kind]}`)
  return bindOnce([call.arg(1)], ([x = '']) => unlessNull(x, error))
}

function ofInstant(call: Call): Field | null {
  const x = call.arg(1)
  const offset = () => offsetAt(call, x)
  switch (unitOf(call, 0)) {
    case 'epoch':
      return { sql: `pg_instant_micros(${x})`, perMicro: 1_000_000 }
    case 'timezone':
      return { sql: offset() }
    case 'timezone_hour':
      return { sql: `(${offset()} / 3600)` }
    case 'timezone_minute':
      return { sql: `(${offset()} % 3600 / 60)` }
    default:
      return null
  }
}

function shapeOfField(call: Call, kind: Kind): NumericShape {
  const unit = unitOf(call, 0)
  const field = unit === null ? undefined : kind === 'timestamptz' && unit === 'epoch' ? EPOCH : fieldsOf(kind)[unit]
  return { precision: 24, scale: DECIMALS[field?.perMicro ?? 0] ?? 0 }
}

const EPOCH: Field = { sql: '', perMicro: 1_000_000 }

function value(call: Call, kind: Kind, finish: (field: Field, whole: string) => string, type: string): string {
  const zoned = kind === 'timestamptz' ? ofInstant(call) : null
  if (zoned !== null) return finish(zoned, zoned.sql)
  const field = fieldOf(call, kind)
  if (field === null) return `CAST(NULL AS ${type})`
  if (typeof field === 'string') return `CAST(${field} AS ${type})`
  const x = kind === 'timestamptz' ? localOf(call, call.arg(1)) : call.arg(1)
  return bindOnce([x], ([bound = '']) =>
    finish(
      field,
      field.sql.replaceAll('$x', () => bound),
    ),
  )
}

function extract(kind: Kind): Answer {
  return print(
    (call) => {
      const { precision, scale } = shapeOfField(call, kind)
      const type = `decimal(${precision}, ${scale})`
      const finish = (_field: Field, whole: string) =>
        scale === 0
          ? `CAST(${whole} AS ${type})`
          : `CAST(CAST(${whole} AS decimal(24, 0)) * DECIMAL '0.${'0'.repeat(scale - 1)}1' AS ${type})`
      return value(call, kind, finish, type)
    },
    { shape: (call) => shapeOfField(call, kind) },
  )
}

function datePart(kind: Kind): Answer {
  return print((call) =>
    value(
      call,
      kind,
      (field, whole) =>
        field.perMicro === undefined ? `CAST(${whole} AS double)` : `(CAST(${whole} AS double) / ${field.perMicro})`,
      'double',
    ),
  )
}

const TRUNCATABLE = new Set([
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
])

/** A timestamp cut to a unit. */
function truncated(unit: string, x: string): string {
  const year = (size: number, first: number) =>
    bindOnce(
      [x],
      ([y = '']) => `pg_year_start(CAST(floor((year(${y}) - ${first}) / ${size}E0) AS bigint) * ${size} + ${first})`,
    )
  switch (unit) {
    case 'microseconds':
      return x
    case 'milliseconds':
      return `date_trunc('millisecond', ${x})`
    case 'decade':
      return year(10, 0)
    case 'century':
      return year(100, 1)
    case 'millennium':
      return year(1000, 1)
    default:
      return `date_trunc('${unit}', ${x})`
  }
}

function unitToCut(call: Call, type: string): { unit: string } | { sql: string } {
  const unit = unitOf(call, 0)
  if (unit === null) return { sql: `CAST(NULL AS ${type})` }
  if (TRUNCATABLE.has(unit)) return { unit }
  const name = type === LOCAL ? NAMES.timestamp : NAMES.timestamptz
  const known = isKnown(unit)
  const message = `unit "${call.constant(0)}" not ${known ? 'supported' : 'recognized'} for type ${name}`
  const error = raise(known ? '0A000' : '22023', message)
  return { sql: `CAST(${bindOnce([call.arg(1)], ([x = '']) => unlessNull(x, error))} AS ${type})` }
}

/** Units below a day are cut without looking up the offset again, so that an ambiguous hour stays what it is. */
const KEEPS_OFFSET = new Set(['microseconds', 'milliseconds', 'second', 'minute', 'hour'])

function truncateInstant(
  call: Call,
  isPlain: boolean,
  local: (instant: string) => string,
  instant: (local: string) => string,
): string {
  const cut = unitToCut(call, INSTANT)
  if ('sql' in cut) return cut.sql
  const { unit } = cut
  if (unit === 'microseconds') return call.arg(1)
  if (isPlain || !KEEPS_OFFSET.has(unit)) return instant(truncated(unit, local(call.arg(1))))
  return bindOnce([call.arg(1)], ([x = '']) =>
    bindOnce(
      [local(x)],
      ([y = '']) =>
        `with_timezone(pg_timestamp(pg_instant_micros(${x}) - pg_micros(${y}) + pg_micros(${truncated(unit, y)})), 'UTC')`,
    ),
  )
}

function truncateInZone(call: Call, zone: AnyZone): string {
  return truncateInstant(
    call,
    isUtc(zone),
    (x) => localIn(zone, x),
    (x) => instantIn(zone, x),
  )
}

const INTERVAL_MICROS: Readonly<Record<string, number>> = {
  milliseconds: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
}
const INTERVAL_MONTHS: Readonly<Record<string, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
}

function truncateInterval(call: Call): string {
  const unit = unitOf(call, 0)
  if (unit === null || unit === 'microseconds')
    return unit === null ? `CAST(NULL AS ${call.resultTypeName()})` : call.arg(1)
  const micros = INTERVAL_MICROS[unit]
  if (micros !== undefined) return `pg_interval_cut(${call.arg(1)}, ${micros})`
  return bindOnce([call.arg(1)], ([x = '']) => {
    if (unit === 'day') return `pg_interval(pg_interval_months(${x}), pg_interval_days(${x}), 0)`
    const months = INTERVAL_MONTHS[unit]
    if (months !== undefined)
      return `pg_interval(pg_interval_months(${x}) - pg_interval_months(${x}) % ${months}, 0, 0)`
    const error = isKnown(unit)
      ? raise('0A000', `unit "${call.constant(0)}" not supported for type interval`)
      : raise('22023', `unit "${call.constant(0)}" not recognized for type interval`)
    return `CAST(${unlessNull(x, error)} AS ${call.resultTypeName()})`
  })
}

export function extractAnswers() {
  return {
    extract_date: extract('date'),
    extract_timestamp: extract('timestamp'),
    extract_timestamptz: extract('timestamptz'),
    extract_time: extract('time'),
    extract_interval: extract('interval'),
    'date_part(text,date)': print(datePartOfDate),
    timestamp_part: datePart('timestamp'),
    timestamptz_part: datePart('timestamptz'),
    time_part: datePart('time'),
    interval_part: datePart('interval'),
    ...each(
      ['timestamp_trunc'],
      print((call) => {
        const cut = unitToCut(call, LOCAL)
        return 'sql' in cut ? cut.sql : truncated(cut.unit, call.arg(1))
      }),
    ),
    timestamptz_trunc: print((call) =>
      truncateInstant(
        call,
        localOf(call, 'x') === localIn({ kind: 'name', name: 'UTC' }, 'x'),
        (x) => localOf(call, x),
        (x) => instantOf(call, x),
      ),
    ),
    timestamptz_trunc_zone: print((call) => truncateInZone(call, zoneConstant(call, 2))),
    interval_trunc: print(truncateInterval),
  }
}

/** date_part of a date goes through timestamp, and so knows hours. */
function datePartOfDate(call: Call): string {
  const timestamp = datePart('timestamp')
  if (!('print' in timestamp)) return call.unsupported('date')
  const cast = `CAST(${call.arg(1)} AS ${LOCAL})`
  return timestamp.print({ ...call, arg: (index) => (index === 1 ? cast : call.arg(index)) })
}
