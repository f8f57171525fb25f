import { PgError } from '../error.ts'
import { PROTOCOL_MESSAGE_BYTES_MAX } from './frame.ts'

const FIRST_BUFFER_BYTES = 1024
/** Below this `take` copies and keeps its buffer; above, the buffer itself is handed out. */
const COPY_BYTES_MAX = 4 * 1024
const COUNT_MAX = 0xffff

/**
 * Builds messages one behind the other in one growing buffer. Lengths are filled in at `end` and can not wrap: what
 * does not fit the protocol's 32 and 16 bits is refused before it is sent (a wrapped length smuggles messages).
 */
export class Writer {
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES)
  #length = 0
  /** where the open message starts, and where its length field is; -1: none is open */
  #start = 0
  #open = -1

  get length(): number {
    return this.#length
  }

  /** Starts a message; `type` 0 leaves the type byte out (startup). */
  begin(type: number): void {
    this.#reserve(5)
    this.#start = this.#length
    if (type !== 0) this.#buffer[this.#length++] = type
    this.#open = this.#length
    this.#length += 4
  }

  end(): void {
    const length = this.#length - this.#open
    if (length > PROTOCOL_MESSAGE_BYTES_MAX) this.#fail('message is too long for the protocol')
    this.#buffer.writeInt32BE(length, this.#open)
    this.#open = -1
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  /** Signed or unsigned: the low 16 bits. For counts use `count`. */
  int16(value: number): void {
    this.#reserve(2)
    this.#buffer[this.#length++] = value >>> 8
    this.#buffer[this.#length++] = value
  }

  /** Signed or unsigned: the low 32 bits. */
  int32(value: number): void {
    this.#reserve(4)
    this.#buffer.writeInt32BE(value | 0, this.#length)
    this.#length += 4
  }

  count(value: number): void {
    if (value > COUNT_MAX) this.#fail(`${value} items are too many for one message`)
    this.int16(value)
  }

  /** Text and its NUL. A NUL inside would end it early at the other side and put the rest out of step: it ends here. */
  string(value: string): void {
    const nul = value.indexOf('\0')
    const text = nul < 0 ? value : value.slice(0, nul)
    this.#reserve(3 * text.length + 1)
    this.#length += this.#buffer.write(text, this.#length)
    this.#buffer[this.#length++] = 0
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** A value with its length in front; NULL is -1. */
  value(value: Uint8Array | null): void {
    if (value === null) {
      this.int32(-1)
      return
    }
    if (value.length > PROTOCOL_MESSAGE_BYTES_MAX) this.#fail('value is too long for the protocol')
    this.int32(value.length)
    this.bytes(value)
  }

  /** What has been written since the last time. */
  take(): Buffer {
    const written = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    if (written.length <= COPY_BYTES_MAX) return Buffer.from(written)
    this.#buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES)
    return written
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }

  /** Takes the open message back, so that what is already written stays whole. */
  #fail(message: string): never {
    if (this.#open >= 0) this.#length = this.#start
    this.#open = -1
    throw new PgError('54000', message)
  }
}
