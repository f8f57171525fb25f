import { PgError } from '../error.ts'
import type { TimeLimit } from './clock.ts'
import type { Session } from './state.ts'

/** What ends the statement at hand: the client's, its tenant's or the server's limit for statements, or what is left of its transaction's. */
export function statementLimit({ settings, services, transaction, identity }: Session): TimeLimit {
  const ofTenant = services.router.limits.of(identity.tenant).statementMs ?? 0
  const statement = {
    ms: least(least(settings.ms('statement_timeout'), services.limits.statementTimeoutMs), ofTenant),
    error: () => new PgError('57014', 'canceling statement due to statement timeout'),
  }
  const transactionMs = settings.ms('transaction_timeout')
  if (transactionMs === 0) return statement
  const left = Math.max(1, transactionMs - transaction.ageMs)
  return statement.ms > 0 && statement.ms <= left
    ? statement
    : { ms: left, error: () => ending('25P04', 'transaction timeout') }
}

/** What ends a session that waits for its client. `ms` 0: nothing. */
export function idleLimit({ settings, services, transaction }: Session): TimeLimit {
  if (!transaction.inBlock) {
    return { ms: settings.ms('idle_session_timeout'), error: () => ending('57P05', 'idle-session timeout') }
  }
  const idle = {
    ms: least(settings.ms('idle_in_transaction_session_timeout'), services.limits.idleInTransactionMs),
    error: () => ending('25P03', 'idle-in-transaction timeout'),
  }
  const transactionMs = settings.ms('transaction_timeout')
  if (transactionMs === 0) return idle
  const left = Math.max(1, transactionMs - transaction.ageMs)
  return idle.ms > 0 && idle.ms <= left ? idle : { ms: left, error: () => ending('25P04', 'transaction timeout') }
}

function ending(code: string, what: string): PgError {
  return new PgError(code, `terminating connection due to ${what}`, { severity: 'FATAL', fault: 'limit' })
}

/** 0 is no limit. */
function least(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other)
}
