import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

/**
 * A process id is 31 bits, as clients take it for a positive number: the proxy's number, so that every proxy knows whose
 * session is meant, and the session's. A proxy that is alone has the number 0.
 */
const SESSION_BITS = 21
const SESSION_MAX = 2 ** SESSION_BITS - 1
export const PROXY_NUMBER_MAX = 2 ** (31 - SESSION_BITS) - 1
const KEY_BYTES = { short: 4, long: 32 } as const

export type CancelEntry = { readonly processId: number; readonly secretKey: Buffer; cancel: () => void }

/** `done`: the key was right. `wrong`: it was not. `foreign`: the session is of the proxy with that number. */
export type CancelOutcome = { kind: 'done' } | { kind: 'wrong' } | { kind: 'foreign'; proxy: number }

/** Who may be cancelled, by process id and key. Keys die with their connection, and no other proxy knows them. */
export class CancelRegistry {
  readonly #entries = new Map<number, CancelEntry>()
  readonly #proxy: () => number
  #next = randomInt(1, SESSION_MAX)

  /** The number may change; sessions keep the one they began with. */
  constructor(proxy: () => number = () => 0) {
    this.#proxy = proxy
  }

  /**
   * Protocol 3.2 has long keys.
   * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
   */
  register(minor: number): CancelEntry {
    const base = this.#proxy() * 2 ** SESSION_BITS
    do this.#next = (this.#next % SESSION_MAX) + 1
    while (this.#entries.has(base + this.#next))
    const secretKey = randomBytes(minor >= 2 ? KEY_BYTES.long : KEY_BYTES.short)
    const entry = { processId: base + this.#next, secretKey, cancel: () => {} }
    this.#entries.set(entry.processId, entry)
    return entry
  }

  release(processId: number): void {
    this.#entries.delete(processId)
  }

  /** The client is told nothing either way. */
  cancel(processId: number, secretKey: Uint8Array): CancelOutcome {
    const entry = this.#entries.get(processId)
    if (entry === undefined) {
      const proxy = processId >>> SESSION_BITS
      return proxy === this.#proxy() || proxy > PROXY_NUMBER_MAX ? { kind: 'wrong' } : { kind: 'foreign', proxy }
    }
    if (entry.secretKey.length !== secretKey.length) return { kind: 'wrong' }
    if (!timingSafeEqual(entry.secretKey, secretKey)) return { kind: 'wrong' }
    entry.cancel()
    return { kind: 'done' }
  }
}
