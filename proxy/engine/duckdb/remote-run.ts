import type { PgError } from '../../error.ts'
import type { EngineSql } from '../../print/engine-sql.ts'
import type { Batch, Run, RunOptions } from '../engine.ts'
import type { EngineProcess } from './process.ts'
import type { StagedFile } from './staged.ts'

/**
 * A run in a child process, as its reader sees it. The child makes at most ENGINE_BATCHES_AHEAD batches that have not been
 * taken: so many may wait here, and a slow reader blocks nobody else on the pipe. `ended` is told however it ends.
 */
export function startRunOn(
  child: EngineProcess,
  sql: EngineSql,
  { signal, transaction, format, style, rowsMax }: Omit<RunOptions, 'staged'>,
  staged: StagedFile | null,
): { run: Promise<Run>; ended: Promise<void> } {
  const waiting: Batch[] = []
  let isEnded = false
  let failure: PgError | null = null
  let rowsAffected: number | null = null
  let wake: () => void = () => {}
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>()

  const cancel = () => control.cancel()
  const finish = () => {
    isEnded = true
    signal.removeEventListener('abort', cancel)
    wake()
    resolveEnded()
  }
  const control = child.run(
    { sql, transaction, format, style, rowsMax, staged },
    {
      batch(batch) {
        waiting.push(batch)
        wake()
      },
      end(reply) {
        rowsAffected = reply.rowsAffected
        finish()
      },
      fail(error) {
        failure = error
        finish()
      },
    },
  )
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()

  const somethingArrived = async () => {
    while (waiting.length === 0 && !isEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  const batches: AsyncIterableIterator<Batch> = {
    [Symbol.asyncIterator]: () => batches,
    async next() {
      await somethingArrived()
      // after a cancel nothing more is handed out, though it may have been made
      const batch = failure === null || !signal.aborted ? waiting.shift() : undefined
      if (batch !== undefined) {
        control.credit()
        return { done: false, value: batch }
      }
      if (failure !== null) throw failure
      return { done: true, value: undefined }
    },
    async return() {
      waiting.length = 0
      cancel()
      return { done: true, value: undefined }
    },
  }

  const firstArrived = async (): Promise<Run> => {
    await somethingArrived()
    if (waiting.length === 0 && failure !== null) throw failure
    return { batches, rowsAffected: () => rowsAffected }
  }
  return { run: firstArrived(), ended }
}
