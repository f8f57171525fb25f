import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { CatalogError } from '../../admin/catalog/problem.ts'
import { readAvro } from '../../admin/catalog/statistics/avro.ts'
import { TenantCache } from '../../admin/catalog/statistics/cache.ts'
import { murmur3, type Range, transformOf } from '../../admin/catalog/statistics/transform.ts'
import { compare, decodeBound, readConstant, type Value, valueType } from '../../admin/catalog/statistics/value.ts'
import { fc } from '../harness/property.ts'

function typed(name: string) {
  const type = valueType(name)
  if (type === null) throw new Error(`no such type: ${name}`)
  return type
}

function constant(name: string, text: string): Value {
  const found = readConstant(typed(name), text)
  if (found === null) throw new Error(`${text} is no ${name}`)
  expect(found.floor).toEqual(found.ceiling)
  return found.floor
}

// https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
test.each([
  ['int', '34', 2017239379],
  ['long', '34', 2017239379],
  ['decimal(9,2)', '14.20', -500754589],
  ['date', '2017-11-16', -653330422],
  ['timestamp', '2017-11-16 22:31:08', -2047944441],
  ['timestamptz', '2017-11-16 14:31:08-08', -2047944441],
  ['string', 'iceberg', 1210000089],
  ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
])('bucket of %s %s is what the specification says', (type, text, hash) => {
  const value = constant(type, text)
  const bucket = transformOf('bucket[1000]', typed(type))
  const expected = BigInt((hash & 0x7fffffff) % 1000)
  expect(bucket?.project({ low: value, high: value })).toEqual({ low: expected, high: expected })
  expect(bucket?.project({ low: value, high: null })).toBeNull()
})

test('murmur3 of bytes that are no whole words', () => {
  expect(murmur3(Buffer.from([0, 1, 2, 3]))).toBe(-188683207)
  expect(murmur3(Buffer.from('iceberg'))).toBe(1210000089)
})

const days = (text: string) => constant('date', text)
const RANGES: readonly [transform: string, type: string, low: string, high: string, expected: Range][] = [
  ['year', 'date', '2017-11-16', '2018-01-01', { low: 47n, high: 48n }],
  ['month', 'date', '2017-11-16', '2017-12-01', { low: 574n, high: 575n }],
  ['day', 'timestamp', '2017-11-16 22:31:08', '2017-11-16 23:00:00', { low: 17486n, high: 17486n }],
  ['hour', 'timestamp', '2017-11-16 22:31:08', '2017-11-16 22:59:59', { low: 419686n, high: 419686n }],
  // One later is looked at too: writers once rounded towards 1970.
  ['day', 'timestamp', '1969-12-31 00:00:00', '1969-12-31 12:00:00', { low: -1n, high: 0n }],
  ['truncate[10]', 'int', '-1', '19', { low: -10n, high: 10n }],
  ['truncate[50]', 'decimal(9,2)', '10.65', '10.65', { low: 1050n, high: 1050n }],
  ['truncate[3]', 'string', 'iceberg', 'iceberg', { low: Buffer.from('ice'), high: Buffer.from('ice') }],
  ['truncate[1]', 'string', '😀x', '😀x', { low: Buffer.from('😀'), high: Buffer.from('😀') }],
]

test.each(RANGES)('%s of %s', (transform, type, low, high, expected) => {
  const projected = transformOf(transform, typed(type))?.project({
    low: constant(type, low),
    high: constant(type, high),
  })
  const plain = (value: Value | null | undefined) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value
  expect([plain(projected?.low), plain(projected?.high)]).toEqual([plain(expected.low), plain(expected.high)])
})

test('constants between the values of a column round to both sides', () => {
  expect(readConstant(typed('int'), '3.5')).toEqual({ floor: 3n, ceiling: 4n })
  expect(readConstant(typed('int'), '-3.5')).toEqual({ floor: -4n, ceiling: -3n })
  expect(readConstant(typed('decimal(9,2)'), '0.005')).toEqual({ floor: 0n, ceiling: 1n })
  expect(readConstant(typed('date'), '1969-12-31 12:00:00')).toEqual({
    floor: days('1969-12-31'),
    ceiling: days('1970-01-01'),
  })
  for (const text of ['NaN', 'infinity', '0044-03-15 BC', '1e5', ''])
    expect(readConstant(typed('int'), text)).toBeNull()
  for (const text of ['infinity', '-infinity', '0044-03-15 BC']) expect(readConstant(typed('date'), text)).toBeNull()
})

test('bounds of files that are older than their column’s type are read, or not used', () => {
  const int = Buffer.alloc(4)
  int.writeInt32LE(-7)
  expect(decodeBound(typed('long'), int)).toBe(-7n)
  expect(decodeBound(typed('timestamp'), int)).toBeNull()
  expect(decodeBound(typed('decimal(38,2)'), Buffer.from([0xff, 0x38]))).toBe(-200n)
  expect(decodeBound(typed('string'), Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  expect(compare(Buffer.from('Z'), Buffer.from('é'))).toBe(-1)
})

test('whatever stands in a manifest, reading it ends in an answer or a refusal', () => {
  const schema = JSON.stringify({
    type: 'record',
    name: 'r',
    fields: [{ name: 'a', type: { type: 'array', items: 'null' } }],
  })
  const text = (value: string) => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)])
  const long = (value: number) => Buffer.from([(value & 0x7f) | 0x80, value >> 7])
  const header = Buffer.concat([
    Buffer.from('Obj\u0001'),
    Buffer.from([2]),
    text('avro.schema'),
    long(schema.length * 2),
    Buffer.from(schema),
    Buffer.from([0]),
    Buffer.alloc(16, 7),
  ])
  const read = (bytes: Uint8Array) => {
    try {
      readAvro(bytes)
    } catch (error) {
      if (!(error instanceof CatalogError) && !(error instanceof SyntaxError)) throw error
    }
  }
  // An array of so many nothings takes no bytes: its count is refused.
  const many = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])
  const bomb = Buffer.concat([header, Buffer.from([2]), Buffer.from([many.length * 2]), many, Buffer.alloc(16, 7)])
  expect(() => readAvro(bomb)).toThrow(/counts more items than it holds/)
  // Records that take one byte, or none, each: what a few packed kilobytes become is held against what can be kept.
  const packed = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
  for (const [name, fields] of [['null', []] as const, ['boolean', [{ name: 'a', type: 'boolean' }]] as const]) {
    const flags = JSON.stringify({ type: 'record', name, fields })
    const count = Buffer.from([0x80, 0x80, 0x80, 0x40])
    const length = Buffer.from([
      ((packed.length * 2) & 0x7f) | 0x80,
      ((packed.length >> 6) & 0x7f) | 0x80,
      packed.length >> 13,
    ])
    const head = [Buffer.from('Obj\u0001'), Buffer.from([4]), text('avro.codec'), text('deflate'), text('avro.schema')]
    const rest = [long(flags.length * 2), Buffer.from(flags), Buffer.from([0]), Buffer.alloc(16, 7)]
    const block = [count, length, packed, Buffer.alloc(16, 7)]
    expect(() => readAvro(Buffer.concat([...head, ...rest, ...block]))).toThrow(/more than can be kept/)
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => read(Buffer.concat([header, bytes]))))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read))
})

test('what one tenant reads does not push out another’s', () => {
  const cache = new TenantCache<{ n: number }>(100)
  cache.set('small', 'a', { n: 1 }, 10)
  for (let n = 0; n < 50; n += 1) cache.set('large', `f${n}`, { n }, 10)
  expect(cache.get('small', 'a')).toEqual({ n: 1 })
  expect(cache.get('large', 'f0')).toBeUndefined()
  expect(cache.get('large', 'f49')).toEqual({ n: 49 })
  cache.set('large', 'too large', { n: 0 }, 101)
  expect(cache.get('large', 'too large')).toBeUndefined()
})
