import type { ByteWriter } from './byte-writer.ts'
import { put2, putBigInt64, putDigits, putInt32, putInt64, putUint } from './integer.ts'
import type { TimeZone } from './time-zone.ts'

/**
 * Dates and times in ISO style, from what engines and Iceberg hold: days and microseconds since 1970. On the wire's
 * binary side PostgreSQL counts from 2000-01-01.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/datetime.c
 */
const MICROS_PER_SECOND = 1e6
const SECONDS_PER_DAY = 86_400
export const MICROS_PER_DAY = SECONDS_PER_DAY * MICROS_PER_SECOND
const EPOCH_DAYS = 10_957
const EPOCH_MICROS = 946_684_800_000_000
/** 719468 days lie between 0000-03-01 and 1970-01-01; 146097 days are 400 years. */
const DAYS_TO_1970 = 719_468
const DAYS_PER_ERA = 146_097
/** sign, 7 digits of year, -MM-DD HH:MM:SS.ffffff, +HH:MM:SS, BC */
const TEXT_BYTES_MAX = 48

const INFINITY_TEXT = Buffer.from('infinity')
const MINUS_INFINITY_TEXT = Buffer.from('-infinity')
const INT32_MAX = 0x7fff_ffff
const INT32_MIN = -0x8000_0000
const INT64_MAX = 0x7fff_ffff_ffff_ffffn
const INT64_MIN = -0x8000_0000_0000_0000n

function writeInfinity(out: ByteWriter, negative: boolean): void {
  const text = negative ? MINUS_INFINITY_TEXT : INFINITY_TEXT
  out.ensure(text.length)
  out.bytes.set(text, out.at)
  out.at += text.length
}

/** Texts of the days met lately: a table's dates lie close together, and copying ten bytes beats the calendar. */
const DAYS_KEPT = 8192
const DATE_TEXT_BYTES = 10
const keptDays = new Int32Array(DAYS_KEPT).fill(-1)
const keptTexts = new Uint8Array(DAYS_KEPT * DATE_TEXT_BYTES)
/** 2932896 is 9999-12-31 */
const KEPT_DAY_MAX = 2_932_896

/** Puts YYYY-MM-DD; returns the end. Years before 1 are printed without their sign: see `beforeChrist`. */
function putDate(bytes: Uint8Array, start: number, days: number): number {
  if (days < 0 || days > KEPT_DAY_MAX) return putCalendarDate(bytes, start, days)
  const slot = days & (DAYS_KEPT - 1)
  const kept = slot * DATE_TEXT_BYTES
  if (keptDays[slot] !== days) {
    putCalendarDate(keptTexts, kept, days)
    keptDays[slot] = days
  }
  for (let i = 0; i < DATE_TEXT_BYTES; i++) bytes[start + i] = keptTexts[kept + i] as number
  return start + DATE_TEXT_BYTES
}

function putCalendarDate(bytes: Uint8Array, start: number, days: number): number {
  let at = start
  const shifted = days + DAYS_TO_1970
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const dayOfEra = shifted - era * DAYS_PER_ERA
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0))
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  if (year <= 0) year = 1 - year
  at = year < 10_000 ? putDigits(bytes, at, year, 4) : putUint(bytes, at, year)
  bytes[at] = 45
  at = put2(bytes, at + 1, month)
  bytes[at] = 45
  return put2(bytes, at + 1, day)
}

/** The last day of 1 BC is 719163 days before 1970. */
function beforeChrist(days: number): boolean {
  return days < -719_162
}

function putBc(bytes: Uint8Array, at: number): number {
  bytes[at] = 32
  bytes[at + 1] = 66
  bytes[at + 2] = 67
  return at + 3
}

/** Puts HH:MM:SS[.ffffff] without trailing zeros; `micros` of a day. */
function putTime(bytes: Uint8Array, start: number, micros: number): number {
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  const hour = (seconds / 3600) | 0
  const minute = ((seconds - hour * 3600) / 60) | 0
  let at = put2(bytes, start, hour)
  bytes[at] = 58
  at = put2(bytes, at + 1, minute)
  bytes[at] = 58
  at = put2(bytes, at + 1, seconds - hour * 3600 - minute * 60)
  return putFraction(bytes, at, micros - seconds * MICROS_PER_SECOND)
}

/** Puts .ffffff without trailing zeros; nothing for zero. */
function putFraction(bytes: Uint8Array, start: number, micros: number): number {
  if (micros === 0) return start
  bytes[start] = 46
  let at = putDigits(bytes, start + 1, micros, 6)
  while (bytes[at - 1] === 48) at--
  return at
}

/** Puts +HH[:MM[:SS]]; `seconds` east of Greenwich. */
function putOffset(bytes: Uint8Array, start: number, seconds: number): number {
  bytes[start] = seconds < 0 ? 45 : 43
  const size = seconds < 0 ? -seconds : seconds
  const hour = (size / 3600) | 0
  const minute = ((size - hour * 3600) / 60) | 0
  const second = size - hour * 3600 - minute * 60
  let at = put2(bytes, start + 1, hour)
  if (minute !== 0 || second !== 0) {
    bytes[at] = 58
    at = put2(bytes, at + 1, minute)
  }
  if (second !== 0) {
    bytes[at] = 58
    at = put2(bytes, at + 1, second)
  }
  return at
}

/** Infinities are the ends of int32. */
export function writeDate(out: ByteWriter, days: number): void {
  if (days >= INT32_MAX || days <= -INT32_MAX) {
    writeInfinity(out, days < 0)
    return
  }
  out.ensure(TEXT_BYTES_MAX)
  const at = putDate(out.bytes, out.at, days)
  out.at = beforeChrist(days) ? putBc(out.bytes, at) : at
}

export function writeDateBinary(out: ByteWriter, days: number): void {
  if (days >= INT32_MAX) putInt32(out, INT32_MAX)
  else putInt32(out, days <= -INT32_MAX ? INT32_MIN : days - EPOCH_DAYS)
}

export function writeTime(out: ByteWriter, micros: number): void {
  out.ensure(TEXT_BYTES_MAX)
  out.at = putTime(out.bytes, out.at, micros)
}

/** `offset` in seconds east of Greenwich. */
export function writeTimeTz(out: ByteWriter, micros: number, offset: number): void {
  out.ensure(TEXT_BYTES_MAX)
  out.at = putOffset(out.bytes, putTime(out.bytes, out.at, micros), offset)
}

export function writeTimeBinary(out: ByteWriter, micros: number): void {
  const high = Math.floor(micros / 4_294_967_296)
  putInt64(out, micros - high * 4_294_967_296, high)
}

/** On the wire the zone counts west of Greenwich. */
export function writeTimeTzBinary(out: ByteWriter, micros: number, offset: number): void {
  writeTimeBinary(out, micros)
  putInt32(out, -offset)
}

/** `micros` since 1970; exact, that is below 2^53 (the years 1684 to 2255). */
export function writeTimestamp(out: ByteWriter, micros: number, zone: TimeZone | null): void {
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  putTimestamp(out, seconds, micros - seconds * MICROS_PER_SECOND, zone)
}

/** Infinities are the ends of int64. */
export function writeTimestampFar(out: ByteWriter, micros: bigint, zone: TimeZone | null): void {
  if (micros >= INT64_MAX || micros <= -INT64_MAX) {
    writeInfinity(out, micros < 0n)
    return
  }
  let seconds = micros / 1_000_000n
  let rest = micros - seconds * 1_000_000n
  if (rest < 0n) {
    seconds -= 1n
    rest += 1_000_000n
  }
  putTimestamp(out, Number(seconds), Number(rest), zone)
}

function putTimestamp(out: ByteWriter, seconds: number, micros: number, zone: TimeZone | null): void {
  out.ensure(TEXT_BYTES_MAX)
  const offset = zone === null ? 0 : zone.offsetAt(seconds)
  const local = seconds + offset
  const days = Math.floor(local / SECONDS_PER_DAY)
  const bytes = out.bytes
  let at = putDate(bytes, out.at, days)
  bytes[at] = 32
  at = putTime(bytes, at + 1, (local - days * SECONDS_PER_DAY) * MICROS_PER_SECOND + micros)
  if (zone !== null) at = putOffset(bytes, at, offset)
  out.at = beforeChrist(days) ? putBc(bytes, at) : at
}

/** `micros` since 1970; the ends of int64 are the infinities. */
export function writeTimestampBinary(out: ByteWriter, micros: bigint): void {
  if (micros >= INT64_MAX) putBigInt64(out, INT64_MAX)
  else putBigInt64(out, micros <= -INT64_MAX ? INT64_MIN : micros - BigInt(EPOCH_MICROS))
}
