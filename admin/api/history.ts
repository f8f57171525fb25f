import type { z } from 'zod'
import type { HistoryEntry } from '../../proxy/store/history.ts'
import type { Store } from '../../proxy/store/store.ts'
import { requireTenant } from './account.ts'
import type { HistoryPage, HistoryQuery } from './model.ts'

/** What a tenant has run, the latest first. */
export async function readHistory(
  store: Store,
  tenant: string,
  { limit, after }: z.infer<typeof HistoryQuery>,
): Promise<z.infer<typeof HistoryPage>> {
  await requireTenant(store, tenant)
  const prefix = `${tenant}/`
  const most = Number(limit)
  const found = await store.list<HistoryEntry>('history', {
    prefix,
    limit: most,
    ...(after === undefined ? {} : { after: `${prefix}${after}` }),
  })
  const last = found.at(-1)?.id
  return {
    statements: found.map(({ value }) => value),
    next: last === undefined || found.length < most ? null : last.slice(prefix.length),
  }
}
