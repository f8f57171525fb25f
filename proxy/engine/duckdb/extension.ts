import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import duckdb from '@duckdb/node-bindings'
import { readZipEntry } from './zip.ts'

/**
 * Where the DuckDB extensions come from that read Iceberg: a folder someone has put them in, DuckDB's own INSTALL, or the
 * wheels of the same builds on the Python package index. Found ones are kept in the cache folder, so that only the first
 * start needs a network. DuckDB checks their signatures when it loads them, wherever they come from.
 */
export const EXTENSIONS = ['avro', 'httpfs', 'iceberg'] as const
export type ExtensionName = (typeof EXTENSIONS)[number]

export type ExtensionConfig = {
  /** Folder with `<name>.duckdb_extension` files; null: none is configured. */
  folder: string | null
  cacheDir: string
}

export type ExtensionProgress = (step: {
  extension: ExtensionName
  state: 'found' | 'installing' | 'downloading' | 'ready'
}) => void

const INSTALL_TIMEOUT_MS = 20_000
const DOWNLOAD_TIMEOUT_MS = 300_000
const PYTHONS = ['python3', 'python'] as const

/** Paths of the extensions' files, in the order in which they must be loaded. */
export async function findExtensions(
  config: ExtensionConfig,
  onProgress: ExtensionProgress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths: string[] = []
  for (const extension of EXTENSIONS) {
    const path = await findExtension(extension, config, onProgress, signal)
    onProgress({ extension, state: 'ready' })
    paths.push(path)
  }
  return paths
}

function fileName(extension: ExtensionName): string {
  return `${extension}.duckdb_extension`
}

/** Builds differ by version, system and processor. */
function cacheFolder(cacheDir: string): string {
  return join(cacheDir, 'duckdb', `${duckdb.library_version()}-${process.platform}-${process.arch}`)
}

async function findExtension(
  extension: ExtensionName,
  { folder, cacheDir }: ExtensionConfig,
  onProgress: ExtensionProgress,
  signal: AbortSignal,
): Promise<string> {
  const cache = cacheFolder(cacheDir)
  for (const candidate of folder === null ? [cache] : [folder, cache]) {
    const path = join(candidate, fileName(extension))
    if (await exists(path)) {
      onProgress({ extension, state: 'found' })
      return path
    }
  }
  await mkdir(cache, { recursive: true })
  // starts that run at once each work in a folder of their own; the last rename wins, over the same bytes
  const workspace = await mkdtemp(join(cache, 'new-'))
  try {
    const failures: unknown[] = []
    for (const [state, obtain] of [
      ['installing', install],
      ['downloading', download],
    ] as const) {
      onProgress({ extension, state })
      try {
        const path = join(cache, fileName(extension))
        await rename(await obtain(extension, workspace, signal), path)
        return path
      } catch (error) {
        signal.throwIfAborted()
        failures.push(error)
      }
    }
    throw new AggregateError(failures, `DuckDB's extension ${extension} could not be had`)
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** DuckDB's own way, from extensions.duckdb.org. */
async function install(extension: ExtensionName, workspace: string, signal: AbortSignal): Promise<string> {
  const config = duckdb.create_config()
  duckdb.set_config(config, 'extension_directory', workspace)
  const database = await duckdb.open(':memory:', config)
  const connection = await duckdb.connect(database)
  // a network that swallows packets holds DuckDB longer than an interrupt can end: then it is left behind
  const installing = duckdb.query(connection, `INSTALL ${extension}`).finally(() => {
    duckdb.disconnect_sync(connection)
    duckdb.close_sync(database)
  })
  await Promise.race([installing, aborted(AbortSignal.any([signal, AbortSignal.timeout(INSTALL_TIMEOUT_MS)]))])
  const entries = await readdir(workspace, { recursive: true })
  const found = entries.find((entry) => entry.endsWith(fileName(extension)))
  if (found === undefined) throw new Error(`INSTALL ${extension} left no file`)
  return join(workspace, found)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** The same build from the Python package index; a wheel is a zip file. */
async function download(extension: ExtensionName, workspace: string, signal: AbortSignal): Promise<string> {
  const version = duckdb.library_version().replace(/^v/, '')
  await pipDownload(`duckdb-extension-${extension}==${version}`, workspace, signal)
  const wheel = (await readdir(workspace)).find((name) => name.endsWith('.whl') && name.includes(`_${extension}-`))
  if (wheel === undefined) throw new Error(`no wheel of the extension ${extension}`)
  const bytes = readZipEntry(await readFile(join(workspace, wheel)), (name) => name.endsWith(`/${fileName(extension)}`))
  const path = join(workspace, `${createHash('sha256').update(bytes).digest('hex')}.duckdb_extension`)
  await writeFile(path, bytes)
  return path
}

const run = promisify(execFile)

async function pipDownload(requirement: string, folder: string, signal: AbortSignal): Promise<void> {
  const options = ['-m', 'pip', 'download', '--no-deps', '--quiet', '--disable-pip-version-check', '--dest', folder]
  const failures: unknown[] = []
  for (const python of PYTHONS) {
    try {
      await run(python, [...options, requirement], { signal, timeout: DOWNLOAD_TIMEOUT_MS })
      return
    } catch (error) {
      signal.throwIfAborted()
      failures.push(error)
    }
  }
  throw new AggregateError(failures, `pip could not download ${requirement}`)
}
