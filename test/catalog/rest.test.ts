import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CatalogUnderTest, member, startWithClients } from './harness.ts'
import {
  atRef,
  type Client,
  create,
  namespace,
  SCHEMA,
  setProperties,
  snapshotUpdates,
  table,
  typeOf,
} from './request.ts'

const NS = ['acme', 'rest']
let catalog: CatalogUnderTest
let acme: Client
let globex: Client
beforeAll(async () => {
  ;({ catalog, acme, globex } = await startWithClients(NS))
})
afterAll(() => catalog.end())

describe('config', () => {
  test('names the prefix and every route, and nothing else', async () => {
    const { body } = await acme('GET', '/v1/config?warehouse=acme')
    expect(member(body, 'overrides')).toEqual({ prefix: 'acme' })
    const endpoints = member(body, 'endpoints') as string[]
    expect(new Set(endpoints).size).toBe(endpoints.length)
    expect(endpoints).toContain('POST /v1/{prefix}/transactions/commit')
    expect(endpoints).toContain('HEAD /v1/{prefix}/namespaces/{namespace}/views/{view}')
    expect(endpoints.every((endpoint) => /^(GET|HEAD|POST|DELETE) \/v1\/\{prefix\}\//.test(endpoint))).toBe(true)
  })

  test('without a warehouse it is that of the token; an unknown one is 404', async () => {
    expect(member((await globex('GET', '/v1/config')).body, 'overrides')).toEqual({ prefix: 'globex' })
    expect((await acme('GET', '/v1/config?warehouse=nobody')).status).toBe(404)
    expect((await acme('GET', '/v1/config?warehouse=acme~nothing')).status).toBe(404)
  })
})

describe('tables', () => {
  test('ids are assigned anew', async () => {
    const spec = { fields: [{ 'source-id': 5, name: 'at_day', transform: 'day' }] }
    const order = {
      'order-id': 9,
      fields: [{ transform: 'identity', 'source-id': 7, direction: 'desc', 'null-order': 'nulls-last' }],
    }
    const { body } = await create(acme, NS, 'fresh', { 'partition-spec': spec, 'write-order': order, location: null })
    const metadata = member(body, 'metadata')
    expect(member(metadata, 'schemas', 0, 'fields')).toMatchObject([
      { id: 1, name: 'id' },
      { id: 2, name: 'data', doc: 'what it is' },
      { id: 3, name: 'at' },
    ])
    expect(metadata).toMatchObject({
      'format-version': 2,
      'last-column-id': 3,
      'partition-specs': [
        { 'spec-id': 0, fields: [{ 'source-id': 3, 'field-id': 1000, name: 'at_day', transform: 'day' }] },
      ],
      'last-partition-id': 1000,
      'default-sort-order-id': 1,
      'sort-orders': [{ 'order-id': 1, fields: [{ 'source-id': 1 }] }],
    })
  })

  test('-1 is what the commit added; what is there already is used again', async () => {
    await create(acme, NS, 'again')
    const loaded = await acme('GET', table(NS, 'again'))
    const schema = member(loaded.body, 'metadata', 'schemas', 0)
    const { body } = await acme('POST', table(NS, 'again'), {
      requirements: [],
      updates: [
        { action: 'add-schema', schema },
        { action: 'set-current-schema', 'schema-id': -1 },
        { action: 'add-spec', spec: { fields: [{ 'source-id': 1, name: 'b', transform: 'bucket[4]' }] } },
        { action: 'set-default-spec', 'spec-id': -1 },
      ],
    })
    expect(member(body, 'metadata', 'schemas')).toHaveLength(1)
    expect(member(body, 'metadata')).toMatchObject({ 'default-spec-id': 1, 'last-partition-id': 1000 })
    const unchanged = await acme('POST', table(NS, 'again'), { requirements: [], updates: [] })
    expect(member(unchanged.body, 'metadata-location')).toBe(member(body, 'metadata-location'))
  })

  test('a staged table is not there until its commit, and then as it was promised', async () => {
    const staged = await create(acme, NS, 'staged', { 'stage-create': true })
    expect(member(staged.body, 'metadata-location')).toBeUndefined()
    expect((await acme('HEAD', table(NS, 'staged'))).status).toBe(404)
    const metadata = member(staged.body, 'metadata')
    const updates = [
      { action: 'assign-uuid', uuid: member(metadata, 'table-uuid') },
      { action: 'upgrade-format-version', 'format-version': 2 },
      { action: 'add-schema', schema: member(metadata, 'schemas', 0) },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: member(metadata, 'partition-specs', 0) },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': member(metadata, 'sort-orders', 0) },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
      { action: 'set-location', location: member(metadata, 'location') },
    ]
    const requirements = [{ type: 'assert-create' }]
    const made = await acme('POST', table(NS, 'staged'), { requirements, updates })
    expect(made.status).toBe(200)
    expect(member(made.body, 'metadata')).toMatchObject({
      'table-uuid': member(metadata, 'table-uuid'),
      location: member(metadata, 'location'),
    })
    expect((await acme('POST', table(NS, 'staged'), { requirements, updates })).status).toBe(409)
    expect((await acme('POST', table(NS, 'staged2'), { requirements, updates: updates.slice(0, 1) })).status).toBe(400)
    const elsewhere = updates.map((update) =>
      update.action === 'assign-uuid' ? { ...update, uuid: '11111111-1111-1111-1111-111111111111' } : update,
    )
    expect((await acme('POST', table(NS, 'staged3'), { requirements, updates: elsewhere })).status).toBe(403)
  })

  test('snapshot ids of 64 bits stay what they are, in answers and on disk', async () => {
    const { body } = await create(acme, NS, 'big')
    const location = member(body, 'metadata', 'location')
    const [odd, max] = [2n ** 53n + 1n, 2n ** 63n - 1n]
    expect(
      (
        await acme('POST', table(NS, 'big'), {
          requirements: [atRef(null)],
          updates: snapshotUpdates(location, odd, 1),
        })
      ).status,
    ).toBe(200)
    const rounded = { requirements: [atRef(odd - 1n)], updates: setProperties({ a: 'b' }) }
    expect(typeOf((await acme('POST', table(NS, 'big'), rounded)).body)).toBe('CommitFailedException')
    const done = await acme('POST', table(NS, 'big'), {
      requirements: [atRef(odd)],
      updates: snapshotUpdates(location, max, 2, odd),
    })
    expect(member(done.body, 'metadata', 'current-snapshot-id')).toBe(max)
    expect(readFileSync(member(done.body, 'metadata-location') as string, 'utf8')).toContain(
      `"parent-snapshot-id":${odd}`,
    )
    const tagged = await acme('GET', table(NS, 'big'))
    const tag = tagged.headers.get('etag')!
    expect((await acme('GET', table(NS, 'big'), undefined, { 'if-none-match': `"x", W/${tag}` })).status).toBe(304)
    const refs = await acme('GET', `${table(NS, 'big')}?snapshots=refs`, undefined, { 'if-none-match': tag })
    expect([refs.status, member(refs.body, 'metadata', 'snapshots')]).toEqual([
      200,
      [expect.objectContaining({ 'snapshot-id': max })],
    ])
    await acme('POST', table(NS, 'big'), { requirements: [atRef(max)], updates: setProperties({ c: 'd' }) })
    expect(member((await acme('GET', table(NS, 'big'))).body, 'metadata', 'snapshots')).toHaveLength(2)
  })

  test('a transaction over tables is done whole or not at all', async () => {
    await create(acme, NS, 'one')
    await create(acme, NS, 'two')
    const change = (name: string, requirements: object[]) => ({
      identifier: { namespace: NS, name },
      requirements,
      updates: setProperties({ touched: 'yes' }),
    })
    const commit = (...changes: object[]) => acme('POST', '/transactions/commit', { 'table-changes': changes })
    const files = () => readdirSync(join(catalog.bucket, 'acme/rest/one/metadata')).length
    const before = files()
    expect((await commit(change('one', []), change('two', [atRef(9)]))).status).toBe(409)
    expect((await commit(change('one', []), change('none', []))).status).toBe(404)
    expect(files()).toBe(before)
    expect(member((await acme('GET', table(NS, 'one'))).body, 'metadata', 'properties')).toEqual({})
    expect((await commit(change('one', []), change('two', [atRef(null)]))).status).toBe(204)
    for (const name of ['one', 'two'])
      expect(member((await acme('GET', table(NS, name))).body, 'metadata', 'properties')).toEqual({ touched: 'yes' })
  })

  test('old metadata files go when the table asks for it', async () => {
    const properties = {
      'write.metadata.delete-after-commit.enabled': 'true',
      'write.metadata.previous-versions-max': '2',
    }
    const { body } = await create(acme, NS, 'tidy', { properties })
    for (let round = 0; round < 5; round++)
      await acme('POST', table(NS, 'tidy'), { requirements: [], updates: setProperties({ round: String(round) }) })
    expect(readdirSync(join(member(body, 'metadata', 'location') as string, 'metadata'))).toHaveLength(3)
  })
})

describe('names', () => {
  test.each([
    'a b',
    'a/b',
    'a\\b',
    '%',
    '%2F',
    'a%20b',
    '+',
    '#',
    '?',
    '&=',
    "'",
    '"',
    '.a',
    'a.',
    'é',
    '日本',
    '😀',
    '__proto__',
    'constructor',
    'x'.repeat(200),
  ])('%s stays what it is, as table and as namespace', async (name) => {
    const levels = ['acme', `n${name}`]
    expect((await acme('POST', '/namespaces', { namespace: levels, properties: { [name]: name } })).status).toBe(200)
    expect(member((await acme('GET', namespace(...levels))).body, 'properties')).toMatchObject(
      Object.fromEntries([[name, name]]),
    )
    expect((await create(acme, levels, name)).status).toBe(200)
    expect(member((await acme('GET', `${namespace(...levels)}/tables`)).body, 'identifiers')).toEqual([
      { namespace: levels, name },
    ])
    expect((await acme('GET', table(levels, name))).status).toBe(200)
    expect((await acme('HEAD', table(levels, `${name}x`))).status).toBe(404)
    const twice = encodeURIComponent(encodeURIComponent(levels.join('\u001f')))
    expect((await acme('GET', `/namespaces?parent=${twice}`)).status).toBe(200)
    expect((await acme('DELETE', table(levels, name))).status).toBe(204)
    expect((await acme('DELETE', namespace(...levels))).status).toBe(204)
  })

  test.each(['', '.', '..', 'a\u0000b', 'a\nb', 'a\u001fb', 'x'.repeat(1000)])('%j is refused', async (name) => {
    expect((await create(acme, NS, name)).status).toBe(400)
    expect((await acme('POST', '/namespaces', { namespace: ['acme', name] })).status).toBe(400)
  })

  test('a dot in a level is not a border of levels', async () => {
    await acme('POST', '/namespaces', { namespace: ['acme', 'one.two'] })
    await acme('POST', '/namespaces', { namespace: ['acme', 'one'] })
    await acme('POST', '/namespaces', { namespace: ['acme', 'one', 'two'] })
    await create(acme, ['acme', 'one.two'], 't')
    await create(acme, ['acme', 'one', 'two'], 't')
    const commit = (levels: string[]) => ({
      identifier: { namespace: levels, name: 't' },
      requirements: [],
      updates: setProperties({ a: 'b' }),
    })
    const path = table(['acme', 'one.two'], 't')
    expect((await acme('POST', path, commit(['acme', 'one', 'two']))).status).toBe(400)
    expect((await acme('POST', path, commit(['acme', 'one.two']))).status).toBe(200)
  })

  test('namespaces of several levels', async () => {
    expect((await acme('POST', '/namespaces', { namespace: ['acme', 'up', 'down'] })).status).toBe(404)
    for (const levels of [
      ['acme', 'up'],
      ['acme', 'up', 'down'],
    ])
      expect((await acme('POST', '/namespaces', { namespace: levels })).status).toBe(200)
    expect(member((await acme('GET', '/namespaces')).body, 'namespaces')).toEqual([['acme']])
    expect(member((await acme('GET', '/namespaces?parent=acme%1Fup')).body, 'namespaces')).toEqual([
      ['acme', 'up', 'down'],
    ])
    expect((await create(acme, ['acme', 'up'], 'down')).status).toBe(200)
    expect((await create(acme, ['acme', 'up', 'down'], 'x')).status).toBe(200)
    expect((await create(acme, ['acme'], 'x')).status).toBe(400)
    expect((await acme('DELETE', namespace('acme', 'up'))).status).toBe(409)
  })
})

test('a view, through its life', async () => {
  const version = (sql: string, dialect = 'spark') => ({
    'version-id': 1,
    'schema-id': 0,
    'timestamp-ms': 1_700_000_000_000,
    summary: {},
    'default-namespace': NS,
    representations: [{ type: 'sql', sql, dialect }],
  })
  const views = `${namespace(...NS)}/views`
  const made = await acme('POST', views, { name: 'v', schema: SCHEMA, 'view-version': version('select 1') })
  expect(member(made.body, 'metadata')).toMatchObject({ 'current-version-id': 1, 'version-log': [{ 'version-id': 1 }] })
  const replace = (updates: object[]) =>
    acme('POST', `${views}/v`, {
      requirements: [{ type: 'assert-view-uuid', uuid: member(made.body, 'metadata', 'view-uuid') }],
      updates,
    })
  const replaced = await replace([
    { action: 'add-view-version', 'view-version': version('select 2') },
    { action: 'set-current-view-version', 'view-version-id': -1 },
  ])
  expect(member(replaced.body, 'metadata')).toMatchObject({
    'current-version-id': 2,
    versions: [{ 'version-id': 1 }, { 'version-id': 2 }],
  })
  const lossy = await replace([
    { action: 'add-view-version', 'view-version': version('select 3', 'trino') },
    { action: 'set-current-view-version', 'view-version-id': -1 },
  ])
  expect(lossy.status).toBe(400)
  expect((await create(acme, NS, 'v')).status).toBe(409)
  expect((await acme('GET', table(NS, 'v'))).status).toBe(404)
  expect(
    (
      await acme('POST', '/views/rename', {
        source: { namespace: NS, name: 'v' },
        destination: { namespace: NS, name: 'w' },
      })
    ).status,
  ).toBe(204)
  expect((await acme('DELETE', `${views}/w`)).status).toBe(204)
  expect(typeOf((await acme('GET', `${views}/w`)).body)).toBe('NoSuchViewException')
})

test('every refusal is the error object of the standard, wherever it happens', async () => {
  const requests: [string, string, number][] = [
    ['GET', `${namespace(...NS)}/tables/%zz`, 400],
    ['GET', `${namespace(...NS)}/tables/%ff`, 400],
    ['GET', '/v1', 404],
    ['GET', '/v1/nothing', 404],
    ['PUT', '/namespaces', 404],
    ['OPTIONS', '/namespaces', 404],
    ['GET', `${table(NS, 'none')}/`, 404],
  ]
  for (const [method, path, status] of requests) {
    const reply = await acme(method, path)
    expect(reply.status, `${method} ${path}`).toBe(status)
    expect(member(reply.body, 'error')).toMatchObject({
      code: status,
      message: expect.stringMatching(/./),
      type: status === 404 ? 'NotFoundException' : 'BadRequestException',
    })
  }
  const untyped = await acme('POST', '/namespaces', '{}', { 'content-type': '' })
  expect(untyped.status).toBe(415)
  expect(typeOf(untyped.body)).toBe('BadRequestException')
})

test('no bad input is a 5xx, or says more than it must', async () => {
  await create(acme, NS, 'solid')
  const bodies = [
    '',
    'null',
    '[]',
    '{',
    '"x"',
    '{"updates":1}',
    '['.repeat(50_000),
    '\ufeff{}',
    '{"requirements":[{}],"updates":[]}',
    '{"requirements":[],"updates":[{"action":"toString"}]}',
    '{"requirements":[{"type":"constructor"}],"updates":[]}',
    '{"requirements":[],"updates":[{"action":"add-snapshot","snapshot":{"snapshot-id":1.5}}]}',
  ]
  for (const path of [
    table(NS, 'solid'),
    '/namespaces',
    `${namespace(...NS)}/tables`,
    '/transactions/commit',
    '/tables/rename',
    `${namespace(...NS)}/views`,
    '/lakewire/v1/acme/changes',
  ])
    for (const body of bodies) {
      const { status, text } = await acme('POST', path, body)
      expect(status >= 400 && status < 500, `${path} ${body.slice(0, 60)}: ${status} ${text.slice(0, 200)}`).toBe(true)
      expect(text).not.toContain(catalog.home)
      expect(text).not.toMatch(/\n\s+at /)
    }
})

test('large bodies that a tenant announces and does not send are in its own way only', async () => {
  const { hostname, port } = new URL(catalog.uri)
  const head = `POST /v1/globex/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${catalog.tokens.globex}\r\n`
  const slow = Array.from({ length: 12 }, () => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: ${32 * 1024 * 1024}\r\n\r\n{`)
    return socket
  })
  // Those that are too many are told so at once.
  const [answer] = await Promise.race(slow.map((socket) => once(socket, 'data')))
  expect(String(answer)).toContain('503')
  const add = (call: Client, tenant: string) =>
    call('POST', '/namespaces', { namespace: [tenant, 'while_others_wait'] })
  expect((await add(globex, 'globex')).status).toBe(503)
  expect((await add(acme, 'acme')).status).toBe(200)
  for (const socket of slow) socket.destroy()
})
