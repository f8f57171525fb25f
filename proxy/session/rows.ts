import type { ResultColumn } from '../compiler/compiled.ts'
import type { Batch } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import { backendBytes } from '../wire/encode.ts'
import type { FieldDescription, FormatCode } from '../wire/message.ts'

/** What a statement that has begun gives back. */
export type Outcome = { readonly kind: 'empty' } | { readonly kind: 'done'; readonly tag: string } | RowsOutcome

export type RowsOutcome = {
  readonly kind: 'rows'
  readonly columns: readonly ResultColumn[]
  readonly formats: readonly FormatCode[]
  /** Whole DataRow messages. The statement runs while they are asked for; ending the iteration early cancels it. */
  readonly batches: AsyncIterable<Batch>
  /** `rows`: how many went to the client in this go */
  tag(rows: number): string
}

/** Rows of a result, taken a few at a time: batches are cut at row boundaries. */
export class RowCursor {
  private readonly iterator: AsyncIterator<Batch>
  private rest: Batch | null = null
  private ended = false

  constructor(batches: AsyncIterable<Batch>) {
    this.iterator = batches[Symbol.asyncIterator]()
  }

  /** The next rows, up to `rowsMax` (0: all). Fewer than asked for: there are no more. */
  async *take(rowsMax: number): AsyncGenerator<Batch> {
    let rows = 0
    while (rowsMax === 0 || rows < rowsMax) {
      const batch = await this.next()
      if (batch === null) return
      const wanted = rowsMax === 0 ? batch.rows : Math.min(batch.rows, rowsMax - rows)
      rows += wanted
      if (wanted === batch.rows) {
        yield batch
        continue
      }
      const cut = endOfRow(batch.bytes, wanted)
      this.rest = { bytes: batch.bytes.subarray(cut), rows: batch.rows - wanted }
      yield { bytes: batch.bytes.slice(0, cut), rows: wanted }
    }
  }

  /** Makes the statement run, up to its first rows. */
  async start(): Promise<void> {
    this.rest ??= await this.next()
  }

  /** Ends the statement if it still runs. */
  async close(): Promise<void> {
    if (this.ended) return
    this.ended = true
    this.rest = null
    await this.iterator.return?.()
  }

  private async next(): Promise<Batch | null> {
    const { rest } = this
    this.rest = null
    if (rest !== null) return rest
    if (this.ended) return null
    const result = await this.iterator.next()
    if (!result.done) return result.value
    this.ended = true
    return null
  }
}

/** The offset after `rows` messages. Each is a type byte and a length that counts itself. */
function endOfRow(bytes: Uint8Array, rows: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  for (let row = 0; row < rows; row += 1) at += 1 + view.getInt32(at + 1)
  return at
}

/** Each DataRow message of a batch by itself. */
export function splitRows(batch: Batch): Uint8Array[] {
  const rows: Uint8Array[] = []
  for (let at = 0; at < batch.bytes.byteLength; ) {
    const end = at + endOfRow(batch.bytes.subarray(at), 1)
    rows.push(batch.bytes.subarray(at, end))
    at = end
  }
  return rows
}

/** The values of one DataRow message in text format. */
export function rowValues(row: Uint8Array): (string | null)[] {
  const buffer = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const count = buffer.readInt16BE(5)
  const values: (string | null)[] = []
  let at = 7
  for (let index = 0; index < count; index += 1) {
    const length = buffer.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : buffer.toString('utf8', at, at + length))
    at += Math.max(length, 0)
  }
  return values
}

export function textRow(values: readonly (string | null)[]): Uint8Array {
  return backendBytes({
    kind: 'DataRow',
    values: values.map((value) => (value === null ? null : Buffer.from(value, 'utf8'))),
  })
}

/** A result that the session has at hand as text; all its types must be text in both formats. */
export function textOutcome(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  rows: readonly (readonly (string | null)[])[],
  tag: string,
): RowsOutcome {
  return { kind: 'rows', columns, formats, batches: rowsOnce(rows.map(textRow)), tag: () => tag }
}

export async function* rowsOnce(rows: readonly Uint8Array[]): AsyncGenerator<Batch> {
  if (rows.length > 0) yield { bytes: Buffer.concat(rows), rows: rows.length }
}

const TEXT_OID = 25

export function textColumn(name: string): ResultColumn {
  return { name, tableOid: 0, attnum: 0, typeOid: TEXT_OID, typlen: -1, typmod: -1 }
}

export function fields(columns: readonly ResultColumn[], formats: readonly FormatCode[]): FieldDescription[] {
  return columns.map((column, index) => ({ ...column, format: formats[index] ?? 0 }))
}

/** One code per column from what Bind gave: none, one for all, or one each. */
export function resultFormats(given: readonly FormatCode[], columns: number): readonly FormatCode[] {
  for (const code of given) {
    if (code !== 0 && code !== 1) throw new PgError('22023', `unsupported format code: ${code}`)
  }
  if (given.length === 0) return new Array<FormatCode>(columns).fill(0)
  if (given.length === 1) return new Array<FormatCode>(columns).fill(given[0] ?? 0)
  if (given.length !== columns) {
    throw new PgError('08P01', `bind message has ${given.length} result formats but query has ${columns} columns`)
  }
  return given
}
