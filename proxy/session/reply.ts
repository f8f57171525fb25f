import type { Notice } from '../compiler/compiler.ts'
import { PgError } from '../error.ts'
import { nextQueryId } from '../observe/query-id.ts'
import { errorResponse } from '../wire/encode.ts'
import type { Severity } from '../wire/message.ts'
import type { Session } from './state.ts'

/** Least severity per client_min_messages, in PostgreSQL's order. INFO always goes out. */
const RANK: Readonly<Record<string, number>> = {
  debug5: 0,
  debug4: 1,
  debug3: 2,
  debug2: 3,
  debug1: 4,
  debug: 3,
  log: 5,
  info: 100,
  notice: 6,
  warning: 7,
  error: 8,
}

const SEVERITIES: ReadonlySet<string> = new Set(['WARNING', 'NOTICE', 'DEBUG', 'INFO', 'LOG'])

export function sendNotice(session: Session, notice: Notice): void {
  const { severity, ...rest } = notice
  const least = RANK[session.settings.get('client_min_messages') ?? 'notice'] ?? 6
  if ((RANK[severity.toLowerCase()] ?? 6) < least) return
  session.connection.send({
    kind: 'NoticeResponse',
    fields: { ...rest, severity: SEVERITIES.has(severity) ? (severity as Severity) : 'NOTICE' },
  })
}

export function warning(code: string, message: string, fields: { detail?: string; hint?: string } = {}): Notice {
  return { severity: 'WARNING', code, message, ...fields }
}

/**
 * What a client sees of an error: a PgError as it is; anything else is a bug, told by nothing but an id that leads to the
 * log. Error texts may quote SQL and data, so the log has only their code.
 */
export function clientError(session: Session, error: unknown): PgError {
  if (error instanceof PgError) {
    const { fault } = error
    if (fault !== 'client' && fault !== 'policy') {
      session.log.warn({ code: error.code, fault, cause: error.fields.cause }, 'statement failed')
    } else {
      session.log.debug({ code: error.code, fault }, 'statement refused')
    }
    return error
  }
  const queryId = nextQueryId()
  session.log.error({ error, queryId }, 'bug')
  return new PgError('XX000', `internal error (query id ${queryId})`, { fault: 'internal' })
}

export function sendError(session: Session, error: unknown): void {
  session.connection.send(errorResponse(clientError(session, error)))
}

/** Positions count characters of what the client sent; the statement at hand began `offset` of them in. */
export function shifted(thrown: unknown, offset: number): unknown {
  const error = isTooDeep(thrown) ? new PgError('54001', 'stack depth limit exceeded', { fault: 'limit' }) : thrown
  if (offset === 0 || !(error instanceof PgError) || error.fields.position === undefined) return error
  return new PgError(error.code, error.message, { ...error.fields, position: error.fields.position + offset })
}

/** Passes over a tree recurse; one that is too deep for them ends as PostgreSQL's check_stack_depth ends it. */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && /^Maximum call stack size exceeded$|: Stack overflow$/.test(error.message)
}

/** ParameterStatus for what has changed, then ReadyForQuery. */
export function sendReady(session: Session): void {
  const { connection, settings, transaction, listener } = session
  if (!transaction.inBlock) listener.deliver()
  for (const [name, value] of settings.unannounced()) connection.send({ kind: 'ParameterStatus', name, value })
  connection.send({ kind: 'ReadyForQuery', status: transaction.status })
}
