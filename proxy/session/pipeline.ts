import { setTimeout as sleep } from 'node:timers/promises'
import type { Compiled } from '../compiler/compiled.ts'
import type { TwinStatement } from '../compiler/compiler.ts'
import { queries } from '../compiler/tree/walk.ts'
import type { Batch, EngineName, RowFormat, Run } from '../engine/engine.ts'
import { PgError, unsupported } from '../error.ts'
import { isTemporary } from '../lake/temporary.ts'
import { copyRows } from './copy-rows.ts'
import { withNamesOfToday } from './older-psql.ts'
import { withOwnViews } from './own-view.ts'
import { type LakePlan, planLake } from './plan.ts'
import { progressNotices } from './progress.ts'
import { sendNotice, shifted } from './reply.ts'
import { type Outcome, resultFormats } from './rows.ts'
import { runSettingFunctions, usesSetConfig } from './setting/function.ts'
import { runSleep, sleepExpression } from './sleep.ts'
import type { Bound, Session, Statement } from './state.ts'
import type { DescribeContext, StatementContext, StatementHandler } from './statement/handler.ts'
import { commandName, handlerOf, ownNode } from './statement/table.ts'
import { codePoints } from './token.ts'

/** An autocommit write that lost a commit race, and of which the client has seen nothing, is run again. */
const COMMIT_TRIES_MAX = 5
const COMMIT_RETRY_MS = 20

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

type LakeCommand = { readonly name: string; readonly writes: boolean; tag(rows: number): string }

const LAKE_COMMANDS: Readonly<Record<string, LakeCommand>> = {
  select: { name: 'SELECT', writes: false, tag: (rows) => `SELECT ${rows}` },
  insert: { name: 'INSERT', writes: true, tag: (rows) => `INSERT 0 ${rows}` },
  update: { name: 'UPDATE', writes: true, tag: (rows) => `UPDATE ${rows}` },
  delete: { name: 'DELETE', writes: true, tag: (rows) => `DELETE ${rows}` },
  merge: { name: 'MERGE', writes: true, tag: (rows) => `MERGE ${rows}` },
}

/** What a statement writes, within WITH too: for each table whether it is temporary. */
function writtenTables({ query, catalog }: Compiled): boolean[] {
  return [...queries(query)].flatMap(({ commandType, resultRelation, rtable }) => {
    if (commandType === 'select') return []
    const target = rtable[resultRelation - 1]
    return [target?.rtekind === 'relation' && isTemporary(catalog.relation(target.relid)?.schema ?? '')]
  })
}

type Begun = { readonly plan: LakePlan; readonly inTransaction: string | null }
type Failed = ReadonlyMap<EngineName, string>

async function runLake(
  session: Session,
  compiled: Compiled,
  bind: Bound,
  signal: AbortSignal,
  format?: RowFormat,
): Promise<Outcome> {
  const { transaction } = session
  const command = LAKE_COMMANDS[compiled.query.commandType]
  if (command === undefined) throw new PgError('0A000', `this kind of statement is not supported`)
  const writes = command.writes || compiled.query.hasModifyingCTE
  const written = writes ? writtenTables(compiled) : []
  // As PostgreSQL has it, a read-only transaction may write temporary tables.
  if (writes && transaction.isReadOnly && !written.every(Boolean)) refuseReadOnly(command.name)
  transaction.queried = true
  // What ON COMMIT says happens in the transaction of the write itself.
  if (session.temporary.actsOnCommit && written.includes(true)) session.alone = false
  if (writes) await session.portals.beginCursors(signal)

  const begin = async (without?: Failed): Promise<Begun> => {
    const options = without === undefined ? {} : { without }
    let inTransaction = transaction.lakeId
    if (transaction.inBlock || (writes && !session.alone)) inTransaction = await transaction.lake(signal)
    let plan = await planLake(session, compiled, bind, inTransaction, signal, options)
    if (writes && inTransaction === null && plan.sql.statements.length > 1) {
      inTransaction = await transaction.lake(signal)
      plan = await planLake(session, compiled, bind, inTransaction, signal, options)
    }
    return { plan, inTransaction }
  }
  const start = async ({ plan, inTransaction }: Begun): Promise<Run> => {
    const formats = resultFormats(bind.resultFormats, compiled.columns?.length ?? 0) as readonly (0 | 1)[]
    session.recording?.sentTo(plan.routed)
    return await plan.engine.run(plan.sql, {
      tenant: session.identity.tenant,
      user: session.identity.user,
      transaction: inTransaction,
      format: format ?? { kind: 'DataRow', formats },
      style: session.settings.style(),
      rowsMax: 0,
      ...(session.settings.isOn('lakewire.progress') ? { onProgress: progressNotices(session) } : {}),
      signal,
    })
  }

  const { admission } = session.services.router
  /** An engine that breaks before its first row, or never gets a write, is not the end of it: once, another has a try. */
  const startSomewhere = async (begun: Begun): Promise<Run> => {
    try {
      return await start(begun)
    } catch (error) {
      const failed = failedBeforehand(session, begun.plan, error, { writes, signal })
      if (failed === null) throw error
      session.log.warn({ engine: begun.plan.engine.name, error }, 'another engine has a try')
      return await start(await begin(failed))
    }
  }

  if (compiled.columns === null) {
    const leave = await admission.enter(session.identity.tenant, session, signal)
    try {
      return { kind: 'done', tag: command.tag(await writeRetrying(session, begin, startSomewhere, signal)) }
    } finally {
      leave()
    }
  }
  const begun = await begin()
  let affected: number | null = null
  async function* batches(): AsyncGenerator<Batch> {
    const leave = await admission.enter(session.identity.tenant, session, signal)
    try {
      const run = await startSomewhere(begun)
      yield* run.batches
      affected = run.rowsAffected()
    } finally {
      leave()
    }
  }
  return {
    kind: 'rows',
    columns: compiled.columns,
    formats: resultFormats(bind.resultFormats, compiled.columns.length),
    batches: batches(),
    tag: (rows) => command.tag(command.writes ? (affected ?? rows) : rows),
  }
}

/** A write without RETURNING, to its end. Nothing of it has reached the client, so a lost race can be run again. */
async function writeRetrying(
  session: Session,
  begin: () => Promise<Begun>,
  start: (begun: Begun) => Promise<Run>,
  signal: AbortSignal,
): Promise<number> {
  const { transaction } = session
  for (let attempt = 1; ; attempt += 1) {
    try {
      const begun = await begin()
      const { inTransaction } = begun
      const run = await start(begun)
      for await (const _ of run.batches);
      if (session.alone && !transaction.inBlock && inTransaction !== null) {
        await transaction.commit()
        transaction.ensure()
      }
      return run.rowsAffected() ?? 0
    } catch (error) {
      const lostRace = error instanceof PgError && error.code === '40001'
      if (!lostRace || !session.alone || transaction.inBlock || attempt >= COMMIT_TRIES_MAX) throw error
      await transaction.rollback()
      transaction.ensure()
      await sleep(COMMIT_RETRY_MS * attempt * (1 + Math.random()), undefined, { signal })
    }
  }
}

/** cannot_connect_now: the engine never got the statement. */
/** The engine has not had the statement, or has refused it: what it would have written is not there. */
const NOTHING_DONE: ReadonlySet<string> = new Set(['57P03', '0A000'])
/** Another engine may have what this one lacks: what it can say, or memory. */
const LACKS: ReadonlySet<string> = new Set(['0A000', '53200'])

/**
 * Why the statement may go to another engine after this one failed; null: it may not. Only what is the engine's own doing
 * counts, with nothing read by the client or, for a write, nothing done; and no engine may have been asked for by name.
 */
function failedBeforehand(
  session: Session,
  { routed, engine }: LakePlan,
  error: unknown,
  { writes, signal }: { writes: boolean; signal: AbortSignal },
): Failed | null {
  if (!(error instanceof PgError) || signal.aborted) return null
  if (error.fault !== 'engine' && !LACKS.has(error.code)) return null
  if (routed.why === 'asked' || session.services.engines.size < 2) return null
  if (writes && !NOTHING_DONE.has(error.code)) return null
  const verb = error.code === '0A000' ? 'cannot' : 'failed'
  return new Map([[engine.name, `${verb} (${error.message})`]])
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

function refuseReadOnly(command: string): never {
  throw new PgError('25006', `cannot execute ${command} in a read-only transaction`)
}

function commandOf(handler: StatementHandler, statement: DescribeContext['statement']): string {
  return typeof handler.command === 'string' ? handler.command : handler.command(statement)
}
