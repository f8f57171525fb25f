/**
 * The conversation of one client. A loop reads a message, a handler answers it and gives the state in which the next
 * one is read. What is left of this room knows no SQL but a few words; what is right of it knows no client.
 */
import { unreachable } from '../assert.ts'
import { PgError } from '../error.ts'
import type { Connection, SessionHandler } from '../listen/connection.ts'
import { EXTENDED_KINDS, type FrontendMessage } from '../wire/message.ts'
import { StatementClock, type TimeLimit } from './clock.ts'
import { endImplicit, fail, rollback } from './end.ts'
import { handleBind, handleClose, handleDescribe, handleExecute, handleParse } from './extended.ts'
import { Listener, NotificationBus } from './notify.ts'
import { Portals } from './portal.ts'
import { PreparedStatements } from './prepared.ts'
import { sendError, sendReady } from './reply.ts'
import { assign } from './setting/assign.ts'
import { SessionSettings } from './setting/settings.ts'
import { handleQuery } from './simple.ts'
import type { Session, SessionServices } from './state.ts'
import { TemporaryTables } from './temporary.ts'
import { idleLimit, statementLimit } from './timeout.ts'
import { SessionTransaction } from './transaction.ts'

/** In `skipping`, an extended query has failed: everything up to Sync is read and dropped. */
type State = 'ready' | 'skipping' | 'ended'

const STARTUP_LIMIT: TimeLimit = {
  ms: 30_000,
  error: () => new PgError('57P03', 'the database system is not yet accepting connections', { severity: 'FATAL' }),
}

export function sessionHandler(services: SessionServices): SessionHandler {
  const bus = new NotificationBus()
  return async (connection) => {
    const session = openSession(services, connection, bus)
    try {
      await startUp(session)
      let state: State = 'ready'
      while (state !== 'ended') {
        const message = await nextMessage(session)
        session.listener.idle(false)
        state = message === null ? 'ended' : await handle(session, message, state)
      }
    } finally {
      session.clock.stop()
      session.listener.end()
      await rollback(session)
      await session.portals.clear()
      await session.temporary.end()
    }
  }
}

function openSession(services: SessionServices, connection: Connection, bus: NotificationBus): Session {
  const { identity } = connection
  const front = services.compiler.open(identity)
  const settings = new SessionSettings(identity.user)
  const log = services.log.child({ tenant: identity.tenant, user: identity.user, processId: connection.processId })
  const clock = new StatementClock(connection.closed)
  const temporary = new TemporaryTables({ tenant: identity.tenant, lake: services.lake, front, log })
  connection.onCancel(() => clock.cancel())
  return {
    services,
    connection,
    identity,
    front,
    settings,
    temporary,
    transaction: new SessionTransaction({
      tenant: identity.tenant,
      lake: services.lake,
      engines: services.engines.values(),
      pin: (signal, lakeTransaction) => front.pin(settings.liveForTwin(), signal, lakeTransaction),
      beforeCommit: (transaction, signal) => temporary.beforeCommit(transaction, signal),
      settings,
      log,
    }),
    prepared: new PreparedStatements(),
    portals: new Portals(),
    clock,
    listener: new Listener(bus, connection),
    log,
    alone: false,
    oneOfMany: false,
    recording: null,
    epoch: 0,
  }
}

async function startUp(session: Session): Promise<void> {
  const { connection, settings, front, identity, clock } = session
  const signal = clock.start(STARTUP_LIMIT)
  for (const [name, value] of connection.startup.settings) {
    await assign({ settings, front, user: identity.user }, { name, value, scope: 'session' }, signal)
  }
  clock.stop()
  settings.endStartup()
  for (const [name, value] of settings.unannounced()) connection.send({ kind: 'ParameterStatus', name, value })
  connection.send(connection.keyData)
  sendReady(session)
}

/** Waits no longer than the client's idle limits allow. */
async function nextMessage(session: Session): Promise<FrontendMessage | null> {
  const { connection, transaction, listener } = session
  listener.idle(!transaction.inBlock)
  const limit = idleLimit(session)
  if (limit.ms === 0) return await connection.read()
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(limit.error()), limit.ms)
  try {
    return await connection.read(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}

async function handle(session: Session, message: FrontendMessage, state: State): Promise<State> {
  if (state === 'skipping' && message.kind !== 'Sync' && message.kind !== 'Terminate') return 'skipping'
  switch (message.kind) {
    case 'Query':
      session.epoch += 1
      await handleQuery(session, message.sql)
      return 'ready'
    case 'Parse':
      return await answer(session, () => handleParse(session, message))
    case 'Bind':
      return await answer(session, () => handleBind(session, message))
    case 'Describe':
      return await answer(session, async () => handleDescribe(session, message))
    case 'Execute':
      return await answer(session, () => handleExecute(session, message))
    case 'Close':
      return await answer(session, () => handleClose(session, message))
    case 'Flush':
      session.connection.flush()
      return 'ready'
    case 'Sync':
      return await handleSync(session)
    case 'FunctionCall':
      await answer(session, async () => refuseFunctionCall(message.function))
      sendReady(session)
      return 'ready'
    case 'CopyData':
    case 'CopyDone':
    case 'CopyFail':
      // What is left of a COPY that failed here before the client knew.
      return 'ready'
    case 'Malformed':
      return await handleMalformed(session, message)
    case 'Terminate':
      return 'ended'
    default:
      return unreachable(message)
  }
}

/** One message of the extended protocol: its answer, or one error and silence up to Sync. */
async function answer(session: Session, work: () => Promise<void>): Promise<State> {
  try {
    await work()
    return 'ready'
  } catch (error) {
    await refuse(session, session.clock.explain(error))
    return 'skipping'
  } finally {
    session.clock.stop()
  }
}

async function refuse(session: Session, error: unknown): Promise<void> {
  if (error instanceof PgError && error.fields.severity === 'FATAL') throw error
  sendError(session, error)
  await fail(session)
}

async function handleSync(session: Session): Promise<State> {
  const { clock } = session
  session.epoch += 1
  await answer(session, () => endImplicit(session, clock.start(statementLimit(session))))
  sendReady(session)
  return 'ready'
}

async function handleMalformed(
  session: Session,
  message: Extract<FrontendMessage, { kind: 'Malformed' }>,
): Promise<State> {
  await refuse(session, message.error)
  if (EXTENDED_KINDS.has(message.of)) return 'skipping'
  sendReady(session)
  return 'ready'
}

/** OIDs from here on are a user's own functions, of which there are none. */
const FIRST_USER_OID = 16_384

function refuseFunctionCall(oid: number): never {
  if (oid >= FIRST_USER_OID) throw new PgError('42883', `function with OID ${oid} does not exist`)
  throw new PgError('0A000', 'fastpath function calls are not supported')
}
