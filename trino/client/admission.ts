/** How many statements run at a time, of one tenant and in all; others wait their turn, but not for ever. */
export type AdmissionLimits = {
  runningMax: number
  runningPerTenantMax: number
  waitingMax: number
  waitMsMax: number
}

export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

type Waiter = { tenant: string; admit(): void }

export class Admission {
  readonly #limits: AdmissionLimits
  readonly #runningOf = new Map<string, number>()
  readonly #waiting: Waiter[] = []
  #running = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves to what gives the place back; rejects with QueueFull, or when `signal` aborts with its reason. */
  async enter(tenant: string, signal: AbortSignal, onWait: () => void): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#hasRoom(tenant)) return this.#admit(tenant)
    if (this.#waiting.length >= this.#limits.waitingMax) throw new QueueFull('too many wait already')
    onWait()
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        const at = this.#waiting.indexOf(waiter)
        if (at >= 0) this.#waiting.splice(at, 1)
      }
      const onAbort = () => {
        leave()
        reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        tenant,
        admit: () => {
          leave()
          resolve(this.#admit(tenant))
        },
      }
      const timer = setTimeout(() => {
        leave()
        reject(new QueueFull('waited too long'))
      }, this.#limits.waitMsMax)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
    })
  }

  #hasRoom(tenant: string): boolean {
    const { runningMax, runningPerTenantMax } = this.#limits
    return this.#running < runningMax && (this.#runningOf.get(tenant) ?? 0) < runningPerTenantMax
  }

  #admit(tenant: string): () => void {
    this.#running++
    this.#runningOf.set(tenant, (this.#runningOf.get(tenant) ?? 0) + 1)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      this.#running--
      const left = (this.#runningOf.get(tenant) ?? 1) - 1
      if (left === 0) this.#runningOf.delete(tenant)
      else this.#runningOf.set(tenant, left)
      // a tenant that has used up its share does not hold up those behind it
      this.#waiting.find((waiter) => this.#hasRoom(waiter.tenant))?.admit()
    }
  }
}
