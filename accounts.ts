import type { FastifyInstance } from 'fastify'
import { adminApi } from './admin/api/api.ts'
import { createHttp } from './admin/api/http.ts'
import type { FileIo } from './admin/catalog/file-io.ts'
import { encodeState, FIRST_STATE, type LakeDocument } from './admin/catalog/state.ts'
import type { DataDir } from './data-dir.ts'
import { openFiles } from './open-files.ts'
import type { Config } from './proxy/config.ts'
import { SILENT_LOG } from './proxy/observe/log.ts'
import { openSqliteStore } from './proxy/store/sqlite/sqlite-store.ts'
import type { Collection, Store } from './proxy/store/store.ts'

/** The admin API on an idle data folder, for the CLI: no port, no engine, no sessions. The caller holds the folder's lock. */
export async function openAccounts(
  config: Config,
  dir: DataDir,
  adminToken: string,
): Promise<{ app: FastifyInstance; close(): Promise<void> }> {
  const store = openSqliteStore(dir.storeFile)
  const app = createHttp()
  await app.register(adminApi, {
    store,
    adminToken,
    log: SILENT_LOG,
    hooks: {
      endSessions: async () => {},
      dropLake: (tenant, withFiles) => dropLake(store, openFiles(config, dir), tenant, withFiles),
    },
    notReady: () => 'no server runs',
  })
  return {
    app,
    close: async () => {
      await app.close()
      await store.close()
    },
  }
}

/**
 * While its files stay, so does the list of folders that its tables have had: a tenant of the same name that comes later
 * must not be given one of them. The schema version goes on where it was, so that nothing that was cached of the old
 * tenant (its private PostgreSQL) is taken for the new one's.
 */
export async function dropLake(store: Store, files: FileIo, tenant: string, withFiles: boolean): Promise<void> {
  const lake = await store.get<LakeDocument>('lake', tenant)
  if (lake !== null) {
    const empty = encodeState({ ...FIRST_STATE, schemaVersion: lake.value.schemaVersion + 1 })
    if (!(await store.replace('lake', tenant, empty, lake.revision))) return dropLake(store, files, tenant, withFiles)
  }
  await removeAll(store, 'lake_transaction', `${tenant}/`)
  if (!withFiles) return
  await files.removeFolder(files.tenantRoot(tenant))
  await removeAll(store, 'lake_folder', `${tenant}/`)
}

async function removeAll(store: Store, collection: Collection, prefix: string): Promise<void> {
  for (;;) {
    const page = await store.list(collection, { prefix })
    for (const stored of page) await store.remove(collection, stored.id)
    if (page.length === 0) return
  }
}
