import { isObject, type Json, type JsonObject, printJson } from '../json.ts'
import { badRequest } from '../problem.ts'
import { array, int, long, object, optional, text, textMap } from '../read.ts'
import { emptyMetadata } from './draft.ts'
import { currentSchema, defaultSpec, FORMAT_VERSION_MAX, MAIN_BRANCH, type TableMetadata } from './table-metadata.ts'

/**
 * Metadata as a file holds it. Files of ours are taken as they are; those of `register` come from anyone, so what is
 * looked at later is checked here, and what older format versions spell otherwise is brought into one form.
 */
export function readTableMetadata(value: Json): TableMetadata {
  const given = object(value, 'table metadata')
  const version = int(given['format-version'], 'format-version')
  if (version < 1 || version > FORMAT_VERSION_MAX) throw badRequest(`Cannot read unsupported version ${version}`)
  const schemas = list(given, 'schemas') ?? [{ ...object(given.schema, 'schema'), 'schema-id': 0 }]
  const specs = list(given, 'partition-specs') ?? [
    { 'spec-id': 0, fields: array(given['partition-spec'], 'partition-spec') },
  ]
  const orders = list(given, 'sort-orders') ?? [{ 'order-id': 0, fields: [] }]
  const current = optional(given['current-snapshot-id'], long, 'current-snapshot-id')
  const hasCurrent = current !== undefined && current !== -1
  const refs =
    optional(given.refs, object, 'refs') ??
    (hasCurrent ? { [MAIN_BRANCH]: { 'snapshot-id': current, type: 'branch' } } : {})
  const { schema: _, 'partition-spec': __, 'current-snapshot-id': ___, ...rest } = given
  const defaults = emptyMetadata(text(given['table-uuid'], 'table-uuid'))
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(rest).filter(([, member]) => member !== null)),
    'format-version': version,
    location: text(given.location, 'location'),
    'last-updated-ms': int(given['last-updated-ms'], 'last-updated-ms'),
    'last-column-id': int(given['last-column-id'], 'last-column-id'),
    'current-schema-id': optional(given['current-schema-id'], int, 'current-schema-id') ?? 0,
    'default-spec-id': optional(given['default-spec-id'], int, 'default-spec-id') ?? 0,
    'default-sort-order-id': optional(given['default-sort-order-id'], int, 'default-sort-order-id') ?? 0,
    schemas,
    'partition-specs': specs,
    'sort-orders': orders,
    snapshots: list(given, 'snapshots') ?? [],
    properties: optional(given.properties, textMap, 'properties') ?? {},
    refs,
    ...(hasCurrent ? { 'current-snapshot-id': current } : {}),
  } as unknown as TableMetadata
}

/** Format 1 says schema and partition spec once more, by themselves: its readers want them. */
export function printTableMetadata(metadata: TableMetadata): string {
  if (metadata['format-version'] > 1) return printJson(metadata)
  return printJson({ ...metadata, schema: currentSchema(metadata), 'partition-spec': defaultSpec(metadata)?.fields })
}

function list(given: JsonObject, member: string): readonly JsonObject[] | undefined {
  const items = optional(given[member], array, member)
  if (items?.some((item) => !isObject(item))) throw badRequest(`Cannot parse ${member}: not objects`)
  return items as readonly JsonObject[] | undefined
}
