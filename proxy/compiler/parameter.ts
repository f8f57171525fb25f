import { PgError } from '../error.ts'
import { decodeBackend } from '../wire/client.ts'
import type { Bind, Settings } from './compiler.ts'
import { dateText, type Interval, intervalText, timestampText } from './datum/time.ts'
import { type Backend, textOf } from './twin/backend.ts'

/**
 * Values become text by PostgreSQL's own output functions, in the form that a Const has (datum.ts): ISO dates,
 * timestamptz in UTC, intervals in style postgres, bytea in hex, floats to the last digit.
 */
const CANONICAL: Settings = new Map([
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  ['quote_all_identifiers', 'off'],
])

/** Output depends on DateStyle and on IntervalStyle, which input depends on, too: these are read in binary. */
const BINARY_TEXT: Readonly<Record<number, (bytes: DataView) => string>> = {
  1082: (bytes) => dateText(bytes.getInt32(0)),
  1114: (bytes) => timestampText(bytes.getBigInt64(0), ''),
  1184: (bytes) => timestampText(bytes.getBigInt64(0), '+00'),
  1186: (bytes) => intervalText(intervalOf(bytes)),
}

function intervalOf(bytes: DataView): Interval | 'infinity' | '-infinity' {
  const interval = { micros: bytes.getBigInt64(0), days: bytes.getInt32(8), months: bytes.getInt32(12) }
  if (interval.days === INT32_MAX && interval.months === INT32_MAX) return 'infinity'
  if (interval.days === INT32_MIN && interval.months === INT32_MIN) return '-infinity'
  return interval
}

const INT32_MAX = 2_147_483_647
const INT32_MIN = -2_147_483_648

/** The value of each column of a FROM-less SELECT of ours. `types` are those of its parameters. */
export async function canonicalValues(
  backend: Backend,
  sql: string,
  parameterTypes: readonly number[],
  bind: Pick<Bind, 'formats' | 'values'>,
  settings: Settings,
  signal: AbortSignal,
): Promise<(string | null)[]> {
  const wanted = new Map([...settings, ...CANONICAL, ...isoDates(settings)])
  const described = await backend.describe(sql, parameterTypes, wanted, signal)
  const types = (described.columns ?? []).map(({ typeOid }) => typeOid)
  let values: (string | null)[] | null = null
  await backend.send(
    [
      { kind: 'Parse', statement: '', sql, parameterTypes },
      {
        kind: 'Bind',
        portal: '',
        statement: '',
        formats: bind.formats,
        values: bind.values,
        resultFormats: types.map((type) => (BINARY_TEXT[type] ? 1 : 0)),
      },
      { kind: 'Execute', portal: '', rowsMax: 2 },
      { kind: 'Sync' },
    ],
    1,
    wanted,
    (frame) => {
      if (frame.type !== DATA_ROW) return
      const row = decodeBackend(frame)
      if (row.kind !== 'DataRow') return
      if (values !== null) throw new PgError('21000', 'more than one row for a constant', { fault: 'internal' })
      values = row.values.map((value, index) => canonicalText(value, types[index] ?? 0))
    },
    signal,
  )
  if (values === null) throw new PgError('XX000', 'no row for a constant', { fault: 'internal' })
  return values
}

const DATA_ROW = 'D'.charCodeAt(0)

function canonicalText(value: Uint8Array | null, type: number): string | null {
  const binary = BINARY_TEXT[type]
  if (value === null || !binary) return textOf(value)
  return binary(new DataView(value.buffer, value.byteOffset, value.byteLength))
}

/** Times and arrays of dates are shown in ISO style too, while the order of day and month in input stays the session's. */
function isoDates(settings: Settings): [string, string][] {
  for (const [name, value] of settings) {
    if (name.toLowerCase() === 'datestyle') return [[name, `ISO, ${orderOf(value)}`]]
  }
  return []
}

/** German means day first, too, unless an order is given. https://www.postgresql.org/docs/18/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT */
function orderOf(dateStyle: string): string {
  const order = /\b(DMY|MDY|YMD)\b/i.exec(dateStyle)?.[0]
  return order ?? (/\b(german|euro(pean)?)\b/i.test(dateStyle) ? 'DMY' : 'MDY')
}

const INTEGER_MAX: Readonly<Record<number, bigint>> = {
  21: 32_767n,
  23: 2_147_483_647n,
  20: 9_223_372_036_854_775_807n,
}
const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/
const DECIMAL = /^(?:0|-?[1-9]\d{0,30}|(?:0|[1-9]\d{0,30})\.\d{1,30}|-[1-9]\d{0,30}\.\d{1,30})$/
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Text that is its own canonical form, for the types in which nearly all parameters come; undefined: ask PostgreSQL. */
export function plainText(type: number, text: string): string | undefined {
  switch (type) {
    case 25:
    case 1043:
      return text
    case 16:
      return text === 't' || text === 'true' ? 't' : text === 'f' || text === 'false' ? 'f' : undefined
    case 20:
    case 21:
    case 23: {
      if (!INTEGER.test(text)) return undefined
      const value = BigInt(text)
      const max = INTEGER_MAX[type] ?? 0n
      return value <= max && value >= -max - 1n ? text : undefined
    }
    case 1700:
      return DECIMAL.test(text) ? text : undefined
    case 2950:
      return UUID.test(text) ? text : undefined
    case 1082:
      return isPlainDate(text) ? text : undefined
    default:
      return undefined
  }
}

function isPlainDate(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!found || found[1] === '0000') return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
