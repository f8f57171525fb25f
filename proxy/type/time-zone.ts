import { readFileSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { PgError } from '../error.ts'

/**
 * Offsets of a time zone from the same files that PostgreSQL reads (TZif, RFC 9636), so that historical offsets agree
 * with it to the second; and POSIX zones such as <+03>-03, which SET TIME ZONE 3 makes.
 * https://www.rfc-editor.org/rfc/rfc9636.html
 */
export interface TimeZone {
  /** Seconds east of Greenwich at an instant in seconds since 1970. */
  offsetAt(seconds: number): number
  /** What the zone is called at that instant: `CET`, `-03`. */
  abbreviationAt(seconds: number): string
}

const SECONDS_PER_DAY = 86_400
const YEAR_SECONDS = 31_556_952
const ZONES_KEPT_MAX = 64

const UTC: TimeZone = { offsetAt: () => 0, abbreviationAt: () => 'UTC' }
const GMT: TimeZone = { offsetAt: () => 0, abbreviationAt: () => 'GMT' }
const UTC_NAMES: ReadonlySet<string> = new Set(['UTC', 'GMT', 'Etc/UTC', 'Etc/GMT', 'Zulu', 'UCT', 'Etc/UCT'])
const zones = new Map<string, TimeZone>()

/** `directories`: where zone files may be, the first that has the zone wins. Names are canonical, as SHOW timezone gives them. */
export function timeZone(name: string, directories: readonly string[]): TimeZone {
  if (UTC_NAMES.has(name)) return name.endsWith('GMT') ? GMT : UTC
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = fromFile(name, directories) ?? fromPosix(name)
  if (zone === null) throw new PgError('22023', `invalid value for parameter "TimeZone": "${name}"`)
  if (zones.size >= ZONES_KEPT_MAX) zones.clear()
  zones.set(name, zone)
  return zone
}

function fromFile(name: string, directories: readonly string[]): TimeZone | null {
  for (const directory of directories) {
    const path = resolve(directory, name)
    if (!path.startsWith(resolve(directory) + sep)) continue
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue
    const zone = parseTzif(readFileSync(path))
    if (zone !== null) return zone
  }
  return null
}

const MAGIC = 0x545a_6966
const HEADER_BYTES = 44

type Counts = { utc: number; std: number; leap: number; times: number; types: number; chars: number }

function countsAt(file: Buffer, at: number): Counts {
  const [utc, std, leap, times, types, chars] = [0, 4, 8, 12, 16, 20].map((i) => file.readUInt32BE(at + 20 + i))
  return { utc: utc!, std: std!, leap: leap!, times: times!, types: types!, chars: chars! }
}

function parseTzif(file: Buffer): TimeZone | null {
  if (file.length < HEADER_BYTES || file.readUInt32BE(0) !== MAGIC || file[4] === 0) return null
  const old = countsAt(file, 0)
  const start = HEADER_BYTES + old.times * 5 + old.types * 6 + old.chars + old.leap * 8 + old.std + old.utc
  const { times, types, chars, leap, std, utc } = countsAt(file, start)
  let at = start + HEADER_BYTES
  const instants = new Float64Array(times)
  for (let i = 0; i < times; i++, at += 8) instants[i] = Number(file.readBigInt64BE(at))
  const kinds = file.subarray(at, at + times)
  at += times
  const offsets = Array.from({ length: types }, (_, i) => file.readInt32BE(at + 6 * i))
  const names = Array.from({ length: types }, (_, i) => nameAt(file, at + 6 * types + (file[at + 6 * i + 5] as number)))
  at += 6 * types + chars + leap * 12 + std + utc
  const footer = file.toString('latin1', at + 1, file.length - 1)
  const rule = footer === '' ? null : fromPosix(footer)
  const after = instants.length === 0 ? Number.NEGATIVE_INFINITY : (instants[instants.length - 1] as number)
  let from = Number.NaN
  let to = Number.NaN
  let offset = 0
  const typeAt = (index: number): number => (index === 0 ? 0 : (kinds[index - 1] as number))
  const before = (seconds: number): number => {
    let low = 0
    let high = instants.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((instants[middle] as number) <= seconds) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    offsetAt(seconds) {
      if (seconds >= from && seconds < to) return offset
      if (seconds >= after && rule !== null) return rule.offsetAt(seconds)
      const low = before(seconds)
      from = low === 0 ? Number.NEGATIVE_INFINITY : (instants[low - 1] as number)
      to = low === instants.length ? Number.POSITIVE_INFINITY : (instants[low] as number)
      offset = offsets[typeAt(low)] as number
      return offset
    },
    abbreviationAt(seconds) {
      if (seconds >= after && rule !== null) return rule.abbreviationAt(seconds)
      return names[typeAt(before(seconds))] as string
    },
  }
}

function nameAt(file: Buffer, start: number): string {
  return file.toString('latin1', start, file.indexOf(0, start))
}

const NAME = '([A-Za-z]{3,}|<[A-Za-z0-9+-]+>)'
const OFFSET = '([+-]?\\d{1,3}(?::\\d{1,2}){0,2})'
const RULE = '(J?\\d+|M\\d+\\.\\d\\.\\d)(?:/([+-]?\\d{1,3}(?::\\d{1,2}){0,2}))?'
const POSIX = new RegExp(`^${NAME}${OFFSET}(?:${NAME}${OFFSET}?(?:,${RULE},${RULE})?)?$`)
/** What PostgreSQL takes a zone with a summer name but without rules to mean. */
const DEFAULT_RULES = ['M3.2.0', '2', 'M11.1.0', '2'] as const

function fromPosix(text: string): TimeZone | null {
  const found = POSIX.exec(text)
  if (found === null) return null
  const standard = -clock(found[2] as string)
  const standardName = unquoted(found[1] as string)
  if (found[3] === undefined) return { offsetAt: () => standard, abbreviationAt: () => standardName }
  const summerName = unquoted(found[3])
  const summer = found[4] === undefined ? standard + 3600 : -clock(found[4])
  const [start, startTime, end, endTime] = found[5] === undefined ? DEFAULT_RULES : found.slice(5, 9)
  const startsAt = (year: number) => dayOf(start as string, year) + clock(startTime ?? '2') - standard
  const endsAt = (year: number) => dayOf(end as string, year) + clock(endTime ?? '2') - summer
  let cached = { year: Number.NaN, starts: 0, ends: 0 }
  const isSummer = (seconds: number): boolean => {
    const year = yearOf(seconds + standard)
    if (cached.year !== year) cached = { year, starts: startsAt(year), ends: endsAt(year) }
    const { starts, ends } = cached
    return starts < ends ? seconds >= starts && seconds < ends : seconds >= starts || seconds < ends
  }
  return {
    offsetAt: (seconds) => (isSummer(seconds) ? summer : standard),
    abbreviationAt: (seconds) => (isSummer(seconds) ? summerName : standardName),
  }
}

function unquoted(name: string): string {
  return name.replace(/^<|>$/g, '')
}

/** [+-]h[:m[:s]] in seconds. */
function clock(text: string): number {
  const [hour = '0', minute = '0', second = '0'] = text.replace(/^[+-]/, '').split(':')
  const size = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return text.startsWith('-') ? -size : size
}

function daysBefore(year: number): number {
  const y = year - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) - 719_162
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function yearOf(seconds: number): number {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  let year = 1970 + Math.floor(seconds / YEAR_SECONDS)
  while (daysBefore(year) > days) year--
  while (daysBefore(year + 1) <= days) year++
  return year
}

const MONTH_STARTS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const

/** Midnight of a rule's day in a year, in local seconds since 1970. */
function dayOf(rule: string, year: number): number {
  const first = daysBefore(year)
  const leap = isLeap(year)
  if (rule.startsWith('J')) {
    const day = Number(rule.slice(1))
    return (first + day - (leap && day >= 60 ? 0 : 1)) * SECONDS_PER_DAY
  }
  if (!rule.startsWith('M')) return (first + Number(rule)) * SECONDS_PER_DAY
  const [month = 1, week = 1, weekday = 0] = rule.slice(1).split('.').map(Number)
  const monthStart = first + (MONTH_STARTS[month - 1] ?? 0) + (leap && month > 2 ? 1 : 0)
  const monthEnd =
    month === 12 ? daysBefore(year + 1) : first + (MONTH_STARTS[month] ?? 0) + (leap && month > 1 ? 1 : 0)
  // 1970-01-01 was a Thursday
  const firstWeekday = (((monthStart + 4) % 7) + 7) % 7
  let day = monthStart + ((weekday - firstWeekday + 7) % 7) + 7 * (week - 1)
  while (day >= monthEnd) day -= 7
  return day * SECONDS_PER_DAY
}
