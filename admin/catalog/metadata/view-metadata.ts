import { type JsonObject, sameJson } from '../json.ts'
import { badRequest, commitFailed, illegalArgument } from '../problem.ts'
import { array, int, object, optional, text, textMap, texts } from '../read.ts'
import { unique } from './partition.ts'
import { intProperty, withoutProperties, withProperties } from './property.ts'
import { readSchema, sameSchema } from './schema.ts'
import { FORMAT_VERSION_MAX, LAST_ADDED, type Schema } from './table-metadata.ts'

/** https://iceberg.apache.org/view-spec/ */
export type ViewMetadata = {
  'view-uuid': string
  'format-version': number
  location: string
  'current-version-id': number
  versions: readonly ViewVersion[]
  'version-log': readonly { 'timestamp-ms': number; 'version-id': number }[]
  schemas: readonly Schema[]
  properties: Readonly<Record<string, string>>
}

export type ViewVersion = {
  'version-id': number
  'schema-id': number
  'timestamp-ms': number
  summary: Readonly<Record<string, string>>
  representations: readonly { type: string; sql: string; dialect: string }[]
  'default-catalog'?: string
  'default-namespace': readonly string[]
}

const VIEW_FORMAT_VERSION = 1
const HISTORY = 'version.history.num-entries'
const HISTORY_DEFAULT = 10
const MAY_DROP_DIALECT = 'replace.drop-dialect.allowed'

type Draft = { metadata: ViewMetadata; lastSchema: number | null; lastVersion: number | null; now: number }

export function newViewMetadata(body: JsonObject, uuid: string, location: string, now: number): ViewMetadata {
  const empty: ViewMetadata = {
    'view-uuid': uuid,
    'format-version': VIEW_FORMAT_VERSION,
    location,
    'current-version-id': 0,
    versions: [],
    'version-log': [],
    schemas: [],
    properties: optional(body.properties, textMap, 'properties') ?? {},
  }
  const version = { ...object(body['view-version'], 'view-version'), 'schema-id': LAST_ADDED }
  return applyViewUpdates(
    empty,
    [
      { action: 'add-schema', schema: object(body.schema, 'schema') },
      { action: 'add-view-version', 'view-version': version },
      { action: 'set-current-view-version', 'view-version-id': LAST_ADDED },
    ],
    now,
  )
}

export function currentVersion(view: ViewMetadata): ViewVersion | undefined {
  return view.versions.find((version) => version['version-id'] === view['current-version-id'])
}

export function checkViewRequirements(requirements: readonly JsonObject[], view: ViewMetadata): void {
  for (const requirement of requirements) {
    const type = text(requirement.type, 'requirement type')
    if (type !== 'assert-view-uuid') throw badRequest(`Cannot parse update requirement. Invalid type: ${type}`)
    const uuid = text(requirement.uuid, 'uuid')
    if (uuid.toLowerCase() !== view['view-uuid'].toLowerCase())
      throw commitFailed(`Requirement failed: view UUID does not match: expected ${view['view-uuid']} != ${uuid}`)
  }
}

const UPDATES: Readonly<Record<string, (draft: Draft, update: JsonObject) => Draft>> = {
  'assign-uuid': (draft, update) => {
    if (text(update.uuid, 'uuid').toLowerCase() !== draft.metadata['view-uuid'].toLowerCase())
      throw badRequest('Cannot reassign uuid')
    return draft
  },
  'upgrade-format-version': (draft, update) => {
    if (int(update['format-version'], 'format-version') !== VIEW_FORMAT_VERSION)
      throw badRequest('Unsupported view format version')
    return draft
  },
  'add-schema': addSchema,
  'set-location': (draft, update) => change(draft, { location: text(update.location, 'location').replace(/\/+$/, '') }),
  'set-properties': (draft, update) => change(draft, { properties: withProperties(draft.metadata.properties, update) }),
  'remove-properties': (draft, update) =>
    change(draft, { properties: withoutProperties(draft.metadata.properties, update) }),
  'add-view-version': addVersion,
  'set-current-view-version': setCurrentVersion,
}

export function applyViewUpdates(view: ViewMetadata, updates: readonly JsonObject[], now: number): ViewMetadata {
  const draft = updates.reduce<Draft>(
    (state, update) => {
      const action = text(update.action, 'action')
      const apply = Object.hasOwn(UPDATES, action) ? UPDATES[action] : undefined
      if (apply === undefined) throw badRequest(`Cannot convert metadata update action to MetadataUpdate: ${action}`)
      return apply(state, update)
    },
    { metadata: view, lastSchema: null, lastVersion: null, now },
  )
  if (sameJson(draft.metadata, view)) return view
  checkDialects(view, draft.metadata)
  return trimHistory(draft.metadata, view)
}

function change(draft: Draft, members: Partial<ViewMetadata>): Draft {
  return { ...draft, metadata: { ...draft.metadata, ...members } }
}

function addSchema(draft: Draft, update: JsonObject): Draft {
  const schema = readSchema(object(update.schema, 'schema'), FORMAT_VERSION_MAX)
  const known = draft.metadata.schemas.find((other) => sameSchema(other, schema))
  if (known !== undefined) return { ...draft, lastSchema: known['schema-id'] }
  const id = draft.metadata.schemas.reduce((highest, other) => Math.max(highest, other['schema-id'] + 1), 0)
  return { ...change(draft, { schemas: [...draft.metadata.schemas, { ...schema, 'schema-id': id }] }), lastSchema: id }
}

function addVersion(draft: Draft, update: JsonObject): Draft {
  const version = readVersion(object(update['view-version'], 'view-version'), draft)
  const same = (other: ViewVersion) =>
    sameJson({ ...other, 'version-id': 0, 'timestamp-ms': 0 }, { ...version, 'version-id': 0, 'timestamp-ms': 0 })
  const known = draft.metadata.versions.find(same)
  if (known !== undefined) return { ...draft, lastVersion: known['version-id'] }
  const id = draft.metadata.versions.reduce((highest, other) => Math.max(highest, other['version-id'] + 1), 1)
  return {
    ...change(draft, { versions: [...draft.metadata.versions, { ...version, 'version-id': id }] }),
    lastVersion: id,
  }
}

function readVersion(value: JsonObject, draft: Draft): ViewVersion {
  const asked = int(value['schema-id'], 'schema-id')
  const schema = asked === LAST_ADDED ? draft.lastSchema : asked
  if (schema === null) throw badRequest('Cannot set last added schema: no schema has been added')
  if (!draft.metadata.schemas.some((other) => other['schema-id'] === schema))
    throw badRequest(`Cannot add version with unknown schema: ${schema}`)
  const representations = array(value.representations, 'representations').map((item) => {
    const representation = object(item, 'representation')
    if (text(representation.type, 'type') !== 'sql')
      throw badRequest('Cannot parse view representation: only sql is known')
    return { type: 'sql', sql: text(representation.sql, 'sql'), dialect: text(representation.dialect, 'dialect') }
  })
  unique(
    representations.map(({ dialect }) => dialect.toLowerCase()),
    (dialect) => `Invalid view version: Cannot add multiple queries for dialect ${dialect}`,
    illegalArgument,
  )
  const catalog = optional(value['default-catalog'], text, 'default-catalog')
  return {
    'version-id': optional(value['version-id'], int, 'version-id') ?? 1,
    'timestamp-ms': optional(value['timestamp-ms'], int, 'timestamp-ms') ?? draft.now,
    'schema-id': schema,
    summary: optional(value.summary, textMap, 'summary') ?? {},
    ...(catalog === undefined ? {} : { 'default-catalog': catalog }),
    'default-namespace': texts(value['default-namespace'], 'default-namespace'),
    representations,
  }
}

function setCurrentVersion(draft: Draft, update: JsonObject): Draft {
  const asked = int(update['view-version-id'], 'view-version-id')
  const id = asked === LAST_ADDED ? draft.lastVersion : asked
  if (id === null) throw badRequest('Cannot set last version id: no version has been added')
  const version = draft.metadata.versions.find((other) => other['version-id'] === id)
  if (version === undefined) throw badRequest(`Cannot set current version to unknown version: ${id}`)
  if (id === draft.metadata['current-version-id']) return draft
  const isFirst = draft.metadata['version-log'].length === 0
  const entry = { 'timestamp-ms': isFirst ? version['timestamp-ms'] : draft.now, 'version-id': id }
  return change(draft, { 'current-version-id': id, 'version-log': [...draft.metadata['version-log'], entry] })
}

function checkDialects(before: ViewMetadata, after: ViewMetadata): void {
  const dialects = (view: ViewMetadata) =>
    currentVersion(view)?.representations.map(({ dialect }) => dialect.toLowerCase()) ?? []
  if (after.properties[MAY_DROP_DIALECT] === 'true') return
  const kept = new Set(dialects(after))
  const lost = dialects(before).filter((dialect) => !kept.has(dialect))
  if (lost.length > 0)
    throw badRequest(`Cannot replace view due to loss of view dialects (${MAY_DROP_DIALECT}=false): ${lost.join(', ')}`)
}

/** The newest versions stay, and those of this commit; the log ends where a version is no longer known. */
function trimHistory(view: ViewMetadata, before: ViewMetadata): ViewMetadata {
  const max = intProperty(view.properties, HISTORY, HISTORY_DEFAULT)
  if (max < 1) throw badRequest(`${HISTORY} must be positive but was ${max}`)
  const old = new Set(before.versions.map((version) => version['version-id']))
  const keep = Math.max(max, view.versions.filter((version) => !old.has(version['version-id'])).length)
  const isCurrent = (version: ViewVersion) => version['version-id'] === view['current-version-id']
  const others = view.versions.filter((version) => !isCurrent(version))
  const kept = new Set(
    [...view.versions.filter(isCurrent), ...others.slice(Math.max(0, others.length - keep + 1))].map(
      (version) => version['version-id'],
    ),
  )
  const versions = view.versions.filter((version) => kept.has(version['version-id']))
  let log: ViewMetadata['version-log'] = []
  for (const entry of view['version-log']) log = kept.has(entry['version-id']) ? [...log, entry] : []
  return { ...view, versions, 'version-log': log }
}
