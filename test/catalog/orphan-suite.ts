import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Delegation } from '../../admin/catalog/credential/delegation.ts'
import type { FileIo } from '../../admin/catalog/file-io.ts'
import { localFiles } from '../../admin/catalog/local-files.ts'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { type CatalogUnderTest, client, member, startCatalog } from './harness.ts'
import { type Client, create, namespace, SCHEMA, setProperties, table } from './request.ts'

const CACHE = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))
const NS = ['acme', 'sales']
/** At once: what was written before is old. */
const NOW = { graceMs: 0, passPauseMs: 0 }
/** Times of files may be told by the second. */
const AGE_MS = 1_100

/** What the collector of orphans removes, and above all what it does not, over any place where tables lie. */
export function orphanSuite(
  name: string,
  makeLake: () => Promise<{ files: FileIo; delegation: Delegation | null } | undefined>,
) {
  describe(`orphans in ${name}`, () => {
    let catalog: CatalogUnderTest
    let files: FileIo
    let instance: DuckDBInstance
    let duckdb: DuckDBConnection
    let acme: Client

    beforeAll(async () => {
      const lake = await makeLake()
      catalog = await startCatalog(undefined, 0, lake)
      files = lake?.files ?? localFiles(catalog.bucket)
      acme = client(catalog.uri, catalog.tokens.acme, 'acme')
      await acme('POST', '/namespaces', { namespace: NS, properties: {} })
      instance = await DuckDBInstance.create(':memory:')
      duckdb = await instance.connect()
      const extensions = await findExtensions({ folder: null, cacheDir: CACHE }, () => {}, AbortSignal.timeout(280_000))
      for (const path of extensions) await duckdb.run(`LOAD '${path}'`)
      await attach('acme', 'lake')
    }, 300_000)
    afterAll(async () => {
      duckdb.closeSync()
      instance.closeSync()
      await catalog.end()
    })

    const attach = (warehouse: string, alias: string) =>
      duckdb.run(
        `ATTACH '${warehouse}' AS ${alias} (TYPE iceberg, ENDPOINT '${catalog.uri}', TOKEN '${catalog.tokens.acme}'` +
          `${files.tenantRoot('acme').startsWith('s3:') ? '' : ", ACCESS_DELEGATION_MODE 'none'"})`,
      )
    const run = (sql: string) => duckdb.run(sql.replaceAll('sales.', 'lake."acme.sales".'))
    const ask = async (sql: string) =>
      (await duckdb.runAndReadAll(sql.replaceAll('sales.', 'lake."acme.sales".'))).getRowsJson().flat().map(String)
    const locationOf = async (of: string) =>
      member((await acme('GET', table(NS, of))).body, 'metadata', 'location') as string
    const filesOf = async (folder: string) => {
      const found: string[] = []
      for await (const { location } of files.list(folder)) found.push(location.slice(folder.length + 1))
      return found.sort()
    }
    const collect = async (options = NOW) => {
      await sleep(AGE_MS)
      const collected = await catalog.server.collectOrphans(options)
      expect(collected.failed).toEqual([])
      return collected
    }

    test('a table that lives loses what nothing needs, and nothing else', async () => {
      await run('CREATE TABLE sales.live (id BIGINT, note VARCHAR)')
      await run(`INSERT INTO sales.live SELECT i, 'n' || i FROM range(100) r(i)`)
      await run(`UPDATE sales.live SET note = 'x' WHERE id < 10`)
      await run('DELETE FROM sales.live WHERE id = 50')
      const folder = await locationOf('live')
      const needed = await filesOf(folder)
      const orphans = [
        'data/lost.parquet',
        'data/a=1/lost.parquet',
        'metadata/00009-lost.metadata.json',
        'metadata/lost-m0.avro',
        'metadata/snap-1-lost.avro',
        'data/lost.puffin',
      ]
      for (const file of orphans) await files.write(`${folder}/${file}`, 'lost')
      await files.write(`${folder}/metadata/version-hint.text`, 'what no table is made of')
      expect(await collect()).toMatchObject({ files: orphans.length, bytes: orphans.length * 4, folders: 0 })
      expect(await filesOf(folder)).toEqual([...needed, 'metadata/version-hint.text'].sort())
      expect(await ask('SELECT count(*), sum(id) FROM sales.live')).toEqual(['99', '4900'])
      // Every snapshot reads as it did.
      const snapshots = member((await acme('GET', table(NS, 'live'))).body, 'metadata', 'snapshots') as object[]
      expect(snapshots.length).toBeGreaterThan(2)
      for (const snapshot of snapshots) {
        const id = (snapshot as { 'snapshot-id': bigint })['snapshot-id']
        expect(await ask(`SELECT count(*) FROM sales.live AT (VERSION => ${id})`)).toHaveLength(1)
      }
    })

    test('what is young stays', async () => {
      const folder = await locationOf('live')
      await files.write(`${folder}/data/young.parquet`, 'young')
      expect(await collect({ ...NOW, graceMs: 60_000 })).toMatchObject({ files: 0, folders: 0 })
      expect(await filesOf(folder)).toContain('data/young.parquet')
      await collect()
      expect(await filesOf(folder)).not.toContain('data/young.parquet')
    })

    test('what an open transaction has written or reads stays, and what one left behind goes', async () => {
      const { transaction } = (await acme('POST', '/lakewire/v1/acme/transactions')).body as { transaction: string }
      await attach(`acme~${transaction}`, 'inside')
      await duckdb.run('INSERT INTO inside."acme.sales".live (id) VALUES (1000)')
      await duckdb.run('CREATE TABLE inside."acme.sales".within (id BIGINT)')
      await duckdb.run('INSERT INTO inside."acme.sales".within VALUES (1)')
      expect(await collect()).toMatchObject({ files: 0, folders: 0 })
      const within = await duckdb.runAndReadAll('SELECT count(*) FROM inside."acme.sales".within')
      expect(within.getRowsJson()).toEqual([['1']])
      expect((await acme('POST', `/lakewire/v1/acme~${transaction}/rollback`)).status).toBeLessThan(300)
      await duckdb.run('DETACH inside')
      const folder = await locationOf('live')
      const before = await filesOf(folder)
      // Data, a manifest and a manifest list; its metadata file went with the transaction.
      expect((await collect()).files).toBeGreaterThanOrEqual(3)
      expect((await filesOf(folder)).length).toBeLessThan(before.length)
      expect(await ask('SELECT count(*) FROM sales.live')).toEqual(['99'])
    })

    test('a table that was begun and never came to be leaves no folder, and its place is free again', async () => {
      const begin = () =>
        acme('POST', `${namespace(...NS)}/tables`, { name: 'begun', schema: SCHEMA, 'stage-create': true })
      const folder = member((await begin()).body, 'metadata', 'location') as string
      await files.write(`${folder}/data/1.parquet`, '1')
      expect(await collect({ ...NOW, graceMs: 60_000 })).toMatchObject({ folders: 0 })
      expect(await collect()).toMatchObject({ files: 1 })
      expect(await filesOf(folder)).toEqual([])
      expect(member((await begin()).body, 'metadata', 'location')).toBe(folder)
    })

    test('a table that was dropped but not purged can be registered again', async () => {
      await create(acme, NS, 'kept')
      await acme('POST', table(NS, 'kept'), { requirements: [], updates: setProperties({ a: '1' }) })
      const { body } = await acme('GET', table(NS, 'kept'))
      await acme('DELETE', table(NS, 'kept'))
      await collect()
      const file = member(body, 'metadata-location')
      const again = await acme('POST', `${namespace(...NS)}/register`, { name: 'kept', 'metadata-location': file })
      expect(again.status).toBe(200)
    })

    test('the former folder of a table that was moved and dropped but not purged stays', async () => {
      const made = await create(acme, NS, 'moved')
      const former = member(made.body, 'metadata', 'location') as string
      const move = { requirements: [], updates: [{ action: 'set-location', location: `${former}-elsewhere` }] }
      expect((await acme('POST', table(NS, 'moved'), move)).status).toBe(200)
      await files.removeFolder(former)
      await files.write(`${former}/data/1.parquet`, 'rows')
      await acme('DELETE', table(NS, 'moved'))
      await collect()
      expect(await filesOf(former)).toEqual(['data/1.parquet'])
    })

    test('a folder of which nothing can be said is left alone', async () => {
      await run('CREATE TABLE sales.broken (id BIGINT)')
      await run('INSERT INTO sales.broken VALUES (1)')
      const folder = await locationOf('broken')
      const list = (await filesOf(folder)).find((file) => file.startsWith('metadata/snap-'))
      await files.remove(`${folder}/${list}`)
      await files.write(`${folder}/${list}`, 'no manifest list')
      await files.write(`${folder}/data/lost.parquet`, 'lost')
      await sleep(AGE_MS)
      const collected = await catalog.server.collectOrphans(NOW)
      expect(collected.failed.map((one) => one.folder)).toEqual([folder])
      expect(await filesOf(folder)).toContain('data/lost.parquet')
    })

    test('of several admins one is at a tenant, and a tenant that was looked at rests', async () => {
      const folder = await locationOf('live')
      await files.write(`${folder}/data/lost2.parquet`, 'lost')
      await sleep(AGE_MS)
      const options = { graceMs: 0, passPauseMs: 60_000 }
      const rounds = await Promise.all([1, 2, 3].map(() => catalog.server.collectOrphans(options)))
      expect(rounds.map((one) => one.files).sort()).toEqual([0, 0, 1])
      await files.write(`${folder}/data/lost3.parquet`, 'lost')
      await sleep(AGE_MS)
      expect((await catalog.server.collectOrphans(options)).files).toBe(0)
    })
  })
}
