import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { describe, expect, test } from 'vitest'
import { DEFAULT_STYLE, type RowFormat } from '../../proxy/engine/engine.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { fastEncoder } from '../../trino/encode/fast.ts'
import { type Encoding, type PageEncoding, plainEncoder } from '../../trino/encode/rows.ts'
import { fc } from '../harness/property.ts'
import { outputColumns, PAGE_COLUMNS, type PageColumn } from './page-type.ts'

const NAMES = Object.keys(PAGE_COLUMNS)

function encodingOf(columns: readonly PageColumn[], formats: readonly (0 | 1)[] = columns.map(() => 0)): Encoding {
  return encodingIn(columns, { kind: 'DataRow', formats })
}

function encodingIn(columns: readonly PageColumn[], format: RowFormat): Encoding {
  return {
    columns: outputColumns(columns),
    format,
    style: DEFAULT_STYLE,
    zone: timeZone('UTC', []),
  }
}

function encoders(columns: readonly PageColumn[], encoding = encodingOf(columns)) {
  const types = columns.map(({ type }) => type)
  const plain = plainEncoder(types, encoding)
  return { plain, fast: fastEncoder(types, encoding, plain) }
}

function written(encode: PageEncoding, page: string, rowsMax = Number.POSITIVE_INFINITY) {
  const body = Buffer.from(`before${page}after`)
  const batches = encode(body, 6, body.length - 5)
  const parts: Uint8Array[] = []
  let rows = 0
  let largest = 0
  for (let batch = batches.next(rowsMax); batch !== null; batch = batches.next(rowsMax - rows)) {
    parts.push(batch.bytes)
    rows += batch.rows
    largest = Math.max(largest, batch.bytes.length)
    if (rows >= rowsMax) break
  }
  return { bytes: Buffer.concat(parts), rows, largest }
}

/** A page of these columns, next to enough others that the fast way takes it. */
function pageOf(columns: readonly PageColumn[], rowsMax = 30): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(...columns.map(({ json }) => json)), { maxLength: rowsMax })
    .map((rows) => `[${rows.map((row) => `[${row.join(',')}]`).join(',')}]`)
}

function column(name: string): PageColumn {
  const found = PAGE_COLUMNS[name]
  if (found === undefined) throw new Error(`no column ${name}`)
  return found
}

describe('the fast way writes what the plain way writes', () => {
  test.each(NAMES)('%s', (name) => {
    const columns = [column(name), column('integer'), column('text')]
    const { plain, fast } = encoders(columns)
    if (fast === null) throw new Error('not taken')
    fc.assert(
      fc.property(pageOf(columns), (page) => {
        expect(written(fast, page).bytes.toString('latin1')).toBe(written(plain, page).bytes.toString('latin1'))
      }),
      { numRuns: 100 },
    )
  })

  test('all of them at once, some in binary', () => {
    const columns = NAMES.map(column)
    fc.assert(
      fc.property(
        pageOf(columns, 8),
        fc.array(fc.boolean(), { minLength: columns.length, maxLength: columns.length }),
        (page, ones) => {
          const formats = ones.map((one, i) => (one && i % 6 === 0 ? 1 : 0))
          const { plain, fast } = encoders(columns, encodingOf(columns, formats))
          if (fast === null) throw new Error('not taken')
          expect(written(fast, page).bytes.equals(written(plain, page).bytes)).toBe(true)
        },
      ),
    )
  })

  const csv = { kind: 'CopyCsv', delimiter: ',', null: '', quote: '"', escape: '"' } as const
  const none = NAMES.map(() => false)
  test.each<[string, RowFormat]>([
    ['text', { kind: 'CopyText', delimiter: '\t', null: '\\N' }],
    ['text with a long NULL', { kind: 'CopyText', delimiter: 'x', null: 'nothing at all, é' }],
    ['csv', { ...csv, forceQuote: none }],
    [
      'csv of other letters',
      { ...csv, delimiter: ']', null: 'x', quote: "'", escape: '\\', forceQuote: none.map((_, i) => i % 2 === 0) },
    ],
  ])('lines of COPY: %s', (_, format) => {
    for (const columns of [NAMES.map(column), [column('text')]]) {
      const { plain, fast } = encoders(columns, encodingIn(columns, format))
      if (fast === null) throw new Error('not taken')
      fc.assert(
        fc.property(pageOf(columns, 8), (page) => {
          expect(written(fast, page).bytes.toString('latin1')).toBe(written(plain, page).bytes.toString('latin1'))
        }),
      )
    }
  })

  test('stops after the rows that were asked for', () => {
    const columns = [column('integer'), column('text')]
    const { plain, fast } = encoders(columns)
    if (fast === null) throw new Error('not taken')
    fc.assert(
      fc.property(pageOf(columns), fc.integer({ min: 1, max: 40 }), (page, rowsMax) => {
        expect(written(fast, page, rowsMax)).toEqual(written(plain, page, rowsMax))
      }),
    )
  })
})

describe('pages of any size', () => {
  const columns = [column('bigint'), column('text'), column('timestamp')]
  const { plain, fast } = encoders(columns)
  if (fast === null) throw new Error('not taken')

  test('a window ends anywhere in a row', () => {
    const row = '[-123,"a\\u00e9\\ud83d\\ude00\\"]b","2020-01-02 03:04:05.120000"]'
    for (let length = 0; length < 3 * row.length; length++) {
      // so long is the first text that each byte of the rows behind it comes to lie at the window's end
      const page = `[[1,"${'x'.repeat(128 * 1024 - 2 * row.length - 60 + length)}",null],${row},${row},${row}]`
      expect(written(fast, page).bytes.equals(written(plain, page).bytes), String(length)).toBe(true)
    }
  })

  test.each([100, 1000, 100_000, 300_000, 6_000_000])('a text of %i characters', (length) => {
    const text = 'é"\\\n'.repeat(length / 4)
    const page = `[[1,${JSON.stringify(text)},null],[2,"short",null],[3,${JSON.stringify(text)},null]]`
    expect(written(fast, page).bytes.equals(written(plain, page).bytes)).toBe(true)
  })

  test('batches are of one size, about', () => {
    const page = `[${Array.from({ length: 50_000 }, (_, i) => `[${i},"row ${i}",null]`).join(',')}]`
    const result = written(fast, page)
    expect(result.rows).toBe(50_000)
    expect(result.largest).toBeLessThan(129 * 1024)
    expect(result.bytes.equals(written(plain, page).bytes)).toBe(true)
  })

  test('no rows, and space where Trino leaves none', () => {
    for (const page of [
      '[]',
      '[ ]',
      '[ [1,"a",null] ]',
      '[[1,"a",null] , [2, "b" , null]]',
      '\n[[1,"a",null],\n[2,"b",null]]',
    ])
      expect(written(fast, page).bytes.equals(written(plain, page).bytes), page).toBe(true)
  })

  test('what is no list of rows is refused, however it is cut', () => {
    const page = '[[1,"a\\n\\u00e9","2020-01-02 03:04:05.120000"],[2,"b",null]]'
    for (let length = 0; length < page.length; length++)
      expect(() => written(fast, page.slice(0, length)), page.slice(0, length)).toThrow()
    for (const bad of [
      '[[1,"a"]]',
      '[[1,"a",null,4]]',
      '[[1,"\\x",null]]',
      '[[1,"\\u12g4",null]]',
      '[1]',
      '{}',
      '[[1,"a",null][',
    ])
      expect(() => written(fast, bad), bad).toThrow()
  })
})

test('the plain way is taken for what is mostly of its kind, and for columns in another order', () => {
  const array = column('int4[]')
  expect(encoders([array]).fast).toBeNull()
  const columns = [column('text'), column('text')]
  const swapped = outputColumns(columns).map((one, i) => ({
    ...one,
    source: { kind: 'column' as const, index: 1 - i },
  }))
  expect(encoders(columns, { ...encodingOf(columns), columns: swapped }).fast).toBeNull()
})

test('the binary that lies here is built from the source that lies here', async () => {
  const folder = fileURLToPath(new URL('../../trino/encode/assembly/', import.meta.url))
  let built: Uint8Array | null = null
  const { error, stderr } = await asc.main(['--config', 'asconfig.json'], {
    readFile: (name, base) => {
      try {
        return readFileSync(
          base.includes('node_modules') || name.includes('node_modules') ? name : `${folder}${name}`,
          'utf8',
        )
      } catch {
        return null
      }
    },
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) built = contents as Uint8Array
    },
    listFiles: () => [],
  })
  expect(error, stderr.toString()).toBeNull()
  expect(Buffer.from(built ?? []).equals(readFileSync(`${folder}../transcode.wasm`))).toBe(true)
}, 120_000)
