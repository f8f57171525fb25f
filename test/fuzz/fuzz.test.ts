import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Differential, fixtureStatements, startDifferential } from '../harness/differential.ts'
import { replay, seededChoices, shrink } from '../harness/query-choices.ts'
import { FUZZ_FIXTURE, generateQuery } from '../harness/query-generator.ts'
import { compare, type Outcome } from './compare.ts'

/** Random statements on PostgreSQL and on us. FUZZ_SEEDS=first..last tries others than those that are always tried. */
const [FIRST = 1, LAST = 200] = (process.env.FUZZ_SEEDS ?? '').split('..').filter(Boolean).map(Number)
const REFUSED_SHARE_MAX = 0.1
const SHRINK_ATTEMPTS = 60
const SHRUNK_MAX = 3
const LINES_MAX = 12
const TIMEOUT_MS = 3_600_000

let both: Differential

beforeAll(async () => {
  both = await startDifferential()
  const fixture = new URL('../sql/fixture.sql', import.meta.url)
  await both.prepare([...(await fixtureStatements(fixture)), ...FUZZ_FIXTURE])
})

afterAll(() => both?.stop())

test(`seeds ${FIRST} to ${LAST}`, { timeout: TIMEOUT_MS }, async () => {
  const reports: string[] = []
  let refused = 0
  for (let seed = FIRST; seed <= LAST; seed++) {
    const choices = seededChoices(seed)
    const outcome = await compare(both, generateQuery(replay(choices)))
    if (outcome.kind === 'refused') refused++
    if (outcome.kind === 'invalid') reports.push(`seed ${seed}: PostgreSQL does not take it: ${outcome.why}`)
    if (outcome.kind === 'different') reports.push(await report(seed, choices, outcome, reports.length < SHRUNK_MAX))
  }
  expect(reports.join('\n\n')).toBe('')
  expect(refused / (LAST - FIRST + 1)).toBeLessThan(REFUSED_SHARE_MAX)
})

/** What differs, in the smallest statement that was found to differ. */
async function report(
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
