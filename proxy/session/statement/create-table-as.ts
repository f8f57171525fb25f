import { PgError, unsupported } from '../../error.ts'
import { applyDdl, qualified } from '../ddl/apply.ts'
import { TokenReader, tokenise } from '../token.ts'
import { done, type StatementContext, type StatementHandler } from './handler.ts'
import { retrying } from './retry.ts'

/**
 * CREATE TABLE … AS query: the twin makes the empty table, so that names and types are PostgreSQL's own; the lake gets
 * it from there, and an INSERT of the query fills it, all in one transaction.
 * https://www.postgresql.org/docs/18/sql-createtableas.html
 */
export const createTableAs: StatementHandler = {
  readOnly: false,
  command: 'CREATE TABLE AS',
  run: (whole) =>
    retrying(whole, async (ctx) => {
      const sql = readSelectInto(ctx.statement.sql) ?? ctx.statement.sql
      const parts = readCreateTableAs(sql)
      if (parts === null) {
        throw unsupported(
          /^create\s+materialized\b/i.test(sql.trimStart())
            ? 'CREATE MATERIALIZED VIEW'
            : 'this form of CREATE TABLE AS',
        )
      }
      const empty = await withoutParameters(ctx, sql.slice(0, parts.queryEnd))
      const { changes } = await applyDdl(ctx, `${empty}\nWITH NO DATA`)
      const created = changes.find((change) => change.kind === 'createTable')
      // IF NOT EXISTS, and it does; or no rows are wanted
      if (created === undefined || !parts.withData) return done('CREATE TABLE AS')
      const query = sql.slice(parts.queryStart, parts.queryEnd)
      const insert = await ctx.compileText(
        `INSERT INTO ${qualified(created.table)} ${query}`,
        ctx.statement.parameterTypes,
      )
      const outcome = await ctx.runStatement(insert, { ...ctx.bind, resultFormats: [] })
      if (outcome.kind !== 'done') throw new PgError('XX000', 'CREATE TABLE AS gave rows', { fault: 'internal' })
      return done(outcome.tag.replace(/^INSERT 0 /, 'SELECT '))
    }),
}

/** The twin makes the table without a value: of a parameter only the type matters. */
async function withoutParameters({ session, statement, signal }: StatementContext, sql: string): Promise<string> {
  const { parameterTypes } = statement
  if (parameterTypes.length === 0) return sql
  const asked = parameterTypes.map((type) => `pg_catalog.format_type(${type}, NULL)`)
  const types = await session.front.evaluate(asked, session.settings.forTwin(), signal)
  let out = ''
  let end = 0
  for (const token of tokenise(sql) ?? []) {
    if (token.kind !== 'parameter') continue
    out += `${sql.slice(end, token.start)}CAST(NULL AS ${types[Number(token.value) - 1]})`
    end = token.end
  }
  return out + sql.slice(end)
}

/** SELECT … INTO name FROM … as the CREATE TABLE name AS that it means; null: it is none. */
export function readSelectInto(sql: string): string | null {
  const reader = new TokenReader(sql)
  const first = reader.peek()
  if (first?.kind !== 'word' || (first.value !== 'select' && first.value !== 'with')) return null
  let depth = 0
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    if (depth === 0 && reader.words('into')) {
      const kind = reader.oneOf('temporary', 'temp', 'unlogged') ?? ''
      reader.words('table')
      const name = reader.qualifiedName()
      if (name === null) return null
      return `CREATE ${kind} TABLE ${sql.slice(name.start, name.end)} AS ${sql.slice(0, token.start)}${sql.slice(name.end)}`
    }
    if (token.kind === 'symbol' && token.value === '(') depth += 1
    if (token.kind === 'symbol' && token.value === ')') depth -= 1
    reader.next()
  }
  return null
}

/** Offsets of the query in the text; null for SELECT INTO, materialized views and AS EXECUTE. */
export function readCreateTableAs(sql: string): { queryStart: number; queryEnd: number; withData: boolean } | null {
  const reader = new TokenReader(sql)
  if (!reader.words('create')) return null
  while (reader.oneOf('global', 'local', 'temporary', 'temp', 'unlogged') !== null);
  if (!reader.words('table')) return null
  let depth = 0
  for (;;) {
    const token = reader.peek()
    if (token === undefined) return null
    if (depth === 0 && reader.words('as')) break
    if (token.kind === 'symbol' && token.value === '(') depth += 1
    if (token.kind === 'symbol' && token.value === ')') depth -= 1
    reader.next()
  }
  if (reader.peek()?.kind === 'word' && reader.peek()?.value === 'execute') return null
  const queryStart = reader.offset
  let queryEnd = queryStart
  while (!reader.atEnd) {
    const at = { end: queryEnd }
    if (reader.words('with', 'no', 'data') && reader.atEnd) return { queryStart, queryEnd: at.end, withData: false }
    if (reader.words('with', 'data') && reader.atEnd) return { queryStart, queryEnd: at.end, withData: true }
    queryEnd = reader.next()?.end ?? queryEnd
  }
  return { queryStart, queryEnd, withData: true }
}
