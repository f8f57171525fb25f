import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

/** A process id is 31 bits: clients take it for a positive number. */
const PROCESS_ID_MAX = 0x7fffffff
const KEY_BYTES = { short: 4, long: 32 } as const

export type CancelEntry = { readonly processId: number; readonly secretKey: Buffer; cancel: () => void }

/** Who may be cancelled, by process id and key. Keys die with their connection. */
export class CancelRegistry {
  readonly #entries = new Map<number, CancelEntry>()
  #next = randomInt(1, PROCESS_ID_MAX)

  /**
   * Protocol 3.2 has long keys.
   * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
   */
  register(minor: number): CancelEntry {
    do this.#next = (this.#next % PROCESS_ID_MAX) + 1
    while (this.#entries.has(this.#next))
    const secretKey = randomBytes(minor >= 2 ? KEY_BYTES.long : KEY_BYTES.short)
    const entry = { processId: this.#next, secretKey, cancel: () => {} }
    this.#entries.set(entry.processId, entry)
    return entry
  }

  release(processId: number): void {
    this.#entries.delete(processId)
  }

  /** Whether the key was right. The client is told nothing either way. */
  cancel(processId: number, secretKey: Uint8Array): boolean {
    const entry = this.#entries.get(processId)
    if (entry === undefined || entry.secretKey.length !== secretKey.length) return false
    if (!timingSafeEqual(entry.secretKey, secretKey)) return false
    entry.cancel()
    return true
  }
}
