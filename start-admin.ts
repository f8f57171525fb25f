import { setInterval } from 'node:timers'
import type { FastifyInstance } from 'fastify'
import type { AccountHooks } from './admin/api/account.ts'
import { adminApi } from './admin/api/api.ts'
import { addPublicKeys } from './admin/api/public-keys.ts'
import { registerCatalog } from './admin/catalog/register.ts'
import { adminTokenHash } from './admin-token.ts'
import { openDelegation, openFiles } from './open-files.ts'
import type { Parts } from './start.ts'
import { trinoAccess } from './trino/access/routes.ts'

const COLLECT_TRANSACTIONS_MS = 10 * 60_000

/** What an admin answers over HTTP: the API and the catalog. */
export async function addAdmin(http: FastifyInstance, parts: Parts, hooks: AccountHooks): Promise<void> {
  const { config, dir, store, signer, log, closing, signal } = parts
  const files = openFiles(config, dir)
  addPublicKeys(http, signer)
  await http.register(trinoAccess, {
    policy: { catalog: config.trino.catalog },
    isToken: async (token) => (await signer.verify(token, 'access')) !== null,
  })
  const catalog = registerCatalog(http, { store, files, signer, delegation: openDelegation(config) })
  const collector = setInterval(() => {
    catalog
      .collectTransactions(signal)
      .catch((error: unknown) => log.error({ error }, 'old transactions could not be collected'))
  }, COLLECT_TRANSACTIONS_MS)
  closing.defer(() => clearInterval(collector))
  await http.register(adminApi, { store, adminTokenHash: await adminTokenHash(config, dir, store, signal), hooks, log })
}
