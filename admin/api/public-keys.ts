import type { FastifyInstance } from 'fastify'
import type { Signer } from '../../proxy/token/signer.ts'

const FRESH_S = 300

/** Whoever checks our tokens by itself, as Trino does, fetches the keys here. https://www.rfc-editor.org/rfc/rfc7517 */
export function addPublicKeys(app: FastifyInstance, { publicKeys }: Pick<Signer, 'publicKeys'>): void {
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply.header('cache-control', `public, max-age=${FRESH_S}`).send(publicKeys),
  )
}
