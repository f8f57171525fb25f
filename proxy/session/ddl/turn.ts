import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Transactions that change definitions take turns, a tenant at a time: in the twin each reads what all relations are, so of two at
 * once one would wait for the other's locks, or take the other's changes for its own. Whoever waits too long goes on: a client
 * may hold one transaction open while it works in another, and what cannot be serialised then fails with 40001 or 40P01.
 */
const TURN_WAIT_MS = 15_000

export class Turns {
  private readonly last = new Map<string, Promise<void>>()

  /** Waits until those who came before are done; what it returns is to be called when this one is. */
  async take(tenant: string, signal: AbortSignal): Promise<() => void> {
    const before = this.last.get(tenant)
    let done = (): void => {}
    const mine = new Promise<void>((resolve) => {
      done = resolve
    })
    const all = Promise.all([before, mine]).then(() => {
      if (this.last.get(tenant) === all) this.last.delete(tenant)
    })
    this.last.set(tenant, all)
    if (before === undefined) return done
    const stop = new AbortController()
    try {
      await Promise.race([before, sleep(TURN_WAIT_MS, undefined, { signal: AbortSignal.any([signal, stop.signal]) })])
    } catch (error) {
      done()
      throw error
    } finally {
      stop.abort()
    }
    return done
  }
}
