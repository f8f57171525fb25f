/**
 * The full stack for test/stack/*.test.ts: S3, MongoDB and Trino that vitest's global set-up has started, and processes of our
 * own on them. All test files share one store, one bucket and one Trino, so each makes tenants with names of its own. A test
 * that breaks a server starts one of its own (infra/stack/servers.ts), or puts something between.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { configurationOf, type LakewireProcess, startProcess } from '../../infra/stack/process.ts'
import type { StackAddress } from '../../infra/stack/stack-address.ts'
import { callAdmin } from '../../infra/stack/start.ts'
import type { Login } from './start.ts'

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddress
  }
}

/** Where the servers are, and how to get in. */
export function stack(): StackAddress {
  return inject('stack')
}

export type ClusterOptions = {
  /** default 1 */
  proxies?: number
  /** beside the one that Trino asks; default 0: the proxies use that one */
  admins?: number
  /** configuration that differs from the stack's: LAKEWIRE_… */
  env?: Readonly<Record<string, string>>
}

export type Cluster = {
  readonly admins: readonly LakewireProcess[]
  readonly proxies: readonly LakewireProcess[]
  /** one more of a kind, at any time; it ends with the cluster */
  add(role: LakewireProcess['role'], env?: Readonly<Record<string, string>>): Promise<LakewireProcess>
  /** Makes the tenant too, if it is not there; the address is the first proxy's, or that of `proxy`. */
  makeUser(tenant: string, user: string, proxy?: LakewireProcess): Promise<Login>
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const never = new AbortController().signal

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const address = stack()
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-cluster-'))
  const admins: LakewireProcess[] = []
  const proxies: LakewireProcess[] = []
  let count = 0
  const add: Cluster['add'] = async (role, env = {}) => {
    const catalogs = admins.map((admin) => admin.httpUrl).join(',')
    const own = catalogs === '' ? {} : { LAKEWIRE_CATALOG_URL: catalogs }
    const all = { ...configurationOf(address), ...own, ...options.env, ...env }
    const added = await startProcess(role, all, join(folder, `${role}-${count++}`), never)
    if (role === 'admin') admins.push(added)
    else proxies.push(added)
    return added
  }
  const stop = async () => {
    await Promise.all(proxies.map((one) => one.stop()))
    await Promise.all(admins.map((one) => one.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    for (let made = 0; made < (options.admins ?? 0); made++) await add('admin')
    await Promise.all(Array.from({ length: options.proxies ?? 1 }, () => add('proxy')))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    admins,
    proxies,
    add,
    stop,
    [Symbol.asyncDispose]: stop,
    makeUser: async (tenant, user, proxy = proxies[0]) => {
      const password = await makeAccount(tenant, user)
      if (proxy?.pg == null) throw new Error('there is no proxy to connect to')
      return { ...proxy.pg, database: tenant, user, password }
    },
  }
}

/** A user, and its tenant if it is not there; the password. */
async function makeAccount(tenant: string, user: string): Promise<string> {
  const { admin } = stack()
  const headers = { authorization: `Bearer ${admin.token}` }
  const response = await fetch(`${admin.url}/api/v1/tenants`, { headers })
  const { tenants } = (await response.json()) as { tenants: { name: string }[] }
  if (!tenants.some((one) => one.name === tenant)) await callAdmin(admin, '/tenants', { name: tenant }, never)
  const made = await callAdmin<{ password: string }>(admin, `/tenants/${tenant}/users`, { name: user }, never)
  return made.password
}
