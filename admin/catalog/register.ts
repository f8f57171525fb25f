import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PgError } from '../../proxy/error.ts'
import type { Store } from '../../proxy/store/store.ts'
import type { Signer } from '../../proxy/token/signer.ts'
import { type Access, accesses } from './access.ts'
import { type Catalog, makeCatalog } from './catalog.ts'
import type { FileIo } from './file-io.ts'
import { type Json, parseJson, printJson } from './json.ts'
import { sqlstateOf } from './lakewire/sqlstate.ts'
import { badRequest, CatalogError, noSuchRoute, unavailable } from './problem.ts'
import { LAKEWIRE_ROUTES } from './route/lakewire-routes.ts'
import { NAMESPACE_ROUTES } from './route/namespace-routes.ts'
import { answerOauth } from './route/oauth.ts'
import { type Answer, type Route, router } from './route/route.ts'
import { TABLE_ROUTES } from './route/table-routes.ts'
import { VIEW_ROUTES } from './route/view-routes.ts'
import type { Scope } from './workspace.ts'

export type CatalogServices = { store: Store; files: FileIo; signer: Signer }

export type CatalogServer = {
  /** Rolls back transactions that nobody uses any more; to be called now and then. */
  collectTransactions(signal?: AbortSignal): Promise<number>
}

/** A commit of some hundred tables, or a table with tens of thousands of properties, is well below this. */
const BODY_BYTES_MAX = 32 * 1024 * 1024
/** Bodies that are being read at one time, of all tenants: above it the server is busy. */
const BODIES_BYTES_MAX = 256 * 1024 * 1024
/** Who asks for a token has none yet. */
const OAUTH_BODY_BYTES_MAX = 16 * 1024
const STANDARD_ROUTES: readonly Route[] = [...NAMESPACE_ROUTES, ...TABLE_ROUTES, ...VIEW_ROUTES]
const CONFIG_PATH = '/v1/config'
const OAUTH_PATH = '/v1/oauth/tokens'

/**
 * The Iceberg REST catalog under /v1 and what Lakewire adds under /lakewire/v1.
 * https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export function registerCatalog(app: FastifyInstance, { store, files, signer }: CatalogServices): CatalogServer {
  const catalog = makeCatalog(store, files)
  const access = accesses(store, signer)
  const find = router([...STANDARD_ROUTES, ...LAKEWIRE_ROUTES])
  /** Who asks is known before a body is read: strangers get no memory of ours. */
  const callers = new WeakMap<FastifyRequest, Access>()
  let bodiesBytes = 0

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    callers.set(request, await access.authenticate(request.headers.authorization))
    const length = request.headers['content-length']
    const bytes =
      length === undefined && request.headers['transfer-encoding'] === undefined ? 0 : Number(length ?? BODY_BYTES_MAX)
    if (bodiesBytes + bytes > BODIES_BYTES_MAX) throw unavailable('Too many requests at a time')
    bodiesBytes += bytes
    reply.raw.once('close', () => {
      bodiesBytes -= bytes
    })
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
    if (path === CONFIG_PATH && request.method === 'GET') return config(catalog, who, query, signal)
    const { route, params } = find(request.method, path)
    const scope = scopeOf(who, params.prefix ?? '')
    if (scope === null) throw noSuchWarehouse(params.prefix ?? '')
    const body = bytes === undefined || bytes.length === 0 ? undefined : readBody(bytes)
    return route.answer({ catalog, scope, params, query, header, body, signal })
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
    const method = ['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'PATCH']
    for (const url of ['/v1/*', '/lakewire/v1/*'])
      scoped.route({ method, url, onRequest: admit, handler, exposeHeadRoute: false })
    done()
  })
  return { collectTransactions: catalog.spaces.collect }
}

const TRANSACTION_ID = /^[0-9a-f]{24}$/

/** `tenant` or `tenant~transaction`; another tenant's, and nobody's, are alike. */
function scopeOf(who: Access, warehouse: string): Scope | null {
  const [tenant, transaction, ...more] = warehouse.split('~')
  if (tenant !== who.tenant || more.length > 0) return null
  if (transaction !== undefined && !TRANSACTION_ID.test(transaction)) return null
  return { tenant, transaction: transaction ?? null }
}

function noSuchWarehouse(name: string): CatalogError {
  return new CatalogError(404, 'NoSuchWarehouseException', `Warehouse does not exist: ${name}`)
}

async function config(catalog: Catalog, who: Access, query: URLSearchParams, signal: AbortSignal): Promise<Answer> {
  const warehouse = query.get('warehouse') || who.tenant
  const scope = scopeOf(who, warehouse)
  if (scope === null) throw noSuchWarehouse(warehouse)
  // Tells at once when a transaction is over.
  await catalog.spaces.read(scope, signal)
  const endpoints = STANDARD_ROUTES.map(({ method, path }) => `${method} ${path}`)
  return { status: 200, text: printJson({ defaults: {}, overrides: { prefix: warehouse }, endpoints }) }
}

function readBody(bytes: Buffer): Json {
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

const STATUS_OF_CLASS: Readonly<Record<string, number>> = {
  '0A': 400,
  '22': 400,
  '23': 409,
  '3F': 404,
  '40': 409,
  '42': 409,
  '2B': 409,
  '58': 503,
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
    const status = STATUS_OF_CLASS[error.code.slice(0, 2)] ?? 500
    return body(status, status === 503 ? 'ServiceUnavailableException' : 'PgError', error.message, {
      sqlstate: error.code,
    })
  }
  const status = (error as { statusCode?: number }).statusCode
  if (status !== undefined && status >= 400 && status < 500)
    return body(status, noSuchRoute('').type, (error as Error).message)
  return body(500, 'InternalServerError', 'The server could not answer this request')
}
