import type { Int64 } from '../json.ts'
import { FORMAT_VERSION_DEFAULT, type TableMetadata } from './table-metadata.ts'

/**
 * Metadata while the updates of one commit are applied, one after the other; each update is a pure function from draft to
 * draft. What Iceberg's TableMetadata.Builder keeps beside the metadata: what -1 stands for, and which snapshots are new.
 */
export type Draft = {
  readonly metadata: TableMetadata
  readonly lastSchema: number | null
  readonly lastSpec: number | null
  readonly lastOrder: number | null
  /** Added by this commit. */
  readonly newSnapshots: readonly Int64[]
  /** Made the current snapshot at some point of this commit. */
  readonly madeCurrent: readonly Int64[]
  readonly removedSnapshots: boolean
  readonly now: number
}

export function draftOf(metadata: TableMetadata, now: number): Draft {
  return {
    metadata,
    lastSchema: null,
    lastSpec: null,
    lastOrder: null,
    newSnapshots: [],
    madeCurrent: [],
    removedSnapshots: false,
    now,
  }
}

/** For a commit that creates: everything is told by its updates. */
export function emptyMetadata(uuid: string): TableMetadata {
  return {
    'format-version': FORMAT_VERSION_DEFAULT,
    'table-uuid': uuid,
    location: '',
    'last-sequence-number': 0,
    'last-updated-ms': 0,
    'last-column-id': 0,
    'current-schema-id': -1,
    schemas: [],
    'default-spec-id': -1,
    'partition-specs': [],
    'last-partition-id': 999,
    'default-sort-order-id': -1,
    'sort-orders': [],
    properties: {},
    refs: {},
    snapshots: [],
    statistics: [],
    'partition-statistics': [],
    'snapshot-log': [],
    'metadata-log': [],
  }
}

export function change(
  draft: Draft,
  members: Partial<TableMetadata>,
  rest: Partial<Omit<Draft, 'metadata'>> = {},
): Draft {
  return { ...draft, ...rest, metadata: { ...draft.metadata, ...members } }
}
