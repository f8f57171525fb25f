import { split } from '../compiler/split.ts'
import { PgError } from '../error.ts'
import type { FrontendMessage } from '../wire/message.ts'
import { endImplicit } from './end.ts'
import { canonicalValues } from './evaluate.ts'
import { compile, refuseInFailedTransaction, run } from './pipeline.ts'
import { Portal } from './portal.ts'
import { Recording } from './recording.ts'
import { fields, resultFormats } from './rows.ts'
import type { Bound, Session, Statement } from './state.ts'
import { statementLimit } from './timeout.ts'
import { tokenise } from './token.ts'

/**
 * The messages of the extended query protocol. Each function answers one message or throws; session.ts then skips to Sync.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
type Message<Kind extends FrontendMessage['kind']> = Extract<FrontendMessage, { kind: Kind }>

/** A Bind message counts them in 16 bits. */
const PARAMETERS_MAX = 65_535

export async function handleParse(session: Session, message: Message<'Parse'>): Promise<void> {
  await recordingFailure(session, message.sql, () => parse(session, message))
}

/** What fails before it is executed is remembered too. */
async function recordingFailure(session: Session, text: string, work: () => Promise<void>): Promise<void> {
  const recording = new Recording(session, text)
  try {
    await work()
  } catch (error) {
    recording.failed(session.clock.explain(error))
    throw error
  }
}

async function parse(session: Session, message: Message<'Parse'>): Promise<void> {
  const { prepared, transaction, clock, connection } = session
  const name = message.statement
  if (name === '') prepared.remove('')
  else prepared.refuseTaken(name)
  const parts = split(message.sql)
  if (parts.length > 1) {
    throw new PgError('42601', 'cannot insert multiple commands into a prepared statement')
  }
  const [part = { sql: '', offset: 0 }] = parts
  refuseTooManyParameters(part.sql)
  const signal = clock.start(statementLimit(session))
  transaction.ensure()
  const statement = await compile(session, part.sql, part.offset, message.parameterTypes, signal)
  prepared.add({ name, statement, text: message.sql, preparedAt: new Date(), fromSql: false, epoch: session.epoch })
  connection.send({ kind: 'ParseComplete' })
}

function refuseTooManyParameters(sql: string): void {
  if (!/\$\d{5}/.test(sql)) return
  for (const token of tokenise(sql) ?? []) {
    if (token.kind === 'parameter' && Number(token.value) > PARAMETERS_MAX) {
      throw new PgError('54023', `too many parameters: a statement can have at most ${PARAMETERS_MAX}`)
    }
  }
}

export async function handleBind(session: Session, message: Message<'Bind'>): Promise<void> {
  const { sql } = session.prepared.get(message.statement).statement
  await recordingFailure(session, sql, () => bindPortal(session, message))
}

async function bindPortal(session: Session, message: Message<'Bind'>): Promise<void> {
  const { prepared, portals, transaction, clock, connection } = session
  const { name, statement: kept, epoch } = prepared.get(message.statement)
  refuseBadCounts(message, name, kept)
  refuseInFailedTransaction(session, kept)
  const signal = clock.start(statementLimit(session))
  transaction.ensure()
  portals.refuseTaken(message.portal)
  const statement = epoch === session.epoch ? kept : await analysedAgain(session, kept, signal)
  if (statement.columns !== null) resultFormats(message.resultFormats, statement.columns.length)

  const bind: Bound = {
    formats: message.formats,
    values: message.values,
    resultFormats: message.resultFormats,
    // Values that PostgreSQL cannot read are refused here, as it does.
    canonical:
      statement.analysis.kind === 'lake' && message.values.length > 0
        ? await canonicalValues(session, statement.parameterTypes, message, signal)
        : null,
  }
  const portal = new Portal({
    name: message.portal,
    statement,
    bind,
    cursor: null,
    savepoint: transaction.savepointSerial,
    text: statement.sql,
    begin: (bound, own) => run(session, statement, { ...bind, ...bound }, own),
  })
  // Planning computes constants, so that their errors belong to Bind. A twin's backend is only held by one portal at a time.
  if (statement.analysis.kind === 'twin' && message.portal === '') await portal.begin(message.resultFormats, signal)
  await portals.add(portal)
  connection.send({ kind: 'BindComplete' })
}

function refuseBadCounts(message: Message<'Bind'>, name: string, statement: Statement): void {
  const given = message.values.length
  if (message.formats.length > 1 && message.formats.length !== given) {
    throw new PgError('08P01', `bind message has ${message.formats.length} parameter formats but ${given} parameters`)
  }
  const wanted = statement.parameterTypes.length
  if (given !== wanted) {
    throw new PgError(
      '08P01',
      `bind message supplies ${given} parameters, but prepared statement "${name}" requires ${wanted}`,
    )
  }
  for (const code of message.formats) {
    if (code !== 0 && code !== 1) throw new PgError('22023', `unsupported format code: ${code}`)
  }
}

/** What a statement means may have changed since it was prepared, and what its user may do too. */
async function analysedAgain(session: Session, kept: Statement, signal: AbortSignal): Promise<Statement> {
  if (kept.analysis.kind === 'empty') return kept
  const fresh = await compile(session, kept.sql, kept.offset, kept.declaredTypes, signal)
  const shape = (statement: Statement) =>
    JSON.stringify([
      statement.parameterTypes,
      statement.columns?.map(({ name, typeOid, typmod }) => [name, typeOid, typmod]),
    ])
  if (shape(fresh) !== shape(kept)) throw new PgError('0A000', 'cached plan must not change result type')
  return fresh
}

export function handleDescribe(session: Session, message: Message<'Describe'>): void {
  const { connection, portals, prepared, transaction } = session
  let columns: Statement['columns']
  let formats: readonly number[] = []
  if (message.target === 'statement') {
    const { statement } = prepared.get(message.name)
    columns = statement.columns
    if (columns !== null && transaction.hasFailed) refuseInFailedTransaction(session, statement)
    connection.send({ kind: 'ParameterDescription', types: statement.parameterTypes })
  } else {
    const portal = portals.get(message.name)
    columns = portal.columns
    if (columns !== null) {
      refuseInFailedTransaction(session, portal.definition.statement)
      formats = portal.formats ?? resultFormats(portal.definition.bind.resultFormats, columns.length)
    }
  }
  connection.send(columns === null ? { kind: 'NoData' } : { kind: 'RowDescription', fields: fields(columns, formats) })
}

export async function handleExecute(session: Session, message: Message<'Execute'>): Promise<void> {
  const portal = session.portals.get(message.portal)
  const { statement } = portal.definition
  const recording = portal.recording ?? new Recording(session, statement.sql)
  portal.recording = recording
  recording.analysed(statement)
  session.recording = recording
  try {
    await execute(session, portal, { rowsMax: message.rowsMax, recording })
  } catch (error) {
    recording.failed(session.clock.explain(error))
    throw error
  } finally {
    session.recording = null
  }
}

type Execution = { readonly rowsMax: number; readonly recording: Recording }

async function execute(session: Session, portal: Portal, message: Execution): Promise<void> {
  const { connection, transaction, clock } = session
  const { recording } = message
  refuseInFailedTransaction(session, portal.definition.statement)
  const signal = clock.start(statementLimit(session))
  transaction.ensure()
  session.alone = !transaction.inBlock && transaction.lakeId === null && connection.peek()?.kind === 'Sync'
  if (portal.state.kind === 'ended') throw new PgError('55000', `portal "${portal.name}" cannot be run`)

  const endsTransaction = session.alone
  const outcome = await portal.begin(portal.definition.bind.resultFormats, signal)
  await portal.open(signal)
  const { state } = portal
  let tag: string
  if (state.kind === 'running' || state.kind === 'held') {
    const rowsMax = Math.max(message.rowsMax, 0)
    let rows = 0
    for await (const batch of portal.forward(rowsMax, signal)) {
      rows += batch.rows
      recording.batch(batch)
      connection.sendBytes(batch.bytes)
      await connection.drained()
    }
    if (rowsMax > 0 && rows === rowsMax) {
      connection.send({ kind: 'PortalSuspended' })
      return
    }
    tag = state.outcome.tag(rows)
  } else if (outcome?.kind === 'done') {
    tag = outcome.tag
  } else {
    connection.send({ kind: 'EmptyQueryResponse' })
    return
  }
  // With nothing between this and Sync the commit can come before CommandComplete, and its error instead of that.
  if (endsTransaction) await endImplicit(session, signal)
  connection.send({ kind: 'CommandComplete', tag })
  recording.done(tag)
}

export async function handleClose(session: Session, message: Message<'Close'>): Promise<void> {
  if (message.target === 'statement') session.prepared.remove(message.name)
  else await session.portals.remove(message.name)
  session.connection.send({ kind: 'CloseComplete' })
}
