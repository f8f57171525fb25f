import { compare, floorDiv, INTEGER, type Value, type ValueType } from './value.ts'

/** Values of a column between two, both included; null: no limit on that side. */
export type Range = { readonly low: Value | null; readonly high: Value | null }

/** What a partition field holds: https://iceberg.apache.org/spec/#partition-transforms */
export type Transform = {
  readonly result: ValueType
  /** The partition values of the column's values in a range; null: any. */
  project(range: Range): Range | null
}

const DAY_MICROS = 86_400_000_000n
const HOUR_MICROS = 3_600_000_000n
const MURMUR_SEED = 0

/** Null for one that tells nothing, or that is not known. */
export function transformOf(name: string, source: ValueType): Transform | null {
  if (name === 'identity') return { result: source, project: (range) => range }
  const [, kind, parameter] = /^(bucket|truncate)\[(\d+)\]$/.exec(name) ?? []
  if (kind === 'bucket') return bucket(Number(parameter), source)
  if (kind === 'truncate') return truncate(Number(parameter), source)
  const unit = unitOf(name, source)
  if (unit === null) return null
  return {
    result: name === 'day' ? { kind: 'date', scale: 0 } : INTEGER,
    project: ({ low, high }) => ({
      low: typeof low === 'bigint' ? unit(low) : null,
      // Writers once rounded moments before 1970 towards zero, which is one unit later.
      high: typeof high === 'bigint' ? later(unit(high)) : null,
    }),
  }
}

function later(unit: bigint): bigint {
  return unit < 0n ? unit + 1n : unit
}

function unitOf(name: string, { kind }: ValueType): ((value: bigint) => bigint) | null {
  if (kind !== 'date' && kind !== 'timestamp') return null
  const days = (value: bigint) => (kind === 'date' ? value : floorDiv(value, DAY_MICROS))
  const date = (value: bigint) => new Date(Number(days(value)) * 86_400_000)
  switch (name) {
    case 'year':
      return (value) => BigInt(date(value).getUTCFullYear() - 1970)
    case 'month':
      return (value) => BigInt((date(value).getUTCFullYear() - 1970) * 12 + date(value).getUTCMonth())
    case 'day':
      return days
    case 'hour':
      return kind === 'timestamp' ? (value) => floorDiv(value, HOUR_MICROS) : null
    default:
      return null
  }
}

function truncate(width: number, source: ValueType): Transform | null {
  if (source.kind !== 'integer' && source.kind !== 'decimal' && source.kind !== 'string') return null
  const wide = BigInt(width)
  const cut = (value: Value | null): Value | null => {
    if (typeof value === 'bigint') return floorDiv(value, wide) * wide
    return value instanceof Uint8Array ? firstCharacters(value, width) : null
  }
  return { result: source, project: ({ low, high }) => ({ low: cut(low), high: cut(high) }) }
}

/** Code points of UTF-8. */
function firstCharacters(bytes: Uint8Array, count: number): Uint8Array {
  let seen = 0
  for (let at = 0; at < bytes.length; at += 1) {
    if (((bytes[at] ?? 0) & 0xc0) === 0x80) continue
    if (seen === count) return bytes.subarray(0, at)
    seen += 1
  }
  return bytes
}

function bucket(count: number, source: ValueType): Transform | null {
  const bytesOf = hashedBytes(source)
  if (bytesOf === null) return null
  return {
    result: INTEGER,
    project: ({ low, high }) => {
      if (low === null || high === null || compare(low, high) !== 0) return null
      const value = BigInt((murmur3(bytesOf(low)) & 0x7fffffff) % count)
      return { low: value, high: value }
    },
  }
}

/** https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements */
function hashedBytes({ kind }: ValueType): ((value: Value) => Uint8Array) | null {
  switch (kind) {
    case 'integer':
    case 'date':
    case 'timestamp':
      return (value) => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigInt64LE(BigInt.asIntN(64, value as bigint))
        return bytes
      }
    case 'decimal':
      return (value) => leastBytes(value as bigint)
    case 'string':
    case 'uuid':
      return (value) => value as Uint8Array
    case 'boolean':
    case 'float':
      return null
  }
}

/** Two's complement in as few bytes as it takes, the highest first. */
function leastBytes(value: bigint): Uint8Array {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size += 1
  return Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )
}

/** MurmurHash3, 32-bit, x86. */
export function murmur3(bytes: Uint8Array): number {
  let hash = MURMUR_SEED
  const mix = (block: number) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    const block =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    hash = (Math.imul(rotate(hash ^ mix(block), 13), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let at = bytes.length - 1; at >= whole; at -= 1) rest = (rest << 8) | (bytes[at] ?? 0)
  if (bytes.length > whole) hash ^= mix(rest)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
