import { describe, expect, test } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import { Chunks, RowEnds } from '../../proxy/session/copy/chunk.ts'
import { copyFormat, inPlaceOf, readCopy } from '../../proxy/session/copy/read.ts'
import { BINARY_HEADER, BINARY_TRAILER } from '../../proxy/session/copy/tuple.ts'
import { fc } from '../harness/property.ts'

const TEXT = copyFormat([])
const CSV = copyFormat([{ name: 'format', value: 'csv' }])
const OWN_ESCAPE = copyFormat([
  { name: 'format', value: 'csv' },
  { name: 'escape', value: "'\\'" },
])

/** Text made of what matters to the formats. */
const input = fc
  .array(fc.constantFrom('a', '\n', '\r\n', '"', '""', '\\', '\\.', '\\"', ',', 'é'), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')))
const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 8 })

function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set([...at.filter((end) => end < bytes.length), bytes.length])].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

async function* given(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function chunksOf(parts: readonly Buffer[], format = TEXT, chunkBytes = 4): Promise<[string, number][]> {
  const chunks = new Chunks(given(parts), format, chunkBytes)
  const all: [string, number][] = []
  while (!chunks.done) {
    const before = chunks.linesBefore
    let text = ''
    for await (const bytes of chunks.next()) text += Buffer.from(bytes).toString()
    all.push([text, before])
  }
  return all
}

describe('ends of rows', () => {
  test.each([
    ['text', TEXT],
    ['csv', CSV],
    ['csv with an escape of its own', OWN_ESCAPE],
  ])('%s: any cut finds the same last end and the same lines', (_name, format) => {
    fc.assert(
      fc.property(input, cuts, (bytes, at) => {
        const whole = new RowEnds(format)
        const end = whole.lastEnd(bytes)
        const cut = new RowEnds(format)
        let offset = 0
        let last = 0
        for (const piece of pieces(bytes, at)) {
          if (cut.ended) break
          const found = cut.lastEnd(piece)
          if (found > 0) last = offset + found
          offset += piece.length
        }
        expect([last, cut.lines, cut.ended]).toEqual([end, whole.lines, whole.ended])
      }),
    )
  })

  test.each([
    ['a newline behind a backslash is of the value', TEXT, 'a\\\nb', 0, 0],
    ['a backslash behind a backslash is none', TEXT, 'a\\\\\nb', 4, 1],
    ['nothing is read behind the end mark', TEXT, 'a\n\\.\nb\n', 5, 2],
    ['an end mark with a carriage return', TEXT, '\\.\r\nb\n', 4, 1],
    ['what only begins like one', TEXT, '\\.x\nb\n', 6, 2],
    ['a newline within quotes is of the value, and a line', CSV, 'a,"b\nc"\nd', 8, 2],
    ['doubled quotes', CSV, '"a""\n"\n', 7, 2],
    ['an escape of its own', OWN_ESCAPE, '"a\\"\n"\nb', 7, 2],
    ['no end mark in csv', CSV, '\\.\nb\n', 5, 2],
  ])('%s', (_what, format, text, end, lines) => {
    const ends = new RowEnds(format)
    expect([ends.lastEnd(Buffer.from(text)), ends.lines]).toEqual([end, lines])
  })
})

const BINARY = copyFormat([{ name: 'format', value: 'binary' }])

/** Tuples of the binary format: NULLs, empty values, values that look like a trailer, tuples without fields. */
const tuples = fc.array(
  fc
    .array(fc.option(fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes))), { maxLength: 3 })
    .map((fields) => {
      const count = Buffer.alloc(2)
      count.writeInt16BE(fields.length)
      const values = fields.flatMap((value) => {
        const length = Buffer.alloc(4)
        length.writeInt32BE(value?.length ?? -1)
        return value === null ? [length] : [length, value]
      })
      return Buffer.concat([count, ...values])
    }),
  { maxLength: 8 },
)

describe('chunks of the binary format', () => {
  const chunksFrom = async (parts: readonly Buffer[]): Promise<[Buffer, number][]> => {
    const chunks = new Chunks(given(parts), BINARY, 20)
    const all: [Buffer, number][] = []
    while (!chunks.done) {
      const before = chunks.linesBefore
      const bytes: Uint8Array[] = []
      for await (const piece of chunks.next()) bytes.push(piece)
      all.push([Buffer.concat(bytes), before])
    }
    return all
  }

  test('are whole by themselves, hold all tuples, and count them', async () => {
    await fc.assert(
      fc.asyncProperty(tuples, cuts, async (rows, at) => {
        const whole = Buffer.concat([BINARY_HEADER, ...rows, BINARY_TRAILER])
        const chunks = await chunksFrom(pieces(whole, at))
        let passed = 0
        for (const [chunk, before] of chunks) {
          expect(before).toBe(passed)
          let held = Buffer.concat([BINARY_HEADER])
          while (held.length + BINARY_TRAILER.length < chunk.length)
            held = Buffer.concat([held, rows[passed++] ?? BINARY_TRAILER])
          expect(chunk).toEqual(Buffer.concat([held, BINARY_TRAILER]))
        }
        expect(passed).toBe(rows.length)
      }),
    )
  })

  test.each([
    ['behind the trailer', [BINARY_HEADER, BINARY_TRAILER, Buffer.alloc(100)]],
    ['in a length', [BINARY_HEADER, Buffer.from([0, 1, 0xff, 0, 0, 0]), Buffer.alloc(100)]],
    ['in the header', [BINARY_HEADER.subarray(0, 15), Buffer.alloc(100, 0xff)]],
  ])('what is wrong %s goes on as it is, for PostgreSQL to refuse', async (_where, parts) => {
    const whole = Buffer.concat(parts)
    expect(await chunksFrom([whole.subarray(0, 30), whole.subarray(30)])).toEqual([[whole, 0]])
  })
})

describe('chunks', () => {
  test('hold all of the input, cut at ends of rows', async () => {
    await fc.assert(
      fc.asyncProperty(input, cuts, async (bytes, at) => {
        const text = bytes.toString('ascii').replaceAll('\\.', 'x')
        const chunks = await chunksOf(pieces(Buffer.from(text), at))
        expect(chunks.map(([chunk]) => chunk).join('')).toBe(text)
        for (const [chunk] of chunks.slice(0, -1)) expect(chunk.endsWith('\n')).toBe(true)
      }),
    )
  })

  test('tell how many lines came before', async () => {
    expect(await chunksOf([Buffer.from('a\nb\n'), Buffer.from('c\\\nd\ne')])).toEqual([
      ['a\nb\n', 0],
      ['c\\\nd\n', 2],
      ['e', 3],
    ])
  })

  test('what stands behind the end mark is ignored, in whatever piece', async () => {
    expect(await chunksOf([Buffer.from('a\n\\'), Buffer.from('.\nb\n'), Buffer.from('c\n')], TEXT, 100)).toEqual([
      ['a\n\\.\n', 0],
    ])
  })

  test.each([
    ['a,b\n\\.\n', 'a,b\n'],
    ['a,b\r\n\\.\r\n', 'a,b\r\n'],
    ['a,b\n\\.', 'a,b\n'],
    ['\\.\n', ''],
    ['a,\\.\n', 'a,\\.\n'],
    ['xxxxxx\\.\n', 'xxxxxx\\.\n'],
    ['', ''],
  ])('csv %j: the end mark of an older psql is no data', async (text, kept) => {
    const whole = await chunksOf([Buffer.from(text)], CSV, 100)
    const bytewise = await chunksOf(
      [...Buffer.from(text)].map((byte) => Buffer.of(byte)),
      CSV,
      100,
    )
    expect([whole.map(([chunk]) => chunk).join(''), bytewise.map(([chunk]) => chunk).join('')]).toEqual([kept, kept])
  })
})

describe('COPY as it is written', () => {
  test('today’s options and the older ones come to the same', () => {
    const today = readCopy(
      `copy t (a, b) from stdin with (format csv, header, delimiter ';', null 'x', quote '''', escape '\\', force_not_null (a, b))`,
    )
    const older = readCopy(
      `COPY t (a, b) FROM STDIN WITH CSV HEADER DELIMITER AS ';' NULL 'x' QUOTE AS '''' ESCAPE '\\' FORCE NOT NULL a, b`,
    )
    expect(copyFormat(today!.options)).toEqual(copyFormat(older!.options))
    expect(copyFormat(older!.options)).toMatchObject({
      kind: 'csv',
      delimiter: ';',
      null: 'x',
      quote: "'",
      header: true,
    })
  })

  test.each([
    ['copy binary t to stdout', { kind: 'binary' }],
    ['copy t to stdout (format csv, header off)', { kind: 'csv', header: false, null: '', delimiter: ',' }],
    ['copy t to stdout', { kind: 'text', header: false, null: '\\N', delimiter: '\t' }],
    ['copy t to stdout csv force quote a, "B"', { forceQuote: ['a', 'B'] }],
    ['copy t to stdout (format csv, force_quote *)', { forceQuote: 'all' }],
  ])('%s', (sql, format) => {
    expect(copyFormat(readCopy(sql)!.options)).toMatchObject(format)
  })

  test.each(['copy t', 'copy t from', 'copy (select 1', 'select 1'])('%s is left to PostgreSQL', (sql) => {
    expect(readCopy(sql)).toBeNull()
  })

  test('positions of errors point into the client’s own text', () => {
    const sql = 'copy é.t from stdin (nosuch)'
    const { sql: other, error } = inPlaceOf(sql, { start: 5, end: 8 }, 'pg_temp.ü')
    expect(other).toBe('copy pg_temp.ü from stdin (nosuch)')
    const position = (at: number) => (error(new PgError('42601', 'x', { position: at })) as PgError).fields.position
    expect([position(1), position(8), position(28)]).toEqual([1, undefined, 22])
  })
})
