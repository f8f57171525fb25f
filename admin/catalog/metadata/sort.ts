import { type JsonObject, sameJson } from '../json.ts'
import { badRequest } from '../problem.ts'
import { array, int, object, optional, text } from '../read.ts'
import { change, type Draft } from './draft.ts'
import { currentSchema, LAST_ADDED, type Schema, type SortOrder } from './table-metadata.ts'
import { checkTransform } from './transform.ts'
import { indexFields } from './type.ts'

export const UNSORTED: SortOrder = { 'order-id': 0, fields: [] }

export function readSortOrder(value: JsonObject, schema: Schema): SortOrder {
  const index = new Map(indexFields(schema.fields).map((entry) => [entry.id, entry]))
  const fields = array(value.fields, 'sort fields').map((item) => {
    const field = object(item, 'sort field')
    const [source, transform] = [int(field['source-id'], 'source-id'), text(field.transform, 'transform')]
    const column = index.get(source)
    if (column === undefined) throw badRequest(`Cannot find source column for sort field: ${transform}(${source})`)
    checkTransform(transform, column.type, 'sort')
    const direction = text(field.direction, 'direction').toLowerCase()
    const nulls = text(field['null-order'], 'null-order').toLowerCase()
    if (direction !== 'asc' && direction !== 'desc') throw badRequest(`Invalid sort direction: ${direction}`)
    if (nulls !== 'nulls-first' && nulls !== 'nulls-last') throw badRequest(`Invalid null order: ${nulls}`)
    return { transform, 'source-id': source, direction, 'null-order': nulls }
  })
  return { 'order-id': optional(value['order-id'], int, 'order-id') ?? 0, fields }
}

export function addSortOrder(draft: Draft, update: JsonObject): Draft {
  const schema = currentSchema(draft.metadata) ?? draft.metadata.schemas.at(-1)
  if (schema === undefined) throw badRequest('Cannot add a sort order before a schema')
  const order = readSortOrder(object(update['sort-order'], 'sort-order'), schema)
  const orders = draft.metadata['sort-orders']
  const known = orders.find((other) => sameJson(other.fields, order.fields))
  if (known !== undefined) return { ...draft, lastOrder: known['order-id'] }
  const id =
    order.fields.length === 0 ? 0 : orders.reduce((highest, other) => Math.max(highest, other['order-id'] + 1), 1)
  return change(draft, { 'sort-orders': [...orders, { ...order, 'order-id': id }] }, { lastOrder: id })
}

export function setDefaultSortOrder(draft: Draft, update: JsonObject): Draft {
  const asked = int(update['sort-order-id'], 'sort-order-id')
  const id = asked === LAST_ADDED ? draft.lastOrder : asked
  if (id === null) throw badRequest('Cannot set last added sort order: no sort order has been added')
  if (!draft.metadata['sort-orders'].some((order) => order['order-id'] === id))
    throw badRequest(`Cannot set default sort order to unknown sort order: ${id}`)
  return id === draft.metadata['default-sort-order-id'] ? draft : change(draft, { 'default-sort-order-id': id })
}
