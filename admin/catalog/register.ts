import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PgError } from '../../proxy/error.ts'
import type { Store } from '../../proxy/store/store.ts'
import type { Signer } from '../../proxy/token/signer.ts'
import { type Access, accesses } from './access.ts'
import { answerBook } from './answer-book.ts'
import { makeCatalog } from './catalog.ts'
import type { Delegation } from './credential/delegation.ts'
import { DELEGATION_HEADER } from './credential/tell.ts'
import type { FileIo } from './file-io.ts'
import { type Json, parseJson, printJson } from './json.ts'
import { sqlstateOf } from './lakewire/sqlstate.ts'
import { dropExpired } from './lakewire/temporary.ts'
import { LEVEL_SEPARATOR } from './name.ts'
import { type OrphanCollector, orphanCollector } from './orphan/collect.ts'
import {
  badRequest,
  CatalogError,
  forbidden,
  noSuchNamespace,
  noSuchTable,
  noSuchWarehouse,
  unavailable,
} from './problem.ts'
import { answerConfig } from './route/config.ts'
import { LAKEWIRE_ROUTES } from './route/lakewire-routes.ts'
import { LIST_NAMESPACES, NAMESPACE_ROUTES } from './route/namespace-routes.ts'
import { answerOauth } from './route/oauth.ts'
import { type Answer, type Route, router } from './route/route.ts'
import { answerSign, SIGN_PATH, STORAGE_ROUTES } from './route/storage-routes.ts'
import { answerAgain, TABLE_ROUTES } from './route/table-routes.ts'
import { listTenants } from './route/tenant-list.ts'
import { VIEW_ROUTES } from './route/view-routes.ts'
import {
  firstLevels,
  type Named,
  onlyLevel,
  type Scope,
  SERVICE_PREFIX,
  serviceScope,
  tenantScope,
  withNamesOfLower,
} from './scope.ts'

export type CatalogServices = {
  store: Store
  files: FileIo
  signer: Signer
  /** How clients get at files that do not lie in a local folder. */
  delegation?: Delegation | null
}

export type CatalogServer = {
  /** Forgets answers that nobody may ask for again; to be called now and then. */
  collectAnswers(signal?: AbortSignal): Promise<number>
  /** Rolls back transactions that nobody uses any more; to be called now and then. */
  collectTransactions(signal?: AbortSignal): Promise<number>
  /** Removes the temporary tables of sessions that are no more; to be called now and then. */
  collectTemporaries(signal?: AbortSignal): Promise<number>
  /** Removes files that no table needs; to be called now and then. */
  collectOrphans: OrphanCollector['collect']
}

/** A commit of some hundred tables, or a table with tens of thousands of properties, is well below this. */
const BODY_BYTES_MAX = 32 * 1024 * 1024
/** Bodies that are being read at one time, of all tenants: above it the server is busy. */
const BODIES_BYTES_MAX = 256 * 1024 * 1024
/** Of one tenant: who announces much and sends it slowly is in nobody else's way. */
const BODIES_BYTES_OF_TENANT_MAX = BODIES_BYTES_MAX / 4
/** Who asks for a token has none yet. */
const OAUTH_BODY_BYTES_MAX = 16 * 1024
const STANDARD_ROUTES: readonly Route[] = [...NAMESPACE_ROUTES, ...TABLE_ROUTES, ...VIEW_ROUTES]
/** Of a request that goes on when its client has gone. */
const KEYED_MS_MAX = 60_000
const CONFIG_PATH = '/v1/config'
const OAUTH_PATH = '/v1/oauth/tokens'

/**
 * The Iceberg REST catalog under /v1 and what Lakewire adds under /lakewire/v1.
 * https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export function registerCatalog(app: FastifyInstance, services: CatalogServices): CatalogServer {
  const { store, files, signer, delegation = null } = services
  const catalog = makeCatalog(store, files, delegation)
  const standardRoutes = delegation === null ? STANDARD_ROUTES : [...STANDARD_ROUTES, ...STORAGE_ROUTES]
  // An engine of all tenants is shown no view: Trino would run one with the rights of whoever its properties name.
  const serviceRoutes = standardRoutes.filter((route) => !VIEW_ROUTES.includes(route))
  const access = accesses(store, signer)
  const answers = answerBook(store)
  const find = router([...standardRoutes, ...LAKEWIRE_ROUTES])
  /** Who asks is known before a body is read: strangers get no memory of ours. */
  const callers = new WeakMap<FastifyRequest, Access>()
  let bodiesBytes = 0
  const bodiesBytesOf = new Map<string, number>()

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const who = await access.authenticate(request.headers.authorization)
    callers.set(request, who)
    const length = request.headers['content-length']
    const bytes =
      length === undefined && request.headers['transfer-encoding'] === undefined
        ? 0
        : Math.min(Number(length ?? BODY_BYTES_MAX), BODY_BYTES_MAX)
    if (bytes === 0) return
    const { tenant } = who
    const ofTenant = tenant === null ? 0 : (bodiesBytesOf.get(tenant) ?? 0)
    if (bodiesBytes + bytes > BODIES_BYTES_MAX || ofTenant + bytes > BODIES_BYTES_OF_TENANT_MAX)
      throw unavailable('Too many requests at a time')
    const count = (sign: 1 | -1) => {
      bodiesBytes += sign * bytes
      if (tenant === null) return
      const left = (bodiesBytesOf.get(tenant) ?? 0) + sign * bytes
      if (left === 0) bodiesBytesOf.delete(tenant)
      else bodiesBytesOf.set(tenant, left)
    }
    count(1)
    reply.raw.once('close', () => count(-1))
  }

  async function answer(request: FastifyRequest, signal: AbortSignal): Promise<Answer> {
    const url = request.raw.url ?? '/'
    const cut = url.indexOf('?')
    const path = cut < 0 ? url : url.slice(0, cut)
    const query = new URLSearchParams(cut < 0 ? '' : url.slice(cut + 1))
    const header = (name: string) => request.headers[name] as string | undefined
    const bytes = request.body as Buffer | undefined
    const who = callers.get(request)
    if (who === undefined) return answerOauth(access, bytes?.toString() ?? '', request.headers.authorization, signal)
    if (path === CONFIG_PATH && request.method === 'GET')
      return answerConfig(catalog, who, query, who.kind === 'service' ? serviceRoutes : standardRoutes, signal)
    if (path === SIGN_PATH && request.method === 'POST') return answerSign(catalog, who, readBody(bytes), signal)
    const { route, params } = find(request.method, path)
    const prefix = params.prefix ?? ''
    const respond = async (scope: Scope, named: Named): Promise<Answer> => {
      const asked = { catalog, scope, who, ...named, header, signal }
      const key = header('idempotency-key')
      if (key === undefined || route.effect === 'read') return route.answer(asked)
      // Once begun it is brought to its end, for the client may come back for the answer.
      const working = { ...asked, signal: AbortSignal.timeout(KEYED_MS_MAX) }
      const parts = [request.method, url, header(DELEGATION_HEADER) ?? '', bytes ?? '']
      return answers.once(
        { tenant: scope.tenant, key, who, parts },
        () => route.answer(working).catch(answerOfClientError),
        (kept) => answerAgain(asked, kept),
      )
    }
    if (who.kind === 'tenant') {
      const scope = tenantScope(who, prefix)
      if (scope === null) throw noSuchWarehouse(prefix)
      if (who.readOnly && route.effect === 'write') throw forbidden('The token is for reading only')
      return respond(scope, { params, query, body: readBody(bytes) })
    }
    if (prefix !== SERVICE_PREFIX) throw noSuchWarehouse(prefix)
    const named = withNamesOfLower({ params, query, body: readBody(bytes) })
    const levels = firstLevels(named.params, named.query, named.body)
    if (route === LIST_NAMESPACES && levels.size === 0) return listTenants(store, who.tenant, query, signal)
    const level = onlyLevel(levels)
    const scope = serviceScope(level)
    const isOther = who.tenant !== null && scope?.tenant !== who.tenant
    if (scope === null || isOther || !(await access.isTenant(scope.tenant, signal))) throw notThere(named, level)
    return respond(scope, named)
  }

  // In a scope of its own: JSON is read here without loss, elsewhere as Fastify does.
  void app.register((scoped, _options, done) => {
    scoped.removeAllContentTypeParsers()
    scoped.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    )
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const aborter = new AbortController()
      reply.raw.once('close', () => aborter.abort())
      try {
        return send(reply, await answer(request, aborter.signal), request.method)
      } catch (error) {
        const { status, body } = problemOf(error)
        if (status >= 500) request.log.error({ err: error }, 'the catalog could not answer')
        return send(reply, { status, text: printJson(body) }, request.method)
      }
    }
    scoped.setErrorHandler((error, request, reply) => {
      const { status, body } = problemOf(error)
      return send(reply, { status, text: printJson(body) }, request.method)
    })
    scoped.route({ method: 'POST', url: OAUTH_PATH, bodyLimit: OAUTH_BODY_BYTES_MAX, handler })
    const method = ['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS']
    for (const url of ['/v1', '/v1/*', '/lakewire/v1/*'])
      scoped.route({ method, url, onRequest: admit, handler, exposeHeadRoute: false })
    done()
  })
  return {
    collectAnswers: answers.collect,
    collectTransactions: catalog.spaces.collect,
    collectTemporaries: async (signal) => {
      let collected = 0
      for (let after = ''; ; ) {
        const tenants = await store.list('tenant', { after }, signal)
        if (tenants.length === 0) return collected
        for (const { id } of tenants) collected += await dropExpired(catalog, id, signal)
        after = tenants.at(-1)!.id
      }
    },
    collectOrphans: orphanCollector(catalog, store).collect,
  }
}

/** As clients want it: who asks for a table is told of the table. */
function notThere({ params: { namespace, table } }: Named, level: string): CatalogError {
  if (namespace === undefined || table === undefined) return noSuchNamespace([level])
  return noSuchTable(namespace.split(LEVEL_SEPARATOR), table)
}

function readBody(bytes: Buffer | undefined): Json | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest('The body is not UTF-8')
  }
  try {
    return parseJson(text)
  } catch {
    // Not JSON, or nested deeper than the stack.
    throw badRequest('The body is not valid JSON')
  }
}

function send(reply: FastifyReply, answer: Answer, method: string): FastifyReply {
  reply.code(answer.status)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  if (answer.text === undefined || method === 'HEAD') return reply.send()
  return reply.header('content-type', 'application/json').send(answer.text)
}

/** What the client did wrong is an answer as good as any; our own failures are thrown on. */
function answerOfClientError(error: unknown): Answer {
  const { status, body } = problemOf(error)
  if (status >= 500) throw error
  return { status, text: printJson(body) }
}

const STATUS_OF_CLASS: Readonly<Record<string, number>> = {
  '0A': 400,
  '22': 400,
  '23': 409,
  '3F': 404,
  '40': 409,
  '42': 409,
  '2B': 409,
  '53': 429,
  '54': 400,
  '58': 503,
}

/** By which clients tell that they must not take a commit for failed. */
const TYPE_OF_CODE: Readonly<Record<string, string>> = {
  '08007': 'CommitStateUnknownException',
  '58000': 'ServiceUnavailableException',
}

/** What a client sees of an error: never a stack, and a 5xx only for what is our fault. */
function problemOf(error: unknown): { status: number; body: object } {
  const body = (status: number, type: string, message: string, more: object = {}) => ({
    status,
    body: { error: { message, type, code: status, ...more } },
  })
  if (error instanceof CatalogError)
    return body(error.status, error.type, error.message, { sqlstate: sqlstateOf(error) })
  if (error instanceof PgError) {
    const status = error.code === '53100' ? 507 : (STATUS_OF_CLASS[error.code.slice(0, 2)] ?? 500)
    return body(status, TYPE_OF_CODE[error.code] ?? 'PgError', error.message, {
      sqlstate: error.code,
    })
  }
  const status = (error as { statusCode?: number }).statusCode
  if (status !== undefined && status >= 400 && status < 500)
    return body(status, badRequest('').type, (error as Error).message)
  return body(500, 'InternalServerError', 'The server could not answer this request')
}
