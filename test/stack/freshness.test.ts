import pg from 'pg'
import { expect, test } from 'vitest'
import { startCluster } from '../harness/stack.ts'

/** Nobody tells the second proxy anything: it must find out by itself, before it answers. */
test('what one proxy defines, live sessions of another know with their next statement', async () => {
  await using cluster = await startCluster({ proxies: 2, admins: 1 })
  const login = await cluster.makeUser('fresh', 'ann')
  const [here, there] = await Promise.all(
    cluster.proxies.map(async (proxy) => {
      const client = new pg.Client({ ...login, port: proxy.pg?.port ?? 0 })
      await client.connect()
      return client
    }),
  )
  if (here === undefined || there === undefined) throw new Error('two proxies are wanted')
  const said = (sql: string) =>
    there.query(sql).then(
      ({ fields, rows }) => ({ columns: fields.map(({ name }) => name), rows }),
      ({ code }: { code?: string }) => ({ code }),
    )
  const all = 'SELECT * FROM t'
  expect(await said(all)).toEqual({ code: '42P01' })
  await here.query('CREATE TABLE t (a int)')
  expect(await said(all)).toEqual({ columns: ['a'], rows: [] })
  await here.query('INSERT INTO t VALUES (1)')
  expect(await said(all)).toEqual({ columns: ['a'], rows: [{ a: 1 }] })
  await here.query('ALTER TABLE t ADD COLUMN b text')
  expect(await said(all)).toEqual({ columns: ['a', 'b'], rows: [{ a: 1, b: null }] })
  await here.query('ALTER TABLE t RENAME COLUMN a TO c')
  expect(await said('SELECT a FROM t')).toEqual({ code: '42703' })
  expect(await said(`SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum = 1`)).toEqual({
    columns: ['attname'],
    rows: [{ attname: 'c' }],
  })
  await here.query('CREATE VIEW v AS SELECT c FROM t')
  expect(await said('SELECT * FROM v')).toEqual({ columns: ['c'], rows: [{ c: 1 }] })
  await here.query('DROP VIEW v; DROP TABLE t')
  expect(await said(all)).toEqual({ code: '42P01' })
  await Promise.all([here.end(), there.end()])
})
