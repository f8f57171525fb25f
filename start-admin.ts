import { setInterval } from 'node:timers'
import type { FastifyInstance } from 'fastify'
import type { AccountHooks } from './admin/api/account.ts'
import { adminApi } from './admin/api/api.ts'
import { registerCatalog } from './admin/catalog/register.ts'
import { adminTokenHash } from './admin-token.ts'
import { openDelegation, openFiles } from './open-files.ts'
import type { Parts } from './start.ts'
import { trinoAccess } from './trino/access/routes.ts'

const COLLECT_TRANSACTIONS_MS = 10 * 60_000
const COLLECT_ORPHANS_MS = 3_600_000

/** What an admin answers over HTTP: the API and the catalog. */
export async function addAdmin(http: FastifyInstance, parts: Parts, hooks: AccountHooks): Promise<void> {
  const { config, dir, store, signer, log, closing, signal } = parts
  const files = openFiles(config, dir)
  await http.register(trinoAccess, {
    policy: { catalog: config.trino.catalog },
    isToken: async (token) => (await signer.verify(token, 'access')) !== null,
  })
  const catalog = registerCatalog(http, { store, files, signer, delegation: openDelegation(config) })
  const collector = setInterval(() => {
    catalog
      .collectTransactions(signal)
      .catch((error: unknown) => log.error({ error }, 'old transactions could not be collected'))
    catalog
      .collectTemporaries(signal)
      .catch((error: unknown) =>
        log.error({ error }, 'temporary tables of sessions that are gone could not be removed'),
      )
    catalog.collectAnswers(signal).catch((error: unknown) => log.error({ error }, 'old answers could not be collected'))
  }, COLLECT_TRANSACTIONS_MS)
  closing.defer(() => clearInterval(collector))
  const orphans = setInterval(() => {
    catalog.collectOrphans({}, signal).then(
      ({ failed, ...collected }) => {
        if (collected.files > 0) log.info(collected, 'files that no table needs were removed')
        for (const { folder, error } of failed) log.warn({ folder, error }, 'a folder could not be tidied')
      },
      (error: unknown) => log.error({ error }, 'files that no table needs could not be removed'),
    )
  }, COLLECT_ORPHANS_MS)
  closing.defer(() => clearInterval(orphans))
  await http.register(adminApi, { store, adminTokenHash: await adminTokenHash(config, dir, store, signal), hooks, log })
}
