import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../proxy/observe/metrics.ts'
import { isAdmin } from './api.ts'

export type MetricsRoute = {
  /** Null: not yet. */
  metrics(): Metrics | null
  /** SHA-256 of the admin's bearer token; null: no admin has made one yet */
  adminTokenHash(): Promise<Buffer | null>
}

/**
 * `GET /metrics` of every role, for Prometheus with `authorization: credentials_file`. It wants the admin token like the API:
 * behind a reverse proxy every request comes from the loopback interface, so that its address says nothing.
 */
export function addMetrics(app: FastifyInstance, { metrics, adminTokenHash }: MetricsRoute): void {
  app.get('/metrics', async (request, reply) => {
    const hash = await adminTokenHash()
    if (hash === null || !isAdmin(request, hash)) {
      return reply.code(401).header('www-authenticate', 'Bearer').type('text/plain').send('the admin token is needed\n')
    }
    const found = metrics()
    if (found === null) return reply.code(503).type('text/plain').send('the server is starting\n')
    return reply.type(found.contentType).send(await found.read())
  })
}
