import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Log } from '../../proxy/observe/log.ts'
import type { Store } from '../../proxy/store/store.ts'
import * as account from './account.ts'
import { readHistory } from './history.ts'
import * as model from './model.ts'
import { addTrinoRoutes } from './trino.ts'

/**
 * Tenants, users and tokens over HTTP, for the one who runs the server: every route wants the admin's bearer token. Errors
 * are problem+json.
 */

/** Attack H7: no request here is larger than a name, a password and a description. */
const BODY_BYTES_MAX = 16 * 1024

export type ApiOptions = {
  store: Store
  /** SHA-256 of the admin's bearer token */
  adminTokenHash: Buffer
  hooks: account.AccountHooks
  log: Log
}

type Zod = z.ZodType

/** A plugin: `await app.register(adminApi, options)`. */
export const adminApi: FastifyPluginAsync<ApiOptions> = async (app, options) => {
  app.setValidatorCompiler<Zod>(({ schema }) => (data) => {
    const result = schema.safeParse(data)
    return result.success ? { value: result.data } : { error: new Error(issuesText(result.error)) }
  })
  app.setSerializerCompiler<Zod>(
    ({ schema }) =>
      (data) =>
        JSON.stringify(schema.parse(data)),
  )
  app.setErrorHandler((error, request, reply) => sendError(error, options.log, request, reply))
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'there is nothing at this address'))

  await app.register(versionOne, { ...options, prefix: '/api/v1' })
}

const versionOne: FastifyPluginAsync<ApiOptions> = async (api, options) => {
  const { store, hooks } = options
  api.addHook('onRequest', async (request, reply) => {
    if (!isAdmin(request, options.adminTokenHash)) {
      reply.header('www-authenticate', 'Bearer')
      return sendProblem(reply, 401, 'the admin token is needed')
    }
  })
  // Unknown addresses below the prefix ask for the token too.
  api.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'there is nothing at this address'))
  addTenantRoutes(api, store, hooks)
  addUserRoutes(api, store, hooks)
  addTokenRoutes(api, store)
  addLimitRoutes(api, store)
  addHistoryRoutes(api, store)
  addTrinoRoutes(api, store)
}

function addTenantRoutes(app: FastifyInstance, store: Store, hooks: account.AccountHooks): void {
  app.get('/tenants', { schema: { response: { 200: model.TenantList } } }, async () => ({
    tenants: await account.listTenants(store),
  }))
  app.post<{ Body: z.infer<typeof model.NewTenant> }>(
    '/tenants',
    { bodyLimit: BODY_BYTES_MAX, schema: { body: model.NewTenant, response: { 201: model.TenantView } } },
    async (request, reply) => reply.code(201).send(await account.createTenant(store, request.body.name)),
  )
  app.delete<{ Params: z.infer<typeof model.TenantPath>; Querystring: z.infer<typeof model.DropTenant> }>(
    '/tenants/:tenant',
    { schema: { params: model.TenantPath, querystring: model.DropTenant } },
    async (request, reply) => {
      await account.dropTenant(store, hooks, request.params.tenant, request.query.files === 'true')
      return reply.code(204).send()
    },
  )
}

function addLimitRoutes(app: FastifyInstance, store: Store): void {
  app.put<{ Params: z.infer<typeof model.TenantPath>; Body: z.infer<typeof model.TenantLimits> }>(
    '/tenants/:tenant/limits',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: { params: model.TenantPath, body: model.TenantLimits, response: { 200: model.TenantView } },
    },
    async (request) => account.setLimits(store, request.params.tenant, request.body),
  )
}

function addHistoryRoutes(app: FastifyInstance, store: Store): void {
  app.get<{ Params: z.infer<typeof model.TenantPath>; Querystring: z.infer<typeof model.HistoryQuery> }>(
    '/tenants/:tenant/history',
    { schema: { params: model.TenantPath, querystring: model.HistoryQuery, response: { 200: model.HistoryPage } } },
    async (request) => readHistory(store, request.params.tenant, request.query),
  )
}

function addUserRoutes(app: FastifyInstance, store: Store, hooks: account.AccountHooks): void {
  type InTenant = { Params: z.infer<typeof model.TenantPath> }
  type OfUser = { Params: z.infer<typeof model.UserPath> }
  app.get<InTenant>(
    '/tenants/:tenant/users',
    { schema: { params: model.TenantPath, response: { 200: model.UserList } } },
    async (request) => ({ users: await account.listUsers(store, request.params.tenant) }),
  )
  app.post<InTenant & { Body: z.infer<typeof model.NewUser> }>(
    '/tenants/:tenant/users',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: { params: model.TenantPath, body: model.NewUser, response: { 201: model.UserMade } },
    },
    async (request, reply) => {
      const { name, password } = request.body
      return reply.code(201).send(await account.createUser(store, request.params.tenant, name, password))
    },
  )
  app.delete<OfUser>('/tenants/:tenant/users/:user', { schema: { params: model.UserPath } }, async (request, reply) => {
    await account.dropUser(store, hooks, request.params.tenant, request.params.user)
    return reply.code(204).send()
  })
  app.put<OfUser & { Body: z.infer<typeof model.NewPassword> }>(
    '/tenants/:tenant/users/:user/password',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: { params: model.UserPath, body: model.NewPassword, response: { 200: model.UserMade } },
    },
    async (request) =>
      account.setPassword(store, hooks, request.params.tenant, request.params.user, request.body.password),
  )
}

function addTokenRoutes(app: FastifyInstance, store: Store): void {
  type InTenant = { Params: z.infer<typeof model.TenantPath> }
  app.get<InTenant>(
    '/tenants/:tenant/tokens',
    { schema: { params: model.TenantPath, response: { 200: model.TokenList } } },
    async (request) => ({ tokens: await account.listTokens(store, request.params.tenant) }),
  )
  app.post<InTenant & { Body: z.infer<typeof model.NewToken> }>(
    '/tenants/:tenant/tokens',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: { params: model.TenantPath, body: model.NewToken, response: { 201: model.TokenMade } },
    },
    async (request, reply) => {
      return reply.code(201).send(await account.createToken(store, request.params.tenant, request.body))
    },
  )
  app.delete<{ Params: z.infer<typeof model.TokenPath> }>(
    '/tenants/:tenant/tokens/:token',
    { schema: { params: model.TokenPath } },
    async (request, reply) => {
      await account.dropToken(store, request.params.tenant, request.params.token)
      return reply.code(204).send()
    },
  )
}

export function isAdmin(request: FastifyRequest, adminTokenHash: Buffer): boolean {
  const given = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), adminTokenHash)
}

/** Equal lengths for timingSafeEqual (attack A4). */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function issuesText(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ')
}

function sendError(error: unknown, log: Log, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof account.AccountError) return sendProblem(reply, error.status, error.message)
  const status = statusOf(error)
  if (status < 500)
    return sendProblem(reply, status, error instanceof Error ? error.message : 'the request cannot be read')
  log.error({ error, request: request.id }, 'admin request failed')
  return sendProblem(reply, 500, `internal error, request ${request.id}`)
}

/** Fastify's own errors (a body too large, JSON that cannot be read, a schema not met) carry theirs. */
function statusOf(error: unknown): number {
  if (!(error instanceof Error)) return 500
  if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode
  return 'validation' in error ? 400 : 500
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const problem: model.Problem = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}
