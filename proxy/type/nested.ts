import type { ByteWriter } from './byte-writer.ts'

/**
 * Quoting of values inside the text of arrays and records. The value has been written already; if it needs quotes it is
 * moved to make room, which few values do.
 * https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO https://www.postgresql.org/docs/18/rowtypes.html#ROWTYPES-IO-SYNTAX
 */
const QUOTE = 34
const BACKSLASH = 92

const PLAIN = 0
/** makes quotes necessary */
const QUOTED = 1
/** and must itself be escaped */
const ESCAPED = 2

function table(quoted: string): Uint8Array {
  const kinds = new Uint8Array(256)
  for (const character of quoted) kinds[character.charCodeAt(0)] = QUOTED
  kinds[QUOTE] = ESCAPED
  kinds[BACKSLASH] = ESCAPED
  return kinds
}

const SPACE = ' \t\n\r\v\f'
const ARRAY = table(`{},${SPACE}`)
const RECORD = table(`(),${SPACE}`)

/** Quotes the array element written since `start` if it needs it. */
export function quoteElement(out: ByteWriter, start: number): void {
  const escapes = escapesIn(out, start, ARRAY)
  if (escapes >= 0) quote(out, start, escapes, false)
  else if (isNullWord(out, start)) quote(out, start, 0, false)
}

/** Quotes the field of a record written since `start` if it needs it: quotes and backslashes are doubled. */
export function quoteField(out: ByteWriter, start: number): void {
  const escapes = escapesIn(out, start, RECORD)
  if (escapes >= 0) quote(out, start, escapes, true)
}

/** -1: no quotes needed. */
function escapesIn(out: ByteWriter, start: number, kinds: Uint8Array): number {
  const { bytes, at } = out
  let found = start === at
  let escapes = 0
  for (let i = start; i < at; i++) {
    const kind = kinds[bytes[i] as number] as number
    if (kind === PLAIN) continue
    found = true
    if (kind === ESCAPED) escapes++
  }
  return found ? escapes : -1
}

function isNullWord(out: ByteWriter, start: number): boolean {
  return out.at - start === 4 && out.bytes.toString('latin1', start, out.at).toUpperCase() === 'NULL'
}

function quote(out: ByteWriter, start: number, escapes: number, doubled: boolean): void {
  out.ensure(escapes + 2)
  const bytes = out.bytes
  let to = out.at + escapes + 1
  bytes[to--] = QUOTE
  for (let from = out.at - 1; from >= start; from--) {
    const byte = bytes[from] as number
    bytes[to--] = byte
    if (byte === QUOTE || byte === BACKSLASH) bytes[to--] = doubled ? byte : BACKSLASH
  }
  bytes[to] = QUOTE
  out.at += escapes + 2
}
