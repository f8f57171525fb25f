import { ByteWriter } from '../../../../type/byte-writer.ts'
import { type DateStyle, restyled } from '../../../../type/date-style.ts'
import { float4Digits, float8Digits } from '../../../../type/float.ts'
import { type IntervalStyle, intervalText } from '../../../../type/interval.ts'
import { writeByteaEscape } from '../../../../type/text.ts'
import { fromEscape, fromHex } from './bytea.ts'
import { cached, fail, type Interval, lenient, type Native, refuse, strict } from './native.ts'

/** Input and output functions of types, where DuckDB's casts read or write other text than PostgreSQL. */

function invalid(type: string, text: string, code = '22P02'): never {
  return fail(code, `invalid input syntax for type ${type}: "${text}"`)
}

const SPACE = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g

const INTEGER_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0n, 2n ** 32n - 1n],
}

function integerIn(text: string, type: string): bigint {
  const found = /^([+-]?)(\d+(?:_\d+)*|0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)$/.exec(
    text.replace(SPACE, ''),
  )
  if (found === null) return invalid(type, text)
  const size = BigInt((found[2] ?? '').replaceAll('_', ''))
  const value = found[1] === '-' ? -size : size
  const [least, most] = INTEGER_RANGES[type] ?? [0n, 0n]
  if (value < least || value > most) fail('22003', `value "${text}" is out of range for type ${type}`)
  return value
}

function floatIn(text: string, type: 'double precision' | 'real'): number {
  const trimmed = text.replace(SPACE, '')
  if (/^[+-]?nan$/i.test(trimmed)) return Number.NaN
  const infinite = /^([+-]?)inf(inity)?$/i.exec(trimmed)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return invalid(type, text)
  const value = type === 'real' ? Math.fround(Number(trimmed)) : Number(trimmed)
  const zero = !/[1-9]/.test(trimmed.replace(/[eE].*/, ''))
  if (!Number.isFinite(value) || (value === 0 && !zero)) fail('22003', `"${trimmed}" is out of range for type ${type}`)
  return value
}

/** Text for a cast to a DECIMAL of `scale` places; what would lose digits is refused. */
function numericIn(text: string, scale: number): string {
  const trimmed = text.replace(SPACE, '')
  if (/^[+-]?(nan|inf(inity)?)$/i.test(trimmed)) return refuse(`numeric value ${trimmed}`)
  const found = /^([+-]?)(\d+(?:_\d+)*)?(?:\.(\d+(?:_\d+)*)?)?(?:[eE]([+-]?\d+))?$/.exec(trimmed)
  if (found === null || (found[2] === undefined && found[3] === undefined)) return invalid('numeric', text)
  const fraction = (found[3] ?? '').replaceAll('_', '')
  const digits = `${(found[2] ?? '').replaceAll('_', '')}${fraction}`
  const places = fraction.length - Number(found[4] ?? 0)
  const plain =
    places <= 0
      ? digits + '0'.repeat(Math.min(-places, 40))
      : `${digits.padStart(places + 1, '0').slice(0, -places)}.${digits.padStart(places + 1, '0').slice(-places)}`
  const kept = plain.includes('.') ? plain.replace(/0+$/, '').replace(/\.$/, '') : plain
  if ((kept.split('.')[1]?.length ?? 0) > scale) refuse(`a numeric of more than ${scale} decimal places made of text`)
  return `${found[1] === '-' ? '-' : ''}${kept}`
}

function booleanIn(text: string): boolean {
  const word = text.replace(SPACE, '').toLowerCase()
  if (word !== '') {
    if (['true', 'yes', '1'].some((full) => full.startsWith(word)) || word === 'on') return true
    if (['false', 'no', '0'].some((full) => full.startsWith(word)) || (word.length > 1 && 'off'.startsWith(word)))
      return false
  }
  return invalid('boolean', text)
}

export function floatOut(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  return scientific(value.toExponential(), 15)
}

/** Shortest digits that give the same float4 back. */
export function float4Out(value: number): string {
  if (!Number.isFinite(value) || value === 0) return floatOut(value)
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return scientific(text, 6)
  }
  return scientific(value.toExponential(8), 6)
}

/** d.ddde±x as PostgreSQL lays it out: plain from 1e-4 up to 10^plainDigits, else with an exponent of two digits. */
function scientific(text: string, plainDigits: number): string {
  const [mantissa = '', exponentText = '0'] = text.split('e')
  const exponent = Number(exponentText)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '').replace(/0+$/, '') || '0'
  if (exponent < -4 || exponent >= plainDigits) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${rest}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** The one-dimensional array literal. */
function arrayOut(items: readonly (string | null)[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL'
    return item === '' || /[{}",\\ \t\n\v\f\r]/.test(item) || /^null$/i.test(item)
      ? `"${item.replace(/(["\\])/g, '\\$1')}"`
      : item
  })
  return `{${texts.join(',')}}`
}

function arrayIn(text: string): (string | null)[] {
  const malformed = () => fail('22P02', `malformed array literal: "${text}"`)
  const body = text.replace(SPACE, '')
  if (!body.startsWith('{') || !body.endsWith('}'))
    return /^\[/.test(body) ? refuse('an array with lower bounds') : malformed()
  const items: (string | null)[] = []
  let rest = body.slice(1, -1).replace(/^[ \t\n\v\f\r]+/, '')
  while (rest !== '') {
    if (rest.startsWith('{')) return refuse('an array of several dimensions')
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"[ \t\n\v\f\r]*/.exec(rest)
    const plain = /^(?:[^,{}"\\]|\\[\s\S])+/.exec(rest)
    const found = quoted ?? plain
    if (found === null) return malformed()
    const raw = quoted === null ? found[0].replace(/[ \t\n\v\f\r]+$/, '') : (quoted[1] ?? '')
    items.push(quoted === null && /^null$/i.test(raw) ? null : raw.replace(/\\([\s\S])/g, '$1'))
    rest = rest.slice(found[0].length)
    if (rest === '') break
    if (!rest.startsWith(',')) return malformed()
    rest = rest.slice(1).replace(/^[ \t\n\v\f\r]+/, '')
    if (rest === '') return malformed()
  }
  return items
}

const MONTHS_PER_YEAR = 12
const SECOND = 1_000_000n
const MINUTE = 60n * SECOND
const HOUR = 60n * MINUTE
const DAY = 24n * HOUR

function timeText(micros: bigint): string {
  const pad = (value: bigint) => value.toString().padStart(2, '0')
  const fraction = micros % SECOND
  const seconds = `${pad((micros % MINUTE) / SECOND)}${fraction === 0n ? '' : `.${fraction.toString().padStart(6, '0').replace(/0+$/, '')}`}`
  return `${pad(micros / HOUR)}:${pad((micros % HOUR) / MINUTE)}:${seconds}`
}

/** IntervalStyle postgres */
export function intervalOut({ months, days, micros }: Interval): string {
  const parts: string[] = []
  let negative = false
  const add = (value: number, unit: string) => {
    if (value === 0) return
    parts.push(`${negative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    negative = value < 0
  }
  add(Math.trunc(months / MONTHS_PER_YEAR), 'year')
  add(months % MONTHS_PER_YEAR, 'mon')
  add(days, 'day')
  if (micros !== 0n || parts.length === 0) {
    const sign = micros < 0n ? '-' : negative ? '+' : ''
    parts.push(sign + timeText(micros < 0n ? -micros : micros))
  }
  return parts.join(' ')
}

const INTERVAL_UNITS: readonly (readonly [RegExp, 'months' | 'days' | 'micros', number])[] = [
  [/^(us|usecs?|useconds?|microsecon(ds?)?)$/, 'micros', 1],
  [/^(ms|msecs?|mseconds?|millisecon(ds?)?)$/, 'micros', 1000],
  [/^(s|secs?|seconds?)$/, 'micros', 1_000_000],
  [/^(m|mins?|minutes?)$/, 'micros', 60_000_000],
  [/^(h|hrs?|hours?)$/, 'micros', 3_600_000_000],
  [/^(d|days?)$/, 'days', 1],
  [/^(w|weeks?)$/, 'days', 7],
  [/^(mons?|months?)$/, 'months', 1],
  [/^(y|yrs?|years?)$/, 'months', 12],
  [/^(decs?|decades?)$/, 'months', 120],
  [/^(c|cent|century|centuries)$/, 'months', 1200],
  [/^(mils?|millennia|millennium)$/, 'months', 12000],
]

const DAYS_PER_MONTH = 30

/** Adds a decimal number of a unit, spilling fractions into the next finer ones as DecodeInterval does. */
function addUnit(
  sum: { months: number; days: number; micros: number },
  field: 'months' | 'days' | 'micros',
  size: number,
  value: number,
): void {
  const amount = value * size
  if (field === 'micros') {
    sum.micros += Math.round(amount)
    return
  }
  const whole = Math.trunc(size > 1 && field === 'months' ? Math.round(amount * 1e6) / 1e6 : amount)
  if (field === 'months') {
    sum.months += whole
    if (size === 1) addUnit(sum, 'days', DAYS_PER_MONTH, amount - whole)
    return
  }
  sum.days += whole
  sum.micros += Math.round((amount - whole) * Number(DAY))
}

function intervalIn(text: string): Interval {
  const wrong = () => invalid('interval', text, '22007')
  let rest = text.replace(SPACE, '').toLowerCase()
  if (/^[+-]?infinity$/.test(rest)) return refuse('an infinite interval')
  if (rest === '') return wrong()
  if (rest.startsWith('p')) return refuse('an ISO 8601 interval made of text')
  const sum = { months: 0, days: 0, micros: 0 }
  let ago = false
  rest = rest.replace(/^@\s*/, '')
  while (rest !== '') {
    const clock = /^([+-]?)(\d+):(\d+)(?::(\d+(?:\.\d*)?))?(?=\s|$)/.exec(rest)
    const pair = /^([+-]?\d*\.?\d+)\s*([a-z]+)/.exec(rest)
    const years = /^([+-]?)(\d+)-(\d+)(?=\s|$)/.exec(rest)
    if (clock !== null) {
      const size =
        Number(clock[2]) * Number(HOUR) + Number(clock[3]) * Number(MINUTE) + Math.round(Number(clock[4] ?? 0) * 1e6)
      if (Number(clock[3]) > 59 || Number(clock[4] ?? 0) > 60)
        fail('22008', `interval field value out of range: "${text}"`)
      sum.micros += clock[1] === '-' ? -size : size
      rest = rest.slice(clock[0].length)
    } else if (years !== null) {
      const size = Number(years[2]) * MONTHS_PER_YEAR + Number(years[3])
      sum.months += years[1] === '-' ? -size : size
      rest = rest.slice(years[0].length)
    } else if (pair !== null) {
      const unit = INTERVAL_UNITS.find(([names]) => names.test(pair[2] ?? ''))
      if (unit === undefined) return wrong()
      addUnit(sum, unit[1], unit[2], Number(pair[1]))
      rest = rest.slice(pair[0].length)
    } else if (/^ago$/.test(rest)) {
      ago = true
      rest = ''
    } else if (/^[+-]?\d+(\.\d*)?$/.test(rest)) {
      sum.micros += Math.round(Number(rest) * 1e6)
      rest = ''
    } else return wrong()
    rest = rest.replace(/^\s+/, '')
  }
  const sign = ago ? -1 : 1
  if (Math.abs(sum.months) > 2 ** 31 || Math.abs(sum.days) > 2 ** 31)
    fail('22008', `interval field value out of range: "${text}"`)
  return { months: sign * sum.months, days: sign * sum.days, micros: BigInt(sign) * BigInt(sum.micros) }
}

/** ISO 8601 dates and what PostgreSQL allows around them; other orders and month names need its whole parser. */
const DATE = /^(\d{4,})-(\d{1,2})-(\d{1,2})/
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?/
const OFFSET = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?/

type Moment = { date: string; time: string | null; offset: string | null; bc: boolean }

function parseMoment(text: string, type: string): Moment | 'infinity' | '-infinity' | 'epoch' {
  let rest = text.replace(SPACE, '')
  const word = rest.toLowerCase()
  if (word === 'infinity' || word === '-infinity' || word === 'epoch') return word
  const compact = /^(\d{4})(\d{2})(\d{2})(?=$|[T ])/.exec(rest)
  if (compact !== null) rest = `${compact[1]}-${compact[2]}-${compact[3]}${rest.slice(8)}`
  const date = DATE.exec(rest)
  if (date === null) {
    if (!/\d/.test(rest) && !/^(now|today|tomorrow|yesterday|allballs)$/i.test(rest))
      return invalid(type, text, '22007')
    return refuse(`${type} input in this form: "${text}"`)
  }
  const [whole, year = '', month = '', day = ''] = date
  rest = rest.slice(whole.length).replace(/^(T|[ \t]+)/, '')
  let time: string | null = null
  const clock = CLOCK.exec(rest)
  if (clock !== null) {
    const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)]
    if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && (minute > 0 || second > 0)))
      fail('22008', `date/time field value out of range: "${text}"`)
    time = `${String(hour).padStart(2, '0')}:${clock[2]}:${clock[3] ?? '00'}${clock[4] === undefined || clock[4] === '.' ? '' : clock[4]}`
    rest = rest.slice(clock[0].length).replace(/^[ \t]+/, '')
  }
  let offset: string | null = null
  const found = OFFSET.exec(rest)
  if (clock !== null && found !== null) {
    offset = `${found[1]}${(found[2] ?? '').padStart(2, '0')}:${found[3] ?? '00'}`
    if (found[4] !== undefined && found[4] !== '00') refuse(`an offset of seconds: "${text}"`)
    rest = rest.slice(found[0].length).replace(/^[ \t]+/, '')
  } else if (clock !== null && /^(z|utc|gmt)\b/i.test(rest)) {
    offset = '+00:00'
    rest = rest.replace(/^(z|utc|gmt)[ \t]*/i, '')
  }
  const bc = /^bc$/i.test(rest)
  if (rest !== '' && !bc && !/^ad$/i.test(rest))
    return /[a-z0-9]/i.test(rest) ? refuse(`${type} input in this form: "${text}"`) : invalid(type, text, '22007')
  checkDate(Number(year) * (bc ? -1 : 1), Number(month), Number(day), text)
  return { date: `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`, time, offset, bc }
}

function checkDate(year: number, month: number, day: number, text: string): void {
  const astronomical = year < 0 ? year + 1 : year
  const leap = (astronomical % 4 === 0 && astronomical % 100 !== 0) || astronomical % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  if (year === 0 || days === undefined || day < 1 || day > days)
    fail('22008', `date/time field value out of range: "${text}"`)
}

/** A text that DuckDB's cast reads as PostgreSQL's input function reads the given one. */
function momentIn(text: string, type: 'date' | 'timestamp' | 'timestamp with time zone'): string {
  const moment = parseMoment(text, type)
  if (moment === 'epoch')
    return type === 'timestamp with time zone'
      ? '1970-01-01 00:00:00+00:00'
      : type === 'date'
        ? '1970-01-01'
        : '1970-01-01 00:00:00'
  if (typeof moment === 'string') return moment
  const date = moment.bc ? `${moment.date} (BC)` : moment.date
  if (type === 'date') return date
  const time = roundMicros(moment.time ?? '00:00:00')
  return `${date} ${time}${type === 'timestamp with time zone' ? (moment.offset ?? '') : ''}`
}

/** More than six decimals round. */
function roundMicros(time: string): string {
  const [seconds = '', fraction = ''] = time.split('.')
  return fraction.length > 6
    ? refuse('a time of more than six decimal places made of text')
    : fraction === ''
      ? seconds
      : `${seconds}.${fraction}`
}

function timeIn(text: string): string {
  const rest = text.replace(SPACE, '')
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?$/.exec(rest)
  if (clock === null)
    return /\d/.test(rest) ? refuse(`time input in this form: "${text}"`) : invalid('time', text, '22007')
  if (Number(clock[1]) > 24 || Number(clock[2]) > 59 || Number(clock[3] ?? 0) > 59)
    fail('22008', `date/time field value out of range: "${text}"`)
  return roundMicros(
    `${(clock[1] ?? '').padStart(2, '0')}:${clock[2]}:${clock[3] ?? '00'}${clock[4] === undefined || clock[4] === '.' ? '' : clock[4]}`,
  )
}

function uuidIn(text: string): string {
  const digits = text.replace(/^\{([^{}]*)\}$/, '$1')
  if (!/^([0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4}$/.test(digits)) return invalid('uuid', text)
  const hex = digits.replaceAll('-', '').toLowerCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function byteaIn(text: string): Uint8Array {
  return text.startsWith('\\x') ? fromHex(text.slice(2)) : fromEscape(text)
}

function byteaEscaped(bytes: Uint8Array): string {
  const out = new ByteWriter(bytes.length)
  writeByteaEscape(out, bytes, 0, bytes.length)
  return out.bytes.toString('latin1', 0, out.at)
}

const UUID_EPOCH_OFFSET_MS = 12219292800000n

function uuidMicros(text: string): bigint | null {
  const hex = text.replaceAll('-', '')
  if (!/[89ab]/.test(hex[16] ?? '')) return null
  if (hex[12] === '7') return BigInt(`0x${hex.slice(0, 12)}`) * 1000n
  if (hex[12] !== '1') return null
  const ticks = BigInt(`0x${hex.slice(13, 16)}${hex.slice(8, 12)}${hex.slice(0, 8)}`)
  return ticks / 10n - UUID_EPOCH_OFFSET_MS * 1000n
}

/** `0044-03-15 (BC) 00:00:00` as PostgreSQL writes it. */
const era = cached((text: string) => (text.includes(' (BC)') ? `${text.replace(' (BC)', '')} BC` : text))

export const CONVERSION_NATIVES: readonly Native[] = [
  strict('pg_int_in', ['VARCHAR', 'VARCHAR'], 'BIGINT', integerIn),
  strict('pg_float8_in', ['VARCHAR'], 'DOUBLE', (text) => floatIn(text, 'double precision')),
  strict('pg_float4_in', ['VARCHAR'], 'DOUBLE', (text) => floatIn(text, 'real')),
  strict('pg_numeric_in', ['VARCHAR', 'INTEGER'], 'VARCHAR', numericIn),
  strict('pg_bool_in', ['VARCHAR'], 'BOOLEAN', booleanIn),
  strict('pg_float8_out', ['DOUBLE'], 'VARCHAR', floatOut),
  strict('pg_float4_out', ['DOUBLE'], 'VARCHAR', float4Out),
  strict('pg_float8_digits', ['DOUBLE', 'INTEGER'], 'VARCHAR', float8Digits),
  strict('pg_float4_digits', ['DOUBLE', 'INTEGER'], 'VARCHAR', (value, extra) =>
    float4Digits(Math.fround(value), extra),
  ),
  strict('pg_array_out', ['VARCHAR[]'], 'VARCHAR', arrayOut),
  strict('pg_array_in', ['VARCHAR'], 'VARCHAR[]', arrayIn),
  strict('pg_interval_out', ['INTERVAL'], 'VARCHAR', intervalOut),
  strict('pg_interval_styled', ['INTERVAL', 'VARCHAR'], 'VARCHAR', (value, style) =>
    intervalText(value, style as IntervalStyle),
  ),
  strict('pg_restyled', ['VARCHAR', 'VARCHAR', 'BOOLEAN', 'VARCHAR'], 'VARCHAR', (iso, form, dayFirst, zone) =>
    restyled(iso, { form: form as DateStyle['form'], dayFirst }, zone),
  ),
  strict('pg_interval_in', ['VARCHAR'], 'INTERVAL', intervalIn),
  strict('pg_date_in', ['VARCHAR'], 'VARCHAR', (text) => momentIn(text, 'date')),
  strict('pg_timestamp_in', ['VARCHAR'], 'VARCHAR', (text) => momentIn(text, 'timestamp')),
  strict('pg_timestamptz_in', ['VARCHAR'], 'VARCHAR', (text) => momentIn(text, 'timestamp with time zone')),
  strict('pg_time_in', ['VARCHAR'], 'VARCHAR', timeIn),
  strict('pg_bytea_escaped', ['BLOB'], 'VARCHAR', byteaEscaped),
  strict('pg_uuid_in', ['VARCHAR'], 'VARCHAR', uuidIn),
  strict('pg_bytea_in', ['VARCHAR'], 'BLOB', byteaIn),
  lenient('pg_era', ['VARCHAR'], 'VARCHAR', (text) => (text === null ? null : era(text))),
  strict('pg_uuid_micros', ['VARCHAR'], 'BIGINT', uuidMicros),
  strict('pg_uuid_version', ['VARCHAR'], 'INTEGER', (text) =>
    /[89ab]/.test(text[19] ?? '') ? Number.parseInt(text[14] ?? '0', 16) : null,
  ),
]
