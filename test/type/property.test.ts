import { describe, expect, test } from 'vitest'
import { ByteWriter, writeUtf8 } from '../../proxy/type/byte-writer.ts'
import { writeDate, writeTimestamp, writeTimestampFar } from '../../proxy/type/datetime.ts'
import { float4Text, float8Text, writeFloat8 } from '../../proxy/type/float.ts'
import { int64, writeBigInteger, writeInt64 } from '../../proxy/type/integer.ts'
import { jsonbText } from '../../proxy/type/json.ts'
import { quoteElement, quoteField } from '../../proxy/type/nested.ts'
import { numericText, parseNumeric, rescale, writeExactNumeric, writeNumericBinary } from '../../proxy/type/numeric.ts'
import { padCharacters } from '../../proxy/type/text.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { fc } from '../harness/property.ts'

/** Starts with room for one byte, so that every writer must ask for more. */
function bytesOf(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(1)
  write(out)
  return out.bytes.subarray(0, out.at)
}
const textOf = (write: (out: ByteWriter) => void): string => bytesOf(write).toString()

const anyInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('numbers', () => {
  test('an int64 in two words is its decimal text', () => {
    fc.assert(
      fc.property(anyInt64, (value) => {
        const [low, high] = [Number(BigInt.asUintN(32, value)), Number(BigInt.asIntN(32, value >> 32n))]
        expect(int64(low, high)).toBe(value)
        expect(textOf((out) => writeInt64(out, low, high))).toBe(String(value))
        expect(textOf((out) => writeBigInteger(out, value))).toBe(String(value))
      }),
    )
  })

  test('a float8 reads back as itself, in PostgreSQL’s shape', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const text = float8Text(value)
        expect(Object.is(Number(text), value)).toBe(true)
        expect(text).toMatch(/^-?(\d+(\.\d*[1-9])?(e[+-]\d{2,})?|Infinity)$/)
        expect(textOf((out) => writeFloat8(out, value, 1))).toBe(text)
      }),
    )
  })

  test('amounts take the short way to the same text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }), (cents) => {
        expect(textOf((out) => writeFloat8(out, cents / 100, 1))).toBe(float8Text(cents / 100))
      }),
    )
  })

  test('a float4 reads back as itself', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => Object.is(Math.fround(Number(float4Text(value))), value)),
    )
  })

  test('a numeric is the same by the short and by the long way', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 18 }), (unscaled, scale) => {
        const text = numericText(BigInt(unscaled), scale)
        expect(textOf((out) => writeExactNumeric(out, unscaled, scale))).toBe(text)
        expect(parseNumeric(text)).toEqual({ kind: 'finite', unscaled: BigInt(unscaled), scale })
      }),
    )
  })

  test('a numeric’s binary form holds its value', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.integer({ min: 0, max: 37 }),
        (unscaled, scale) => {
          const bytes = bytesOf((out) => writeNumericBinary(out, unscaled, scale))
          const [count, weight, sign, dscale] = [0, 2, 4, 6].map((at) => bytes.readInt16BE(at)) as [
            number,
            number,
            number,
            number,
          ]
          let value = 0n
          for (let i = 0; i < count; i++) value = value * 10_000n + BigInt(bytes.readInt16BE(8 + 2 * i))
          // the digits are units of 10000^(weight - count + 1)
          const exponent = 4 * (weight - count + 1)
          const scaled =
            exponent + scale >= 0 ? value * 10n ** BigInt(exponent + scale) : value / 10n ** BigInt(-exponent - scale)
          expect(dscale).toBe(scale)
          expect(sign === 0x4000 ? -scaled : scaled).toBe(unscaled)
          if (count > 0) expect(bytes.readInt16BE(8) * bytes.readInt16BE(6 + 2 * count)).not.toBe(0)
        },
      ),
    )
  })

  test('rescaling up and down again changes nothing', () => {
    fc.assert(
      fc.property(anyInt64, fc.nat(20), fc.nat(20), (value, from, more) => {
        expect(rescale(rescale(value, from, from + more), from + more, from)).toBe(value)
      }),
    )
  })
})

describe('dates and times', () => {
  const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }

  test('a timestamp is what the calendar says', () => {
    fc.assert(
      fc.property(fc.date(range), fc.nat(999), (date, micros) => {
        const iso = date.toISOString()
        const fraction = `${iso.slice(20, 23)}${String(micros).padStart(3, '0')}`.replace(/0+$/, '')
        const expected = `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === '' ? '' : `.${fraction}`}`
        const value = BigInt(date.getTime()) * 1000n + BigInt(micros)
        expect(textOf((out) => writeTimestampFar(out, value, null))).toBe(expected)
        if (Number.isSafeInteger(Number(value)))
          expect(textOf((out) => writeTimestamp(out, Number(value), null))).toBe(expected)
        expect(textOf((out) => writeDate(out, Math.floor(date.getTime() / 86_400_000)))).toBe(iso.slice(0, 10))
      }),
    )
  })

  test('a zone file outside its folder is not read', () => {
    expect(() => timeZone('../../../../../../../../etc/passwd', ['/usr/share/zoneinfo'])).toThrow(/TimeZone/)
    expect(() => timeZone('/etc/passwd', ['/usr/share/zoneinfo'])).toThrow(/TimeZone/)
    expect(() => timeZone('Nope/Zone', ['/usr/share/zoneinfo'])).toThrow(/TimeZone/)
  })
})

describe('text', () => {
  test('jsonb text means the same JSON, and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.json(), (source) => {
        const text = jsonbText(source)
        expect(jsonbText(text)).toBe(text)
        expect(jsonbText(JSON.stringify(JSON.parse(source)))).toBe(jsonbText(text))
      }),
    )
  })

  test('JSON that is none is refused, however deep', () => {
    for (const source of [
      '',
      '{',
      '[1,]',
      '{"a" 1}',
      '01',
      'nul',
      '"\u0001"',
      '[1] 2',
      '{"a":1,}',
      '"\\x"',
      '+1',
      '.5',
    ])
      expect(() => jsonbText(source), source).toThrow(/json/)
    expect(() => jsonbText('['.repeat(100_000))).toThrow(/stack depth/)
  })

  test('a quoted array element reads back as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = textOf((out) => {
          writeUtf8(out, value)
          quoteElement(out, 0)
        })
        const plain = Buffer.from(value).toString()
        expect(text.startsWith('"') ? text.slice(1, -1).replace(/\\([\s\S])/g, '$1') : text).toBe(plain)
        // PostgreSQL quotes for its six spaces of ASCII only (array_isspace), where \s means Unicode's as well.
        if (!text.startsWith('"')) expect(text).not.toMatch(/^(?:null)?$|[{},"\\ \t\n\v\f\r]/i)
      }),
    )
  })

  test('a quoted field of a record reads back as itself', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const text = textOf((out) => {
          writeUtf8(out, value)
          quoteField(out, 0)
        })
        expect(text.startsWith('"') ? text.slice(1, -1).replace(/""|\\\\/g, (two) => two[0] as string) : text).toBe(
          value,
        )
      }),
    )
  })

  test('char(n) is padded to n characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), (value, length) => {
        const text = textOf((out) => {
          writeUtf8(out, value)
          padCharacters(out, 0, length)
        })
        expect([...text].length).toBe(Math.max([...value].length, length))
        expect(text.trimEnd()).toBe(value.trimEnd())
      }),
    )
  })
})
