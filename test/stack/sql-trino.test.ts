import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Differential, fixtureStatements, type Said, startDifferential } from '../harness/differential.ts'
import { asksForOrder, formatCases, type OnTrino, parseCases, rounded, type SqlCase } from '../harness/sql-case.ts'
import { comparedCluster } from './compared.ts'

/**
 * The cases of test/sql on Trino: PostgreSQL's answer, or a last line of the case says what it is instead. UPDATE=1 writes
 * those lines anew for what is refused; what is answered in another way is for people to judge.
 */
const FOLDER = new URL('../sql/', import.meta.url)
const FIXTURE = 'fixture.sql'
const UPDATE = process.env.UPDATE === '1'
const NOT_SUPPORTED = '0A000'

let both: Differential

beforeAll(async () => {
  both = await startDifferential(() => comparedCluster('sqlcases'))
  await both.prepare(await fixtureStatements(new URL(FIXTURE, FOLDER)))
  await both.set('lakewire.engine', 'trino')
}, 300_000)

afterAll(() => both?.stop())

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name !== FIXTURE)) {
  describe(file.replace('.sql', ''), () => {
    const cases = parseCases(readFileSync(new URL(file, FOLDER), 'utf8'))
    const seen: SqlCase[] = []
    test.each(cases)('$name', async (one) => {
      const { postgres, lakewire } = await both.run(one)
      const now = outcome(one, postgres, lakewire)
      if (now !== 'different') seen.push({ ...one, onTrino: now })
      if (now === 'different' || !UPDATE)
        expect(now === 'different' ? lakewire.lines : now).toEqual(expectedOf(one, now, postgres))
    })
    afterAll(() => {
      if (UPDATE && seen.length === cases.length) writeFileSync(new URL(file, FOLDER), formatCases(seen))
    })
  })
}

function expectedOf(one: SqlCase, now: OnTrino | null | 'different', postgres: Said): unknown {
  return now === 'different' ? postgres.lines : one.onTrino
}

/** What the case has to say of Trino; null: nothing. */
function outcome(one: SqlCase, postgres: Said, lakewire: Said): OnTrino | null | 'different' {
  // Which digits come last depends on the order in which Trino's threads add them up: they may be PostgreSQL's.
  if (one.onTrino?.kind === 'other last digits' && rounded(postgres.lines) === rounded(lakewire.lines))
    return one.onTrino
  const text = asksForOrder(one.sql) ? inOrder : inAnyOrder
  const [theirs, ours] = [text(postgres.lines), text(lakewire.lines)]
  if (theirs === ours) return null
  if (one.expected.kind === 'differs' && ours === text(one.expected.lakewire.split('\n'))) return null
  return lakewire.error === NOT_SUPPORTED ? { kind: 'refused', text: lakewire.lines.at(-1) ?? '' } : 'different'
}

function inOrder(lines: readonly string[]): string {
  return lines.join('\n')
}

function inAnyOrder(lines: readonly string[]): string {
  return lines.toSorted().join('\n')
}
