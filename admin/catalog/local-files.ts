import { randomUUID } from 'node:crypto'
import { access, link, mkdir, open, opendir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { PgError } from '../../proxy/error.ts'
import type { FileIo, ListedFile } from './file-io.ts'

/** Metadata files in a folder of this machine: `<folder>/<tenant>/…`. Locations are plain absolute paths. */
export function localFiles(folder: string): FileIo {
  const root = resolve(folder)
  return {
    tenantRoot: (tenant) => join(root, tenant),
    read: async (location, signal) => (await readBytes(location, signal))?.toString() ?? null,
    readBytes,
    isThere: (location) =>
      access(location).then(
        () => true,
        () => false,
      ),
    write: writeDurably,
    remove: (location) => rm(location, { force: true }),
    prepareFolder: async (location) => {
      await mkdir(join(location, 'metadata'), { recursive: true })
      await mkdir(join(location, 'data'), { recursive: true })
    },
    removeFolder: (location) => rm(location, { recursive: true, force: true }),
    list,
  }
}

async function readBytes(location: string, signal?: AbortSignal): Promise<Buffer | null> {
  try {
    return await readFile(location, signal === undefined ? {} : { signal })
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Temporary file, fsync, link, fsync of the folder: the name appears only with its whole content behind it, and once. */
async function writeDurably(location: string, text: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const folder = dirname(location)
  const temporary = `${location}.${randomUUID()}.tmp`
  await mkdir(folder, { recursive: true })
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, location)
    await syncFolder(folder)
  } catch (error) {
    if (signal?.aborted) throw error
    if (codeOf(error) !== 'EEXIST' || (await readFile(location, 'utf8')) !== text)
      throw new PgError('58000', 'the lake folder could not be written', { fault: 'lake', cause: error })
  } finally {
    await rm(temporary, { force: true })
  }
}

async function* list(folder: string, signal?: AbortSignal): AsyncGenerator<ListedFile> {
  let entries: Awaited<ReturnType<typeof opendir>>
  try {
    entries = await opendir(folder, { recursive: true })
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  for await (const entry of entries) {
    signal?.throwIfAborted()
    if (!entry.isFile()) continue
    const location = join(entry.parentPath, entry.name)
    // Another may remove it while we look.
    const found = await stat(location).catch(() => null)
    if (found !== null) yield { location, bytes: found.size, modifiedMs: found.mtimeMs }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG'
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
