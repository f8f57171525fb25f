import { unsupported } from '../../error.ts'

/** Datums come from a server on the same machine, whose integers are little-endian on every platform we run on. */
export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/**
 * What is inside a varlena: a length of four bytes, or of one in an odd first byte. Constants are neither compressed nor
 * out of line. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/varatt.h
 */
export function varlena(bytes: Uint8Array): Uint8Array {
  const first = bytes[0] ?? 0
  if (first & 1) {
    if (first === 1) throw unsupported('a constant stored out of line')
    return bytes.subarray(1, first >> 1)
  }
  if (first & 2) throw unsupported('a compressed constant')
  return bytes.subarray(4, view(bytes).getUint32(0, true) >>> 2)
}

/** The whole of the varlena that begins at `at`, header included. */
export function varlenaBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  return first & 1 ? first >> 1 : view(bytes).getUint32(at, true) >>> 2
}

/** A C string in a field of fixed or varying length. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return utf8(end < 0 ? bytes : bytes.subarray(0, end))
}
