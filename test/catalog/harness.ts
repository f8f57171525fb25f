import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp } from '../../admin/api/http.ts'
import type { Delegation } from '../../admin/catalog/credential/delegation.ts'
import type { FileIo } from '../../admin/catalog/file-io.ts'
import { type Json, type JsonObject, parseJson, printJson } from '../../admin/catalog/json.ts'
import { localFiles } from '../../admin/catalog/local-files.ts'
import { registerCatalog } from '../../admin/catalog/register.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import { openSigner } from '../../proxy/token/signer.ts'

export type CatalogUnderTest = Awaited<ReturnType<typeof startCatalog>>

/** The catalog on a free port with a SQLite store and a folder of its own (or another lake), for two tenants. */
export async function startCatalog(folder?: string, port = 0, lake?: { files: FileIo; delegation: Delegation | null }) {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'lakewire-catalog-')))
  const store = openSqliteStore(join(home, 'metadata.sqlite'))
  const app = createHttp()
  const bucket = join(home, 'lake')
  const signer = await openSigner(store)
  const server = registerCatalog(app, { store, signer, ...(lake ?? { files: localFiles(bucket) }) })
  const token = async (tenant: string) => {
    await store.insert('tenant', tenant, { name: tenant, createdAt: new Date().toISOString(), suspended: false })
    const secret = `lwt_${randomBytes(24).toString('hex')}`
    const value = { tenant, createdAt: new Date().toISOString(), expiresAt: null, description: 'test' }
    await store.insert('token', createHash('sha256').update(secret).digest('hex'), value)
    return secret
  }
  const tokens = { acme: await token('acme'), globex: await token('globex') }
  const uri = await app.listen({ port, host: '127.0.0.1' })
  return {
    uri,
    home,
    bucket,
    store,
    server,
    signer,
    tokens,
    end: async () => {
      await app.close()
      await store.close()
      if (folder === undefined) await rm(home, { recursive: true, force: true })
    },
  }
}

/** With a client for each tenant, and a namespace of acme's. */
export async function startWithClients(namespace: readonly string[]) {
  const catalog = await startCatalog()
  const acme = client(catalog.uri, catalog.tokens.acme, 'acme')
  const globex = client(catalog.uri, catalog.tokens.globex, 'globex')
  await acme('POST', '/namespaces', { namespace })
  return { catalog, acme, globex }
}

/** A request for a token, as OAuth2 has it. */
export async function askToken(uri: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${uri}/v1/oauth/tokens`, { method: 'POST', body: new URLSearchParams(form), headers })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

export type Reply = { status: number; body: Json; headers: Headers; text: string }

/** Requests as one tenant: `call('GET', '/namespaces')` goes to /v1/acme/namespaces. */
export function client(uri: string, token: string, prefix: string) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const response = await fetch(
      `${uri}${path.startsWith('/v1') || path.startsWith('/lakewire') ? '' : `/v1/${prefix}`}${path}`,
      {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : printJson(body) }),
      },
    )
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : parseJson(text), headers: response.headers, text }
  }
}

export const member = (value: Json | undefined, ...path: (string | number)[]): Json =>
  path.reduce<Json>((inner, key) => (inner as JsonObject)[key] as Json, value as Json)
