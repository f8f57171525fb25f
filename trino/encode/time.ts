import { MalformedPage } from './json.ts'

/**
 * Dates and times as Trino writes them: ISO, the years below 0 and above 9999 with a sign, year 0 being 1 BC.
 * https://trino.io/docs/current/language/types.html#date-and-time
 */
const SECONDS_PER_DAY = 86_400
/** 719468 days lie between 0000-03-01 and 1970-01-01; 146097 days are 400 years. */
const DAYS_TO_1970 = 719_468
const DAYS_PER_ERA = 146_097
const EXACT_SECONDS_MAX = 9_007_199_254
const ZERO = 48
const PLUS = 43
const MINUS = 45
const POINT = 46
const COLON = 58

/** Days since 1970. */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970
}

type Cursor = { text: string; at: number }

function digits(cursor: Cursor, count: number): number {
  let value = 0
  for (const end = cursor.at + count; cursor.at < end; cursor.at++) {
    const digit = cursor.text.charCodeAt(cursor.at) - ZERO
    if (!(digit >= 0 && digit <= 9)) throw malformed(cursor)
    value = value * 10 + digit
  }
  return value
}

function expect(cursor: Cursor, code: number): void {
  if (cursor.text.charCodeAt(cursor.at++) !== code) throw malformed(cursor)
}

function malformed({ text }: Cursor): MalformedPage {
  return new MalformedPage(`not a date or time: ${text}`)
}

function days(cursor: Cursor): number {
  const { text } = cursor
  const sign = text.charCodeAt(0)
  if (sign === PLUS || sign === MINUS) cursor.at++
  const year = digits(cursor, text.indexOf('-', cursor.at) - cursor.at)
  expect(cursor, MINUS)
  const month = digits(cursor, 2)
  expect(cursor, MINUS)
  return daysOf(sign === MINUS ? -year : year, month, digits(cursor, 2))
}

/** HH:MM:SS */
function seconds(cursor: Cursor): number {
  const hour = digits(cursor, 2)
  expect(cursor, COLON)
  const minute = digits(cursor, 2)
  expect(cursor, COLON)
  return hour * 3600 + minute * 60 + digits(cursor, 2)
}

/** What follows the seconds, in microseconds: Trino's picoseconds are rounded half up, as PostgreSQL rounds. */
function micros(cursor: Cursor): number {
  if (cursor.text.charCodeAt(cursor.at) !== POINT) return 0
  const start = ++cursor.at
  while (cursor.text.charCodeAt(cursor.at) - ZERO >= 0 && cursor.text.charCodeAt(cursor.at) - ZERO <= 9) cursor.at++
  return Math.round(Number(`0.${cursor.text.slice(start, cursor.at)}`) * 1e6)
}

export function dateDays(text: string): number {
  return days({ text, at: 0 })
}

/** Microseconds of the day. */
export function timeMicros(text: string): number {
  const cursor = { text, at: 0 }
  return seconds(cursor) * 1e6 + micros(cursor)
}

export type Instant = { seconds: number; micros: number }

/** Since 1970, on the clock of the text's own zone when it has one. */
export function instantOf(text: string): Instant {
  const cursor = { text, at: 0 }
  const day = days(cursor)
  if (cursor.at === text.length) return { seconds: day * SECONDS_PER_DAY, micros: 0 }
  cursor.at++
  const ofDay = seconds(cursor)
  const fraction = micros(cursor)
  return { seconds: day * SECONDS_PER_DAY + ofDay - zoneSeconds(cursor), micros: fraction }
}

/** Printed SQL gives all of them in UTC. */
function zoneSeconds(cursor: Cursor): number {
  const zone = cursor.text.slice(cursor.at).trim()
  if (zone === '' || zone === 'UTC') return 0
  const found = /^([+-])(\d\d):(\d\d)$/.exec(zone)
  if (found === null) throw malformed(cursor)
  const size = Number(found[2]) * 3600 + Number(found[3]) * 60
  return found[1] === '-' ? -size : size
}

/** NaN when a double cannot hold the microseconds. */
export function exactMicros({ seconds, micros }: Instant): number {
  return seconds < EXACT_SECONDS_MAX && seconds > -EXACT_SECONDS_MAX ? seconds * 1e6 + micros : Number.NaN
}

export function bigMicros({ seconds, micros }: Instant): bigint {
  return BigInt(seconds) * 1_000_000n + BigInt(micros)
}
