import { view } from './bytes.ts'

const DAY_MICROS = 86_400_000_000n
const SECOND_MICROS = 1_000_000n
/** days from 0000-03-01 to 2000-01-01, where PostgreSQL's calendar begins */
const DAYS_TO_2000 = 730_425
const ERA_DAYS = 146_097
const INT32_MAX = 2_147_483_647
const INT32_MIN = -2_147_483_648
const INT64_MAX = 9_223_372_036_854_775_807n
const INT64_MIN = -9_223_372_036_854_775_808n

const pad = (value: bigint | number, width = 2): string => String(value).padStart(width, '0')

/** Days since 2000-01-01 as date_out prints them in ISO style; https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
export function dateText(days: number): string {
  if (days === INT32_MAX) return 'infinity'
  if (days === INT32_MIN) return '-infinity'
  const { text, bc } = civil(days)
  return bc ? `${text} BC` : text
}

function civil(days: number): { text: string; bc: boolean } {
  const shifted = days + DAYS_TO_2000
  const era = Math.floor(shifted / ERA_DAYS)
  const dayOfEra = shifted - era * ERA_DAYS
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const bc = year <= 0
  return { text: `${pad(bc ? 1 - year : year, 4)}-${pad(month)}-${pad(day)}`, bc }
}

export function timeText(micros: bigint): string {
  const seconds = micros / SECOND_MICROS
  const fraction = micros % SECOND_MICROS
  const whole = `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`
  return fraction === 0n ? whole : `${whole}.${pad(fraction, 6).replace(/0+$/, '')}`
}

/** Microseconds since 2000-01-01 without a zone, or in UTC with `zone` "+00". */
export function timestampText(micros: bigint, zone: string): string {
  if (micros === INT64_MAX) return 'infinity'
  if (micros === INT64_MIN) return '-infinity'
  const rest = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS
  const { text, bc } = civil(Number((micros - rest) / DAY_MICROS))
  return `${text} ${timeText(rest)}${zone}${bc ? ' BC' : ''}`
}

export function timetzText(value: Uint8Array): string {
  const data = view(value)
  const east = -data.getInt32(8, true)
  const size = Math.abs(east)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  return `${timeText(data.getBigInt64(0, true))}${east < 0 ? '-' : '+'}${parts.map((part) => pad(part)).join(':')}`
}

export type Interval = { months: number; days: number; micros: bigint }

/** interval as stored; ±infinity has all three fields at their ends. */
export function intervalOf(value: Uint8Array): Interval | 'infinity' | '-infinity' {
  const data = view(value)
  const interval = { micros: data.getBigInt64(0, true), days: data.getInt32(8, true), months: data.getInt32(12, true) }
  if (interval.months === INT32_MAX && interval.days === INT32_MAX && interval.micros === INT64_MAX) return 'infinity'
  if (interval.months === INT32_MIN && interval.days === INT32_MIN && interval.micros === INT64_MIN) return '-infinity'
  return interval
}

/** interval_out in IntervalStyle postgres: a sign is shown wherever the one before was negative. */
export function intervalText(interval: Interval | 'infinity' | '-infinity'): string {
  if (typeof interval === 'string') return interval
  const parts: string[] = []
  let afterNegative = false
  const add = (value: number, unit: string): void => {
    if (value === 0) return
    parts.push(`${afterNegative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    afterNegative = value < 0
  }
  add(Math.trunc(interval.months / 12), 'year')
  add(interval.months % 12, 'mon')
  add(interval.days, 'day')
  if (interval.micros !== 0n || parts.length === 0) {
    const negative = interval.micros < 0n
    parts.push(`${negative ? '-' : afterNegative ? '+' : ''}${timeText(negative ? -interval.micros : interval.micros)}`)
  }
  return parts.join(' ')
}
