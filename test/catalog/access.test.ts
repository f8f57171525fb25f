import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askToken, type CatalogUnderTest, client, startCatalog, startWithClients } from './harness.ts'
import { type Client, create, namespace, SCHEMA, setProperties, table, typeOf } from './request.ts'

const NS = ['acme', 'rest']
let catalog: CatalogUnderTest
let acme: Client
let globex: Client
beforeAll(async () => {
  ;({ catalog, acme, globex } = await startWithClients(NS))
})
afterAll(() => catalog.end())

describe('tenants never meet', () => {
  beforeAll(async () => {
    await globex('POST', '/namespaces', { namespace: ['globex', 'secret'] })
    await create(globex, ['globex', 'secret'], 't')
  })

  /** Every answer about another tenant's name is, but for the name, the answer about a name that nobody has. */
  test.each<[string, (tenant: string) => [string, string, unknown?]]>([
    ['config', (tenant) => ['GET', `/v1/config?warehouse=${tenant}`]],
    ['prefix', (tenant) => ['GET', `/v1/${tenant}/namespaces`]],
    ['prefix with a transaction', (tenant) => ['GET', `/v1/${tenant}~0123/namespaces`]],
    ['schema', (tenant) => ['GET', `/lakewire/v1/${tenant}/schema`]],
    ['begin', (tenant) => ['POST', `/lakewire/v1/${tenant}/transactions`, {}]],
    ['namespace', (tenant) => ['GET', namespace(tenant, 'secret')]],
    ['namespace of the tenant', (tenant) => ['GET', namespace(tenant)]],
    ['HEAD of a namespace', (tenant) => ['HEAD', namespace(tenant, 'secret')]],
    ['list below', (tenant) => ['GET', `/namespaces?parent=${tenant}`]],
    ['create a namespace', (tenant) => ['POST', '/namespaces', { namespace: [tenant, 'secret'] }]],
    ['drop a namespace', (tenant) => ['DELETE', namespace(tenant, 'secret')]],
    ['properties', (tenant) => ['POST', `${namespace(tenant, 'secret')}/properties`, { updates: { a: 'b' } }]],
    ['list tables', (tenant) => ['GET', `${namespace(tenant, 'secret')}/tables`]],
    ['create a table', (tenant) => ['POST', `${namespace(tenant, 'secret')}/tables`, { name: 't', schema: SCHEMA }]],
    ['load', (tenant) => ['GET', table([tenant, 'secret'], 't')]],
    ['HEAD of a table', (tenant) => ['HEAD', table([tenant, 'secret'], 't')]],
    [
      'commit',
      (tenant) => ['POST', table([tenant, 'secret'], 't'), { requirements: [], updates: setProperties({ a: 'b' }) }],
    ],
    ['drop', (tenant) => ['DELETE', table([tenant, 'secret'], 't')]],
    [
      'rename away',
      (tenant) => [
        'POST',
        '/tables/rename',
        { source: { namespace: [tenant, 'secret'], name: 't' }, destination: { namespace: NS, name: 'mine' } },
      ],
    ],
    [
      'transaction',
      (tenant) => [
        'POST',
        '/transactions/commit',
        {
          'table-changes': [
            {
              identifier: { namespace: [tenant, 'secret'], name: 't' },
              requirements: [],
              updates: setProperties({ a: 'b' }),
            },
          ],
        },
      ],
    ],
    ['view', (tenant) => ['GET', `${namespace(tenant, 'secret')}/views/t`]],
  ])('%s', async (_what, request) => {
    const [other, nobody] = [await acme(...request('globex')), await acme(...request('nobody'))]
    expect(other.status).toBe(nobody.status)
    expect(other.status).toBeGreaterThanOrEqual(400)
    expect(other.text).toBe(nobody.text.replaceAll('nobody', 'globex'))
  })

  test('without a good token everything is 401, even what does not exist', async () => {
    for (const token of ['', 'wrong', catalog.tokens.acme.slice(0, -1), 'x'.repeat(7000)])
      for (const path of ['/v1/config', '/v1/acme/namespaces', '/v1/no/such', '/lakewire/v1/acme/schema']) {
        const { status, body } = await client(catalog.uri, token, 'acme')('GET', path)
        expect([status, typeOf(body)]).toEqual([401, 'NotAuthorizedException'])
      }
  })

  test('a suspended tenant answers like one that does not exist, and an expired token like none', async () => {
    const started = await startCatalog()
    const call = client(started.uri, started.tokens.acme, 'acme')
    expect((await call('GET', '/namespaces')).status).toBe(200)
    const stored = (await started.store.get<object>('tenant', 'acme'))!
    await started.store.replace('tenant', 'acme', { ...stored.value, suspended: true }, stored.revision)
    expect((await call('GET', '/namespaces')).status).toBe(401)
    const other = client(started.uri, started.tokens.globex, 'globex')
    for (const { id, value, revision } of await started.store.list<object>('token'))
      await started.store.replace('token', id, { ...value, expiresAt: '2020-01-01T00:00:00Z' }, revision)
    expect((await other('GET', '/namespaces')).status).toBe(401)
    await started.end()
  })

  test('I6: no token is stored, or said in clear', async () => {
    const internal = await catalog.signer.sign({ audience: 'catalog', tenant: 'acme' }, 60)
    expect((await client(catalog.uri, internal, 'acme')('GET', '/namespaces')).status).toBe(200)
    expect((await client(catalog.uri, internal, 'globex')('GET', '/v1/globex/namespaces')).status).toBe(404)
    const files = readdirSync(catalog.home).filter((name) => name.startsWith('metadata'))
    for (const file of files)
      for (const secret of [internal, ...Object.values(catalog.tokens)])
        expect(readFileSync(join(catalog.home, file)).includes(secret)).toBe(false)
  })

  test('OAuth gives a short-lived token to who has a long-lived one, and nothing to others', async () => {
    const ask = (form: Record<string, string>, headers = {}) => askToken(catalog.uri, form, headers)
    const grant = { grant_type: 'client_credentials' }
    const granted = await ask({ ...grant, client_id: 'acme', client_secret: catalog.tokens.acme })
    expect(granted.body).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    expect(granted.body.access_token).not.toBe(catalog.tokens.acme)
    const basic = `Basic ${Buffer.from(`acme:${catalog.tokens.acme}`).toString('base64')}`
    expect((await ask(grant, { authorization: basic })).status).toBe(200)
    expect(await ask({ ...grant, client_id: 'acme', client_secret: 'x' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect(await ask({ grant_type: 'password' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    })
  })
})
