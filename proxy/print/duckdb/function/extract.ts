import type { Answer, Call, NumericShape } from '../../answer.ts'
import * as oid from '../../oid.ts'
import { UNITS, unitOf } from '../../value/unit.ts'
import { bindOnce, each, print, raise, unlessNull } from './helper.ts'

/**
 * EXTRACT (numeric), date_part (double precision) and date_trunc. The field must be a constant.
 * https://www.postgresql.org/docs/18/functions-datetime.html#FUNCTIONS-DATETIME-EXTRACT
 */

type Kind = 'date' | 'timestamp' | 'timestamptz' | 'time' | 'interval'

/** A field as an expression over `x` of whole numbers; those with a fraction say how many micros make one. */
type Field = { readonly sql: string; readonly perMicro?: number }

const MICROS_OF_SECOND = "date_part('microseconds', $x)"
const YEAR = "date_part('year', $x)"

const CALENDAR: Readonly<Record<string, Field>> = {
  microseconds: { sql: MICROS_OF_SECOND },
  milliseconds: { sql: MICROS_OF_SECOND, perMicro: 1000 },
  second: { sql: MICROS_OF_SECOND, perMicro: 1_000_000 },
  minute: { sql: "date_part('minute', $x)" },
  hour: { sql: "date_part('hour', $x)" },
  day: { sql: "date_part('day', $x)" },
  month: { sql: "date_part('month', $x)" },
  quarter: { sql: "date_part('quarter', $x)" },
  week: { sql: "date_part('week', $x)" },
  dow: { sql: "date_part('dow', $x)" },
  isodow: { sql: "date_part('isodow', $x)" },
  doy: { sql: "date_part('doy', $x)" },
  // DuckDB counts years astronomically: 1 BC is 0
  year: { sql: `(${YEAR} - CASE WHEN ${YEAR} <= 0 THEN 1 ELSE 0 END)` },
  isoyear: { sql: "(date_part('isoyear', $x) - CASE WHEN date_part('isoyear', $x) <= 0 THEN 1 ELSE 0 END)" },
  decade: { sql: `CAST(floor(${YEAR} / 10) AS BIGINT)` },
  century: { sql: `CASE WHEN ${YEAR} > 0 THEN (${YEAR} + 99) // 100 ELSE - ((100 - ${YEAR}) // 100) END` },
  millennium: { sql: `CASE WHEN ${YEAR} > 0 THEN (${YEAR} + 999) // 1000 ELSE - ((1000 - ${YEAR}) // 1000) END` },
}

const MICROS_OF_DAY = 86_400_000_000n

function fieldsOf(kind: Kind): Readonly<Record<string, Field>> {
  switch (kind) {
    case 'date': {
      const { microseconds: _u, milliseconds: _m, second: _s, minute: _i, hour: _h, ...days } = CALENDAR
      return {
        ...days,
        epoch: { sql: 'epoch_us($x) // 1000000' },
        julian: { sql: "($x - DATE '1970-01-01') + 2440588" },
      }
    }
    case 'timestamp':
      return { ...CALENDAR, epoch: { sql: 'epoch_us($x)', perMicro: 1_000_000 } }
    case 'timestamptz':
      return {
        ...CALENDAR,
        epoch: { sql: 'epoch_us($x)', perMicro: 1_000_000 },
        timezone: { sql: "date_part('timezone', $x)" },
        timezone_hour: { sql: "date_part('timezone_hour', $x)" },
        timezone_minute: { sql: "date_part('timezone_minute', $x)" },
      }
    case 'time': {
      const { microseconds, milliseconds, second, minute, hour } = CALENDAR
      return {
        ...(microseconds && { microseconds }),
        ...(milliseconds && { milliseconds }),
        ...(second && { second }),
        ...(minute && { minute }),
        ...(hour && { hour }),
        epoch: { sql: 'epoch_us($x)', perMicro: 1_000_000 },
      }
    }
    case 'interval':
      return {
        microseconds: { sql: 'pg_interval_micros($x) % 60000000' },
        milliseconds: { sql: 'pg_interval_micros($x) % 60000000', perMicro: 1000 },
        second: { sql: 'pg_interval_micros($x) % 60000000', perMicro: 1_000_000 },
        minute: { sql: '(pg_interval_micros($x) // 60000000) % 60' },
        hour: { sql: 'pg_interval_micros($x) // 3600000000' },
        day: { sql: 'pg_interval_days($x)' },
        week: { sql: 'pg_interval_days($x) // 7' },
        month: { sql: 'pg_interval_months($x) % 12' },
        quarter: {
          sql: '(pg_interval_months($x) % 12) // 3 + CASE WHEN pg_interval_months($x) < 0 THEN -1 ELSE 1 END',
        },
        year: { sql: 'pg_interval_months($x) // 12' },
        decade: { sql: 'pg_interval_months($x) // 120' },
        century: { sql: 'pg_interval_months($x) // 1200' },
        millennium: { sql: 'pg_interval_months($x) // 12000' },
        // a year counts as 365.25 days, a month as 30
        epoch: {
          sql: `(CAST(pg_interval_months($x) // 12 AS HUGEINT) * 31557600000000 + CAST(pg_interval_months($x) % 12 AS HUGEINT) * 2592000000000 + CAST(pg_interval_days($x) AS HUGEINT) * ${MICROS_OF_DAY} + pg_interval_micros($x))`,
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

function fieldOf(call: Call, kind: Kind): Field | string | null {
  const unit = unitOf(call, 0)
  if (unit === null) return null
  const field = fieldsOf(kind)[unit]
  if (field !== undefined) return field
  const known = UNITS.some(([name]) => name === unit)
  if (known && unit === 'julian') return call.unsupported('julian')
  const error = known
    ? raise('0A000', `unit "${call.constant(0)}" not supported for type ${NAMES[kind]}`)
    : raise('22023', `unit "${call.constant(0)}" not recognized for type ${NAMES[kind]}`)
  return unlessNull(call.arg(1), error)
}

const DAYS_AND_LONGER = new Set(['date', 'timestamp', 'timestamptz'])

/** Fields that go on for ever: of an infinite timestamp they are infinite, the others NULL. */
const ENDLESS = new Set(['year', 'isoyear', 'decade', 'century', 'millennium', 'epoch', 'julian'])

function shapeOfField(call: Call, kind: Kind): NumericShape {
  const unit = unitOf(call, 0)
  const field = unit === null ? undefined : fieldsOf(kind)[unit]
  return { precision: 24, scale: DECIMALS[field?.perMicro ?? 0] ?? 0 }
}

function extract(kind: Kind): Answer {
  return print(
    (call) => {
      const { precision, scale } = shapeOfField(call, kind)
      const type = `DECIMAL(${precision},${scale})`
      const field = fieldOf(call, kind)
      if (field === null) return `CAST(NULL AS ${type})`
      if (typeof field === 'string') return `CAST(${field} AS ${type})`
      return bindOnce([call.arg(1)], ([x = '']) => {
        const whole = field.sql.replaceAll('$x', () => x)
        const value =
          scale === 0
            ? `CAST(${whole} AS ${type})`
            : `CAST(CAST(${whole} AS DECIMAL(24,0)) * CAST('0.${'0'.repeat(scale - 1)}1' AS DECIMAL(7,${scale})) AS ${type})`
        if (!DAYS_AND_LONGER.has(kind)) return value
        const infinite = ENDLESS.has(unitOf(call, 0) ?? '')
          ? raise('0A000', 'an infinite numeric is not supported')
          : 'NULL'
        return `CASE WHEN isinf(${x}) THEN ${infinite} ELSE ${value} END`
      })
    },
    { shape: (call) => shapeOfField(call, kind) },
  )
}

function datePart(kind: Kind): Answer {
  return print((call) => {
    const field = fieldOf(call, kind)
    if (field === null) return 'CAST(NULL AS DOUBLE)'
    if (typeof field === 'string') return `CAST(${field} AS DOUBLE)`
    return bindOnce([call.arg(1)], ([x = '']) => {
      const whole = `CAST(${field.sql.replaceAll('$x', () => x)} AS DOUBLE)`
      const value = field.perMicro === undefined ? whole : `(${whole} / ${field.perMicro})`
      if (!DAYS_AND_LONGER.has(kind)) return value
      const type = kind === 'date' ? 'DATE' : kind === 'timestamp' ? 'TIMESTAMP' : 'TIMESTAMPTZ'
      const infinite = ENDLESS.has(unitOf(call, 0) ?? '')
        ? `CASE WHEN ${x} > CAST('2000-01-01' AS ${type}) THEN CAST('Infinity' AS DOUBLE) ELSE CAST('-Infinity' AS DOUBLE) END`
        : 'NULL'
      return `CASE WHEN isinf(${x}) THEN ${infinite} ELSE ${value} END`
    })
  })
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

/** Units that DuckDB cuts as PostgreSQL does; decades, centuries and millennia it does not. */
function truncated(unit: string, x: string): string {
  switch (unit) {
    case 'decade':
      return `pg_year_start(CAST(floor(date_part('year', ${x}) / 10) AS BIGINT) * 10)`
    case 'century':
      return `pg_year_start(CAST(floor((date_part('year', ${x}) - 1) / 100) AS BIGINT) * 100 + 1)`
    case 'millennium':
      return `pg_year_start(CAST(floor((date_part('year', ${x}) - 1) / 1000) AS BIGINT) * 1000 + 1)`
    default:
      return `date_trunc('${unit}', ${x})`
  }
}

function unitToCut(call: Call, type: string): { unit: string } | { sql: string } {
  const unit = unitOf(call, 0)
  if (unit === null) return { sql: `CAST(NULL AS ${type})` }
  if (TRUNCATABLE.has(unit)) return { unit }
  const name = type === 'TIMESTAMP' ? NAMES.timestamp : NAMES.timestamptz
  const known = UNITS.some(([one]) => one === unit)
  const message = `unit "${call.constant(0)}" not ${known ? 'supported' : 'recognized'} for type ${name}`
  return { sql: `CAST(${unlessNull(call.arg(1), raise(known ? '0A000' : '22023', message))} AS ${type})` }
}

const LONG_UNITS = new Set(['decade', 'century', 'millennium'])

function truncateTimestamp(call: Call): string {
  const cut = unitToCut(call, 'TIMESTAMP')
  if ('sql' in cut) return cut.sql
  if (!LONG_UNITS.has(cut.unit)) return `CAST(date_trunc('${cut.unit}', ${call.arg(1)}) AS TIMESTAMP)`
  return bindOnce([call.arg(1)], ([x = '']) => `CASE WHEN isinf(${x}) THEN ${x} ELSE ${truncated(cut.unit, x)} END`)
}

function truncateTimestamptz(call: Call): string {
  const cut = unitToCut(call, 'TIMESTAMPTZ')
  if ('sql' in cut) return cut.sql
  if (KEEPS_OFFSET.has(cut.unit))
    return bindOnce([call.arg(1)], ([x = '']) => cutBelowDay(cut.unit, x, `CAST(${x} AS TIMESTAMP)`))
  if (!LONG_UNITS.has(cut.unit)) return `date_trunc('${cut.unit}', ${call.arg(1)})`
  return bindOnce(
    [call.arg(1)],
    ([x = '']) => `CASE WHEN isinf(${x}) THEN ${x} ELSE CAST(${truncated(cut.unit, x)} AS TIMESTAMPTZ) END`,
  )
}

/** Units below a day are cut without looking up the offset again, so that an ambiguous hour stays what it is. */
const KEEPS_OFFSET = new Set(['microseconds', 'milliseconds', 'second', 'minute', 'hour'])

function cutBelowDay(unit: string, instant: string, local: string): string {
  const excess = `to_microseconds(epoch_us(${local}) - epoch_us(${truncated(unit, local)}))`
  return `CASE WHEN isinf(${instant}) THEN ${instant} ELSE ${instant} - ${excess} END`
}

function truncateInZone(call: Call, zone: string): string {
  const cut = unitToCut(call, 'TIMESTAMPTZ')
  if ('sql' in cut) return cut.sql
  return bindOnce([call.arg(1)], ([x = '']) => {
    const local = `timezone(${zone}, ${x})`
    if (KEEPS_OFFSET.has(cut.unit)) return cutBelowDay(cut.unit, x, local)
    const value = `timezone(${zone}, CAST(${truncated(cut.unit, local)} AS TIMESTAMP))`
    return `CASE WHEN isinf(${x}) THEN ${x} ELSE ${value} END`
  })
}

export function extractAnswers(zoneOf: (call: Call, index: number) => string) {
  return {
    extract_date: extract('date'),
    extract_timestamp: extract('timestamp'),
    extract_timestamptz: extract('timestamptz'),
    extract_time: extract('time'),
    extract_interval: extract('interval'),
    'date_part(text,date)': print((call) => datePartOfDate(call)),
    timestamp_part: datePart('timestamp'),
    timestamptz_part: datePart('timestamptz'),
    time_part: datePart('time'),
    interval_part: datePart('interval'),
    ...each(['timestamp_trunc'], print(truncateTimestamp)),
    timestamptz_trunc: print(truncateTimestamptz),
    timestamptz_trunc_zone: print((call) => truncateInZone(call, zoneOf(call, 2))),
    interval_trunc: print((call) => `pg_interval_trunc('${unitOf(call, 0) ?? ''}', ${call.arg(1)})`),
  }
}

/** date_part of a date goes through timestamp, and so knows hours. */
function datePartOfDate(call: Call): string {
  const timestamp = datePart('timestamp')
  if (!('print' in timestamp)) return call.unsupported('date')
  const cast = `CAST(${call.arg(1)} AS TIMESTAMP)`
  return timestamp.print({ ...call, arg: (index) => (index === 1 ? cast : call.arg(index)), type: () => oid.TIMESTAMP })
}
