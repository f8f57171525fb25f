import { fail, type Interval, lenient, type Native, refuse, strict } from './native.ts'

/** Date and time arithmetic by timestamp.c. A timestamp crosses as microseconds since 1970-01-01 00:00:00 (UTC or local). */

const SECOND = 1_000_000n
const DAY = 86_400n * SECOND
const DAYS_PER_MONTH = 30
const SECONDS_PER_DAY = 86_400

export type Fields = { year: number; month: number; day: number; timeOfDay: bigint }

/** Proleptic Gregorian; the year is astronomical (0 is 1 BC). https://howardhinnant.github.io/date_algorithms.html */
export function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  }
}

export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468
}

export function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

export function fieldsOf(micros: bigint): Fields {
  let days = micros / DAY
  let timeOfDay = micros % DAY
  if (timeOfDay < 0n) {
    timeOfDay += DAY
    days -= 1n
  }
  return { ...civil(Number(days)), timeOfDay }
}

/** timestamp_age: symbolic years, months and days, borrowing days from the month of the earlier date */
function age(later: bigint, earlier: bigint): Interval {
  const [a, b] = [fieldsOf(later), fieldsOf(earlier)]
  const negative = later < earlier
  let [years, months, days, time] = [a.year - b.year, a.month - b.month, a.day - b.day, a.timeOfDay - b.timeOfDay]
  if (negative) [years, months, days, time] = [-years, -months, -days, -time]
  if (time < 0n) {
    time += DAY
    days--
  }
  while (days < 0) {
    days += negative ? daysInMonth(a.year, a.month) : daysInMonth(b.year, b.month)
    months--
  }
  while (months < 0) {
    months += 12
    years--
  }
  const total = years * 12 + months
  return negative ? { months: 0 - total, days: 0 - days, micros: -time } : { months: total, days, micros: time }
}

function checkRange(value: Interval): Interval {
  const most = 2 ** 31 - 1
  if (Math.abs(value.months) > most || Math.abs(value.days) > most) fail('22008', 'interval out of range')
  return value
}

/** rint: ties to even */
function roundEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest < 0.5) return floor
  if (rest > 0.5) return floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** TSROUND: to a microsecond's worth */
function roundMicro(seconds: number): number {
  return roundEven(seconds * 1e6) / 1e6
}

/** interval_mul and interval_div: fractions of months cascade into days, those of days into time */
function scale(interval: Interval, by: (value: number) => number): Interval {
  const resultMonths = by(interval.months)
  const resultDays = by(interval.days)
  if (Number.isNaN(resultMonths) || Number.isNaN(resultDays)) return fail('22008', 'interval out of range')
  const months = Math.trunc(resultMonths)
  let days = Math.trunc(resultDays)
  const monthRemainderDays = roundMicro((resultMonths - months) * DAYS_PER_MONTH)
  let secondsRemainder = roundMicro(
    (resultDays - days + monthRemainderDays - Math.trunc(monthRemainderDays)) * SECONDS_PER_DAY,
  )
  if (Math.abs(secondsRemainder) >= SECONDS_PER_DAY) {
    const whole = Math.trunc(secondsRemainder / SECONDS_PER_DAY)
    days += whole
    secondsRemainder -= whole * SECONDS_PER_DAY
  }
  days += Math.trunc(monthRemainderDays)
  const micros = roundEven(by(Number(interval.micros)) + secondsRemainder * 1e6)
  if (!Number.isFinite(micros) || Math.abs(micros) > 2 ** 63) return fail('22008', 'interval out of range')
  return checkRange({ months, days, micros: BigInt(micros) })
}

function multiply(interval: Interval, factor: number): Interval {
  if (!Number.isFinite(factor))
    return Number.isNaN(factor) ? fail('22008', 'interval out of range') : refuse('an infinite interval')
  return scale(interval, (value) => value * factor)
}

function divide(interval: Interval, divisor: number): Interval {
  if (divisor === 0) return fail('22012', 'division by zero')
  if (Number.isNaN(divisor)) return fail('22008', 'interval out of range')
  return scale(interval, (value) => value / divisor)
}

function justifyHours({ months, days, micros }: Interval): Interval {
  let day = days + Number(micros / DAY)
  let time = micros % DAY
  if (day > 0 && time < 0n) {
    time += DAY
    day--
  } else if (day < 0 && time > 0n) {
    time -= DAY
    day++
  }
  return { months, days: day, micros: time }
}

function justifyDays({ months, days, micros }: Interval): Interval {
  let month = months + Math.trunc(days / DAYS_PER_MONTH)
  let day = days % DAYS_PER_MONTH
  if (month > 0 && day < 0) {
    day += DAYS_PER_MONTH
    month--
  } else if (month < 0 && day > 0) {
    day -= DAYS_PER_MONTH
    month++
  }
  return { months: month, days: day === 0 ? 0 : day, micros }
}

function justify(interval: Interval): Interval {
  let { months, days, micros } = interval
  days += Number(micros / DAY)
  micros %= DAY
  months += Math.trunc(days / DAYS_PER_MONTH)
  days %= DAYS_PER_MONTH
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += DAYS_PER_MONTH
    months--
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= DAYS_PER_MONTH
    months++
  }
  if (days > 0 && micros < 0n) {
    micros += DAY
    days--
  } else if (days < 0 && micros > 0n) {
    micros -= DAY
    days++
  }
  return { months, days: days === 0 ? 0 : days, micros }
}

const UNIT_MICROS: Readonly<Record<string, bigint>> = {
  microseconds: 1n,
  milliseconds: 1000n,
  second: SECOND,
  minute: 60n * SECOND,
  hour: 3600n * SECOND,
}
const UNIT_MONTHS: Readonly<Record<string, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12000,
}

function truncateInterval(unit: string, interval: Interval): Interval {
  const months = UNIT_MONTHS[unit]
  if (months !== undefined) {
    const kept = interval.months - (interval.months % months)
    return { months: kept, days: 0, micros: 0n }
  }
  if (unit === 'day') return { ...interval, micros: 0n }
  if (unit === 'week') return fail('0A000', 'unit "week" not supported for type interval')
  const micros = UNIT_MICROS[unit]
  if (micros === undefined) return fail('22023', `unit "${unit}" not recognized for type interval`)
  return { ...interval, micros: interval.micros - (interval.micros % micros) }
}

/** Bits of an interval typmod's fields: 1 << MONTH and so on, of datetime.h */
const FIELD = { month: 1 << 1, year: 1 << 2, day: 1 << 3, hour: 1 << 10, minute: 1 << 11, second: 1 << 12 } as const

function scaleInterval(interval: Interval, range: number, precision: number): Interval {
  let { months, days, micros } = interval
  if (range !== 0x7fff) {
    const has = (bit: number) => (range & bit) !== 0
    if (range === FIELD.year) return { months: Math.trunc(months / 12) * 12, days: 0, micros: 0n }
    if (!has(FIELD.day) && !has(FIELD.hour) && !has(FIELD.minute) && !has(FIELD.second))
      return { months, days: 0, micros: 0n }
    if (!has(FIELD.second)) {
      if (has(FIELD.minute)) micros -= micros % (60n * SECOND)
      else if (has(FIELD.hour)) micros -= micros % (3600n * SECOND)
      else micros = 0n
    }
  }
  if (precision < 6) {
    const unit = 10n ** BigInt(6 - precision)
    const half = micros < 0n ? -unit / 2n : unit / 2n
    micros = ((micros + half) / unit) * unit
  }
  return { months, days: days === 0 ? 0 : days, micros }
}

function makeInterval(
  years: number | null,
  months: number | null,
  weeks: number | null,
  days: number | null,
  hours: number | null,
  minutes: number | null,
  seconds: number | null,
): Interval | null {
  if (
    years === null ||
    months === null ||
    weeks === null ||
    days === null ||
    hours === null ||
    minutes === null ||
    seconds === null
  )
    return null
  if (!Number.isFinite(seconds)) return fail('22008', 'interval out of range')
  const micros = BigInt(hours) * 3600n * SECOND + BigInt(minutes) * 60n * SECOND + BigInt(roundEven(seconds * 1e6))
  return checkRange({ months: years * 12 + months, days: weeks * 7 + days, micros })
}

function isDate(year: number, month: number, day: number): boolean {
  const astronomical = year < 0 ? year + 1 : year
  return year !== 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(astronomical, month)
}

const two = (value: number) => String(value).padStart(2, '0')

function dateOutOfRange(year: number, month: number, day: number): never {
  return fail('22008', `date field value out of range: ${year}-${two(month)}-${two(day)}`)
}

/** Text for a cast to DATE */
function makeDate(year: number, month: number, day: number): string {
  if (!isDate(year, month, day) || year > 5874897 || year < -4713) return dateOutOfRange(year, month, day)
  const text = `${String(Math.abs(year)).padStart(4, '0')}-${two(month)}-${two(day)}`
  return year < 0 ? `${text} (BC)` : text
}

function timeMicros(hour: number, minute: number, second: number): bigint {
  const bad = () =>
    fail('22008', `time field value out of range: ${hour}:${two(minute)}:${String(second).padStart(2, '0')}`)
  if (Number.isNaN(second) || hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60) return bad()
  const micros = (BigInt(hour) * 3600n + BigInt(minute) * 60n) * SECOND + BigInt(roundEven(second * 1e6))
  return micros > DAY ? bad() : micros
}

function makeTimestamp(year: number, month: number, day: number, hour: number, minute: number, second: number): bigint {
  if (!isDate(year, month, day)) return dateOutOfRange(year, month, day)
  const days = daysOf(year < 0 ? year + 1 : year, month, day)
  return BigInt(days) * DAY + timeMicros(hour, minute, second)
}

function bin(stride: Interval, source: bigint, origin: bigint): bigint {
  if (stride.months !== 0) return fail('0A000', 'timestamps cannot be binned into intervals containing months or years')
  const size = BigInt(stride.days) * DAY + stride.micros
  if (size <= 0n) return fail('22008', 'stride must be greater than zero')
  const difference = source - origin
  const remainder = difference % size
  return source - remainder - (remainder < 0n ? size : 0n)
}

/** overlaps_timestamp: the ends of a pair may be given in either order; NULL where the answer hangs on one */
function overlaps(a1: bigint | null, a2: bigint | null, b1: bigint | null, b2: bigint | null): boolean | null {
  const pair = (start: bigint | null, end: bigint | null): readonly [bigint, bigint | null] | null => {
    if (start === null) return end === null ? null : [end, null]
    if (end === null) return [start, null]
    return start > end ? [end, start] : [start, end]
  }
  const [a, b] = [pair(a1, a2), pair(b1, b2)]
  if (a === null || b === null) return null
  const [aStart, aEnd] = a
  const [bStart, bEnd] = b
  if (aStart > bStart) {
    if (bEnd === null) return null
    if (aStart < bEnd) return true
    return aEnd === null ? null : false
  }
  if (aStart < bStart) {
    if (aEnd === null) return null
    if (bStart < aEnd) return true
    return bEnd === null ? null : false
  }
  return aEnd === null || bEnd === null ? null : true
}

const NUMBERS_3 = ['INTEGER', 'INTEGER', 'INTEGER'] as const

export const DATE_TIME_NATIVES: readonly Native[] = [
  strict('pg_age', ['BIGINT', 'BIGINT'], 'INTERVAL', age),
  strict('pg_interval_mul', ['INTERVAL', 'DOUBLE'], 'INTERVAL', multiply),
  strict('pg_interval_div', ['INTERVAL', 'DOUBLE'], 'INTERVAL', divide),
  strict('pg_justify_hours', ['INTERVAL'], 'INTERVAL', justifyHours),
  strict('pg_justify_days', ['INTERVAL'], 'INTERVAL', justifyDays),
  strict('pg_justify_interval', ['INTERVAL'], 'INTERVAL', justify),
  strict('pg_interval_trunc', ['VARCHAR', 'INTERVAL'], 'INTERVAL', truncateInterval),
  strict('pg_interval_scale', ['INTERVAL', 'INTEGER', 'INTEGER'], 'INTERVAL', scaleInterval),
  strict('pg_interval_months', ['INTERVAL'], 'BIGINT', (interval) => BigInt(interval.months)),
  strict('pg_interval_days', ['INTERVAL'], 'BIGINT', (interval) => BigInt(interval.days)),
  strict('pg_interval_micros', ['INTERVAL'], 'BIGINT', (interval) => interval.micros),
  lenient(
    'pg_make_interval',
    ['INTEGER', 'INTEGER', 'INTEGER', 'INTEGER', 'INTEGER', 'INTEGER', 'DOUBLE'],
    'INTERVAL',
    makeInterval,
  ),
  strict('pg_zone_interval', ['INTERVAL'], 'INTERVAL', (interval) =>
    interval.months !== 0 || interval.days !== 0
      ? fail('22023', 'interval time zone must not include months or days')
      : { months: 0, days: 0, micros: interval.micros },
  ),
  strict('pg_make_date', NUMBERS_3, 'VARCHAR', makeDate),
  strict('pg_make_time', ['INTEGER', 'INTEGER', 'DOUBLE'], 'BIGINT', timeMicros),
  strict(
    'pg_make_timestamp',
    ['INTEGER', 'INTEGER', 'INTEGER', 'INTEGER', 'INTEGER', 'DOUBLE'],
    'BIGINT',
    makeTimestamp,
  ),
  strict('pg_bin', ['INTERVAL', 'BIGINT', 'BIGINT'], 'BIGINT', bin),
  lenient('pg_overlaps', ['BIGINT', 'BIGINT', 'BIGINT', 'BIGINT'], 'BOOLEAN', overlaps),
  { ...strict('pg_clock', [], 'BIGINT', () => BigInt(Date.now()) * 1000n), volatile: true },
]
