import type { IcebergType } from '../../../proxy/lake/lake.ts'
import type { Json, JsonObject } from '../json.ts'
import { badRequest } from '../problem.ts'
import { array, bool, int, object, optional, text } from '../read.ts'

/** Iceberg's types: https://iceberg.apache.org/spec/#schemas-and-data-types */
export type Field = {
  id: number
  name: string
  required: boolean
  type: IcebergType
  doc?: string
  'initial-default'?: Json
  'write-default'?: Json
}

/** Primitive type → the first format version that has it. */
const PRIMITIVES: Readonly<Record<string, number>> = {
  boolean: 1,
  int: 1,
  long: 1,
  float: 1,
  double: 1,
  date: 1,
  time: 1,
  timestamp: 1,
  timestamptz: 1,
  string: 1,
  uuid: 1,
  binary: 1,
  timestamp_ns: 3,
  timestamptz_ns: 3,
  unknown: 3,
  variant: 3,
}
const DECIMAL = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/
const FIXED = /^fixed\[\s*(\d+)\s*\]$/
const GEO = /^geo(metry|graphy)(\(.*\))?$/
const DECIMAL_PRECISION_MAX = 38
/** Deeper types are refused: no engine needs them, and every walker of a schema recurses. */
const NESTING_MAX = 32

/** Checks a type as a client sent it and gives it in the spelling that Java prints. */
export function readType(value: Json | undefined, depth = 0): IcebergType {
  if (depth > NESTING_MAX) throw badRequest(`Cannot parse type: nested deeper than ${NESTING_MAX}`)
  if (typeof value === 'string') return readPrimitive(value)
  const type = object(value, 'type')
  switch (type.type) {
    case 'struct':
      return { type: 'struct', fields: readFields(type, depth + 1) }
    case 'list':
      return {
        type: 'list',
        'element-id': int(type['element-id'], 'element-id'),
        element: readType(type.element, depth + 1),
        'element-required': bool(type['element-required'], 'element-required'),
      }
    case 'map':
      return {
        type: 'map',
        'key-id': int(type['key-id'], 'key-id'),
        key: readType(type.key, depth + 1),
        'value-id': int(type['value-id'], 'value-id'),
        value: readType(type.value, depth + 1),
        'value-required': bool(type['value-required'], 'value-required'),
      }
    default:
      throw badRequest('Cannot parse type: neither a primitive, a struct, a list nor a map')
  }
}

export function readFields(struct: JsonObject, depth = 0): Field[] {
  const fields = array(struct.fields, 'fields').map((item): Field => {
    const field = object(item, 'field')
    const doc = optional(field.doc, text, 'doc')
    return {
      id: int(field.id, 'field id'),
      name: text(field.name, 'field name'),
      required: bool(field.required, 'required'),
      type: readType(field.type, depth),
      ...(doc === undefined ? {} : { doc }),
      ...(field['initial-default'] == null ? {} : { 'initial-default': field['initial-default'] }),
      ...(field['write-default'] == null ? {} : { 'write-default': field['write-default'] }),
    }
  })
  const names = new Set<string>()
  for (const { name } of fields) {
    if (name === '') throw badRequest('Invalid schema: a field name is empty')
    if (names.has(name)) throw badRequest(`Invalid schema: multiple fields for name ${name}`)
    names.add(name)
  }
  return fields
}

function readPrimitive(name: string): IcebergType {
  if (Object.hasOwn(PRIMITIVES, name)) return name
  const decimal = DECIMAL.exec(name)
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])]
    if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale > precision)
      throw badRequest(`Cannot parse type: invalid precision or scale in ${name}`)
    return `decimal(${precision}, ${scale})`
  }
  const fixed = FIXED.exec(name)
  if (fixed) return `fixed[${Number(fixed[1])}]`
  if (GEO.test(name)) return name
  throw badRequest(`Cannot parse type string to primitive: ${name}`)
}

export function isPrimitive(type: IcebergType): type is string {
  return typeof type === 'string'
}

export function formatVersionOf(type: string): number {
  return PRIMITIVES[type] ?? (GEO.test(type) ? 3 : 1)
}

/** Every id below a struct, with its type and its dotted name as Java's Schema.findColumnName has it. */
export type IndexedField = { id: number; path: string; type: IcebergType; required: boolean; field: Field | null }

export function indexFields(fields: readonly Field[], prefix = ''): IndexedField[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name
    return [{ id: field.id, path, type: field.type, required: field.required, field }, ...indexBelow(field.type, path)]
  })
}

function indexBelow(type: IcebergType, path: string): IndexedField[] {
  if (typeof type === 'string') return []
  switch (type.type) {
    case 'struct':
      return indexFields(type.fields as readonly Field[], `${path}.`)
    case 'list': {
      const element = `${path}.element`
      return [
        { id: type['element-id'], path: element, type: type.element, required: type['element-required'], field: null },
        ...indexBelow(type.element, element),
      ]
    }
    case 'map': {
      const [key, value] = [`${path}.key`, `${path}.value`]
      return [
        { id: type['key-id'], path: key, type: type.key, required: true, field: null },
        { id: type['value-id'], path: value, type: type.value, required: type['value-required'], field: null },
        ...indexBelow(type.key, key),
        ...indexBelow(type.value, value),
      ]
    }
  }
}

/**
 * New ids for all fields, those of one level before those of the levels below, as Java's AssignFreshIds gives them.
 * `renumber` is told each old id in that order and answers the new one.
 */
export function renumberFields(fields: readonly Field[], renumber: (oldId: number) => number): Field[] {
  const ids = fields.map((field) => renumber(field.id))
  return fields.map((field, index) => ({ ...field, id: ids[index]!, type: renumberType(field.type, renumber) }))
}

function renumberType(type: IcebergType, renumber: (oldId: number) => number): IcebergType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      return { type: 'struct', fields: renumberFields(type.fields as readonly Field[], renumber) }
    case 'list': {
      const id = renumber(type['element-id'])
      return { ...type, 'element-id': id, element: renumberType(type.element, renumber) }
    }
    case 'map': {
      const [key, value] = [renumber(type['key-id']), renumber(type['value-id'])]
      return {
        ...type,
        'key-id': key,
        'value-id': value,
        key: renumberType(type.key, renumber),
        value: renumberType(type.value, renumber),
      }
    }
  }
}
