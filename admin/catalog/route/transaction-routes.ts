import { badRequest } from '../problem.ts'
import { text } from '../read.ts'
import { bodyObject, type CatalogRequest, NO_CONTENT, ok, type Route } from './route.ts'

/** Lake transactions: ours, beside the standard. Within one, the standard's routes take `{tenant}~{transaction}` as prefix. */
export const TRANSACTION_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/transactions',
    answer: async ({ catalog, scope, signal }) => ok({ transaction: await catalog.spaces.begin(scope.tenant, signal) }),
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/commit',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      return ok({ schemaVersion: await request.catalog.spaces.commit(tenant, transaction, request.signal) })
    },
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/rollback',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      await request.catalog.spaces.rollback(tenant, transaction, request.signal)
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/savepoint',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      const body = bodyObject(request)
      const action = text(body.action, 'action')
      if (action !== 'set' && action !== 'release' && action !== 'rollback')
        throw badRequest(`Unknown action: ${action}`)
      await request.catalog.spaces.savepoint(tenant, transaction, action, text(body.name, 'name'), request.signal)
      return NO_CONTENT
    },
  },
]

function inTransaction({ scope }: CatalogRequest): { tenant: string; transaction: string } {
  if (scope.transaction === null) throw badRequest('A transaction is needed: {tenant}~{transaction}')
  return { tenant: scope.tenant, transaction: scope.transaction }
}
