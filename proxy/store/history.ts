import { z } from 'zod'

/**
 * One statement of a tenant, as it is remembered. id in the store: `${tenant}/${order}-${queryId}`, where `order` falls
 * with time, so that a list begins with the latest.
 */
export const HistoryEntry = z.object({
  tenant: z.string(),
  user: z.string(),
  queryId: z.string(),
  text: z.string(),
  engine: z.string(),
  why: z.string().nullable(),
  reason: z.string().nullable(),
  bytesEstimated: z.number().nullable(),
  rowsEstimated: z.number().nullable(),
  filesEstimated: z.number().nullable(),
  filesTotal: z.number().nullable(),
  startedAt: z.string(),
  firstRowMs: z.number().nullable(),
  durationMs: z.number(),
  rows: z.number(),
  bytes: z.number(),
  code: z.string().nullable(),
  fault: z.string().nullable(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

const MOMENT_MS_MAX = 9_999_999_999_999

export function historyOrder(momentMs: number): string {
  return String(MOMENT_MS_MAX - momentMs).padStart(13, '0')
}

export function historyId({
  tenant,
  startedAt,
  queryId,
}: Pick<HistoryEntry, 'tenant' | 'startedAt' | 'queryId'>): string {
  return `${tenant}/${historyOrder(Date.parse(startedAt))}-${queryId}`
}
