import { createHash, randomBytes } from 'node:crypto'
import {
  RESERVED_TENANTS,
  RESERVED_USERS,
  type Tenant,
  type TenantLimitsSet,
  type Token,
  type User,
} from '../../proxy/store/account.ts'
import { userVerifier } from '../../proxy/store/scram-verifier.ts'
import { type Collection, LIST_MAX, type Store, type Stored } from '../../proxy/store/store.ts'

/** What the API does to the store. Each function leaves a state from which it can be called again after a crash. */

const PASSWORD_BYTES = 18
const TOKEN_BYTES = 32
const DAY_MS = 86_400_000

/** The caller's fault; `status` is HTTP's. */
export class AccountError extends Error {
  override readonly name = 'AccountError'
  readonly status: 400 | 404 | 409
  constructor(status: AccountError['status'], message: string) {
    super(message)
    this.status = status
  }
}

/** What other rooms must do when an account goes. */
export type AccountHooks = {
  /** Ends the sessions and processes of a tenant, or of one of its users. New ones are refused by then. */
  endSessions(tenant: string, user: string | null): Promise<void>
  /** Forgets a tenant's namespaces and tables in the catalog and, with `files`, deletes what they were made of. */
  dropLake(tenant: string, files: boolean): Promise<void>
}

export async function createTenant(store: Store, name: string): Promise<Tenant> {
  if (RESERVED_TENANTS.has(name)) throw new AccountError(400, `the name "${name}" is reserved`)
  const tenant: Tenant = { name, createdAt: new Date().toISOString(), suspended: false }
  if (!(await store.insert('tenant', name, tenant))) throw new AccountError(409, `tenant "${name}" already exists`)
  return tenant
}

export async function listTenants(store: Store): Promise<Tenant[]> {
  return (await listAll<Tenant>(store, 'tenant', '')).map((stored) => stored.value)
}

export async function dropTenant(store: Store, hooks: AccountHooks, name: string, files: boolean): Promise<void> {
  const stored = await store.get<Tenant>('tenant', name)
  if (stored === null) throw missingTenant(name)
  if (!stored.value.suspended) {
    const suspended = await store.replace('tenant', name, { ...stored.value, suspended: true }, stored.revision)
    if (!suspended) throw new AccountError(409, `tenant "${name}" is being changed by another`)
  }
  await hooks.endSessions(name, null)
  for (const user of await listAll<User>(store, 'user', `${name}/`)) await store.remove('user', user.id)
  for (const token of await tokensOf(store, name)) await store.remove('token', token.id)
  for (const entry of await listAll(store, 'history', `${name}/`)) await store.remove('history', entry.id)
  await hooks.dropLake(name, files)
  await store.remove('tenant', name)
}

/** Proxies heed it some seconds later. */
export async function setLimits(store: Store, name: string, limits: TenantLimitsSet): Promise<Tenant> {
  const stored = await store.get<Tenant>('tenant', name)
  if (stored === null || stored.value.suspended) throw missingTenant(name)
  const tenant: Tenant = { ...stored.value, limits }
  if (!(await store.replace('tenant', name, tenant, stored.revision)))
    throw new AccountError(409, `tenant "${name}" is being changed by another`)
  return tenant
}

export async function createUser(store: Store, tenant: string, name: string, password: string | undefined) {
  if (RESERVED_USERS.has(name)) throw new AccountError(400, `the name "${name}" is reserved`)
  await requireTenant(store, tenant)
  const made = password ?? makePassword()
  const user: User = {
    tenant,
    name,
    verifier: await userVerifier(store, name, made),
    createdAt: new Date().toISOString(),
    disabled: false,
  }
  if (!(await store.insert('user', `${tenant}/${name}`, user))) {
    throw new AccountError(409, `user "${name}" of tenant "${tenant}" already exists`)
  }
  return { ...user, ...(password === undefined ? { password: made } : {}) }
}

export async function listUsers(store: Store, tenant: string): Promise<User[]> {
  await requireTenant(store, tenant)
  return (await listAll<User>(store, 'user', `${tenant}/`)).map((stored) => stored.value)
}

export async function dropUser(store: Store, hooks: AccountHooks, tenant: string, name: string): Promise<void> {
  await requireTenant(store, tenant)
  if (!(await store.remove('user', `${tenant}/${name}`))) throw missingUser(tenant, name)
  await hooks.endSessions(tenant, name)
}

/** Sessions signed in with the old password are ended. */
export async function setPassword(
  store: Store,
  hooks: AccountHooks,
  tenant: string,
  name: string,
  password: string | undefined,
) {
  await requireTenant(store, tenant)
  const made = password ?? makePassword()
  const stored = await store.get<User>('user', `${tenant}/${name}`)
  if (stored === null) throw missingUser(tenant, name)
  const user: User = { ...stored.value, verifier: await userVerifier(store, name, made) }
  if (!(await store.replace('user', stored.id, user, stored.revision))) {
    throw new AccountError(409, `user "${name}" of tenant "${tenant}" is being changed by another`)
  }
  await hooks.endSessions(tenant, name)
  return { ...user, ...(password === undefined ? { password: made } : {}) }
}

export type NewToken = {
  description: string
  days?: number | undefined
  readOnly: boolean
  schemas: string[] | null
}

export async function createToken(store: Store, tenant: string, { description, days, readOnly, schemas }: NewToken) {
  await requireTenant(store, tenant)
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const id = createHash('sha256').update(token).digest('hex')
  const now = Date.now()
  const value: Token = {
    tenant,
    createdAt: new Date(now).toISOString(),
    expiresAt: days === undefined ? null : new Date(now + days * DAY_MS).toISOString(),
    description,
    readOnly,
    schemas,
  }
  await store.insert('token', id, value)
  return { ...value, id, token }
}

export async function listTokens(store: Store, tenant: string) {
  await requireTenant(store, tenant)
  return (await tokensOf(store, tenant)).map((stored) => ({ ...stored.value, id: stored.id }))
}

export async function dropToken(store: Store, tenant: string, id: string): Promise<void> {
  const stored = await store.get<Token>('token', id)
  if (stored === null || stored.value.tenant !== tenant)
    throw new AccountError(404, `tenant "${tenant}" has no such token`)
  await store.remove('token', id)
}

export async function requireTenant(store: Store, name: string): Promise<void> {
  const stored = await store.get<Tenant>('tenant', name)
  if (stored === null || stored.value.suspended) throw missingTenant(name)
}

function missingTenant(name: string): AccountError {
  return new AccountError(404, `tenant "${name}" does not exist`)
}

function missingUser(tenant: string, name: string): AccountError {
  return new AccountError(404, `user "${name}" of tenant "${tenant}" does not exist`)
}

/** Tokens are stored by the hash of what they are, so the tenant's are found by looking at all: an operator's rare question. */
async function tokensOf(store: Store, tenant: string): Promise<Stored<Token>[]> {
  return (await listAll<Token>(store, 'token', '')).filter((stored) => stored.value.tenant === tenant)
}

async function listAll<T>(store: Store, collection: Collection, prefix: string): Promise<Stored<T>[]> {
  const all: Stored<T>[] = []
  for (;;) {
    const last = all.at(-1)
    const page = await store.list<T>(collection, {
      prefix,
      limit: LIST_MAX,
      ...(last === undefined ? {} : { after: last.id }),
    })
    all.push(...page)
    if (page.length < LIST_MAX) return all
  }
}

export function makePassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}
