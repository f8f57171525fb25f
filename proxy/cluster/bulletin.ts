import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { PgError } from '../error.ts'
import type { Log } from '../observe/log.ts'
import type { Store } from '../store/store.ts'
import { BULLETIN_POLL_MS, NOTICES_MAX, POST_ATTEMPTS_MAX, STORE_MS } from './limits.ts'

/**
 * One document of the store on which an admin pins what every proxy must do. To look whether there is something new costs
 * one small read, however many accounts there are.
 */
export type Notice = {
  /** Counts up; none is left out. */
  number: number
  tenant: string
  /** null: the tenant itself is dropped or suspended, and with it everything that proxies keep for it */
  user: string | null
}

const Bulletin = z.object({
  notices: z.array(z.object({ number: z.int(), tenant: z.string(), user: z.string().nullable() })),
})
type Bulletin = z.infer<typeof Bulletin>

const ID = 'account'

/** Sessions of the tenant, or of one user, are to end everywhere. The notice's number. */
export async function postNotice(store: Store, tenant: string, user: string | null): Promise<number> {
  for (let attempt = 0; attempt < POST_ATTEMPTS_MAX; attempt++) {
    const stored = await store.get<Bulletin>('bulletin', ID)
    const notices = stored === null ? [] : Bulletin.parse(stored.value).notices
    const number = (notices.at(-1)?.number ?? 0) + 1
    const value: Bulletin = { notices: [...notices, { number, tenant, user }].slice(-NOTICES_MAX) }
    const done =
      stored === null
        ? await store.insert('bulletin', ID, value)
        : await store.replace('bulletin', ID, value, stored.revision)
    if (done) return number
    await sleep(Math.random() * 2 ** Math.min(attempt, 6))
  }
  throw new PgError('58000', 'the metadata store has too many writers', { fault: 'store' })
}

export type BulletinReader = { close(): Promise<void> }

export type BulletinOptions = {
  log: Log
  onNotice(notice: Notice): Promise<void>
  /** Notices may have been missed: whatever is open must be looked at. */
  onMissed(): Promise<void>
  /** Everything up to this one has been done. */
  onDone(number: number): Promise<void>
}

/** Follows the bulletin from now on. While the store is away nothing is heard, and all of it is when it is back. */
export async function followBulletin(store: Store, options: BulletinOptions): Promise<BulletinReader> {
  const stop = new AbortController()
  let revision: number | null = null
  let seen = 0

  async function read(): Promise<Notice[]> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(STORE_MS)])
    if ((await store.revision('bulletin', ID, signal)) === revision) return []
    const stored = await store.get<Bulletin>('bulletin', ID, signal)
    revision = stored?.revision ?? null
    return stored === null ? [] : Bulletin.parse(stored.value).notices
  }

  async function look(): Promise<void> {
    const notices = await read()
    const fresh = notices.filter(({ number }) => number > seen)
    const [first] = fresh
    const last = fresh.at(-1)
    if (first === undefined || last === undefined) return
    if (first.number > seen + 1) await options.onMissed()
    else await Promise.all(fresh.map((notice) => options.onNotice(notice)))
    seen = last.number
    await options.onDone(seen)
  }

  async function follow(): Promise<void> {
    let isTrouble = false
    while (!stop.signal.aborted) {
      await sleep(BULLETIN_POLL_MS, undefined, { signal: stop.signal }).catch(() => {})
      if (stop.signal.aborted) return
      try {
        await look()
        isTrouble = false
      } catch (error) {
        // What could not be done is tried again: the revision is forgotten, the notice not yet seen.
        revision = null
        if (!isTrouble && !stop.signal.aborted) options.log.warn({ error }, 'the bulletin cannot be read')
        isTrouble = true
      }
    }
  }

  // Nobody is there yet whom older notices could mean.
  seen = (await read()).at(-1)?.number ?? 0
  if (seen > 0) await options.onDone(seen)
  const following = follow()
  return {
    close: async () => {
      stop.abort()
      await following
    },
  }
}
