import type { Session } from './state.ts'

/** The smaller of what the client set and what the server allows; 0 is no limit. */
export function statementTimeoutMs({ settings, services }: Session): number {
  return least(settings.ms('statement_timeout'), services.limits.statementTimeoutMs)
}

export function idleInTransactionMs({ settings, services }: Session): number {
  return least(settings.ms('idle_in_transaction_session_timeout'), services.limits.idleInTransactionMs)
}

function least(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other)
}
