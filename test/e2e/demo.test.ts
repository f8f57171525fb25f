import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { psqlRows } from '../harness/psql.ts'
import { type Lakewire, type Login, startLakewire, urlOf } from '../harness/start.ts'

let dataDir: string
let server: Lakewire

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lakewire-demo-'))
  server = await startLakewire({ dataDir, env: { LAKEWIRE_DEMO: 'on' } })
}, 300_000)

afterAll(async () => {
  await server?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function userOf(tenant: string): Login {
  const login = server.demoUsers.find((user) => user.database === tenant)
  if (login === undefined) throw new Error(`no psql line for ${tenant}`)
  return login
}

test('the first start prints a psql line for each tenant, and acme’s tables hold what they should', async () => {
  expect(server.demoUsers.map(({ database, user }) => [database, user])).toEqual([
    ['acme', 'alice'],
    ['globex', 'bob'],
  ])
  const alice = userOf('acme')
  expect(
    await psqlRows(alice, 'select carrier, count(*), avg(dep_delay) from flights group by 1 order by 2 desc limit 5'),
  ).toEqual([
    ['UA', '58665', '12.1060728884596147'],
    ['B6', '54635', '13.0225221067400174'],
    ['EV', '54173', '19.9553898278682140'],
    ['DL', '48110', '9.2645045120495802'],
    ['AA', '32729', '8.5860156420403203'],
  ])
  expect(
    await psqlRows(
      alice,
      `select a.name, p.manufacturer, w.wind_speed is not null, count(*) from flights f join airlines a using (carrier) join planes p using (tailnum)
       join weather w on w.origin = f.origin and w.time_hour = f.time_hour where f.dest = 'SFO' group by 1, 2, 3 order by 4 desc limit 1`,
    ),
  ).toEqual([['United Air Lines Inc.', 'BOEING', 't', expect.stringMatching(/^\d{4}$/)]])
  await stat(join(dataDir, 'lake', 'acme', 'public', 'flights', 'metadata'))
})

test('globex has other rows under the same name', async () => {
  const bob = userOf('globex')
  expect(await psqlRows(bob, 'select count(*), min(date), max(distance) from flights')).toEqual([
    ['20000', '2001-01-01 00:47:00', expect.stringMatching(/^\d{4}$/)],
  ])
  await expect(psqlRows(bob, 'select carrier from flights')).rejects.toThrow(/42703/)
})

test('a warm start prints the same lines', async () => {
  const before = server.demoUsers.map((user) => [user.database, user.user, user.password])
  expect(await server.stop()).toBe(0)
  server = await startLakewire({ dataDir, env: { LAKEWIRE_DEMO: 'on' } })
  expect(server.demoUsers.map((user) => [user.database, user.user, user.password])).toEqual(before)
  expect(urlOf(userOf('acme'))).toMatch(/^postgres:\/\/alice:.+@127\.0\.0\.1:\d+\/acme$/)
  expect(await psqlRows(userOf('acme'), 'select count(*) from flights')).toEqual([['336776']])
})
