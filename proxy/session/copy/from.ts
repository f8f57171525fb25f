import type { Pinned } from '../../compiler/compiler.ts'
import { PgError } from '../../error.ts'
import { catalogName } from '../../print/duckdb/catalog-name.ts'
import { printLoad } from '../../print/load.ts'
import { confine } from '../../query/confine.ts'
import type { FormatCode } from '../../wire/message.ts'
import type { Outcome } from '../rows.ts'
import type { StatementContext } from '../statement/handler.ts'
import { done } from '../statement/handler.ts'
import { COPY_CHUNK_BYTES, RowEnds } from './chunk.ts'
import { type CopyFormat, type CopyOption, type CopyStatement, copyFormat, type Span } from './read.ts'

/**
 * COPY … FROM STDIN. PostgreSQL parses what the client sends: the twin takes it, a chunk at a time, into a temporary table
 * like the target (so defaults, NOT NULL, WHERE and every message about a bad line are its own), and gives the rows back as
 * plain text, which the engine loads in one statement when the client is done. Until then nothing has been written.
 */
export async function copyFrom(ctx: StatementContext, copy: CopyStatement): Promise<Outcome> {
  const { session, signal } = ctx
  const { sql } = ctx.statement
  const { transaction } = session
  if (transaction.isReadOnly) throw new PgError('25006', 'cannot execute COPY FROM in a read-only transaction')
  if (copy.target === null) throw new PgError('42601', 'syntax error at or near "FROM"')
  const target = cut(sql, copy.target)
  const columns = copy.columns === null ? '' : ` ${cut(sql, copy.columns)}`
  const width = await columnCount(ctx, target, columns)
  const nulls = new Array<string>(width).fill('NULL').join(', ')
  // The INSERT of the same columns tells what PostgreSQL lets this user write; it never runs.
  const insert = await ctx.compileText(`INSERT INTO ${target}${columns} SELECT ${nulls}`, [])
  if (insert.analysis.kind !== 'lake') throw new PgError('42809', `cannot copy to relation ${target}`)
  const confined = confine(insert.analysis.compiled, session.identity.user)
  const overlay = transaction.inBlock || !session.alone ? await transaction.lake(signal) : transaction.lakeId
  const load = printLoad(confined, catalogName(overlay))
  const engine = session.services.engines.get('duckdb')
  if (engine === undefined) throw new PgError('0A000', 'COPY FROM STDIN needs the engine duckdb', { fault: 'engine' })

  const format = copyFormat(copy.options)
  const twin = await transaction.twin(signal)
  const staging = new Staging(twin, { sql, copy, target, columns, format, texts: load.texts }, signal)
  const formatCode = format.kind === 'binary' ? 1 : 0
  const columnFormats = new Array<FormatCode>(width).fill(formatCode)
  session.connection.send({ kind: 'CopyInResponse', format: formatCode, columnFormats })
  session.connection.flush()
  const run = await engine.run(load.sql, {
    tenant: session.identity.tenant,
    transaction: overlay,
    format: { kind: 'DataRow', formats: [] },
    style: session.settings.style(),
    rowsMax: 0,
    staged: { columns: load.texts.length, rows: staging.parsed(clientInput(ctx)) },
    signal,
  })
  for await (const _ of run.batches);
  return done(`COPY ${run.rowsAffected() ?? staging.rows}`)
}

function cut(sql: string, span: Span): string {
  return sql.slice(span.start, span.end)
}

async function columnCount(ctx: StatementContext, target: string, columns: string): Promise<number> {
  const list = columns === '' ? '*' : columns.trim().slice(1, -1)
  return (await ctx.compileText(`SELECT ${list} FROM ${target}`, [])).columns?.length ?? 0
}

type StagingPlan = {
  sql: string
  copy: CopyStatement
  target: string
  columns: string
  format: CopyFormat
  texts: readonly string[]
}

class Staging {
  rows = 0
  private readonly twin: Pinned
  private readonly plan: StagingPlan
  private readonly signal: AbortSignal

  constructor(twin: Pinned, plan: StagingPlan, signal: AbortSignal) {
    this.twin = twin
    this.plan = plan
    this.signal = signal
  }

  /** Chunk after chunk of input, as CSV of the texts that the engine reads. */
  async *parsed(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let first = true
    let linesBefore = 0
    for await (const chunk of chunks(input, this.plan.format)) {
      yield* this.chunk(chunk.bytes, first, linesBefore)
      first = false
      linesBefore = chunk.linesAfter
    }
    if (first) yield* this.chunk([], true, 0)
  }

  private async *chunk(bytes: Iterable<Uint8Array>, first: boolean, linesBefore: number): AsyncGenerator<Uint8Array> {
    const { twin, signal } = this
    const { copy, target, columns, texts } = this.plan
    // Called like the target, so that PostgreSQL's messages name what the client named.
    const staged = `pg_temp.${lastName(target)}`
    await twin.run('SAVEPOINT lakewire_copy', signal)
    await twin.run(`CREATE TEMPORARY TABLE ${staged} (LIKE ${target} INCLUDING DEFAULTS)`, signal)
    const options = optionList(copy.options, first)
    try {
      const { rows } = await twin.copyIn(
        `COPY ${staged}${columns} FROM STDIN${options}${copy.where}`,
        pieces(bytes),
        signal,
      )
      this.rows += rows
    } catch (error) {
      throw laterLine(error, linesBefore)
    }
    for (const [name, value] of CARRIER_SETTINGS) await twin.run(`SET LOCAL ${name} TO '${value}'`, signal)
    yield* twin.copyOut(
      `COPY (SELECT ${texts.join(', ')} FROM ${staged}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`,
      signal,
    )
    await twin.run('ROLLBACK TO SAVEPOINT lakewire_copy', signal)
    await twin.run('RELEASE SAVEPOINT lakewire_copy', signal)
  }
}

/** Under these the text of a value says all of it, and the engine reads it. */
const CARRIER_SETTINGS: readonly (readonly [string, string])[] = [
  ['DateStyle', 'ISO'],
  ['TimeZone', 'UTC'],
  ['IntervalStyle', 'postgres'],
  ['extra_float_digits', '3'],
]

async function* pieces(bytes: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* bytes
}

function lastName(target: string): string {
  const parts = /((?:"(?:[^"]|"")*"|[^".\s]+))$/.exec(target)
  return parts?.[1] ?? target
}

/** Only the first chunk has the header line. */
function optionList(options: readonly CopyOption[], first: boolean): string {
  const given = options.filter(({ name }) => first || name !== 'header')
  if (given.length === 0) return ''
  return ` (${given.map(({ name, value }) => (value === null ? name : `${name} ${value}`)).join(', ')})`
}

/** PostgreSQL counts lines from the beginning of each chunk. */
function laterLine(error: unknown, linesBefore: number): unknown {
  if (!(error instanceof PgError) || linesBefore === 0 || error.fields.where === undefined) return error
  const where = error.fields.where.replace(
    /(^COPY .*?, line )(\d+)/,
    (_, head, line) => `${head}${Number(line) + linesBefore}`,
  )
  return new PgError(error.code, error.message, { ...error.fields, where })
}

type Chunk = { bytes: Uint8Array[]; linesAfter: number }

/** Input cut at ends of rows, COPY_CHUNK_BYTES or a little more at a time. The binary format goes through whole. */
async function* chunks(input: AsyncIterable<Uint8Array>, format: CopyFormat): AsyncGenerator<Chunk> {
  const ends = new RowEnds(format)
  let bytes: Uint8Array[] = []
  let size = 0
  for await (const piece of input) {
    const end = format.kind === 'binary' ? 0 : ends.lastEnd(piece)
    if (size + piece.length >= COPY_CHUNK_BYTES && end > 0) {
      bytes.push(piece.subarray(0, end))
      yield { bytes, linesAfter: ends.lines }
      bytes = end < piece.length ? [piece.subarray(end)] : []
      size = piece.length - end
    } else {
      bytes.push(piece)
      size += piece.length
      if (size > COPY_ROW_BYTES_MAX) {
        throw new PgError('54000', 'COPY input holds too long a row', {
          detail: `A row, or all of a COPY in binary format, may have ${COPY_ROW_BYTES_MAX} bytes.`,
          hint: format.kind === 'binary' ? 'Use the text or csv format.' : 'Is a quote left open?',
          fault: 'limit',
        })
      }
    }
  }
  if (format.kind === 'csv') bytes = withoutEndMark(bytes)
  if (size > 0) yield { bytes, linesAfter: ends.lines }
}

/**
 * psql before 18 sends the line `\.` that ends \copy's inline data, and PostgreSQL 18 takes it for data in CSV. Nobody means
 * it as data at the very end. https://www.postgresql.org/docs/18/release-18.html
 */
function withoutEndMark(bytes: Uint8Array[]): Uint8Array[] {
  const last = Buffer.concat(bytes.slice(-2))
  const mark = /(?:^|\n)\\\.\r?\n?$/.exec(last.subarray(-5).toString('latin1'))
  if (mark === null) return bytes
  const length = mark[0].replace(/^\n/, '').length
  return [...bytes.slice(0, -2), last.subarray(0, last.length - length)]
}

const COPY_ROW_BYTES_MAX = 256 * 1024 * 1024

/**
 * The client's side: CopyData until CopyDone, CopyFail or something that has no place here. What it still sends after an
 * error the session ignores, as PostgreSQL does.
 */
async function* clientInput({ session, signal }: StatementContext): AsyncGenerator<Uint8Array> {
  for (;;) {
    const message = await session.connection.read(signal)
    if (message === null) {
      const text = 'unexpected EOF on client connection with an open transaction'
      throw new PgError('08006', text, { severity: 'FATAL' })
    }
    switch (message.kind) {
      case 'CopyData':
        yield message.data
        break
      case 'CopyDone':
        return
      case 'CopyFail':
        throw new PgError('57014', `COPY from stdin failed: ${message.message}`)
      // Flush and Sync may stand between, and mean nothing here
      case 'Flush':
      case 'Sync':
        break
      default:
        throw new PgError('08P01', `unexpected message type ${message.kind} during COPY from stdin`, {
          severity: 'FATAL',
        })
    }
  }
}
