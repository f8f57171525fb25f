import { type ByteWriter, writeAscii } from './byte-writer.ts'
import { putDigits, putUint } from './integer.ts'

/**
 * Floating point as float4out and float8out print it: for extra_float_digits > 0 the shortest digits that read back as
 * the same number, else so many digits as printf %g would.
 * https://www.postgresql.org/docs/18/datatype-numeric.html#DATATYPE-FLOAT
 */
const DOUBLE = { digits: 15, digitsMax: 17, fixedExponentMax: 15, exactMax: 2 ** 53, ulpBits: 53 }
const SINGLE = { digits: 6, digitsMax: 9, fixedExponentMax: 6, exactMax: 2 ** 24, ulpBits: 24 }
const SINGLE_NORMAL_MIN = 2 ** -126
/** so many zeros after a five make a tie */
const TIE_DIGITS = 30
const FIXED_EXPONENT_MIN = -4
const CENTS_MAX = 4_294_967_295

export function writeFloat8(out: ByteWriter, value: number, extraFloatDigits: number): void {
  if (extraFloatDigits <= 0) {
    writeAscii(out, float8Digits(value, extraFloatDigits))
    return
  }
  // Most doubles of real tables are amounts. A decimal of at most 15 digits that reads back as the same double is the
  // shortest one, since no two such decimals share a double.
  const size = value < 0 ? -value : value
  const cents = Math.round(size * 100)
  if (cents <= CENTS_MAX && cents / 100 === size && (size !== 0 || 1 / value > 0)) {
    out.ensure(16)
    const bytes = out.bytes
    let at = out.at
    if (value < 0) bytes[at++] = 45
    const whole = Math.floor(cents / 100)
    const rest = cents - whole * 100
    at = putUint(bytes, at, whole)
    if (rest !== 0) {
      bytes[at++] = 46
      const tenths = (rest / 10) | 0
      at = rest === tenths * 10 ? putDigits(bytes, at, tenths, 1) : putDigits(bytes, at, rest, 2)
    }
    out.at = at
    return
  }
  writeAscii(out, float8Text(value))
}

export function writeFloat4(out: ByteWriter, value: number, extraFloatDigits: number): void {
  writeAscii(out, extraFloatDigits <= 0 ? float4Digits(value, extraFloatDigits) : float4Text(value))
}

/** For extra_float_digits of 0 and less. */
export function float8Digits(value: number, extraFloatDigits: number): string {
  return precise(value, Math.max(1, DOUBLE.digits + extraFloatDigits))
}

export function float4Digits(value: number, extraFloatDigits: number): string {
  return precise(value, Math.max(1, SINGLE.digits + extraFloatDigits))
}

export function float8Text(value: number): string {
  const special = specialText(value)
  if (special !== null) return special
  const size = Math.abs(value)
  // From 2^53 on a short decimal can lie exactly half way to the next double. It still reads back, but only thanks to
  // round-half-even, which PostgreSQL does not count on: 1e23 is 9.999999999999999e+22.
  const digits = size >= DOUBLE.exactMax ? strictDigits(size, DOUBLE) : size.toExponential()
  return sign(value) + shaped(digits, DOUBLE.fixedExponentMax)
}

export function float4Text(value: number): string {
  const special = specialText(value)
  if (special !== null) return special
  const size = Math.abs(value)
  return sign(value) + shaped(singleDigits(size), SINGLE.fixedExponentMax)
}

function specialText(value: number): string | null {
  if (value === 0) return 1 / value < 0 ? '-0' : '0'
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  return value === Number.NEGATIVE_INFINITY ? '-Infinity' : null
}

function sign(value: number): string {
  return value < 0 ? '-' : ''
}

/** Six digits always survive a float, so that fewer need not be tried: zeros at the end are cut. Not so below its normal range. */
function singleDigits(size: number): string {
  if (size >= SINGLE.exactMax) return strictDigits(size, SINGLE)
  for (let digits = size < SINGLE_NORMAL_MIN ? 1 : SINGLE.digits; digits < SINGLE.digitsMax; digits++) {
    for (const text of roundings(size, digits)) if (Math.fround(Number(text)) === size) return text
  }
  return size.toExponential(SINGLE.digitsMax - 1)
}

/** The fewest digits that lie strictly nearer to `size` than to its neighbours. */
function strictDigits(size: number, { digitsMax, ulpBits }: typeof DOUBLE): string {
  const exact = BigInt(size)
  const ulp = 1n << BigInt(exact.toString(2).length - ulpBits)
  const powerOfTwo = (exact & (exact - 1n)) === 0n
  for (let digits = 1; digits < digitsMax; digits++) {
    for (const text of roundings(size, digits)) {
      const candidate = wholeNumber(text)
      const away = candidate > exact ? 2n * (candidate - exact) : 2n * (exact - candidate)
      // below a power of two the neighbour is only half as far
      const room = candidate < exact && powerOfTwo ? ulp / 2n : ulp
      if (away < room) return text
    }
  }
  return size.toExponential(digitsMax - 1)
}

/** The nearest number of so many digits, and the next above it: the nearest to a power of two may lie too far below. */
function roundings(size: number, digits: number): [string, string] {
  const nearest = nearestEven(size, digits)
  const e = nearest.indexOf('e')
  const mantissa = String(BigInt(nearest.slice(0, e).replace('.', '')) + 1n)
  const exponent = Number(nearest.slice(e + 1)) + mantissa.length - digits
  const point = mantissa.length > 1 ? `${mantissa[0]}.${mantissa.slice(1)}` : mantissa
  return [nearest, `${point}e${exponent}`]
}

/** toExponential rounds a tie up; PostgreSQL rounds it to the even digit. */
function nearestEven(size: number, digits: number): string {
  const up = size.toExponential(digits - 1)
  const e = up.indexOf('e')
  if (up.charCodeAt(e - 1) % 2 === 0) return up
  const longer = size.toExponential(digits + TIE_DIGITS)
  const point = digits === 1 ? '.' : ''
  const cut = digits === 1 ? 1 : digits + 1
  if (longer.slice(cut, longer.indexOf('e')) !== `${point}5${'0'.repeat(TIE_DIGITS)}`) return up
  return longer.slice(0, cut) + longer.slice(longer.indexOf('e'))
}

/** Of d.ddde+x with no digit after the point. */
function wholeNumber(exponential: string): bigint {
  const [mantissa = '', exponent = '0'] = exponential.replace('.', '').split('e')
  return BigInt(mantissa) * 10n ** BigInt(Number(exponent) - mantissa.length + 1)
}

/** From d.ddde±x to what PostgreSQL prints: plain digits for small exponents, else at least two digits of exponent. */
function shaped(exponential: string, fixedExponentMax: number): string {
  const e = exponential.indexOf('e')
  const exponent = Number(exponential.slice(e + 1))
  let digits = exponential.slice(0, e).replace('.', '')
  let end = digits.length
  while (end > 1 && digits.charCodeAt(end - 1) === 48) end--
  digits = digits.slice(0, end)
  if (exponent < FIXED_EXPONENT_MIN || exponent >= fixedExponentMax) {
    const size = Math.abs(exponent)
    const point = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return `${point}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return digits + '0'.repeat(exponent + 1 - digits.length)
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** printf's %.*g */
function precise(value: number, digits: number): string {
  const special = specialText(value)
  if (special !== null) return special
  return sign(value) + shaped(Math.abs(value).toExponential(digits - 1), digits)
}
