import { connect, type Socket } from 'node:net'
import { PgError, type PgErrorFields } from '../../error.ts'
import { decodeBackend, encodeFrontend, pgErrorOf, type SendableMessage } from '../../wire/client.ts'
import { type Frame, Framer } from '../../wire/frame.ts'
import type { BackendMessage, TransactionStatus } from '../../wire/message.ts'
import { Writer } from '../../wire/writer.ts'

const CONNECT_MS = 10_000
/** After a cancel request the server has so long to come to the end of the statement. */
const CANCEL_MS = 2_000
/** A message longer than this is not waited for. Trees are limited by the reader, rows by PostgreSQL's own 1 GB per field. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024

export type Startup = { socketPath: string; user: string; database: string; settings: Readonly<Record<string, string>> }

export function bytesOf(...messages: readonly SendableMessage[]): Buffer {
  const writer = new Writer()
  for (const message of messages) encodeFrontend(writer, message)
  return writer.take()
}

/** Called with each message of an answer but ReadyForQuery, as bytes. */
type OnFrame = (frame: Frame) => void

type Exchange = {
  readies: number
  onFrame: OnFrame
  resolve(): void
  reject(error: unknown): void
}

/**
 * One connection to a twin, over its unix socket. One exchange at a time: what is sent, and the answer up to the last
 * ReadyForQuery. Whatever is not as it should be closes it; it is never used again then.
 */
export class Connection {
  readonly #socket: Socket
  readonly #socketPath: string
  readonly #framer = new Framer('backend')
  #exchange: Exchange | null = null
  #failure: PgError | null = null
  #key: { processId: number; secretKey: Uint8Array } | null = null
  /** a late cancel request may still come for what is sent next */
  #cancelled = false
  #cancelTimer: NodeJS.Timeout | null = null
  status: TransactionStatus = 'I'

  private constructor(socket: Socket, socketPath: string) {
    this.#socket = socket
    this.#socketPath = socketPath
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (cause) => this.#fail(lost(cause)))
    socket.on('close', () => this.#fail(lost()))
  }

  static async open(startup: Startup, signal?: AbortSignal): Promise<Connection> {
    const socket = connect(startup.socketPath)
    const connection = new Connection(socket, startup.socketPath)
    const timer = setTimeout(() => connection.destroy(), CONNECT_MS)
    try {
      const parameters = Object.entries({ user: startup.user, database: startup.database, ...startup.settings })
      const hello = bytesOf({ kind: 'StartupMessage', major: 3, minor: 0, parameters })
      await connection.exchange(hello, 1, (frame) => connection.#greet(frame), signal)
      return connection
    } catch (error) {
      connection.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #greet(frame: Frame): void {
    const message = decodeBackend(frame)
    if (message.kind === 'BackendKeyData') {
      const { processId, secretKey } = message
      this.#key = { processId, secretKey }
    }
    if (message.kind === 'ErrorResponse') this.#fail(pgErrorOf(message.fields))
    else if (message.kind.startsWith('Authentication') && message.kind !== 'AuthenticationOk') {
      this.#fail(new PgError('XX000', `unexpected ${message.kind}`, { fault: 'internal' }))
    }
  }

  /** False: do not use it again. */
  get usable(): boolean {
    return this.#failure === null && !this.#cancelled
  }

  /** Sends and hears out the answer, up to the `readies`th ReadyForQuery. Aborting cancels the statement at the server. */
  async exchange(bytes: Uint8Array, readies: number, onFrame: OnFrame, signal?: AbortSignal): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#exchange) throw new Error('two statements at once on one connection')
    if (signal?.aborted) throw cancelled()
    const abort = (): void => this.cancel()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await new Promise<void>((resolve, reject) => {
        this.#exchange = { readies, onFrame, resolve, reject }
        this.#socket.write(bytes)
      })
    } finally {
      signal?.removeEventListener('abort', abort)
      if (this.#cancelTimer) clearTimeout(this.#cancelTimer)
      this.#cancelTimer = null
    }
  }

  /** Sends within an exchange that is under way (COPY data). Resolves when the socket takes more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#socket.write(bytes)) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#socket.off('drain', go)
        this.#socket.off('close', go)
        resolve()
      }
      this.#socket.once('drain', go)
      this.#socket.once('close', go)
    })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * A real CancelRequest for what is under way. It may hit a later statement than it was meant for, so the connection is not
   * used for another session again. What does not end in time is ended with the connection.
   */
  cancel(): void {
    if (this.#failure || !this.#exchange || this.#cancelTimer) return
    this.#cancelled = true
    this.resume()
    this.#cancelTimer = setTimeout(() => this.destroy(cancelled()), CANCEL_MS)
    this.#cancelTimer.unref()
    const key = this.#key
    if (!key) return
    const request = connect(this.#socketPath, () => request.end(bytesOf({ kind: 'CancelRequest', ...key })))
    request.on('error', () => this.destroy(cancelled()))
  }

  /** Ends it at once; a statement that is under way fails. */
  destroy(why: PgError = lost()): void {
    this.#fail(why)
  }

  /** Ends it in order. */
  close(): void {
    if (this.#failure) return
    this.#socket.end(bytesOf({ kind: 'Terminate' }))
    this.#fail(lost())
  }

  #read(chunk: Buffer): void {
    try {
      this.#framer.push(chunk)
      for (let frame = this.#framer.next(); frame; frame = this.#framer.next()) this.#take(frame)
      if (this.#framer.pending > MESSAGE_BYTES_MAX) throw new PgError('54001', 'statement is too complex')
    } catch (error) {
      this.#fail(error instanceof PgError ? error : lost(error))
    }
  }

  #take(frame: Frame): void {
    const exchange = this.#exchange
    if (frame.type !== READY_FOR_QUERY) {
      // ParameterStatus and notices may come at any time.
      exchange?.onFrame(frame)
      return
    }
    this.status = String.fromCharCode(frame.bytes[frame.bodyAt] ?? 0) as TransactionStatus
    if (!exchange) throw new PgError('XX000', 'answer without a question', { fault: 'internal' })
    if (--exchange.readies > 0) return
    this.#exchange = null
    exchange.resolve()
  }

  #fail(error: PgError): void {
    if (this.#failure) return
    this.#failure = error
    this.#socket.destroySoon()
    const exchange = this.#exchange
    this.#exchange = null
    exchange?.reject(error)
  }
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0)

function lost(cause?: unknown): PgError {
  const fields: PgErrorFields = { fault: 'internal' }
  if (cause !== undefined) fields.cause = cause
  return new PgError('57P02', 'the connection to the catalog has been lost', fields)
}

export function cancelled(): PgError {
  return new PgError('57014', 'canceling statement due to user request')
}

/** Hears an answer as messages; the first ErrorResponse is thrown when the answer has ended. */
export async function converse(
  connection: Connection,
  bytes: Uint8Array,
  readies: number,
  onMessage: (message: BackendMessage) => void,
  signal?: AbortSignal,
): Promise<void> {
  let failure: PgError | null = null
  await connection.exchange(
    bytes,
    readies,
    (frame) => {
      const message = decodeBackend(frame)
      if (message.kind === 'ErrorResponse') failure ??= pgErrorOf(message.fields)
      else onMessage(message)
    },
    signal,
  )
  if (failure) throw failure
}
