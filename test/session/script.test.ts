import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { readScript, runCase, type ScriptCase, UNEXPLAINED, writeScript } from './script.ts'

const FOLDER = join(import.meta.dirname, 'script')
const UPDATE = process.env.UPDATE === '1'

let postgres: RunningPostgres
let lakewire: RunningLakewire

beforeAll(async () => {
  postgres = await startPostgres({ database: 'acme' })
  lakewire = await startLakewire()
  const admin = await loginToPostgres('postgres', postgres.password)
  await runCase(admin, ["Q create role alice login password 'oracle'"])
  admin.end()
})

afterAll(async () => {
  await lakewire?.stop()
  await postgres?.stop()
})

function loginToPostgres(user: string, password: string): Promise<WireClient> {
  return WireClient.login(postgres.port, { user, password, database: 'acme' })
}

async function answers(kind: 'postgres' | 'lakewire', input: readonly string[]): Promise<string[]> {
  const client = kind === 'postgres' ? await loginToPostgres('alice', 'oracle') : await lakewire.login()
  try {
    return await runCase(client, input)
  } finally {
    client.end()
  }
}

for (const name of readdirSync(FOLDER)) {
  describe(name, () => {
    const file = join(FOLDER, name)
    const cases = readScript(file)

    afterAll(() => {
      if (UPDATE) writeScript(file, cases)
    })

    test.each(cases)('$title', async (one: ScriptCase) => {
      const theirs = await answers('postgres', one.input)
      const ours = await answers('lakewire', one.input)
      if (UPDATE) {
        one.postgres = theirs
        const same = JSON.stringify(ours) === JSON.stringify(theirs)
        one.lakewire = same ? null : { reason: one.lakewire?.reason ?? UNEXPLAINED, lines: ours }
      }
      expect(theirs).toEqual(one.postgres)
      expect(ours).toEqual(one.lakewire?.lines ?? one.postgres)
      expect(one.lakewire?.reason).not.toBe(UNEXPLAINED)
    })
  })
}
