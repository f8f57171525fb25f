import type { Tenant } from '../../../proxy/store/account.ts'
import { LIST_MAX, type Store } from '../../../proxy/store/store.ts'
import { pageRequest, pageToken } from '../page.ts'
import { type Answer, ok } from './route.ts'

const LIST = 'tenants'

/** The namespaces at the root of `~`: the tenants, or `only` one. Their transactions are known to who began them only. */
export async function listTenants(
  store: Store,
  only: string | null,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<Answer> {
  if (only !== null) return ok({ namespaces: [[only]], 'next-page-token': null })
  const { after, size } = pageRequest(query, LIST)
  const names: string[] = []
  let last = after ?? ''
  for (;;) {
    const limit = Math.min(LIST_MAX, size - names.length + 1)
    const stored = await store.list<Tenant>('tenant', { after: last, limit }, signal)
    names.push(...stored.filter(({ value }) => !value.suspended).map(({ id }) => id))
    last = stored.at(-1)?.id ?? last
    if (stored.length < limit || names.length > size) break
  }
  const shown = names.slice(0, size)
  return ok({
    namespaces: shown.map((name) => [name]),
    'next-page-token': names.length > size ? pageToken(shown.at(-1)!, LIST) : null,
  })
}
