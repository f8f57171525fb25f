import type { ScanAsk, ScanEstimate } from '../../../proxy/lake/lake.ts'
import type { FileIo } from '../file-io.ts'
import type { Folders } from '../folder.ts'
import { currentSchema, currentSnapshot, type Snapshot, type TableMetadata } from '../metadata/table-metadata.ts'
import type { Field } from '../metadata/type.ts'
import type { MetadataFiles } from '../metadata-files.ts'
import { keyOf } from '../name.ts'
import { forbidden } from '../problem.ts'
import type { Workspace, Workspaces } from '../workspace.ts'
import { TenantCache } from './cache.ts'
import { compileFilter, knowFile, knowManifest, specFields, type Test } from './filter.ts'
import { type DataFile, type ManifestEntry, readManifest, readManifestList } from './manifest.ts'
import { type ValueType, valueType } from './value.ts'

/** How much a scan would read: what manifests tell of the files that its filter leaves. */
export type Estimator = (scope: Workspace, ask: ScanAsk, signal: AbortSignal) => Promise<ScanEstimate>

export type EstimatorParts = { spaces: Workspaces; metadata: MetadataFiles; folders: Folders; files: FileIo }

/** Beyond these the rest of a table counts as a whole. */
const MANIFESTS_READ_MAX = 500
const MANIFEST_BYTES_MAX = 32 * 1024 * 1024
const READING_MS_MAX = 2_000
const READS_AT_ONCE = 8
const CACHE_BYTES_MAX = 128 * 1024 * 1024
/** What reading makes of a byte of a manifest, which is compressed. */
const MEMORY_PER_BYTE = 8

const NOT_KNOWN: ScanEstimate = { rows: null, bytes: null, files: null, filesTotal: null }
const EMPTY: ScanEstimate = { rows: 0, bytes: 0, files: 0, filesTotal: 0 }

export function estimator({ spaces, metadata, folders, files }: EstimatorParts): Estimator {
  const lists = new TenantCache<ManifestEntry[]>(CACHE_BYTES_MAX / 8)
  const manifests = new TenantCache<DataFile[]>(CACHE_BYTES_MAX)

  /** Whatever names the file, it is read only below the tenant's own folder. */
  async function bytesOf(tenant: string, location: string, signal: AbortSignal): Promise<Uint8Array | null> {
    if (folders.pathOf(tenant, location) === null) throw forbidden('A snapshot names files outside of what may be read')
    return await files.readBytes(location.replace(/^file:(\/\/)?(?=\/)/, ''), MANIFEST_BYTES_MAX, signal)
  }

  async function cached<T extends object>(
    cache: TenantCache<T>,
    tenant: string,
    location: string,
    read: (bytes: Uint8Array) => T,
    signal: AbortSignal,
  ): Promise<T | null> {
    const known = cache.get(tenant, location)
    if (known !== undefined) return known
    const bytes = await bytesOf(tenant, location, signal)
    if (bytes === null) return null
    const value = read(bytes)
    cache.set(tenant, location, value, bytes.length * MEMORY_PER_BYTE)
    return value
  }

  return async (scope, ask, signal) => {
    const state = await spaces.read(scope, signal)
    const pointer = state.namespaces.get(keyOf([ask.schema]))?.relations.get(ask.name)
    if (pointer?.kind !== 'table') return NOT_KNOWN
    const table = await metadata.table(pointer.metadataLocation, signal)
    const snapshot = currentSnapshot(table)
    if (snapshot === undefined) return EMPTY
    const location = snapshot['manifest-list']
    if (location === undefined) return summaryOf(snapshot)
    const { tenant } = scope
    const list = await cached(lists, tenant, location, readManifestList, signal)
    if (list === null) return summaryOf(snapshot)

    const scan = scanOf(table, ask)
    const sum = new Sum()
    const wanted: ManifestEntry[] = []
    for (const entry of list) {
      if (entry.content === 'deletes') continue
      if (isLeftOut(scan, entry)) sum.leaveOut(entry)
      else wanted.push(entry)
    }
    const deadline = performance.now() + READING_MS_MAX
    let read = 0
    const next = wanted.values()
    const work = async () => {
      for (const entry of next) {
        const isTooMuch =
          read >= MANIFESTS_READ_MAX || entry.length > MANIFEST_BYTES_MAX || performance.now() > deadline
        const known = manifests.get(tenant, entry.path)
        if (known === undefined && isTooMuch) {
          sum.takeWhole(entry)
          continue
        }
        if (known === undefined) read += 1
        const found = known ?? (await cached(manifests, tenant, entry.path, readManifest, signal))
        if (found === null) sum.takeWhole(entry)
        else sum.take(found, scan, entry.specId)
      }
    }
    await Promise.all(Array.from({ length: READS_AT_ONCE }, work))
    return sum.estimate(snapshot)
  }
}

/** What one ask means for one table's metadata. */
type Scan = {
  readonly test: Test | null
  readonly specs: ReadonlyMap<number, ReturnType<typeof specFields>>
  readonly types: ReadonlyMap<number, ValueType>
  /** ids of all the leaves of the columns that are read; null: all */
  readonly leaves: ReadonlySet<number> | null
}

function scanOf(table: TableMetadata, { filter, columns }: ScanAsk): Scan {
  const fields = currentSchema(table)?.fields ?? []
  const specs = new Map(table['partition-specs'].map((spec) => [spec['spec-id'], specFields(spec, fields)]))
  const types = new Map<number, ValueType>()
  for (const { id, type } of fields) {
    const known = valueType(type)
    if (known !== null) types.set(id, known)
  }
  const read = columns === null ? null : fields.filter(({ id }) => columns.includes(id))
  return {
    test: filter === null ? null : compileFilter(filter, fields),
    specs,
    types,
    leaves: read === null ? null : new Set(read.flatMap(leavesOf)),
  }
}

function leavesOf({ id, type }: Pick<Field, 'id' | 'type'>): number[] {
  if (typeof type === 'string') return [id]
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap(leavesOf)
    case 'list':
      return leavesOf({ id: type['element-id'], type: type.element })
    case 'map':
      return [
        ...leavesOf({ id: type['key-id'], type: type.key }),
        ...leavesOf({ id: type['value-id'], type: type.value }),
      ]
  }
}

function isLeftOut({ test, specs }: Scan, { partitions, specId }: ManifestEntry): boolean {
  if (test === null || partitions === null) return false
  return !test(knowManifest(partitions, specs.get(specId) ?? []))
}

class Sum {
  private rows: number | null = 0
  private bytes = 0
  private files: number | null = 0
  private filesTotal: number | null = 0
  /** files whose size is known, and their sizes: those of whole manifests are thought to be alike */
  private measured = 0
  private measuredBytes = 0
  private unmeasured = 0

  leaveOut({ files }: ManifestEntry): void {
    this.filesTotal = plus(this.filesTotal, files)
  }

  takeWhole({ rows, files }: ManifestEntry): void {
    this.rows = plus(this.rows, rows)
    this.files = plus(this.files, files)
    this.filesTotal = plus(this.filesTotal, files)
    this.unmeasured += files ?? 0
  }

  take(found: readonly DataFile[], { test, specs, types, leaves }: Scan, specId: number): void {
    const spec = specs.get(specId) ?? []
    this.filesTotal = plus(this.filesTotal, found.length)
    for (const file of found) {
      this.measured += 1
      this.measuredBytes += file.bytes
      if (test !== null && !test(knowFile(file, spec, types))) continue
      this.rows = plus(this.rows, file.rows)
      this.bytes += bytesRead(file, leaves)
      this.files = plus(this.files, 1)
    }
  }

  estimate(snapshot: Snapshot): ScanEstimate {
    const { rows, files, filesTotal, unmeasured, measured } = this
    let bytes: number | null = Math.round(this.bytes)
    if (unmeasured > 0) {
      const whole = summaryOf(snapshot).bytes
      const mean = measured > 0 ? this.measuredBytes / measured : null
      bytes = mean === null ? whole : Math.round(this.bytes + mean * unmeasured)
    }
    return { rows, bytes, files, filesTotal }
  }
}

function plus(sum: number | null, value: number | null): number | null {
  return sum === null || value === null ? null : sum + value
}

/** Of a file of which only some columns are read: their share of it, where the writer tells. */
function bytesRead({ bytes, columnSizes }: DataFile, leaves: ReadonlySet<number> | null): number {
  if (leaves === null || columnSizes === null || columnSizes.size === 0) return bytes
  let all = 0
  let read = 0
  for (const [id, size] of columnSizes) {
    all += size
    if (leaves.has(id)) read += size
  }
  return all === 0 ? bytes : (bytes * read) / all
}

function summaryOf({ summary }: Snapshot): ScanEstimate {
  const files = count(summary?.['total-data-files'])
  return {
    rows: count(summary?.['total-records']),
    bytes: count(summary?.['total-files-size']),
    files,
    filesTotal: files,
  }
}

function count(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}
