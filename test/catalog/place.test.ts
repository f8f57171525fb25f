import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CatalogUnderTest, client, member, startCatalog, startWithClients } from './harness.ts'
import { type Client, create, namespace, setProperties, snapshotUpdates, table } from './request.ts'

const NS = ['acme', 'rest']
let catalog: CatalogUnderTest
let acme: Client
let globex: Client
beforeAll(async () => {
  ;({ catalog, acme, globex } = await startWithClients(NS))
  await globex('POST', '/namespaces', { namespace: ['globex', 'secret'] })
})
afterAll(() => catalog.end())

describe('places', () => {
  test('I1, I2: folders are slugs of the names, and no two tables ever have the same', async () => {
    const locations = new Map<string, string>()
    for (const name of [
      'orders',
      'Orders',
      'ORDERS',
      'a b',
      'a-b',
      '../../etc',
      'x--y',
      'é',
      '*',
      '%2e',
      'a.b',
      '-',
      'con',
      'a'.repeat(255),
    ]) {
      const { status, body } = await create(acme, NS, name)
      expect(status).toBe(200)
      locations.set(name, member(body, 'metadata', 'location') as string)
    }
    expect(new Set([...locations.values()].map((location) => location.toLowerCase())).size).toBe(locations.size)
    for (const location of locations.values())
      expect(location.slice(catalog.bucket.length)).toMatch(/^\/acme\/rest\/[a-z0-9_-]{1,56}$/)
    expect(locations.get('orders')).toBe(join(catalog.bucket, 'acme/rest/orders'))
    await acme('DELETE', `${table(NS, 'orders')}?purgeRequested=True`)
    expect(existsSync(locations.get('orders')!)).toBe(false)
    const again = await create(acme, NS, 'orders')
    expect(member(again.body, 'metadata', 'location')).toBe(`${locations.get('orders')}~2`)
  })

  test('I3, I4: a location outside of the tenant, or of another table, is refused wherever it is told', async () => {
    const { body } = await create(acme, NS, 'placed')
    const own = member(body, 'metadata', 'location') as string
    await create(acme, NS, 'neighbour')
    const bad = [
      '/etc',
      '/tmp/x/y',
      's3://bucket/acme/x/y',
      join(catalog.bucket, 'globex/rest/t'),
      join(catalog.bucket, 'acme2/rest/t'),
      `${catalog.bucket}/acme/../globex/rest/t`,
      `${catalog.bucket}/acme/rest/%2e%2e/x`,
      `file://${catalog.bucket}/globex/rest/t`,
      join(catalog.bucket, 'acme'),
      join(catalog.bucket, 'acme/rest'),
      own,
      `${own}/inside`,
      join(catalog.bucket, 'acme/rest/neighbour/data'),
    ]
    for (const location of bad) {
      expect((await create(acme, NS, 'bad', { location })).status, location).toBe(403)
      expect((await create(acme, NS, 'bad', { location, 'stage-create': true })).status, location).toBe(403)
      for (const key of ['write.data.path', 'write.metadata.path', 'write.object-storage.path'])
        expect((await create(acme, NS, 'bad', { properties: { [key]: location } })).status, location).toBe(403)
    }
    for (const location of bad.filter((place) => !place.startsWith(own))) {
      const commit = (updates: object[]) => acme('POST', table(NS, 'placed'), { requirements: [], updates })
      expect((await commit([{ action: 'set-location', location }])).status, location).toBe(403)
      expect((await commit(setProperties({ 'write.data.path': location }))).status, location).toBe(403)
    }
    const foreign = snapshotUpdates(join(catalog.bucket, 'globex/rest/t'), 1, 1)
    expect((await acme('POST', table(NS, 'placed'), { requirements: [], updates: foreign })).status).toBe(403)
    expect((await acme('HEAD', table(NS, 'bad'))).status).toBe(404)
  })

  test('I9: register: metadata of another tenant is refused, and so is metadata that points there', async () => {
    const stolen = await create(globex, ['globex', 'secret'], 'crown')
    const file = member(stolen.body, 'metadata-location') as string
    const register = (name: string, location: string) =>
      acme('POST', `${namespace(...NS)}/register`, { name, 'metadata-location': location })
    expect((await register('r', file)).status).toBe(403)
    const own = await create(acme, NS, 'honest')
    const ownFile = member(own.body, 'metadata-location') as string
    const forged = ownFile.replace(/[^/]*$/, 'forged.metadata.json')
    writeFileSync(forged, readFileSync(file))
    expect((await register('r', forged)).status).toBe(403)
    await acme('DELETE', table(NS, 'honest'))
    expect((await register('honest2', ownFile)).status).toBe(200)
    expect((await register('r', ownFile.replace(/[^/]*$/, 'none.metadata.json'))).status).toBe(404)
    // Keys for a table's folder let their holder write any file there but those.
    const renewable = ownFile.replace(/metadata\/[^/]*$/, 'data/x.json')
    writeFileSync(renewable, readFileSync(ownFile))
    expect((await register('r', renewable)).status).toBe(400)
  })

  test('statistics may lie in a bucket that is not ours; a file of this machine or of another tenant is refused', async () => {
    const made = (await create(acme, NS, 'counted')).body
    const location = member(made, 'metadata', 'location')
    const added = snapshotUpdates(location, 7, 1)
    const statistics = (path: string) => ({
      action: 'set-statistics',
      'snapshot-id': 7,
      statistics: {
        'snapshot-id': 7,
        'statistics-path': path,
        'file-size-in-bytes': 4,
        'file-footer-size-in-bytes': 4,
        'blob-metadata': [],
      },
    })
    const commit = (path: string) =>
      acme('POST', table(NS, 'counted'), { requirements: [], updates: [...added, statistics(path)] })
    const files = (tenant: string) => `${catalog.bucket}/${tenant}/sales/counted/metadata/1.puffin`
    for (const path of ['/etc/passwd', 'file:///etc/passwd', files('globex'), 'https://elsewhere/a/b'])
      expect((await commit(path)).status, path).toBe(403)
    expect((await commit('s3://elsewhere/1.puffin')).status).toBe(200)
  })

  test('a purge takes no folder that the table was not given, whatever its metadata says', async () => {
    const other = await create(acme, NS, 'bystander')
    const folder = member(other.body, 'metadata', 'location') as string
    const kept = `${folder}/data/1.parquet`
    writeFileSync(kept, 'rows')
    const made = await create(acme, NS, 'liar')
    const file = member(made.body, 'metadata-location') as string
    const own = member(made.body, 'metadata', 'location') as string
    const forged = file.replace(/[^/]*$/, 'forged.metadata.json')
    writeFileSync(forged, readFileSync(file))
    await acme('DELETE', table(NS, 'liar'))
    const register = { name: 'liar', 'metadata-location': forged }
    expect((await acme('POST', `${namespace(...NS)}/register`, register)).status).toBe(200)
    writeFileSync(forged, readFileSync(file, 'utf8').replaceAll(own, `${folder}/data`))
    // One that has not yet read the file.
    const second = await startCatalog(catalog.home)
    const call = client(second.uri, second.tokens.acme, 'acme')
    expect((await call('DELETE', `${table(NS, 'liar')}?purgeRequested=true`)).status).toBe(204)
    await second.end()
    expect(existsSync(kept)).toBe(true)
  })

  test('a purge takes no folder that another table has its metadata in', async () => {
    const made = await create(acme, NS, 'twice')
    const file = member(made.body, 'metadata-location') as string
    expect(
      (await acme('POST', `${namespace(...NS)}/register`, { name: 'twice2', 'metadata-location': file })).status,
    ).toBe(200)
    await acme('DELETE', `${table(NS, 'twice')}?purgeRequested=true`)
    expect((await acme('GET', table(NS, 'twice2'))).status).toBe(200)
    await acme('DELETE', `${table(NS, 'twice2')}?purgeRequested=true`)
    expect(existsSync(file)).toBe(false)
  })
})
