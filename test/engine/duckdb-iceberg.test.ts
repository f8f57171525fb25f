import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDuckdbEngine, type DuckdbEngine } from '../../proxy/engine/duckdb/engine.ts'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { SESSION_SETTINGS } from '../../proxy/print/duckdb/session.ts'
import { type CatalogUnderTest, client, startCatalog } from '../catalog/harness.ts'
import { type Ask, bytesOf, codeOf, rowsOf, start } from './contract.ts'

const CACHE = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))
const INT8 = 20

/** The engine on our own catalog, over a local folder. */
describe('duckdb on Iceberg', () => {
  let catalog: CatalogUnderTest
  let engine: DuckdbEngine
  let temporary: string

  const rows = async (sql: string | readonly string[], ask: Ask = {}) =>
    rowsOf(await bytesOf(await start(engine, 'duckdb', sql, { types: [INT8], ...ask })))
  const write = async (sql: string | readonly string[], ask: Ask = {}) => {
    const run = await start(engine, 'duckdb', sql, { types: [], countOf: 0, ...ask })
    await bytesOf(run)
    return run.rowsAffected()
  }

  beforeAll(async () => {
    catalog = await startCatalog()
    temporary = await mkdtemp(join(tmpdir(), 'lakewire-engine-'))
    for (const tenant of ['acme', 'globex'] as const) {
      const call = client(catalog.uri, catalog.tokens[tenant], tenant)
      await call('POST', '/namespaces', { namespace: [tenant, 'sales'], properties: {} })
    }
    engine = createDuckdbEngine({
      catalogUrl: catalog.uri,
      tokenFor: async (tenant) => catalog.tokens[tenant as 'acme' | 'globex'],
      storage: { kind: 'local' },
      foldersOf: (tenant) => [join(catalog.bucket, tenant)],
      extensions: await findExtensions({ folder: null, cacheDir: CACHE }, () => {}, AbortSignal.timeout(280_000)),
      macros: [],
      sessionSettings: SESSION_SETTINGS,
      temporaryDirectory: temporary,
      temporaryBytesMax: 100_000_000,
      memoryBytesMax: 800_000_000,
      threads: 2,
      zoneDirectories: [],
      childrenMax: 3,
      idleMs: 60_000,
      lifeMs: 3_600_000,
    })
    await write('CREATE TABLE lake."acme.sales".orders (id BIGINT, amount DECIMAL(12,2), note VARCHAR)', {
      countOf: null,
    })
  }, 300_000)

  afterAll(async () => {
    await engine.close()
    await catalog.end()
    await rm(temporary, { recursive: true, force: true })
  })

  test('writes and reads a table', async () => {
    expect(
      await write(`INSERT INTO lake."acme.sales".orders SELECT i, i / 100, 'row ' || i FROM range(1000) r(i)`),
    ).toBe(1000)
    expect(await write('UPDATE lake."acme.sales".orders SET amount = amount + 1 WHERE id < 10')).toBe(10)
    expect(await write('DELETE FROM lake."acme.sales".orders WHERE id = 5')).toBe(1)
    expect(await rows('SELECT count(*), sum(amount) FROM lake."acme.sales".orders', { types: [INT8, 1700] })).toEqual([
      ['999', '5003.95'],
    ])
  })

  test('a write with RETURNING commits before its rows are read', async () => {
    const sql = [
      'CREATE OR REPLACE TEMPORARY TABLE lakewire_rows AS SELECT 5000::BIGINT AS id',
      'INSERT INTO lake."acme.sales".orders (id) SELECT id FROM lakewire_rows',
      'SELECT id FROM lakewire_rows',
    ]
    const run = await start(engine, 'duckdb', sql, { types: [INT8], countOf: 1 })
    expect(await rows('SELECT id FROM lake."acme.sales".orders WHERE id = 5000')).toEqual([['5000']])
    expect(rowsOf(await bytesOf(run))).toEqual([['5000']])
    expect(run.rowsAffected()).toBe(1)
  })

  test('a statement of several that fails changes nothing', async () => {
    const sql = [
      'INSERT INTO lake."acme.sales".orders (id) VALUES (6000)',
      `SELECT error('@44000@new row violates check option@@')`,
    ]
    expect(await codeOf(write(sql))).toBe('44000')
    expect(await rows('SELECT id FROM lake."acme.sales".orders WHERE id = 6000')).toEqual([])
  })

  test('writes that meet outside a transaction all succeed', async () => {
    const ids = [7000, 7001, 7002, 7003]
    const insert = (id: number) => write(`INSERT INTO lake."acme.sales".orders (id) VALUES (${id})`)
    expect(await Promise.all(ids.map(insert))).toEqual([1, 1, 1, 1])
    expect(await rows('SELECT count(*) FROM lake."acme.sales".orders WHERE id >= 7000')).toEqual([['4']])
  })

  test('a lake transaction is seen by itself until it is committed', async () => {
    const acme = client(catalog.uri, catalog.tokens.acme, 'acme')
    const begun = await acme('POST', '/lakewire/v1/acme/transactions')
    const { transaction } = begun.body as { transaction: string }
    const table = `"tx_${transaction}"."acme.sales".orders`
    const inside = { transaction }
    expect(await write(`INSERT INTO ${table} (id) VALUES (8000)`, inside)).toBe(1)
    expect(await write(`UPDATE ${table} SET note = 'twice' WHERE id = 8000`, inside)).toBe(1)
    expect(await rows(`SELECT count(*) FROM ${table} WHERE id = 8000`, inside)).toEqual([['1']])
    const committed = 'SELECT count(*) FROM lake."acme.sales".orders WHERE id = 8000'
    expect(await rows(committed)).toEqual([['0']])
    expect((await acme('POST', `/lakewire/v1/acme~${transaction}/commit`)).status).toBe(200)
    await engine.forget('acme', transaction)
    expect(await rows(committed)).toEqual([['1']])
  })

  test('two tenants never meet', async () => {
    expect(await codeOf(rows('SELECT id FROM lake."acme.sales".orders', { tenant: 'globex' }))).toBe('42P01')
    await write('CREATE TABLE lake."globex.sales".orders (id BIGINT)', { tenant: 'globex', countOf: null })
    expect(await rows('SELECT id FROM lake."globex.sales".orders', { tenant: 'globex' })).toEqual([])
    // nor by a file's name, though both folders are on this machine
    const files = `SELECT 1 FROM read_parquet('${catalog.bucket}/acme/*/*/data/*.parquet')`
    expect(await codeOf(rows(files, { tenant: 'globex' }))).toBe('42501')
    expect(await codeOf(rows(`SELECT 1 FROM glob('${catalog.bucket}/acme/*')`, { tenant: 'globex' }))).toBe('42501')
  })

  test('NULL where none may be', async () => {
    await write('CREATE TABLE lake."acme.sales".strict (id BIGINT NOT NULL)', { countOf: null })
    expect(await codeOf(write('INSERT INTO lake."acme.sales".strict VALUES (NULL)'))).toBe('23502')
  })
})
