import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminApi } from '../../admin/api/api.ts'
import { addHealth } from '../../admin/api/health.ts'
import { createHttp } from '../../admin/api/http.ts'
import { hashOfToken } from '../../admin-token.ts'
import { SILENT_LOG } from '../../proxy/observe/log.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import type { Store } from '../../proxy/store/store.ts'

const ADMIN_TOKEN = 'an-admin-token-for-tests-of-32-chars'
const dir = mkdtempSync(join(tmpdir(), 'lakewire-api-'))
const ended: [string, string | null][] = []
const dropped: [string, boolean][] = []
let store: Store
let app: FastifyInstance
let missing: string | null = null

beforeAll(async () => {
  store = openSqliteStore(join(dir, 'store.sqlite'))
  app = createHttp(600)
  await app.register(adminApi, {
    store,
    adminTokenHash: hashOfToken(ADMIN_TOKEN),
    log: SILENT_LOG,
    hooks: {
      endSessions: async (tenant, user) => void ended.push([tenant, user]),
      dropLake: async (tenant, files) => void dropped.push([tenant, files]),
    },
  })
  addHealth(app, { notReady: () => missing })
})

afterAll(async () => {
  await app.close()
  await store.close()
  rmSync(dir, { recursive: true })
})

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'

async function call(method: Method, path: string, body?: unknown, token: string | null = ADMIN_TOKEN) {
  const response = await app.inject({
    method,
    url: path.startsWith('/api') ? path : `/api/v1${path}`,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    json: response.body === '' ? undefined : JSON.parse(response.body),
  }
}

describe('tenants', () => {
  test('are created once, listed, and dropped with all that is theirs', async () => {
    expect(await call('POST', '/tenants', { name: 'shop' })).toMatchObject({
      status: 201,
      json: { name: 'shop', suspended: false },
    })
    expect(await call('POST', '/tenants', { name: 'shop' })).toMatchObject({
      status: 409,
      json: { detail: 'tenant "shop" already exists' },
    })
    await call('POST', '/tenants', { name: 'shop2' })
    for (const tenant of ['shop', 'shop2']) {
      await call('POST', `/tenants/${tenant}/users`, { name: 'ann', password: 'password-1' })
      await call('POST', `/tenants/${tenant}/tokens`, {})
    }
    expect((await call('DELETE', '/tenants/shop?files=true')).status).toBe(204)
    expect(ended).toContainEqual(['shop', null])
    expect(dropped).toEqual([['shop', true]])
    expect((await call('GET', '/tenants')).json.tenants.map((one: { name: string }) => one.name)).toEqual(['shop2'])
    expect(await store.get('user', 'shop/ann')).toBeNull()
    // a tenant whose name begins alike keeps what is its own
    expect(await store.get('user', 'shop2/ann')).not.toBeNull()
    expect((await call('GET', '/tenants/shop2/tokens')).json.tokens).toHaveLength(1)
    expect((await call('DELETE', '/tenants/shop')).status).toBe(404)
  })

  test.each(['Acme', '1a', 'a-b', 'a/b', '..', 'postgres', 'lakehouse', '', 'a'.repeat(64), '*'])(
    'the name %j is refused',
    async (name) => {
      expect((await call('POST', '/tenants', { name })).status).toBe(400)
    },
  )
})

describe('users', () => {
  beforeAll(async () => {
    await call('POST', '/tenants', { name: 'acme' })
    await call('POST', '/tenants', { name: 'globex' })
  })

  test('a password that we make is told once and only its verifier is kept', async () => {
    const made = await call('POST', '/tenants/acme/users', { name: 'alice' })
    expect(made).toMatchObject({ status: 201, json: { tenant: 'acme', name: 'alice' } })
    expect(made.json.password).toHaveLength(24)
    expect(made.json.verifier).toBeUndefined()
    expect((await call('GET', '/tenants/acme/users')).json.users).toEqual([
      expect.not.objectContaining({ password: expect.anything() }),
    ])
    expect(JSON.stringify(await store.get('user', 'acme/alice'))).toContain('SCRAM-SHA-256$4096:')
  })

  test('a new password ends the sessions of the old one', async () => {
    expect(
      (await call('PUT', '/tenants/acme/users/alice/password', { password: 'another-password' })).json.password,
    ).toBeUndefined()
    expect(ended).toContainEqual(['acme', 'alice'])
  })

  test('the same name in another tenant is another user', async () => {
    expect((await call('POST', '/tenants/globex/users', { name: 'alice', password: 'password-1' })).status).toBe(201)
    expect((await call('DELETE', '/tenants/globex/users/alice')).status).toBe(204)
    expect(await store.get('user', 'acme/alice')).not.toBeNull()
  })

  test.each(['pg_x', 'postgres', 'lakehouse', 'Alice', 'a b', 'a/b', "a'b"])('the name %j is refused', async (name) => {
    expect((await call('POST', '/tenants/acme/users', { name })).status).toBe(400)
  })

  test('of a tenant that does not exist there are none', async () => {
    expect(await call('GET', '/tenants/nobody/users')).toMatchObject({ status: 404, type: 'application/problem+json' })
  })
})

test('tokens: kept as a hash, of one tenant, revocable only through it', async () => {
  await call('POST', '/tenants', { name: 'token_a' })
  await call('POST', '/tenants', { name: 'token_b' })
  const made = await call('POST', '/tenants/token_a/tokens', { description: 'for spark', days: 1 })
  expect(made.status).toBe(201)
  expect(JSON.stringify(await store.list('token'))).not.toContain(made.json.token)
  expect((await call('GET', '/tenants/token_b/tokens')).json.tokens).toEqual([])
  expect((await call('DELETE', `/tenants/token_b/tokens/${made.json.id}`)).status).toBe(404)
  expect((await call('DELETE', `/tenants/token_a/tokens/${made.json.id}`)).status).toBe(204)
  expect((await call('GET', '/tenants/token_a/tokens')).json.tokens).toEqual([])
})

test('H1: operators and prototypes in place of names are refused by schema', async () => {
  const bodies = [
    '{"name":{"$ne":null}}',
    '{"name":["x"]}',
    '{"name":"x","__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}},"name":"x"}',
    '{"$where":"1"}',
    '[]',
    'null',
    '"x"',
    '{',
  ]
  for (const body of bodies) expect([body, (await call('POST', '/tenants', body)).status]).toEqual([body, 400])
  expect((await call('DELETE', '/tenants/acme?files[$gt]=')).status).toBe(400)
  expect((await call('GET', '/tenants/%7B%22$ne%22:null%7D/users')).status).toBe(404)
})

const OPERATIONS: [Method, string][] = [
  ['GET', '/tenants'],
  ['POST', '/tenants'],
  ['DELETE', '/tenants/acme'],
  ['GET', '/tenants/acme/users'],
  ['POST', '/tenants/acme/users'],
  ['DELETE', '/tenants/acme/users/alice'],
  ['PUT', '/tenants/acme/users/alice/password'],
  ['GET', '/tenants/acme/tokens'],
  ['POST', '/tenants/acme/tokens'],
  ['DELETE', '/tenants/acme/tokens/x'],
  ['GET', '/nothing'],
]

test('H2: every operation wants the admin token; a tenant’s own token is not one', async () => {
  await call('POST', '/tenants', { name: 'lower' })
  const { token } = (await call('POST', '/tenants/lower/tokens', {})).json
  for (const [method, path] of OPERATIONS) {
    for (const given of [null, token, `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(0, -1), '']) {
      const answer = await call(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, given)
      expect([method, path, answer.status, answer.type]).toEqual([method, path, 401, 'application/problem+json'])
    }
  }
})

test('H3: keys that are not the caller’s to set are refused', async () => {
  expect((await call('POST', '/tenants', { name: 'sly', suspended: true })).status).toBe(400)
  expect((await call('POST', '/tenants/acme/users', { name: 'sly', tenant: 'globex' })).status).toBe(400)
  expect((await call('POST', '/tenants/acme/tokens', { tenant: 'globex' })).status).toBe(400)
  expect((await call('PATCH', '/tenants/acme', { name: 'globex' })).status).toBe(404)
})

test('H7: large, deep, compressed and slow requests are refused', async () => {
  expect((await call('POST', '/tenants', JSON.stringify({ name: 'x'.repeat(100_000) }))).status).toBe(413)
  expect((await call('POST', '/tenants', '['.repeat(8000) + ']'.repeat(8000))).status).toBe(400)
  const gzip = await app.inject({
    method: 'POST',
    url: '/api/v1/tenants',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/gzip' },
    payload: 'x',
  })
  expect(gzip.statusCode).toBe(415)

  await app.listen({ host: '127.0.0.1', port: 0 })
  const port = (app.server.address() as { port: number }).port
  const head = `POST /api/v1/tenants HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n`
  const slow = await statusLine(port, `${head}content-type: application/json\r\ncontent-length: 20\r\n\r\n{"na`)
  expect(slow).toMatch(/^HTTP\/1.1 408 /)
  const flood = await statusLine(port, `${head}${'x-a: 1234567890\r\n'.repeat(2000)}\r\n`)
  expect(flood).toMatch(/^HTTP\/1.1 431 /)
})

function statusLine(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (data) => {
      resolve(data.toString('latin1').split('\r\n', 1)[0] ?? '')
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('H10: nothing but liveness and readiness answers without a token', async () => {
  expect((await app.inject('/livez')).statusCode).toBe(200)
  expect((await app.inject('/healthz')).statusCode).toBe(200)
  missing = 'the PostgreSQL port is not open yet'
  expect((await app.inject('/readyz')).statusCode).toBe(503)
  missing = null
  expect((await app.inject('/readyz')).statusCode).toBe(200)
  for (const path of ['/metrics', '/debug', '/openapi.json', '/api', '/', '/api/v1/../../etc/passwd']) {
    expect([path, (await app.inject(path)).statusCode]).toEqual([path, 404])
  }
})
