import { daysInMonth, daysOf, fieldsOf } from './date-time.ts'
import { cached, fail, type Interval, type Native, refuse, strict } from './native.ts'
import { asciiLower } from './text.ts'

/**
 * to_char of timestamps and intervals, to_date and to_timestamp: DCH_to_char and DCH_from_char of formatting.c.
 * https://www.postgresql.org/docs/18/functions-formatting.html#FUNCTIONS-FORMATTING-DATETIME-TABLE
 */

const KEYWORDS = (
  'A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY Day Dy D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD ID IW IYYY IYY IY I J MI MM ' +
  'MONTH MON MS Month Mon OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y ' +
  'a.d. a.m. ad am b.c. bc cc day ddd dd dy d ff1 ff2 ff3 ff4 ff5 ff6 fx hh24 hh12 hh iddd id iw iyyy iyy iy i j mi mm ' +
  'month mon ms of p.m. pm q rm sssss ssss ss tzh tzm tz us ww w y,yyy yyyy yyy yy y'
)
  .split(' ')
  .sort((a, b) => b.length - a.length)

type Token =
  | { readonly kind: 'field'; readonly key: string; readonly fill: boolean; readonly ordinal: '' | 'TH' | 'th' }
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }

export const parseFormat = cached((format: string): readonly Token[] => {
  const tokens: Token[] = []
  for (let at = 0; at < format.length; ) {
    const rest = format.slice(at)
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"?/.exec(rest)
    if (quoted !== null) {
      tokens.push({ kind: 'text', text: (quoted[1] ?? '').replace(/\\([\s\S])/g, '$1'), quoted: true })
      at += quoted[0].length
      continue
    }
    const prefix = /^(?:FM|fm|TM|tm)/.exec(rest)
    const body = prefix === null ? rest : rest.slice(2)
    const key = KEYWORDS.find((keyword) => body.startsWith(keyword))
    if (key === undefined) {
      if (prefix !== null) {
        at += 2
        continue
      }
      if (rest.startsWith('\\') && rest[1] === '"') at++
      const [char = ''] = Array.from(format.slice(at))
      tokens.push({ kind: 'text', text: char, quoted: false })
      at += char.length
      continue
    }
    if (prefix !== null && /^tm$/i.test(prefix[0]) && /^(month|mon|day|dy)$/i.test(key) === false)
      return refuse('the prefix TM')
    const suffix = /^(TH|th|SP|sp)/.exec(body.slice(key.length))?.[0] ?? ''
    if (/^sp$/i.test(suffix)) return refuse('the suffix SP')
    tokens.push({ kind: 'field', key, fill: prefix !== null, ordinal: suffix as '' | 'TH' | 'th' })
    at += (prefix === null ? 0 : 2) + key.length + suffix.length
  }
  return tokens
})

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const ROMAN = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII']
const NAME_WIDTH = 9

/** Fields of a moment; of an interval `calendar` is false and days, months, years are its own. */
type Moment = {
  readonly calendar: boolean
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly micros: number
  readonly days: number
  readonly zone: { readonly name: string; readonly offset: number } | null
}

const SECOND = 1_000_000n

function momentOf(local: bigint, zone: Moment['zone']): Moment {
  const { year, month, day, timeOfDay } = fieldsOf(local)
  const seconds = Number(timeOfDay / SECOND)
  return {
    calendar: true,
    year,
    month,
    day,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micros: Number(timeOfDay % SECOND),
    days: daysOf(year, month, day),
    zone,
  }
}

function weekday(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}

function dayOfYear({ days, year }: Moment): number {
  return days - daysOf(year, 1, 1) + 1
}

/** Year of the ISO week, the week, and the day within that year */
function isoWeek(moment: Moment): { year: number; week: number; day: number } {
  const thursday = moment.days - ((weekday(moment.days) + 6) % 7) + 3
  let { year } = moment
  if (thursday < daysOf(year, 1, 1)) year--
  else if (thursday >= daysOf(year + 1, 1, 1)) year++
  const fourth = daysOf(year, 1, 4)
  const firstMonday = fourth - ((weekday(fourth) + 6) % 7)
  return { year, week: Math.floor((moment.days - firstMonday) / 7) + 1, day: moment.days - firstMonday + 1 }
}

function padNumber(value: number, width: number, fill: boolean): string {
  // printf's %0*d: the sign counts
  const digits = String(Math.abs(value))
  return value < 0 ? `-${fill ? digits : digits.padStart(width - 1, '0')}` : fill ? digits : digits.padStart(width, '0')
}

function cased(name: string, key: string): string {
  if (key === key.toUpperCase()) return name.toUpperCase()
  return key === key.toLowerCase() ? name.toLowerCase() : name
}

function padName(name: string, fill: boolean): string {
  return fill ? name : name.padEnd(NAME_WIDTH)
}

function ordinal(text: string, style: 'TH' | 'th'): string {
  const teen = text.length > 1 && text.at(-2) === '1'
  const suffix = teen ? 'TH' : (['TH', 'ST', 'ND', 'RD'][Number(text.at(-1))] ?? 'TH')
  return text + (style === 'TH' ? suffix : suffix.toLowerCase())
}

/** A year as shown: 1 BC is 1 */
function shownYear(year: number, calendar: boolean): number {
  return calendar && year <= 0 ? 1 - year : year
}

function offsetText(offset: number, withMinutes: boolean): string {
  const size = Math.abs(offset)
  const minutes = Math.floor(size / 60) % 60
  const hours = `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 3600)).padStart(2, '0')}`
  return withMinutes && minutes !== 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : hours
}

function field(moment: Moment, key: string, fill: boolean): string {
  const upper = key.toUpperCase()
  const number = (value: number, width: number) => padNumber(value, value < 0 ? width + 1 : width, fill)
  const plain = (value: number, width: number) => padNumber(value, width, fill)
  const calendarOnly = () => {
    if (!moment.calendar) fail('22007', 'invalid format specification for an interval value')
  }
  switch (upper) {
    case 'HH':
    case 'HH12':
      return number(moment.hour % 12 === 0 ? 12 : moment.hour % 12, 2)
    case 'HH24':
      return number(moment.hour, 2)
    case 'MI':
      return number(moment.minute, 2)
    case 'SS':
      return number(moment.second, 2)
    case 'MS':
      return number(Math.trunc(moment.micros / 1000), 3)
    case 'US':
      return number(moment.micros, 6)
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6': {
      const places = Number(upper.at(-1))
      return padNumber(Math.trunc(moment.micros / 10 ** (6 - places)), places, false)
    }
    case 'SSSS':
    case 'SSSSS':
      return String(moment.hour * 3600 + moment.minute * 60 + moment.second)
    case 'AM':
    case 'PM':
    case 'A.M.':
    case 'P.M.': {
      const half = ((moment.hour % 24) + 24) % 24 >= 12 ? 'PM' : 'AM'
      const text = upper.includes('.') ? `${half[0]}.M.` : half
      return cased(text, key)
    }
    case 'MONTH':
      calendarOnly()
      return cased(padName(MONTHS[moment.month - 1] ?? '', fill), key)
    case 'MON':
      calendarOnly()
      return cased((MONTHS[moment.month - 1] ?? '').slice(0, 3), key)
    case 'MM':
      return number(moment.month, 2)
    case 'DAY':
      calendarOnly()
      return cased(padName(DAYS[weekday(moment.days)] ?? '', fill), key)
    case 'DY':
      calendarOnly()
      return cased((DAYS[weekday(moment.days)] ?? '').slice(0, 3), key)
    case 'DDD':
      return number(moment.calendar ? dayOfYear(moment) : moment.days, 3)
    case 'IDDD':
      calendarOnly()
      return number(isoWeek(moment).day, 3)
    case 'DD':
      return plain(moment.day, 2)
    case 'D':
      calendarOnly()
      return String(weekday(moment.days) + 1)
    case 'ID':
      calendarOnly()
      return String(weekday(moment.days) === 0 ? 7 : weekday(moment.days))
    case 'WW':
      return number(Math.floor((moment.calendar ? dayOfYear(moment) - 1 : moment.days - 1) / 7) + 1, 2)
    case 'IW':
      calendarOnly()
      return number(isoWeek(moment).week, 2)
    case 'W':
      return String(Math.floor((moment.day - 1) / 7) + 1)
    case 'Q':
      return moment.month === 0 ? '' : String(Math.floor((moment.month - 1) / 3) + 1)
    case 'CC': {
      const century = moment.calendar
        ? moment.year > 0
          ? Math.floor((moment.year - 1) / 100) + 1
          : Math.trunc(moment.year / 100) - 1
        : Math.trunc(moment.year / 100)
      return Math.abs(century) <= 99 ? number(century, 2) : String(century)
    }
    case 'Y,YYY': {
      const year = shownYear(moment.year, moment.calendar)
      return `${Math.trunc(year / 1000)},${String(Math.abs(year % 1000)).padStart(3, '0')}`
    }
    case 'YYYY':
    case 'IYYY':
      return number(yearOf(moment, upper), 4)
    case 'YYY':
    case 'IYY':
      return number(yearOf(moment, upper) % 1000, 3)
    case 'YY':
    case 'IY':
      return number(yearOf(moment, upper) % 100, 2)
    case 'Y':
    case 'I':
      return String(yearOf(moment, upper) % 10)
    case 'RM': {
      if (moment.month === 0) return ''
      const roman = ROMAN[moment.month - 1] ?? ''
      const text = key === 'rm' ? roman.toLowerCase() : roman
      return fill ? text : text.padEnd(4)
    }
    case 'J':
      return String(moment.calendar ? moment.days + 2440588 : refuse('the pattern J for an interval'))
    case 'BC':
    case 'AD':
    case 'B.C.':
    case 'A.D.': {
      calendarOnly()
      const era = moment.year <= 0 ? 'BC' : 'AD'
      return cased(upper.includes('.') ? `${era[0]}.${era[1]}.` : era, key)
    }
    case 'TZ':
      calendarOnly()
      if (moment.zone === null) return ''
      return moment.zone.name === 'UTC' ? cased('UTC', key) : refuse('the pattern TZ outside UTC')
    case 'TZH':
      calendarOnly()
      return offsetText(moment.zone?.offset ?? 0, false)
    case 'TZM':
      calendarOnly()
      return String(Math.floor(Math.abs(moment.zone?.offset ?? 0) / 60) % 60).padStart(2, '0')
    case 'OF':
      calendarOnly()
      return offsetText(moment.zone?.offset ?? 0, true)
    default:
      return ''
  }
}

function yearOf(moment: Moment, key: string): number {
  if (!key.startsWith('I')) return shownYear(moment.year, moment.calendar)
  return moment.calendar
    ? shownYear(isoWeek(moment).year, true)
    : fail('22007', 'invalid format specification for an interval value')
}

export const NAMES = /^(month|mon|day|dy|rm|am|pm|a\.m\.|p\.m\.|ad|bc|a\.d\.|b\.c\.|tz|tzh|tzm|of)$/i

function toChar(moment: Moment, format: string): string {
  return parseFormat(format)
    .map((token) => {
      if (token.kind === 'text') return token.text
      const text = field(moment, token.key, token.fill)
      return token.ordinal === '' || NAMES.test(token.key) ? text : ordinal(text, token.ordinal)
    })
    .join('')
}

function intervalToChar({ months, days, micros }: Interval, format: string): string {
  const seconds = Number(micros / SECOND)
  return toChar(
    {
      calendar: false,
      year: Math.trunc(months / 12),
      month: months % 12,
      day: days,
      hour: Math.trunc(seconds / 3600),
      minute: Math.trunc(seconds / 60) % 60,
      second: seconds % 60,
      micros: Number(micros % SECOND),
      days: Math.trunc(months / 12) * 360 + (months % 12) * 30 + days,
      zone: null,
    },
    format,
  )
}

type Parts = {
  year: number | null
  century: number | null
  month: number | null
  day: number | null
  dayOfYear: number | null
  julian: number | null
  hour: number | null
  half: 'am' | 'pm' | null
  twelve: boolean
  minute: number
  second: number
  micros: number
  secondOfDay: number | null
  bc: boolean
  offset: number | null
}

const WIDTHS: Readonly<Record<string, number>> = {
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  MM: 2,
  DD: 2,
  DDD: 3,
  HH: 2,
  HH12: 2,
  HH24: 2,
  MI: 2,
  SS: 2,
  MS: 3,
  US: 6,
  J: 7,
  CC: 2,
  SSSS: 5,
  SSSSS: 5,
  Q: 1,
  D: 1,
  W: 1,
  WW: 2,
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
  TZM: 2,
}

/** A year of two or three digits: nearest to 2020, adjust_partial_year_to_2020 */
function nearYear(year: number, digits: number): number {
  if (digits >= 4) return year
  if (digits === 3 && year >= 100) return year < 520 ? year + 2000 : year + 1000
  return year < 70 ? year + 2000 : year < 100 ? year + 1900 : year
}

function parseParts(text: string, format: string): Parts {
  const parts: Parts = {
    year: null,
    century: null,
    month: null,
    day: null,
    dayOfYear: null,
    julian: null,
    hour: null,
    half: null,
    twelve: false,
    minute: 0,
    second: 0,
    micros: 0,
    secondOfDay: null,
    bc: false,
    offset: null,
  }
  const tokens = parseFormat(format)
  let at = 0
  const separator = (char: string | undefined) => char !== undefined && /[^A-Za-z0-9]/.test(char)
  const bad = (value: string, key: string): never => fail('22007', `invalid value "${value}" for "${key}"`)
  const word = (names: readonly string[], key: string): number => {
    const rest = asciiLower(text.slice(at))
    const index = names.findIndex((name) => rest.startsWith(name.toLowerCase()))
    if (index < 0) return bad(/^[A-Za-z]*/.exec(text.slice(at))?.[0] || text.slice(at), key)
    at += names[index]?.length ?? 0
    return index
  }
  for (const [index, token] of tokens.entries()) {
    if (at >= text.length) break
    if (token.kind === 'text') {
      if (token.quoted) {
        at += Array.from(token.text).length
        continue
      }
      // one separator of the template stands for any; letters are skipped one for one
      if (separator(token.text)) {
        if (separator(text[at])) at++
      } else at++
      continue
    }
    if (!/^(?:TZ|OF)/i.test(token.key))
      while (text[at] === ' ' || (index > 0 && separator(text[at]) && !/[+-]/.test(text[at] ?? ''))) at++
    const key = token.key.toUpperCase()
    switch (key) {
      case 'MONTH':
        parts.month = word(MONTHS, token.key) + 1
        continue
      case 'MON':
        parts.month =
          word(
            MONTHS.map((name) => name.slice(0, 3)),
            token.key,
          ) + 1
        continue
      case 'DAY':
        word(DAYS, token.key)
        continue
      case 'DY':
        word(
          DAYS.map((name) => name.slice(0, 3)),
          token.key,
        )
        continue
      case 'AM':
      case 'PM':
        parts.half = word(['AM', 'PM'], token.key) === 0 ? 'am' : 'pm'
        parts.twelve = true
        continue
      case 'A.M.':
      case 'P.M.':
        parts.half = word(['A.M.', 'P.M.'], token.key) === 0 ? 'am' : 'pm'
        parts.twelve = true
        continue
      case 'AD':
      case 'BC':
        parts.bc = word(['AD', 'BC'], token.key) === 1
        continue
      case 'FX':
      case 'RM':
      case 'I':
      case 'IY':
      case 'IYY':
      case 'IYYY':
      case 'IW':
      case 'ID':
      case 'IDDD':
      case 'TZ':
      case 'TZH':
      case 'TZM':
      case 'OF':
      case 'Y,YYY':
        return refuse(`the pattern ${token.key} for reading`)
      default:
    }
    const width = WIDTHS[key] ?? 2
    const next = tokens[index + 1]
    const tight = next?.kind === 'field' && /^[A-Z0-9]+$/i.test(next.key) && !NAMES.test(next.key) && !token.fill
    const pattern = tight ? new RegExp(`^[+-]?\\d{1,${width}}`) : /^[+-]?\d+/
    const digits = pattern.exec(text.slice(at))?.[0]
    if (digits === undefined) return bad(text.slice(at, at + width), token.key)
    if (!tight && !/^(YYYY|J|SSSSS?|MS|US|FF\d)$/.test(key) && digits.replace(/^[+-]/, '').length > Math.max(width, 9))
      bad(digits, token.key)
    at += digits.length
    if (token.ordinal !== '') at += 2
    take(parts, key, digits)
  }
  return parts
}

function take(parts: Parts, key: string, digits: string): void {
  const value = Number(digits)
  switch (key) {
    case 'YYYY':
    case 'YYY':
    case 'YY':
    case 'Y':
      parts.year = key === 'YYYY' && digits.length >= 4 ? value : nearYear(value, digits.length)
      if (key === 'YYYY' && digits.length < 4) parts.year = value
      return
    case 'CC':
      parts.century = value
      return
    case 'MM':
      // zero is as if it were not there
      parts.month = value === 0 ? null : value
      return
    case 'DD':
      parts.day = value === 0 ? null : value
      return
    case 'DDD':
      parts.dayOfYear = value
      return
    case 'J':
      parts.julian = value
      return
    case 'HH':
    case 'HH12':
      parts.hour = value
      parts.twelve = true
      return
    case 'HH24':
      parts.hour = value
      return
    case 'MI':
      parts.minute = value
      return
    case 'SS':
      parts.second = value
      return
    case 'SSSS':
    case 'SSSSS':
      parts.secondOfDay = value
      return
    case 'MS':
      parts.micros += Number(digits.padEnd(3, '0').slice(0, 3)) * 1000
      return
    case 'US':
    case 'FF6':
      parts.micros += Number(digits.padEnd(6, '0').slice(0, 6))
      return
    default:
      if (key.startsWith('FF')) parts.micros += Number(digits.padEnd(6, '0').slice(0, 6))
  }
}

function checked(parts: Parts, text: string): { days: number; micros: bigint } {
  const outOfRange = (): never => fail('22008', `date/time field value out of range: "${text}"`)
  let hour = parts.hour ?? 0
  if (parts.twelve && parts.hour !== null) {
    if (hour < 1 || hour > 12) fail('22007', `hour "${hour}" is invalid for the 12-hour clock`)
    if (parts.half === 'pm' && hour < 12) hour += 12
    else if (parts.half === 'am' && hour === 12) hour = 0
  }
  if (hour > 24 || parts.minute > 59 || parts.second > 60 || hour < 0 || parts.minute < 0 || parts.second < 0)
    outOfRange()
  const ofDay = parts.secondOfDay ?? hour * 3600 + parts.minute * 60 + parts.second
  const micros = BigInt(ofDay) * SECOND + BigInt(parts.micros)
  if (parts.julian !== null) return { days: parts.julian - 2440588, micros }
  let year = parts.year ?? (parts.century === null ? 0 : (parts.century - 1) * 100 + 1)
  if (parts.bc && year > 0) year = 1 - year
  else if (year < 0) year++
  else if (year === 0) year = 0
  if (parts.dayOfYear !== null && parts.month === null) {
    if (parts.year === null) fail('22007', 'cannot calculate day of year without year information')
    return { days: daysOf(year, 1, 1) + parts.dayOfYear - 1, micros }
  }
  const month = parts.month ?? 1
  const day = parts.day ?? 1
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) outOfRange()
  return { days: daysOf(year, month, day), micros }
}

const DAY_MICROS = 86_400n * SECOND

function read(text: string, format: string): bigint {
  const { days, micros } = checked(parseParts(text, format), text)
  return BigInt(days) * DAY_MICROS + micros
}

export const FORMAT_TIME_NATIVES: readonly Native[] = [
  strict('pg_to_char_timestamp', ['BIGINT', 'VARCHAR'], 'VARCHAR', (micros, format) =>
    toChar(momentOf(micros, null), format),
  ),
  strict(
    'pg_to_char_timestamptz',
    ['BIGINT', 'BIGINT', 'VARCHAR', 'VARCHAR'],
    'VARCHAR',
    (local, instant, format, zone) =>
      toChar(momentOf(local, { name: zone, offset: Number((local - instant) / SECOND) }), format),
  ),
  strict('pg_to_char_interval', ['INTERVAL', 'VARCHAR'], 'VARCHAR', intervalToChar),
  strict('pg_to_timestamp_text', ['VARCHAR', 'VARCHAR'], 'BIGINT', read),
  strict('pg_to_date_text', ['VARCHAR', 'VARCHAR'], 'BIGINT', (text, format) => {
    const micros = read(text, format)
    return micros - (((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS)
  }),
]
