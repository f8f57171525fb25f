import type { OutputColumn } from '../../proxy/print/engine-sql.ts'
import { float4Text } from '../../proxy/type/float.ts'
import type { TrinoType } from '../../trino/encode/type.ts'
import { fc } from '../harness/property.ts'

/** Columns of a page as generators: their type in Trino, the type the client sees, and JSON as Trino writes it. */
export type PageColumn = { type: TrinoType; typeOid: number; typmod: number; json: fc.Arbitrary<string> }

export function plainType(name: string, children: readonly TrinoType[] = [], scale = 0): TrinoType {
  return { name, scale, children, fieldNames: [] }
}

export const INTERVAL: TrinoType = {
  ...plainType('row', [plainType('integer'), plainType('integer'), plainType('bigint')]),
  fieldNames: ['months', 'days', 'micros'],
}

/** Jackson escapes few characters, JSON allows all: both ways to write each one. */
function jsonString(text: string, escapes: readonly boolean[]): string {
  let json = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const isHalf = unit >= 0xd800 && unit <= 0xdfff
    const isPair = unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
    const hex = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`
    if (isPair && escapes[i % escapes.length] !== true) {
      json += text.slice(i, i + 2)
      i++
    } else if (isPair) {
      json += (hex(unit) + hex(text.charCodeAt(i + 1))).toUpperCase().replaceAll('\\U', '\\u')
      i++
    } else if (isHalf) json += hex(unit)
    else json += escapes[i % escapes.length] === true && unit > 31 ? hex(unit) : JSON.stringify(text[i]).slice(1, -1)
  }
  return `"${json}"`
}

const anyText = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({
        unit: fc.constantFrom('a', '"', '\\', '/', ',', ']', '[', '\n', '\t', '\u0001', '\ud83d', '😀', 'é', '\u2028'),
      }),
      fc.integer({ min: 0, max: 400 }).map((length) => 'x'.repeat(length)),
    ),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  )
  .map(([text, escapes]) => jsonString(text, escapes))

/** As Double.toString shapes the shortest digits. */
export function javaText(value: number, digits = value.toExponential()): string {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (size === 0) return `${sign}0.0`
  const [mantissa = '', exponent = '0'] = digits.replace('-', (found, at: number) => (at === 0 ? '' : found)).split('e')
  const bare = mantissa.replace('.', '')
  const e = Number(exponent)
  if (size >= 1e-3 && size < 1e7) {
    if (e < 0) return `${sign}0.${'0'.repeat(-e - 1)}${bare}`
    const padded = bare.padEnd(e + 2, '0')
    return `${sign}${padded.slice(0, e + 1)}.${padded.slice(e + 1)}`
  }
  return `${sign}${bare[0]}.${bare.slice(1) || '0'}E${e}`
}

/** The shortest digits of a float; Java rounds a tie to the even one, as PostgreSQL does and toExponential does not. */
export function javaFloatText(value: number): string {
  return javaText(value, Number(float4Text(value)).toExponential())
}

const double = fc
  .oneof(
    fc.double(),
    fc.integer().map((cents) => cents / 100),
    fc.integer(),
    fc.constantFrom(
      1e15,
      1e14,
      123456789012345,
      2 ** 53 + 2,
      5e-324,
      1e-4,
      1e-5,
      1.5e-5,
      1e23,
      2 ** 70,
      1e7,
      9999999,
      1e-3,
      2e-7,
    ),
    fc
      .tuple(fc.integer({ min: 1, max: 99999 }), fc.integer({ min: -310, max: 300 }))
      .map(([m, e]) => Number(`${m}e${e}`)),
  )
  .map((value) => javaText(value))
const float = fc
  .oneof(
    fc.float(),
    fc.integer({ min: -100_000, max: 100_000 }).map((n) => Math.fround(n / 8)),
    fc.constantFrom(1e6, 999999, 1234567, 1e7, 1e-4, 1e-5, 16777216, 1e-40).map(Math.fround),
  )
  .map(javaFloatText)

const two = (value: number) => String(value).padStart(2, '0')
const year = fc
  .oneof({ weight: 8, arbitrary: fc.integer({ min: 1583, max: 9999 }) }, fc.integer({ min: -4000, max: 40_000 }))
  .map((y) => (y < 0 ? `-${String(-y).padStart(4, '0')}` : y > 9999 ? `+${y}` : String(y).padStart(4, '0')))
const date = fc
  .tuple(year, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([y, m, d]) => `${y}-${two(m)}-${two(d)}`)
const fraction = fc.oneof(
  fc.constant('.000000'),
  fc.integer({ min: 0, max: 999_999 }).map((micros) => `.${String(micros).padStart(6, '0')}`),
  fc.integer({ min: 0, max: 999 }).map((millis) => `.${String(millis).padStart(3, '0')}`),
  fc.constantFrom('', '.5', '.123456000', '.000001'),
)
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 59 }), fraction)
  .map(([h, m, s, f]) => `${two(h)}:${two(m)}:${two(s)}${f}`)
const quoted = (text: fc.Arbitrary<string>) => text.map((value) => `"${value}"`)
const timestamp = fc.tuple(date, clock).map(([d, c]) => `${d} ${c}`)
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
const smallint = fc.integer({ min: -32768, max: 32767 }).map(String)
const integer = fc.integer().map(String)
const decimal = (scale: number) =>
  fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
    const point = digits.length - scale
    return `"${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}"`
  })
const bytes = fc.uint8Array({ maxLength: 100 }).map((value) => `"${Buffer.from(value).toString('base64')}"`)
const document = fc.json().map((text) => JSON.stringify(text))
const orNull = (json: fc.Arbitrary<string>) => fc.oneof({ weight: 5, arbitrary: json }, fc.constant('null'))
const list = (json: fc.Arbitrary<string>) =>
  fc.array(orNull(json), { maxLength: 5 }).map((items) => `[${items.join(',')}]`)
const interval = fc
  .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 }), fc.integer())
  .map((parts) => `[${parts.join(',')}]`)

function column(type: TrinoType | string, typeOid: number, json: fc.Arbitrary<string>, typmod = -1): PageColumn {
  return { type: typeof type === 'string' ? plainType(type) : type, typeOid, typmod, json: orNull(json) }
}

export const PAGE_COLUMNS: Readonly<Record<string, PageColumn>> = {
  boolean: column('boolean', 16, fc.constantFrom('true', 'false')),
  smallint: column('smallint', 21, smallint),
  integer: column('integer', 23, integer),
  bigint: column('bigint', 20, bigint),
  real: column('real', 700, float),
  double: column('double', 701, double),
  decimal: column(plainType('decimal', [], 2), 1700, decimal(2)),
  'wide decimal': column(plainType('decimal', [], 10), 1700, decimal(10)),
  'decimal of another scale': column(plainType('decimal', [], 2), 1700, decimal(2), ((10 << 16) | 4) + 4),
  'bigint as numeric': column('bigint', 1700, bigint),
  text: column('varchar', 25, anyText),
  'enum of a tenant': column('varchar', 99_999, anyText),
  'char(8)': column('varchar', 1042, anyText, 12),
  bytea: column('varbinary', 17, bytes),
  date: column('date', 1082, quoted(date)),
  time: column('time', 1083, quoted(clock)),
  timestamp: column('timestamp', 1114, quoted(timestamp)),
  timestamptz: column('timestamp with time zone', 1184, quoted(timestamp.map((text) => `${text} UTC`))),
  uuid: column('uuid', 2950, quoted(fc.uuid())),
  interval: column(INTERVAL, 1186, interval),
  jsonb: column('varchar', 3802, document),
  json: column('varchar', 114, document),
  'text[]': column(plainType('array', [plainType('varchar')]), 1009, list(anyText)),
  'int4[]': column(plainType('array', [plainType('integer')]), 1007, list(integer)),
  record: column(
    plainType('row', [plainType('integer'), plainType('varchar'), plainType('date')]),
    2249,
    fc.tuple(orNull(integer), orNull(anyText), orNull(quoted(date))).map((fields) => `[${fields.join(',')}]`),
  ),
  unknown: column('unknown', 25, fc.constant('null')),
}

export function outputColumns(columns: readonly Omit<PageColumn, 'json'>[]): OutputColumn[] {
  return columns.map(({ typeOid, typmod }, index) => ({ typeOid, typmod, source: { kind: 'column', index } }))
}
