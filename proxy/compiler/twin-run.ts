import type { Batch } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import { decodeBackend, type SendableMessage } from '../wire/client.ts'
import type { Frame } from '../wire/frame.ts'
import type { Bind, Settings, TwinRun, TwinStatement } from './compiler.ts'
import type { Backend } from './twin/backend.ts'

/** What one statement that the twin answers may give. */
export const TWIN_ROWS_MAX = 1_000_000
export const TWIN_RESULT_BYTES_MAX = 256 * 1024 * 1024
const BATCH_BYTES = 64 * 1024
/** Read so much ahead of the client, then wait. */
const AHEAD_BYTES_MAX = 1024 * 1024

const DATA_ROW = 'D'.charCodeAt(0)
const COMMAND_COMPLETE = 'C'.charCodeAt(0)
const PORTAL_SUSPENDED = 's'.charCodeAt(0)
const EMPTY_QUERY = 'I'.charCodeAt(0)

/**
 * Runs an analysed SELECT in a backend, and hands its DataRow messages on as they come. `ended` is called once, when the
 * backend is free again. Resolves when the first batch or the end is there, so that an error before comes before any row.
 */
export async function runInTwin(
  backend: Backend,
  request: { statement: TwinStatement; bind: Bind; settings: Settings; isPinned: boolean; isKept?: boolean },
  signal: AbortSignal,
  ended: () => void,
): Promise<TwinRun> {
  const { statement, bind, settings, isPinned, isKept = false } = request
  const rows = new RowStream(backend, signal, { isPinned, isKept })
  const execute: SendableMessage[] = [
    { kind: 'Parse', statement: '', sql: statement.sql, parameterTypes: statement.parameterTypes },
    {
      kind: 'Bind',
      portal: '',
      statement: '',
      formats: bind.formats,
      values: bind.values,
      resultFormats: bind.resultFormats,
    },
    { kind: 'Execute', portal: '', rowsMax: TWIN_ROWS_MAX },
    { kind: 'Sync' },
  ]
  // A pinned transaction may write; what a SELECT calls may not.
  const messages: SendableMessage[] = isPinned
    ? [
        { kind: 'Query', sql: 'SAVEPOINT lakewire_query; SET LOCAL transaction_read_only = on' },
        ...execute,
        { kind: 'Query', sql: 'RELEASE SAVEPOINT lakewire_query' },
      ]
    : execute
  const done = backend
    .send(messages, isPinned ? 3 : 1, settings, (frame) => rows.take(frame), rows.signal)
    .then(
      () => rows.end(null),
      (error) => rows.end(error),
    )
    .finally(ended)
  void done
  await rows.first()
  return { batches: rows.batches(), tag: () => rows.tag }
}

class RowStream {
  tag = ''
  readonly signal: AbortSignal
  readonly #backend: Backend
  readonly #isPinned: boolean
  /** Other statements will come to this very backend, perhaps before these rows have been taken: they wait here, not there. */
  readonly #isKept: boolean
  readonly #stop = new AbortController()
  readonly #ready: Batch[] = []
  #frames: Uint8Array[] = []
  #frameBytes = 0
  #aheadBytes = 0
  #bytes = 0
  #refusal: PgError | null = null
  /** nobody wants what is still to come */
  #unwanted = false
  #ended = false
  #error: unknown = null
  /** between BindComplete and CommandComplete: a pinned statement has others around it */
  #rowsMayCome = false
  #wake: (() => void) | null = null

  constructor(backend: Backend, signal: AbortSignal, kind: { isPinned: boolean; isKept: boolean }) {
    this.#backend = backend
    this.#isPinned = kind.isPinned
    this.#isKept = kind.isKept
    this.signal = AbortSignal.any([signal, this.#stop.signal])
  }

  take(frame: Frame): void {
    if (frame.type === DATA_ROW) this.#row(frame.bytes)
    else if (frame.type === COMMAND_COMPLETE && this.#rowsMayCome) this.#complete(frame)
    else if (frame.type === PORTAL_SUSPENDED) this.#refuse(`the result has more than ${TWIN_ROWS_MAX} rows`)
    else if (frame.type === BIND_COMPLETE) this.#rowsMayCome = true
    else if (frame.type === EMPTY_QUERY) this.#rowsMayCome = false
  }

  #complete(frame: Frame): void {
    const message = decodeBackend(frame)
    if (message.kind === 'CommandComplete') this.tag = message.tag
    this.#rowsMayCome = false
  }

  #row(bytes: Uint8Array): void {
    if (this.#unwanted) return
    this.#bytes += bytes.length
    this.#frames.push(bytes)
    this.#frameBytes += bytes.length
    if (this.#bytes > TWIN_RESULT_BYTES_MAX) {
      this.#refuse('the result is too large')
      this.#unwanted = true
      this.#stop.abort()
    }
    if (this.#frameBytes >= BATCH_BYTES) this.#flush()
  }

  #flush(): void {
    if (this.#frames.length === 0) return
    const batch = { bytes: Buffer.concat(this.#frames, this.#frameBytes), rows: this.#frames.length }
    this.#ready.push(batch)
    this.#aheadBytes += batch.bytes.length
    this.#frames = []
    this.#frameBytes = 0
    if (this.#aheadBytes > AHEAD_BYTES_MAX && !this.#isKept) this.#backend.connection.pause()
    this.#wake?.()
  }

  #refuse(why: string): void {
    this.#refusal ??= new PgError('54000', why, { fault: 'limit' })
  }

  end(error: unknown): void {
    this.#error = this.#refusal ?? error
    this.#flush()
    this.#ended = true
    this.#wake?.()
  }

  async first(): Promise<void> {
    while (this.#ready.length === 0 && !this.#ended) await this.#more()
    if (this.#ready.length === 0 && this.#error !== null) throw this.#error
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = null
  }

  async *batches(): AsyncGenerator<Batch> {
    try {
      for (;;) {
        const batch = this.#ready.shift()
        if (batch) {
          this.#aheadBytes -= batch.bytes.length
          if (this.#aheadBytes <= AHEAD_BYTES_MAX) this.#backend.connection.resume()
          yield batch
        } else if (this.#ended) {
          if (this.#error !== null) throw this.#error
          return
        } else await this.#more()
      }
    } finally {
      // The reader has had enough. To cancel the statement would fail a pinned transaction: its rows are let go by instead.
      this.#unwanted = true
      if (!this.#ended && !this.#isPinned && !this.#isKept) this.#stop.abort()
      else this.#backend.connection.resume()
      while (this.#isPinned && !this.#ended) await this.#more()
    }
  }
}

const BIND_COMPLETE = '2'.charCodeAt(0)
