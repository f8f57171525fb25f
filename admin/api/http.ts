import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'

/** Attack H7: a request must arrive within this time, its head within a third of it. */
const REQUEST_TIMEOUT_MS = 30_000
/** Engines keep a few each; strangers get no more than the rest. */
const CONNECTIONS_MAX = 2_000
/** Path parameters longer than names of any kind we know are somebody's mistake. */
const PATH_PARAMETER_MAX = 1024

/** The HTTP server that the admin API and the catalog share. Node's own limit on a head, 16 KiB, answers 431. */
export function createHttp(requestTimeoutMs = REQUEST_TIMEOUT_MS): FastifyInstance {
  const app = Fastify({
    requestTimeout: requestTimeoutMs,
    // Node mixes the two up unless the head's time is the shorter one.
    http: {
      headersTimeout: Math.ceil(requestTimeoutMs / 3),
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 6),
    },
    routerOptions: { maxParamLength: PATH_PARAMETER_MAX },
    // A path that is not well encoded reaches no route; in the shape of the catalog's errors, which clients read.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const code = error.statusCode ?? 400
      void reply
        .code(code)
        .send({ error: { message: 'The path is not well-formed', type: 'BadRequestException', code } })
    },
    forceCloseConnections: 'idle',
    // What has come in before the port closed is answered, and its connection closed with the answer.
    return503OnClosing: false,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  return app
}
