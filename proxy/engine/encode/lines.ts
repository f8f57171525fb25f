import { ByteWriter } from '../../type/byte-writer.ts'
import type { RowFormat } from '../engine.ts'
import { writeCsvValue, writeTextValue } from './copy.ts'

export type LineFormat = Extract<RowFormat, { kind: 'CopyText' | 'CopyCsv' }>

const COPY_DATA = 100
const NEWLINE = 10
const MESSAGE_HEAD_BYTES = 5
const ROW_HEAD_BYTES = 7
const LENGTH_BYTES = 4

/**
 * DataRow messages of texts as CopyData with a line each, for engines whose fast way writes DataRow: the bytes that row.ts
 * writes from values.
 */
export function linesOfRows(format: LineFormat, columns: number): (rows: Buffer) => Buffer {
  const escapeValue =
    format.kind === 'CopyText' ? writeTextValue(format.delimiter) : writeCsvValue(format, columns === 1)
  const separator = format.delimiter.charCodeAt(0)
  const nullBytes = Buffer.from(format.null)
  return (rows) => {
    // a length in front of a value is more than a separator behind it: only escapes and long NULLs make it grow
    const out = new ByteWriter(rows.length + MESSAGE_HEAD_BYTES)
    const end = rows.length
    let at = 0
    while (at < end) {
      at += ROW_HEAD_BYTES
      out.ensure(MESSAGE_HEAD_BYTES)
      const start = out.at
      out.bytes[start] = COPY_DATA
      out.at = start + MESSAGE_HEAD_BYTES
      for (let column = 0; column < columns; column++) {
        const length = rows.readInt32BE(at)
        at += LENGTH_BYTES
        out.ensure(1 + Math.max(length, nullBytes.length))
        const bytes = out.bytes
        let to = out.at
        if (column > 0) bytes[to++] = separator
        if (length < 0) {
          to += nullBytes.copy(bytes, to)
          out.at = to
          continue
        }
        const from = to
        for (const stop = at + length; at < stop; at++) bytes[to++] = rows[at] as number
        out.at = to
        escapeValue(out, from, column)
      }
      out.ensure(1)
      out.bytes[out.at++] = NEWLINE
      out.view.setInt32(start + 1, out.at - start - 1)
    }
    return out.bytes.subarray(0, out.at)
  }
}
