import { setTimeout as sleep } from 'node:timers/promises'
import type { Http } from './http.ts'

/** What is known of the coordinator without asking it now. */
export type Health = {
  /** in words; null: it answers, or nobody knows yet */
  problem(): string | null
  /** A statement could not be sent. */
  failed(): void
  close(): void
}

const POLL_MS = 5_000
const POLL_AFTER_FAILURE_MS = 1_000
const ANSWER_MS_MAX = 3_000
/** One poll may get lost when the machine is busy. */
const MISSES_MAX = 2

export function watchHealth(http: Http, pollMs: number = POLL_MS): Health {
  const closed = new AbortController()
  let problem: string | null = null
  let misses = 0

  async function poll(): Promise<void> {
    try {
      const { status, body } = await http.request({
        method: 'GET',
        path: '/v1/info',
        headers: {},
        timeoutMs: ANSWER_MS_MAX,
        signal: closed.signal,
      })
      if (status !== 200) throw new Error(`status ${status}`)
      misses = 0
      const { starting } = JSON.parse(body.toString()) as { starting?: boolean }
      problem = starting === true ? 'it is starting' : null
    } catch {
      if (++misses >= MISSES_MAX) problem = 'it does not answer'
    }
  }

  async function watch(): Promise<void> {
    while (!closed.signal.aborted) {
      await poll()
      const wait = misses > 0 ? Math.min(pollMs, POLL_AFTER_FAILURE_MS) : pollMs
      await sleep(wait, undefined, { signal: closed.signal, ref: false }).catch(() => {})
    }
  }
  void watch()

  return {
    problem: () => problem,
    failed() {
      misses = MISSES_MAX
      problem = 'it does not answer'
    },
    close: () => closed.abort(),
  }
}
