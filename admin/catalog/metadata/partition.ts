import type { JsonObject } from '../json.ts'
import { badRequest } from '../problem.ts'
import { array, int, object, optional, text } from '../read.ts'
import { change, type Draft } from './draft.ts'
import {
  currentSchema,
  LAST_ADDED,
  PARTITION_ID_FIRST,
  type PartitionSpec,
  type PartitionSpecField,
  type Schema,
} from './table-metadata.ts'
import { checkTransform } from './transform.ts'
import { indexFields } from './type.ts'

export type UnboundSpec = {
  'spec-id': number
  fields: readonly (Omit<PartitionSpecField, 'field-id'> & { 'field-id': number | null })[]
}

export function readSpec(value: JsonObject, schema: Schema): UnboundSpec {
  const index = new Map(indexFields(schema.fields).map((entry) => [entry.id, entry]))
  const paths = new Map(indexFields(schema.fields).map((entry) => [entry.path, entry.id]))
  const fields = array(value.fields, 'partition fields').map((item) => {
    const field = object(item, 'partition field')
    const [source, transform, name] = [
      int(field['source-id'], 'source-id'),
      text(field.transform, 'transform'),
      text(field.name, 'name'),
    ]
    const column = index.get(source)
    if (column === undefined)
      throw badRequest(`Cannot find source column for partition field: ${name}: ${transform}(${source})`)
    checkTransform(transform, column.type, 'partition')
    if (name === '') throw badRequest('Cannot use empty partition name')
    const clash = paths.get(name)
    if (clash !== undefined && transform !== 'void' && !(transform === 'identity' && clash === source))
      throw badRequest(`Cannot create partition from name that exists in schema: ${name}`)
    return { 'source-id': source, 'field-id': optional(field['field-id'], int, 'field-id') ?? null, name, transform }
  })
  unique(
    fields.map(({ name }) => name),
    (name) => `Cannot use partition name more than once: ${name}`,
  )
  unique(
    fields.flatMap(({ 'field-id': id }) => (id === null ? [] : [id])),
    (id) => `Cannot use field id more than once in one spec: ${id}`,
  )
  return { 'spec-id': optional(value['spec-id'], int, 'spec-id') ?? 0, fields }
}

export function unique<T>(values: readonly T[], message: (value: T) => string, problem = badRequest): void {
  const seen = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) throw problem(message(value))
    seen.add(value)
  }
}

/** A field that says no id gets the one that an equal field of an older spec had, else a new one. */
function bindSpec(draft: Draft, spec: UnboundSpec): { fields: PartitionSpecField[]; last: number } {
  const older = draft.metadata['partition-specs'].flatMap((other) => other.fields)
  let last = Math.max(draft.metadata['last-partition-id'], PARTITION_ID_FIRST - 1)
  const fields = spec.fields.map((field): PartitionSpecField => {
    const id =
      field['field-id'] ??
      older.find((other) => other['source-id'] === field['source-id'] && other.transform === field.transform)?.[
        'field-id'
      ] ??
      last + 1
    last = Math.max(last, id)
    return { ...field, 'field-id': id }
  })
  return { fields, last }
}

function sameFields(a: readonly PartitionSpecField[], b: readonly PartitionSpecField[]): boolean {
  return (
    a.length === b.length &&
    a.every((field, index) => {
      const other = b[index]!
      return (
        field['source-id'] === other['source-id'] && field.transform === other.transform && field.name === other.name
      )
    })
  )
}

export function addSpec(draft: Draft, update: JsonObject): Draft {
  const schema = currentSchema(draft.metadata) ?? draft.metadata.schemas.at(-1)
  if (schema === undefined) throw badRequest('Cannot add a partition spec before a schema')
  const { fields, last } = bindSpec(draft, readSpec(object(update.spec, 'spec'), schema))
  const specs = draft.metadata['partition-specs']
  const known = specs.find((other) => sameFields(other.fields, fields))
  if (known !== undefined) return { ...draft, lastSpec: known['spec-id'] }
  const id = specs.reduce((highest, other) => Math.max(highest, other['spec-id'] + 1), 0)
  const spec: PartitionSpec = { 'spec-id': id, fields }
  return change(draft, { 'partition-specs': [...specs, spec], 'last-partition-id': last }, { lastSpec: id })
}

export function setDefaultSpec(draft: Draft, update: JsonObject): Draft {
  const asked = int(update['spec-id'], 'spec-id')
  const id = asked === LAST_ADDED ? draft.lastSpec : asked
  if (id === null) throw badRequest('Cannot set last added spec: no spec has been added')
  if (!draft.metadata['partition-specs'].some((spec) => spec['spec-id'] === id))
    throw badRequest(`Cannot set default partition spec to unknown spec: ${id}`)
  return id === draft.metadata['default-spec-id'] ? draft : change(draft, { 'default-spec-id': id })
}

export function removeSpecs(draft: Draft, update: JsonObject): Draft {
  const ids = new Set(array(update['spec-ids'], 'spec-ids').map((id) => int(id, 'spec-id')))
  if (ids.has(draft.metadata['default-spec-id'])) throw badRequest('Cannot remove the default partition spec')
  const specs = draft.metadata['partition-specs'].filter((spec) => !ids.has(spec['spec-id']))
  return specs.length === draft.metadata['partition-specs'].length ? draft : change(draft, { 'partition-specs': specs })
}
