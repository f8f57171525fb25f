import { PgError, type PgErrorFields } from '../proxy/error.ts'
import { raisedError } from '../proxy/print/raise.ts'
import { ClientFailure, StatementFailure } from './client/failure.ts'
import { MalformedPage } from './encode/json.ts'

/** A StatementFailure or ClientFailure as PostgreSQL would say it. The engine's own words stay in `cause`, for the log. */
export function pgErrorOf(error: unknown, isWrite: boolean): PgError {
  if (error instanceof PgError) return error
  if (error instanceof StatementFailure) {
    return (
      raisedError(error.failure.message) ??
      new PgError('XX000', 'the statement could not be run', {
        fault: 'engine',
        cause: `${error.failure.errorName}: ${error.failure.message}`,
      })
    )
  }
  if (error instanceof ClientFailure || error instanceof MalformedPage) {
    const fields: PgErrorFields = { fault: 'engine', cause: error }
    return new PgError(isWrite ? '08007' : '58000', 'the engine gave no answer', fields)
  }
  return new PgError('XX000', 'internal error', { fault: 'internal', cause: error })
}

export function cancelled(): PgError {
  return new PgError('57014', 'canceling statement due to user request')
}
