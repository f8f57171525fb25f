import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DEFAULT_STYLE,
  type Engine,
  type OutputStyle,
  type Progress,
  type RowFormat,
  type Run,
  type StagedRows,
} from '../../proxy/engine/engine.ts'
import type { PgError } from '../../proxy/error.ts'
import type { EngineSql, OutputColumn } from '../../proxy/print/engine-sql.ts'

/** SQL of one engine for what the contract asks of every one. */
export type ContractSql = {
  dialect: EngineSql['dialect']
  /** one int4, one text with a NULL in the second of three rows, one timestamptz */
  threeRows: string
  /** so many rows of bigint i = 0, 1, … and its text */
  rows(count: number): string
  /** never ends, gives no row */
  endless: string
  /** needs far more memory than an engine may have */
  memoryBomb: string
  divisionByZero: string
  raised: string
  badInput: string
  readsFile: string
}

export type ContractEngine = {
  engine: Engine
  /** null: the engine is a server that all tenants share */
  ownProcess: {
    /** resident memory of what runs this tenant's statements */
    memoryOf(tenant: string): Promise<number>
    /** as kill -9 would */
    kill(tenant: string): void
  } | null
  stop(): Promise<void>
}

const DATA_ROW = 'D'.charCodeAt(0)
const INT4 = 23
const INT8 = 20
const TEXT = 25
const TIMESTAMPTZ = 1184
const SLOW_READER_MS = 1000

export type Ask = {
  tenant?: string
  transaction?: string | null
  types?: readonly number[]
  columns?: readonly OutputColumn[]
  format?: RowFormat
  style?: Partial<OutputStyle>
  rowsMax?: number
  countOf?: number | null
  staged?: StagedRows
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
}

export function start(
  engine: Engine,
  dialect: EngineSql['dialect'],
  sql: string | readonly string[],
  ask: Ask = {},
): Promise<Run> {
  const types = ask.types ?? [INT4]
  const columns =
    ask.columns ?? types.map((typeOid, index) => ({ typeOid, typmod: -1, source: { kind: 'column' as const, index } }))
  const countOf = ask.countOf ?? null
  return engine.run(
    { dialect, statements: [sql].flat(), columns: columns.length === 0 ? null : columns, countOf },
    {
      tenant: ask.tenant ?? 'acme',
      user: 'alice',
      transaction: ask.transaction ?? null,
      format: ask.format ?? { kind: 'DataRow', formats: columns.map(() => 0) },
      style: { ...DEFAULT_STYLE, ...ask.style },
      rowsMax: ask.rowsMax ?? 0,
      ...(ask.staged === undefined ? {} : { staged: ask.staged }),
      ...(ask.onProgress === undefined ? {} : { onProgress: ask.onProgress }),
      signal: ask.signal ?? new AbortController().signal,
    },
  )
}

export async function bytesOf(run: Run): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const { bytes } of run.batches) parts.push(bytes)
  return Buffer.concat(parts)
}

/** Values of DataRow messages as text. */
export function rowsOf(bytes: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = []
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    if (bytes[at] !== DATA_ROW) throw new Error(`not a DataRow: ${bytes[at]}`)
    const row: (string | null)[] = []
    let from = at + 7
    for (let i = bytes.readInt16BE(at + 5); i > 0; i--) {
      const length = bytes.readInt32BE(from)
      row.push(length < 0 ? null : bytes.toString('utf8', from + 4, from + 4 + length))
      from += 4 + Math.max(0, length)
    }
    if (from !== at + 1 + bytes.readInt32BE(at + 1)) throw new Error('lengths do not add up')
    rows.push(row)
  }
  return rows
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return (error as PgError).code
  }
  return 'no error'
}

async function readAll(running: Promise<Run>): Promise<(string | null)[][]> {
  return rowsOf(await bytesOf(await running))
}

/** What every engine must do. */
export function engineContract(name: string, sql: ContractSql, make: () => Promise<ContractEngine>): void {
  describe(`engine ${name}`, () => {
    let made: ContractEngine
    const ask = (text: string | readonly string[], options: Ask = {}) => start(made.engine, sql.dialect, text, options)

    beforeAll(async () => {
      made = await make()
    }, 300_000)
    afterAll(() => made.stop())

    test('gives rows as DataRow messages', async () => {
      const rows = await readAll(
        ask(sql.threeRows, { types: [INT4, TEXT, TIMESTAMPTZ], style: { timeZone: 'Asia/Kathmandu' } }),
      )
      expect(rows).toEqual([
        ['1', 'one', '2026-01-01 05:45:00+05:45'],
        ['2', null, '2026-01-02 05:45:00+05:45'],
        ['3', 'three', '2026-01-03 05:45:00+05:45'],
      ])
    })

    test('gives rows as COPY text, CSV and binary', async () => {
      const types = [INT4, TEXT, TIMESTAMPTZ]
      const text = await bytesOf(
        await ask(sql.threeRows, { types, format: { kind: 'CopyText', delimiter: '\t', null: '\\N' } }),
      )
      expect(text.toString('latin1', 5, 5 + 35)).toContain('1\tone\t2026-01-01 00:00:00+00\n')
      expect(text[0]).toBe('d'.charCodeAt(0))
      const csv = await bytesOf(
        await ask(sql.threeRows, {
          types,
          format: {
            kind: 'CopyCsv',
            delimiter: ',',
            null: '',
            quote: '"',
            escape: '"',
            forceQuote: [false, true, false],
          },
        }),
      )
      expect(csv.toString('latin1')).toContain('2,,2026-01-02 00:00:00+00\n')
      expect(csv.toString('latin1')).toContain('3,"three",2026-01-03 00:00:00+00\n')
      const binary = await bytesOf(await ask(sql.threeRows, { types, format: { kind: 'CopyBinary' } }))
      expect(binary.subarray(5, 22).toString('hex')).toBe('00030000000400000001000000036f6e650000'.slice(0, 34))
    })

    test('stops after rowsMax rows', async () => {
      const rows = await readAll(ask(sql.rows(100_000), { types: [INT8, TEXT], rowsMax: 3 }))
      expect(rows).toEqual(rows.map(([number]) => [number, number]))
      expect(new Set(rows.map(String)).size).toBe(3)
      expect(await readAll(ask(sql.rows(2), { types: [INT8, TEXT], rowsMax: 3 }))).toHaveLength(2)
    })

    test('cuts a large result into batches of whole messages', async () => {
      const seen = new Set<string | null | undefined>()
      let rows = 0
      let largest = 0
      for await (const batch of (await ask(sql.rows(200_000), { types: [INT8, TEXT] })).batches) {
        const parsed = rowsOf(Buffer.from(batch.bytes))
        expect(parsed.length).toBe(batch.rows)
        for (const [number] of parsed) seen.add(number)
        rows += batch.rows
        largest = Math.max(largest, batch.bytes.length)
      }
      expect([rows, seen.size]).toEqual([200_000, 200_000])
      expect(largest).toBeLessThan(300 * 1024)
    })

    test('gives an empty result', async () => {
      expect(await readAll(ask(sql.rows(0), { types: [INT8, TEXT] }))).toEqual([])
    })

    test.each([
      ['division by zero', '22012', sql.divisionByZero],
      ['an error that printed SQL raises', '22023', sql.raised],
      ['bad input', '22P02', sql.badInput],
    ])('fails as PostgreSQL would: %s', async (_, code, text) => {
      expect(await codeOf(readAll(ask(text)))).toBe(code)
    })

    test('D1: reads no files, and names none', async () => {
      const failure = await readAll(ask(sql.readsFile, { types: [TEXT] })).catch((error: PgError) => error)
      expect(failure).toMatchObject({ name: 'PgError' })
      expect((failure as PgError).message).not.toMatch(/passwd|duckdb|\//i)
    })

    test('D5: ends a statement that is cancelled, and goes on with others', async () => {
      const controller = new AbortController()
      const running = codeOf(readAll(ask(sql.endless, { types: [INT8], signal: controller.signal })))
      await sleep(200)
      controller.abort()
      expect(await running).toBe('57014')
      expect(await readAll(ask(sql.rows(1), { types: [INT8, TEXT] }))).toEqual([['0', '0']])
    })

    test('refuses to start when already cancelled', async () => {
      expect(await codeOf(ask(sql.rows(1), { types: [INT8, TEXT], signal: AbortSignal.abort() }))).toBe('57014')
    })

    test('stops making rows when the reader leaves', async () => {
      let batches = 0
      for await (const _ of (await ask(sql.rows(50_000_000), { types: [INT8, TEXT] })).batches)
        if (++batches === 2) break
      expect(await readAll(ask(sql.rows(1), { types: [INT8, TEXT] }))).toHaveLength(1)
    })

    test('C10: keeps memory flat while a reader is slow, and others go on', async () => {
      const slow = await ask(sql.rows(20_000_000), { types: [INT8, TEXT] })
      const iterator = slow.batches[Symbol.asyncIterator]()
      await iterator.next()
      await sleep(SLOW_READER_MS / 2)
      const memoryOf = async () => (await made.ownProcess?.memoryOf('acme')) ?? 0
      const before = { child: await memoryOf(), here: process.memoryUsage().rss }
      const others = await Promise.all([1, 2, 3].map((n) => readAll(ask(sql.rows(n), { types: [INT8, TEXT] }))))
      expect(others.map((rows) => rows.length)).toEqual([1, 2, 3])
      await sleep(SLOW_READER_MS)
      expect((await memoryOf()) - before.child).toBeLessThan(64 * 1024 * 1024)
      expect(process.memoryUsage().rss - before.here).toBeLessThan(64 * 1024 * 1024)
      await iterator.return?.()
    })

    test('C8: two runs at once do not mix', async () => {
      const [a, b] = await Promise.all([
        readAll(ask(sql.rows(50_000), { types: [INT8, TEXT] })),
        readAll(ask(sql.threeRows, { types: [INT4, TEXT, TIMESTAMPTZ] })),
      ])
      expect(a).toHaveLength(50_000)
      expect(a[49_999]).toEqual(['49999', '49999'])
      expect(b).toHaveLength(3)
    })

    test('D4 X24: a memory bomb fails its own tenant only', async () => {
      const controller = new AbortController()
      const other = codeOf(readAll(ask(sql.endless, { tenant: 'globex', types: [INT8], signal: controller.signal })))
      await readAll(ask(sql.rows(1), { types: [INT8, TEXT] }))
      const here = process.memoryUsage().rss
      expect(await codeOf(readAll(ask(sql.memoryBomb, { types: [TEXT] })))).toBe('53200')
      expect(process.memoryUsage().rss - here).toBeLessThan(128 * 1024 * 1024)
      expect(await readAll(ask(sql.rows(1), { types: [INT8, TEXT] }))).toHaveLength(1)
      controller.abort()
      expect(await other).toBe('57014')
    }, 60_000)
  })
}

/** What an engine must do that has a process for each tenant. */
export function processContract(name: string, sql: ContractSql, make: () => Promise<ContractEngine>): void {
  describe(`engine ${name}, with processes`, () => {
    test('D6 X24: a killed engine fails its own tenant’s statements, and the next one gets a new engine', async () => {
      const made = await make()
      const ask = (text: string, options: Ask = {}) => start(made.engine, sql.dialect, text, options)
      const mine = codeOf(readAll(ask(sql.endless, { types: [INT8] })))
      const controller = new AbortController()
      const other = codeOf(readAll(ask(sql.endless, { tenant: 'globex', types: [INT8], signal: controller.signal })))
      await Promise.all(['acme', 'globex'].map((tenant) => readAll(ask(sql.rows(1), { tenant, types: [INT8, TEXT] }))))
      made.ownProcess?.kill('acme')
      expect(await mine).toBe('57P02')
      expect(await readAll(ask(sql.rows(1), { types: [INT8, TEXT] }))).toHaveLength(1)
      controller.abort()
      expect(await other).toBe('57014')
      await made.stop()
    }, 60_000)
  })
}
