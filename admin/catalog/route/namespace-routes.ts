import { isReachable, namespaceOf } from '../catalog.ts'
import { checkLevels, LEVEL_SEPARATOR } from '../name.ts'
import { changeProperties, children, createNamespace, dropNamespace } from '../namespace.ts'
import { page } from '../page.ts'
import { noSuchNamespace, unprocessable } from '../problem.ts'
import { optional, textMap, texts } from '../read.ts'
import type { Scope } from '../scope.ts'
import type { LakeState } from '../state.ts'
import { bodyObject, type CatalogRequest, levelsOf, NO_CONTENT, ok, type Route } from './route.ts'

export const LIST_NAMESPACES: Route = {
  method: 'GET',
  path: '/v1/{prefix}/namespaces',
  effect: 'read',
  answer: list,
}

export const NAMESPACE_ROUTES: readonly Route[] = [
  LIST_NAMESPACES,
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const levels = texts(body.namespace, 'namespace')
      const properties = optional(body.properties, textMap, 'properties') ?? {}
      checkLevels(levels)
      await request.catalog.spaces.change(
        request.scope,
        async (draft) => createNamespace(request.scope, draft, levels, properties),
        request.signal,
      )
      return ok({ namespace: levels, properties })
    },
  },
  {
    method: 'GET',
    path: '/v1/{prefix}/namespaces/{namespace}',
    effect: 'read',
    answer: async (request) => {
      const levels = levelsOf(request.params.namespace)
      const state = await request.catalog.spaces.read(request.scope, request.signal)
      const found = namespaceOf(request.scope, state, levels)
      return ok({
        namespace: levels.map(request.scope.spell),
        properties: { ...placeOf(request, found.levels), ...found.properties },
      })
    },
  },
  {
    method: 'HEAD',
    path: '/v1/{prefix}/namespaces/{namespace}',
    effect: 'read',
    answer: async (request) => {
      namespaceOf(
        request.scope,
        await request.catalog.spaces.read(request.scope, request.signal),
        levelsOf(request.params.namespace),
      )
      return NO_CONTENT
    },
  },
  {
    method: 'DELETE',
    path: '/v1/{prefix}/namespaces/{namespace}',
    effect: 'write',
    answer: async (request) => {
      const levels = levelsOf(request.params.namespace)
      await request.catalog.spaces.change(
        request.scope,
        async (draft) => dropNamespace(request.scope, draft, levels),
        request.signal,
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/properties',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const removals = [...new Set(optional(body.removals, texts, 'removals') ?? [])]
      const updates = optional(body.updates, textMap, 'updates') ?? {}
      const both = removals.find((key) => Object.hasOwn(updates, key))
      if (both !== undefined) throw unprocessable(`Invalid namespace update, cannot both set and remove key: ${both}`)
      const levels = levelsOf(request.params.namespace)
      return ok(
        await request.catalog.spaces.change(
          request.scope,
          async (draft) => changeProperties(request.scope, draft, levels, removals, updates),
          request.signal,
        ),
      )
    },
  },
]

/** Trino stages a table's creation only where it is told a place for it; else it wants a committed table's folder to be empty. */
function placeOf({ catalog, scope }: CatalogRequest, inner: readonly string[]): { location?: string } {
  return inner.length === 0 ? {} : { location: catalog.folders.ofNamespace(scope.tenant, inner) }
}

async function list({ catalog, scope, query, signal }: CatalogRequest) {
  const state = await catalog.spaces.read(scope, signal)
  const parent = query.get('parent')
  const isRoot = parent === null || parent === ''
  if (isRoot && scope.head.length > 0) {
    const top = page([scope.head], ([name]) => name!, 'namespaces', query)
    return ok({ namespaces: top.items, 'next-page-token': top.next })
  }
  const inner = isRoot ? [] : namespaceOf(scope, state, parentLevels(scope, state, parent)).levels
  const below = children(state, inner)
    .filter((child) => isReachable(scope, child))
    .map((child) => [...scope.head, ...child].map(scope.spell))
  const { items, next } = page(below, (child) => child.join(LEVEL_SEPARATOR), `namespaces ${parent}`, query)
  return ok({ namespaces: items, 'next-page-token': next })
}

/** PyIceberg encodes `parent` twice, so what is not found as it stands is looked for decoded once more. */
function parentLevels(scope: Scope, state: LakeState, parent: string): string[] {
  const tries = [levelsOf(parent)]
  try {
    tries.push(levelsOf(decodeURIComponent(parent)))
  } catch {
    // It was not encoded twice.
  }
  const found = tries.find((levels) => {
    try {
      namespaceOf(scope, state, levels)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw noSuchNamespace(tries[0]!)
  return found
}
