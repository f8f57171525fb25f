import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { createRestLake } from '../../proxy/lake/rest/rest-lake.ts'
import { runPython } from '../harness/python.ts'
import { type CatalogUnderTest, startCatalog } from './harness.ts'

const CACHE = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))

let catalog: CatalogUnderTest
let instance: DuckDBInstance
let duckdb: DuckDBConnection
let lake: ReturnType<typeof createRestLake>

const attach = (warehouse: string, alias: string) =>
  duckdb.run(
    `ATTACH '${warehouse}' AS ${alias} (TYPE iceberg, ENDPOINT '${catalog.uri}', TOKEN '${catalog.tokens.acme}', ACCESS_DELEGATION_MODE 'none')`,
  )
const rows = async (sql: string) =>
  (await duckdb.runAndReadAll(sql)).getRowsJson().map((row) => row.map((value) => String(value)))
const names = (sql: string) => sql.replaceAll('sales.', 'lake."acme.sales".')
const run = (sql: string) => duckdb.run(names(sql))
const ask = (sql: string) => rows(names(sql))

beforeAll(async () => {
  catalog = await startCatalog()
  lake = createRestLake({ urls: [catalog.uri], tokenFor: async () => catalog.tokens.acme })
  await lake.change('acme', null, [{ kind: 'createNamespace', name: 'sales', comment: null }])
  const extensions = await findExtensions({ folder: null, cacheDir: CACHE }, () => {}, AbortSignal.timeout(280_000))
  instance = await DuckDBInstance.create(':memory:')
  duckdb = await instance.connect()
  for (const path of extensions) await duckdb.run(`LOAD '${path}'`)
  await attach('acme', 'lake')
}, 300_000)
afterAll(async () => {
  duckdb.closeSync()
  instance.closeSync()
  lake.close()
  await catalog.end()
})

describe("DuckDB's iceberg extension on a local folder", () => {
  test('creates, inserts, updates, deletes, merges', async () => {
    await run(
      'CREATE TABLE sales.orders (id BIGINT NOT NULL, n INTEGER, amount DECIMAL(12,2), day DATE, ts TIMESTAMPTZ, tags VARCHAR[])',
    )
    await run(
      `INSERT INTO sales.orders SELECT i, i % 7, i / 4, DATE '2024-01-01' + (i % 60)::INTEGER, TIMESTAMPTZ '2024-01-01 00:00:00+00', ['a'] FROM range(1000) x(i)`,
    )
    await run('UPDATE sales.orders SET n = 100 WHERE id = 5')
    await run('DELETE FROM sales.orders WHERE id < 3')
    await run(
      'MERGE INTO sales.orders o USING (SELECT 7 AS id UNION ALL SELECT 5000) s ON o.id = s.id WHEN MATCHED THEN UPDATE SET n = 200 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 1)',
    )
    expect(await ask('SELECT count(*), max(n), sum(id), sum(amount) FROM sales.orders')).toEqual([
      ['998', '200', '504497', '124874.25'],
    ])
  })

  test('partitions, and reads only what it must', async () => {
    await run('CREATE TABLE sales.parts (id BIGINT, day DATE) PARTITIONED BY (month(day), bucket(4, id))')
    await run(`INSERT INTO sales.parts SELECT i, DATE '2024-01-01' + i::INTEGER FROM range(100) x(i)`)
    expect(await ask(`SELECT count(*) FROM sales.parts WHERE day < DATE '2024-02-01'`)).toEqual([['31']])
    const [table] = await lake.load('acme', null, [{ schema: 'sales', name: 'parts' }])
    expect(table).toMatchObject({
      rowCount: 100,
      partition: [
        { fieldId: 2, transform: 'month' },
        { fieldId: 1, transform: 'bucket[4]' },
      ],
    })
  })

  test('changes columns, by its own and by ours, and keeps what is in them', async () => {
    await run('CREATE TABLE sales.shape AS SELECT i::INTEGER AS a, i % 3 AS b FROM range(10) x(i)')
    await run('ALTER TABLE sales.shape ADD COLUMN c VARCHAR')
    await run('ALTER TABLE sales.shape RENAME COLUMN b TO bb')
    const [table] = await lake.load('acme', null, [{ schema: 'sales', name: 'shape' }])
    if (table?.kind !== 'table') throw new Error('no table')
    const columns = table.columns
      .toReversed()
      .map((column) => (column.name === 'a' ? { ...column, name: 'aa', pgType: 'bigint' } : column))
    await lake.change('acme', null, [
      { kind: 'alterTable', table: { schema: 'sales', name: 'shape' }, uuid: table.uuid, columns, comment: 'reshaped' },
    ])
    expect(
      await ask('SELECT column_name, data_type FROM (DESCRIBE sales.shape) d(column_name, data_type, x, y, z, w)'),
    ).toEqual([
      ['c', 'VARCHAR'],
      ['bb', 'BIGINT'],
      ['aa', 'BIGINT'],
    ])
    expect(await ask('SELECT sum(aa), sum(bb), count(c) FROM sales.shape')).toEqual([['45', '9', '0']])
  })

  test('travels in time', async () => {
    await run('CREATE TABLE sales.history AS SELECT 1 AS a')
    await run('INSERT INTO sales.history VALUES (2)')
    const snapshots = await rows(
      `SELECT snapshot_id FROM iceberg_snapshots('lake."acme.sales".history') ORDER BY sequence_number`,
    )
    expect(await ask(`SELECT count(*) FROM sales.history AT (VERSION => ${snapshots[0]![0]})`)).toEqual([['1']])
    expect(await ask('SELECT count(*) FROM sales.history')).toEqual([['2']])
  })

  test('commits several tables at once, or none', async () => {
    await run('CREATE TABLE sales.debit (a BIGINT)')
    await run('CREATE TABLE sales.credit (a BIGINT)')
    await run('BEGIN')
    await run('INSERT INTO sales.debit VALUES (1)')
    await run('INSERT INTO sales.credit VALUES (1)')
    await run('COMMIT')
    await run('BEGIN')
    await run('INSERT INTO sales.debit VALUES (2)')
    await run('ROLLBACK')
    expect(await ask('SELECT (SELECT sum(a) FROM sales.debit), (SELECT sum(a) FROM sales.credit)')).toEqual([
      ['1', '1'],
    ])
  })

  test('works in a lake transaction that others do not see until it commits', async () => {
    const transaction = await lake.begin('acme')
    await attach(`acme~${transaction}`, 'overlay')
    await duckdb.run('CREATE TABLE overlay."acme.sales".fresh AS SELECT 1 AS a')
    await duckdb.run('INSERT INTO overlay."acme.sales".fresh VALUES (2)')
    await duckdb.run('INSERT INTO overlay."acme.sales".debit VALUES (10)')
    expect(await rows('SELECT sum(a) FROM overlay."acme.sales".debit')).toEqual([['11']])
    expect(await ask('SELECT sum(a) FROM sales.debit')).toEqual([['1']])
    await expect(ask('SELECT * FROM sales.fresh')).rejects.toThrow()
    await duckdb.run('DETACH overlay')
    await lake.commit('acme', transaction)
    expect(await ask('SELECT sum(a) FROM sales.debit')).toEqual([['11']])
    expect(await ask('SELECT sum(a) FROM sales.fresh')).toEqual([['3']])
  })

  test('gets what the proxy calls its columns as Iceberg has them', async () => {
    const column = (name: string, pgType: string) => ({
      name,
      pgType,
      required: false,
      defaultSql: null,
      comment: null,
    })
    const columns = [
      column('n', 'numeric'),
      column('s', 'smallint'),
      column('j', 'jsonb'),
      column('v', 'character varying(3)'),
      column('l', 'integer[]'),
      column('u', 'uuid'),
      column('b', 'bytea'),
      column('t', 'time without time zone'),
    ]
    await lake.change('acme', null, [
      {
        kind: 'createTable',
        table: { schema: 'sales', name: 'typed' },
        columns,
        partition: [],
        comment: null,
        properties: {},
      },
    ])
    await run(
      `INSERT INTO sales.typed VALUES (1.5, 2, '{"a":1}', 'abc', [1,2], '00000000-0000-0000-0000-000000000001', 'x'::BLOB, TIME '12:00')`,
    )
    expect(await ask('SELECT n, s, j, v, l[2], u, t, typeof(n) FROM sales.typed')).toEqual([
      ['1.500000000', '2', '{"a":1}', 'abc', '2', '00000000-0000-0000-0000-000000000001', '12:00:00', 'DECIMAL(38,9)'],
    ])
  })

  test('drops', async () => {
    await run('DROP TABLE sales.credit')
    await expect(ask('SELECT * FROM sales.credit')).rejects.toThrow()
  })
})

const READ = `
import json, sys
from pyiceberg.catalog.rest import RestCatalog
uri, token = sys.argv[1:]
catalog = RestCatalog("lake", uri=uri, warehouse="acme", token=token)
def read(name):
    rows = catalog.load_table(("acme", "sales", name)).scan().to_arrow().to_pylist()
    return sorted(([str(value) for value in row.values()] for row in rows))
print(json.dumps({
    "tables": sorted(name[-1] for name in catalog.list_tables(("acme", "sales"))),
    "orders": len(read("orders")), "shape": read("shape")[:2], "parts": len(read("parts")),
    "comment": catalog.load_table(("acme", "sales", "shape")).properties.get("comment"),
}))
`

/** Left out, and said so, where Python has no pip; on CI that is a failure. */
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0
const isLeftOut = !hasPip && process.env.CI !== 'true'

test.skipIf(isLeftOut)(
  `PyIceberg reads what DuckDB and the proxy have made${isLeftOut ? ' (left out: no pip)' : ''}`,
  async () => {
    const read = await runPython(READ, [catalog.uri, catalog.tokens.acme])
    expect(read).toMatchObject({
      orders: 998,
      parts: 100,
      shape: [
        ['None', '0', '0'],
        ['None', '0', '3'],
      ],
      comment: 'reshaped',
    })
    expect((read as { tables: string[] }).tables).toEqual([
      'debit',
      'fresh',
      'history',
      'orders',
      'parts',
      'shape',
      'typed',
    ])
  },
  300_000,
)
