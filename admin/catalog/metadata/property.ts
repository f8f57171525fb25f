import type { JsonObject } from '../json.ts'
import { badRequest } from '../problem.ts'
import { textMap, texts } from '../read.ts'

/** Told by the metadata itself, never kept as properties (Java's TableProperties.RESERVED_PROPERTIES). */
const RESERVED = new Set([
  'format-version',
  'uuid',
  'snapshot-count',
  'current-snapshot-summary',
  'current-snapshot-id',
  'current-snapshot-timestamp-ms',
  'current-schema',
  'default-partition-spec',
  'default-sort-order',
])

/** Properties that say where files are written; each must stay where the table may write. */
export const PATH_PROPERTIES = [
  'write.data.path',
  'write.metadata.path',
  'write.object-storage.path',
  'write.folder-storage.path',
] as const

type Properties = Readonly<Record<string, string>>

export function unreserved(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !RESERVED.has(key)))
}

export function withProperties(properties: Properties, update: JsonObject): Properties {
  const given = textMap(update.updates ?? update.updated, 'updates')
  const entries = Object.entries(unreserved(given)).filter(([key, value]) => properties[key] !== value)
  return entries.length === 0 ? properties : { ...properties, ...Object.fromEntries(entries) }
}

export function withoutProperties(properties: Properties, update: JsonObject): Properties {
  const gone = new Set(texts(update.removals ?? update.removed, 'removals'))
  const kept = Object.entries(properties).filter(([key]) => !gone.has(key))
  return kept.length === Object.keys(properties).length ? properties : Object.fromEntries(kept)
}

/** A property that counts things; anything that is not a number is refused when it is used, as in Java. */
export function intProperty(properties: Properties, key: string, fallback: number): number {
  const value = properties[key]
  if (value === undefined) return fallback
  if (!/^-?\d{1,9}$/.test(value)) throw badRequest(`Invalid value of property ${key}: ${value}`)
  return Number(value)
}
