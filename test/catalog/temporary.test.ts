import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTemporaryName, temporaryExpiry } from '../../proxy/lake/temporary.ts'
import { type CatalogUnderTest, client, member, startCatalog } from './harness.ts'
import type { Client } from './request.ts'

/** The namespaces of sessions' temporary tables, as a proxy makes and leaves them. */

let catalog: CatalogUnderTest
let proxy: Client
beforeAll(async () => {
  catalog = await startCatalog()
  proxy = client(catalog.uri, await catalog.signer.sign({ audience: 'catalog', tenant: 'acme' }, 600), 'acme')
})
afterAll(() => catalog?.end())

const change = (changes: readonly unknown[], prefix = 'acme') =>
  proxy('POST', `/lakewire/v1/${prefix}/changes`, { changes })
const version = async () => member((await proxy('GET', '/lakewire/v1/acme/version')).body, 'schemaVersion')
const namesIn = async (temporary: string, prefix = 'acme') =>
  (
    member((await proxy('GET', `/lakewire/v1/${prefix}/schema?temporary=${temporary}`)).body, 'relations') as unknown[]
  ).map((relation) => (relation as { name: string }).name)

function table(schema: string, name: string, properties: Readonly<Record<string, string>> = {}) {
  const column = { name: 'a', pgType: 'integer', required: false, defaultSql: null, comment: null }
  return { kind: 'createTable', table: { schema, name }, columns: [column], partition: [], comment: null, properties }
}

test('the tenant has the same definitions as before', async () => {
  const before = await version()
  const schema = newTemporaryName()
  const put = { kind: 'putTemporary', name: schema, expiresAt: temporaryExpiry() }
  expect((await change([put, table(schema, 't')])).status).toBe(200)
  expect(await namesIn(schema)).toEqual(['t'])
  expect(await version()).toEqual(before)
  expect((await change([{ kind: 'dropTemporary', name: schema }])).status).toBe(200)
  expect(await namesIn(schema)).toEqual([])
  expect(existsSync(join(catalog.bucket, 'acme', schema))).toBe(false)
})

test('what a transaction says of its end becomes of the tables then', async () => {
  const schema = newTemporaryName()
  const begun = await proxy('POST', '/lakewire/v1/acme/transactions', {})
  const prefix = `acme~${member(begun.body, 'transaction')}`
  const put = { kind: 'putTemporary', name: schema, expiresAt: temporaryExpiry() }
  const tables = [table(schema, 'kept'), table(schema, 'dropped', { 'lakewire.on-commit': 'drop' })]
  expect((await change([put, ...tables], prefix)).status).toBe(200)
  expect((await namesIn(schema, prefix)).sort()).toEqual(['dropped', 'kept'])
  expect((await change([{ kind: 'commitTemporary', name: schema }], prefix)).status).toBe(200)
  expect((await proxy('POST', `/lakewire/v1/${prefix}/commit`, {})).status).toBe(200)
  expect(await namesIn(schema)).toEqual(['kept'])
})

test('those of a session that has not been heard of for a day are collected, others stay', async () => {
  const [gone, here] = [newTemporaryName(), newTemporaryName()]
  const past = new Date(Date.now() - 1000).toISOString()
  await change([{ kind: 'putTemporary', name: gone, expiresAt: past }, table(gone, 't')])
  await change([{ kind: 'putTemporary', name: here, expiresAt: past }, table(here, 't')])
  await change([{ kind: 'putTemporary', name: here, expiresAt: temporaryExpiry() }])
  expect(await catalog.server.collectTemporaries()).toBe(1)
  expect([await namesIn(gone), await namesIn(here)]).toEqual([[], ['t']])
  expect(existsSync(join(catalog.bucket, 'acme', gone))).toBe(false)
  expect(await catalog.server.collectTemporaries()).toBe(0)
})

test('no schema is made, or renamed, to be one', async () => {
  const { status, body } = await change([{ kind: 'createNamespace', name: 'pg_temp_mine', comment: null }])
  expect([status, member(body, 'error', 'sqlstate')]).toEqual([409, '42939'])
  await change([{ kind: 'createNamespace', name: 'plain', comment: null }])
  expect((await change([{ kind: 'renameNamespace', from: 'plain', to: newTemporaryName() }])).status).toBe(409)
  expect((await change([{ kind: 'putTemporary', name: 'plain', expiresAt: temporaryExpiry() }])).status).toBe(403)
})
