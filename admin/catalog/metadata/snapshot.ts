import { type Int64, type JsonObject, sameJson } from '../json.ts'
import { badRequest, commitFailed } from '../problem.ts'
import { array, int, long, object, optional, text, textMap, texts } from '../read.ts'
import { change, type Draft } from './draft.ts'
import { MAIN_BRANCH, type Snapshot, type SnapshotRef } from './table-metadata.ts'

/** Clocks of writers may differ by this much; Java refuses metadata whose log goes back further. */
const CLOCK_SKEW_MS = 60_000

export function readSnapshot(value: JsonObject): Snapshot {
  const parent = optional(value['parent-snapshot-id'], long, 'parent-snapshot-id')
  const sequence = optional(value['sequence-number'], long, 'sequence-number')
  const manifestList = optional(value['manifest-list'], text, 'manifest-list')
  const manifests = optional(value.manifests, texts, 'manifests')
  const summary = optional(value.summary, textMap, 'summary')
  const schema = optional(value['schema-id'], int, 'schema-id')
  const firstRow = optional(value['first-row-id'], long, 'first-row-id')
  const addedRows = optional(value['added-rows'], long, 'added-rows')
  const key = optional(value['key-id'], text, 'key-id')
  return {
    'snapshot-id': long(value['snapshot-id'], 'snapshot-id'),
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent }),
    ...(sequence === undefined ? {} : { 'sequence-number': sequence }),
    'timestamp-ms': int(value['timestamp-ms'], 'timestamp-ms'),
    ...(summary === undefined ? {} : { summary }),
    ...(manifestList === undefined ? {} : { 'manifest-list': manifestList }),
    ...(manifests === undefined ? {} : { manifests }),
    ...(schema === undefined ? {} : { 'schema-id': schema }),
    ...(firstRow === undefined ? {} : { 'first-row-id': firstRow }),
    ...(addedRows === undefined ? {} : { 'added-rows': addedRows }),
    ...(key === undefined ? {} : { 'key-id': key }),
  }
}

export function addSnapshot(draft: Draft, update: JsonObject): Draft {
  const { metadata } = draft
  const snapshot = readSnapshot(object(update.snapshot, 'snapshot'))
  const id = snapshot['snapshot-id']
  if (metadata.schemas.length === 0) throw badRequest('Attempting to add a snapshot before a schema is added')
  if (metadata['partition-specs'].length === 0)
    throw badRequest('Attempting to add a snapshot before a partition spec is added')
  if (metadata['sort-orders'].length === 0)
    throw badRequest('Attempting to add a snapshot before a sort order is added')
  if (metadata.snapshots.some((other) => other['snapshot-id'] === id))
    throw badRequest(`Snapshot already exists for id: ${id}`)
  const sequence = snapshot['sequence-number'] ?? 0
  // Another writer was first: the client can take the new state and try again.
  if (
    metadata['format-version'] > 1 &&
    sequence <= metadata['last-sequence-number'] &&
    snapshot['parent-snapshot-id'] !== undefined
  )
    throw commitFailed(
      `Cannot add snapshot with sequence number ${sequence} older than last sequence number ${metadata['last-sequence-number']}`,
    )
  if (snapshot['timestamp-ms'] < metadata['last-updated-ms'] - CLOCK_SKEW_MS)
    throw badRequest(
      `Invalid snapshot timestamp ${snapshot['timestamp-ms']}: before last updated timestamp ${metadata['last-updated-ms']}`,
    )
  const base = {
    snapshots: [...metadata.snapshots, snapshot],
    'last-updated-ms': snapshot['timestamp-ms'],
    'last-sequence-number': sequence > metadata['last-sequence-number'] ? sequence : metadata['last-sequence-number'],
  }
  const rest = { newSnapshots: [...draft.newSnapshots, id] }
  if (metadata['format-version'] < 3) return change(draft, base, rest)
  return change(draft, { ...base, 'next-row-id': nextRowId(metadata['next-row-id'] ?? 0, snapshot) }, rest)
}

/** Row lineage: https://iceberg.apache.org/spec/#row-lineage */
function nextRowId(next: Int64, snapshot: Snapshot): Int64 {
  const first = snapshot['first-row-id']
  if (first === undefined) throw badRequest('Cannot add a snapshot: first-row-id is null')
  if (first < next)
    throw commitFailed(`Cannot add a snapshot, first-row-id is behind table next-row-id: ${first} < ${next}`)
  const sum = BigInt(next) + BigInt(snapshot['added-rows'] ?? 0)
  return sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum
}

function readRef(update: JsonObject): SnapshotRef {
  const type = text(update.type, 'type').toLowerCase()
  if (type !== 'branch' && type !== 'tag') throw badRequest(`Invalid snapshot ref type: ${type}`)
  const keep = optional(update['min-snapshots-to-keep'], int, 'min-snapshots-to-keep')
  const age = optional(update['max-snapshot-age-ms'], long, 'max-snapshot-age-ms')
  const refAge = optional(update['max-ref-age-ms'], long, 'max-ref-age-ms')
  if (type === 'tag' && (keep !== undefined || age !== undefined))
    throw badRequest('Tags do not support setting minSnapshotsToKeep or maxSnapshotAgeMs')
  for (const value of [keep, age, refAge])
    if (value !== undefined && value <= 0) throw badRequest('Retention of a snapshot ref must be greater than 0')
  return {
    'snapshot-id': long(update['snapshot-id'], 'snapshot-id'),
    type,
    ...(keep === undefined ? {} : { 'min-snapshots-to-keep': keep }),
    ...(age === undefined ? {} : { 'max-snapshot-age-ms': age }),
    ...(refAge === undefined ? {} : { 'max-ref-age-ms': refAge }),
  }
}

export function setSnapshotRef(draft: Draft, update: JsonObject): Draft {
  const { metadata } = draft
  const name = text(update['ref-name'], 'ref-name')
  const ref = readRef(update)
  const id = ref['snapshot-id']
  if (name === '') throw badRequest('Invalid ref name: empty')
  if (name === MAIN_BRANCH && ref.type !== 'branch') throw badRequest('Cannot set main to a tag')
  const snapshot = metadata.snapshots.find((other) => other['snapshot-id'] === id)
  if (snapshot === undefined) throw badRequest(`Cannot set ${name} to unknown snapshot: ${id}`)
  const old = Object.hasOwn(metadata.refs, name) ? metadata.refs[name] : undefined
  if (old !== undefined && sameJson(old, ref)) return draft
  if (old !== undefined && old.type !== ref.type)
    throw badRequest(`Cannot change ref ${name} from ${old.type} to ${ref.type}`)
  const refs = { ...metadata.refs, ...Object.fromEntries([[name, ref]]) }
  const isNew = draft.newSnapshots.includes(id)
  const updated = isNew ? snapshot['timestamp-ms'] : Math.max(draft.now, metadata['last-updated-ms'])
  if (name !== MAIN_BRANCH) return change(draft, { refs, ...(isNew ? { 'last-updated-ms': updated } : {}) })
  const moved = metadata['current-snapshot-id'] !== id
  return change(
    draft,
    {
      refs,
      'current-snapshot-id': id,
      'last-updated-ms': updated,
      ...(moved
        ? { 'snapshot-log': [...metadata['snapshot-log'], { 'timestamp-ms': updated, 'snapshot-id': id }] }
        : {}),
    },
    { madeCurrent: [...draft.madeCurrent, id] },
  )
}

export function removeSnapshotRef(draft: Draft, update: JsonObject): Draft {
  return removeRef(draft, text(update['ref-name'], 'ref-name'))
}

function removeRef(draft: Draft, name: string): Draft {
  if (!Object.hasOwn(draft.metadata.refs, name)) return draft
  const refs = Object.fromEntries(Object.entries(draft.metadata.refs).filter(([other]) => other !== name))
  if (name !== MAIN_BRANCH) return change(draft, { refs })
  const { 'current-snapshot-id': _, ...rest } = draft.metadata
  return { ...draft, metadata: { ...rest, refs } }
}

/** Refs to a snapshot that goes, and its statistics, go with it. */
export function removeSnapshots(draft: Draft, update: JsonObject): Draft {
  const ids = new Set(array(update['snapshot-ids'], 'snapshot-ids').map((id) => long(id, 'snapshot-id')))
  const kept = draft.metadata.snapshots.filter((snapshot) => !ids.has(snapshot['snapshot-id']))
  if (kept.length === draft.metadata.snapshots.length) return draft
  const stays = (item: { 'snapshot-id': Int64 }) => !ids.has(item['snapshot-id'])
  const without = change(
    draft,
    {
      snapshots: kept,
      statistics: draft.metadata.statistics.filter(stays),
      'partition-statistics': draft.metadata['partition-statistics'].filter(stays),
    },
    { removedSnapshots: true },
  )
  return Object.entries(without.metadata.refs)
    .filter(([, ref]) => !stays(ref))
    .reduce((next, [name]) => removeRef(next, name), without)
}

/**
 * The log tells which snapshot was current when: snapshots that were current only within this commit never were for
 * anyone, and what lies before a removed one can no longer be told truly.
 */
export function tidySnapshotLog(draft: Draft): Draft {
  const { metadata } = draft
  const passing = new Set(
    draft.madeCurrent.filter((id) => draft.newSnapshots.includes(id) && id !== metadata['current-snapshot-id']),
  )
  if (passing.size === 0 && !draft.removedSnapshots) return draft
  const known = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']))
  let log: (typeof metadata)['snapshot-log'] = []
  for (const entry of metadata['snapshot-log']) {
    if (!known.has(entry['snapshot-id'])) log = []
    else if (!passing.has(entry['snapshot-id'])) log = [...log, entry]
  }
  return change(draft, { 'snapshot-log': log })
}
