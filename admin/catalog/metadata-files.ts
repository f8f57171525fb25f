import { randomUUID } from 'node:crypto'
import type { FileIo } from './file-io.ts'
import { parseJson, printJson } from './json.ts'
import { printTableMetadata, readTableMetadata } from './metadata/parse.ts'
import type { TableMetadata } from './metadata/table-metadata.ts'
import type { ViewMetadata } from './metadata/view-metadata.ts'
import { CatalogError } from './problem.ts'

/** Metadata files never change, so what was read once is kept, up to so many characters in all. */
const CACHE_CHARACTERS_MAX = 64 * 1024 * 1024

type Cached = { text: string; value: unknown }

export type MetadataFiles = {
  table(location: string, signal?: AbortSignal): Promise<TableMetadata>
  view(location: string, signal?: AbortSignal): Promise<ViewMetadata>
  /** The same as JSON, for answers that pass it on. */
  tableText(location: string, signal?: AbortSignal): Promise<string>
  /** Writes the next version beside `previous` and gives its location. */
  write(
    folder: string,
    previous: string | null,
    metadata: TableMetadata | ViewMetadata,
    signal?: AbortSignal,
  ): Promise<string>
}

export function metadataFiles(files: FileIo): MetadataFiles {
  const cache = new Map<string, Cached>()
  let characters = 0

  function keep(location: string, entry: Cached): Cached {
    characters += entry.text.length - (cache.get(location)?.text.length ?? 0)
    cache.set(location, entry)
    for (const [oldest, { text }] of cache) {
      if (characters <= CACHE_CHARACTERS_MAX) break
      cache.delete(oldest)
      characters -= text.length
    }
    return entry
  }

  async function read(location: string, parse: (text: string) => unknown, signal?: AbortSignal): Promise<Cached> {
    const cached = cache.get(location)
    if (cached !== undefined && (await files.isThere?.(location)) !== false) {
      // Last used goes last.
      cache.delete(location)
      cache.set(location, cached)
      return cached
    }
    const text = await files.read(location, signal)
    if (text === null)
      throw new CatalogError(404, 'NotFoundException', `Failed to open input stream for file: ${location}`)
    const value = parse(text)
    // Printed anew, because a file that was registered may spell things as older versions did.
    return keep(location, { text: print(value as TableMetadata | ViewMetadata), value })
  }

  const parseTable = (text: string) => readTableMetadata(parseJson(text))
  return {
    table: async (location, signal) => (await read(location, parseTable, signal)).value as TableMetadata,
    view: async (location, signal) => (await read(location, parseJson, signal)).value as ViewMetadata,
    tableText: async (location, signal) => (await read(location, parseTable, signal)).text,
    write: async (folder, previous, metadata, signal) => {
      const version = previous === null ? 0 : versionOf(previous) + 1
      const location = `${folder}/${String(version).padStart(5, '0')}-${randomUUID()}.metadata.json`
      const text = print(metadata)
      await files.write(location, text, signal)
      keep(location, { text, value: metadata })
      return location
    },
  }
}

function print(metadata: TableMetadata | ViewMetadata): string {
  return 'table-uuid' in metadata ? printTableMetadata(metadata) : printJson(metadata)
}

function versionOf(location: string): number {
  const match = /\/(\d+)-[^/]*$/.exec(location)
  return match === null ? 0 : Number(match[1])
}
