import { fail, type Native, refuse, strict } from './native.ts'

/**
 * numeric as text and BigInt, by the rules of numeric.c; floats where libm is not at hand in DuckDB.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c
 */

/** value = digits × 10^-scale */
export type Decimal = { readonly digits: bigint; readonly scale: number }

/** NUMERIC_MIN_SIG_DIGITS, NUMERIC_MAX_DISPLAY_SCALE and the digits of one base-10000 place */
const SIGNIFICANT_DIGITS = 16
const SCALE_MAX = 1000
const PLACE_DIGITS = 4

export function parseDecimal(text: string): Decimal {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text)
  if (found === null) return refuse(`numeric value ${text}`)
  const fraction = found[3] ?? ''
  const digits = BigInt(`${found[2] ?? ''}${fraction}` || '0')
  return { digits: found[1] === '-' ? -digits : digits, scale: fraction.length }
}

export function decimalText({ digits, scale }: Decimal): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const sign = digits < 0n ? '-' : ''
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`
}

function ten(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** n / d, half away from zero */
function divideRounded(n: bigint, d: bigint): bigint {
  const negative = n < 0n !== d < 0n
  const [an, ad] = [abs(n), abs(d)]
  const quotient = (2n * an + ad) / (2n * ad)
  return negative ? -quotient : quotient
}

export function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { digits: value.digits * ten(scale - value.scale), scale }
  return { digits: divideRounded(value.digits, ten(value.scale - scale)), scale }
}

function truncate(value: Decimal, scale: number): Decimal {
  return scale >= value.scale ? rescale(value, scale) : { digits: value.digits / ten(value.scale - scale), scale }
}

/** Weight and first digit in base 10000, as NumericVar has them. */
function firstPlace(value: Decimal): { weight: number; digit: number } {
  if (value.digits === 0n) return { weight: 0, digit: 0 }
  const text = abs(value.digits).toString()
  // decimal exponent of the first digit
  const exponent = text.length - 1 - value.scale
  const weight = Math.floor(exponent / PLACE_DIGITS)
  const inPlace = exponent - weight * PLACE_DIGITS + 1
  return { weight, digit: Number(text.slice(0, inPlace).padEnd(inPlace, '0')) }
}

/** select_div_scale */
export function divisionScale(dividend: Decimal, divisor: Decimal): number {
  const [a, b] = [firstPlace(dividend), firstPlace(divisor)]
  const weight = a.weight - b.weight - (a.digit <= b.digit ? 1 : 0)
  const scale = SIGNIFICANT_DIGITS - weight * PLACE_DIGITS
  return Math.min(SCALE_MAX, Math.max(scale, dividend.scale, divisor.scale, 0))
}

export function divide(a: Decimal, b: Decimal, scale: number): Decimal {
  if (b.digits === 0n) return fail('22012', 'division by zero')
  return { digits: divideRounded(a.digits * ten(b.scale + scale), b.digits * ten(a.scale)), scale }
}

/** PostgreSQL's quotient, cut to the decimal places that a column has. */
function quotient(a: string, b: string, scaleMax: number): string {
  const [dividend, divisor] = [parseDecimal(a), parseDecimal(b)]
  return decimalText(divide(dividend, divisor, Math.min(scaleMax, divisionScale(dividend, divisor))))
}

function aligned(a: string, b: string): { a: bigint; b: bigint; scale: number } {
  const [left, right] = [parseDecimal(a), parseDecimal(b)]
  const scale = Math.max(left.scale, right.scale)
  return { a: rescale(left, scale).digits, b: rescale(right, scale).digits, scale }
}

function modulo(a: string, b: string): string {
  const both = aligned(a, b)
  if (both.b === 0n) return fail('22012', 'division by zero')
  return decimalText({ digits: both.a % both.b, scale: both.scale })
}

function divideTruncated(a: string, b: string): string {
  const both = aligned(a, b)
  return both.b === 0n ? fail('22012', 'division by zero') : (both.a / both.b).toString()
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** floor of the square root */
function integerRoot(n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2))
  for (;;) {
    const y = (x + n / x) >> 1n
    if (y >= x) return x
    x = y
  }
}

function squareRoot(value: Decimal, scale: number): Decimal {
  // one digit more, and then round: the discarded rest is never exactly a half
  const guard = 2
  const places = scale + guard
  const shifted = value.digits * ten(2 * places - value.scale)
  return rescale({ digits: integerRoot(shifted), scale: places }, scale)
}

/** numeric_sqrt */
function sqrt(text: string): string {
  const value = parseDecimal(text)
  if (value.digits < 0n) return fail('2201F', 'cannot take square root of a negative number')
  const { weight } = firstPlace(value)
  const rootWeight =
    weight >= 0 ? Math.trunc((weight * PLACE_DIGITS) / 2) + 1 : 1 - Math.trunc((1 - weight * PLACE_DIGITS) / 2)
  const scale = Math.min(SCALE_MAX, Math.max(SIGNIFICANT_DIGITS - rootWeight, value.scale, 0))
  const guarded = value.scale > 2 * (scale + 2) ? { ...value } : value
  return decimalText(squareRoot(guarded, scale))
}

/** Guard digits of the series below. */
const GUARD_DIGITS = 12

/** exp of value, with `scale` places, by halving the argument and squaring back */
function expFixed(value: Decimal, scale: number): Decimal {
  const estimate = Number(decimalText(value))
  const whole = Math.max(0, Math.ceil(estimate * Math.LOG10E))
  const places = scale + whole + GUARD_DIGITS
  const one = ten(places)
  let halvings = 0
  let x = rescale(value, places).digits
  while (abs(x) * 100n > one) {
    x = divideRounded(x, 2n)
    halvings++
  }
  const extra = ten(halvings)
  const fine = one * extra
  x *= extra
  let term = fine
  let total = fine
  for (let n = 1n; term !== 0n; n++) {
    term = (term * x) / (fine * n)
    total += term
  }
  for (let i = 0; i < halvings; i++) total = (total * total) / fine
  return rescale({ digits: total, scale: places + halvings }, scale)
}

/** ln of a positive value, with `scale` places, by Newton's steps on exp from the double's estimate */
function lnFixed(value: Decimal, scale: number): Decimal {
  const places = scale + GUARD_DIGITS
  let x = rescale(parseDecimal(Math.log(Number(decimalText(value))).toFixed(14)), places)
  for (let digits = 14; digits < places * 2; digits *= 2) {
    const e = expFixed(x, places)
    const v = rescale(value, places)
    // x + 2 (v - e) / (v + e)
    const step = divideRounded(2n * (v.digits - e.digits) * ten(places), v.digits + e.digits)
    x = { digits: x.digits + step, scale: places }
    if (step === 0n) break
  }
  return rescale(x, scale)
}

/** Decimal digits before the point of ln's argument decide how many places it shows: estimate_ln_dweight */
function lnWeight(value: Decimal): number {
  const ln = Math.abs(Math.log(Number(decimalText(value))))
  return ln === 0 ? 0 : Math.trunc(Math.log10(ln))
}

function lnScale(value: Decimal, least: number): number {
  return Math.min(SCALE_MAX, Math.max(SIGNIFICANT_DIGITS - lnWeight(value), value.scale, least, 0))
}

function positive(text: string): Decimal {
  const value = parseDecimal(text)
  if (value.digits === 0n) return fail('2201E', 'cannot take logarithm of zero')
  if (value.digits < 0n) return fail('2201E', 'cannot take logarithm of a negative number')
  return value
}

function ln(text: string): string {
  const value = positive(text)
  return decimalText(lnFixed(value, lnScale(value, 0)))
}

function log(baseText: string, text: string): string {
  const [base, value] = [positive(baseText), positive(text)]
  const [lnBase, lnValue] = [lnWeight(base), lnWeight(value)]
  const ratio = Math.log(Number(text)) / Math.log(Number(baseText))
  const weight = ratio === 0 ? 0 : Math.trunc(Math.log10(Math.abs(ratio)))
  const scale = Math.min(SCALE_MAX, Math.max(SIGNIFICANT_DIGITS - weight, base.scale, value.scale, 0))
  const places = scale + Math.abs(lnBase) + Math.abs(lnValue) + GUARD_DIGITS
  return decimalText(divide(lnFixed(value, places), lnFixed(base, places), scale))
}

/** Largest exponent of e whose power still fits 38 digits. */
const EXP_ARGUMENT_MAX = 88

function exp(text: string): string {
  const value = parseDecimal(text)
  const estimate = Number(text)
  if (estimate > EXP_ARGUMENT_MAX) return fail('22003', 'value overflows numeric format')
  const scale = Math.min(SCALE_MAX, Math.max(SIGNIFICANT_DIGITS - Math.trunc(estimate * Math.LOG10E), value.scale, 0))
  return decimalText(expFixed(value, scale))
}

function power(baseText: string, exponentText: string): string {
  const [base, exponent] = [parseDecimal(baseText), parseDecimal(exponentText)]
  const whole = exponent.digits % ten(exponent.scale) === 0n
  if (base.digits === 0n && exponent.digits < 0n) fail('2201F', 'zero raised to a negative power is undefined')
  if (base.digits < 0n && !whole)
    fail('2201F', 'a negative number raised to a non-integer power yields a complex result')
  if (base.digits === 0n) return exponent.digits === 0n ? '1.0000000000000000' : '0.0000000000000000'
  const estimate = Number(exponentText) * Math.log10(Math.abs(Number(baseText)))
  if (estimate > 39) fail('22003', 'value overflows numeric format')
  const scale = Math.min(SCALE_MAX, Math.max(SIGNIFICANT_DIGITS - Math.trunc(estimate), base.scale, exponent.scale, 0))
  if (whole) return decimalText(integerPower(base, Number(exponent.digits / ten(exponent.scale)), scale))
  const places = scale + GUARD_DIGITS + Math.max(0, Math.ceil(estimate))
  const product = lnFixed(base, places).digits * exponent.digits
  return decimalText(expFixed({ digits: product, scale: places + exponent.scale }, scale))
}

function integerPower(base: Decimal, exponent: number, scale: number): Decimal {
  const size = Math.abs(exponent)
  const digits = base.digits ** BigInt(size)
  const raised: Decimal = { digits, scale: base.scale * size }
  return exponent >= 0 ? rescale(raised, scale) : divide({ digits: 1n, scale: 0 }, raised, scale)
}

function factorial(n: bigint): string {
  if (n < 0n) return fail('22003', 'factorial of a negative number is undefined')
  if (n > 33n) return fail('22003', 'value overflows numeric format')
  let product = 1n
  for (let i = 2n; i <= n; i++) product *= i
  return product.toString()
}

function minScale(text: string): number {
  return (/\.(\d*[1-9])?0*$/.exec(text)?.[1] ?? '').length
}

/** numeric_stddev_internal: N, Σx, Σx² to (N Σx² - (Σx)²) / (N (N-1)), or N² in place of N (N-1) */
function variance(count: bigint, sumText: string, squaresText: string, sample: boolean): Decimal | null {
  if (count === 0n || (sample && count === 1n)) return null
  const [sum, squares] = [parseDecimal(sumText), parseDecimal(squaresText)]
  const scale = Math.max(2 * sum.scale, squares.scale)
  const digits =
    count * rescale(squares, scale).digits - rescale({ digits: sum.digits ** 2n, scale: 2 * sum.scale }, scale).digits
  if (digits <= 0n) return { digits: 0n, scale: 0 }
  const dividend: Decimal = { digits, scale }
  const divisor: Decimal = { digits: count * (sample ? count - 1n : count), scale: 0 }
  return divide(dividend, divisor, divisionScale(dividend, divisor))
}

/** `places`: how many a DECIMAL column keeps */
function varianceText(count: bigint, sum: string, squares: string, sample: boolean, places: number): string | null {
  const value = variance(count, sum, squares, sample)
  return value === null ? null : decimalText(value.scale > places ? rescale(value, places) : value)
}

function deviationText(count: bigint, sum: string, squares: string, sample: boolean, places: number): string | null {
  const value = variance(count, sum, squares, sample)
  return value === null ? null : decimalText(squareRoot(value, Math.min(value.scale, places)))
}

/** float8 to numeric goes through %.15g, float4 through %.6g */
function floatDigits(value: number, digits: number): string {
  if (!Number.isFinite(value)) return refuse(`numeric value ${Number.isNaN(value) ? 'NaN' : 'Infinity'}`)
  const [mantissa = '0', exponent = '0'] = value.toExponential(digits - 1).split('e')
  const decimal = parseDecimal(mantissa)
  const shift = Number(exponent)
  const scale = decimal.scale - shift
  if (shift >= 23) return refuse('a numeric of more than 38 digits')
  return decimalText(
    scale >= 0 ? { digits: decimal.digits, scale } : { digits: decimal.digits * ten(-scale), scale: 0 },
  )
}

/** Rows that a series may have: it is made as one list. */
const SERIES_ROWS_MAX = 10_000_000n

function series(from: string, to: string, by: string): string[] {
  const [start, stop, step] = [parseDecimal(from), parseDecimal(to), parseDecimal(by)]
  if (step.digits === 0n) return fail('22023', 'step size cannot equal zero')
  const scale = Math.max(start.scale, step.scale)
  const wide = Math.max(scale, stop.scale)
  const [a, b, s] = [start, stop, step].map((value) => rescale(value, wide).digits) as [bigint, bigint, bigint]
  const rows = (b - a) / s + 1n
  if ((s > 0n && a > b) || (s < 0n && a < b)) return []
  if (rows > SERIES_ROWS_MAX) return fail('54000', `generate_series of more than ${SERIES_ROWS_MAX} rows`)
  return Array.from({ length: Number(rows) }, (_, index) =>
    decimalText(rescale({ digits: a + s * BigInt(index), scale: wide }, scale)),
  )
}

function widthBucket(operand: number, low: number, high: number, count: number): number {
  if (count <= 0) return fail('2201G', 'count must be greater than zero')
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high))
    return fail('2201G', 'operand, lower bound, and upper bound cannot be NaN')
  if (!Number.isFinite(low) || !Number.isFinite(high)) return fail('2201G', 'lower and upper bounds must be finite')
  if (low === high) return fail('2201G', 'lower bound cannot equal upper bound')
  if (low < high) {
    if (operand < low) return 0
    if (operand >= high) return count + 1
    return Math.min(count, Math.floor((count * (operand - low)) / (high - low)) + 1)
  }
  if (operand > low) return 0
  if (operand <= high) return count + 1
  return Math.min(count, Math.floor((count * (low - operand)) / (low - high)) + 1)
}

function widthBucketNumeric(operandText: string, lowText: string, highText: string, count: number): number {
  if (count <= 0) return fail('2201G', 'count must be greater than zero')
  const values = [operandText, lowText, highText].map(parseDecimal)
  const scale = Math.max(...values.map((value) => value.scale))
  const [operand, low, high] = values.map((value) => rescale(value, scale).digits) as [bigint, bigint, bigint]
  if (low === high) return fail('2201G', 'lower bound cannot equal upper bound')
  const [value, from, to] = low < high ? [operand, low, high] : [-operand, -low, -high]
  if (value < from) return 0
  if (value >= to) return count + 1
  return Number((BigInt(count) * (value - from)) / (to - from)) + 1
}

function degreesSine(degrees: number): number {
  const x = degrees % 180
  const sign = (Math.floor(Math.abs(degrees) / 180) % 2 === 1 ? -1 : 1) * (x < 0 ? -1 : 1)
  const y = Math.abs(x)
  const quarter = y > 90 ? 180 - y : y
  return sign * (quarter <= 30 ? sinToThirty(quarter) : cosToSixty(90 - quarter))
}

function degreesCosine(degrees: number): number {
  const x = Math.abs(degrees % 360)
  const y = x > 180 ? 360 - x : x
  const [quarter, sign] = y > 90 ? [180 - y, -1] : [y, 1]
  return sign * (quarter <= 60 ? cosToSixty(quarter) : sinToThirty(90 - quarter))
}

const RADIANS = 0.017453292519943295

/** Scaled so that the ends are exact: float.c, sind_0_to_30 and cosd_0_to_60 */
function sinToThirty(degrees: number): number {
  return Math.sin(degrees * RADIANS) / Math.sin(30 * RADIANS) / 2
}

function cosToSixty(degrees: number): number {
  const oneMinus = 1 - Math.cos(degrees * RADIANS)
  return 1 - oneMinus / (1 - Math.cos(60 * RADIANS)) / 2
}

function finiteAngle(value: number): number {
  return Number.isFinite(value) || Number.isNaN(value) ? value : fail('22003', 'input is out of range')
}

function unit(value: number): number {
  return value < -1 || value > 1 ? fail('22003', 'input is out of range') : value
}

const DEGREES = ['DOUBLE'] as const

function ofDegrees(name: string, f: (degrees: number) => number): Native {
  return strict(name, DEGREES, 'DOUBLE', (degrees) => f(finiteAngle(degrees)))
}

function asind(x: number): number {
  if (x < 0) return -asind(-x)
  if (x <= 0.5) return (Math.asin(x) / Math.asin(0.5)) * 30
  return 90 - (Math.acos(x) / Math.acos(0.5)) * 60
}

function acosd(x: number): number {
  if (x < 0) return 90 + asind(-x)
  if (x <= 0.5) return 90 - (Math.asin(x) / Math.asin(0.5)) * 30
  return (Math.acos(x) / Math.acos(0.5)) * 60
}

const TAN_45 = degreesSine(45) / degreesCosine(45)

export const NUMBER_NATIVES: readonly Native[] = [
  strict('pg_numeric_div', ['VARCHAR', 'VARCHAR', 'INTEGER'], 'VARCHAR', quotient),
  strict('pg_numeric_mod', ['VARCHAR', 'VARCHAR'], 'VARCHAR', modulo),
  strict('pg_numeric_div_trunc', ['VARCHAR', 'VARCHAR'], 'VARCHAR', divideTruncated),
  strict('pg_numeric_round', ['VARCHAR', 'INTEGER'], 'VARCHAR', (text, places) => toPlaces(text, places, rescale)),
  strict('pg_numeric_scaled', ['VARCHAR', 'INTEGER'], 'VARCHAR', (text, scale) =>
    decimalText(rescale(parseDecimal(text), scale)),
  ),
  strict('pg_numeric_trunc', ['VARCHAR', 'INTEGER'], 'VARCHAR', (text, places) => toPlaces(text, places, truncate)),
  strict('pg_numeric_sqrt', ['VARCHAR'], 'VARCHAR', sqrt),
  strict('pg_numeric_exp', ['VARCHAR'], 'VARCHAR', exp),
  strict('pg_numeric_ln', ['VARCHAR'], 'VARCHAR', ln),
  strict('pg_numeric_log', ['VARCHAR', 'VARCHAR'], 'VARCHAR', log),
  strict('pg_numeric_log10', ['VARCHAR'], 'VARCHAR', (text) => log('10', text)),
  strict('pg_numeric_power', ['VARCHAR', 'VARCHAR'], 'VARCHAR', power),
  strict('pg_factorial', ['BIGINT'], 'VARCHAR', factorial),
  strict('pg_numeric_gcd', ['VARCHAR', 'VARCHAR'], 'VARCHAR', (a, b) => {
    const both = aligned(a, b)
    return decimalText({ digits: gcd(both.a, both.b), scale: both.scale })
  }),
  strict('pg_numeric_lcm', ['VARCHAR', 'VARCHAR'], 'VARCHAR', (a, b) => {
    const both = aligned(a, b)
    const divisor = gcd(both.a, both.b)
    return decimalText({ digits: divisor === 0n ? 0n : (abs(both.a) / divisor) * abs(both.b), scale: both.scale })
  }),
  strict('pg_numeric_min_scale', ['VARCHAR'], 'INTEGER', minScale),
  strict('pg_numeric_variance', ['BIGINT', 'VARCHAR', 'VARCHAR', 'BOOLEAN', 'INTEGER'], 'VARCHAR', varianceText),
  strict('pg_numeric_stddev', ['BIGINT', 'VARCHAR', 'VARCHAR', 'BOOLEAN', 'INTEGER'], 'VARCHAR', deviationText),
  strict('pg_float8_numeric', ['DOUBLE'], 'VARCHAR', (value) => floatDigits(value, 15)),
  strict('pg_float4_numeric', ['DOUBLE'], 'VARCHAR', (value) => floatDigits(value, 6)),
  strict('pg_series_numeric', ['VARCHAR', 'VARCHAR', 'VARCHAR'], 'VARCHAR[]', series),
  strict('pg_width_bucket', ['DOUBLE', 'DOUBLE', 'DOUBLE', 'INTEGER'], 'INTEGER', widthBucket),
  strict('pg_width_bucket_numeric', ['VARCHAR', 'VARCHAR', 'VARCHAR', 'INTEGER'], 'INTEGER', widthBucketNumeric),
  strict('pg_gcd', ['BIGINT', 'BIGINT'], 'BIGINT', gcdInteger),
  strict('pg_lcm', ['BIGINT', 'BIGINT'], 'BIGINT', lcmInteger),
  strict('pg_int2shl', ['INTEGER', 'INTEGER'], 'INTEGER', (a, b) => ((a << b) << 16) >> 16),
  strict('pg_int2shr', ['INTEGER', 'INTEGER'], 'INTEGER', (a, b) => a >> b),
  strict('pg_int4shl', ['INTEGER', 'INTEGER'], 'INTEGER', (a, b) => a << b),
  strict('pg_int4shr', ['INTEGER', 'INTEGER'], 'INTEGER', (a, b) => a >> b),
  strict('pg_int8shl', ['BIGINT', 'INTEGER'], 'BIGINT', (a, b) => BigInt.asIntN(64, a << BigInt(b & 63))),
  strict('pg_int8shr', ['BIGINT', 'INTEGER'], 'BIGINT', (a, b) => a >> BigInt(b & 63)),
  strict('pg_to_base', ['BIGINT', 'INTEGER'], 'VARCHAR', (value, base) => BigInt.asUintN(64, value).toString(base)),
  ofDegrees('pg_sind', degreesSine),
  ofDegrees('pg_cosd', degreesCosine),
  ofDegrees('pg_tand', (x) => degreesSine(x) / degreesCosine(x) / TAN_45),
  ofDegrees('pg_cotd', (x) => degreesCosine(x) / degreesSine(x) / (degreesCosine(45) / degreesSine(45))),
  strict('pg_asind', DEGREES, 'DOUBLE', (x) => asind(unit(x))),
  strict('pg_acosd', DEGREES, 'DOUBLE', (x) => acosd(unit(x))),
]

function toPlaces(text: string, places: number, cut: (value: Decimal, scale: number) => Decimal): string {
  const value = parseDecimal(text)
  if (places >= 0) return decimalText(cut(value, Math.min(places, value.scale)))
  const unit = ten(-places)
  const whole = cut({ digits: value.digits, scale: value.scale - places }, 0).digits
  return (whole * unit).toString()
}

const BIGINT_MAX = 2n ** 63n - 1n

function inBigint(value: bigint): bigint {
  return value > BIGINT_MAX ? fail('22003', 'bigint out of range') : value
}

function gcdInteger(a: bigint, b: bigint): bigint {
  return inBigint(gcd(a, b))
}

function lcmInteger(a: bigint, b: bigint): bigint {
  const divisor = gcd(a, b)
  return divisor === 0n ? 0n : inBigint((abs(a) / divisor) * abs(b))
}
