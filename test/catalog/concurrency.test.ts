import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Json } from '../../admin/catalog/json.ts'
import { type CatalogUnderTest, client, member, startCatalog } from './harness.ts'
import { atRef, type Client, create, namespace, setProperties, snapshotUpdates, table } from './request.ts'

const WRITERS = 8
const NS = ['acme', 'public']

/** Two servers over one store and one folder, as two admin processes are; writers take turns between them. */
let catalogs: CatalogUnderTest[]
let calls: Client[]
beforeAll(async () => {
  const first = await startCatalog()
  const second = await startCatalog(first.home)
  catalogs = [first, second]
  calls = catalogs.map((catalog) => client(catalog.uri, catalog.tokens.acme, 'acme'))
})
afterAll(async () => {
  for (const catalog of catalogs.toReversed()) await catalog.end()
})

const writers = <T>(work: (call: Client, writer: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(calls[writer % 2]!, writer)))

function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

test('no update is lost: eight writers append until all are in', async () => {
  const rounds = 5
  await create(calls[0]!, NS, 'appends')
  await writers(async (call, writer) => {
    for (let round = 0; round < rounds; ) {
      const { body } = await call('GET', table(NS, 'appends'))
      const metadata = member(body, 'metadata') as { [key: string]: Json }
      const parent = metadata['current-snapshot-id'] ?? null
      const id = BigInt(writer + 1) * 2n ** 53n + BigInt(round)
      const updates = snapshotUpdates(metadata.location!, id, (metadata['last-sequence-number'] as number) + 1, parent)
      const { status } = await call('POST', table(NS, 'appends'), { requirements: [atRef(parent)], updates })
      expect([200, 409]).toContain(status)
      if (status === 200) round++
    }
  })
  const { body } = await calls[1]!('GET', table(NS, 'appends'))
  const snapshots = member(body, 'metadata', 'snapshots') as { [key: string]: Json }[]
  expect(snapshots).toHaveLength(WRITERS * rounds)
  expect(snapshots.map((snapshot) => snapshot['sequence-number'])).toEqual(snapshots.map((_, index) => index + 1))
  expect(snapshots.slice(1).map((snapshot) => snapshot['parent-snapshot-id'])).toEqual(
    snapshots.slice(0, -1).map((snapshot) => snapshot['snapshot-id']),
  )
  // Of commits that lost their race no file is left.
  expect(readdirSync(join(member(body, 'metadata', 'location') as string, 'metadata'))).toHaveLength(
    WRITERS * rounds + 1,
  )
})

test('writers of different tables do not hinder each other', async () => {
  const statuses = await writers(async (call, writer) => {
    const made = await create(call, NS, `own${writer}`)
    const statuses = [made.status]
    for (let round = 0; round < 5; round++)
      statuses.push(
        (
          await call('POST', table(NS, `own${writer}`), {
            requirements: [],
            updates: setProperties({ round: String(round) }),
          })
        ).status,
      )
    return statuses
  })
  expect(tally(statuses.flat())).toEqual({ 200: WRITERS * 6 })
})

test('one name, eight that want it: one gets it', async () => {
  expect(tally((await writers((call) => create(call, NS, 'same'))).map(({ status }) => status))).toEqual({
    200: 1,
    409: WRITERS - 1,
  })
  const made = await writers((call) => call('POST', '/namespaces', { namespace: ['acme', 'same'] }))
  expect(tally(made.map(({ status }) => status))).toEqual({ 200: 1, 409: WRITERS - 1 })
  const renamed = await writers((call, writer) =>
    call('POST', '/tables/rename', {
      source: { namespace: NS, name: `own${writer}` },
      destination: { namespace: NS, name: 'renamed' },
    }),
  )
  expect(tally(renamed.map(({ status }) => status))).toEqual({ 204: 1, 409: WRITERS - 1 })
  const dropped = await writers((call) => call('DELETE', table(NS, 'renamed')))
  expect(tally(dropped.map(({ status }) => status))).toEqual({ 204: 1, 404: WRITERS - 1 })
  const { body } = await calls[0]!('GET', `${namespace(...NS)}/tables`)
  expect((member(body, 'identifiers') as { name: string }[]).filter(({ name }) => name.startsWith('own'))).toHaveLength(
    WRITERS - 1,
  )
})

test('transactions over two tables, crossed: each whole or not at all', async () => {
  const locations = new Map<string, Json>()
  for (const name of ['left', 'right'])
    locations.set(name, member((await create(calls[0]!, NS, name)).body, 'metadata', 'location'))
  const answers = await writers((call, writer) => {
    const names = writer % 2 === 0 ? ['left', 'right'] : ['right', 'left']
    const changes = names.map((name) => ({
      identifier: { namespace: NS, name },
      requirements: [atRef(null)],
      updates: snapshotUpdates(locations.get(name)!, 100 + writer, 1),
    }))
    return call('POST', '/transactions/commit', { 'table-changes': changes })
  })
  expect(tally(answers.map(({ status }) => status))).toEqual({ 204: 1, 409: WRITERS - 1 })
  const [left, right] = await Promise.all(['left', 'right'].map((name) => calls[1]!('GET', table(NS, name))))
  expect(member(left!.body, 'metadata', 'current-snapshot-id')).toBe(
    member(right!.body, 'metadata', 'current-snapshot-id'),
  )
})

test('lake transactions of eight sessions on one table: one commits, the others leave no file', async () => {
  const location = member((await create(calls[0]!, NS, 'overlaid')).body, 'metadata', 'location')
  const answers = await writers(async (call, writer) => {
    const begun = await call('POST', '/lakewire/v1/acme/transactions', {})
    const prefix = `acme~${member(begun.body, 'transaction')}`
    const written = await call('POST', `/v1/${prefix}${table(NS, 'overlaid')}`, {
      requirements: [atRef(null)],
      updates: snapshotUpdates(location, 200 + writer, 1),
    })
    expect(written.status).toBe(200)
    // Nobody commits before everybody has begun and written.
    return { call, prefix }
  })
  expect(member((await calls[0]!('GET', table(NS, 'overlaid'))).body, 'metadata', 'snapshots')).toEqual([])
  const commits = await Promise.all(
    answers.map(({ call, prefix }) => call('POST', `/lakewire/v1/${prefix}/commit`, {})),
  )
  expect(tally(commits.map(({ status }) => status))).toEqual({ 200: 1, 409: WRITERS - 1 })
  expect(member((await calls[0]!('GET', table(NS, 'overlaid'))).body, 'metadata', 'snapshots')).toHaveLength(1)
  expect(readdirSync(join(location as string, 'metadata'))).toHaveLength(2)
})

test('a transaction that nobody uses any more is collected with its files', async () => {
  const call = calls[0]!
  const begun = await call('POST', '/lakewire/v1/acme/transactions', {})
  const transaction = member(begun.body, 'transaction')
  const made = await create(
    (method, path, body) => call(method, `/v1/acme~${transaction}${path}`, body),
    NS,
    'forgotten',
  )
  const folder = join(member(made.body, 'metadata', 'location') as string, 'metadata')
  expect(readdirSync(folder)).toHaveLength(1)
  const { store, server } = catalogs[0]!
  const id = `acme/${transaction}`
  const stored = (await store.get<object>('lake_transaction', id))!
  await store.replace('lake_transaction', id, { ...stored.value, expiresAt: '2020-01-01T00:00:00Z' }, stored.revision)
  expect((await call('GET', `/v1/acme~${transaction}/namespaces`)).status).toBe(404)
  expect(await server.collectTransactions()).toBe(1)
  expect(existsSync(folder)).toBe(false)
  expect(await store.list('lake_transaction', { prefix: id })).toEqual([])
})
