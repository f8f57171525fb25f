import type { ByteWriter } from '../../type/byte-writer.ts'
import type { RowFormat } from '../engine.ts'

/**
 * Escaping of COPY's text and CSV formats, over a value that has been written already: few values need any.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/commands/copyto.c, CopyAttributeOutText and CopyAttributeOutCSV
 */
const BACKSLASH = 92
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
  ['\v', 'v'],
])

/** Escapes what was written since `start`. */
export type Escape = (out: ByteWriter, start: number, column: number) => void

export function writeTextValue(delimiter: string): Escape {
  /** what follows the backslash; 0: no escape */
  const after = new Uint8Array(256)
  after[BACKSLASH] = BACKSLASH
  after[delimiter.charCodeAt(0)] = delimiter.charCodeAt(0)
  for (const [character, letter] of LETTERS) after[character.charCodeAt(0)] = letter.charCodeAt(0)
  return (out, start) => {
    const extra = countOf(out, start, after)
    if (extra === 0) return
    out.ensure(extra)
    const bytes = out.bytes
    let to = out.at + extra - 1
    for (let from = out.at - 1; to > from; from--) {
      const byte = bytes[from] as number
      const escaped = after[byte] as number
      if (escaped === 0) bytes[to--] = byte
      else {
        bytes[to--] = escaped
        bytes[to--] = BACKSLASH
      }
    }
    out.at += extra
  }
}

export function writeCsvValue(format: Extract<RowFormat, { kind: 'CopyCsv' }>, single: boolean): Escape {
  const quote = format.quote.charCodeAt(0)
  const escapeByte = format.escape.charCodeAt(0)
  const escaped = new Uint8Array(256)
  escaped[quote] = 1
  escaped[escapeByte] = 1
  const special = new Uint8Array(256)
  for (const character of [format.delimiter, format.quote, '\n', '\r']) special[character.charCodeAt(0)] = 1
  const nullBytes = Buffer.from(format.null)
  const endOfData = Buffer.from('\\.')
  return (out, start, column) => {
    const quoted =
      format.forceQuote[column] === true ||
      countOf(out, start, special) > 0 ||
      isSame(out, start, nullBytes) ||
      (single && isSame(out, start, endOfData))
    if (!quoted) return
    const extra = countOf(out, start, escaped)
    out.ensure(extra + 2)
    const bytes = out.bytes
    let to = out.at + extra + 1
    bytes[to--] = quote
    for (let from = out.at - 1; from >= start; from--) {
      const byte = bytes[from] as number
      bytes[to--] = byte
      if (escaped[byte] === 1) bytes[to--] = escapeByte
    }
    bytes[to] = quote
    out.at += extra + 2
  }
}

function countOf(out: ByteWriter, start: number, marked: Uint8Array): number {
  const { bytes, at } = out
  let count = 0
  for (let i = start; i < at; i++) if (marked[bytes[i] as number] !== 0) count++
  return count
}

function isSame(out: ByteWriter, start: number, expected: Buffer): boolean {
  return out.at - start === expected.length && out.bytes.compare(expected, 0, expected.length, start, out.at) === 0
}
