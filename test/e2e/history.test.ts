import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lakewire, type Login, startLakewire } from '../harness/start.ts'

const ADMIN_TOKEN = 'a-token-that-is-long-enough-for-the-admin'
const STRANGER = 'a-name-that-makes-no-series'
const SECRET = 'what-must-stand-in-no-metric'

let server: Lakewire
let alice: Login
let client: Client

beforeAll(async () => {
  server = await startLakewire({ env: { LAKEWIRE_ADMIN_TOKEN: ADMIN_TOKEN } })
  alice = await server.makeUser('acme', 'alice')
  client = await connected(alice)
}, 400_000)

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

async function connected(login: Login): Promise<Client> {
  const one = new Client({ ...login, ssl: { rejectUnauthorized: false } })
  await one.connect()
  return one
}

type Entry = {
  text: string
  user: string
  engine: string
  reason: string | null
  rows: number
  code: string | null
  bytesEstimated: number | null
  startedAt: string
}
type Page = { statements: Entry[]; next: string | null }

async function admin(path: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${server.httpUrl}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers },
  })
}

async function history(query = ''): Promise<Page> {
  const response = await admin(`/api/v1/tenants/acme/history${query}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Page
}

/** It is written behind the statements' back. */
async function whenWritten(text: string): Promise<Page> {
  for (;;) {
    const page = await history()
    if (page.statements.some((entry) => entry.text === text)) return page
    await new Promise((done) => setTimeout(done, 50))
  }
}

describe('the query history', () => {
  test('tells what was run, where and why, the latest first', async () => {
    await client.query('create table h (n int)')
    await client.query('insert into h select generate_series(1, 5)')
    await client.query('select n from h where n > $1', [3])
    await client.query('select 1')
    await expect(client.query('select nope from h')).rejects.toThrow(/does not exist/)
    const { statements } = await whenWritten('select nope from h')
    expect(
      statements.map(({ text, user, engine, reason, rows, code }) => [text, user, engine, reason, rows, code]),
    ).toEqual([
      ['select nope from h', 'alice', 'session', null, 0, '42703'],
      ['select n from h where n > $1', 'alice', 'duckdb', 'it is the only engine', 2, null],
      ['insert into h select generate_series(1, 5)', 'alice', 'duckdb', 'it is the only engine', 5, null],
      ['create table h (n int)', 'alice', 'session', null, 0, null],
    ])
  })

  test('L2: keeps no password, whatever stands beside it', async () => {
    const word = 'a-password-that-nobody-keeps'
    for (const text of [
      `alter user alice password '${word}'; select n from h`,
      `select n from h; create user eve password '${word}'`,
      `alter role current_user with encrypted password '${word}'`,
      `alter user alice pasword; alter user alice password '${word}`,
      `create subscription s connection 'host=h password=${word}' publication p`,
      `do $$ begin execute 'alter user alice password ''${word}''' ; end $$`,
    ])
      await client.query(text).catch(() => {})
    await client.query('select n + 1 from h')
    const page = await whenWritten('select n + 1 from h')
    expect(JSON.stringify(page)).not.toContain(word)
    expect(page.statements.map(({ text }) => text)).toContain('alter user alice password …')
  })

  test('comes in pages', async () => {
    const all = (await history()).statements.map(({ text }) => text)
    const first = await history('?limit=3')
    const second = await history(`?limit=100&after=${first.next}`)
    expect([...first.statements, ...second.statements].map(({ text }) => text)).toEqual(all)
    expect(second.next).toBeNull()
  })

  test('is a tenant of its own, and the command line shows it', async () => {
    const carol = await connected(await server.makeUser('globex', 'carol'))
    await carol.query('create table theirs (n int)')
    await carol.end()
    const shown = (await server.cli('history', '--tenant', 'acme', '--limit', '2')) as Page
    expect(shown.statements).toHaveLength(2)
    expect(JSON.stringify(await history())).not.toContain('theirs')
    expect((await admin('/api/v1/tenants/nobody/history')).status).toBe(404)
    const without = await fetch(`${server.httpUrl}/api/v1/tenants/acme/history`)
    expect(without.status).toBe(401)
  })

  test('goes with its tenant', async () => {
    await server.makeUser('shortlived', 'dan').then(async (login) => {
      const dan = await connected(login)
      await dan.query('create table gone (n int)')
      await dan.end()
    })
    while (((await (await admin('/api/v1/tenants/shortlived/history')).json()) as Page).statements.length === 0);
    await server.cli('tenant', 'drop', 'shortlived', '--files')
    await server.makeUser('shortlived', 'dan')
    expect(((await (await admin('/api/v1/tenants/shortlived/history')).json()) as Page).statements).toEqual([])
  })
})

describe('metrics', () => {
  test('L3: count statements by engine and error, and name neither users nor SQL', async () => {
    await expect(client.query(`select '${SECRET}', 1 / (n - n) from h`)).rejects.toThrow(/division by zero/)
    for (const login of [{ user: STRANGER }, { database: STRANGER }, { password: STRANGER }])
      await expect(connected({ ...alice, ...login })).rejects.toThrow()
    await client.query(`set application_name = '${STRANGER}'; select 1`)
    const response = await admin('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    const measured = (start: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(start))
          ?.split(' ')
          .at(-1),
      )
    expect(measured('lakewire_statements_total{engine="duckdb",why="only",class="00"')).toBeGreaterThanOrEqual(2)
    expect(measured('lakewire_statements_total{engine="duckdb",why="only",class="22",fault="client"')).toBe(1)
    expect(measured('lakewire_statements_total{engine="session",why="",class="42",fault="client"')).toBeGreaterThan(0)
    expect(measured('lakewire_engine_up{engine="duckdb"}')).toBe(1)
    expect(measured('lakewire_statement_seconds_count{engine="duckdb"}')).toBeGreaterThan(2)
    for (const name of ['alice', 'acme', SECRET, 'select', STRANGER]) expect(text).not.toContain(name)
  })

  test('H10: are for who has the admin token', async () => {
    expect((await fetch(`${server.httpUrl}/metrics`)).status).toBe(401)
  })
})

describe('limits of a tenant', () => {
  test('are set by the administrator and heeded soon', async () => {
    const put = (body: unknown) =>
      admin('/api/v1/tenants/acme/limits', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await put({ scanMib: -1 })).status).toBe(400)
    expect((await put({ surprise: 1 })).status).toBe(400)
    await server.cli('tenant', 'limit', 'acme', '--scan-mib', '0')
    for (;;) {
      const error = await client.query('select n from h').then(
        () => null,
        (failure: { code: string; detail: string }) => failure,
      )
      if (error === null) {
        await new Promise((done) => setTimeout(done, 100))
        continue
      }
      expect(error).toMatchObject({ code: '53400', detail: expect.stringMatching(/^It would read \d/) })
      break
    }
    // A filter that leaves nothing to read is within any limit.
    expect((await client.query('select n from h where n > 1000')).rows).toEqual([])
    await put({})
  })
})
