import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, stack, startCluster } from '../harness/stack.ts'

/**
 * Both engines behind one session: which of them runs a statement, and why. Thresholds so small that Trino is preferred for
 * whatever reads anything at all.
 */
let cluster: Cluster
let client: pg.Client

beforeAll(async () => {
  cluster = await startCluster({ env: { LAKEWIRE_ROUTER_SCAN_MIB: '0', LAKEWIRE_ROUTER_JOIN_MIB: '0' } })
  client = new pg.Client(await cluster.makeUser('routed', 'ann'))
  await client.connect()
  await client.query('create table days (d date, n int, word text) partition by range (month(d))')
  await client.query('create table copies (n int)')
  await client.query("insert into days select date '2024-01-15' + 31 * g, g, 'w' || g from generate_series(0, 3) g")
}, 180_000)

afterAll(async () => {
  await client?.end()
  await cluster?.stop()
})

type Plan = { Engine: string; Reason: string; 'Estimated Files': number; 'Total Files': number }

async function planOf(sql: string): Promise<Plan> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${sql}`)
  const found = rows[0]?.['QUERY PLAN'][0].Plan
  if (found === undefined) throw new Error('no plan')
  return found
}

async function numbers(sql: string): Promise<unknown[]> {
  return (await client.query({ text: sql, rowMode: 'array' })).rows.map((row: unknown[]) => row[0])
}

type Statement = { text: string; engine: string; reason: string | null; rows: number }

async function remembered(text: string): Promise<Statement> {
  const { admin } = stack()
  for (;;) {
    const response = await fetch(`${admin.url}/api/v1/tenants/routed/history`, {
      headers: { authorization: `Bearer ${admin.token}` },
    })
    const { statements } = (await response.json()) as { statements: Statement[] }
    const found = statements.find((statement) => statement.text === text)
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 100))
  }
}

describe('a statement that reads more than one process should', () => {
  test('goes to Trino, with the reason, and the history says so', async () => {
    const sql = 'select n from days order by n'
    expect(await planOf(sql)).toMatchObject({
      Engine: 'trino',
      Reason: expect.stringMatching(/^it reads .* more than/),
    })
    expect(await numbers(sql)).toEqual([0, 1, 2, 3])
    expect(await remembered(sql)).toMatchObject({
      engine: 'trino',
      reason: expect.stringMatching(/^it reads .* more than/),
      rows: 4,
    })
  })

  test('goes to DuckDB where its filter leaves nothing to read', async () => {
    const sql = "select n from days where d < '2000-01-01'"
    expect(await planOf(sql)).toMatchObject({ Engine: 'duckdb', 'Estimated Files': 0, 'Total Files': 4 })
    expect(await numbers(sql)).toEqual([])
  })

  test('goes to DuckDB where Trino’s SQL cannot say it, with the reason', async () => {
    const sql = 'insert into copies select n from days returning n'
    expect((await planOf(sql)).Engine).toBe('duckdb')
    expect((await planOf(sql)).Reason).toMatch(/^trino cannot \(.+\): duckdb$/)
    expect((await numbers(sql)).length).toBe(4)
  })

  test('goes where the session says, and gets the same rows', async () => {
    const sql = "select n from days where d >= '2024-02-01' order by n"
    for (const engine of ['trino', 'duckdb']) {
      await client.query(`set lakewire.engine = ${engine}`)
      expect(await planOf(sql)).toMatchObject({
        Engine: engine,
        Reason: 'lakewire.engine asks for it',
        'Estimated Files': 3,
      })
      expect(await numbers(sql)).toEqual([1, 2, 3])
    }
    await client.query('reset lakewire.engine')
  })
})

test('both engines take part in one transaction', async () => {
  await client.query('begin')
  await client.query("insert into days values ('2024-09-01', 9, 'mine')")
  await client.query('set local lakewire.engine = duckdb')
  expect(await numbers('select count(*)::int from days')).toEqual([5])
  await client.query('set local lakewire.engine = trino')
  expect(await numbers('select count(*)::int from days')).toEqual([5])
  await client.query('rollback')
  expect(await numbers('select count(*)::int from days')).toEqual([4])
})

test('metrics count by engine', async () => {
  const [proxy] = cluster.proxies
  const response = await fetch(`${proxy?.httpUrl}/metrics`, {
    headers: { authorization: `Bearer ${stack().admin.token}` },
  })
  const text = await response.text()
  expect(text).toMatch(/^lakewire_engine_up\{engine="trino"\} 1$/m)
  expect(text).toMatch(/^lakewire_statements_total\{engine="trino",why="large",class="00",fault=""\} [1-9]/m)
})
