import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Differential, startDifferential } from '../harness/differential.ts'
import { type Benchmark, benchmarkTables } from '../harness/tpc.ts'

const LOAD_MS = 300_000

/**
 * Queries whose numbers are the same but are written with another number of zeros: PostgreSQL has a scale for each value,
 * which an average (27: 1.0000000000000000 for 1.00000000000000000000) and a sum of CASE (80: 0.00 for 0) do not keep
 * here when they come through a subquery.
 */
const OTHER_SCALE: Readonly<Record<Benchmark, readonly string[]>> = { tpch: [], tpcds: ['27', '80'] }

describe.each(['tpch', 'tpcds'] as const)('%s', (benchmark) => {
  let both: Differential

  beforeAll(async () => {
    both = await startDifferential()
    for (const table of await benchmarkTables(benchmark)) await both.load(table)
  }, LOAD_MS)

  afterAll(() => both?.stop())

  const folder = new URL(`./${benchmark}/`, import.meta.url)
  const names = readdirSync(folder).map((file) => file.replace('.sql', ''))
  test.each(names)('query %s', async (name) => {
    const sql = readFileSync(new URL(`${name}.sql`, folder), 'utf8')
      .trim()
      .replace(/;$/, '')
    const said = await both.run({ name, sql, parameters: null, timeZone: null, expected: { kind: 'same' } })
    const asWritten = OTHER_SCALE[benchmark].includes(name) ? withoutTrailingZeros : (lines: readonly string[]) => lines
    expect(asWritten(said.lakewire.lines)).toEqual(asWritten(said.postgres.lines))
  })
})

function withoutTrailingZeros(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(\.\d*?)0+(?= \||$)/g, '$1').replace(/\.(?= \||$)/g, ''))
}
