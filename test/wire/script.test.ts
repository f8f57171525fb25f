import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { parseScript, printScript, runScript, type Side } from './script.ts'
import { PASSWORD, startServer, type TestServer } from './server.ts'
import type { Account } from './wire-client.ts'

const FOLDER = join(import.meta.dirname, 'script')
const UPDATE = process.env.UPDATE === '1'

let server: TestServer
let postgres: RunningPostgres
const target: Partial<Record<Side, { port: number; account: Account }>> = {}

beforeAll(async () => {
  postgres = await startPostgres({ database: 'acme' })
  server = await startServer({ tls: null })
  target.theirs = { port: postgres.port, account: { ...postgres } }
  target.ours = { port: server.port, account: { user: 'alice', password: PASSWORD, database: 'acme' } }
})
afterAll(async () => {
  await server.stop()
  await postgres.stop()
})

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const path = join(FOLDER, name)
  const title = readFileSync(path, 'utf8').split('\n')[0]?.replace(/^# /, '')
  // PostgreSQL first: with UPDATE=1 its answers are written, and ours are held against them.
  test.each(['theirs', 'ours'] as const)(`${title} (%s)`, async (side) => {
    const source = readFileSync(path, 'utf8')
    const to = target[side]
    if (to === undefined) throw new Error('not started')
    const actual = printScript(await runScript(parseScript(source), side, to.port, to.account))
    if (UPDATE && (side === 'theirs' || /^until \w+ ours/m.test(source))) writeFileSync(path, actual)
    else expect(actual).toBe(source)
  })
})
