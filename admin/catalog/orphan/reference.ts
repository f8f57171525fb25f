import type { Catalog } from '../catalog.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import type { Pointer } from '../state.ts'
import { type AvroRecord, readAvro } from '../statistics/avro.ts'
import { field, readManifestList } from '../statistics/manifest.ts'

const STATUS_DELETED = 2n
/** A folder with a larger one is left alone. */
const MANIFEST_BYTES_MAX = 128 * 1024 * 1024
const FIELD = { status: 0, dataFile: 2, filePath: 100 } as const

/** One spelling of a file, whoever wrote its name down. */
export function plainLocation(location: string): string {
  const [, scheme = '', path = ''] = /^(?:(s3)[an]?:\/\/|file:)?(.*)$/s.exec(location) ?? []
  return `${scheme === '' ? '' : `${scheme}://`}${path.replace(/\/{2,}/g, '/')}`
}

/**
 * Takes the files that relations need out of `candidates`; what then is left, none of them needs. Manifests are read only as
 * long as there is something to find in them.
 */
export async function withoutReferenced(
  catalog: Catalog,
  pointers: readonly Pointer[],
  candidates: Set<string>,
  signal?: AbortSignal,
): Promise<void> {
  const spare = (location: string | undefined) => {
    if (location !== undefined) candidates.delete(plainLocation(location))
  }
  const tables: TableMetadata[] = []
  for (const { kind, metadataLocation } of pointers) {
    spare(metadataLocation)
    if (kind === 'table') tables.push(await catalog.metadata.table(metadataLocation, signal))
  }
  const lists = new Set<string>()
  const manifests = new Set<string>()
  for (const table of tables) {
    for (const { 'metadata-file': file } of table['metadata-log']) spare(file)
    for (const file of [...table.statistics, ...table['partition-statistics']]) spare(file['statistics-path'])
    for (const snapshot of table.snapshots) {
      if (snapshot['manifest-list'] !== undefined) lists.add(snapshot['manifest-list'])
      for (const manifest of snapshot.manifests ?? []) manifests.add(manifest)
    }
  }
  for (const list of lists) {
    spare(list)
    if (candidates.size > 0)
      for (const { path } of readManifestList(await needed(catalog, list, signal))) manifests.add(path)
  }
  for (const manifest of manifests) spare(manifest)
  for (const manifest of manifests) {
    if (candidates.size === 0) return
    for (const path of livePaths(await needed(catalog, manifest, signal))) spare(path)
  }
}

/** A file that cannot be read could name any other: then nothing can be said. */
async function needed({ files }: Catalog, location: string, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = await files.readBytes(plainLocation(location), MANIFEST_BYTES_MAX, signal)
  if (bytes === null) throw new Error(`a file that a table needs is missing: ${location}`)
  return bytes
}

function* livePaths(manifest: Uint8Array): Generator<string> {
  for (const entry of readAvro(manifest).records) {
    if (BigInt(Number(field(entry, FIELD.status, 'status'))) === STATUS_DELETED) continue
    const file = field(entry, FIELD.dataFile, 'data_file')
    const path = file instanceof Map ? field(file as AvroRecord, FIELD.filePath, 'file_path') : null
    if (typeof path !== 'string') throw new Error('a manifest names a file by no name')
    yield path
  }
}
