import type { Access } from '../access.ts'
import { KEY_LIFETIME } from '../answer-book.ts'
import type { Catalog } from '../catalog.ts'
import { printJson } from '../json.ts'
import { noSuchWarehouse } from '../problem.ts'
import { prefixOf, SERVICE_PREFIX, tenantScope } from '../scope.ts'
import type { Answer, Route } from './route.ts'

/** What a client asks first: the prefix of the paths to come, and which of the standard's routes there are. */
export async function answerConfig(
  catalog: Catalog,
  who: Access,
  query: URLSearchParams,
  routes: readonly Route[],
  signal: AbortSignal,
): Promise<Answer> {
  const prefix = prefixOf(who, query.get('warehouse'))
  if (who.kind === 'service') {
    if (prefix !== SERVICE_PREFIX) throw noSuchWarehouse(prefix)
  } else {
    const scope = tenantScope(who, prefix)
    if (scope === null) throw noSuchWarehouse(prefix)
    // Tells at once when a transaction is over.
    await catalog.spaces.read(scope, signal)
  }
  const endpoints = routes.map(({ method, path }) => `${method} ${path}`)
  return {
    status: 200,
    text: printJson({ defaults: {}, overrides: { prefix }, endpoints, 'idempotency-key-lifetime': KEY_LIFETIME }),
  }
}
