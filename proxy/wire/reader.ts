import { PgError } from '../error.ts'
import type { Frame } from './frame.ts'
import { decodeText } from './text.ts'

/**
 * Reads the body of one message. Every count is checked against the bytes that are left before anything is made of
 * it.
 */
export class Reader {
  readonly #bytes: Buffer
  #at: number

  constructor(frame: Frame) {
    this.#bytes = frame.bytes
    this.#at = frame.bodyAt
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  uint8(): number {
    if (this.left < 1) throw new PgError('08P01', 'no data left in message')
    const value = this.#bytes[this.#at] ?? 0
    this.#at += 1
    return value
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  bytes(length: number): Buffer {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  rest(): Buffer {
    return this.bytes(this.left)
  }

  /** Text up to its NUL. */
  string(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new PgError('08P01', 'invalid string in message')
    const start = this.#at
    this.#at = end + 1
    return decodeText(this.#bytes, start, end)
  }

  /** A value with its length in front; -1 is NULL. */
  value(): Buffer | null {
    const length = this.int32()
    return length === -1 ? null : this.bytes(length)
  }

  /** A 16-bit count of items that take at least `itemBytes` each, read one by one. */
  list<T>(itemBytes: number, read: () => T): T[] {
    const count = this.uint16()
    if (count * itemBytes > this.left) throw insufficient()
    const items: T[] = []
    for (let index = 0; index < count; index += 1) items.push(read())
    return items
  }

  expectEnd(): void {
    if (this.left !== 0) throw new PgError('08P01', 'invalid message format')
  }

  #take(length: number): number {
    if (length < 0 || length > this.left) throw insufficient()
    const start = this.#at
    this.#at += length
    return start
  }
}

function insufficient(): PgError {
  return new PgError('08P01', 'insufficient data left in message')
}
