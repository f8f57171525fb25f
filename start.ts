import { setTimeout as sleep } from 'node:timers/promises'
import { accountHooks } from './accounts.ts'
import type { AccountHooks } from './admin/api/account.ts'
import { addHealth } from './admin/api/health.ts'
import { createHttp } from './admin/api/http.ts'
import { addMetrics } from './admin/api/metrics.ts'
import { knownAdminTokenHash } from './admin-token.ts'
import { psqlUrl } from './cli.ts'
import { announceServer, type DataDir, withdrawServer } from './data-dir.ts'
import { type DemoUser, ensureDemoUsers, loadDemo } from './demo.ts'
import { openFiles } from './open-files.ts'
import { openStore } from './open-store.ts'
import type { Config } from './proxy/config.ts'
import { createLog, type Log } from './proxy/observe/log.ts'
import { createMetrics } from './proxy/observe/metrics.ts'
import type { Store } from './proxy/store/store.ts'
import { openSigner, type Signer } from './proxy/token/signer.ts'
import { catalogUrls, isAdmin, isProxy } from './role.ts'
import { addAdmin } from './start-admin.ts'
import { type OpenProxy, openProxy } from './start-proxy.ts'

/**
 * The composition root, with start-admin.ts, start-proxy.ts and the open-*.ts: the only place that knows every adapter. Each
 * thing that is opened says at once how it is closed; the stack closes all in reverse order, when the server stops as when
 * it fails to start.
 */

export type ServerOptions = {
  /** A line for whoever started us: addresses, psql lines, `ready`. */
  print(line: string): void
  /** What takes long, in words. */
  progress(text: string): void
  /** Stops the server, in order. */
  signal: AbortSignal
}

/** What every role is made of. */
export type Parts = {
  config: Config
  dir: DataDir
  log: Log
  store: Store
  signer: Signer
  closing: AsyncDisposableStack
  progress(text: string): void
  signal: AbortSignal
}

/** Resolves when the server has stopped. The caller holds the lock of the data folder. */
export async function runServer(config: Config, dir: DataDir, options: ServerOptions): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const { print, progress, signal } = options
  const log = createLog({ level: config.logLevel, destination: 'stderr' })
  const store = await openStore(config, dir, signal)
  closing.defer(() => store.close())
  const signer = await openSigner(store, signal)
  const parts: Parts = { config, dir, log, store, signer, closing, progress, signal }

  let missing: string | null = 'the server is starting'
  const http = createHttp()
  closing.defer(() => http.close())
  addHealth(http, { notReady: () => missing })
  // Filled in when there is one; the API is registered before, as Fastify wants it.
  let proxy: OpenProxy | null = null
  const ofAdmin = isProxy(config.role) ? null : createMetrics({ tenants: false, sources: null })
  addMetrics(http, {
    metrics: () => proxy?.metrics ?? ofAdmin,
    adminTokenHash: () => knownAdminTokenHash(config, dir, store),
  })
  const hooks = isAdmin(config.role)
    ? accountHooks(config, store, openFiles(config, dir), async (tenant, user) => proxy?.end(tenant, user))
    : null
  if (hooks !== null) await addAdmin(http, parts, hooks)
  const httpUrl = await http.listen({ host: config.http.host, port: config.http.port })

  const named = catalogUrls(config)
  if (isProxy(config.role)) proxy = await openProxy(parts, named.length > 0 ? named : [new URL(httpUrl)])
  const pg = proxy === null ? null : { host: config.pg.host, port: proxy.port }
  const demoUsers = pg !== null && hooks !== null && config.demo === 'on' ? await demo(parts, hooks, pg) : []

  // Closed first: who asks is told to go elsewhere, and given the time to hear it, before anything is taken away.
  closing.defer(async () => {
    missing = 'the server is stopping'
    withdrawServer(dir)
    await sleep(config.limits.drainGraceMs)
  })
  missing = null
  if (isAdmin(config.role)) announceServer(dir, { pid: process.pid, url: httpUrl, pg })
  if (pg !== null) print(`postgresql ${pg.host}:${pg.port}`)
  print(isAdmin(config.role) ? `catalog ${httpUrl}` : `health ${httpUrl}`)
  if (pg !== null) for (const { tenant, user, password } of demoUsers) print(psqlUrl({ ...pg, tenant, user, password }))
  print('ready')
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

async function demo(
  { config, dir, store, progress, signal }: Parts,
  hooks: AccountHooks,
  pg: { host: string; port: number },
): Promise<DemoUser[]> {
  const users = await ensureDemoUsers(store, hooks, dir)
  await loadDemo({ dir, cacheDir: config.cacheDir, pg, progress, signal })
  return users
}
