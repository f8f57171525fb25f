import { PgError } from '../error.ts'

/**
 * Bytes of values, one behind the other. Writers of values call `ensure` once, then write at `at` themselves: a method
 * call for each byte would cost more than the byte.
 */
export class ByteWriter {
  bytes: Buffer<ArrayBuffer>
  view: DataView<ArrayBuffer>
  at = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = viewOf(this.bytes)
  }

  ensure(extra: number): void {
    if (this.at + extra > this.bytes.length) this.#grow(extra)
  }

  /** Hands out what was written, and goes on in a new buffer. */
  take(capacity: number): Buffer<ArrayBuffer> {
    const taken = this.bytes.subarray(0, this.at)
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = viewOf(this.bytes)
    this.at = 0
    return taken
  }

  #grow(extra: number): void {
    const needed = this.at + extra
    if (needed > MESSAGE_BYTES_MAX) throw tooLarge()
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, 2 * this.bytes.length), MESSAGE_BYTES_MAX))
    this.bytes.copy(grown, 0, 0, this.at)
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

/** PostgreSQL's MaxAllocSize: no value, and no row on the wire, may be longer. */
export const MESSAGE_BYTES_MAX = 0x3fff_ffff

function tooLarge(): PgError {
  return new PgError('54000', 'row is too large', { detail: `A row can have ${MESSAGE_BYTES_MAX} bytes at most.` })
}

function viewOf(bytes: Buffer<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function writeAscii(out: ByteWriter, text: string): void {
  out.ensure(text.length)
  const bytes = out.bytes
  let at = out.at
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
  out.at = at
}

export function writeUtf8(out: ByteWriter, text: string): void {
  out.ensure(3 * text.length)
  out.at += out.bytes.write(text, out.at)
}

/** Below this a loop is faster than a native copy. */
const LOOP_BYTES_MAX = 48

export function writeBytes(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  const length = end - start
  out.ensure(length)
  const bytes = out.bytes
  let at = out.at
  if (length <= LOOP_BYTES_MAX) for (let i = start; i < end; i++) bytes[at++] = source[i] as number
  else {
    bytes.set(source.subarray(start, end), at)
    at += length
  }
  out.at = at
}

/** Few bytes, four at a time. */
export function writeShort(out: ByteWriter, source: DataView, start: number, length: number): void {
  out.ensure(length)
  const { view, at } = out
  const words = length & ~3
  for (let i = 0; i < words; i += 4) view.setUint32(at + i, source.getUint32(start + i))
  for (let i = words; i < length; i++) view.setUint8(at + i, source.getUint8(start + i))
  out.at = at + length
}
