import type { Socket } from 'node:net'
import { PgError } from '../error.ts'
import { encodeBackend } from '../wire/encode.ts'
import { type Frame, Framer, FramingError } from '../wire/frame.ts'
import type { BackendMessage } from '../wire/message.ts'
import { Writer } from '../wire/writer.ts'
import { LINGER_MS, type ListenLimits, OUTPUT_BYTES_MAX, RECEIVE_AHEAD_BYTES_MAX, UNSENT_BYTES_MAX } from './limits.ts'

/**
 * Below this, encoded bytes are gathered with the small messages before them; above, they go to the socket uncopied.
 */
const GATHER_BYTES_MAX = 16 * 1024

type Waiter = {
  /** something has come, or the end */
  wake: () => void
  fail: (error: PgError) => void
}

/**
 * A socket as a stream of frames in and messages out, both bounded. Goes on listening while its owner is busy, up to
 * RECEIVE_AHEAD_BYTES_MAX, because only so a client that has gone is noticed.
 */
export class Channel {
  readonly framer: Framer
  readonly #limits: ListenLimits
  readonly #closed = new AbortController()
  readonly #writer = new Writer()
  #socket: Socket
  #waiter: Waiter | null = null
  #failure: PgError | null = null
  #ended = false
  #upgrading = false

  constructor(socket: Socket, limits: ListenLimits) {
    this.#socket = socket
    this.#limits = limits
    this.framer = new Framer('startup', limits)
    this.#attach()
  }

  /** Aborts when nothing more can be said to the client; the reason is a PgError. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** It is the client's turn to speak. */
  get waiting(): boolean {
    return this.#waiter !== null || this.#upgrading
  }

  /** The client has not taken what it was sent: read nothing further from it until it has. */
  get congested(): boolean {
    return this.#socket.writableLength > UNSENT_BYTES_MAX
  }

  /** The next frame; null at the end of the stream. Flushes before it waits. */
  async frame(signal?: AbortSignal): Promise<Frame | null> {
    if (this.congested) await this.drained()
    return this.take() ?? (await this.#wait(() => this.take(), signal))
  }

  /** The first byte that comes, left in its place; null at the end of the stream. */
  async firstByte(): Promise<number | null> {
    const take = (): number | null => this.framer.firstByte()
    return take() ?? (await this.#wait(take))
  }

  /** The next frame that has already come. Throws FramingError, again and again once the stream is out of step. */
  take(): Frame | null {
    if (this.#failure !== null) throw this.#failure
    try {
      const frame = this.framer.next()
      if (this.#socket.isPaused() && this.framer.pending <= RECEIVE_AHEAD_BYTES_MAX / 2) this.#socket.resume()
      return frame
    } catch (error) {
      if (error instanceof FramingError) this.#failure = error
      throw error
    }
  }

  /** As `take`, but a stream out of step is left for `frame` to find: what came before it is dealt with first. */
  look(): Frame | null {
    try {
      return this.#failure === null ? this.take() : null
    } catch (error) {
      if (error === this.#failure) return null
      throw error
    }
  }

  #wait<T>(take: () => T | null, signal?: AbortSignal): Promise<T | null> {
    if (this.#ended) return Promise.resolve(null)
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    this.flush()
    this.#socket.resume()
    return new Promise<T | null>((resolve, reject) => {
      const settle = (action: () => void): void => {
        this.#waiter = null
        signal?.removeEventListener('abort', abort)
        action()
      }
      const abort = (): void => settle(() => reject(signal?.reason))
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiter = {
        wake: () => {
          try {
            const found = take()
            if (found !== null || this.#ended) settle(() => resolve(found))
          } catch (error) {
            settle(() => reject(error))
          }
        },
        fail: (error) => settle(() => reject(error)),
      }
    })
  }

  send(message: BackendMessage): void {
    encodeBackend(this.#writer, message)
    if (this.#writer.length > OUTPUT_BYTES_MAX) this.flush()
  }

  sendBytes(bytes: Uint8Array): void {
    if (bytes.length <= GATHER_BYTES_MAX) {
      this.#writer.bytes(bytes)
      if (this.#writer.length > OUTPUT_BYTES_MAX) this.flush()
      return
    }
    this.#socket.cork()
    this.flush()
    if (this.#socket.writable) this.#socket.write(bytes)
    this.#socket.uncork()
  }

  /** A byte outside of any message: the answer to SSLRequest. */
  sendByte(letter: 'S' | 'N'): void {
    this.#socket.write(letter)
  }

  flush(): void {
    if (this.#writer.length === 0) return
    const bytes = this.#writer.take()
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  async drained(): Promise<void> {
    this.flush()
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason
    if (!this.#socket.writableNeedDrain) return
    const socket = this.#socket
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.abort(stalled()), this.#limits.writeStallMs)
      const done = (): void => {
        clearTimeout(timer)
        socket.off('drain', done)
        this.#closed.signal.removeEventListener('abort', done)
        if (this.#closed.signal.aborted) reject(this.#closed.signal.reason)
        else resolve()
      }
      socket.once('drain', done)
      this.#closed.signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Makes a waiting `frame` reject; false when none waits. */
  interrupt(error: PgError): boolean {
    const waiter = this.#waiter
    waiter?.fail(error)
    return waiter !== null
  }

  /** Ends it without another word, and tells everybody who works for this client why. */
  abort(reason: PgError): void {
    this.#closed.abort(reason)
    this.#socket.destroy()
  }

  /** Sends what there is and closes. The client may take LINGER_MS to read it; what it still says is thrown away. */
  end(): void {
    this.flush()
    this.#ended = true
    const socket = this.#socket
    socket.removeAllListeners('data')
    socket.resume()
    socket.end()
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }

  /** Hands the socket to TLS and goes on with what comes out of it; bytes that have come already are TLS's. */
  async secure(upgrade: (socket: Socket) => Promise<Socket>): Promise<void> {
    const plain = this.#socket
    this.#detach()
    plain.pause()
    const rest = this.framer.takeRest()
    if (rest.length > 0) plain.unshift(rest)
    this.#upgrading = true
    this.#socket = await upgrade(plain)
    this.#upgrading = false
    this.#attach()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.framer.push(chunk)
    if (this.#waiter !== null) this.#waiter.wake()
    else if (this.framer.pending > RECEIVE_AHEAD_BYTES_MAX) this.#socket.pause()
  }

  /**
   * The client sends nothing more. With all it sent dealt with, it is gone and nobody waits for what still runs; if it
   * left messages behind (Query and Terminate in one go), they are done first, as PostgreSQL does them.
   */
  readonly #onEnd = (): void => {
    this.#ended = true
    if (this.framer.pending === 0) this.#closed.abort(gone())
    this.#waiter?.wake()
  }

  readonly #onClose = (): void => {
    this.#ended = true
    this.#closed.abort(gone())
    this.#waiter?.wake()
  }

  #attach(): void {
    this.#socket.on('data', this.#onData)
    this.#socket.on('end', this.#onEnd)
    this.#socket.on('close', this.#onClose)
    this.#socket.on('error', this.#onClose)
  }

  #detach(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onClose)
    this.#socket.off('error', this.#onClose)
  }
}

function gone(): PgError {
  return new PgError('08006', 'connection to client lost', { severity: 'FATAL' })
}

function stalled(): PgError {
  return new PgError('08006', 'client does not take its answer', { severity: 'FATAL' })
}
