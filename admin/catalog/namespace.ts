import { below, namespaceOf } from './catalog.ts'
import { checkLevels, keyOf } from './name.ts'
import { alreadyExists, badRequest, forbidden, noSuchNamespace, notEmpty } from './problem.ts'
import type { Scope } from './scope.ts'
import { type LakeState, withNamespace, withoutNamespace } from './state.ts'
import type { StateDraft } from './workspace.ts'

export function createNamespace(
  scope: Scope,
  draft: StateDraft,
  levels: readonly string[],
  properties: Record<string, string>,
): void {
  checkLevels(levels)
  const inner = below(scope, levels)
  // The same words whether or not somebody has that name.
  if (inner === null) throw forbidden(`Namespaces are made below ${scope.tenant} only`)
  if (inner.length === 0 || draft.state.namespaces.has(keyOf(inner)))
    throw alreadyExists(`Namespace already exists: ${levels.join('.')}`)
  const parent = inner.slice(0, -1)
  if (parent.length > 0 && !draft.state.namespaces.has(keyOf(parent))) throw noSuchNamespace(levels.slice(0, -1))
  draft.state = withNamespace(draft.state, inner, properties)
}

export function dropNamespace(scope: Scope, draft: StateDraft, levels: readonly string[]): void {
  const namespace = namespaceOf(scope, draft.state, levels)
  if (namespace.levels.length === 0) throw badRequest("The tenant's own namespace cannot be dropped")
  if (namespace.relations.size > 0 || children(draft.state, namespace.levels).length > 0) throw notEmpty(levels)
  draft.state = withoutNamespace(draft.state, namespace.levels)
}

/** The namespaces one level below. */
export function children(state: LakeState, inner: readonly string[]): (readonly string[])[] {
  return [...state.namespaces.values()]
    .map(({ levels }) => levels)
    .filter((levels) => levels.length === inner.length + 1 && inner.every((level, index) => levels[index] === level))
}

export type PropertyChanges = { updated: string[]; removed: string[]; missing: string[] }

export function changeProperties(
  scope: Scope,
  draft: StateDraft,
  levels: readonly string[],
  removals: readonly string[],
  updates: Readonly<Record<string, string>>,
): PropertyChanges {
  const { levels: inner, properties } = namespaceOf(scope, draft.state, levels)
  if (inner.length === 0) throw forbidden("The tenant's own namespace has no properties to change")
  const gone = new Set(removals)
  const kept = Object.entries(properties).filter(([key]) => !gone.has(key))
  draft.state = withNamespace(draft.state, inner, Object.fromEntries([...kept, ...Object.entries(updates)]))
  return {
    updated: Object.keys(updates),
    removed: removals.filter((key) => Object.hasOwn(properties, key)),
    missing: removals.filter((key) => !Object.hasOwn(properties, key)),
  }
}
