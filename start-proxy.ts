import { createHash, X509Certificate } from 'node:crypto'
import { openCatalogLine } from './catalog-line.ts'
import { openDialects } from './open-dialects.ts'
import { openEngines } from './open-engines.ts'
import { openRouter } from './open-router.ts'
import { followBulletin } from './proxy/cluster/bulletin.ts'
import { joinMembers, type Membership } from './proxy/cluster/members.ts'
import { openCompiler } from './proxy/compiler/front.ts'
import type { Engine, EngineName } from './proxy/engine/engine.ts'
import { openHistory } from './proxy/history/history.ts'
import { createRestLake } from './proxy/lake/rest/rest-lake.ts'
import { PROXY_NUMBER_MAX } from './proxy/listen/cancel.ts'
import type { ListenEvent } from './proxy/listen/event.ts'
import { listen } from './proxy/listen/server.ts'
import { loadCertificate, tlsIdentity } from './proxy/listen/tls.ts'
import type { Log } from './proxy/observe/log.ts'
import { createMetrics, type Metrics } from './proxy/observe/metrics.ts'
import type { RecordStatement } from './proxy/observe/record.ts'
import { sessionHandler } from './proxy/session/session.ts'
import type { RouterServices } from './proxy/session/state.ts'
import type { Signer } from './proxy/token/signer.ts'
import { isShared, peerAddressOf } from './role.ts'
import { type EndableSessions, endableSessions } from './sessions.ts'
import type { Parts } from './start.ts'

const TENANT_TOKEN_S = 48 * 3600

export type OpenProxy = {
  readonly port: number
  readonly metrics: Metrics
  /** Ends the sessions of a tenant, or of one of its users, that this proxy has; of a tenant also what else it keeps. */
  end(tenant: string, user: string | null): Promise<void>
}

/** The PostgreSQL port with all that is behind it. `catalogUrls`: of the admins, the first one preferred. */
export async function openProxy(parts: Parts, catalogUrls: readonly URL[]): Promise<OpenProxy> {
  const { config, dir, store, signer, log, closing, progress, signal } = parts
  const tokenFor = tokenSource(signer)
  const lake = createRestLake({
    urls: catalogUrls.map(({ href }) => href),
    tokenFor,
    revision: (tenant, signal) => store.revision('lake', tenant, signal),
  })
  closing.defer(() => lake.close())
  const line = await openCatalogLine(catalogUrls)
  closing.defer(() => line.close())
  const [engines, compiler] = await Promise.all([
    openEngines({ config, dir, catalogUrl: line.url, signer, tokenFor, progress, signal }),
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

  const router = openRouter({ config, store, lake, log })
  const observed = observe(parts, engines, router)
  const sessions = endableSessions(
    sessionHandler({
      compiler,
      lake,
      engines,
      dialects: openDialects(config),
      router,
      record: observed.record,
      log,
      limits: {
        statementTimeoutMs: config.limits.statementTimeoutMs,
        idleInTransactionMs: config.limits.idleInTransactionMs,
      },
    }),
  )
  const end: OpenProxy['end'] = async (tenant, user) => {
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
  const membership = isShared(config) ? await join(parts, certificate.cert, sessions, end) : null
  const listener = await listen({
    host: config.pg.host,
    port: config.pg.port,
    store,
    openSession: sessions.handler,
    onEvent: (event) => logEvent(log, event),
    tls: tlsIdentity(certificate),
    limits: { connectionsMax: config.limits.connections },
    ...(membership === null
      ? {}
      : { peers: { number: membership.number, find: (number: number) => membership.peer(number) } }),
  })
  closing.defer(() => listener.drain(config.limits.drainMs))
  await membership?.open(peerAddressOf(config, listener.port))
  return { port: listener.port, end, metrics: observed.metrics }
}

const DAY_MS = 86_400_000

/** What is told of each statement, to whoever asks later. */
function observe(
  { config, store, log, closing }: Parts,
  engines: ReadonlyMap<EngineName, Engine>,
  router: RouterServices,
): { record: RecordStatement; metrics: Metrics } {
  const history = openHistory({
    store,
    log,
    keptMs: config.history.days * DAY_MS,
    keptMax: config.history.statements,
  })
  closing.defer(() => history.close())
  const metrics = createMetrics({
    tenants: config.metrics.tenants === 'on',
    sources: {
      engines: () =>
        [...engines.values()].map((engine) => {
          const { problem, running, queued } = engine.status()
          return { name: engine.name, isWell: problem === null, running, queued }
        }),
      admission: () => router.admission.status(),
      historyDropped: () => history.dropped(),
    },
  })
  return {
    record: (record) => {
      metrics.statement(record)
      history.add(record)
    },
    metrics,
  }
}

/** Among other proxies: known to them by number, and ending sessions when one of the admins says so. */
async function join(
  { store, log, closing }: Parts,
  certificate: string,
  sessions: EndableSessions,
  end: OpenProxy['end'],
): Promise<Membership> {
  const membership = await joinMembers(store, {
    certificate: createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex'),
    numberMax: PROXY_NUMBER_MAX,
    log,
  })
  closing.defer(() => membership.close())
  const bulletin = await followBulletin(store, {
    log,
    onNotice: ({ tenant, user }) => end(tenant, user),
    onMissed: () => sessions.endAll(),
    onDone: (number) => membership.heard(number),
  })
  closing.defer(() => bulletin.close())
  return membership
}

/** Made anew at half of its life, so that whoever has just been given it can use it for a while. */
function tokenSource(signer: Signer): (tenant: string) => Promise<string> {
  const tokens = new Map<string, { text: string; goodUntil: number }>()
  return async (tenant) => {
    const known = tokens.get(tenant)
    if (known !== undefined && known.goodUntil > Date.now()) return known.text
    const text = await signer.sign({ audience: 'catalog', tenant }, TENANT_TOKEN_S)
    tokens.set(tenant, { text, goodUntil: Date.now() + (TENANT_TOKEN_S * 1000) / 2 })
    return text
  }
}

function logEvent(log: Log, { kind, ...fields }: ListenEvent): void {
  if (kind === 'failed') log.error(fields, kind)
  else if (kind === 'refused' || kind === 'loginFailed') log.warn(fields, kind)
  else log.info(fields, kind)
}
