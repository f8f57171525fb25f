import { describe, expect, test } from 'vitest'
import { DEFAULT_STYLE, type OutputStyle } from '../../proxy/engine/engine.ts'
import { ByteWriter } from '../../proxy/type/byte-writer.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { PG_TYPES } from '../../proxy/type/type.ts'
import { valueCell } from '../../trino/encode/cell.ts'
import { fastEncoder } from '../../trino/encode/fast.ts'
import { RowReader } from '../../trino/encode/json.ts'
import { plainEncoder } from '../../trino/encode/rows.ts'
import type { TrinoType } from '../../trino/encode/type.ts'
import { ENCODING_CASES } from '../type/cases.ts'
import { encodings } from '../type/encodings.ts'
import { ZONE_DIRECTORIES } from '../type/zone-directories.ts'
import { INTERVAL, javaFloatText, javaText, outputColumns, plainType } from './page-type.ts'

/** What PostgreSQL has written (test/type/make-encodings.ts), out of the values as Trino sends them. */

const EPOCH_DAYS = 10_957
const DAY_MICROS = 86_400_000_000n
const INT64_ENDS = [0x7fff_ffff_ffff_ffffn, -0x8000_0000_0000_0000n]

/** Year 0 is 1 BC, and others than four digits have a sign. */
function isoDate(days: number): string {
  const date = new Date(days * 86_400_000)
  const year = date.getUTCFullYear()
  const digits = String(Math.abs(year)).padStart(4, '0')
  const sign = year < 0 ? '-' : year > 9999 ? '+' : ''
  return `${sign}${digits}-${String(date.getUTCMonth() + 1).padStart(2, '0')}-${String(date.getUTCDate()).padStart(2, '0')}`
}

function isoTime(micros: bigint): string {
  const of = (unit: bigint, count: bigint) => String((micros / unit) % count).padStart(2, '0')
  const fraction = String(micros % 1_000_000n).padStart(6, '0')
  return `${of(3_600_000_000n, 24n)}:${of(60_000_000n, 60n)}:${of(1_000_000n, 60n)}.${fraction}`
}

function isoTimestamp(micros: bigint): string | null {
  const days = micros >= 0n ? micros / DAY_MICROS : -((-micros + DAY_MICROS - 1n) / DAY_MICROS)
  // beyond what JavaScript knows of dates, and beyond what Trino does
  if (INT64_ENDS.includes(micros) || Math.abs(Number(days)) > 90_000_000) return null
  return `${isoDate(Number(days) + EPOCH_DAYS)} ${isoTime(micros - days * DAY_MICROS)}`
}

type Sent = { type: TrinoType; json: string }
const quoted = (type: string, text: string | null): Sent | null =>
  text === null ? null : { type: plainType(type), json: JSON.stringify(text) }

/** How Trino sends a value, of which PostgreSQL's binary form says all; null: it has no such value. */
function sent(oid: number, text: string, binary: Buffer): Sent | null {
  switch (PG_TYPES.get(oid)?.form) {
    case 'bool':
      return { type: plainType('boolean'), json: String(text === 't') }
    case 'int2':
      return { type: plainType('smallint'), json: text }
    case 'int4':
      return { type: plainType('integer'), json: text }
    case 'int8':
    case 'oid':
      return { type: plainType('bigint'), json: text }
    case 'float4':
      return { type: plainType('real'), json: javaFloatText(binary.readFloatBE()) }
    case 'float8':
      return { type: plainType('double'), json: javaText(binary.readDoubleBE()) }
    case 'numeric':
      if (!/^-?\d+(\.\d+)?$/.test(text)) return quoted('varchar', text)
      return { type: plainType('decimal', [], text.split('.')[1]?.length ?? 0), json: `"${text}"` }
    case 'text':
    case 'bpchar':
    case 'jsonb':
      return quoted('varchar', text)
    case 'bytea':
      return quoted('varbinary', binary.toString('base64'))
    case 'uuid':
      return quoted('uuid', text)
    case 'date': {
      const days = binary.readInt32BE()
      return Math.abs(days) > 90_000_000 ? null : quoted('date', isoDate(days + EPOCH_DAYS))
    }
    case 'time':
      // 24:00 is a time of PostgreSQL's only
      return binary.readBigInt64BE() >= DAY_MICROS ? null : quoted('time', isoTime(binary.readBigInt64BE()))
    case 'timestamp':
      return quoted('timestamp', isoTimestamp(binary.readBigInt64BE()))
    case 'timestamptz': {
      const iso = isoTimestamp(binary.readBigInt64BE())
      return quoted('timestamp with time zone', iso === null ? null : `${iso} UTC`)
    }
    case 'interval':
      return { type: INTERVAL, json: `[${binary.readInt32BE(12)},${binary.readInt32BE(8)},${binary.readBigInt64BE()}]` }
    default:
      return null
  }
}

function written({ type, json }: Sent, oid: number, typmod: number, binary: boolean, style: OutputStyle): Buffer {
  const out = new ByteWriter(1)
  const bytes = Buffer.from(json)
  const options = { binary, style, zone: timeZone(style.timeZone, ZONE_DIRECTORIES) }
  valueCell(type, oid, typmod, options)(out, new RowReader(bytes, 0, bytes.length).value())
  return Buffer.from(out.bytes.subarray(0, out.at))
}

const SENT = encodings.cases.flatMap((one, i) => {
  const value = sent(one.typeOid, one.text, Buffer.from(one.binary, 'hex'))
  return value === null ? [] : [{ ...one, value, style: { ...DEFAULT_STYLE, ...ENCODING_CASES[i]?.style } }]
})

describe('values of Trino as PostgreSQL writes them', () => {
  test.each(SENT)('$name', ({ value, typeOid, typmod, text, binary, style }) => {
    expect(written(value, typeOid, typmod, false, style).toString()).toBe(text)
    expect(written(value, typeOid, typmod, true, style).toString('hex')).toBe(binary)
  })

  test('most of the cases are of that kind', () => {
    expect(SENT.length).toBeGreaterThan(0.6 * encodings.cases.length)
  })
})

/** One column of floats, the fast way. */
function fastTexts(name: 'double' | 'real', oid: number, values: readonly string[]): string[] {
  const types = [plainType(name)]
  const columns = outputColumns([{ type: plainType(name), typeOid: oid, typmod: -1 }])
  const encoding = {
    columns,
    format: { kind: 'DataRow' as const, formats: [0 as const] },
    style: DEFAULT_STYLE,
    zone: timeZone('UTC', []),
  }
  const encode = fastEncoder(types, encoding, plainEncoder(types, encoding))
  const page = Buffer.from(`[${values.map((value) => `[${value}]`).join(',')}]`)
  const batches = encode?.(page, 0, page.length)
  const texts: string[] = []
  for (let batch = batches?.next(1e9); batch; batch = batches?.next(1e9)) {
    const bytes = Buffer.from(batch.bytes)
    for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
      texts.push(bytes.toString('utf8', at + 11, at + 1 + bytes.readInt32BE(at + 1)))
  }
  return texts
}

describe('floats in WebAssembly as PostgreSQL writes them', () => {
  test('float8', () => {
    const values = encodings.float8.map(([bits]) => javaText(Buffer.from(bits, 'hex').readDoubleBE()))
    expect(fastTexts('double', 701, values)).toEqual(encodings.float8.map(([, text]) => text))
  })

  test('float4', () => {
    const values = encodings.float4.map(([bits]) => javaFloatText(Buffer.from(bits, 'hex').readFloatBE()))
    expect(fastTexts('real', 700, values)).toEqual(encodings.float4.map(([, text]) => text))
  })
})
