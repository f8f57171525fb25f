import { PgError } from '../error.ts'

/**
 * Cuts a byte stream into messages. Knows lengths and type bytes, nothing of what is inside.
 * Memory grows with the bytes that have come, never with a length that a peer merely claims.
 */

/** One whole message, header included; the body starts at `bodyAt`. The bytes are never written to again. */
export type Frame = { readonly type: number; readonly bytes: Buffer; readonly bodyAt: number }

/**
 * startup         no type byte; a length and a code
 * authentication  only 'p'
 * session         everything a client may send once it is in
 * backend         what a server sends: we are its client
 */
export type FramerState = 'startup' | 'authentication' | 'session' | 'backend'

/** As MAX_STARTUP_PACKET_LENGTH of PostgreSQL's postmaster. */
export const STARTUP_BYTES_MAX = 10_000
export const AUTHENTICATION_BYTES_MAX = 16 * 1024
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024
export const COPY_DATA_BYTES_MAX = 64 * 1024 * 1024
/** PQ_SMALL_MESSAGE_LIMIT: what Describe, Sync and other short messages may measure. */
export const SMALL_MESSAGE_BYTES_MAX = 10_000
/** PQ_LARGE_MESSAGE_LIMIT: no message of the protocol is longer. */
export const PROTOCOL_MESSAGE_BYTES_MAX = 0x3fffffff

const LENGTH_BYTES = 4
const CODE_BYTES = 4
const FIRST_BUFFER_BYTES = 1024

export type FrameLimits = { messageBytesMax: number; copyDataBytesMax: number }
const DEFAULT_LIMITS: FrameLimits = { messageBytesMax: MESSAGE_BYTES_MAX, copyDataBytesMax: COPY_DATA_BYTES_MAX }

/**
 * The stream can no longer be trusted and the connection must end. `silent`: PostgreSQL hangs up without a word here,
 * so that whatever speaks to us (a web browser, a scanner) gets nothing to chew on.
 */
export class FramingError extends PgError {
  readonly silent: boolean

  constructor(code: string, message: string, silent: boolean) {
    super(code, message, { severity: 'FATAL', fault: 'client' })
    this.name = 'FramingError'
    this.silent = silent
  }
}

const SMALL = 'CDEHSXcf'
const LARGE = 'QPBFd'
const TYPE_P = 'p'.charCodeAt(0)
const TYPE_COPY_DATA = 'd'.charCodeAt(0)

/** By type byte: the limit that PostgreSQL sets; 0: no such message. */
const PROTOCOL_LIMIT = new Uint32Array(256)
for (const type of SMALL) PROTOCOL_LIMIT[type.charCodeAt(0)] = SMALL_MESSAGE_BYTES_MAX
for (const type of LARGE) PROTOCOL_LIMIT[type.charCodeAt(0)] = PROTOCOL_MESSAGE_BYTES_MAX

export class Framer {
  state: FramerState
  readonly #limits: FrameLimits
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** `#buffer` is ours to append to; else it is a chunk that came from outside */
  #own = false

  constructor(state: FramerState, limits: FrameLimits = DEFAULT_LIMITS) {
    this.state = state
    this.#limits = limits
  }

  /** Bytes that have come and are not yet part of a frame that was taken. */
  get pending(): number {
    return this.#end - this.#start
  }

  /** The first byte that is pending, left where it is: TLS and our protocol differ in it. */
  firstByte(): number | null {
    return this.pending === 0 ? null : (this.#buffer[this.#start] ?? null)
  }

  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#buffer = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#own = false
      return
    }
    if (!this.#own || this.#buffer.length - this.#end < chunk.length) this.#grow(chunk.length)
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
  }

  /** Everything that is left, as it came: for bytes that belong to another protocol (TLS). */
  takeRest(): Buffer {
    const rest = this.#buffer.subarray(this.#start, this.#end)
    this.#start = this.#end
    return rest
  }

  /** The next whole message, or null while it has not all come. Throws FramingError. */
  next(): Frame | null {
    const available = this.#end - this.#start
    const typed = this.state !== 'startup'
    if (available === 0) return null
    const type = typed ? (this.#buffer[this.#start] ?? 0) : 0
    if (typed) this.#checkType(type)
    const headerBytes = typed ? 1 + LENGTH_BYTES : LENGTH_BYTES
    if (available < headerBytes) return null
    const length = this.#buffer.readInt32BE(this.#start + headerBytes - LENGTH_BYTES)
    this.#checkLength(type, length)
    const total = headerBytes - LENGTH_BYTES + length
    if (available < total) return null
    const bytes = this.#buffer.subarray(this.#start, this.#start + total)
    this.#start += total
    return { type, bytes, bodyAt: headerBytes }
  }

  /** Frames already taken are views into the old buffer: it is left alone, never compacted in place. */
  #grow(more: number): void {
    const pending = this.#end - this.#start
    const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BUFFER_BYTES, 2 * pending, pending + more))
    this.#buffer.copy(grown, 0, this.#start, this.#end)
    this.#buffer = grown
    this.#start = 0
    this.#end = pending
    this.#own = true
  }

  /** Before the length is looked at, as PostgreSQL does: an unknown type must not make us wait for its body. */
  #checkType(type: number): void {
    if (this.state === 'authentication' && type !== TYPE_P) {
      throw new FramingError('08P01', `expected SASL response, got message type ${type}`, false)
    }
    if (this.state === 'session' && PROTOCOL_LIMIT[type] === 0) {
      throw new FramingError('08P01', `invalid frontend message type ${type}`, false)
    }
  }

  #checkLength(type: number, length: number): void {
    switch (this.state) {
      case 'startup':
        if (length < LENGTH_BYTES + CODE_BYTES || length > LENGTH_BYTES + STARTUP_BYTES_MAX) {
          throw new FramingError('08P01', 'invalid length of startup packet', true)
        }
        return
      case 'authentication':
        if (length < LENGTH_BYTES) throw new FramingError('08P01', 'invalid message length', true)
        if (length - LENGTH_BYTES > AUTHENTICATION_BYTES_MAX) {
          throw new FramingError('28P01', 'authentication message too long', false)
        }
        return
      case 'backend':
        if (length < LENGTH_BYTES || length > PROTOCOL_MESSAGE_BYTES_MAX) {
          throw new FramingError('08P01', 'invalid message length', true)
        }
        return
      case 'session': {
        if (length < LENGTH_BYTES || length > (PROTOCOL_LIMIT[type] ?? 0)) {
          throw new FramingError('08P01', 'invalid message length', true)
        }
        const max = type === TYPE_COPY_DATA ? this.#limits.copyDataBytesMax : this.#limits.messageBytesMax
        if (length - LENGTH_BYTES > max) {
          throw new FramingError('08P01', `message is too long: the limit is ${max} bytes`, false)
        }
        return
      }
    }
  }
}
