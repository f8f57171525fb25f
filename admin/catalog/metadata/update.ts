import type { JsonObject } from '../json.ts'
import { badRequest } from '../problem.ts'
import { int, text } from '../read.ts'
import { change, type Draft, draftOf } from './draft.ts'
import { addSpec, removeSpecs, setDefaultSpec } from './partition.ts'
import { intProperty, withoutProperties, withProperties } from './property.ts'
import { addSchema, removeSchemas, setCurrentSchema } from './schema.ts'
import { addSnapshot, removeSnapshotRef, removeSnapshots, setSnapshotRef, tidySnapshotLog } from './snapshot.ts'
import { addSortOrder, setDefaultSortOrder } from './sort.ts'
import { addEncryptionKey, removeEncryptionKey, removeStatistics, setStatistics } from './statistics.ts'
import { FORMAT_VERSION_MAX, type TableMetadata } from './table-metadata.ts'

/** Every update kind of the REST spec 1.11 that is about tables (TableUpdate in rest-catalog-open-api.yaml). */
const UPDATES: Readonly<Record<string, (draft: Draft, update: JsonObject) => Draft>> = {
  'assign-uuid': assignUuid,
  'upgrade-format-version': upgradeFormatVersion,
  'add-schema': addSchema,
  'set-current-schema': setCurrentSchema,
  'remove-schemas': removeSchemas,
  'add-spec': addSpec,
  'set-default-spec': setDefaultSpec,
  'remove-partition-specs': removeSpecs,
  'add-sort-order': addSortOrder,
  'set-default-sort-order': setDefaultSortOrder,
  'add-snapshot': addSnapshot,
  'set-snapshot-ref': setSnapshotRef,
  'remove-snapshot-ref': removeSnapshotRef,
  'remove-snapshots': removeSnapshots,
  'set-location': setLocation,
  'set-properties': (draft, update) => setProperties(draft, withProperties(draft.metadata.properties, update)),
  'remove-properties': (draft, update) => setProperties(draft, withoutProperties(draft.metadata.properties, update)),
  'set-statistics': (draft, update) => setStatistics(draft, update, 'statistics'),
  'remove-statistics': (draft, update) => removeStatistics(draft, update, 'statistics'),
  'set-partition-statistics': (draft, update) => setStatistics(draft, update, 'partition-statistics'),
  'remove-partition-statistics': (draft, update) => removeStatistics(draft, update, 'partition-statistics'),
  'add-encryption-key': addEncryptionKey,
  'remove-encryption-key': removeEncryptionKey,
}

/** The metadata after all updates; the very same object when they change nothing. */
export function applyUpdates(metadata: TableMetadata, updates: readonly JsonObject[], now: number): TableMetadata {
  const drafted = updates.reduce(
    (draft, update) => {
      const action = text(update.action, 'action')
      const apply = Object.hasOwn(UPDATES, action) ? UPDATES[action] : undefined
      if (apply === undefined) throw badRequest(`Cannot convert metadata update action to MetadataUpdate: ${action}`)
      return apply(draft, update)
    },
    draftOf(metadata, now),
  )
  if (drafted.metadata === metadata) return metadata
  const tidy = tidySnapshotLog(drafted).metadata
  const touched = tidy['last-updated-ms'] !== metadata['last-updated-ms']
  return touched ? tidy : { ...tidy, 'last-updated-ms': Math.max(now, metadata['last-updated-ms']) }
}

/** What a commit that creates must have told. */
export function checkComplete(metadata: TableMetadata): void {
  const has = (list: readonly object[], what: string) => {
    if (list.length === 0) throw badRequest(`Cannot create a table without a ${what}`)
  }
  has(metadata.schemas, 'schema')
  has(metadata['partition-specs'], 'partition spec')
  has(metadata['sort-orders'], 'sort order')
  if (metadata['current-schema-id'] < 0) throw badRequest('Cannot create a table without a current schema')
  if (metadata['default-spec-id'] < 0) throw badRequest('Cannot create a table without a default partition spec')
  if (metadata['default-sort-order-id'] < 0) throw badRequest('Cannot create a table without a default sort order')
}

const PREVIOUS_VERSIONS_MAX = 'write.metadata.previous-versions-max'
const PREVIOUS_VERSIONS_MAX_DEFAULT = 100

/** The new metadata remembers the file that held the one before; what falls off the end of the log is told. */
export function withMetadataLog(
  metadata: TableMetadata,
  previous: TableMetadata,
  file: string,
): { metadata: TableMetadata; dropped: string[] } {
  const max = Math.max(1, intProperty(metadata.properties, PREVIOUS_VERSIONS_MAX, PREVIOUS_VERSIONS_MAX_DEFAULT))
  const log = [...metadata['metadata-log'], { 'timestamp-ms': previous['last-updated-ms'], 'metadata-file': file }]
  const dropped = log.slice(0, -max).map((entry) => entry['metadata-file'])
  return { metadata: { ...metadata, 'metadata-log': log.slice(-max) }, dropped }
}

function assignUuid(draft: Draft, update: JsonObject): Draft {
  const uuid = text(update.uuid, 'uuid')
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw badRequest(`Invalid UUID: ${uuid}`)
  const old = draft.metadata['table-uuid']
  if (old.toLowerCase() === uuid.toLowerCase()) return draft
  if (old !== '') throw badRequest('Cannot reassign uuid')
  return change(draft, { 'table-uuid': uuid })
}

function upgradeFormatVersion(draft: Draft, update: JsonObject): Draft {
  const version = int(update['format-version'], 'format-version')
  const old = draft.metadata['format-version']
  if (version > FORMAT_VERSION_MAX)
    throw badRequest(
      `Cannot upgrade table to unsupported format version: v${version} (supported: v${FORMAT_VERSION_MAX})`,
    )
  const isNew = draft.metadata.schemas.length === 0
  if (version < 1 || (version < old && !isNew)) throw badRequest(`Cannot downgrade v${old} table to v${version}`)
  if (version === old) return draft
  return change(draft, {
    'format-version': version,
    ...(version >= 3 ? { 'next-row-id': draft.metadata['next-row-id'] ?? 0 } : {}),
  })
}

function setLocation(draft: Draft, update: JsonObject): Draft {
  const location = text(update.location, 'location').replace(/\/+$/, '')
  return location === draft.metadata.location ? draft : change(draft, { location })
}

function setProperties(draft: Draft, properties: Readonly<Record<string, string>>): Draft {
  return properties === draft.metadata.properties ? draft : change(draft, { properties })
}
