import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Compared, type Differential, startDifferential } from './differential.ts'
import { type Benchmark, benchmarkTables } from './tpc.ts'

const LOAD_MS = 600_000

/**
 * Queries whose numbers are the same but are written with another number of zeros: PostgreSQL has a scale for each value,
 * which an average (27: 1.0000000000000000 for 1.00000000000000000000) and a sum of CASE (80: 0.00 for 0) do not keep
 * here when they come through a subquery.
 */
const OTHER_SCALE: Readonly<Record<Benchmark, readonly string[]>> = { tpch: [], tpcds: ['27', '80'] }

export type SuiteOptions = {
  /** default: the embedded product */
  compare?: (name: string) => Promise<Compared>
  /** which engine is to answer; default: the router's choice */
  engine?: string
}

/** All queries of TPC-H and TPC-DS, on PostgreSQL and on us. */
export function tpcSuite({ compare, engine }: SuiteOptions = {}): void {
  describe.each(['tpch', 'tpcds'] as const)('%s', (benchmark) => {
    let both: Differential

    beforeAll(async () => {
      both = await startDifferential(compare === undefined ? undefined : () => compare(benchmark))
      for (const table of await benchmarkTables(benchmark)) await both.load(table)
      if (engine !== undefined) await both.set('lakewire.engine', engine)
    }, LOAD_MS)

    afterAll(() => both?.stop())

    const folder = new URL(`../sql/${benchmark}/`, import.meta.url)
    const names = readdirSync(folder).map((file) => file.replace('.sql', ''))
    test.each(names)('query %s', async (name) => {
      const sql = readFileSync(new URL(`${name}.sql`, folder), 'utf8')
        .trim()
        .replace(/;$/, '')
      const said = await both.run({ sql, parameters: null, timeZone: null })
      const isOther = OTHER_SCALE[benchmark].includes(name)
      const asWritten = isOther ? withoutTrailingZeros : (lines: readonly string[]) => lines
      expect(asWritten(said.lakewire.lines)).toEqual(asWritten(said.postgres.lines))
    })
  })
}

function withoutTrailingZeros(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(\.\d*?)0+(?= \||$)/g, '$1').replace(/\.(?= \||$)/g, ''))
}
