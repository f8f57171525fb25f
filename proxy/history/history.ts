import { setInterval, setTimeout } from 'node:timers'
import type { Log } from '../observe/log.ts'
import type { StatementRecord } from '../observe/record.ts'
import { type HistoryEntry, historyId, historyOrder } from '../store/history.ts'
import { LIST_MAX, type Store } from '../store/store.ts'

/**
 * The query history: one document per statement, written behind the statements' back. A store that is slow or away costs
 * the oldest of what waits, never a statement.
 */
export type History = {
  add(record: StatementRecord): void
  /** Records that were never written. */
  dropped(): number
  /** Removes what is too old or too much, of the tenants that have written; done now and then by itself. */
  tidy(): Promise<void>
  /** Writes what waits and ends. */
  close(): Promise<void>
}

export type HistoryOptions = {
  readonly store: Store
  readonly log: Log
  /** How long statements are remembered, and how many of each tenant. */
  readonly keptMs: number
  readonly keptMax: number
}

const WAITING_MAX = 5_000
const TEXT_CHARACTERS_MAX = 8_192
const WRITE_AFTER_MS = 500
const WRITES_AT_ONCE = 8
const WRITE_MS = 10_000
const TIDY_MS = 10 * 60_000
const HOLD_BACK_MS = 5_000

export function openHistory({ store, log, keptMs, keptMax }: HistoryOptions): History {
  const waiting: HistoryEntry[] = []
  const written = new Set<string>()
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | null = null

  function wake(afterMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      writing ??= write().then((isWritten) => {
        writing = null
        if (waiting.length > 0) wake(isWritten ? WRITE_AFTER_MS : HOLD_BACK_MS)
      })
    }, afterMs)
    timer.unref()
  }

  /** False: the store did not take it. */
  async function write(): Promise<boolean> {
    const batch = waiting.splice(0)
    const next = batch.values()
    let failure: unknown = null
    const work = async () => {
      for (const entry of next) {
        try {
          await store.insert('history', historyId(entry), entry, AbortSignal.timeout(WRITE_MS))
          written.add(entry.tenant)
        } catch (error) {
          failure = error
          dropped += 1
          return
        }
      }
    }
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, work))
    if (failure === null) return true
    // What is left of the batch waits in front of what has come meanwhile.
    waiting.unshift(...next)
    log.warn({ error: failure, dropped }, 'history could not be written')
    shorten()
    return false
  }

  function shorten(): void {
    const over = waiting.length - WAITING_MAX
    if (over <= 0) return
    waiting.splice(0, over)
    dropped += over
  }

  async function tidy(): Promise<void> {
    for (const tenant of [...written]) {
      written.delete(tenant)
      await removeAfter(tenant, `${tenant}/${historyOrder(Date.now() - keptMs)}`)
      const last = await nth(tenant, keptMax)
      if (last !== null) await removeAfter(tenant, last)
    }
  }

  /** The id of a tenant's n-th statement from the latest on; null: there are fewer. */
  async function nth(tenant: string, n: number): Promise<string | null> {
    let after: string | undefined
    for (let seen = 0; ; ) {
      const page = await store.list('history', {
        prefix: `${tenant}/`,
        limit: Math.min(LIST_MAX, n - seen),
        ...(after === undefined ? {} : { after }),
      })
      seen += page.length
      after = page.at(-1)?.id
      if (after === undefined || page.length === 0) return null
      if (seen >= n) return after
    }
  }

  async function removeAfter(tenant: string, after: string): Promise<void> {
    for (;;) {
      const page = await store.list('history', { prefix: `${tenant}/`, after })
      for (const { id } of page) await store.remove('history', id)
      if (page.length < LIST_MAX) return
    }
  }

  const tidying = setInterval(() => {
    tidy().catch((error: unknown) => log.warn({ error }, 'old history could not be removed'))
  }, TIDY_MS)
  tidying.unref()

  return {
    add: (record) => {
      if (!record.isNotable) return
      waiting.push(entryOf(record))
      shorten()
      wake(WRITE_AFTER_MS)
    },
    dropped: () => dropped,
    tidy,
    close: async () => {
      clearInterval(tidying)
      clearTimeout(timer)
      await writing
      if (waiting.length > 0) await write()
    },
  }
}

function entryOf(record: StatementRecord): HistoryEntry {
  const { estimate, isNotable: _, startedAt, ...rest } = record
  return {
    ...rest,
    text: record.text.slice(0, TEXT_CHARACTERS_MAX),
    startedAt: startedAt.toISOString(),
    bytesEstimated: estimate?.bytes ?? null,
    rowsEstimated: estimate?.rows ?? null,
    filesEstimated: estimate?.files ?? null,
    filesTotal: estimate?.filesTotal ?? null,
    firstRowMs: record.firstRowMs === null ? null : thousandths(record.firstRowMs),
    durationMs: thousandths(record.durationMs),
  }
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
