import { afterAll, beforeAll, expect, test } from 'vitest'
import { compare, type Outcome } from '../fuzz/compare.ts'
import { type Differential, fixtureStatements, startDifferential } from './differential.ts'
import { replay, seededChoices, shrink } from './query-choices.ts'
import { FUZZ_FIXTURE, generateQuery } from './query-generator.ts'
import type { SuiteOptions } from './tpc-suite.ts'

const SHRINK_ATTEMPTS = 60
const SHRUNK_MAX = 3
const LINES_MAX = 12
const TIMEOUT_MS = 3_600_000

export type FuzzOptions = SuiteOptions & {
  /** tried always; FUZZ_SEEDS=first..last tries others */
  seeds: readonly [first: number, last: number]
  refusedShareMax: number
}

/** Random statements on PostgreSQL and on us. */
export function fuzzSuite({ compare: other, engine, seeds, refusedShareMax }: FuzzOptions): void {
  const [first = seeds[0], last = seeds[1]] = (process.env.FUZZ_SEEDS ?? '').split('..').filter(Boolean).map(Number)
  let both: Differential

  beforeAll(async () => {
    both = await startDifferential(other === undefined ? undefined : () => other('fuzz'))
    const fixture = new URL('../sql/fixture.sql', import.meta.url)
    await both.prepare([...(await fixtureStatements(fixture)), ...FUZZ_FIXTURE])
    if (engine !== undefined) await both.set('lakewire.engine', engine)
  }, 300_000)

  afterAll(() => both?.stop())

  test(`seeds ${first} to ${last}`, { timeout: TIMEOUT_MS }, async () => {
    const reports: string[] = []
    let refused = 0
    for (let seed = first; seed <= last; seed++) {
      const choices = seededChoices(seed)
      const outcome = await compare(both, generateQuery(replay(choices)))
      if (outcome.kind === 'refused') refused++
      if (outcome.kind === 'invalid') reports.push(`seed ${seed}: PostgreSQL does not take it: ${outcome.why}`)
      if (outcome.kind === 'different')
        reports.push(await report(both, seed, choices, outcome, reports.length < SHRUNK_MAX))
    }
    expect(reports.join('\n\n')).toBe('')
    expect(refused / (last - first + 1)).toBeLessThan(refusedShareMax)
  })
}

/** What differs, in the smallest statement that was found to differ. */
async function report(
  both: Differential,
  seed: number,
  choices: readonly number[],
  outcome: Extract<Outcome, { kind: 'different' }>,
  smaller: boolean,
): Promise<string> {
  let shown = outcome
  const attempts = smaller ? SHRINK_ATTEMPTS : 0
  const least = await shrink(choices, attempts, async (candidate) => {
    const now = await compare(both, generateQuery(replay(candidate)))
    if (now.kind !== 'different') return false
    shown = now
    return true
  })
  const { postgres, lakewire } = shown
  const sql = generateQuery(replay(least))
  return `seed ${seed}: ${sql}\npostgres:\n${some(postgres)}\nlakewire:\n${some(lakewire)}`
}

function some(lines: readonly string[]): string {
  return lines.slice(0, LINES_MAX).join('\n')
}
