import type { ByteWriter } from './byte-writer.ts'

const ZERO = 48
const MINUS = 45
const INT64_TEXT_BYTES_MAX = 20
const WORD = 4_294_967_296
/** Up to here a double holds every whole number. */
const EXACT_MAX = 9_007_199_254_740_991
const EXACT_HIGH_MAX = 2_097_151

/** Decimal digits of a whole number of at most 2^53 - 1, without a check for room. Returns where they end. */
export function putUint(bytes: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = ZERO + value
    return at + 1
  }
  if (value > 4_294_967_295) {
    const high = Math.floor(value / 1e9)
    const end = putUint(bytes, at, high)
    return putDigits(bytes, end, value - high * 1e9, 9)
  }
  let length = 2
  for (let limit = 100; value >= limit && length < 10; limit *= 10) length++
  return putDigits(bytes, at, value, length)
}

/** Exactly `length` digits of a value below 2^32. */
export function putDigits(bytes: Uint8Array, at: number, value: number, length: number): number {
  let rest = value >>> 0
  for (let i = at + length - 1; i >= at; i--) {
    const next = (rest / 10) >>> 0
    bytes[i] = ZERO + rest - next * 10
    rest = next
  }
  return at + length
}

/** Exactly two digits of a value below 100. */
export function put2(bytes: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0
  bytes[at] = ZERO + tens
  bytes[at + 1] = ZERO + value - tens * 10
  return at + 2
}

export function writeInteger(out: ByteWriter, value: number): void {
  out.ensure(INT64_TEXT_BYTES_MAX)
  const bytes = out.bytes
  let at = out.at
  if (value < 0) {
    bytes[at++] = MINUS
    out.at = putUint(bytes, at, -value)
  } else out.at = putUint(bytes, at, value)
}

export function writeInt64(out: ByteWriter, low: number, high: number): void {
  if (high <= EXACT_HIGH_MAX && high >= -EXACT_HIGH_MAX) writeInteger(out, high * WORD + (low >>> 0))
  else writeBigInteger(out, int64(low, high))
}

export function writeBigInteger(out: ByteWriter, value: bigint): void {
  if (value <= EXACT_MAX && value >= -EXACT_MAX) {
    writeInteger(out, Number(value))
    return
  }
  const text = value.toString()
  out.ensure(text.length)
  out.at += out.bytes.write(text, out.at, 'latin1')
}

export function int64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** The number of an int64 if a double can hold it exactly, else NaN. */
export function exactInt64(low: number, high: number): number {
  return high <= EXACT_HIGH_MAX && high >= -EXACT_HIGH_MAX ? high * WORD + (low >>> 0) : Number.NaN
}

export function putInt16(out: ByteWriter, value: number): void {
  out.ensure(2)
  out.view.setInt16(out.at, value)
  out.at += 2
}

export function putInt32(out: ByteWriter, value: number): void {
  out.ensure(4)
  out.view.setInt32(out.at, value)
  out.at += 4
}

export function putInt64(out: ByteWriter, low: number, high: number): void {
  out.ensure(8)
  out.view.setInt32(out.at, high)
  out.view.setInt32(out.at + 4, low)
  out.at += 8
}

export function putBigInt64(out: ByteWriter, value: bigint): void {
  out.ensure(8)
  out.view.setBigInt64(out.at, value)
  out.at += 8
}
