import { type AvroRecord, type AvroValue, readAvro } from './avro.ts'

/**
 * Manifest lists and manifests, as much of them as estimates need. Fields are known by their ids; the names are for
 * writers that give none. https://iceberg.apache.org/spec/#manifests
 */
export type ManifestEntry = {
  readonly path: string
  readonly length: number
  readonly specId: number
  readonly content: 'data' | 'deletes'
  /** live files and their rows; null: not told */
  readonly files: number | null
  readonly rows: number | null
  /** one per partition field; null: not told */
  readonly partitions: readonly PartitionSummary[] | null
}

export type PartitionSummary = {
  readonly containsNull: boolean
  /** null: not told */
  readonly containsNan: boolean | null
  readonly lower: Uint8Array | null
  readonly upper: Uint8Array | null
}

export type DataFile = {
  /** by field id of the partition spec, or by name */
  readonly partition: AvroRecord
  readonly rows: number
  readonly bytes: number
  /** by field id of the schema; null: the writer has told none */
  readonly columnSizes: ReadonlyMap<number, number> | null
  readonly valueCounts: ReadonlyMap<number, number>
  readonly nullCounts: ReadonlyMap<number, number>
  readonly nanCounts: ReadonlyMap<number, number>
  readonly lower: ReadonlyMap<number, Uint8Array>
  readonly upper: ReadonlyMap<number, Uint8Array>
}

const DELETES = 1
const STATUS_DELETED = 2

export function readManifestList(bytes: Uint8Array): ManifestEntry[] {
  return readAvro(bytes).records.map((record) => {
    const added = count(record, 504, 'added_files_count')
    const existing = count(record, 505, 'existing_files_count')
    const addedRows = count(record, 512, 'added_rows_count')
    const existingRows = count(record, 513, 'existing_rows_count')
    const summaries = field(record, 507, 'partitions')
    return {
      path: String(field(record, 500, 'manifest_path')),
      length: count(record, 501, 'manifest_length') ?? 0,
      specId: count(record, 502, 'partition_spec_id') ?? 0,
      content: count(record, 517, 'content') === DELETES ? 'deletes' : 'data',
      files: added === null || existing === null ? null : added + existing,
      rows: addedRows === null || existingRows === null ? null : addedRows + existingRows,
      partitions: Array.isArray(summaries) ? summaries.map(summary) : null,
    }
  })
}

function summary(value: AvroValue): PartitionSummary {
  const record = asRecord(value)
  const nan = field(record, 518, 'contains_nan')
  return {
    containsNull: field(record, 509, 'contains_null') !== false,
    containsNan: typeof nan === 'boolean' ? nan : null,
    lower: asBytes(field(record, 510, 'lower_bound')),
    upper: asBytes(field(record, 511, 'upper_bound')),
  }
}

/** The files that are live in it. */
export function readManifest(bytes: Uint8Array): DataFile[] {
  const files: DataFile[] = []
  for (const entry of readAvro(bytes).records) {
    if (count(entry, 0, 'status') === STATUS_DELETED) continue
    const file = asRecord(field(entry, 2, 'data_file'))
    const sizes = field(file, 108, 'column_sizes')
    files.push({
      partition: copied(asRecord(field(file, 102, 'partition'))),
      rows: count(file, 103, 'record_count') ?? 0,
      bytes: count(file, 104, 'file_size_in_bytes') ?? 0,
      columnSizes: sizes === null ? null : numbers(sizes),
      valueCounts: numbers(field(file, 109, 'value_counts')),
      nullCounts: numbers(field(file, 110, 'null_value_counts')),
      nanCounts: numbers(field(file, 137, 'nan_value_counts')),
      lower: bounds(field(file, 125, 'lower_bounds')),
      upper: bounds(field(file, 128, 'upper_bounds')),
    })
  }
  return files
}

export function field(record: AvroRecord, id: number, name: string): AvroValue {
  return record.get(id) ?? record.get(name) ?? null
}

function asRecord(value: AvroValue): AvroRecord {
  return value instanceof Map ? value : new Map()
}

function count(record: AvroRecord, id: number, name: string): number | null {
  const value = field(record, id, name)
  return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : null
}

/** Avro's maps have text for keys, so that Iceberg writes those by field id as lists of pairs. */
function pairs(value: AvroValue): readonly (readonly [AvroValue, AvroValue])[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: AvroValue) => {
    const [key, of] = [...asRecord(item).values()]
    return key === undefined || of === undefined ? [] : [[key, of] as const]
  })
}

function numbers(value: AvroValue): Map<number, number> {
  return new Map(pairs(value).map(([key, of]) => [Number(key), Number(of)]))
}

function bounds(value: AvroValue): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  for (const [key, of] of pairs(value)) if (of instanceof Uint8Array) found.set(Number(key), Uint8Array.from(of))
  return found
}

function copied(record: AvroRecord): AvroRecord {
  return new Map([...record].map(([key, of]) => [key, of instanceof Uint8Array ? Uint8Array.from(of) : of]))
}

/** Copied, so that what is kept of a file does not keep all of it. */
function asBytes(value: AvroValue): Uint8Array | null {
  return value instanceof Uint8Array ? Uint8Array.from(value) : null
}
