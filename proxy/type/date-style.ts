import { type ByteWriter, writeAscii } from './byte-writer.ts'
import { writeDate, writeTimestampFar } from './datetime.ts'
import type { TimeZone } from './time-zone.ts'

/**
 * Dates as DateStyle lays them out: datetime.ts writes ISO, the other styles are the same fields in another order.
 * https://www.postgresql.org/docs/18/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT and EncodeDateTime of
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/datetime.c
 */
export type DateStyle = { readonly form: 'ISO' | 'SQL' | 'German' | 'Postgres'; readonly dayFirst: boolean }

export const ISO_DATES: DateStyle = { form: 'ISO', dayFirst: false }

/** Of the setting as SHOW gives it: `SQL, DMY`. */
export function dateStyleOf(setting: string): DateStyle {
  const [form, order] = setting.split(', ')
  return { form: form as DateStyle['form'], dayFirst: order === 'DMY' }
}

const ISO = /^(\d+)-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?))?( BC)?$/
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** What the calendar repeats after, weekdays included. */
const YEARS_PER_ERA = 400

/** A date or timestamp (without a zone) in ISO style, in another one; `zone` is what is written for the zone. */
export function restyled(iso: string, { form, dayFirst }: DateStyle, zone = ''): string {
  const found = ISO.exec(iso)
  // infinity and -infinity are the same in every style
  if (found === null) return iso
  const [, year = '', month = '', day = '', time, bc = ''] = found
  const suffix = zone === '' ? bc : ` ${zone}${bc}`
  const inOrder = dayFirst ? [day, month] : [month, day]
  switch (form) {
    case 'ISO':
      return `${iso.slice(0, iso.length - bc.length)}${suffix}`
    case 'SQL':
      return `${[...inOrder, year].join('/')}${time === undefined ? '' : ` ${time}`}${suffix}`
    case 'German':
      return `${day}.${month}.${year}${time === undefined ? '' : ` ${time}`}${suffix}`
    case 'Postgres': {
      if (time === undefined) return `${[...inOrder, year].join('-')}${suffix}`
      const name = MONTHS[Number(month) - 1]
      const written = dayFirst ? `${day} ${name}` : `${name} ${day}`
      return `${weekday(bc === '' ? Number(year) : 1 - Number(year), Number(month), Number(day))} ${written} ${time} ${year}${suffix}`
    }
  }
}

function weekday(year: number, month: number, day: number): string {
  const inEra = ((year % YEARS_PER_ERA) + YEARS_PER_ERA) % YEARS_PER_ERA
  return WEEKDAYS[new Date(Date.UTC(2000 + inEra, month - 1, day)).getUTCDay()] as string
}

export function writeStyledDate(out: ByteWriter, days: number, style: DateStyle): void {
  const start = out.at
  writeDate(out, days)
  restyle(out, start, style, '')
}

/** `micros` since 1970; the zone is written by its abbreviation. */
export function writeStyledTimestamp(out: ByteWriter, micros: bigint, zone: TimeZone | null, style: DateStyle): void {
  const start = out.at
  if (zone === null) {
    writeTimestampFar(out, micros, null)
    restyle(out, start, style, '')
    return
  }
  const seconds = Number(micros / MICROS_PER_SECOND) - (micros % MICROS_PER_SECOND < 0n ? 1 : 0)
  const isInfinite = micros >= INT64_MAX || micros <= -INT64_MAX
  writeTimestampFar(out, isInfinite ? micros : micros + BigInt(zone.offsetAt(seconds)) * MICROS_PER_SECOND, null)
  restyle(out, start, style, zone.abbreviationAt(seconds))
}

const MICROS_PER_SECOND = 1_000_000n
const INT64_MAX = 0x7fff_ffff_ffff_ffffn

function restyle(out: ByteWriter, start: number, style: DateStyle, zone: string): void {
  const iso = Buffer.from(out.bytes.buffer, out.bytes.byteOffset + start, out.at - start).toString('latin1')
  out.at = start
  writeAscii(out, restyled(iso, style, zone))
}
