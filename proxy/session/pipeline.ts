import type { TwinStatement } from '../compiler/compiler.ts'
import type { RowFormat } from '../engine/engine.ts'
import { PgError, unsupported } from '../error.ts'
import { copyRows } from './copy-rows.ts'
import { runLake } from './lake-run.ts'
import { withNamesOfToday } from './older-psql.ts'
import { withOwnViews } from './own-view.ts'
import { sendNotice, shifted } from './reply.ts'
import { type Outcome, resultFormats } from './rows.ts'
import { runSettingFunctions, usesSetConfig } from './setting/function.ts'
import { runSleep, sleepExpression } from './sleep.ts'
import type { Bound, Session, Statement } from './state.ts'
import type { DescribeContext, StatementContext, StatementHandler } from './statement/handler.ts'
import { commandName, handlerOf, ownNode } from './statement/table.ts'
import { codePoints } from './token.ts'
import { refuseReadOnly } from './transaction.ts'

/** Analyses one statement. `offset`: code points before it in what the client sent. */
export async function compile(
  session: Session,
  sql: string,
  offset: number,
  declaredTypes: readonly number[],
  signal: AbortSignal,
): Promise<Statement> {
  try {
    const own = ownNode(sql)
    if (session.transaction.hasFailed && (own === null || !handlerOf(own)?.inFailedTransaction?.(sql)))
      throw failedTransaction()
    if (own !== null) {
      const statement = { sql, node: own, parameterTypes: declaredTypes, columns: null }
      return await describeUtility(session, sql, offset, declaredTypes, statement, signal)
    }
    const analysis = await session.front.analyse(
      withNamesOfToday(sql),
      declaredTypes,
      session.settings.forTwin(),
      signal,
    )
    if (analysis.kind === 'empty') {
      return { sql, offset, declaredTypes, analysis, parameterTypes: declaredTypes, columns: null }
    }
    for (const notice of analysis.notices) sendNotice(session, notice)
    switch (analysis.kind) {
      case 'lake': {
        const { parameterTypes, columns } = analysis.compiled
        return { sql, offset, declaredTypes, analysis, parameterTypes, columns }
      }
      case 'twin': {
        const { parameterTypes, columns } = analysis.statement
        return { sql, offset, declaredTypes, analysis, parameterTypes, columns }
      }
      case 'utility':
        return await describeUtility(session, sql, offset, declaredTypes, analysis.statement, signal)
      default:
        return analysis satisfies never
    }
  } catch (error) {
    throw shifted(error, offset)
  }
}

async function describeUtility(
  session: Session,
  sql: string,
  offset: number,
  declaredTypes: readonly number[],
  statement: DescribeContext['statement'],
  signal: AbortSignal,
): Promise<Statement> {
  const handler = handlerOf(statement.node)
  const context = describeContext(session, statement, declaredTypes, signal)
  const columns = handler?.describe === undefined ? statement.columns : await handler.describe(context)
  return {
    sql,
    offset,
    declaredTypes,
    analysis: { kind: 'utility', statement, notices: [] },
    parameterTypes: statement.parameterTypes,
    columns,
  }
}

/**
 * Begins a statement. For rows, the engine starts when they are first asked for, so that RowDescription goes before
 * errors of execution, as from PostgreSQL; anything else has happened when this resolves.
 */
export async function run(
  session: Session,
  statement: Statement,
  bind: Bound,
  signal: AbortSignal,
  format?: RowFormat,
): Promise<Outcome> {
  const { analysis, offset } = statement
  try {
    switch (analysis.kind) {
      case 'empty':
        return { kind: 'empty' }
      case 'lake':
        refuseFailed(session)
        return await runLake(session, analysis.compiled, bind, signal, format)
      case 'twin':
        refuseFailed(session)
        return await runTwin(session, analysis.statement, bind, signal, format)
      case 'utility':
        return await runUtility(session, statement, bind, signal)
      default:
        return analysis satisfies never
    }
  } catch (error) {
    throw shifted(error, offset)
  }
}

/** Reads only the catalog, or nothing: the tenant's PostgreSQL runs it as the client's user. */
async function runTwin(
  session: Session,
  statement: TwinStatement,
  bind: Bound,
  signal: AbortSignal,
  format?: RowFormat,
): Promise<Outcome> {
  session.transaction.queried = true
  if (usesSetConfig(statement.sql)) return await runSettingFunctions(session, statement, bind, signal)
  const seconds = sleepExpression(statement.sql)
  if (seconds !== null) return await runSleep(session, statement, seconds, bind, signal)
  const { columns } = statement
  const asked = format?.kind === 'CopyBinary' ? { ...bind, resultFormats: [1] } : bind
  const own = { ...statement, sql: withOwnViews(session, statement.sql) }
  const run = await session.front.query(own, asked, session.settings.forTwin(), signal)
  if (columns === null) {
    for await (const _ of run.batches);
    return { kind: 'done', tag: run.tag() }
  }
  const batches = format === undefined ? run.batches : copyRows(run.batches, format)
  const formats = resultFormats(asked.resultFormats, columns.length)
  return { kind: 'rows', columns, formats, batches, tag: (rows) => `SELECT ${rows}` }
}

async function runUtility(session: Session, statement: Statement, bind: Bound, signal: AbortSignal): Promise<Outcome> {
  if (statement.analysis.kind !== 'utility') throw new TypeError('not a utility statement')
  const utility = statement.analysis.statement
  const handler = handlerOf(utility.node)
  if (handler === undefined) throw unsupported(commandName(utility.sql))
  if (!handler.inFailedTransaction?.(utility.sql)) refuseFailed(session)
  if (!handler.readOnly && session.transaction.isReadOnly) refuseReadOnly(commandOf(handler, utility))
  const context: StatementContext = {
    ...describeContext(session, utility, statement.declaredTypes, signal),
    bind,
    runStatement: (inner, innerBind, format) => run(session, inner, innerBind, signal, format),
    runStatementUnder: (inner, innerBind, own) => run(session, inner, innerBind, own),
    notice: (notice) => sendNotice(session, notice),
  }
  return await handler.run(context)
}

function describeContext(
  session: Session,
  statement: DescribeContext['statement'],
  declaredTypes: readonly number[],
  signal: AbortSignal,
): DescribeContext {
  return {
    session,
    statement,
    signal,
    compileInner: async (start, end) => {
      const before = codePoints(statement.sql, start)
      // The outer statement shifts positions by its own offset when the error passes it.
      return await compile(session, statement.sql.slice(start, end), before, declaredTypes, signal)
    },
    compileText: (sql, types) => compile(session, sql, 0, types ?? declaredTypes, signal),
  }
}

/** PostgreSQL's order of things: nothing but the end of a failed transaction is even looked at. */
export function refuseInFailedTransaction(session: Session, { analysis }: Statement): void {
  if (!session.transaction.hasFailed || analysis.kind === 'empty') return
  const ends =
    analysis.kind === 'utility' && handlerOf(analysis.statement.node)?.inFailedTransaction?.(analysis.statement.sql)
  if (!ends) throw failedTransaction()
}

function refuseFailed(session: Session): void {
  if (session.transaction.hasFailed) throw failedTransaction()
}

function failedTransaction(): PgError {
  return new PgError('25P02', 'current transaction is aborted, commands ignored until end of transaction block')
}

function commandOf(handler: StatementHandler, statement: DescribeContext['statement']): string {
  return typeof handler.command === 'string' ? handler.command : handler.command(statement)
}
