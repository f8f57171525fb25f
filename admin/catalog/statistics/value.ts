import type { AvroValue } from './avro.ts'

/**
 * Values of columns as they stand in manifests, in a form that can be compared:
 *   bigint      int, long; decimals without their point; dates in days, timestamps in microseconds since 1970
 *   number      float, double; booleans are 0 and 1
 *   Uint8Array  strings as UTF-8, uuids
 * What is not known here (nested types, nanoseconds, binary …) is never used to leave out a file.
 * https://iceberg.apache.org/spec/#binary-single-value-serialization
 */
export type Value = bigint | number | Uint8Array

type Kind = 'boolean' | 'integer' | 'float' | 'date' | 'timestamp' | 'decimal' | 'string' | 'uuid'
export type ValueType = { readonly kind: Kind; readonly scale: number }

const KINDS: Readonly<Record<string, Kind>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  float: 'float',
  double: 'float',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  string: 'string',
  uuid: 'uuid',
}
const DECIMAL = /^decimal\(\s*\d+\s*,\s*(\d+)\s*\)$/

export function valueType(icebergType: unknown): ValueType | null {
  if (typeof icebergType !== 'string') return null
  const scale = DECIMAL.exec(icebergType)?.[1]
  if (scale !== undefined) return { kind: 'decimal', scale: Number(scale) }
  const kind = KINDS[icebergType]
  return kind === undefined ? null : { kind, scale: 0 }
}

export const INTEGER: ValueType = { kind: 'integer', scale: 0 }

export function compare(a: Value, b: Value): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** A bound of a manifest; null: it cannot be used. A file may be older than its column's present type. */
export function decodeBound({ kind }: ValueType, bytes: Uint8Array): Value | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (kind) {
    case 'boolean':
      return buffer.length === 1 ? (buffer[0] === 0 ? 0 : 1) : null
    case 'integer':
      return buffer.length === 4 ? BigInt(buffer.readInt32LE()) : buffer.length === 8 ? buffer.readBigInt64LE() : null
    case 'date':
      return buffer.length === 4 ? BigInt(buffer.readInt32LE()) : null
    case 'timestamp':
      return buffer.length === 8 ? buffer.readBigInt64LE() : null
    case 'float': {
      const value =
        buffer.length === 4 ? buffer.readFloatLE() : buffer.length === 8 ? buffer.readDoubleLE() : Number.NaN
      return Number.isNaN(value) ? null : value
    }
    case 'decimal':
      return buffer.length === 0 ? null : bigEndian(buffer)
    case 'string':
      return bytes
    case 'uuid':
      return buffer.length === 16 ? bytes : null
  }
}

/** A partition's value; undefined: it cannot be used. */
export function partitionValue({ kind }: ValueType, value: AvroValue): Value | null | undefined {
  if (value === null) return null
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean' ? (value ? 1 : 0) : undefined
    case 'integer':
    case 'date':
    case 'timestamp':
      return typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : typeof value === 'bigint'
          ? value
          : undefined
    case 'float':
      return typeof value === 'number' ? value : undefined
    case 'decimal':
      return value instanceof Uint8Array && value.length > 0 ? bigEndian(value) : undefined
    case 'string':
      return typeof value === 'string' ? Buffer.from(value) : undefined
    case 'uuid':
      return value instanceof Uint8Array && value.length === 16 ? value : undefined
  }
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

/** A constant of a statement between the column's values next to it: the same value twice when it is one of them. */
export type Constant = { readonly floor: Value; readonly ceiling: Value }

/** From PostgreSQL's text of it; null: what it says cannot be compared with such a column here. */
export function readConstant({ kind, scale }: ValueType, text: string): Constant | null {
  switch (kind) {
    case 'boolean':
      return text === 'true' || text === 't' ? exactly(1) : text === 'false' || text === 'f' ? exactly(0) : null
    case 'integer':
    case 'decimal':
      return readDecimal(text, scale)
    case 'float': {
      const value = /^[+-]?(\d|\.\d|Infinity)/.test(text) ? Number(text) : Number.NaN
      // A float column holds the nearest float of what was written: leave room on both sides.
      if (Number.isNaN(value)) return null
      const near = Math.abs(value) * FLOAT_ROOM
      return Number.isFinite(value) ? { floor: value + near, ceiling: value - near } : exactly(value)
    }
    case 'date': {
      const micros = readMicros(text)
      return micros === null ? null : { floor: floorDiv(micros, DAY), ceiling: -floorDiv(-micros, DAY) }
    }
    case 'timestamp': {
      const micros = readMicros(text)
      return micros === null ? null : exactly(micros)
    }
    case 'string':
      return exactly(Buffer.from(text))
    case 'uuid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
        ? exactly(Buffer.from(text.replaceAll('-', ''), 'hex'))
        : null
  }
}

/** Twice the distance between neighbouring 32-bit floats, relative to them. */
const FLOAT_ROOM = 2 ** -22
const DAY = 86_400_000_000n
/** A numeric may have 131072 digits; columns of the lake have 38. */
const DIGITS_MAX = 100

function exactly(value: Value): Constant {
  return { floor: value, ceiling: value }
}

function readDecimal(text: string, scale: number): Constant | null {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  if (match === null || text.length > DIGITS_MAX) return null
  const [, sign, whole = '', fraction = ''] = match
  const size = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  const value = sign === '-' ? -size : size
  if (/^0*$/.test(fraction.slice(scale))) return exactly(value)
  return sign === '-' ? { floor: value - 1n, ceiling: value } : { floor: value, ceiling: value + 1n }
}

const MOMENT =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?$/

/** Microseconds since 1970 of a date, a timestamp, or one with its offset. */
function readMicros(text: string): bigint | null {
  const match = MOMENT.exec(text)
  if (match === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, ...offset] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const [hours = '0', minutes = '0', rest = '0'] = offset.map((part) => part ?? '0')
  const ahead = (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)) * (sign === '-' ? -1 : 1)
  const time = date.getTime()
  if (Number.isNaN(time)) return null
  return BigInt(time) * 1000n + BigInt(seconds - ahead) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

export function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by !== 0n && value < 0n !== by < 0n ? quotient - 1n : quotient
}
