import { type ByteWriter, writeAscii } from './byte-writer.ts'
import { putBigInt64, putInt32 } from './integer.ts'

export type Interval = { months: number; days: number; micros: bigint }
export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'

/** Fields as EncodeInterval in PostgreSQL's datetime.c sees them: each has the sign of its part. */
type Fields = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  fraction: number
}

const MICROS_PER_HOUR = 3_600_000_000n
const MICROS_PER_MINUTE = 60_000_000n

export function writeInterval(out: ByteWriter, value: Interval, style: IntervalStyle): void {
  writeAscii(out, intervalText(value, style))
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/timestamp.c, interval_send */
export function writeIntervalBinary(out: ByteWriter, value: Interval): void {
  putBigInt64(out, value.micros)
  putInt32(out, value.days)
  putInt32(out, value.months)
}

const ENCODERS: Readonly<Record<IntervalStyle, (fields: Fields) => string>> = {
  postgres,
  postgres_verbose: verbose,
  sql_standard: sqlStandard,
  iso_8601: iso8601,
}

export function intervalText(value: Interval, style: IntervalStyle): string {
  const { months, days, micros } = value
  const afterHours = micros % MICROS_PER_HOUR
  const afterMinutes = Number(afterHours % MICROS_PER_MINUTE)
  return ENCODERS[style]({
    year: Math.trunc(months / 12),
    month: months % 12,
    day: days,
    hour: Number(micros / MICROS_PER_HOUR),
    minute: Number(afterHours / MICROS_PER_MINUTE),
    second: Math.trunc(afterMinutes / 1e6),
    fraction: afterMinutes % 1e6,
  })
}

function two(value: number): string {
  const size = Math.abs(value)
  return size < 10 ? `0${size}` : String(size)
}

function seconds(fields: Fields, fillZeros: boolean): string {
  const whole = fillZeros ? two(fields.second) : String(Math.abs(fields.second))
  if (fields.fraction === 0) return whole
  return `${whole}.${String(Math.abs(fields.fraction)).padStart(6, '0').replace(/0+$/, '')}`
}

function timeIsNegative({ hour, minute, second, fraction }: Fields): boolean {
  return hour < 0 || minute < 0 || second < 0 || fraction < 0
}

function hasTime({ hour, minute, second, fraction }: Fields): boolean {
  return hour !== 0 || minute !== 0 || second !== 0 || fraction !== 0
}

function postgres(fields: Fields): string {
  let text = ''
  let before = false
  for (const [value, unit] of [
    [fields.year, 'year'],
    [fields.month, 'mon'],
    [fields.day, 'day'],
  ] as const) {
    if (value === 0) continue
    text += `${text === '' ? '' : ' '}${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`
    before = value < 0
  }
  if (text !== '' && !hasTime(fields)) return text
  const sign = timeIsNegative(fields) ? '-' : before ? '+' : ''
  return `${text}${text === '' ? '' : ' '}${sign}${two(fields.hour)}:${two(fields.minute)}:${seconds(fields, true)}`
}

function verbose(fields: Fields): string {
  let text = '@'
  let zero = true
  let ago = false
  for (const [value, unit] of [
    [fields.year, 'year'],
    [fields.month, 'mon'],
    [fields.day, 'day'],
    [fields.hour, 'hour'],
    [fields.minute, 'min'],
  ] as const) {
    if (value === 0) continue
    if (zero) ago = value < 0
    const shown = ago ? -value : value
    text += ` ${shown} ${unit}${shown === 1 ? '' : 's'}`
    zero = false
  }
  const { second, fraction } = fields
  if (second !== 0 || fraction !== 0) {
    const negative = second < 0 || fraction < 0
    let sign = ''
    if (zero) ago = negative
    else if (negative !== ago) sign = '-'
    text += ` ${sign}${seconds(fields, false)} sec${Math.abs(second) !== 1 || fraction !== 0 ? 's' : ''}`
    zero = false
  }
  if (zero) text += ' 0'
  return ago ? `${text} ago` : text
}

function sqlStandard(fields: Fields): string {
  const parts = Object.values(fields)
  const negative = parts.some((part) => part < 0)
  const positive = parts.some((part) => part > 0)
  const yearMonth = fields.year !== 0 || fields.month !== 0
  const dayTime = fields.day !== 0 || hasTime(fields)
  const year = Math.abs(fields.year)
  const month = Math.abs(fields.month)
  const day = Math.abs(fields.day)
  const time = `${Math.abs(fields.hour)}:${two(fields.minute)}:${seconds(fields, true)}`
  if (!negative && !positive) return '0'
  if ((negative && positive) || (yearMonth && dayTime)) {
    const sign = (minus: boolean) => (minus ? '-' : '+')
    const yearSign = sign(fields.year < 0 || fields.month < 0)
    return `${yearSign}${year}-${month} ${sign(fields.day < 0)}${day} ${sign(timeIsNegative(fields))}${time}`
  }
  const minus = negative ? '-' : ''
  if (yearMonth) return `${minus}${year}-${month}`
  return fields.day !== 0 ? `${minus}${day} ${time}` : `${minus}${time}`
}

function iso8601(fields: Fields): string {
  const part = (value: number, unit: string) => (value === 0 ? '' : `${value}${unit}`)
  const { second, fraction } = fields
  const date = `${part(fields.year, 'Y')}${part(fields.month, 'M')}${part(fields.day, 'D')}`
  if (!hasTime(fields)) return date === '' ? 'PT0S' : `P${date}`
  const sign = second < 0 || fraction < 0 ? '-' : ''
  const sec = second === 0 && fraction === 0 ? '' : `${sign}${seconds(fields, false)}S`
  return `P${date}T${part(fields.hour, 'H')}${part(fields.minute, 'M')}${sec}`
}
