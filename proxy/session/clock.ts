import { PgError } from '../error.ts'

/** `ms` 0: no limit. */
export type TimeLimit = { readonly ms: number; error(): PgError }

/**
 * Gives each statement an AbortSignal of its own. A cancel that comes when no statement runs, or after the one it was
 * meant for, finds nothing to abort: there is no flag that a later statement could trip over.
 */
export class StatementClock {
  private running: AbortController | null = null
  private timer: NodeJS.Timeout | undefined
  private readonly closed: AbortSignal

  constructor(closed: AbortSignal) {
    this.closed = closed
    closed.addEventListener('abort', () => this.running?.abort(closed.reason), { once: true })
  }

  start(limit: TimeLimit): AbortSignal {
    this.stop()
    const controller = new AbortController()
    this.running = controller
    if (limit.ms > 0) {
      this.timer = setTimeout(() => controller.abort(limit.error()), limit.ms)
      this.timer.unref()
    }
    if (this.closed.aborted) controller.abort(this.closed.reason)
    return controller.signal
  }

  stop(): void {
    clearTimeout(this.timer)
    this.running = null
  }

  /** Whoever worked under the signal may word its end otherwise: the client is told why it was given. */
  explain(error: unknown): unknown {
    const signal = this.running?.signal
    const isEnd =
      error instanceof PgError ? error.code === '57014' : error instanceof Error && error.name === 'AbortError'
    return signal?.aborted && isEnd ? signal.reason : error
  }

  cancel(): void {
    this.running?.abort(new PgError('57014', 'canceling statement due to user request'))
  }
}
