import { randomUUID } from 'node:crypto'
import { access, link, mkdir, open, opendir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { PgError } from '../../proxy/error.ts'
import { type FileIo, type ListedFile, tooLarge } from './file-io.ts'

/** Metadata files in a folder of this machine: `<folder>/<tenant>/…`. Locations are absolute paths, plain or as file:… */
export function localFiles(folder: string): FileIo {
  const root = resolve(folder)

  /** Whoever asks has looked at the location; here no mistake of theirs leads out of the folder. */
  function at(location: string): string {
    const path = location.replace(/^file:(\/\/)?(?=\/)/, '')
    if (!isAbsolute(path) || !resolve(path).startsWith(`${root}/`))
      throw new Error(`not a location in the folder of the lake: ${location}`)
    return path
  }

  return {
    tenantRoot: (tenant) => join(root, tenant),
    read: async (location, signal) => (await readBytes(at(location), signal))?.toString() ?? null,
    readBytes: async (location, bytesMax, signal) => {
      const found = await stat(at(location)).catch(() => null)
      if (found !== null && found.size > bytesMax) throw tooLarge()
      return readBytes(at(location), signal)
    },
    isThere: async (location) =>
      access(at(location)).then(
        () => true,
        () => false,
      ),
    write: async (location, text, signal) => writeDurably(at(location), text, signal),
    remove: async (location) => rm(at(location), { force: true }),
    prepareFolder: async (location) => {
      await mkdir(join(at(location), 'metadata'), { recursive: true })
      await mkdir(join(at(location), 'data'), { recursive: true })
    },
    removeFolder: async (location) => rm(at(location), { recursive: true, force: true }),
    list: (location, signal) => list(at(location), signal),
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
    if (codeOf(error) === 'ENOSPC')
      throw new PgError('53100', 'could not write: no space left on device', { fault: 'lake', cause: error })
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
