import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Delegation } from '../../admin/catalog/credential/delegation.ts'
import { type S3Bucket, s3Files } from '../../admin/catalog/s3-files.ts'
import { createDuckdbEngine, type DuckdbEngine } from '../../proxy/engine/duckdb/engine.ts'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import type { LakeStorage } from '../../proxy/engine/duckdb/frame.ts'
import { SESSION_SETTINGS } from '../../proxy/print/duckdb/session.ts'
import { type CatalogUnderTest, client, startCatalog } from '../catalog/harness.ts'
import { type Ask, bytesOf, codeOf, rowsOf, start } from '../engine/contract.ts'
import { delegationOf, makeBucket } from './bucket.ts'

const CACHE = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))
const INT8 = 20
const NUMERIC = 1700
const TEXT = 25

/** The engine on our own catalog, over a bucket. */
function suite(how: 'sts' | 'signing') {
  describe(`duckdb on Iceberg in S3, ${how === 'sts' ? 'with keys that come with each table' : 'with a key of ours'}`, () => {
    let bucket: S3Bucket
    let catalog: CatalogUnderTest
    let engine: DuckdbEngine
    let temporary: string
    /** What the vendor gives: right keys, or ones that nobody knows. */
    let areKeysGood = true

    const rows = async (sql: string | readonly string[], ask: Ask = {}) =>
      rowsOf(await bytesOf(await start(engine, 'duckdb', sql, { types: [INT8], ...ask })))
    const write = async (sql: string | readonly string[], ask: Ask = {}) => {
      const run = await start(engine, 'duckdb', sql, { types: [], countOf: 0, ...ask })
      await bytesOf(run)
      return run.rowsAffected()
    }
    const orders = 'lake."acme.sales".orders'

    beforeAll(async () => {
      const made = await makeBucket()
      bucket = made
      const real = delegationOf(bucket, how)
      const delegation: Delegation = {
        ...real,
        vendor: real.vendor && {
          credentialsFor: async (grant, signal) => {
            const keys = await real.vendor!.credentialsFor(grant, signal)
            return areKeysGood ? keys : { ...keys, sessionToken: '', accessKeyId: 'nobody' }
          },
        },
      }
      catalog = await startCatalog(undefined, 0, { files: s3Files(bucket), delegation })
      temporary = await mkdtemp(join(tmpdir(), 'lakewire-engine-'))
      for (const tenant of ['acme', 'globex'] as const) {
        const call = client(catalog.uri, catalog.tokens[tenant], tenant)
        await call('POST', '/namespaces', { namespace: [tenant, 'sales'], properties: {} })
      }
      const { endpoint, region, pathStyle, credentials } = made
      const storage: LakeStorage =
        how === 'sts' ? { kind: 'vended' } : { kind: 'keyed', endpoint, region, pathStyle, ...credentials }
      engine = createDuckdbEngine({
        catalogUrl: catalog.uri,
        tokenFor: async (tenant) => catalog.tokens[tenant as 'acme' | 'globex'],
        storage,
        foldersOf: (tenant) => [`s3://${bucket.bucket}/${tenant}`],
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
      const created = 'CREATE TABLE lake."acme.sales".orders (id BIGINT, amount DECIMAL(12,2), note VARCHAR)'
      await write(created, { countOf: null })
    }, 300_000)
    afterEach(() => {
      areKeysGood = true
    })

    afterAll(async () => {
      await engine.close()
      await catalog.end()
      await rm(temporary, { recursive: true, force: true })
    })

    test('writes and reads a table', async () => {
      expect(await write(`INSERT INTO ${orders} SELECT i, i / 100, 'row ' || i FROM range(1000) r(i)`)).toBe(1000)
      expect(await write(`UPDATE ${orders} SET amount = amount + 1 WHERE id < 10`)).toBe(10)
      expect(await write(`DELETE FROM ${orders} WHERE id = 5`)).toBe(1)
      const sum = await rows(`SELECT count(*), sum(amount) FROM ${orders}`, { types: [INT8, NUMERIC] })
      expect(sum).toEqual([['999', '5003.95']])
    })

    test('makes a partitioned table and drops it', async () => {
      await write('CREATE TABLE lake."acme.sales".parts (id BIGINT, part VARCHAR) PARTITIONED BY (part)', {
        countOf: null,
      })
      await write(`INSERT INTO lake."acme.sales".parts SELECT i, 'p ' || (i % 3) FROM range(9) r(i)`)
      expect(await rows(`SELECT count(*) FROM lake."acme.sales".parts WHERE part = 'p 1'`)).toEqual([['3']])
      await write('DROP TABLE lake."acme.sales".parts', { countOf: null })
    })

    test('works inside a lake transaction', async () => {
      const acme = client(catalog.uri, catalog.tokens.acme, 'acme')
      const { transaction } = (await acme('POST', '/lakewire/v1/acme/transactions')).body as { transaction: string }
      const table = `"tx_${transaction}"."acme.sales".orders`
      expect(await write(`INSERT INTO ${table} (id) VALUES (8000)`, { transaction })).toBe(1)
      const made = `"tx_${transaction}"."acme.sales".within`
      await write(`CREATE TABLE ${made} (id BIGINT)`, { transaction, countOf: null })
      expect(await write(`INSERT INTO ${made} VALUES (1)`, { transaction })).toBe(1)
      expect(await rows(`SELECT id FROM ${made}`, { transaction })).toEqual([['1']])
      expect(await rows(`SELECT count(*) FROM ${orders} WHERE id = 8000`)).toEqual([['0']])
      expect((await acme('POST', `/lakewire/v1/acme~${transaction}/commit`)).status).toBe(200)
      expect(await rows(`SELECT count(*) FROM ${orders} WHERE id = 8000`)).toEqual([['1']])
      await engine.forget('acme', transaction)
    })

    test('reaches no other folder of the bucket, no other server, and no file of this machine', async () => {
      const types = [TEXT]
      const name = bucket.bucket
      for (const file of [
        `s3://${name}/globex/sales/orders/metadata/x`,
        `s3://${name}/acmeother/x`,
        `s3a://${name}/acme/x`,
        `s3://other/acme/x`,
        `${bucket.endpoint}/${name}/globex/x`,
        'https://127.0.0.1/x',
        '/etc/passwd',
        join(CACHE, 'x'),
      ]) {
        expect(await codeOf(rows(`SELECT content FROM read_text('${file}')`, { types }))).toBe('42501')
        expect(await codeOf(write(`COPY (SELECT 1) TO '${file}' (FORMAT csv)`, { countOf: null }))).toBe('42501')
      }
    })

    test('a query in the name of a file leads to no other server, and a * to no other file', async () => {
      const asked: string[] = []
      const stranger = createServer((request, response) => {
        asked.push(request.url ?? '')
        response.end()
      }).listen(0, '127.0.0.1')
      await new Promise((done) => stranger.once('listening', done))
      const { port } = stranger.address() as AddressInfo
      const root = `s3://${bucket.bucket}/acme`
      const query = `${root}/x.csv?s3_endpoint=127.0.0.1:${port}&s3_use_ssl=false&s3_url_style=path`
      for (const name of [query, `${root}/*`, `${root}/sales/*/metadata/*`])
        expect(await codeOf(rows(`SELECT content FROM read_text('${name}')`, { types: [TEXT] }))).toBe('58030')
      expect(asked).toEqual([])
      await new Promise((done) => stranger.close(done))
    })

    if (how === 'sts')
      test('keys are looked at anew with each statement, in a transaction too', async () => {
        const acme = client(catalog.uri, catalog.tokens.acme, 'acme')
        const { transaction } = (await acme('POST', '/lakewire/v1/acme/transactions')).body as { transaction: string }
        for (const [table, ask] of [
          [orders, {}],
          [`"tx_${transaction}"."acme.sales".orders`, { transaction }],
        ] as const) {
          // Not by reading, since what was read once is kept.
          const insert = () => write(`INSERT INTO ${table} (id) VALUES (1)`, ask)
          expect(await insert()).toBe(1)
          areKeysGood = false
          expect(await codeOf(insert())).toMatch(/^580/)
          areKeysGood = true
          expect(await insert()).toBe(1)
        }
        await acme('POST', `/lakewire/v1/acme~${transaction}/rollback`)
      })

    test('two tenants never meet', async () => {
      await write('CREATE TABLE lake."globex.sales".orders (id BIGINT)', { tenant: 'globex', countOf: null })
      await write('INSERT INTO lake."globex.sales".orders VALUES (77)', { tenant: 'globex' })
      expect(await rows('SELECT id FROM lake."globex.sales".orders', { tenant: 'globex' })).toEqual([['77']])
      expect(await codeOf(rows('SELECT id FROM lake."globex.sales".orders'))).not.toBe('no error')
    })
  })
}

suite('sts')
suite('signing')
