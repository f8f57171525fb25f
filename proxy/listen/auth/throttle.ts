import { LOGIN_BLOCK_MS, LOGIN_FAILURE_WINDOW_MS, LOGIN_FAILURES_MAX, LOGIN_KEYS_MAX } from '../limits.ts'

type Entry = { failures: number; since: number; blockedUntil: number }

/** Counts failed logins per key and blocks the key for a while. The clock is monotonic milliseconds. */
export class LoginThrottle {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  blocked(key: string): boolean {
    return (this.#entries.get(key)?.blockedUntil ?? 0) > this.#now()
  }

  fail(key: string): void {
    const now = this.#now()
    const known = this.#entries.get(key)
    const entry =
      known !== undefined && now - known.since <= LOGIN_FAILURE_WINDOW_MS
        ? known
        : { failures: 0, since: now, blockedUntil: 0 }
    entry.failures += 1
    if (entry.failures >= LOGIN_FAILURES_MAX)
      Object.assign(entry, { failures: 0, since: now, blockedUntil: now + LOGIN_BLOCK_MS })
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > LOGIN_KEYS_MAX)
      for (const oldest of this.#entries.keys()) return void this.#entries.delete(oldest)
  }

  succeed(key: string): void {
    this.#entries.delete(key)
  }
}

/** No part can run into the next. */
export function throttleKey(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}
