import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FunctionCase, readCases } from './cases.ts'
import { TABLES } from './edge-rows.ts'
import { type Answer, type Oracle, startOracle } from './oracle.ts'

/**
 * Every function, operator and cast with a case in case/, evaluated by a real PostgreSQL 18 and by DuckDB with what the
 * printer wrote, over the same rows. Errors are compared by SQLSTATE: their words are PostgreSQL's where a macro or a native
 * function raises them, and the engine adapter's where DuckDB itself does.
 */
const cases = readCases()

function comparable(answer: Answer, kind: FunctionCase['kind']): string {
  if ('error' in answer) return answer.error.slice(0, 5)
  if (kind === 'close')
    return JSON.stringify(answer.rows.map((row) => row.map((value) => value && Number(value).toPrecision(14))))
  if (kind !== 'number') return JSON.stringify(answer.rows)
  const plain = (value: string | null) =>
    value === null || !value.includes('.') ? value : value.replace(/0+$/, '').replace(/\.$/, '')
  return JSON.stringify(answer.rows.map((row) => row.map(plain)))
}

/** All rows in one statement; where that fails, as one bad row makes it, each row by itself. */
function statements(one: FunctionCase): { whole: string; rows: readonly string[] } {
  if (one.aggregate) return { whole: `select ${one.expression} from ${one.table}`, rows: [] }
  const table = TABLES.find(({ name }) => name === one.table)
  return {
    whole: `select ${one.expression} from ${one.table} order by k`,
    // a window needs its other rows
    rows:
      one.family === 'window'
        ? []
        : (table?.rows ?? []).map(([k]) => `select ${one.expression} from ${one.table} where k = ${k}`),
  }
}

for (const timeZone of new Set(cases.map((one) => one.timeZone))) {
  describe(timeZone, () => {
    let oracle: Oracle
    beforeAll(async () => {
      oracle = await startOracle(TABLES, timeZone)
    }, 120_000)
    afterAll(() => oracle?.stop())

    const compare = async (sql: string, kind: FunctionCase['kind']) => ({
      postgres: comparable(await oracle.postgres(sql), kind),
      ours: comparable(await oracle.ours(sql), kind),
    })

    test.each(cases.filter((one) => one.timeZone === timeZone))('$family:$line $expression', async (one) => {
      const { whole, rows } = statements(one)
      const { postgres, ours } = await compare(whole, one.kind)
      if (one.kind === 'refused') expect(ours).toBe('0A000')
      else if (one.kind === 'differs') expect(ours).not.toBe(postgres)
      else if (rows.length === 0 || postgres.startsWith('[')) expect(ours).toBe(postgres)
      else
        for (const sql of rows) {
          const row = await compare(sql, one.kind)
          expect({ sql, answer: row.ours }).toEqual({ sql, answer: row.postgres })
        }
    })
  })
}

test('nested calls print, and bind, in proportion to their number', async () => {
  const oracle = await startOracle(TABLES)
  try {
    const nest = (inner: string, around: (inner: string) => string, depth: number): string =>
      depth === 0 ? inner : nest(around(inner), around, depth - 1)
    for (const [table, inner, around] of [
      ['i', 'a', (x: string) => `(${x}) / nullif(b, 0)`],
      ['n', 'f', (x: string) => `(${x}) * 1.5::float8 / 3`],
      ['d', 'ts', (x: string) => `date_trunc('century', ${x})`],
      ['t', 'a', (x: string) => `substr(${x}, 1, 5)`],
    ] as const) {
      const sql = `select ${nest(inner, around, 40)} from ${table} where k < 4 order by k`
      expect(await oracle.ours(sql)).toEqual(await oracle.postgres(sql))
      expect((await oracle.printed(sql)).length).toBeLessThan(40 * 250)
    }
  } finally {
    await oracle.stop()
  }
}, 60_000)
