import { expect, test } from 'vitest'
import { canonicalJson, type Json, parseJson, printJson, sameJson } from '../../admin/catalog/json.ts'
import { fc } from '../harness/property.ts'

test.each([
  '9007199254740993',
  '[9223372036854775807,-9223372036854775808,9007199254740991]',
  '{"a":1.0,"b":1e300,"c":-0,"d":0.1,"e":1E5,"f":-1.50}',
  '{"__proto__":{"x":1},"constructor":2}',
  '"\\u0000é😀"',
])('%s is printed as it was read', (text) => {
  expect(printJson(parseJson(text))).toBe(text)
})

test('integers compare exactly, at any size', () => {
  expect(parseJson('9007199254740993')).toBe(9007199254740993n)
  expect(parseJson('9007199254740992')).toBe(9007199254740992n)
  expect(parseJson('9007199254740991')).toBe(9007199254740991)
  expect(sameJson(parseJson('{"a":9007199254740993,"b":[1.0]}'), parseJson('{"b":[1.0],"a":9007199254740993}'))).toBe(
    true,
  )
  expect(sameJson(parseJson('1.0'), parseJson('1'))).toBe(false)
})

test('what is printed is read as the same, and the canonical form does not depend on the order of members', () => {
  const value = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.string(),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 4 }),
    ) as fc.Arbitrary<Json>,
  })).json
  fc.assert(
    fc.property(value, (json) => {
      const again = parseJson(printJson(json))
      expect(printJson(again)).toBe(printJson(json))
      expect(canonicalJson(again)).toBe(canonicalJson(json))
    }),
  )
})

test('nesting that is too deep is an error, not a crash', () => {
  expect(() => parseJson('['.repeat(200_000) + ']'.repeat(200_000))).toThrow()
})
