import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Engine, EngineName, EngineStatus, Run, RunOptions } from '../../proxy/engine/engine.ts'
import type { PgError } from '../../proxy/error.ts'
import type { EngineSql } from '../../proxy/print/engine-sql.ts'
import { textRow } from '../../proxy/session/rows.ts'

export type Answer = {
  /** rows of one column, counting from 1 */
  rows?: number
  rowsPerBatch?: number
  /** characters that each value is filled up to */
  width?: number
  affected?: number
  delayMs?: number
  /** begins with it */
  until?: Promise<void>
  batchDelayMs?: number
  /** tells how far it has come before each batch */
  progress?: boolean
  error?: PgError
  /** instead of an end */
  errorAfterRows?: PgError
}

/** An engine that computes nothing: each statement gets the next answer laid out for it, or the usual one. */
export class FakeEngine implements Engine {
  readonly name: EngineName
  problem: string | null = null
  usual: Answer = { rows: 3, affected: 1 }
  readonly next: Answer[] = []
  readonly ran: { sql: EngineSql; options: RunOptions }[] = []
  readonly forgotten: (string | undefined)[] = []
  /** Iterations that have begun and have not ended. */
  running = 0
  batchesMade = 0

  constructor(name: EngineName = 'duckdb') {
    this.name = name
  }

  async run(sql: EngineSql, options: RunOptions): Promise<Run> {
    this.ran.push({ sql, options })
    const answer = this.next.shift() ?? this.usual
    if (answer.delayMs !== undefined) {
      await sleep(answer.delayMs, undefined, { signal: options.signal }).catch(() => {
        throw options.signal.reason
      })
    }
    await answer.until
    if (answer.error !== undefined) throw answer.error
    return {
      batches: this.batches(answer, options),
      rowsAffected: () => (sql.countOf === null ? null : (answer.affected ?? 0)),
    }
  }

  status(): EngineStatus {
    return { problem: this.problem, running: this.running, queued: 0 }
  }

  reset(): void {
    this.usual = { rows: 3, affected: 1 }
    this.problem = null
    this.next.length = 0
    this.ran.length = 0
    this.forgotten.length = 0
    this.batchesMade = 0
  }

  async forget(_tenant: string, transaction?: string): Promise<void> {
    this.forgotten.push(transaction)
  }

  async close(): Promise<void> {}

  private async *batches(answer: Answer, { signal, onProgress }: RunOptions): AsyncGenerator<Batch> {
    const { rows = 0, rowsPerBatch = 2, width = 0 } = answer
    this.running += 1
    try {
      for (let from = 1; from <= rows; from += rowsPerBatch) {
        if (answer.batchDelayMs !== undefined) await sleep(answer.batchDelayMs)
        if (answer.progress) onProgress?.({ state: 'running', fraction: 0.5, rowsRead: 5, bytesRead: 1024 ** 2 })
        signal.throwIfAborted()
        const count = Math.min(rowsPerBatch, rows - from + 1)
        const messages = Array.from({ length: count }, (_, index) => textRow([String(from + index).padEnd(width, ' ')]))
        this.batchesMade += 1
        yield { bytes: Buffer.concat(messages), rows: count }
      }
      if (answer.errorAfterRows !== undefined) throw answer.errorAfterRows
    } finally {
      this.running -= 1
    }
  }
}
