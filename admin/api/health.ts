import type { FastifyInstance } from 'fastify'

/** What supervisors and balancers ask; every role answers it. */
export type Health = {
  /** Null: new work is welcome; otherwise why not, in words. */
  notReady(): string | null
}

/** `/livez` and `/healthz`: the process answers. `/readyz`: 503 while it starts and from the moment it is told to stop. */
export function addHealth(app: FastifyInstance, { notReady }: Health): void {
  for (const path of ['/livez', '/healthz'])
    app.get(path, async (_request, reply) => reply.type('text/plain').send('ok\n'))
  app.get('/readyz', async (_request, reply) => {
    const missing = notReady()
    return reply
      .code(missing === null ? 200 : 503)
      .type('text/plain')
      .send(missing === null ? 'ok\n' : `${missing}\n`)
  })
}
