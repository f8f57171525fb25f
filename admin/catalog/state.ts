import { isTemporary } from '../../proxy/lake/temporary.ts'
import { keyOf } from './name.ts'

/**
 * What a tenant has: namespaces and, in each, relations with the place of their current metadata. It is one document, so
 * that any number of relations change at once or not at all.
 */
export type LakeState = {
  /** Increases whenever a namespace, a relation or its definition changes; not when only its rows do. */
  readonly schemaVersion: number
  /** By keyOf(levels); levels are those below the tenant. */
  readonly namespaces: ReadonlyMap<string, Namespace>
}

export type Namespace = {
  readonly levels: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  readonly relations: ReadonlyMap<string, Pointer>
}

export type Pointer = {
  readonly kind: 'table' | 'view'
  readonly uuid: string
  readonly metadataLocation: string
  /** Changes exactly when the definition does. */
  readonly signature: string
}

/** As the store keeps it: lists, because a name may be `__proto__`. */
export type LakeDocument = { schemaVersion: number; namespaces: NamespaceDocument[] }
type NamespaceDocument = { levels: readonly string[]; properties: [string, string][]; relations: [string, Pointer][] }

/** A tenant that was never written to has this. */
export const FIRST_STATE: LakeState = {
  schemaVersion: 0,
  namespaces: new Map([['public', { levels: ['public'], properties: {}, relations: new Map() }]]),
}

export function decodeState(document: LakeDocument): LakeState {
  const namespaces = document.namespaces.map(({ levels, properties, relations }): [string, Namespace] => [
    keyOf(levels),
    { levels, properties: Object.fromEntries(properties), relations: new Map(relations) },
  ])
  return { schemaVersion: document.schemaVersion, namespaces: new Map(namespaces) }
}

export function encodeState(state: LakeState): LakeDocument {
  const namespaces = [...state.namespaces.values()].map(({ levels, properties, relations }) => ({
    levels,
    properties: Object.entries(properties),
    relations: [...relations],
  }))
  return { schemaVersion: state.schemaVersion, namespaces }
}

export function withNamespace(
  state: LakeState,
  levels: readonly string[],
  properties: Namespace['properties'],
): LakeState {
  const key = keyOf(levels)
  const relations = state.namespaces.get(key)?.relations ?? new Map()
  return { ...state, namespaces: new Map(state.namespaces).set(key, { levels, properties, relations }) }
}

export function withoutNamespace(state: LakeState, levels: readonly string[]): LakeState {
  const namespaces = new Map(state.namespaces)
  namespaces.delete(keyOf(levels))
  return { ...state, namespaces }
}

/** With null: without the relation. */
export function withRelation(
  state: LakeState,
  levels: readonly string[],
  name: string,
  pointer: Pointer | null,
): LakeState {
  const key = keyOf(levels)
  const namespace = state.namespaces.get(key)
  if (namespace === undefined) throw new Error(`no namespace ${levels.join('.')}`)
  const relations = new Map(namespace.relations)
  if (pointer === null) relations.delete(name)
  else relations.set(name, pointer)
  return { ...state, namespaces: new Map(state.namespaces).set(key, { ...namespace, relations }) }
}

/** What lies between two states: all that a transaction has to keep, and to check when it commits. */
export type Delta = {
  namespaces: { levels: readonly string[]; properties: [string, string][] | null }[]
  relations: { levels: readonly string[]; name: string; pointer: Pointer | null }[]
}

export const NO_DELTA: Delta = { namespaces: [], relations: [] }

export function isEmpty(delta: Delta): boolean {
  return delta.namespaces.length === 0 && delta.relations.length === 0
}

export function difference(before: LakeState, after: LakeState): Delta {
  const delta: Delta = { namespaces: [], relations: [] }
  for (const key of new Set([...before.namespaces.keys(), ...after.namespaces.keys()])) {
    const [old, now] = [before.namespaces.get(key), after.namespaces.get(key)]
    if (old === now) continue
    const { levels } = (now ?? old)!
    if (!sameProperties(old, now))
      delta.namespaces.push({ levels, properties: now === undefined ? null : Object.entries(now.properties) })
    if (old?.relations === now?.relations) continue
    for (const name of new Set([...(old?.relations.keys() ?? []), ...(now?.relations.keys() ?? [])])) {
      const [was, is] = [old?.relations.get(name) ?? null, now?.relations.get(name) ?? null]
      if (!samePointer(was, is)) delta.relations.push({ levels, name, pointer: is })
    }
  }
  return delta
}

export function applyDelta(state: LakeState, delta: Delta): LakeState {
  const made = delta.namespaces.filter(({ properties }) => properties !== null)
  const gone = delta.namespaces.filter(({ properties }) => properties === null)
  const first = made.reduce(
    (next, { levels, properties }) => withNamespace(next, levels, Object.fromEntries(properties!)),
    state,
  )
  const second = delta.relations
    .filter(({ levels }) => first.namespaces.has(keyOf(levels)))
    .reduce((next, { levels, name, pointer }) => withRelation(next, levels, name, pointer), first)
  return gone.reduce((next, { levels }) => withoutNamespace(next, levels), second)
}

/** Whether a twin of `before` would have to change to be one of `after`: what is temporary is one session's business. */
export function changesDefinitions(before: LakeState, delta: Delta): boolean {
  return (
    delta.namespaces.some(({ levels, properties }) => {
      if (isTemporary(levels[0]!)) return false
      const old = before.namespaces.get(keyOf(levels))
      return (
        old === undefined || properties === null || old.properties.comment !== Object.fromEntries(properties).comment
      )
    }) ||
    delta.relations.some(({ levels, name, pointer }) => {
      if (isTemporary(levels[0]!)) return false
      const old = before.namespaces.get(keyOf(levels))?.relations.get(name)
      return old?.signature !== pointer?.signature || old?.uuid !== pointer?.uuid || old?.kind !== pointer?.kind
    })
  )
}

export function samePointer(a: Pointer | null, b: Pointer | null): boolean {
  return a === b || (a !== null && b !== null && a.metadataLocation === b.metadataLocation && a.uuid === b.uuid)
}

export function sameProperties(a: Namespace | undefined, b: Namespace | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const [left, right] = [Object.entries(a.properties), Object.entries(b.properties)]
  return (
    left.length === right.length &&
    left.every(([key, value]) => Object.hasOwn(b.properties, key) && b.properties[key] === value)
  )
}
