/**
 * What clients see while a part of the installation is away, and that nothing is lost and nobody has to lift a hand. Each
 * row of the table in ARCHITECTURE.md, "Faults", is a test here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { install } from '../../infra/stack/install.ts'
import { startTrino } from '../../infra/stack/servers.ts'
import { trinoFilesOf } from '../../infra/stack/start.ts'
import { type Cluster, type ClusterOptions, stack, startCluster } from '../harness/stack.ts'
import type { Login } from '../harness/start.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'

const OUTAGE_MS = 60_000
/** No answer takes longer while something is away; the load of the tests' machine is not ours to time. */
const ANSWER_MS = 90_000
const TRY_MS = 20_000

/** The server, or a part of it, is not there: what clients and pools take as a reason to try again. */
const UNAVAILABLE = /^(08|57P0|58)/
const OUTCOME_UNKNOWN = '08007'

type Outcome = { code: string } | { rows: unknown[] }

async function connect(login: Login): Promise<pg.Client> {
  const client = new pg.Client(login)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** What came of it, within the limit. */
async function outcome(client: pg.Client, sql: string): Promise<Outcome> {
  const late = sleep(ANSWER_MS, 'late' as const, { ref: false })
  const answer = client.query(sql).then(
    ({ rows }): Outcome => ({ rows }),
    (error: Error & { code?: string }): Outcome => ({ code: error.code ?? error.message }),
  )
  const first = await Promise.race([answer, late])
  if (first === 'late') throw new Error(`no answer in ${ANSWER_MS} ms: ${sql}`)
  return first
}

/** Until it is answered with rows. Each try has its time: a Trino that has just started was seen to forget its first query. */
async function healed(client: pg.Client, sql: string): Promise<unknown[]> {
  await client.query(`set statement_timeout = ${TRY_MS}`)
  for (;;) {
    const answer = await outcome(client, sql)
    if ('rows' in answer) {
      await client.query('reset statement_timeout')
      return answer.rows
    }
    await sleep(200)
  }
}

async function lineTo(url: string): Promise<{ line: TcpProxy; url: string }> {
  const { hostname, port } = new URL(url)
  const line = await openTcpProxy(hostname, Number(port))
  return { line, url: url.replace(/\/\/[^/@]*@?[^/]*/, `//${line.host}:${line.port}`) }
}

const COUNT = 'select count(*)::int as n from t'

/** A cluster with a table of three rows, and who may use it. */
async function prepared(tenant: string, options: ClusterOptions): Promise<{ cluster: Cluster; login: Login }> {
  const cluster = await startCluster(options)
  const login = await cluster.makeUser(tenant, 'ann')
  const client = await connect(login)
  await client.query('create table t (a int)')
  await client.query('insert into t values (1), (2), (3)')
  await client.end()
  return { cluster, login }
}

test('a killed proxy: its clients lose the connection, its transactions are as if they had never been', async () => {
  const { cluster, login } = await prepared('killed_proxy', { proxies: 2 })
  const [first, second] = cluster.proxies
  const client = await connect(login)
  const lost = new Promise((done) => client.once('end', done))
  await client.query('begin')
  await client.query('insert into t values (4)')
  await client.query('create table half (a int)')
  first?.signal('SIGKILL')
  await lost
  const other = await connect({ ...login, port: second?.pg?.port ?? 0 })
  expect(await outcome(other, COUNT)).toEqual({ rows: [{ n: 3 }] })
  expect(await outcome(other, 'select * from half')).toEqual({ code: '42P01' })
  // Nobody waits for the dead: the same names and tables are free.
  expect(await outcome(other, 'create table half (a int)')).toEqual({ rows: [] })
  expect(await outcome(other, 'insert into t values (4)')).toEqual({ rows: [] })
  expect(await outcome(other, COUNT)).toEqual({ rows: [{ n: 4 }] })
  await other.end()
  await cluster.stop()
})

test('a killed admin: the next one answers, within the same session', async () => {
  const { cluster, login } = await prepared('killed_admin', { admins: 2, proxies: 1 })
  const client = await connect(login)
  await client.query(COUNT)
  const [first] = cluster.admins
  first?.signal('SIGKILL')
  await first?.exited
  expect(await outcome(client, 'insert into t values (4)')).toEqual({ rows: [] })
  expect(await outcome(client, 'create table u (a int)')).toEqual({ rows: [] })
  expect(await outcome(client, 'insert into u select a from t')).toEqual({ rows: [] })
  expect(await outcome(client, COUNT)).toEqual({ rows: [{ n: 4 }] })
  // A tenant that no engine runs for yet: its process is led to the admin that is there.
  const other = await connect(await cluster.makeUser('killed_admin_too', 'bob'))
  expect(await outcome(other, 'create table t (a int)')).toEqual({ rows: [] })
  expect(await outcome(other, 'insert into t values (1)')).toEqual({ rows: [] })
  await Promise.all([client.end(), other.end()])
  await cluster.stop()
})

test('no admin at all: 58000, the session lives, and all is well when one is back', async () => {
  const { line, url } = await lineTo(stack().admin.url)
  const { cluster, login } = await prepared('no_admin', { env: { LAKEWIRE_CATALOG_URL: url } })
  const client = await connect(login)
  await client.query(COUNT)
  line.weather({ kind: 'down' })
  expect(await outcome(client, 'create table u (a int)')).toEqual({ code: '58000' })
  expect(await outcome(client, 'begin')).toEqual({ rows: [] })
  expect(await outcome(client, 'insert into t values (4)')).toEqual({ code: '58000' })
  expect(await outcome(client, 'rollback')).toEqual({ rows: [] })
  // What needs no lake goes on.
  expect(await outcome(client, 'select 1 as one')).toEqual({ rows: [{ one: 1 }] })
  line.weather({ kind: 'open' })
  expect(await outcome(client, 'create table u (a int)')).toEqual({ rows: [] })
  expect(await outcome(client, 'insert into t values (4)')).toEqual({ rows: [] })
  expect(await outcome(client, COUNT)).toEqual({ rows: [{ n: 4 }] })
  await client.end()
  await cluster.stop()
  await line.close()
})

test('A10 X17: MongoDB away for a minute: 58000 in time, sessions live, logins wait with 57P03, nothing acknowledged is lost', async () => {
  const { line, url } = await lineTo(stack().mongo.url)
  const { cluster, login } = await prepared('no_mongo', { admins: 1, env: { LAKEWIRE_STORE_URL: url } })
  const client = await connect(login)
  await client.query(COUNT)
  let [acknowledged, unknown] = [3, 0]
  line.weather({ kind: 'down' })
  const begun = performance.now()
  expect(await outcome(client, COUNT)).toEqual({ code: '58000' })
  await expect(connect(login)).rejects.toMatchObject({ code: '57P03' })
  // Half of the time nobody answers, in the other half nobody says a word.
  while (performance.now() - begun < OUTAGE_MS) {
    if (performance.now() - begun > OUTAGE_MS / 2) line.weather({ kind: 'silent' })
    const answer = await outcome(client, 'insert into t values (0)')
    if ('rows' in answer) acknowledged += 1
    else expect(['58000', OUTCOME_UNKNOWN]).toContain(answer.code)
    if ('code' in answer && answer.code === OUTCOME_UNKNOWN) unknown += 1
  }
  line.weather({ kind: 'open' })
  const [{ n }] = (await healed(client, COUNT)) as [{ n: number }]
  expect(n).toBeGreaterThanOrEqual(acknowledged)
  expect(n).toBeLessThanOrEqual(acknowledged + unknown)
  expect(await outcome(client, 'insert into t values (4)')).toEqual({ rows: [] })
  const later = await connect(login)
  expect(await outcome(later, COUNT)).toEqual({ rows: [{ n: n + 1 }] })
  // The proxy is found by the others as before: it ends sessions when an account goes.
  const ended = new Promise((done) => later.once('end', done))
  const { url: adminUrl, token } = stack().admin
  const dropped = await fetch(`${adminUrl}/api/v1/tenants/no_mongo/users/ann`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(dropped.status).toBe(204)
  await ended
  await client.end()
  await cluster.stop()
  await line.close()
})

test('S3 away for a minute: reads and writes fail in time, half of nothing is seen, and then all is well', async () => {
  const { line, url } = await lineTo(stack().s3.endpoint)
  const { cluster, login } = await prepared('no_s3', { admins: 1, env: { LAKEWIRE_S3_ENDPOINT: url } })
  const client = await connect(login)
  await client.query(COUNT)
  let [acknowledged, unknown] = [3, 0]
  line.weather({ kind: 'down' })
  const begun = performance.now()
  const codes = new Set<string>()
  while (performance.now() - begun < OUTAGE_MS) {
    for (const sql of ['insert into t values (0)', 'create table u (a int)', 'select a from t order by a']) {
      const answer = await outcome(client, sql)
      if ('code' in answer) codes.add(answer.code)
      if (!sql.startsWith('insert')) continue
      if (!('code' in answer)) acknowledged += 1
      else if (answer.code === OUTCOME_UNKNOWN) unknown += 1
    }
    expect(await outcome(client, 'select 1 as one')).toEqual({ rows: [{ one: 1 }] })
    await sleep(1_000)
  }
  for (const code of codes) expect(code).toMatch(/^(58000|58030|08007)$/)
  expect(codes.size).toBeGreaterThan(0)
  line.weather({ kind: 'open' })
  const [{ n }] = (await healed(client, COUNT)) as [{ n: number }]
  expect(n).toBeGreaterThanOrEqual(acknowledged)
  expect(n).toBeLessThanOrEqual(acknowledged + unknown)
  expect(await outcome(client, 'create table v (a int)')).toEqual({ rows: [] })
  expect(await outcome(client, 'insert into t values (4)')).toEqual({ rows: [] })
  expect(await outcome(client, COUNT)).toEqual({ rows: [{ n: n + 1 }] })
  await client.end()
  await cluster.stop()
  await line.close()
})

test('Trino away: what it ran fails, the next statements run elsewhere, and later there again', async () => {
  const { line, url } = await lineTo(stack().trino.url)
  const { cluster, login } = await prepared('no_trino', { env: { LAKEWIRE_TRINO_URL: url } })
  const client = await connect(login)
  await client.query('create table big as select x as a from generate_series(1, 3000) x')
  await client.query(`set lakewire.engine = 'trino'`)
  expect(await healed(client, COUNT)).toEqual([{ n: 3 }])
  const running = outcome(client, 'select count(*) from big a, big b, big c where a.a + b.a + c.a = 7')
  await sleep(3_000)
  line.weather({ kind: 'down' })
  expect(await running).toEqual({ code: expect.stringMatching(UNAVAILABLE) })
  // Asked for by name there is no other; otherwise there is.
  expect(await outcome(client, COUNT)).toEqual({ code: expect.stringMatching(UNAVAILABLE) })
  await client.query('set lakewire.engine = auto')
  expect(await outcome(client, COUNT)).toEqual({ rows: [{ n: 3 }] })
  line.weather({ kind: 'open' })
  await client.query(`set lakewire.engine = 'trino'`)
  expect(await healed(client, COUNT)).toEqual([{ n: 3 }])
  await client.end()
  await cluster.stop()
  await line.close()
})

test('Trino killed and started again: a write is whole or not there, and Trino is used again', async () => {
  const { signal } = new AbortController()
  const { s3, admin } = stack()
  const files = await trinoFilesOf({ s3, admin }, signal)
  await using trino = await startTrino(await install(() => {}, signal), files, signal)
  // Everything is too large for one process, so that `auto` means Trino while it is there.
  const env = { LAKEWIRE_TRINO_URL: trino.url, LAKEWIRE_ROUTER_SCAN_MIB: '0', LAKEWIRE_ROUTER_JOIN_MIB: '0' }
  const { cluster, login } = await prepared('trino_again', { env })
  const plan = async (client: pg.Client) => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${COUNT}`)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  }
  const [reader, writer] = [await connect(login), await connect(login)]
  await reader.query('create table big as select x as a from generate_series(1, 3000) x')
  for (const client of [reader, writer]) await client.query(`set lakewire.engine = 'trino'`)
  expect(await healed(reader, COUNT)).toEqual([{ n: 3 }])
  const slow = 'from big a, big b, big c where a.a + b.a + c.a > 0'
  const reading = outcome(reader, `select a.a, b.a ${slow}`)
  const writing = outcome(writer, `insert into t select a.a ${slow}`)
  await sleep(3_000)
  trino.signal('SIGKILL')
  for (const broken of [reading, writing]) expect(await broken).toEqual({ code: expect.stringMatching(UNAVAILABLE) })
  await reader.query('set lakewire.engine = auto')
  expect(await outcome(reader, COUNT)).toEqual({ rows: [{ n: 3 }] })
  expect(await plan(reader)).toMatch(/Engine: duckdb\s+Reason: trino is not well \(.+\): duckdb/)
  await trino.startAgain(signal)
  await expect.poll(() => plan(reader), { timeout: 120_000, interval: 500 }).toMatch(/Engine: trino/)
  expect(await healed(writer, COUNT)).toEqual([{ n: 3 }])
  expect(await outcome(writer, 'insert into t values (4)')).toEqual({ rows: [] })
  expect(await outcome(reader, COUNT)).toEqual({ rows: [{ n: 4 }] })
  await Promise.all([reader.end(), writer.end()])
  await cluster.stop()
})

test('a slow network: answers are late, and right', async () => {
  const mongo = await lineTo(stack().mongo.url)
  const s3 = await lineTo(stack().s3.endpoint)
  const env = { LAKEWIRE_STORE_URL: mongo.url, LAKEWIRE_S3_ENDPOINT: s3.url }
  const { cluster, login } = await prepared('slow', { admins: 1, env })
  for (const { line } of [mongo, s3]) line.weather({ kind: 'open', delayMs: 50, bytesPerSecond: 200_000 })
  const client = await connect(login)
  expect(await outcome(client, 'insert into t select x from generate_series(4, 1000) x')).toEqual({ rows: [] })
  expect(await outcome(client, 'select count(*)::int as n, sum(a)::int as s from t')).toEqual({
    rows: [{ n: 1000, s: 500_500 }],
  })
  expect(await outcome(client, 'create table u as select * from t')).toEqual({ rows: [] })
  expect(await outcome(client, 'select count(*)::int as n from u')).toEqual({ rows: [{ n: 1000 }] })
  await client.end()
  await cluster.stop()
  await Promise.all([mongo.line.close(), s3.line.close()])
})
