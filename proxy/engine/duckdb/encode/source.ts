import duckdb from '@duckdb/node-bindings'
import { exactInt64, int64 } from '../../../type/integer.ts'
import { type Numeric, numericOfDouble, parseNumeric } from '../../../type/numeric.ts'
import type { BoundVector } from './vector.ts'

/** Values of a vector as the few kinds of number that PostgreSQL's types are written from. */

const T = duckdb.Type
const WORD = 4_294_967_296

/** Whole numbers of at most 32 bits; null: the vector holds something else. */
export function smallIntegers(v: BoundVector): ((row: number) => number) | null {
  switch (v.type.id) {
    case T.TINYINT:
      return (row) => v.i8[row] as number
    case T.UTINYINT:
      return (row) => v.bytes[row] as number
    case T.SMALLINT:
      return (row) => v.i16[row] as number
    case T.USMALLINT:
      return (row) => (v.i16[row] as number) & 0xffff
    case T.INTEGER:
      return (row) => v.i32[row] as number
    case T.UINTEGER:
      return (row) => v.u32[row] as number
    case T.BOOLEAN:
      return (row) => v.bytes[row] as number
    default:
      return null
  }
}

/** The unscaled whole numbers of integers and decimals of any width. */
export function wideIntegers(v: BoundVector): ((row: number) => bigint) | null {
  const small = smallIntegers(v)
  if (small !== null) return (row) => BigInt(small(row))
  switch (v.type.id) {
    case T.BIGINT:
      return (row) => int64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    case T.UBIGINT:
      return (row) => BigInt.asUintN(64, int64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number))
    case T.HUGEINT:
    case T.UHUGEINT:
      return (row) => int128(v, row)
    case T.DECIMAL:
      return decimals(v)
    default:
      return null
  }
}

function int128(v: BoundVector, row: number): bigint {
  const high = int64(v.u32[4 * row + 2] as number, v.i32[4 * row + 3] as number)
  const low = BigInt.asUintN(64, int64(v.u32[4 * row] as number, v.i32[4 * row + 1] as number))
  return ((v.type.id === T.UHUGEINT ? BigInt.asUintN(64, high) : high) << 64n) | low
}

function decimals(v: BoundVector): (row: number) => bigint {
  switch (v.type.width) {
    case 2:
      return (row) => BigInt(v.i16[row] as number)
    case 4:
      return (row) => BigInt(v.i32[row] as number)
    case 8:
      return (row) => int64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    default:
      return (row) => int128(v, row)
  }
}

/** The same as doubles: NaN where one is too large to be exact, which `wideIntegers` then gives. */
export function exactIntegers(v: BoundVector): ((row: number) => number) | null {
  const small = smallIntegers(v)
  if (small !== null) return small
  const { id, width } = v.type
  if (id === T.BIGINT || (id === T.DECIMAL && width === 8))
    return (row) => exactInt64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
  if (id === T.HUGEINT || (id === T.DECIMAL && width === 16)) {
    return (row) => {
      const high = v.i32[4 * row + 1] as number
      const sign = high >> 31
      return v.i32[4 * row + 2] === sign && v.i32[4 * row + 3] === sign
        ? exactInt64(v.u32[4 * row] as number, high)
        : Number.NaN
    }
  }
  if (id === T.DECIMAL) return width === 2 ? (row) => v.i16[row] as number : (row) => v.i32[row] as number
  return null
}

export function doubles(v: BoundVector): ((row: number) => number) | null {
  if (v.type.id === T.DOUBLE) return (row) => v.f64[row] as number
  if (v.type.id === T.FLOAT) return (row) => v.f32[row] as number
  if (v.type.id === T.VARCHAR) return (row) => Number(v.string(row))
  const wide = wideIntegers(v)
  if (wide === null) return null
  const { scale } = v.type
  return scale === 0 ? (row) => Number(wide(row)) : (row) => Number(`${wide(row)}e-${scale}`)
}

export function numerics(v: BoundVector): ((row: number) => Numeric) | null {
  const { id, scale } = v.type
  if (id === T.DOUBLE) return (row) => numericOfDouble(v.f64[row] as number)
  if (id === T.FLOAT) return (row) => numericOfDouble(v.f32[row] as number)
  if (id === T.VARCHAR) return (row) => parseNumeric(v.string(row))
  const wide = wideIntegers(v)
  return wide === null ? null : (row) => ({ kind: 'finite', unscaled: wide(row), scale })
}

/** Units per second of the types that count time since 1970. */
const TIMESTAMP_UNITS: ReadonlyMap<duckdb.Type, bigint> = new Map([
  [T.TIMESTAMP_S, 1n],
  [T.TIMESTAMP_MS, 1000n],
  [T.TIMESTAMP, 1_000_000n],
  [T.TIMESTAMP_TZ, 1_000_000n],
  [T.TIMESTAMP_NS, 1_000_000_000n],
])
const INT64_MAX = 0x7fff_ffff_ffff_ffffn
const MICROS_PER_DAY = 86_400_000_000n

/** Microseconds since 1970; the ends of int64 are the infinities. */
export function timestamps(v: BoundVector): ((row: number) => bigint) | null {
  if (v.type.id === T.DATE) return (row) => BigInt(v.i32[row] as number) * MICROS_PER_DAY
  const units = TIMESTAMP_UNITS.get(v.type.id)
  if (units === undefined) return null
  return (row) => {
    const value = int64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    if (value >= INT64_MAX || value <= -INT64_MAX) return value
    return units > 1_000_000n ? BigInt.asIntN(64, value / 1000n) : value * (1_000_000n / units)
  }
}

/** Words of a 64-bit count as a double: exact for times of a day. */
export function word64(v: BoundVector, row: number): number {
  return (v.i32[2 * row + 1] as number) * WORD + (v.u32[2 * row] as number)
}
