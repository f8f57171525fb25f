import type { Call } from '../../../proxy/print/answer.ts'
import {
  DAYS,
  MONTHS,
  parseFormat,
  ROMAN,
  NAMES as UNCOUNTED,
} from '../../../proxy/print/duckdb/function/native/format-time.ts'
import { bindOnce, constantText, quote } from './helper.ts'
import { LOCAL } from './zone.ts'

/**
 * to_char of a timestamp by a constant format: DCH_to_char of formatting.c, a piece of text for each pattern.
 * https://www.postgresql.org/docs/18/functions-formatting.html#FUNCTIONS-FORMATTING-DATETIME-TABLE
 */
const MICROS = 'CAST(substr(CAST($x AS varchar), -6) AS bigint)'
/** 1 BC is shown as 1 */
const shownYear = (year: string) => `(CASE WHEN ${year} <= 0 THEN 1 - ${year} ELSE ${year} END)`
const YEAR = shownYear('year($x)')
const ISO_YEAR = shownYear('year_of_week($x)')
const NAME_WIDTH = 9
const ROMAN_WIDTH = 4

/** Numbers, and the digits they are filled up to with zeros. */
const NUMBERS: Readonly<Record<string, readonly [value: string, width: number]>> = {
  HH: ['((hour($x) + 11) % 12 + 1)', 2],
  HH12: ['((hour($x) + 11) % 12 + 1)', 2],
  HH24: ['hour($x)', 2],
  MI: ['minute($x)', 2],
  SS: ['second($x)', 2],
  MS: [`(${MICROS} / 1000)`, 3],
  US: [MICROS, 6],
  SSSS: ['(hour($x) * 3600 + minute($x) * 60 + second($x))', 1],
  SSSSS: ['(hour($x) * 3600 + minute($x) * 60 + second($x))', 1],
  MM: ['month($x)', 2],
  DDD: ['day_of_year($x)', 3],
  IDDD: ['((week($x) - 1) * 7 + day_of_week($x))', 3],
  DD: ['day($x)', 2],
  D: ['(day_of_week($x) % 7 + 1)', 1],
  ID: ['day_of_week($x)', 1],
  WW: ['((day_of_year($x) - 1) / 7 + 1)', 2],
  IW: ['week($x)', 2],
  W: ['((day($x) - 1) / 7 + 1)', 1],
  Q: ['quarter($x)', 1],
  YYYY: [YEAR, 4],
  IYYY: [ISO_YEAR, 4],
  YYY: [`(${YEAR} % 1000)`, 3],
  IYY: [`(${ISO_YEAR} % 1000)`, 3],
  YY: [`(${YEAR} % 100)`, 2],
  IY: [`(${ISO_YEAR} % 100)`, 2],
  Y: [`(${YEAR} % 10)`, 1],
  I: [`(${ISO_YEAR} % 10)`, 1],
  J: ["(date_diff('day', DATE '1970-01-01', CAST($x AS date)) + 2440588)", 1],
}

function cased(name: string, key: string): string {
  if (key === key.toUpperCase()) return name.toUpperCase()
  return key === key.toLowerCase() ? name.toLowerCase() : name
}

function chosen(index: string, names: readonly string[]): string {
  return `element_at(ARRAY[${names.map(quote).join(', ')}], ${index})`
}

function field(key: string, isPlain: boolean): string | null {
  const upper = key.toUpperCase()
  const number = NUMBERS[upper]
  if (number !== undefined) {
    const [value, width] = number
    return isPlain || width === 1 ? `CAST(${value} AS varchar)` : `pg_pad(${value}, ${width})`
  }
  const named = (names: readonly string[], width: number) =>
    names.map((name) => (isPlain ? cased(name, key) : cased(name, key).padEnd(width)))
  switch (upper) {
    case 'MONTH':
      return chosen('month($x)', named(MONTHS, NAME_WIDTH))
    case 'MON':
      return chosen(
        'month($x)',
        MONTHS.map((name) => cased(name.slice(0, 3), key)),
      )
    case 'DAY':
      return chosen('day_of_week($x) % 7 + 1', named(DAYS, NAME_WIDTH))
    case 'DY':
      return chosen(
        'day_of_week($x) % 7 + 1',
        DAYS.map((name) => cased(name.slice(0, 3), key)),
      )
    case 'RM':
      return chosen('month($x)', named(ROMAN, ROMAN_WIDTH))
    case 'AM':
    case 'PM':
    case 'A.M.':
    case 'P.M.': {
      const [am = '', pm = ''] = ['AM', 'PM'].map((half) =>
        quote(cased(upper.includes('.') ? `${half[0]}.M.` : half, key)),
      )
      return `CASE WHEN hour($x) >= 12 THEN ${pm} ELSE ${am} END`
    }
    case 'BC':
    case 'AD':
    case 'B.C.':
    case 'A.D.': {
      const [bc = '', ad = ''] = ['BC', 'AD'].map((era) =>
        quote(cased(upper.includes('.') ? `${era[0]}.${era[1]}.` : era, key)),
      )
      return `CASE WHEN year($x) <= 0 THEN ${bc} ELSE ${ad} END`
    }
    case 'Y,YYY':
      return `(CAST(${YEAR} / 1000 AS varchar) || ',' || lpad(CAST(${YEAR} % 1000 AS varchar), 3, '0'))`
    case 'CC':
      return "(CASE WHEN year($x) > 0 THEN pg_pad((year($x) - 1) / 100 + 1, 2) ELSE '-' || pg_pad(1 - year($x) / 100, 2) END)"
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6':
      return `substr(CAST($x AS varchar), -6, ${upper.at(-1)})`
    default:
      return null
  }
}

/** Of the offset `$o` in seconds. */
function ofOffset(key: string): string | null {
  switch (key.toUpperCase()) {
    case 'TZH':
      return "((CASE WHEN $o < 0 THEN '-' ELSE '+' END) || pg_pad(abs($o) / 3600, 2))"
    case 'TZM':
      return 'pg_pad(abs($o) / 60 % 60, 2)'
    case 'OF':
      return "((CASE WHEN $o < 0 THEN '-' ELSE '+' END) || pg_pad(abs($o) / 3600, 2) || (CASE WHEN abs($o) / 60 % 60 = 0 THEN '' ELSE ':' || pg_pad(abs($o) / 60 % 60, 2) END))"
    default:
      return null
  }
}

/** `instant` null: a timestamp without a zone, whose offset is none. */
export function toCharOf(call: Call, local: string, instant: string | null = null): string {
  const format = constantText(call, 1, 'a format')
  if (format === null) return 'CAST(NULL AS varchar)'
  const pieces = parsed(format)?.map((token): Piece | null => {
    if (token.kind === 'text') return () => quote(token.text)
    const text = field(token.key, token.fill) ?? ofOffset(token.key)
    if (text === null) return null
    if (token.ordinal === '' || UNCOUNTED.test(token.key)) return placed(text)
    const ending = token.ordinal === 'TH' ? `pg_ordinal(${text})` : `lower(pg_ordinal(${text}))`
    return placed(`${text} || ${ending}`)
  })
  if (pieces === undefined || !pieces.every((piece) => piece !== null)) return call.unsupported('this format')
  return bindOnce([local, instant ?? 'NULL'], ([x = '', at = '']) => {
    const offset = instant === null ? "BIGINT '0'" : `date_diff('second', CAST(${at} AS ${LOCAL}), ${x})`
    return `CASE WHEN ${x} IS NOT NULL THEN ${together(pieces, x, offset)} END`
  })
}

/** A part of the result, of what is to be formatted and of its offset. Texts of the format are no templates. */
type Piece = (x: string, offset: string) => string

function placed(template: string): Piece {
  return (x, offset) => template.replace(/\$[xo]/g, (place) => (place === '$x' ? x : offset))
}

function together(pieces: readonly Piece[], x: string, offset: string): string {
  return pieces.length === 0 ? "''" : `(${pieces.map((piece) => piece(x, offset)).join(' || ')})`
}

function parsed(format: string): ReturnType<typeof parseFormat> | undefined {
  try {
    return parseFormat(format)
  } catch (_) {
    // a pattern that no engine of ours knows
    return undefined
  }
}

const HOURS = '(pg_interval_micros($x) / 3600000000)'
const FRACTION = '(pg_interval_micros($x) % 1000000)'

/** Of an interval: hours count on beyond a day, and each number has its own sign. */
const SPANS: Readonly<Record<string, readonly [value: string, width: number]>> = {
  HH24: [HOURS, 2],
  MI: ['(pg_interval_micros($x) / 60000000 % 60)', 2],
  SS: ['(pg_interval_micros($x) / 1000000 % 60)', 2],
  MS: [`(${FRACTION} / 1000)`, 3],
  US: [FRACTION, 6],
  MM: ['(pg_interval_months($x) % 12)', 2],
  YYYY: ['(pg_interval_months($x) / 12)', 4],
}

export function toCharOfInterval(call: Call): string {
  const format = constantText(call, 1, 'a format')
  if (format === null) return 'CAST(NULL AS varchar)'
  const pieces = parsed(format)?.map((token): Piece | null => {
    if (token.kind === 'text') return () => quote(token.text)
    const [value, width] = SPANS[token.key.toUpperCase()] ?? []
    if (value === undefined || width === undefined || token.ordinal !== '') return null
    return placed(token.fill ? `CAST(${value} AS varchar)` : `pg_pad_signed(${value}, ${width})`)
  })
  if (pieces === undefined || !pieces.every((piece) => piece !== null)) return call.unsupported('this format')
  return bindOnce([call.arg(0)], ([x = '']) => `CASE WHEN ${x} IS NOT NULL THEN ${together(pieces, x, '')} END`)
}
