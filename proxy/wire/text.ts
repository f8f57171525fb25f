import { isUtf8 } from 'node:buffer'
import { PgError } from '../error.ts'

/**
 * The one place where a client's bytes become text. Never substitutes U+FFFD: bytes that are no UTF-8 are refused as
 * PostgreSQL refuses them, because a replaced character would be a different statement than the one that was sent.
 */
export function decodeText(bytes: Buffer, start = 0, end = bytes.length): string {
  const part = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
  if (!isUtf8(part)) throw invalidByteSequence(part)
  return part.toString('utf8')
}

/** As pg_report_invalid_encoding: names the bytes of the first broken character. */
export function invalidByteSequence(bytes: Uint8Array): PgError {
  const start = firstInvalid(bytes)
  const shown = bytes.subarray(start, Math.min(start + announcedLength(bytes[start] ?? 0), bytes.length))
  const hex = Array.from(shown, (byte) => `0x${byte.toString(16).padStart(2, '0')}`)
  return new PgError('22021', `invalid byte sequence for encoding "UTF8": ${hex.join(' ')}`)
}

/** How many bytes the first byte of a character promises; 1 where it can not begin one. As pg_utf_mblen. */
function announcedLength(first: number): number {
  if ((first & 0xe0) === 0xc0) return 2
  if ((first & 0xf0) === 0xe0) return 3
  if ((first & 0xf8) === 0xf0) return 4
  return 1
}

function firstInvalid(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const length = announcedLength(bytes[at] ?? 0)
    if (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) return at
    at += length
  }
  return 0
}
