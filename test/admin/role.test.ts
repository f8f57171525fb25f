import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adminTokenHash, hashOfToken } from '../../admin-token.ts'
import { keptAdminToken, openDataDir } from '../../data-dir.ts'
import { loadConfig } from '../../proxy/config.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import { catalogUrls, checkRole, peerAddressOf } from '../../role.ts'

const configOf = (flags: Readonly<Record<string, string>>) =>
  loadConfig({ flags: new Map(Object.entries(flags)), env: {}, file: undefined })

const SHARED = { 'store.url': 'mongodb://db', 's3.endpoint': 'http://s3' }

test.each([
  [{}],
  [{ 'store.url': 'mongodb://db' }],
  [{ ...SHARED, role: 'admin' }],
  [{ ...SHARED, role: 'proxy', 'catalog.url': 'https://lake.example' }],
  [{ ...SHARED, role: 'proxy', 'catalog.url': 'http://one:8181, http://two:8181' }],
])('%j can be started', (flags) => {
  expect(() => checkRole(configOf(flags))).not.toThrow()
})

test.each<[Readonly<Record<string, string>>, string]>([
  [{ role: 'admin' }, 'role "admin" needs store.url: '],
  [{ role: 'admin', 'store.url': 'mongodb://db' }, 'role "admin" needs s3.endpoint: '],
  [{ role: 'proxy', ...SHARED }, 'role "proxy" needs catalog.url: '],
  [{ 'catalog.url': 'https://one,https://two' }, 'catalog.url: several addresses must be http'],
])('%j is refused in one line', (flags, message) => {
  let said = ''
  try {
    checkRole(configOf(flags))
  } catch (error) {
    said = (error as Error).message
  }
  expect(said).toContain(message)
  expect(said.split('\n')).toHaveLength(1 + (flags.role === 'admin' && !('store.url' in flags) ? 1 : 0))
})

test('an address that is none is refused', () => {
  expect(() => configOf({ 'catalog.url': 'http://one,two' })).toThrow(/catalog\.url: is not an address/)
  expect(catalogUrls(configOf({ 'catalog.url': 'http://one, http://two' })).map(({ host }) => host)).toEqual([
    'one',
    'two',
  ])
})

test('peers are told an address that they can reach', () => {
  expect(peerAddressOf(configOf({ 'pg.host': '10.1.2.3' }), 5433)).toBe('10.1.2.3:5433')
  expect(peerAddressOf(configOf({ 'pg.peerAddress': 'proxy-1.example:6000' }), 5433)).toBe('proxy-1.example:6000')
  expect(peerAddressOf(configOf({ 'pg.host': '0.0.0.0' }), 5433)).toMatch(/^\d+\.\d+\.\d+\.\d+:5433$/)
  expect(peerAddressOf(configOf({ 'pg.host': '0.0.0.0' }), 5433)).not.toMatch(/^0/)
})

test('admins on one store take one token, which the store does not hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-token-'))
  const store = openSqliteStore(join(folder, 'store.sqlite'))
  const at = (name: string) => {
    const config = configOf({ ...SHARED, dataDir: join(folder, name) })
    return { config, dir: openDataDir(config) }
  }
  const [one, two] = [at('one'), at('two')]
  const hashes = await Promise.all([one, two].map(({ config, dir }) => adminTokenHash(config, dir, store)))
  expect(hashes[0]).toEqual(hashes[1])
  const tokens = [one, two].flatMap(({ dir }) => keptAdminToken(dir) ?? [])
  expect(tokens).toHaveLength(1)
  const [token = ''] = tokens
  expect(hashOfToken(token)).toEqual(hashes[0])
  expect(JSON.stringify(await store.list('secret'))).not.toContain(token)
  // One that is configured is for the process that has it.
  const own = configOf({ ...SHARED, adminToken: 'a-token-of-its-own-with-32-characters' })
  expect(await adminTokenHash(own, two.dir, store)).toEqual(hashOfToken('a-token-of-its-own-with-32-characters'))
  expect(existsSync(join(folder, 'one', 'system', 'store.sqlite'))).toBe(false)
  await store.close()
  await rm(folder, { recursive: true })
})
