import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { FileIo } from './file-io.ts'

/** Metadata files in a folder of this machine: `<folder>/<tenant>/…`. Locations are plain absolute paths. */
export function localFiles(folder: string): FileIo {
  const root = resolve(folder)
  return {
    tenantRoot: (tenant) => join(root, tenant),
    read: async (location, signal) => (await readBytes(location, signal))?.toString() ?? null,
    readBytes,
    write: writeDurably,
    remove: (location) => rm(location, { force: true }),
    prepareFolder: async (location) => {
      await mkdir(join(location, 'metadata'), { recursive: true })
      await mkdir(join(location, 'data'), { recursive: true })
    },
    removeFolder: (location) => rm(location, { recursive: true, force: true }),
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

/** Temporary file, fsync, rename, fsync of the folder: the name appears only with its whole content behind it. */
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
    await rename(temporary, location)
    await syncFolder(folder)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
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
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG'
}
