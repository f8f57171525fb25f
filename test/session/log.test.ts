import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import { cleaned, createLog } from '../../proxy/observe/log.ts'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { runCase } from './script.ts'

const folder = mkdtempSync(join(tmpdir(), 'lakewire-log-'))
const file = join(folder, 'log')
const descriptor = openSync(file, 'a')
const log = createLog({ level: 'debug', destination: descriptor })
let lakewire: RunningLakewire

beforeAll(async () => {
  lakewire = await startLakewire({}, log)
})

afterAll(async () => {
  await lakewire?.stop()
  closeSync(descriptor)
  rmSync(folder, { recursive: true })
})

const events = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('L1: whatever a name holds, an event is one line and moves no cursor', () => {
  const name = 'a\nb\r\u001b[2J\u202e\u2028c'
  log.info({ user: name }, 'login')
  expect(cleaned(name)).toBe('a?b??[2J??c')
  expect(events().at(-1)).toMatchObject({ level: 'info', msg: 'login', user: 'a?b??[2J??c' })
  expect(readFileSync(file, 'utf8')).not.toMatch(/[^\P{C}\n]|\p{Zl}/u)
})

test('L2: no SQL, no parameter and no secret reaches the log', async () => {
  const client = await lakewire.login()
  const secret = 'hunter2'
  await runCase(client, [
    `Q alter user alice password '${secret}'`,
    `Q select 1; create user eve password '${secret}'`,
    `Q select '${secret}'::int`,
    `P - - select $1::int`,
    `B - - {"values": ["${secret}"]}`,
    'S',
    `Q set application_name = '${secret}'; select nope`,
  ])
  lakewire.engine.next.push({ error: new PgError('58000', `engine said ${secret}`, { fault: 'engine' }) })
  await runCase(client, ['Q select n from numbers'])
  client.end()
  expect(events().length).toBeGreaterThan(3)
  expect(readFileSync(file, 'utf8')).not.toContain(secret)
  expect(events().at(-1)).toMatchObject({ code: '58000', fault: 'engine', tenant: 'acme', user: 'alice' })
})

test('a bug reaches the client as an id, and the log with its stack', async () => {
  const client = await lakewire.login()
  lakewire.engine.next.push({ error: new TypeError('internals') as unknown as PgError })
  const answer = (await runCase(client, ['Q select n from numbers'])).at(-2) ?? ''
  client.end()
  expect(answer).toMatch(/^ErrorResponse ERROR XX000 internal error \(query id [0-9a-z-]+\)$/)
  const id = /query id ([0-9a-z-]+)/.exec(answer)?.[1]
  expect(events().at(-1)).toMatchObject({ level: 'error', queryId: id, error: { message: 'internals' } })
})
