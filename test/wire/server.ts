import { selfSigned } from '../../proxy/listen/certificate.ts'
import type { SessionHandler } from '../../proxy/listen/connection.ts'
import type { ListenEvent } from '../../proxy/listen/event.ts'
import { type Listener, type ListenOptions, listen } from '../../proxy/listen/server.ts'
import { tlsIdentity } from '../../proxy/listen/tls.ts'
import type { Tenant, User } from '../../proxy/store/account.ts'
import { userVerifier } from '../../proxy/store/scram-verifier.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import type { Store } from '../../proxy/store/store.ts'
import { echoSession } from './echo-session.ts'

export const PASSWORD = 'open sesame'
export const CERTIFIED = selfSigned(['localhost', '127.0.0.1'], new Date())

export type TestServer = {
  listener: Listener
  store: Store
  port: number
  events: ListenEvent[]
  stop(): Promise<void>
}

/** Tenants acme (alice, bob) and globex (alice with a password of her own); all other passwords are PASSWORD. */
export async function startServer(
  options: Partial<ListenOptions> = {},
  openSession: SessionHandler = echoSession,
): Promise<TestServer> {
  const store = openSqliteStore(':memory:')
  for (const tenant of ['acme', 'globex', 'initech']) await addTenant(store, tenant)
  await addUser(store, 'acme', 'alice', PASSWORD)
  await addUser(store, 'acme', 'bob', PASSWORD)
  await addUser(store, 'globex', 'alice', `${PASSWORD} of globex`)
  const events: ListenEvent[] = []
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    store,
    openSession,
    onEvent: (event) => events.push(event),
    tls: tlsIdentity(CERTIFIED),
    ...options,
  })
  const stop = async (): Promise<void> => {
    await listener.drain(0)
    await store.close()
  }
  return { listener, store, port: listener.port, events, stop }
}

export async function addTenant(store: Store, name: string, suspended = false): Promise<void> {
  const tenant: Tenant = { name, createdAt: new Date().toISOString(), suspended }
  await store.insert('tenant', name, tenant)
}

export async function addUser(
  store: Store,
  tenant: string,
  name: string,
  password: string,
  more: Partial<User> = {},
): Promise<void> {
  const verifier = await userVerifier(store, name, password)
  const user: User = { tenant, name, verifier, createdAt: new Date().toISOString(), disabled: false, ...more }
  await store.insert('user', `${tenant}/${name}`, user)
}
