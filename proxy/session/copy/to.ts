import type { RowFormat } from '../../engine/engine.ts'
import type { Outcome } from '../rows.ts'
import type { StatementContext } from '../statement/handler.ts'
import { done } from '../statement/handler.ts'
import { type CopyFormat, type CopyStatement, copyFormat } from './read.ts'

/** COPY … TO STDOUT: the rows of a query, as CopyData messages that the engine makes itself. */
export async function copyTo(ctx: StatementContext, copy: CopyStatement): Promise<Outcome> {
  const { session } = ctx
  const { connection } = session
  const statement =
    copy.query !== null
      ? await ctx.compileInner(copy.query.start, copy.query.end)
      : await ctx.compileText(selectOf(ctx.statement.sql, copy), [])
  const columns = statement.columns ?? []
  const format = copyFormat(copy.options)
  const names = columns.map(({ name }) => name)
  const outcome = await ctx.runStatement(
    statement,
    { formats: [], values: [], resultFormats: [] },
    rowFormat(format, names),
  )
  if (outcome.kind !== 'rows') return outcome
  const code = format.kind === 'binary' ? 1 : 0
  let rows = 0
  let begun = false
  const begin = () => {
    begun = true
    connection.send({ kind: 'CopyOutResponse', format: code, columnFormats: columns.map(() => code) })
    if (format.kind !== 'binary' && format.header)
      connection.send({ kind: 'CopyData', data: headerLine(format, names) })
  }
  for await (const batch of outcome.batches) {
    const first = !begun
    if (first) begin()
    rows += batch.rows
    connection.sendBytes(first && format.kind === 'binary' ? withBinaryHeader(batch.bytes) : batch.bytes)
    await connection.drained()
  }
  if (!begun) {
    begin()
    if (format.kind === 'binary') connection.send({ kind: 'CopyData', data: BINARY_HEADER })
  }
  if (format.kind === 'binary') connection.send({ kind: 'CopyData', data: BINARY_TRAILER })
  connection.send({ kind: 'CopyDone' })
  return done(`COPY ${rows}`)
}

function selectOf(sql: string, copy: CopyStatement): string {
  const list = copy.columns === null ? '*' : sql.slice(copy.columns.start + 1, copy.columns.end - 1)
  return `SELECT ${list} FROM ${copy.target === null ? '' : sql.slice(copy.target.start, copy.target.end)}`
}

function rowFormat(format: CopyFormat, names: readonly string[]): RowFormat {
  switch (format.kind) {
    case 'binary':
      return { kind: 'CopyBinary' }
    case 'text':
      return { kind: 'CopyText', delimiter: format.delimiter, null: format.null }
    case 'csv': {
      const { forceQuote } = format
      return {
        kind: 'CopyCsv',
        delimiter: format.delimiter,
        null: format.null,
        quote: format.quote,
        escape: format.escape,
        forceQuote: names.map((name) => forceQuote === 'all' || forceQuote.includes(name)),
      }
    }
    default:
      return format.kind satisfies never
  }
}

/** https://www.postgresql.org/docs/18/sql-copy.html#id-1.9.3.55.9.4: signature, no flags, no extension */
const BINARY_HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
/** PostgreSQL sends the header and the first row as one message. `messages` begins with a CopyData. */
function withBinaryHeader(messages: Uint8Array): Uint8Array {
  const joined = Buffer.concat([
    messages.subarray(0, MESSAGE_HEADER_BYTES),
    BINARY_HEADER,
    messages.subarray(MESSAGE_HEADER_BYTES),
  ])
  joined.writeInt32BE(joined.readInt32BE(1) + BINARY_HEADER.length, 1)
  return joined
}

/** type and length */
const MESSAGE_HEADER_BYTES = 5
const BINARY_TRAILER = Buffer.from('ffff', 'hex')

function headerLine(format: CopyFormat, names: readonly string[]): Uint8Array {
  const values = format.kind === 'csv' ? names.map((name) => csvName(format, name)) : names.map(textName)
  return Buffer.from(`${values.join(format.delimiter)}\n`, 'utf8')
}

function csvName({ delimiter, quote, escape: escaping }: CopyFormat, name: string): string {
  const plain = ![delimiter, quote, '\n', '\r'].some((special) => name.includes(special))
  return plain ? name : `${quote}${name.replaceAll(quote, `${escaping}${quote}`)}${quote}`
}

function textName(name: string): string {
  return name.replace(/[\\\n\r\t]/g, (special) => `\\${TEXT_ESCAPES[special]}`)
}

const TEXT_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't' }
