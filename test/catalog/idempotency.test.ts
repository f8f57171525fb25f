import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CatalogUnderTest, client, member, startCatalog } from './harness.ts'
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

/** Idempotency-Key: what was done once is answered again, and not done again. Two servers share one store. */

const NS = ['acme', 'public']
let catalogs: CatalogUnderTest[]
let acme: Client
let other: Client
beforeAll(async () => {
  const first = await startCatalog()
  catalogs = [first, await startCatalog(first.home)]
  acme = client(first.uri, first.tokens.acme, 'acme')
  other = client(catalogs[1]!.uri, first.tokens.acme, 'acme')
})
afterAll(async () => {
  for (const catalog of catalogs.toReversed()) await catalog.end()
})

const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key })

test('config tells how long a key is good', async () => {
  expect(member((await acme('GET', '/v1/config')).body, 'idempotency-key-lifetime')).toBe('PT30M')
})

test('a table is created once, whichever server is asked; staged ones too', async () => {
  for (const staged of [false, true]) {
    const headers = keyed()
    const body = { name: `made_${staged}`, schema: SCHEMA, 'stage-create': staged }
    const [one, two] = [
      await acme('POST', `${namespace(...NS)}/tables`, body, headers),
      await other('POST', `${namespace(...NS)}/tables`, body, headers),
    ]
    expect([one.status, two.status]).toEqual([200, 200])
    expect(two.body).toEqual(one.body)
    expect(two.headers.get('etag')).toBe(one.headers.get('etag'))
  }
})

test('eight at one time: one commit, and the same answer for all', async () => {
  const location = member((await create(acme, NS, 'eight')).body, 'metadata', 'location')
  const commit = { requirements: [atRef(null)], updates: snapshotUpdates(location, 1, 1) }
  const headers = keyed()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? acme : other)('POST', table(NS, 'eight'), commit, headers)),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect((await acme('POST', table(NS, 'eight'), commit, keyed())).status).toBe(409)
})

test('what was refused stays refused, and a drop drops once', async () => {
  await create(acme, NS, 'once')
  const [again, drop] = [keyed(), keyed()]
  const body = { name: 'once', schema: SCHEMA }
  expect((await acme('POST', `${namespace(...NS)}/tables`, body, again)).status).toBe(409)
  expect((await acme('DELETE', table(NS, 'once'), undefined, drop)).status).toBe(204)
  expect((await acme('POST', `${namespace(...NS)}/tables`, body, again)).status).toBe(409)
  await create(acme, NS, 'once')
  expect((await acme('DELETE', table(NS, 'once'), undefined, drop)).status).toBe(204)
  expect((await acme('HEAD', table(NS, 'once'))).status).toBe(204)
})

test('one key is for one request of one bearer', async () => {
  await create(acme, NS, 'keys')
  const headers = keyed()
  const change = (value: string) => ({ requirements: [], updates: setProperties({ a: value }) })
  expect((await acme('POST', table(NS, 'keys'), change('1'), headers)).status).toBe(200)
  expect((await acme('POST', table(NS, 'keys'), change('2'), headers)).status).toBe(422)
  const claims = { audience: 'catalog', tenant: 'acme', schemas: ['public'] } as const
  const limited = client(catalogs[0]!.uri, await catalogs[0]!.signer.sign(claims, 60), 'acme')
  expect((await limited('POST', table(NS, 'keys'), change('1'), headers)).status).toBe(422)
  const bad = await acme('POST', table(NS, 'keys'), change('1'), keyed('hello'))
  expect([bad.status, typeOf(bad.body)]).toEqual([400, 'BadRequestException'])
  const globex = client(catalogs[0]!.uri, catalogs[0]!.tokens.globex, 'globex')
  expect((await globex('POST', '/namespaces', { namespace: ['globex', 'k'] }, headers)).status).toBe(200)
})

test('answers that nobody may ask for again are forgotten', async () => {
  const { store, server } = catalogs[0]!
  const kept = await store.list<object>('lake_answer')
  expect(kept.length).toBeGreaterThan(0)
  for (const { id, value, revision } of kept)
    await store.replace('lake_answer', id, { ...value, expiresAt: '2020-01-01T00:00:00Z' }, revision)
  expect(await server.collectAnswers()).toBe(kept.length)
  expect(await store.list('lake_answer')).toEqual([])
})
