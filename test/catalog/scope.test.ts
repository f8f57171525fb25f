import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TRANSACTIONS_OF_TOKENS_MAX } from '../../admin/catalog/workspace.ts'
import { lowerName, nameOfLower } from '../../proxy/lake/lower-name.ts'
import { askToken, type CatalogUnderTest, client, member, startCatalog } from './harness.ts'
import { type Client, create, namespace, setProperties, table, typeOf } from './request.ts'

/** The three spellings of one tenant's names, and what tokens with limits reach. */

let catalog: CatalogUnderTest
let acme: Client
let home: Client
let service: Client
beforeAll(async () => {
  catalog = await startCatalog()
  acme = client(catalog.uri, catalog.tokens.acme, 'acme')
  home = client(catalog.uri, catalog.tokens.acme, '~acme')
  service = client(catalog.uri, await catalog.signer.sign({ audience: 'service', service: 'trino' }, 60), '~')
  await acme('POST', '/namespaces', { namespace: ['acme', 'sales'] })
  await create(acme, ['acme', 'sales'], 'orders')
})
afterAll(() => catalog.end())

const begin = async () =>
  member((await acme('POST', '/lakewire/v1/acme/transactions', {})).body, 'transaction') as string
const namesIn = async (call: Client, levels: string[]) =>
  (
    member((await call('GET', `${namespace(...levels)}/tables`)).body, 'identifiers') as {
      namespace: string[]
      name: string
    }[]
  ).map(({ namespace, name }) => [...namespace, name].join('.'))

describe('~acme: names from the tenant on', () => {
  test('the same relations as under acme, in the spelling that was asked for', async () => {
    expect(member((await acme('GET', '/v1/config?warehouse=~acme')).body, 'overrides')).toEqual({ prefix: '~acme' })
    expect(member((await home('GET', '/namespaces')).body, 'namespaces')).toEqual([['public'], ['sales']])
    expect(await namesIn(home, ['sales'])).toEqual(['sales.orders'])
    expect((await home('GET', table(['acme', 'sales'], 'orders'))).status).toBe(404)
    expect((await create(home, ['sales'], 'made_at_home')).status).toBe(200)
    expect(await namesIn(acme, ['acme', 'sales'])).toEqual(['acme.sales.made_at_home', 'acme.sales.orders'])
    expect((await home('DELETE', table(['sales'], 'made_at_home'))).status).toBe(204)
  })

  test('in a transaction: ~acme~id', async () => {
    const id = await begin()
    const inside = client(catalog.uri, catalog.tokens.acme, `~acme~${id}`)
    await create(inside, ['sales'], 'not_yet')
    expect(await namesIn(inside, ['sales'])).toEqual(['sales.not_yet', 'sales.orders'])
    expect(await namesIn(home, ['sales'])).toEqual(['sales.orders'])
    await acme('POST', `/lakewire/v1/acme~${id}/rollback`, {})
    expect(typeOf((await inside('GET', '/namespaces')).body)).toBe('NoSuchTransactionException')
  })

  test.each(['~globex', '~', '~~acme', '~acme~', 'acme~~', '~nobody', ''])('not %j', async (warehouse) => {
    if (warehouse !== '') expect((await acme('GET', `/v1/config?warehouse=${warehouse}`)).status).toBe(404)
    expect((await acme('GET', `/v1/${warehouse}/namespaces`)).status).toBe(404)
  })
})

describe('~: engines of all tenants', () => {
  test('is what a service token has, with or without a warehouse, and nothing else', async () => {
    for (const query of ['', '?warehouse=~', '?warehouse='])
      expect(member((await service('GET', `/v1/config${query}`)).body, 'overrides')).toEqual({ prefix: '~' })
    for (const prefix of ['acme', '~acme', '~~'])
      for (const path of [`/v1/config?warehouse=${prefix}`, `/v1/${prefix}/namespaces`])
        expect((await service('GET', path)).status).toBe(404)
    expect((await service('POST', '/lakewire/v1/acme/transactions', {})).status).toBe(404)
    expect((await acme('GET', '/v1/~/namespaces')).status).toBe(404)
    expect((await acme('GET', `/v1/~${namespace('acme')}`)).status).toBe(404)
  })

  test('has names in lower case, of which no two are one', async () => {
    const names = ['Case', 'case', 'c^ase', 'Éa$b@c', 'ς']
    await acme('POST', '/namespaces', { namespace: ['acme', 'Mixed'] })
    for (const name of names) await create(acme, ['acme', 'Mixed'], name)
    const listed = await namesIn(service, ['acme', '^mixed'])
    expect(listed.toSorted()).toEqual(
      ['^case', 'case', 'c^^ase', '^éa^4b^2c', 'ς'].map((name) => `acme.^mixed.${name}`).toSorted(),
    )
    expect(member((await service('GET', '/namespaces?parent=acme')).body, 'namespaces')).toContainEqual([
      'acme',
      '^mixed',
    ])
    const located = async (call: Client, levels: string[], name: string) =>
      member((await call('GET', table(levels, name))).body, 'metadata', 'location')
    for (const name of names) {
      const lower = lowerName(name) ?? ''
      expect(nameOfLower(lower)).toBe(name)
      expect(lower).toBe(lower.toLowerCase())
      expect(await located(service, ['acme', '^mixed'], lower)).toBe(await located(acme, ['acme', 'Mixed'], name))
    }
    const change = { requirements: [], updates: setProperties({ seen: 'yes' }) }
    const identifier = { namespace: ['acme', '^mixed'], name: '^case' }
    expect((await service('POST', table(['acme', '^mixed'], '^case'), { identifier, ...change })).status).toBe(200)
    const all = { 'table-changes': [{ identifier, ...change }] }
    expect((await service('POST', '/transactions/commit', all)).status).toBe(204)
    for (const name of names) await acme('DELETE', table(['acme', 'Mixed'], name))
    expect((await acme('DELETE', namespace('acme', 'Mixed'))).status).toBe(204)
    expect(lowerName('İ')).toBeNull()
  })

  test('the root lists tenants, in pages, without the suspended', async () => {
    expect((await service('GET', '/namespaces')).body).toEqual({
      namespaces: [['acme'], ['globex']],
      'next-page-token': null,
    })
    const first = (await service('GET', '/namespaces?pageToken=&pageSize=1')).body
    expect(member(first, 'namespaces')).toEqual([['acme']])
    const token = encodeURIComponent(String(member(first, 'next-page-token')))
    const second = (await service('GET', `/namespaces?pageToken=${token}&pageSize=1`)).body
    expect(second).toEqual({ namespaces: [['globex']], 'next-page-token': null })
    expect((await service('GET', '/namespaces?pageToken=x')).status).toBe(400)
    await catalog.store.insert('tenant', 'zombie', { name: 'zombie', createdAt: '', suspended: true })
    expect(member((await service('GET', '/namespaces')).body, 'namespaces')).toEqual([['acme'], ['globex']])
    for (const level of ['zombie', 'nobody', '', 'acme~', 'acme~0123', `acme~${'0'.repeat(24)}`, '~acme'])
      expect([level, (await service('GET', namespace(level))).status]).toEqual([level, 404])
  })

  test('names in answers carry the level that was asked', async () => {
    expect(member((await service('GET', '/namespaces?parent=acme')).body, 'namespaces')).toEqual([
      ['acme', 'public'],
      ['acme', 'sales'],
    ])
    const id = await begin()
    const level = `acme~${id}`
    expect(member((await service('GET', `/namespaces?parent=${level}`)).body, 'namespaces')).toEqual([
      [level, 'public'],
      [level, 'sales'],
    ])
    expect(await namesIn(service, [level, 'sales'])).toEqual([`${level}.sales.orders`])
    expect((await service('GET', table([level, 'sales'], 'nothing'))).text).toContain(`${level}.sales.nothing`)
    await acme('POST', `/lakewire/v1/${level}/rollback`, {})
  })

  test('schemas say where their tables belong', async () => {
    const { body } = await service('GET', namespace('acme', 'sales'))
    expect(member(body, 'properties')).toEqual({ location: `${catalog.bucket}/acme/sales` })
    expect(member((await acme('GET', namespace('acme'))).body, 'properties')).toEqual({})
  })

  test('everything works there: in a transaction it is seen when that commits', async () => {
    const level = `acme~${await begin()}`
    const staged = await create(service, [level, 'sales'], 'via_trino', { 'stage-create': true })
    expect(member(staged.body, 'metadata-location')).toBeUndefined()
    const metadata = member(staged.body, 'metadata')
    const updates = [
      { action: 'assign-uuid', uuid: member(metadata, 'table-uuid') },
      { action: 'add-schema', schema: member(metadata, 'schemas', 0) },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: { fields: [] } },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
      { action: 'set-location', location: member(metadata, 'location') },
    ]
    const commit = { requirements: [{ type: 'assert-create' }], updates }
    expect((await service('POST', table([level, 'sales'], 'via_trino'), commit)).status).toBe(200)
    const change = (levels: string[], name: string) => ({
      identifier: { namespace: levels, name },
      requirements: [],
      updates: setProperties({ seen: 'yes' }),
    })
    const both = { 'table-changes': [change([level, 'sales'], 'via_trino'), change([level, 'sales'], 'orders')] }
    expect((await service('POST', '/transactions/commit', both)).status).toBe(204)
    const version = { type: 'sql', sql: 'select 1', dialect: 'trino' }
    const view = {
      name: 'v',
      schema: { type: 'struct', fields: [{ id: 0, name: 'x', type: 'int', required: false }] },
      'view-version': {
        'version-id': 1,
        'timestamp-ms': Date.now(),
        'schema-id': 0,
        summary: {},
        'default-namespace': [level, 'sales'],
        representations: [version],
      },
      properties: {},
    }
    expect((await service('POST', `${namespace(level, 'sales')}/views`, view)).status).toBe(200)
    const rename = (from: string[], to: string[]) => ({
      source: { namespace: from, name: 'v' },
      destination: { namespace: to, name: 'v2' },
    })
    expect((await service('POST', '/views/rename', rename([level, 'sales'], [level, 'public']))).status).toBe(204)
    const report = { 'report-type': 'scan-report' }
    expect((await service('POST', `${table([level, 'sales'], 'via_trino')}/metrics`, report)).status).toBe(204)
    expect(await namesIn(service, ['acme', 'sales'])).toEqual(['acme.sales.orders'])
    expect((await acme('POST', `/lakewire/v1/${level}/commit`, {})).status).toBe(200)
    expect(await namesIn(service, ['acme', 'sales'])).toEqual(['acme.sales.orders', 'acme.sales.via_trino'])
    const loaded = await acme('GET', table(['acme', 'sales'], 'orders'))
    expect(member(loaded.body, 'metadata', 'properties')).toEqual({ seen: 'yes' })
  })

  test('one request is about one tenant and one transaction', async () => {
    const level = `acme~${await begin()}`
    const change = (first: string) => ({
      identifier: { namespace: [first, 'sales'], name: 'orders' },
      requirements: [],
      updates: setProperties({ mixed: 'yes' }),
    })
    for (const other of ['globex', 'acme', 'nobody']) {
      const body = { 'table-changes': [change(level), change(other)] }
      expect((await service('POST', '/transactions/commit', body)).status).toBe(400)
      const rename = {
        source: { namespace: [level, 'sales'], name: 'orders' },
        destination: { namespace: [other, 'public'], name: 'orders' },
      }
      expect((await service('POST', '/tables/rename', rename)).status).toBe(400)
    }
    await acme('POST', `/lakewire/v1/${level}/rollback`, {})
    expect((await service('POST', '/namespaces', { namespace: ['nobody'] })).status).toBe(404)
    expect((await service('POST', '/namespaces', { namespace: ['globex', 'x'] })).status).toBe(200)
    expect((await service('DELETE', namespace('globex', 'x'))).status).toBe(204)
  })
})

describe('tokens with limits', () => {
  const limited = async (limits: { readOnly?: boolean; schemas?: string[] }, prefix = 'acme') =>
    client(catalog.uri, await catalog.signer.sign({ audience: 'catalog', tenant: 'acme', ...limits }, 60), prefix)

  test('for reading only: what would write is 403, and nothing is written', async () => {
    const reader = await limited({ readOnly: true })
    expect((await reader('GET', table(['acme', 'sales'], 'orders'))).status).toBe(200)
    const report = { 'report-type': 'scan-report' }
    expect((await reader('POST', `${table(['acme', 'sales'], 'orders')}/metrics`, report)).status).toBe(204)
    const writes: [string, string, object?][] = [
      ['POST', '/namespaces', { namespace: ['acme', 'new'] }],
      ['DELETE', namespace('acme', 'sales')],
      ['POST', `${namespace('acme', 'sales')}/properties`, { updates: { a: 'b' } }],
      ['POST', `${namespace('acme', 'sales')}/tables`, { name: 't' }],
      ['POST', table(['acme', 'sales'], 'orders'), { updates: [] }],
      ['DELETE', table(['acme', 'sales'], 'orders')],
      ['POST', `${namespace('acme', 'sales')}/register`, {}],
      ['POST', '/tables/rename', {}],
      ['POST', '/transactions/commit', {}],
      ['POST', `${namespace('acme', 'sales')}/views`, {}],
      ['POST', '/views/rename', {}],
      ['POST', '/lakewire/v1/acme/changes', { changes: [] }],
    ]
    const before = await catalog.store.revision('lake', 'acme')
    for (const [method, path, body] of writes) {
      const answer = await reader(method, path, body)
      expect([method, path, answer.status, typeOf(answer.body)]).toEqual([method, path, 403, 'ForbiddenException'])
    }
    expect(await catalog.store.revision('lake', 'acme')).toBe(before)
  })

  test('for some schemas: the others are 403, seen in no list, and other tenants are 404 as ever', async () => {
    for (const [prefix, head] of [
      ['acme', ['acme']],
      ['~acme', []],
    ] as const) {
      const some = await limited({ schemas: ['sales'] }, prefix)
      expect(member((await some('GET', `/namespaces?parent=${head.join('')}`)).body, 'namespaces')).toEqual([
        [...head, 'sales'],
      ])
      expect((await some('GET', table([...head, 'sales'], 'orders'))).status).toBe(200)
      for (const [method, path] of [
        ['GET', namespace(...head, 'public')],
        ['HEAD', namespace(...head, 'public')],
        ['GET', `${namespace(...head, 'public')}/tables`],
        ['GET', table([...head, 'public'], 'v2')],
        ['GET', namespace(...head, 'neither')],
        ['GET', namespace(...head, 'public', 'below')],
      ] as const)
        expect([method, path, (await some(method, path)).status]).toEqual([method, path, 403])
      const rename = {
        source: { namespace: [...head, 'sales'], name: 'orders' },
        destination: { namespace: [...head, 'public'], name: 'orders' },
      }
      expect((await some('POST', '/tables/rename', rename)).status).toBe(403)
      expect((await some('POST', '/namespaces', { namespace: [...head, 'other'] })).status).toBe(403)
      expect((await some('GET', '/v1/globex/namespaces')).status).toBe(404)
      expect((await some('GET', '/lakewire/v1/acme/schema')).status).toBe(403)
    }
    expect((await (await limited({ schemas: ['sales'] }))('GET', namespace('globex', 'public'))).status).toBe(404)
  })
})

describe('OAuth', () => {
  const ask = (form: Record<string, string>, headers = {}) => askToken(catalog.uri, form, headers)
  const GRANT = { grant_type: 'client_credentials' }
  const EXCHANGE = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }

  test('what is granted has the limits of the secret, and lives no longer', async () => {
    const secret = 'limited-secret'
    const id = createHash('sha256').update(secret).digest('hex')
    const expiresAt = new Date(Date.now() + 100_000).toISOString()
    const value = { tenant: 'acme', createdAt: '', expiresAt, description: '', readOnly: true, schemas: ['sales'] }
    await catalog.store.insert('token', id, value)
    const { status, body } = await ask({ ...GRANT, client_secret: secret, scope: 'PRINCIPAL_ROLE:ALL' })
    expect([status, body.scope]).toEqual([200, 'PRINCIPAL_ROLE:ALL'])
    expect(Number(body.expires_in)).toBeLessThanOrEqual(100)
    const call = client(catalog.uri, body.access_token!, 'acme')
    expect((await call('GET', namespace('acme', 'public'))).status).toBe(403)
    expect((await call('DELETE', namespace('acme', 'sales'))).status).toBe(403)
    expect((await call('GET', namespace('acme', 'sales'))).status).toBe(200)

    const renewed = await ask({ ...EXCHANGE, subject_token: body.access_token! })
    expect(renewed.status).toBe(200)
    const again = client(catalog.uri, renewed.body.access_token!, 'acme')
    expect((await again('GET', namespace('acme', 'public'))).status).toBe(403)
    await catalog.store.remove('token', id)
    expect((await again('GET', namespace('acme', 'sales'))).status).toBe(401)
    expect((await ask({ ...EXCHANGE, subject_token: renewed.body.access_token! })).status).toBe(400)
    expect((await ask({ ...GRANT, client_secret: secret })).status).toBe(401)
  })

  test('what is not signed, or was not granted, renews nothing', async () => {
    const internal = await catalog.signer.sign({ audience: 'catalog', tenant: 'acme' }, 60)
    const unsigned = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.'
    for (const subject_token of [internal, unsigned, catalog.tokens.acme, ''])
      expect((await ask({ ...EXCHANGE, subject_token })).body.error).toBe('invalid_grant')
    expect((await ask({ ...GRANT, client_secret: internal })).status).toBe(401)
  })

  test('a service has its long-lived token as secret', async () => {
    const secret = await catalog.signer.sign({ audience: 'service', service: 'trino' }, 1000)
    const granted = await ask({ ...GRANT, client_id: 'trino', client_secret: secret })
    expect(Number(granted.body.expires_in)).toBeLessThanOrEqual(1000)
    const renewed = await ask({ ...EXCHANGE, subject_token: granted.body.access_token! })
    const call = client(catalog.uri, renewed.body.access_token!, '~')
    expect((await call('GET', '/namespaces')).status).toBe(200)
    expect((await ask({ ...EXCHANGE, subject_token: secret })).status).toBe(400)
  })

  test('a service that says whose user asks finds that tenant only', async () => {
    const secret = await catalog.signer.sign({ audience: 'service', service: 'trino' }, 1000)
    // What Trino says with iceberg.rest-catalog.session=USER: unsigned, vouched for by its own token.
    const subjectOf = (sub: string) =>
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.`
    const jwt = 'urn:ietf:params:oauth:token-type:jwt'
    const narrow = (actor_token: string, sub: string) =>
      ask({ ...EXCHANGE, subject_token_type: jwt, subject_token: subjectOf(sub), actor_token })
    const { body } = await narrow(secret, 'acme/ada')
    const token = body.access_token!
    const call = client(catalog.uri, token, '~')
    expect(member((await call('GET', '/namespaces')).body, 'namespaces')).toEqual([['acme']])
    expect((await call('GET', namespace('acme', 'sales'))).status).toBe(200)
    const absent = async (tenant: string) => {
      const paths = ['/namespaces?parent=globex', namespace('globex', 'public'), table(['globex', 'public'], 'orders')]
      const answers = paths.map((path) => call('GET', path.replaceAll('globex', tenant)))
      const writes = [
        create(call, [tenant, 'public'], 'orders'),
        call('POST', '/namespaces', { namespace: [tenant, 'x'] }),
      ]
      return (await Promise.all([...answers, ...writes])).map(({ status, text }) => [
        status,
        text.replaceAll(tenant, '?'),
      ])
    }
    expect((await absent('globex')).map(([status]) => status)).toEqual([404, 404, 404, 404, 404])
    expect(await absent('globex')).toEqual(await absent('nobody'))
    expect((await client(catalog.uri, token, 'acme')('GET', '/namespaces')).status).toBe(404)
    // It widens into nothing, and only a service's own token makes it.
    for (const [actor, sub] of [
      [token, 'globex/ada'],
      [catalog.tokens.acme, 'acme/ada'],
      [await catalog.signer.sign({ audience: 'catalog', tenant: 'acme' }, 60), 'globex/ada'],
      ['', 'acme/ada'],
      [secret, 'nobody/ada'],
      [secret, 'acme'],
      [secret, ''],
    ] as const)
      expect([sub, (await narrow(actor, sub)).body.error]).toEqual([sub, 'invalid_grant'])
    expect((await ask({ ...EXCHANGE, subject_token: token })).body.error).toBe('invalid_grant')
    expect((await ask({ ...GRANT, client_secret: token })).status).toBe(401)
  })

  test('tokens of a tenant’s own leave its sessions room for transactions; those for reading begin none', async () => {
    const path = '/lakewire/v1/globex/transactions'
    const [own, ours] = [
      client(catalog.uri, catalog.tokens.globex, 'globex'),
      client(catalog.uri, await catalog.signer.sign({ audience: 'catalog', tenant: 'globex' }, 60), 'globex'),
    ]
    const begun: unknown[] = []
    for (let answer = await own('POST', path, {}); ; answer = await own('POST', path, {})) {
      begun.push(member(answer.body, 'transaction'))
      if (answer.status !== 200) {
        expect([answer.status, begun.length]).toEqual([429, TRANSACTIONS_OF_TOKENS_MAX + 1])
        break
      }
    }
    const one = await ours('POST', path, {})
    expect(one.status).toBe(200)
    const reading = await catalog.signer.sign({ audience: 'catalog', tenant: 'globex', readOnly: true }, 60)
    expect((await client(catalog.uri, reading, 'globex')('POST', path, {})).status).toBe(403)
    for (const transaction of [...begun.slice(0, -1), member(one.body, 'transaction')])
      expect((await own('POST', `/lakewire/v1/globex~${transaction}/rollback`)).status).toBe(204)
  })

  test('a token for an engine is none for the catalog', async () => {
    const token = await catalog.signer.sign({ audience: 'trino', tenant: 'acme', user: 'ada' }, 60)
    expect((await client(catalog.uri, token, 'acme')('GET', '/namespaces')).status).toBe(401)
  })
})
