import type { ResultColumn } from '../../compiler/compiled.ts'
import type { RowFormat } from '../../engine/engine.ts'
import { PgError, unsupported } from '../../error.ts'
import { quoteIdentifier } from '../../quote.ts'
import { textValue } from '../copy-rows.ts'
import { qualified } from '../ddl/apply.ts'
import type { Outcome } from '../rows.ts'
import type { Statement } from '../state.ts'
import type { StatementContext } from '../statement/handler.ts'
import { done } from '../statement/handler.ts'
import { type NamedRelation, relationNamed, withoutPosition } from '../statement/relation.ts'
import {
  type CopyFormat,
  type CopyOption,
  type CopyStatement,
  copyFormat,
  inPlaceOf,
  readNames,
  type Span,
} from './read.ts'

/** COPY … TO STDOUT: the rows of a query, as CopyData messages that the engine makes itself. */
export async function copyTo(ctx: StatementContext, copy: CopyStatement): Promise<Outcome> {
  const { session } = ctx
  const { connection } = session
  const relation =
    copy.target === null ? null : await relationNamed(ctx, ctx.statement.sql.slice(copy.target.start, copy.target.end))
  const statement =
    relation === null
      ? await ctx.compileInner(copy.query!.start, copy.query!.end)
      : await selectOf(ctx, relation, copy.columns)
  const { columns } = statement
  if (columns === null) throw new PgError('0A000', 'COPY query must have a RETURNING clause')
  await checkOptions(ctx, copy, columns).catch((error) => {
    throw relation === null ? error : ofRelation(error, relation)
  })
  const format = copyFormat(copy.options)
  if (!/^utf-?8$/i.test(format.encoding)) throw unsupported(`COPY TO in encoding "${format.encoding}"`)
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
  const hasRows = begun
  if (!hasRows) begin()
  if (format.kind === 'binary')
    connection.send({
      kind: 'CopyData',
      data: hasRows ? BINARY_TRAILER : Buffer.concat([BINARY_HEADER, BINARY_TRAILER]),
    })
  connection.send({ kind: 'CopyDone' })
  return done(`COPY ${rows}`)
}

async function selectOf(ctx: StatementContext, relation: NamedRelation, listed: Span | null): Promise<Statement> {
  const { sql } = ctx.statement
  if (relation.kind === 'v')
    throw new PgError('42809', `cannot copy from view "${relation.name}"`, {
      hint: 'Try the COPY (SELECT ...) TO variant.',
    })
  const names = listed === null ? [] : readNames(sql.slice(listed.start, listed.end))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new PgError('42701', `column "${twice}" specified more than once`)
  const list = listed === null ? '*' : names.map(quoteIdentifier).join(', ')
  try {
    return await withoutPosition(() => ctx.compileText(`SELECT ${list} FROM ${qualified(relation)}`, []))
  } catch (error) {
    throw ofRelation(error, relation)
  }
}

/** Columns that the command names itself are of the relation, to PostgreSQL. */
function ofRelation(error: unknown, { name }: NamedRelation): unknown {
  if (!(error instanceof PgError) || error.code !== '42703') return error
  return new PgError(
    '42703',
    error.message.replace(/ does not exist$/, () => ` of relation "${name}" does not exist`),
  )
}

const SURE_FORMATS: ReadonlySet<string> = new Set(['text', 'csv', 'binary'])

/** Options that are not plainly right PostgreSQL judges: the twin runs the statement for a query of the same columns without rows. */
async function checkOptions(
  ctx: StatementContext,
  copy: CopyStatement,
  columns: readonly ResultColumn[],
): Promise<void> {
  const isSure = copy.options.length <= 1 && copy.options.every(({ name, value }) => isSureOption(name, value))
  if (isSure || (copy.options.length === 2 && isCsvHeader(copy.options))) return
  const { sql } = ctx.statement
  const nothing = `SELECT ${columns.map(({ name }) => `NULL AS ${quoteIdentifier(name)}`).join(', ')} WHERE false`
  const own =
    copy.target === null
      ? inPlaceOf(sql, copy.query!, nothing)
      : inPlaceOf(sql, { start: copy.target.start, end: (copy.columns ?? copy.target).end }, `(${nothing})`)
  const twin = await ctx.session.transaction.twin(ctx.signal)
  try {
    for await (const _ of twin.copyOut(own.sql, ctx.signal));
  } catch (error) {
    throw own.error(error)
  }
}

function isSureOption(name: string, value: string | null): boolean {
  return (name === 'format' && SURE_FORMATS.has(value ?? '')) || (name === 'header' && value === null)
}

function isCsvHeader(options: readonly CopyOption[]): boolean {
  const [first, second] = options.map(({ name, value }) => (value === null ? name : `${name} ${value}`)).sort()
  return first === 'format csv' && /^header(?: true| on)?$/.test(second ?? '')
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
  const values =
    format.kind === 'csv'
      ? names.map((name) => csvName(format, name))
      : names.map((name) => textValue(name, format.delimiter))
  return Buffer.from(`${values.join(format.delimiter)}\n`, 'utf8')
}

function csvName({ delimiter, quote, escape: escaping }: CopyFormat, name: string): string {
  const plain = ![delimiter, quote, '\n', '\r'].some((special) => name.includes(special))
  return plain ? name : `${quote}${name.replaceAll(quote, `${escaping}${quote}`)}${quote}`
}
