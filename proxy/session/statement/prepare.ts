import type { Bind } from '../../compiler/compiler.ts'
import { PgError, unsupported } from '../../error.ts'
import { evaluateConstants } from '../evaluate.ts'
import { rowValues, splitRows } from '../rows.ts'
import { NO_BIND, type Statement } from '../state.ts'
import { type Token, TokenReader } from '../token.ts'
import { done, type StatementContext, type StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-prepare.html: its statements and those of Parse share their names. */
export const prepare: StatementHandler = {
  readOnly: true,
  command: 'PREPARE',
  async run(ctx) {
    const { session, statement } = ctx
    const reader = new TokenReader(statement.sql)
    const name = reader.words('prepare') ? reader.identifier() : null
    if (name === null) throw unsupported('this form of PREPARE')
    session.prepared.refuseTaken(name)
    const types = reader.parenthesised()
    if (!reader.words('as')) throw unsupported('this form of PREPARE')
    const typeOids = types === null ? [] : await oidsOf(ctx, statement.sql.slice(types.start, types.end))
    const inner = await ctx.compileText(statement.sql.slice(reader.offset), typeOids)
    session.prepared.add({
      name,
      statement: inner,
      text: statement.sql,
      preparedAt: new Date(),
      fromSql: true,
      epoch: session.epoch,
    })
    return done('PREPARE')
  },
}

/** PostgreSQL reads the names of types. */
async function oidsOf(ctx: StatementContext, types: string): Promise<number[]> {
  const columns = splitAtCommas(types).map((type) => `NULL::${type}`)
  const { columns: described } = await ctx.compileText(`SELECT ${columns.join(', ')}`, [])
  return (described ?? []).map((column) => column.typeOid)
}

export const execute: StatementHandler = {
  readOnly: true,
  command: 'EXECUTE',
  async describe({ session, statement }) {
    const name = readExecute(statement.sql)?.name
    return name === undefined ? statement.columns : session.prepared.get(name).statement.columns
  },
  async run(ctx) {
    const { statement, bind } = await preparedOf(ctx, ctx.statement.sql)
    return await ctx.runStatement(statement, bind)
  },
}

/** What an EXECUTE runs. */
export async function preparedOf(ctx: StatementContext, sql: string): Promise<{ statement: Statement; bind: Bind }> {
  const command = readExecute(sql)
  if (command === null) throw unsupported('this form of EXECUTE')
  const { statement } = ctx.session.prepared.get(command.name)
  const wanted = statement.parameterTypes.length
  if (command.arguments.length !== wanted) {
    throw new PgError('42601', `wrong number of parameters for prepared statement "${command.name}"`, {
      detail: `Expected ${wanted} parameters but got ${command.arguments.length}.`,
    })
  }
  const values = wanted === 0 ? [] : await evaluate(ctx, command.arguments, statement)
  // Analysed again: what it means may have changed since, and so may what its user may do.
  const fresh = await ctx.compileText(statement.sql, statement.declaredTypes)
  return { statement: fresh, bind: { formats: [], values, resultFormats: ctx.bind.resultFormats } }
}

/** PostgreSQL computes the arguments, cast to the parameters' types, as the client's own query would be. */
async function evaluate(
  ctx: StatementContext,
  texts: readonly string[],
  statement: Statement,
): Promise<(Uint8Array | null)[]> {
  const names = await evaluateConstants(
    ctx.session,
    statement.parameterTypes.map((oid) => `pg_catalog.format_type(${oid}, NULL)`),
    ctx.signal,
  )
  const casts = texts.map((text, index) => `(${text})::${names[index] ?? 'text'}`)
  const query = await ctx.compileText(`SELECT ${casts.join(', ')}`)
  const outcome = await ctx.runStatement(query, { ...NO_BIND, formats: ctx.bind.formats, values: ctx.bind.values })
  if (outcome.kind === 'rows') {
    for await (const batch of outcome.batches) {
      const [row] = splitRows(batch)
      if (row !== undefined) return rowValues(row).map((value) => (value === null ? null : Buffer.from(value)))
    }
  }
  throw unsupported('this form of EXECUTE')
}

export function readExecute(sql: string): { name: string; arguments: string[] } | null {
  const reader = new TokenReader(sql)
  const name = reader.words('execute') ? reader.identifier() : null
  if (name === null) return null
  const range = reader.parenthesised()
  if (!reader.atEnd) return null
  return { name, arguments: range === null ? [] : splitAtCommas(sql.slice(range.start, range.end)) }
}

/** The pieces between commas that no bracket encloses. */
export function splitAtCommas(text: string): string[] {
  const reader = new TokenReader(text)
  const pieces: string[] = []
  let start = 0
  let depth = 0
  for (let token: Token | undefined = reader.next(); token !== undefined; token = reader.next()) {
    if (token.kind !== 'symbol') continue
    if (token.value === '(' || token.value === '[') depth += 1
    if (token.value === ')' || token.value === ']') depth -= 1
    if (token.value === ',' && depth === 0) {
      pieces.push(text.slice(start, token.start))
      start = token.end
    }
  }
  pieces.push(text.slice(start))
  return pieces
}

export const deallocate: StatementHandler = {
  readOnly: true,
  command: 'DEALLOCATE',
  async run({ session, statement }) {
    const target = readDeallocate(statement.sql)
    if (target === null) throw unsupported('this form of DEALLOCATE')
    if (target.kind === 'all') {
      session.prepared.clear()
      return done('DEALLOCATE ALL')
    }
    session.prepared.get(target.name)
    session.prepared.remove(target.name)
    return done('DEALLOCATE')
  },
}

export function readDeallocate(sql: string): { kind: 'all' } | { kind: 'one'; name: string } | null {
  const reader = new TokenReader(sql)
  if (!reader.words('deallocate')) return null
  if (!(reader.peek(1) === undefined || reader.peek(1)?.value === ';')) reader.words('prepare')
  if (reader.words('all')) return reader.atEnd ? { kind: 'all' } : null
  const name = reader.identifier()
  return name !== null && reader.atEnd ? { kind: 'one', name } : null
}
