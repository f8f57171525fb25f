import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Differential, fixtureStatements, startDifferential } from '../harness/differential.ts'
import { formatCases, parseCases, type SqlCase } from '../harness/sql-case.ts'

/** Every case of test/sql/*.sql, on PostgreSQL and on us. UPDATE=1 writes what both said into the case. */
const FOLDER = new URL('./', import.meta.url)
const FIXTURE = 'fixture.sql'
const UPDATE = process.env.UPDATE === '1'

let both: Differential

beforeAll(async () => {
  both = await startDifferential()
  await both.prepare(await fixtureStatements(new URL(FIXTURE, FOLDER)))
})

afterAll(() => both?.stop())

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name !== FIXTURE)) {
  describe(file.replace('.sql', ''), () => {
    const cases = parseCases(readFileSync(new URL(file, FOLDER), 'utf8'))
    const seen: SqlCase[] = []
    test.each(cases)('$name', async (one) => {
      const said = await both.run(one)
      const [theirs, ours] = [said.postgres.lines.join('\n'), said.lakewire.lines.join('\n')]
      const why = one.expected.kind === 'differs' ? one.expected.why : 'not looked into'
      const now: SqlCase = {
        ...one,
        expected: theirs === ours ? { kind: 'same' } : { kind: 'differs', why, postgres: theirs, lakewire: ours },
      }
      seen.push(now)
      if (!UPDATE) expect(now.expected).toEqual(one.expected)
    })
    afterAll(() => {
      if (UPDATE && seen.length === cases.length) writeFileSync(new URL(file, FOLDER), formatCases(seen))
    })
  })
}
