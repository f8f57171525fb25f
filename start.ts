import { setInterval } from 'node:timers'
import { dropLake } from './accounts.ts'
import type { AccountHooks } from './admin/api/account.ts'
import { adminApi } from './admin/api/api.ts'
import { createHttp } from './admin/api/http.ts'
import { registerCatalog } from './admin/catalog/register.ts'
import { psqlUrl } from './cli.ts'
import { adminTokenOf, announceServer, type DataDir, withdrawServer } from './data-dir.ts'
import { ensureDemoUsers, loadDemo } from './demo.ts'
import { openDialects } from './open-dialects.ts'
import { openEngines } from './open-engines.ts'
import { openFiles } from './open-files.ts'
import { openStore } from './open-store.ts'
import { openCompiler } from './proxy/compiler/front.ts'
import type { Config } from './proxy/config.ts'
import { createRestLake } from './proxy/lake/rest/rest-lake.ts'
import type { ListenEvent } from './proxy/listen/event.ts'
import { listen } from './proxy/listen/server.ts'
import { loadCertificate, tlsIdentity } from './proxy/listen/tls.ts'
import { createLog, type Log } from './proxy/observe/log.ts'
import { sessionHandler } from './proxy/session/session.ts'
import { openSigner } from './proxy/token/signer.ts'
import { endableSessions } from './sessions.ts'

/**
 * The composition root: the only place that knows every adapter. Each thing that is opened says at once how it is closed;
 * the stack closes all in reverse order, when the server stops as when it fails to start.
 */

export type ServerOptions = {
  /** A line for whoever started us: addresses, psql lines, `ready`. */
  print(line: string): void
  /** What takes long, in words. */
  progress(text: string): void
  /** Stops the server, in order. */
  signal: AbortSignal
}

const TENANT_TOKEN_S = 48 * 3600
const COLLECT_TRANSACTIONS_MS = 10 * 60_000

/** Resolves when the server has stopped. The caller holds the lock of the data folder. */
export async function runServer(config: Config, dir: DataDir, options: ServerOptions): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const { signal } = options
  const log = createLog({ level: config.logLevel, destination: 'stderr' })
  const store = await openStore(config, dir)
  closing.defer(() => store.close())

  const adminToken = adminTokenOf(dir, config)
  let missing: string | null = 'the server is starting'

  const http = createHttp()
  closing.defer(() => http.close())
  const signer = await openSigner(store, signal)
  const files = openFiles(config, dir)
  const catalog = registerCatalog(http, { store, files, signer })
  const collector = setInterval(() => {
    catalog
      .collectTransactions(signal)
      .catch((error: unknown) => log.error({ error }, 'old transactions could not be collected'))
  }, COLLECT_TRANSACTIONS_MS)
  closing.defer(() => clearInterval(collector))

  // Filled in when there are sessions and engines; the API is registered before, as Fastify wants it.
  let endSessions: AccountHooks['endSessions'] = async () => {}
  const hooks: AccountHooks = {
    endSessions: (tenant, user) => endSessions(tenant, user),
    dropLake: (tenant, withFiles) => dropLake(store, files, tenant, withFiles),
  }
  await http.register(adminApi, { store, adminToken, hooks, log, notReady: () => missing })
  const catalogUrl = await http.listen({ host: config.http.host, port: config.http.port })

  const tokens = new Map<string, { text: string; goodUntil: number }>()
  /** Made anew at half of its life, so that whoever has just been given it can use it for a while. */
  const tokenFor = async (tenant: string): Promise<string> => {
    const known = tokens.get(tenant)
    if (known !== undefined && known.goodUntil > Date.now()) return known.text
    const text = await signer.sign({ audience: 'catalog', tenant }, TENANT_TOKEN_S)
    tokens.set(tenant, { text, goodUntil: Date.now() + (TENANT_TOKEN_S * 1000) / 2 })
    return text
  }
  const lake = createRestLake({
    url: catalogUrl,
    tokenFor,
    revision: (tenant, signal) => store.revision('lake', tenant, signal),
  })
  closing.defer(() => lake.close())
  const [engines, compiler] = await Promise.all([
    openEngines({ config, dir, catalogUrl, signer, tokenFor, progress: options.progress, signal }),
    openCompiler({
      lake,
      dataDir: dir.system,
      cacheDir: config.cacheDir,
      twinsAwakeMax: config.limits.twinsAwake,
      twinIdleMs: config.limits.twinIdleMs,
    }),
  ])
  for (const engine of engines.values()) closing.defer(() => engine.close())
  closing.defer(() => compiler.close())

  const sessions = endableSessions(
    sessionHandler({
      compiler,
      lake,
      engines,
      dialects: openDialects(config),
      log,
      limits: {
        statementTimeoutMs: config.limits.statementTimeoutMs,
        idleInTransactionMs: config.limits.idleInTransactionMs,
      },
    }),
  )
  endSessions = async (tenant, user) => {
    await sessions.end(tenant, user)
    if (user !== null) return
    for (const engine of engines.values()) await engine.forget(tenant)
    await compiler.remove(tenant)
  }

  const { certFile, keyFile } = config.tls
  const certificate = await loadCertificate({
    dataDir: dir.system,
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  })
  const listener = await listen({
    host: config.pg.host,
    port: config.pg.port,
    store,
    openSession: sessions.handler,
    onEvent: (event) => logEvent(log, event),
    tls: tlsIdentity(certificate),
    limits: { connectionsMax: config.limits.connections },
  })
  closing.defer(async () => {
    missing = 'the server is stopping'
    withdrawServer(dir)
    await listener.drain(config.limits.drainMs)
  })

  const pg = { host: config.pg.host, port: listener.port }
  const demoUsers = config.demo === 'on' ? await ensureDemoUsers(store, hooks, dir) : []
  if (config.demo === 'on') {
    await loadDemo({ dir, cacheDir: config.cacheDir, pg, progress: options.progress, signal })
  }
  missing = null
  announceServer(dir, { pid: process.pid, url: catalogUrl })
  options.print(`postgresql ${pg.host}:${pg.port}`)
  options.print(`catalog ${catalogUrl}`)
  for (const { tenant, user, password } of demoUsers) options.print(psqlUrl({ ...pg, tenant, user, password }))
  options.print('ready')
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

function logEvent(log: Log, { kind, ...fields }: ListenEvent): void {
  if (kind === 'failed') log.error(fields, kind)
  else if (kind === 'refused' || kind === 'loginFailed') log.warn(fields, kind)
  else log.info(fields, kind)
}
