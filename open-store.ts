import type { DataDir } from './data-dir.ts'
import type { Config } from './proxy/config.ts'
import { openMongoStore } from './proxy/store/mongo/mongo-store.ts'
import { openSqliteStore } from './proxy/store/sqlite/sqlite-store.ts'
import type { Store } from './proxy/store/store.ts'

/** The metadata store: MongoDB when one is configured, else SQLite in the data folder. */
export async function openStore(config: Config, dir: DataDir, signal?: AbortSignal): Promise<Store> {
  const { url, database } = config.store
  return url === undefined ? openSqliteStore(dir.storeFile) : openMongoStore({ url, database }, signal)
}
