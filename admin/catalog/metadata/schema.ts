import { type JsonObject, sameJson } from '../json.ts'
import { badRequest } from '../problem.ts'
import { array, int, object, optional } from '../read.ts'
import { change, type Draft } from './draft.ts'
import { LAST_ADDED, type Schema } from './table-metadata.ts'
import { formatVersionOf, indexFields, isPrimitive, readFields } from './type.ts'

export function readSchema(value: JsonObject, formatVersion: number): Schema {
  if (value.type !== undefined && value.type !== 'struct') throw badRequest('Cannot parse schema: type is not struct')
  const fields = readFields(value)
  const index = indexFields(fields)
  const byId = new Map(index.map((entry) => [entry.id, entry]))
  if (byId.size !== index.length) throw badRequest('Invalid schema: multiple fields have the same id')
  for (const { path, type, field } of index) {
    if (isPrimitive(type) && formatVersionOf(type) > formatVersion)
      throw badRequest(`Invalid schema for v${formatVersion}: invalid type for ${path}: ${type} is not supported`)
    if (formatVersion < 3 && field?.['initial-default'] !== undefined)
      throw badRequest(
        `Invalid schema for v${formatVersion}: invalid initial default for ${path}: non-null default is not supported`,
      )
  }
  const identifiers =
    optional(
      value['identifier-field-ids'],
      (ids, what) => array(ids, what).map((id) => int(id, what)),
      'identifier-field-ids',
    ) ?? []
  for (const id of identifiers) {
    const entry = byId.get(id)
    if (entry === undefined) throw badRequest(`Cannot add fieldId ${id} as an identifier field: field does not exist`)
    if (!isPrimitive(entry.type))
      throw badRequest(`Cannot add field ${entry.path} as an identifier field: not a primitive type field`)
    if (!entry.required) throw badRequest(`Cannot add field ${entry.path} as an identifier field: not a required field`)
  }
  return {
    type: 'struct',
    'schema-id': optional(value['schema-id'], int, 'schema-id') ?? 0,
    ...(identifiers.length === 0 ? {} : { 'identifier-field-ids': [...identifiers].sort((a, b) => a - b) }),
    fields,
  }
}

export function highestFieldId(schema: Schema): number {
  return indexFields(schema.fields).reduce((highest, { id }) => Math.max(highest, id), 0)
}

export function sameSchema(a: Schema, b: Schema): boolean {
  return sameJson({ ...a, 'schema-id': 0 }, { ...b, 'schema-id': 0 })
}

/** An equal schema is used again under its old id. */
export function addSchema(draft: Draft, update: JsonObject): Draft {
  const { metadata } = draft
  const schema = readSchema(object(update.schema, 'schema'), metadata['format-version'])
  // Deprecated: writers that lost a race, or dropped the last column, tell one that is too low.
  const told = optional(update['last-column-id'], int, 'last-column-id') ?? 0
  const lastColumn = Math.max(metadata['last-column-id'], highestFieldId(schema), told)
  const known = metadata.schemas.find((other) => sameSchema(other, schema))
  if (known !== undefined) {
    const named = { ...draft, lastSchema: known['schema-id'] }
    return lastColumn === metadata['last-column-id'] ? named : change(named, { 'last-column-id': lastColumn })
  }
  const id = metadata.schemas.reduce((highest, other) => Math.max(highest, other['schema-id'] + 1), 0)
  return change(
    draft,
    { schemas: [...metadata.schemas, { ...schema, 'schema-id': id }], 'last-column-id': lastColumn },
    { lastSchema: id },
  )
}

export function setCurrentSchema(draft: Draft, update: JsonObject): Draft {
  const asked = int(update['schema-id'], 'schema-id')
  const id = asked === LAST_ADDED ? draft.lastSchema : asked
  if (id === null) throw badRequest('Cannot set last added schema: no schema has been added')
  if (!draft.metadata.schemas.some((schema) => schema['schema-id'] === id))
    throw badRequest(`Cannot set current schema to unknown schema: ${id}`)
  return id === draft.metadata['current-schema-id'] ? draft : change(draft, { 'current-schema-id': id })
}

export function removeSchemas(draft: Draft, update: JsonObject): Draft {
  const ids = new Set(array(update['schema-ids'], 'schema-ids').map((id) => int(id, 'schema-id')))
  if (ids.has(draft.metadata['current-schema-id'])) throw badRequest('Cannot remove the current schema')
  const schemas = draft.metadata.schemas.filter((schema) => !ids.has(schema['schema-id']))
  return schemas.length === draft.metadata.schemas.length ? draft : change(draft, { schemas })
}
