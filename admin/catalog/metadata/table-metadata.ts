import type { Int64, Json } from '../json.ts'
import type { Field } from './type.ts'

/** Table metadata as in metadata.json: https://iceberg.apache.org/spec/#table-metadata-fields */
export type TableMetadata = {
  'format-version': number
  'table-uuid': string
  location: string
  'last-sequence-number': Int64
  'last-updated-ms': number
  'last-column-id': number
  'current-schema-id': number
  schemas: readonly Schema[]
  'default-spec-id': number
  'partition-specs': readonly PartitionSpec[]
  'last-partition-id': number
  'default-sort-order-id': number
  'sort-orders': readonly SortOrder[]
  properties: Readonly<Record<string, string>>
  'current-snapshot-id'?: Int64
  refs: Readonly<Record<string, SnapshotRef>>
  snapshots: readonly Snapshot[]
  statistics: readonly Statistics[]
  'partition-statistics': readonly Statistics[]
  'snapshot-log': readonly { 'timestamp-ms': number; 'snapshot-id': Int64 }[]
  'metadata-log': readonly { 'timestamp-ms': number; 'metadata-file': string }[]
  /** format 3 */
  'next-row-id'?: Int64
  'encryption-keys'?: readonly EncryptionKey[]
}

export type Schema = {
  type: 'struct'
  'schema-id': number
  'identifier-field-ids'?: readonly number[]
  fields: readonly Field[]
}

export type PartitionSpec = { 'spec-id': number; fields: readonly PartitionSpecField[] }
export type PartitionSpecField = { 'source-id': number; 'field-id': number; name: string; transform: string }

export type SortOrder = { 'order-id': number; fields: readonly SortField[] }
export type SortField = { transform: string; 'source-id': number; direction: string; 'null-order': string }

export type Snapshot = {
  'snapshot-id': Int64
  'parent-snapshot-id'?: Int64
  'sequence-number'?: Int64
  'timestamp-ms': number
  'manifest-list'?: string
  manifests?: readonly string[]
  summary?: Readonly<Record<string, string>>
  'schema-id'?: number
  'first-row-id'?: Int64
  'added-rows'?: Int64
  'key-id'?: string
}

export type SnapshotRef = {
  'snapshot-id': Int64
  type: 'branch' | 'tag'
  'min-snapshots-to-keep'?: number
  'max-snapshot-age-ms'?: Int64
  'max-ref-age-ms'?: Int64
}

/** Statistics files of a snapshot (https://iceberg.apache.org/spec/#table-statistics); members beyond the id are kept as sent. */
export type Statistics = {
  'snapshot-id': Int64
  'statistics-path': string
  readonly [member: string]: Json | undefined
}
export type EncryptionKey = { 'key-id': string; readonly [member: string]: Json | undefined }

export const FORMAT_VERSION_DEFAULT = 2
export const FORMAT_VERSION_MAX = 3
export const MAIN_BRANCH = 'main'
/** Field ids of partitions start here, so that they never meet a column's. */
export const PARTITION_ID_FIRST = 1000
/** "The one that this commit added last." */
export const LAST_ADDED = -1

export function currentSchema(metadata: TableMetadata): Schema | undefined {
  return metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])
}

export function defaultSpec(metadata: TableMetadata): PartitionSpec | undefined {
  return metadata['partition-specs'].find((spec) => spec['spec-id'] === metadata['default-spec-id'])
}

export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id'])
}
