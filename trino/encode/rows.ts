import { type RowWriter, rowWriter } from '../../proxy/engine/encode/row.ts'
import type { OutputStyle, RowFormat } from '../../proxy/engine/engine.ts'
import type { OutputColumn } from '../../proxy/print/engine-sql.ts'
import { ByteWriter } from '../../proxy/type/byte-writer.ts'
import type { TimeZone } from '../../proxy/type/time-zone.ts'
import { TrinoVector, VECTORS } from './cell.ts'
import { MalformedPage, RowReader, type Value } from './json.ts'
import type { TrinoType } from './type.ts'

/** What the rows of a result become. */
export type Encoding = {
  columns: readonly OutputColumn[]
  format: RowFormat
  style: OutputStyle
  zone: TimeZone
}

/** Rows of one page as messages, a batch at a time; null after the last row. */
export type PageEncoder = { next(rowsMax: number): EncodedRows | null }
export type PageEncoding = (body: Buffer, start: number, end: number) => PageEncoder
export type EncodedRows = { bytes: Uint8Array; rows: number }

/** Batches end at the first row beyond this. */
export const BATCH_BYTES = 128 * 1024
const BUFFER_BYTES = BATCH_BYTES + 16 * 1024

/** The plain way: every value is read, then written by the rules of its type. It can do all that the fast way cannot. */
export function plainEncoder(types: readonly TrinoType[], encoding: Encoding): PageEncoding {
  const { columns, format, style, zone } = encoding
  const vectors = types.map((type) => new TrinoVector(type))
  const write: RowWriter = rowWriter(VECTORS, vectors, columns, format, style, zone)
  const row: Value[] = []
  return (body, start, end) => {
    const reader = new RowReader(body, start, end)
    return {
      next(rowsMax) {
        const out = new ByteWriter(BUFFER_BYTES)
        let rows = 0
        while (rows < rowsMax && out.at < BATCH_BYTES && reader.next(row)) {
          if (row.length !== vectors.length) throw new MalformedPage(`a row of ${row.length} values`)
          for (const [i, vector] of vectors.entries()) vector.values[0] = row[i] as Value
          write(out, 0)
          rows++
        }
        return rows === 0 ? null : { bytes: out.bytes.subarray(0, out.at), rows }
      },
    }
  }
}
