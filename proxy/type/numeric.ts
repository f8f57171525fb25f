import { PgError } from '../error.ts'
import { type ByteWriter, writeAscii } from './byte-writer.ts'
import { float8Text } from './float.ts'
import { putDigits, putUint, writeInteger } from './integer.ts'

/**
 * numeric is a whole number of 10^-scale here. On the wire's binary side it is base 10000, as in
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c
 */
const BASE_DIGITS = 4
const BASE = 10_000
const SIGN_NEGATIVE = 0x4000
const SIGN_NAN = 0xc000
const SIGN_INFINITY = 0xd000
const SIGN_NEGATIVE_INFINITY = 0xf000
const SIGNIFICANT_DIGITS_MIN = 16
const DISPLAY_SCALE_MAX = 1000
/** of 0 / n for 1 <= n < 10000 */
const ZERO_QUOTIENT_SCALE = SIGNIFICANT_DIGITS_MIN + BASE_DIGITS
const EXACT_SCALE_MAX = 15
const POWERS: readonly number[] = Array.from({ length: EXACT_SCALE_MAX + 1 }, (_, i) => 10 ** i)
/** Longest text of a numeric that a double holds: sign, 16 digits, point, leading zeros. */
const EXACT_TEXT_BYTES_MAX = 40

export type Numeric =
  | { kind: 'finite'; unscaled: bigint; scale: number }
  | { kind: 'NaN' }
  | { kind: 'Infinity' }
  | { kind: '-Infinity' }

/** `unscaled` must be below 2^53. */
export function writeExactNumeric(out: ByteWriter, unscaled: number, scale: number): void {
  if (scale === 0) {
    writeInteger(out, unscaled)
    return
  }
  if (scale > EXACT_SCALE_MAX) {
    writeNumeric(out, BigInt(unscaled), scale)
    return
  }
  out.ensure(EXACT_TEXT_BYTES_MAX)
  const bytes = out.bytes
  let at = out.at
  let size = unscaled
  if (size < 0) {
    bytes[at++] = 45
    size = -size
  }
  const power = POWERS[scale] as number
  let whole = Math.floor(size / power)
  let rest = size - whole * power
  // the quotient may have been rounded up to a whole number
  if (rest < 0) {
    whole--
    rest += power
  }
  at = putUint(bytes, at, whole)
  bytes[at++] = 46
  if (scale <= 9) out.at = putDigits(bytes, at, rest, scale)
  else {
    const high = Math.floor(rest / 1e9)
    at = putDigits(bytes, at, high, scale - 9)
    out.at = putDigits(bytes, at, rest - high * 1e9, 9)
  }
}

export function writeNumeric(out: ByteWriter, unscaled: bigint, scale: number): void {
  writeAscii(out, numericText(unscaled, scale))
}

export function numericText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

export function writeNumericBinary(out: ByteWriter, unscaled: bigint, scale: number): void {
  const padded = (BASE_DIGITS - (scale % BASE_DIGITS)) % BASE_DIGITS
  let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(padded)
  const groups: number[] = []
  if (rest <= BigInt(Number.MAX_SAFE_INTEGER)) {
    let small = Number(rest)
    while (small > 0) {
      const next = Math.floor(small / BASE)
      groups.push(small - next * BASE)
      small = next
    }
  } else {
    for (; rest > 0n; rest /= 10_000n) groups.push(Number(rest % 10_000n))
  }
  const weight = groups.length === 0 ? 0 : groups.length - 1 - (scale + padded) / BASE_DIGITS
  let zeros = 0
  while (zeros < groups.length && groups[zeros] === 0) zeros++
  const count = groups.length - zeros
  out.ensure(8 + 2 * count)
  const view = out.view
  let at = out.at
  view.setInt16(at, count)
  view.setInt16(at + 2, weight)
  view.setUint16(at + 4, unscaled < 0n ? SIGN_NEGATIVE : 0)
  view.setUint16(at + 6, scale)
  at += 8
  for (let i = groups.length - 1; i >= zeros; i--, at += 2) view.setInt16(at, groups[i] as number)
  out.at = at
}

export function writeAnyNumeric(out: ByteWriter, value: Numeric, binary: boolean): void {
  if (value.kind !== 'finite') {
    if (binary) writeSpecialBinary(out, value.kind)
    else writeAscii(out, value.kind)
  } else if (binary) writeNumericBinary(out, value.unscaled, value.scale)
  else writeNumeric(out, value.unscaled, value.scale)
}

function writeSpecialBinary(out: ByteWriter, kind: 'NaN' | 'Infinity' | '-Infinity'): void {
  const code = { NaN: SIGN_NAN, Infinity: SIGN_INFINITY, '-Infinity': SIGN_NEGATIVE_INFINITY }[kind]
  out.ensure(8)
  out.view.setInt32(out.at, 0)
  out.view.setUint16(out.at + 4, code)
  // numeric_send gives an infinity the scale bits of its own header word: 0x20
  out.view.setUint16(out.at + 6, kind === 'NaN' ? 0 : 0x20)
  out.at += 8
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

export function parseNumeric(text: string): Numeric {
  const found = DECIMAL.exec(text)
  if (found === null || !/\d/.test(text)) {
    const word = text.toLowerCase()
    if (word === 'nan') return { kind: 'NaN' }
    if (word === 'infinity' || word === 'inf') return { kind: 'Infinity' }
    if (word === '-infinity' || word === '-inf') return { kind: '-Infinity' }
    throw new PgError('22P02', `invalid input syntax for type numeric: "${text}"`)
  }
  const [, minus = '', whole = '', fraction = '', exponent = '0'] = found
  const digits = BigInt(`${whole}${fraction}` || '0')
  const scale = fraction.length - Number(exponent)
  if (Math.abs(scale) > 16_383) throw new PgError('22003', 'value overflows numeric format')
  const unscaled = minus === '-' ? -digits : digits
  return scale >= 0
    ? { kind: 'finite', unscaled, scale }
    : { kind: 'finite', unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 }
}

/** A double as numeric: 15 significant digits, as PostgreSQL casts it. */
export function numericOfDouble(value: number): Numeric {
  if (!Number.isFinite(value)) return parseNumeric(float8Text(value))
  return parseNumeric(float8Text(Number(value.toPrecision(15))))
}

/** Half away from zero, as numeric rounds. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to >= from) return unscaled * 10n ** BigInt(to - from)
  const power = 10n ** BigInt(from - to)
  const half = power / 2n
  return (unscaled < 0n ? unscaled - half : unscaled + half) / power
}

/** Division with the scale that PostgreSQL gives its result (select_div_scale). */
export function divide(dividend: Numeric, divisor: Numeric): Numeric {
  if (dividend.kind !== 'finite' || divisor.kind !== 'finite') return divideSpecial(dividend, divisor)
  if (divisor.unscaled === 0n) throw new PgError('22012', 'division by zero')
  const a = leading(dividend.unscaled, dividend.scale)
  const b = leading(divisor.unscaled, divisor.scale)
  const weight = a.weight - b.weight - (a.digit <= b.digit ? 1 : 0)
  const wanted = Math.max(SIGNIFICANT_DIGITS_MIN - weight * BASE_DIGITS, dividend.scale, divisor.scale, 0)
  const scale = Math.min(wanted, DISPLAY_SCALE_MAX)
  const numerator = dividend.unscaled * 10n ** BigInt(scale + divisor.scale)
  const denominator = divisor.unscaled * 10n ** BigInt(dividend.scale)
  const negative = numerator < 0n !== denominator < 0n
  const n = numerator < 0n ? -numerator : numerator
  const d = denominator < 0n ? -denominator : denominator
  const quotient = (2n * n + d) / (2n * d)
  return { kind: 'finite', unscaled: negative ? -quotient : quotient, scale }
}

function divideSpecial(dividend: Numeric, divisor: Numeric): Numeric {
  if (dividend.kind === 'NaN' || divisor.kind === 'NaN') return { kind: 'NaN' }
  if (dividend.kind === 'finite') return { kind: 'finite', unscaled: 0n, scale: 0 }
  if (divisor.kind !== 'finite') return { kind: 'NaN' }
  if (divisor.unscaled === 0n) throw new PgError('22012', 'division by zero')
  const negative = divisor.unscaled < 0n !== (dividend.kind === '-Infinity')
  return { kind: negative ? '-Infinity' : 'Infinity' }
}

/** The scale that a value would have if it were the quotient of numbers that are not much larger: 16 significant digits in groups of four. */
export function withDivisionScale(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  if (unscaled === 0n) return { unscaled, scale: Math.max(scale, ZERO_QUOTIENT_SCALE) }
  const wanted = Math.max(0, SIGNIFICANT_DIGITS_MIN - BASE_DIGITS * leading(unscaled, scale).weight)
  return { unscaled: rescale(unscaled, scale, wanted), scale: wanted }
}

/** Weight and value of the first base-10000 digit that is not zero. */
function leading(unscaled: bigint, scale: number): { weight: number; digit: number } {
  if (unscaled === 0n) return { weight: 0, digit: 0 }
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString()
  const weight = Math.ceil((digits.length - scale) / BASE_DIGITS) - 1
  const length = digits.length - scale - weight * BASE_DIGITS
  return { weight, digit: Number(digits.slice(0, length).padEnd(length, '0')) }
}
