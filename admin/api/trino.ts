import { createPublicKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Store } from '../../proxy/store/store.ts'
import { openSigner, type Signer } from '../../proxy/token/signer.ts'

/** What Trino needs to know us by: made on the operator's word, written into Trino's configuration, kept nowhere else. */

const BODY_BYTES_MAX = 1024
const DAYS_MAX = 3650
const DAY_S = 24 * 3600

export const NewTrinoTokens = z.strictObject({ days: z.int().min(1).max(DAYS_MAX).default(365) })
export const TrinoTokens = z.object({
  /** for the catalog: all tenants' tables */
  serviceToken: z.string(),
  /** for the second gate, where it may ask and nothing else */
  accessToken: z.string(),
  /** PEM: by which Trino knows the tokens of those who ask */
  publicKey: z.string(),
  expiresAt: z.string(),
})
export type TrinoTokens = z.infer<typeof TrinoTokens>

export function addTrinoRoutes(app: FastifyInstance, store: Store): void {
  app.post<{ Body: z.infer<typeof NewTrinoTokens> }>(
    '/trino-tokens',
    { bodyLimit: BODY_BYTES_MAX, schema: { body: NewTrinoTokens, response: { 201: TrinoTokens } } },
    async (request, reply) => {
      const lifeS = request.body.days * DAY_S
      const signer = await openSigner(store)
      const made: TrinoTokens = {
        serviceToken: await signer.sign({ audience: 'service', service: 'trino' }, lifeS),
        accessToken: await signer.sign({ audience: 'access', service: 'trino' }, lifeS),
        publicKey: publicKeyOf(signer),
        expiresAt: new Date(Date.now() + lifeS * 1000).toISOString(),
      }
      return reply.code(201).send(made)
    },
  )
}

function publicKeyOf({ publicKeys }: Signer): string {
  const [key] = publicKeys.keys
  if (key === undefined) throw new Error('the signer has no key')
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}
