import { setTimeout as sleep } from 'node:timers/promises'
import { MongoError, MongoServerError } from 'mongodb'
import { PgError } from '../../error.ts'
import { PAUSE_FIRST_MS, PAUSE_MS_MAX } from './limits.ts'

export type Op = { limitMs: number; isWrite: boolean; signal: AbortSignal | undefined }

/**
 * Tries until it is done, time is up or the caller has had enough. `isAgain` says that an attempt before this one may have
 * reached the server: what it finds there may be its own doing. The driver cannot be interrupted, so nobody waits for it.
 */
export async function attempts<T>(op: Op, work: (isAgain: boolean) => Promise<T>): Promise<T> {
  op.signal?.throwIfAborted()
  const timeUp = new AbortController()
  const timer = setTimeout(() => timeUp.abort(), op.limitMs)
  const stopped = op.signal === undefined ? timeUp.signal : AbortSignal.any([op.signal, timeUp.signal])
  let mayHaveArrived = false
  let last: unknown
  try {
    for (let pauseMs = PAUSE_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        return await unlessStopped(work(mayHaveArrived), stopped)
      } catch (error) {
        if (error instanceof PgError) throw error
        if (stopped.aborted) mayHaveArrived = true
        else {
          mayHaveArrived ||= mayHaveReached(error)
          // A client that could not connect at first is closed then, which says nothing of why.
          if (!isPassing(error)) throw isClosed(error) ? (last ?? error) : error
          last = error
          await sleep(pauseMs, undefined, { signal: stopped }).catch(() => {})
        }
        op.signal?.throwIfAborted()
        if (stopped.aborted) throw last ?? error
      }
    }
  } catch (error) {
    if (error instanceof PgError || op.signal?.aborted === true) throw error
    if (op.isWrite && mayHaveArrived && (timeUp.signal.aborted || !(error instanceof MongoServerError)))
      throw unknownOutcome(error)
    throw new PgError('58000', 'the metadata store is not available', { fault: 'store', cause: error })
  } finally {
    clearTimeout(timer)
  }
}

export function unknownOutcome(cause?: unknown): PgError {
  return new PgError('08007', 'the outcome of a change to the metadata store is unknown', {
    hint: 'Look whether it was made before you try again.',
    fault: 'store',
    cause,
  })
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY
}
const DUPLICATE_KEY = 11_000

function unlessStopped<T>(work: Promise<T>, stopped: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(stopped.reason)
    if (stopped.aborted) stop()
    stopped.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => stopped.removeEventListener('abort', stop))
  })
}

/** Errors before anything is sent: no server to be found, no connection to be had. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'MongoServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
])

function mayHaveReached(error: unknown): boolean {
  if (!(error instanceof MongoError)) return true
  return !NEVER_SENT.has(error.name) && !('beforeHandshake' in error && error.beforeHandshake === true)
}

/**
 * A server that answers has refused for good, but for these: it goes down, is no longer the primary, or has written what it
 * cannot yet promise to keep. https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md
 */
const PASSING_CODES: ReadonlySet<number> = new Set([
  6, 7, 64, 89, 91, 112, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
])

function isPassing(error: unknown): boolean {
  if (error instanceof MongoServerError) return typeof error.code === 'number' && PASSING_CODES.has(error.code)
  return error instanceof MongoError && !isClosed(error)
}

function isClosed(error: unknown): boolean {
  return error instanceof MongoError && CLOSED.has(error.name)
}
const CLOSED: ReadonlySet<string> = new Set(['MongoClientClosedError', 'MongoTopologyClosedError'])
