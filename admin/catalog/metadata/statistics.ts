import type { Int64, JsonObject } from '../json.ts'
import { long, object, text } from '../read.ts'
import { change, type Draft } from './draft.ts'
import type { EncryptionKey, Statistics } from './table-metadata.ts'

type Kind = 'statistics' | 'partition-statistics'

/** One file of each kind for a snapshot: a new one takes the place of the old. */
export function setStatistics(draft: Draft, update: JsonObject, kind: Kind): Draft {
  const given = object(update[kind], kind)
  const id = long(given['snapshot-id'], 'snapshot-id')
  const entry: Statistics = {
    ...given,
    'snapshot-id': id,
    'statistics-path': text(given['statistics-path'], 'statistics-path'),
  }
  return change(draft, { [kind]: [...others(draft, id, kind), entry] })
}

export function removeStatistics(draft: Draft, update: JsonObject, kind: Kind): Draft {
  const kept = others(draft, long(update['snapshot-id'], 'snapshot-id'), kind)
  return kept.length === draft.metadata[kind].length ? draft : change(draft, { [kind]: kept })
}

function others(draft: Draft, id: Int64, kind: Kind): Statistics[] {
  return draft.metadata[kind].filter((entry) => entry['snapshot-id'] !== id)
}

export function addEncryptionKey(draft: Draft, update: JsonObject): Draft {
  const given = object(update['encryption-key'], 'encryption-key')
  const key: EncryptionKey = { ...given, 'key-id': text(given['key-id'], 'key-id') }
  const keys = draft.metadata['encryption-keys'] ?? []
  if (keys.some((other) => other['key-id'] === key['key-id'])) return draft
  return change(draft, { 'encryption-keys': [...keys, key] })
}

export function removeEncryptionKey(draft: Draft, update: JsonObject): Draft {
  const id = text(update['key-id'], 'key-id')
  const keys = draft.metadata['encryption-keys'] ?? []
  const kept = keys.filter((key) => key['key-id'] !== id)
  return kept.length === keys.length ? draft : change(draft, { 'encryption-keys': kept })
}
