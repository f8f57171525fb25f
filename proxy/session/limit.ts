import { PgError } from '../error.ts'

/** What a tenant may do at a time in one proxy; null: as much as it likes. */
export type TenantLimits = {
  /** sessions with a statement at an engine */
  readonly statementsMax: number | null
  /** that may wait for it, and for how long */
  readonly queuedMax: number
  readonly queueMs: number
  /** longest a statement may run */
  readonly statementMs: number | null
  /** most that a statement may read */
  readonly scanBytesMax: number | null
}

export const NO_LIMITS: TenantLimits = {
  statementsMax: null,
  queuedMax: 0,
  queueMs: 0,
  statementMs: null,
  scanBytesMax: null,
}

export interface LimitsOfTenants {
  /** As last read, at once; what is old is read anew meanwhile. */
  of(tenant: string): TenantLimits
}

export type AdmissionStatus = { readonly running: number; readonly waiting: number }

type Waiter = { readonly session: object; readonly limits: TenantLimits; readonly signal: AbortSignal }
type Waiting = { readonly go: () => void }
type Line = { readonly holders: Map<object, number>; readonly waiting: Waiting[] }

/**
 * Lets so many sessions of a tenant have statements at engines, and the others wait in line. A session that is in may have
 * more of them: its cursors would otherwise stand in its own way.
 */
export class Admission {
  private readonly limits: LimitsOfTenants
  private readonly lines = new Map<string, Line>()

  constructor(limits: LimitsOfTenants) {
    this.limits = limits
  }

  status(): AdmissionStatus {
    let [running, waiting] = [0, 0]
    for (const line of this.lines.values()) {
      running += line.holders.size
      waiting += line.waiting.length
    }
    return { running, waiting }
  }

  /** Gives what ends the stay; it may be called more than once. */
  async enter(tenant: string, session: object, signal: AbortSignal): Promise<() => void> {
    const limits = this.limits.of(tenant)
    const line = this.lines.get(tenant) ?? { holders: new Map(), waiting: [] }
    this.lines.set(tenant, line)
    const { holders, waiting } = line
    const isFull = limits.statementsMax !== null && holders.size >= limits.statementsMax
    if (isFull && !holders.has(session)) {
      if (waiting.length >= limits.queuedMax) throw tooMany(limits)
      await this.wait(line, { session, limits, signal })
    } else {
      holders.set(session, (holders.get(session) ?? 0) + 1)
    }
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.leave(tenant, line, session)
    }
  }

  private async wait(line: Line, { session, limits, signal }: Waiter): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const place: Waiting = {
      go: () => {
        line.holders.set(session, (line.holders.get(session) ?? 0) + 1)
        resolve()
      },
    }
    line.waiting.push(place)
    const timer = setTimeout(() => reject(tooLong(limits)), limits.queueMs)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      await promise
    } catch (error) {
      const index = line.waiting.indexOf(place)
      if (index >= 0) line.waiting.splice(index, 1)
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  private leave(tenant: string, line: Line, session: object): void {
    const left = (line.holders.get(session) ?? 1) - 1
    if (left > 0) {
      line.holders.set(session, left)
      return
    }
    line.holders.delete(session)
    line.waiting.shift()?.go()
    if (line.holders.size === 0 && line.waiting.length === 0) this.lines.delete(tenant)
  }
}

function tooMany({ statementsMax, queuedMax }: TenantLimits): PgError {
  return new PgError('53300', 'too many statements at a time', {
    detail: `${statementsMax} sessions may run statements over tables, and ${queuedMax} more may wait.`,
    hint: 'Try again later.',
    fault: 'limit',
  })
}

function tooLong({ queueMs }: TenantLimits): PgError {
  return new PgError('53300', 'too many statements at a time', {
    detail: `The statement has waited ${queueMs} ms for its turn.`,
    hint: 'Try again later.',
    fault: 'limit',
  })
}
