import { PgError } from '../error.ts'
import { decodeBackend, pgErrorOf, type SendableMessage } from '../wire/client.ts'
import type { BackendMessage } from '../wire/message.ts'
import { type Analysed, type AnalysisRequest, analyseIn } from './analyse.ts'
import type { Catalog } from './catalog.ts'
import type { Notice, Pinned, Settings } from './compiler.ts'
import { type Backend, isForClient, noticeOf, textOf } from './twin/backend.ts'
import { bytesOf } from './twin/connection.ts'
import type { Twin } from './twin/twin.ts'

const COPY_CHUNK_BYTES_MAX = 64 * 1024
/** COPY's output is read so far ahead of who takes it. */
const COPY_AHEAD_MAX = 256

type Result = { rows: (string | null)[][]; tag: string; notices: Notice[] }

/**
 * An open transaction in one backend of the twin. What it changes is seen by this session only; at its end it is always
 * rolled back, and the twin then takes over what the lake has committed, like every other change of the lake: so the twin
 * never holds what the lake does not.
 */
export class PinnedTransaction implements Pinned {
  readonly #twin: Twin
  readonly backend: Backend
  /** those of the session at its last statement */
  settings: Settings
  readonly lakeTransaction: string | null
  readonly #temporary: string
  readonly #ended: () => void
  #catalog: Catalog | null = null
  #isOpen = true

  constructor(
    twin: Twin,
    backend: Backend,
    options: { settings: Settings; lakeTransaction: string | null; temporary: string; ended: () => void },
  ) {
    this.#twin = twin
    this.backend = backend
    this.settings = options.settings
    this.lakeTransaction = options.lakeTransaction
    this.#temporary = options.temporary
    this.#ended = options.ended
  }

  async begin(signal: AbortSignal): Promise<void> {
    await this.backend.rows('BEGIN READ WRITE', this.settings, signal)
  }

  async analyse(request: AnalysisRequest, signal: AbortSignal): Promise<Analysed> {
    this.settings = request.settings
    this.#catalog ??= await this.#twin.ownSnapshot(this.#temporary)
    return await analyseIn(this.backend, this.#catalog, { ...request, lakeTransaction: this.lakeTransaction }, signal)
  }

  async run(sql: string, signal: AbortSignal): Promise<Result> {
    this.#expectOpen()
    // It may have changed any relation.
    this.#catalog = null
    const result: Result = { rows: [], tag: '', notices: [] }
    await this.backend.send(
      [...oneStatement(sql), { kind: 'Sync' }],
      1,
      this.settings,
      (frame) => {
        const message = decodeBackend(frame)
        if (message.kind === 'DataRow') result.rows.push(message.values.map(textOf))
        else if (message.kind === 'CommandComplete') result.tag = message.tag
        else if (message.kind === 'NoticeResponse' && isForClient(message.fields))
          result.notices.push(noticeOf(message.fields))
      },
      signal,
    )
    this.#expectUnended()
    if (result.tag === 'ROLLBACK') this.backend.forgetSettings()
    return result
  }

  async copyIn(
    sql: string,
    data: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ rows: number; notices: Notice[] }> {
    this.#expectOpen()
    const { connection } = this.backend
    let tag = ''
    const notices: Notice[] = []
    let failure: PgError | null = null
    let answered = (): void => {}
    const answer = new Promise<void>((resolve) => {
      answered = resolve
    })
    const exchange = connection.exchange(
      bytesOf(...oneStatement(sql), { kind: 'Flush' }),
      1,
      (frame) => {
        const message = decodeBackend(frame)
        if (message.kind === 'ErrorResponse') failure ??= pgErrorOf(message.fields)
        if (message.kind === 'CommandComplete') tag = message.tag
        if (message.kind === 'NoticeResponse' && isForClient(message.fields)) notices.push(noticeOf(message.fields))
        if (message.kind === 'ErrorResponse' || message.kind === 'CopyInResponse' || message.kind === 'CommandComplete')
          answered()
      },
      signal,
    )
    const over = exchange.finally(answered)
    over.catch(() => {})
    await answer
    try {
      if (failure === null && tag === '') await this.#send(data, () => failure !== null)
      if (connection.usable) await connection.write(bytesOf({ kind: 'Sync' }))
    } catch (error) {
      await connection.write(bytesOf({ kind: 'CopyFail', message: 'the client gave up' }, { kind: 'Sync' }))
      await over.catch(() => {})
      throw error
    }
    await over
    this.#expectUnended()
    if (failure) throw failure
    return { rows: Number(tag.split(' ').at(-1)) || 0, notices }
  }

  async #send(data: AsyncIterable<Uint8Array>, hasFailed: () => boolean): Promise<void> {
    const { connection } = this.backend
    for await (const bytes of data) {
      for (let at = 0; at < bytes.length; at += COPY_CHUNK_BYTES_MAX) {
        if (hasFailed()) break
        await connection.write(bytesOf({ kind: 'CopyData', data: bytes.subarray(at, at + COPY_CHUNK_BYTES_MAX) }))
      }
      if (hasFailed()) break
    }
    if (!hasFailed()) await connection.write(bytesOf({ kind: 'CopyDone' }))
  }

  async *copyOut(sql: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    this.#expectOpen()
    const { connection } = this.backend
    const stop = new AbortController()
    const ready: Uint8Array[] = []
    let ended = false
    let failure: unknown = null
    let wake = (): void => {}
    const onMessage = (message: BackendMessage): void => {
      if (message.kind === 'ErrorResponse') failure ??= pgErrorOf(message.fields)
      if (message.kind !== 'CopyData') return
      ready.push(message.data)
      if (ready.length > COPY_AHEAD_MAX) connection.pause()
      wake()
    }
    const exchange = connection.exchange(
      bytesOf(...oneStatement(sql), { kind: 'Sync' }),
      1,
      (frame) => onMessage(decodeBackend(frame)),
      AbortSignal.any([signal, stop.signal]),
    )
    const over = exchange
      .catch((error) => {
        failure ??= error
      })
      .finally(() => {
        ended = true
        wake()
      })
    try {
      for (;;) {
        const bytes = ready.shift()
        if (bytes) {
          if (ready.length <= COPY_AHEAD_MAX) connection.resume()
          yield bytes
        } else if (ended) break
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
      if (failure !== null) throw failure
    } finally {
      if (!ended) stop.abort()
      await over
      this.#expectUnended()
    }
  }

  async commit(schemaVersion: number): Promise<void> {
    await this.rollback()
    this.#twin.expect(schemaVersion)
  }

  async rollback(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      if (this.backend.connection.usable) await this.backend.rows('ROLLBACK', this.settings)
    } catch (error) {
      // It is thrown away in any case, and the server then ends the transaction.
      if (!(error instanceof PgError)) throw error
    } finally {
      this.#ended()
    }
  }

  /** Only `rollback` ends the transaction: if anything else has, what it left in the twin is not to be trusted. */
  #expectUnended(): void {
    const { connection } = this.backend
    if (!this.#isOpen || !connection.usable || connection.status !== 'I') return
    this.#twin.distrust()
    throw new PgError('25P01', 'there is no transaction in progress', { fault: 'internal' })
  }

  #expectOpen(): void {
    if (!this.#isOpen) throw new PgError('25P01', 'there is no transaction in progress', { fault: 'internal' })
  }
}

/**
 * In the extended protocol a text is one statement or an error. What is run here has fragments of a user's own words in it: none of
 * them must ever become a statement by itself.
 */
function oneStatement(sql: string): SendableMessage[] {
  return [
    { kind: 'Parse', statement: '', sql, parameterTypes: [] },
    { kind: 'Bind', portal: '', statement: '', formats: [], values: [], resultFormats: [] },
    { kind: 'Execute', portal: '', rowsMax: 0 },
  ]
}
