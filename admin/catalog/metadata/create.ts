import type { JsonObject } from '../json.ts'
import { badRequest } from '../problem.ts'
import { object, optional, text, textMap } from '../read.ts'
import { emptyMetadata } from './draft.ts'
import { readSpec } from './partition.ts'
import { intProperty, unreserved } from './property.ts'
import { readSchema } from './schema.ts'
import { readSortOrder, UNSORTED } from './sort.ts'
import {
  FORMAT_VERSION_DEFAULT,
  FORMAT_VERSION_MAX,
  PARTITION_ID_FIRST,
  type Schema,
  type SortOrder,
  type TableMetadata,
} from './table-metadata.ts'
import { renumberFields } from './type.ts'

/** CreateTableRequest without what only the server decides. */
export type TableRequest = {
  name: string
  location: string | null
  schema: JsonObject
  spec: JsonObject | null
  order: JsonObject | null
  staged: boolean
  properties: Record<string, string>
}

export function readTableRequest(body: JsonObject): TableRequest {
  const order = optional(body['write-order'], object, 'write-order') ?? null
  return {
    name: text(body.name, 'name'),
    location: optional(body.location, text, 'location') ?? null,
    schema: object(body.schema, 'schema'),
    spec: optional(body['partition-spec'], object, 'partition-spec') ?? null,
    order,
    staged: body['stage-create'] === true,
    properties: optional(body.properties, textMap, 'properties') ?? {},
  }
}

/**
 * First metadata of a table. Whatever ids the client gave, they are assigned anew: schema 0 with columns from 1, spec 0
 * with fields from 1000, sort order 1 (or 0, if unsorted).
 */
export function newTableMetadata(request: TableRequest, uuid: string, location: string, now: number): TableMetadata {
  const version = intProperty(request.properties, 'format-version', FORMAT_VERSION_DEFAULT)
  if (version < 1 || version > FORMAT_VERSION_MAX)
    throw badRequest(`Unsupported format version: v${version} (supported: v${FORMAT_VERSION_MAX})`)
  const given = readSchema(request.schema, version)
  const ids = new Map<number, number>()
  const fields = renumberFields(given.fields, (oldId) => {
    ids.set(oldId, ids.size + 1)
    return ids.size
  })
  const identifiers = given['identifier-field-ids']?.map((id) => ids.get(id)!)
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    ...(identifiers === undefined ? {} : { 'identifier-field-ids': identifiers }),
    fields,
  }
  const specFields = (request.spec === null ? [] : readSpec(request.spec, given).fields).map((field, index) => ({
    ...field,
    'source-id': ids.get(field['source-id'])!,
    'field-id': PARTITION_ID_FIRST + index,
  }))
  const sortFields = (request.order === null ? [] : readSortOrder(request.order, given).fields).map((field) => ({
    ...field,
    'source-id': ids.get(field['source-id'])!,
  }))
  const order: SortOrder = sortFields.length === 0 ? UNSORTED : { 'order-id': 1, fields: sortFields }
  return {
    ...emptyMetadata(uuid),
    'format-version': version,
    location,
    'last-updated-ms': now,
    'last-column-id': ids.size,
    'current-schema-id': 0,
    schemas: [schema],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: specFields }],
    'last-partition-id': PARTITION_ID_FIRST - 1 + specFields.length,
    'default-sort-order-id': order['order-id'],
    'sort-orders': [order],
    properties: unreserved(request.properties),
    ...(version >= 3 ? { 'next-row-id': 0 } : {}),
  }
}
