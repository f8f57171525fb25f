import pg from 'pg'
import { expect, test } from 'vitest'
import { startCluster } from '../harness/stack.ts'

test('a proxy on the stack: tables in S3, accounts in MongoDB', async () => {
  await using cluster = await startCluster({ proxies: 2, admins: 1 })
  const login = await cluster.makeUser('smoke', 'ann')
  for (const proxy of cluster.proxies) {
    const client = new pg.Client({ ...login, port: proxy.pg?.port ?? 0 })
    await client.connect()
    await client.query('CREATE TABLE IF NOT EXISTS t (a int, b text)')
    await client.query(`INSERT INTO t VALUES (1, 'x')`)
    const { rows } = await client.query('SELECT count(*) AS n FROM t')
    expect(rows).toEqual([{ n: String(cluster.proxies.indexOf(proxy) + 1) }])
    await client.end()
  }
})
