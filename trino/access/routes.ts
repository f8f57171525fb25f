import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { z } from 'zod'
import { allowedOf, isAllowed, type Policy } from './policy.ts'
import { BatchQuestion, Question } from './question.ts'

/**
 * Where Trino asks. Its plugin sends no header of ours, so the token stands in the path; it opens nothing but this door. Any
 * answer but 200 is a refusal to Trino, and so is no answer at all.
 */
export type TrinoAccessOptions = {
  policy: Policy
  /** Whether a token is ours, and for this. */
  isToken(token: string): Promise<boolean>
}

export const ACCESS_PATH = '/trino/access'

/** All columns of a wide table, or all schemas of many tenants, are below this. */
const BODY_BYTES_MAX = 16 * 1024 * 1024
/** As long as the admin's HTTP server takes a part of a path; a token has some 400. */
const TOKEN_MAX = 1024

/** A plugin: `await app.register(trinoAccess, options)`. */
export const trinoAccess: FastifyPluginAsync<TrinoAccessOptions> = async (app, { policy, isToken }) => {
  app.setErrorHandler(async (_error, _request, reply) => reply.code(400).send({ result: false }))
  app.addHook('onRequest', async (request, reply) => {
    const { token } = request.params as { token?: string }
    if (token === undefined || token.length > TOKEN_MAX || !(await isToken(token)))
      return reply.code(401).send({ result: false })
  })
  route(app, `${ACCESS_PATH}/:token`, Question, (question) => isAllowed(policy, question))
  route(app, `${ACCESS_PATH}/:token/batch`, BatchQuestion, (question) => allowedOf(policy, question))
}

function route<Body extends z.ZodType>(
  app: FastifyInstance,
  path: string,
  body: Body,
  answer: (question: z.infer<Body>) => boolean | number[],
): void {
  app.post(path, { bodyLimit: BODY_BYTES_MAX }, async (request) => ({ result: answer(body.parse(request.body)) }))
}
