import type { Batch, RowFormat } from '../engine/engine.ts'
import { backendBytes } from '../wire/encode.ts'
import { rowValues, splitRows } from './rows.ts'

/**
 * The rows of a query that the tenant's PostgreSQL answered, as the CopyData messages that an engine makes by itself.
 * https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
export async function* copyRows(batches: AsyncIterable<Batch>, format: RowFormat): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const messages = splitRows(batch).map((row) => backendBytes({ kind: 'CopyData', data: copyRow(row, format) }))
    yield { bytes: Buffer.concat(messages), rows: batch.rows }
  }
}

/** Where the body of a message begins: after its type byte and length. */
const BODY_AT = 5

function copyRow(row: Uint8Array, format: RowFormat): Uint8Array {
  switch (format.kind) {
    case 'DataRow':
      return row
    case 'CopyBinary':
      // A tuple is what a DataRow message holds: a count, and each value behind its length.
      return row.subarray(BODY_AT)
    case 'CopyText': {
      const values = rowValues(row).map((value) => (value === null ? format.null : textValue(value, format.delimiter)))
      return Buffer.from(`${values.join(format.delimiter)}\n`)
    }
    case 'CopyCsv': {
      const values = rowValues(row)
      const written = values.map((value, index) => csvValue(value, format, values.length === 1, index))
      return Buffer.from(`${written.join(format.delimiter)}\n`)
    }
    default:
      return format satisfies never
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** A value of COPY's text format, its special characters escaped. */
export function textValue(value: string, delimiter: string): string {
  let out = ''
  for (const character of value) {
    out += ESCAPES[character] ?? (character === delimiter ? `\\${character}` : character)
  }
  return out
}

function csvValue(
  value: string | null,
  format: Extract<RowFormat, { kind: 'CopyCsv' }>,
  isOnly: boolean,
  index: number,
): string {
  if (value === null) return format.null
  const { delimiter, quote, escape: escapes } = format
  const mustQuote =
    format.forceQuote[index] === true ||
    value === format.null ||
    (isOnly && value === '\\.') ||
    [delimiter, quote, '\n', '\r'].some((special) => value.includes(special))
  if (!mustQuote) return value
  let out = quote
  for (const character of value) out += character === quote || character === escapes ? escapes + character : character
  return out + quote
}
