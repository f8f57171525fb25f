import type { Json } from '../../admin/catalog/json.ts'
import { type client, member } from './harness.ts'

export type Client = ReturnType<typeof client>

export const SCHEMA = {
  type: 'struct',
  fields: [
    { id: 7, name: 'id', type: 'long', required: true },
    { id: 3, name: 'data', type: 'string', required: false, doc: 'what it is' },
    { id: 5, name: 'at', type: 'timestamptz', required: false },
  ],
}

export const namespace = (...levels: string[]) => `/namespaces/${encodeURIComponent(levels.join('\u001f'))}`
export const table = (levels: string[], name: string) => `${namespace(...levels)}/tables/${encodeURIComponent(name)}`

export function create(call: Client, levels: string[], name: string, more: object = {}) {
  return call('POST', `${namespace(...levels)}/tables`, { name, schema: SCHEMA, ...more })
}

export function setProperties(updates: Record<string, string>) {
  return [{ action: 'set-properties', updates }]
}

export function snapshotUpdates(location: Json, id: number | bigint, sequence: number, parent: Json = null) {
  const snapshot = {
    'snapshot-id': id,
    ...(parent === null ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': sequence,
    'timestamp-ms': Date.now(),
    'manifest-list': `${location}/metadata/snap-${id}.avro`,
    summary: { operation: 'append' },
    'schema-id': 0,
  }
  return [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
  ]
}

export const atRef = (id: Json) => ({ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': id })
export const typeOf = (body: Json) => member(body, 'error', 'type')
