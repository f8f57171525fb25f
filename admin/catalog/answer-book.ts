import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store, Stored } from '../../proxy/store/store.ts'
import type { Access } from './access.ts'
import { badRequest, unavailable, unprocessable } from './problem.ts'
import type { Answer, KeptTable } from './route/route.ts'

/**
 * Idempotency-Key: what was answered to a request is kept, and given again to who sends it once more, without doing
 * anything. id: `${tenant}/${key}`.
 * https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml (idempotency-key)
 */
type Entry = {
  /** What the key was first used for, and by whom. */
  request: string
  expiresAt: string
  /** Null while it is being worked out; for good, when nobody knows how it ended. */
  answer: KeptAnswer | null
}

export type KeptAnswer = Omit<Answer, 'kept'> | KeptTable

export type AnswerBook = {
  /** Runs `run` the first time; it answers for what the client did wrong, and throws what is our fault. */
  once(asked: AskedWithKey, run: () => Promise<Answer>, again: (kept: KeptAnswer) => Promise<Answer>): Promise<Answer>
  /** Forgets what is too old to be asked for. */
  collect(signal?: AbortSignal): Promise<number>
}

export type AskedWithKey = {
  tenant: string
  key: string
  who: Access
  /** Method, address, headers that matter, body. */
  parts: readonly (string | Uint8Array)[]
}

/** As config tells it; clients use a key no longer than that. */
export const KEY_LIFETIME = 'PT30M'
const KEY_LIFE_MS = 30 * 60_000
/** For clocks that differ. */
const KEY_GRACE_MS = 60_000
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Of one tenant, made by this process. */
const KEYS_MAX = 4096
const WAIT_MS_MAX = 10_000
const POLL_MS = 50

export function answerBook(store: Store): AnswerBook {
  const made = new Map<string, string[]>()

  async function begin(id: string, entry: Entry): Promise<{ mine: Stored<Entry> } | { other: Stored<Entry> }> {
    if (await store.insert('lake_answer', id, entry)) {
      const stored = await store.get<Entry>('lake_answer', id)
      if (stored !== null) return { mine: stored }
      return begin(id, entry)
    }
    const other = await store.get<Entry>('lake_answer', id)
    if (other === null) return begin(id, entry)
    if (Date.parse(other.value.expiresAt) > Date.now()) return { other }
    await store.remove('lake_answer', id, other.revision)
    return begin(id, entry)
  }

  async function bound(tenant: string, id: string): Promise<void> {
    const ids = made.get(tenant) ?? []
    made.set(tenant, ids)
    ids.push(id)
    const oldest = ids.length > KEYS_MAX ? ids.shift() : undefined
    if (oldest !== undefined) await store.remove('lake_answer', oldest)
  }

  async function finished(stored: Stored<Entry>): Promise<KeptAnswer> {
    const until = Date.now() + WAIT_MS_MAX
    for (let entry: Stored<Entry> | null = stored; entry !== null; ) {
      if (entry.value.answer !== null) return entry.value.answer
      if (Date.now() > until) break
      await sleep(POLL_MS)
      entry = await store.get<Entry>('lake_answer', stored.id)
    }
    // No 409: to a client that means that nothing was done, and it would remove files that may be in use.
    throw unavailable('What became of the first request with this key is not known')
  }

  return {
    once: async ({ tenant, key, who, parts }, run, again) => {
      if (!KEY.test(key)) throw badRequest('Invalid Idempotency-Key: not a UUID')
      const id = `${tenant}/${key.toLowerCase()}`
      const request = digest([identityOf(who), ...parts])
      const expiresAt = new Date(Date.now() + KEY_LIFE_MS + KEY_GRACE_MS).toISOString()
      const begun = await begin(id, { request, expiresAt, answer: null })
      if ('other' in begun) {
        if (begun.other.value.request !== request)
          throw unprocessable('The Idempotency-Key was used for another request before')
        return again(await finished(begun.other))
      }
      await bound(tenant, id)
      const answer = await run()
      const { kept, ...whole } = answer
      await store.replace<Entry>('lake_answer', id, { request, expiresAt, answer: kept ?? whole }, begun.mine.revision)
      return answer
    },
    collect: async (signal) => {
      let collected = 0
      for (let after = ''; ; ) {
        const page = await store.list<Entry>('lake_answer', { after }, signal)
        if (page.length === 0) return collected
        for (const { id, value, revision } of page)
          if (Date.parse(value.expiresAt) < Date.now() && (await store.remove('lake_answer', id, revision))) collected++
        after = page.at(-1)!.id
      }
    },
  }
}

function identityOf(who: Access): string {
  if (who.kind === 'service') return who.service
  return JSON.stringify([who.tenant, who.readOnly, who.schemas === null ? null : [...who.schemas].sort()])
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\n`).update(part)
  return hash.digest('hex')
}
