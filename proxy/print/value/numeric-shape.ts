import type { AggregateCall, Call, NumericShape } from '../answer.ts'

/** Decimal exponents of the integer types' largest values; a numeric's is its digits before the point. */
const INTEGER_EXPONENTS: Readonly<Record<number, number>> = { 5: 4.52, 10: 9.33, 19: 18.97 }
/** PostgreSQL gives at least 16 significant digits, most often 20 after the point. */
const SPREAD_SCALE_MAX = 20
const SPREAD_SCALE_MIN = 16

/** Of a variance or a standard deviation: as many places as the largest square leaves room for. */
export function spreadShape(call: AggregateCall): NumericShape {
  const { precision, scale } = call.numeric(0)
  const exponent = scale === 0 ? (INTEGER_EXPONENTS[precision] ?? precision) : precision - scale
  const room = 38 - Math.ceil(2 * exponent + 0.31)
  return { precision: 38, scale: Math.max(SPREAD_SCALE_MIN, Math.min(SPREAD_SCALE_MAX, room)) }
}

/** Of round(x, n) and trunc(x, n), where the engine has so many digits. */
export function placesShape(call: Call, digitsMax: number): NumericShape {
  const own = call.numeric(0)
  const places = call.constant(1)
  if (places === undefined || places === null) return own
  const scale = Math.max(0, Math.min(Number(places), digitsMax - 1))
  return { precision: Math.min(digitsMax, own.precision - own.scale + 1 + scale), scale }
}
