import { setTimeout as sleep } from 'node:timers/promises'
import type { Compiled } from '../compiler/compiled.ts'
import { queries } from '../compiler/tree/walk.ts'
import type { Batch, EngineName, RowFormat, Run } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import { isTemporary } from '../lake/temporary.ts'
import { type LakePlan, planLake } from './plan.ts'
import { progressNotices } from './progress.ts'
import { type Outcome, resultFormats } from './rows.ts'
import type { Bound, Session } from './state.ts'
import { refuseReadOnly } from './transaction.ts'

/** An autocommit write that lost a commit race, and of which the client has seen nothing, is run again. */
const COMMIT_TRIES_MAX = 5
const COMMIT_RETRY_MS = 20

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

/** Reads or writes tables of the lake: at the engine that the router prefers, or the next one where that cannot. */
export async function runLake(
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
