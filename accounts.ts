import type { FastifyInstance } from 'fastify'
import type { AccountHooks } from './admin/api/account.ts'
import { adminApi } from './admin/api/api.ts'
import { type Call, callInProcess } from './admin/api/client.ts'
import { createHttp } from './admin/api/http.ts'
import type { FileIo } from './admin/catalog/file-io.ts'
import { encodeState, FIRST_STATE, type LakeDocument } from './admin/catalog/state.ts'
import { hashOfToken, makeToken } from './admin-token.ts'
import type { DataDir } from './data-dir.ts'
import { openFiles } from './open-files.ts'
import { openStore } from './open-store.ts'
import { postNotice } from './proxy/cluster/bulletin.ts'
import { waitUntilHeard } from './proxy/cluster/members.ts'
import type { Config } from './proxy/config.ts'
import { SILENT_LOG } from './proxy/observe/log.ts'
import type { Collection, Store } from './proxy/store/store.ts'
import { isShared } from './role.ts'

/**
 * The admin API without a server, for the CLI: no port, no engine, no sessions. On a data folder the caller holds its lock;
 * a store that is shared may be in use meanwhile, and its proxies are told.
 */
export async function openAccounts(config: Config, dir: DataDir): Promise<{ call: Call; close(): Promise<void> }> {
  const store = await openStore(config, dir)
  const app: FastifyInstance = createHttp()
  const token = makeToken()
  await app.register(adminApi, {
    store,
    adminTokenHash: hashOfToken(token),
    log: SILENT_LOG,
    hooks: accountHooks(config, store, openFiles(config, dir), async () => {}),
  })
  return {
    call: callInProcess(app, token),
    close: async () => {
      await app.close()
      await store.close()
    },
  }
}

/** `endHere`: for a store that is this process's own. Otherwise all proxies are told, and waited for. */
export function accountHooks(
  config: Config,
  store: Store,
  files: FileIo,
  endHere: AccountHooks['endSessions'],
): AccountHooks {
  return {
    endSessions: isShared(config)
      ? async (tenant, user) => waitUntilHeard(store, await postNotice(store, tenant, user))
      : endHere,
    dropLake: (tenant, withFiles) => dropLake(store, files, tenant, withFiles),
  }
}

/**
 * While its files stay, so does the list of folders that its tables have had: a tenant of the same name that comes later
 * must not be given one of them. The schema version goes on where it was, so that nothing that was cached of the old
 * tenant (its private PostgreSQL) is taken for the new one's.
 */
async function dropLake(store: Store, files: FileIo, tenant: string, withFiles: boolean): Promise<void> {
  const lake = await store.get<LakeDocument>('lake', tenant)
  if (lake !== null) {
    const empty = encodeState({ ...FIRST_STATE, schemaVersion: lake.value.schemaVersion + 1 })
    if (!(await store.replace('lake', tenant, empty, lake.revision))) return dropLake(store, files, tenant, withFiles)
  }
  await removeAll(store, 'lake_transaction', `${tenant}/`)
  await removeAll(store, 'lake_answer', `${tenant}/`)
  if (!withFiles) return
  await files.removeFolder(files.tenantRoot(tenant))
  await removeAll(store, 'lake_folder', `${tenant}/`)
  await store.remove('lease', `orphans/${tenant}`)
}

async function removeAll(store: Store, collection: Collection, prefix: string): Promise<void> {
  for (;;) {
    const page = await store.list(collection, { prefix })
    for (const stored of page) await store.remove(collection, stored.id)
    if (page.length === 0) return
  }
}
