import type { ByteWriter } from './byte-writer.ts'

const HEX = Buffer.from('0123456789abcdef')
const BACKSLASH = 92

/** https://www.postgresql.org/docs/18/datatype-binary.html */
export function writeByteaHex(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  out.ensure(2 + 2 * (end - start))
  const bytes = out.bytes
  let at = out.at
  bytes[at++] = BACKSLASH
  bytes[at++] = 120
  for (let i = start; i < end; i++) {
    const byte = source[i] as number
    bytes[at++] = HEX[byte >> 4] as number
    bytes[at++] = HEX[byte & 15] as number
  }
  out.at = at
}

export function writeByteaEscape(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  out.ensure(4 * (end - start))
  const bytes = out.bytes
  let at = out.at
  for (let i = start; i < end; i++) {
    const byte = source[i] as number
    if (byte === BACKSLASH) {
      bytes[at++] = BACKSLASH
      bytes[at++] = BACKSLASH
    } else if (byte < 0x20 || byte > 0x7e) {
      bytes[at++] = BACKSLASH
      bytes[at++] = 48 + (byte >> 6)
      bytes[at++] = 48 + ((byte >> 3) & 7)
      bytes[at++] = 48 + (byte & 7)
    } else bytes[at++] = byte
  }
  out.at = at
}

/** Fills char(n) up with spaces to `length` characters, counted over what was written since `start`. */
export function padCharacters(out: ByteWriter, start: number, length: number): void {
  let characters = 0
  for (let i = start; i < out.at; i++) if (((out.bytes[i] as number) & 0xc0) !== 0x80) characters++
  const missing = length - characters
  if (missing <= 0) return
  out.ensure(missing)
  out.bytes.fill(32, out.at, out.at + missing)
  out.at += missing
}

/** Four words of 32 bits, the most significant first. */
export function writeUuid(out: ByteWriter, a: number, b: number, c: number, d: number): void {
  out.ensure(36)
  const bytes = out.bytes
  let at = putHex(bytes, out.at, a, 28, 0)
  bytes[at] = 45
  at = putHex(bytes, at + 1, b, 28, 16)
  bytes[at] = 45
  at = putHex(bytes, at + 1, b, 12, 0)
  bytes[at] = 45
  at = putHex(bytes, at + 1, c, 28, 16)
  bytes[at] = 45
  at = putHex(bytes, at + 1, c, 12, 0)
  out.at = putHex(bytes, at, d, 28, 0)
}

function putHex(bytes: Uint8Array, start: number, word: number, from: number, to: number): number {
  let at = start
  for (let shift = from; shift >= to; shift -= 4) bytes[at++] = HEX[(word >>> shift) & 15] as number
  return at
}

export function writeUuidBinary(out: ByteWriter, a: number, b: number, c: number, d: number): void {
  out.ensure(16)
  const { view, at } = out
  view.setUint32(at, a >>> 0)
  view.setUint32(at + 4, b >>> 0)
  view.setUint32(at + 8, c >>> 0)
  view.setUint32(at + 12, d >>> 0)
  out.at += 16
}
