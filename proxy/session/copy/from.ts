import type { Notice, Pinned } from '../../compiler/compiler.ts'
import { PgError } from '../../error.ts'
import { printLoad } from '../../print/load.ts'
import { confine } from '../../query/confine.ts'
import { quoteIdentifier } from '../../quote.ts'
import type { FormatCode } from '../../wire/message.ts'
import { qualified } from '../ddl/apply.ts'
import type { Outcome } from '../rows.ts'
import type { StatementContext } from '../statement/handler.ts'
import { done } from '../statement/handler.ts'
import { type NamedRelation, relationNamed, withoutPosition } from '../statement/relation.ts'
import { Chunks } from './chunk.ts'
import {
  type CopyFormat,
  type CopyOption,
  type CopyStatement,
  copyFormat,
  inPlaceOf,
  readNames,
  type Span,
} from './read.ts'

/**
 * COPY … FROM STDIN. PostgreSQL parses what the client sends: the twin takes it, a chunk at a time, into a temporary table
 * like the target (so defaults, NOT NULL, WHERE and every message about a bad line are its own), and gives the rows back as
 * plain text, which the engine loads in one statement when the client is done. Until then nothing has been written.
 */
export async function copyFrom(ctx: StatementContext, copy: CopyStatement): Promise<Outcome> {
  const { session, signal } = ctx
  const { sql } = ctx.statement
  const { transaction } = session
  if (copy.target === null) throw new PgError('42601', 'syntax error at or near "FROM"')
  const relation = await relationNamed(ctx, cut(sql, copy.target))
  if (transaction.isReadOnly && !relation.isTemporary)
    throw new PgError('25006', 'cannot execute COPY FROM in a read-only transaction')
  if (relation.isTemporary && session.temporary.actsOnCommit) session.alone = false
  if (relation.kind === 'v')
    throw new PgError('42809', `cannot copy to view "${relation.name}"`, {
      hint: 'To enable copying to a view, provide an INSTEAD OF INSERT trigger.',
    })
  const columns = copy.columns === null ? '' : ` ${cut(sql, copy.columns)}`
  const width = copy.columns === null ? await columnCount(ctx, relation) : readNames(columns).length
  const nulls = new Array<string>(width).fill('NULL').join(', ')
  // The INSERT of the same columns tells what PostgreSQL lets this user write; it never runs.
  const insert = await withoutPosition(() =>
    ctx.compileText(`INSERT INTO ${qualified(relation)}${columns} SELECT ${nulls}`, []),
  )
  if (insert.analysis.kind !== 'lake') throw new PgError('42809', `cannot copy to relation "${relation.name}"`)
  const confined = confine(insert.analysis.compiled, session.identity.user)
  const overlay = transaction.inBlock || !session.alone ? await transaction.lake(signal) : transaction.lakeId
  const load = printLoad(confined, overlay)
  const engine = session.services.engines.get('duckdb')
  if (engine === undefined) throw new PgError('0A000', 'COPY FROM STDIN needs the engine duckdb', { fault: 'engine' })

  const format = copyFormat(copy.options)
  const code = format.kind === 'binary' ? 1 : 0
  const twin = await transaction.twin(signal)
  const staging = new Staging(twin, { sql, copy, relation, columns, format, texts: load.texts }, signal)
  const invite = (): void => {
    session.connection.send({
      kind: 'CopyInResponse',
      format: code,
      columnFormats: new Array<FormatCode>(width).fill(code),
    })
    session.connection.flush()
  }
  const run = await engine.run(load.sql, {
    tenant: session.identity.tenant,
    user: session.identity.user,
    transaction: overlay,
    format: { kind: 'DataRow', formats: [] },
    style: session.settings.style(),
    rowsMax: 0,
    staged: {
      columns: load.texts.length,
      rows: staging.parsed(clientInput(ctx, invite, () => staging.place())),
    },
    signal,
  })
  for await (const _ of run.batches);
  for (const notice of staging.notices()) ctx.notice(notice)
  return done(`COPY ${run.rowsAffected() ?? staging.rows}`)
}

function cut(sql: string, span: Span): string {
  return sql.slice(span.start, span.end)
}

async function columnCount(ctx: StatementContext, relation: NamedRelation): Promise<number> {
  return (await ctx.compileText(`SELECT * FROM ${qualified(relation)}`, [])).columns?.length ?? 0
}

type StagingPlan = {
  sql: string
  copy: CopyStatement
  relation: NamedRelation
  columns: string
  format: CopyFormat
  texts: readonly string[]
}

class Staging {
  rows = 0
  private readonly twin: Pinned
  private readonly plan: StagingPlan
  private readonly signal: AbortSignal
  private readonly heard: Notice[] = []
  private skipped = 0
  private chunks: Chunks | null = null

  constructor(twin: Pinned, plan: StagingPlan, signal: AbortSignal) {
    this.twin = twin
    this.plan = plan
    this.signal = signal
  }

  /** Chunk after chunk of input, as CSV of the texts that the engine reads. */
  async *parsed(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks = new Chunks(input, this.plan.format)
    this.chunks = chunks
    for (let first = true; !chunks.done; first = false) yield* this.chunk(chunks, first)
  }

  /** Where PostgreSQL says that it was when the client gave up. */
  place(): string | undefined {
    if (this.plan.format.kind === 'binary') return undefined
    return `COPY ${this.plan.relation.name}, line ${(this.chunks?.lines ?? 0) + 1}`
  }

  notices(): Notice[] {
    if (this.skipped === 0) return this.heard
    const rows = this.skipped === 1 ? 'row was' : 'rows were'
    const message = `${this.skipped} ${rows} skipped due to data type incompatibility`
    return [...this.heard, { severity: 'NOTICE', code: '00000', message }]
  }

  private async *chunk(chunks: Chunks, first: boolean): AsyncGenerator<Uint8Array> {
    const { twin, signal } = this
    const { sql, copy, relation, columns, texts } = this.plan
    // Called like the target, so that PostgreSQL's messages name what the client named.
    const staged = `pg_temp.${quoteIdentifier(relation.name)}`
    await twin.run('SAVEPOINT lakewire_copy', signal)
    if (!relation.isTemporary) {
      if (relation.namesake !== null) await twin.run(`DROP ${relation.namesake} ${staged} CASCADE`, signal)
      await twin.run(`CREATE TEMPORARY TABLE ${staged} (LIKE ${qualified(relation)} INCLUDING DEFAULTS)`, signal)
    }
    // The first time in the client's own words: positions of errors point into them.
    const own = inPlaceOf(sql, copy.target!, staged)
    const again = `COPY ${staged}${columns} FROM STDIN${withoutHeader(copy.options)}${copy.where}`
    const { linesBefore } = chunks
    try {
      const { rows, notices } = await twin.copyIn(first ? own.sql : again, chunks.next(), signal)
      this.rows += rows
      for (const notice of notices) this.hear(notice)
    } catch (error) {
      throw this.asOfTarget(first ? own.error(error) : error, linesBefore)
    }
    for (const [name, value] of CARRIER_SETTINGS) await twin.run(`SET LOCAL ${name} TO '${value}'`, signal)
    yield* twin.copyOut(
      `COPY (SELECT ${texts.join(', ')} FROM ${staged}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`,
      signal,
    )
    await twin.run('ROLLBACK TO SAVEPOINT lakewire_copy', signal)
    await twin.run('RELEASE SAVEPOINT lakewire_copy', signal)
  }

  /** ON_ERROR ignore says at the end of each chunk how many rows it left out. */
  private hear(notice: Notice): void {
    const skipped = /^(\d+) rows? (?:was|were) skipped due to data type incompatibility$/.exec(notice.message)
    if (skipped === null) this.heard.push(notice)
    else this.skipped += Number(skipped[1])
  }

  /** PostgreSQL counts lines from the beginning of each chunk, and knows the table by its temporary schema. */
  private asOfTarget(error: unknown, linesBefore: number): unknown {
    if (!(error instanceof PgError)) return error
    const fields = { ...error.fields }
    if (fields.schema !== undefined) fields.schema = this.plan.relation.schema
    // An error of the input itself already says where it was.
    if (fields.where !== undefined && error.cause === undefined) {
      fields.where = fields.where.replace(
        /^(COPY .*?, line )(\d+)/,
        (_, head, line) => `${head}${Number(line) + linesBefore}`,
      )
    }
    return new PgError(error.code, error.message, fields)
  }
}

/** Under these the text of a value says all of it, and the engine reads it. */
const CARRIER_SETTINGS: readonly (readonly [string, string])[] = [
  ['DateStyle', 'ISO'],
  ['TimeZone', 'UTC'],
  ['IntervalStyle', 'postgres'],
  ['extra_float_digits', '3'],
]

/** Only the first chunk has the header line. */
function withoutHeader(options: readonly CopyOption[]): string {
  const given = options.filter(({ name }) => name !== 'header')
  if (given.length === 0) return ''
  return ` (${given.map(({ name, value }) => (value === null ? quoteIdentifier(name) : `${quoteIdentifier(name)} ${value}`)).join(', ')})`
}

/** The client's CopyFail: its place is in the client's own counting. */
const FAILED_BY_CLIENT = 'CopyFail'

/**
 * The client's side, invited when PostgreSQL has taken the statement: CopyData until CopyDone, CopyFail or something that has
 * no place here. What it still sends after an error the session ignores, as PostgreSQL does.
 */
async function* clientInput(
  { session, signal }: StatementContext,
  invite: () => void,
  place: () => string | undefined,
): AsyncGenerator<Uint8Array> {
  invite()
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
      case 'CopyFail': {
        const where = place()
        throw new PgError('57014', `COPY from stdin failed: ${message.message}`, {
          ...(where === undefined ? {} : { where }),
          cause: FAILED_BY_CLIENT,
        })
      }
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
