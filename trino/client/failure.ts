import type { TrinoFailure } from './page.ts'

/** Why a statement has no further pages. */
export type FailureKind =
  /** It was never sent: nothing listens there. */
  | 'unreachable'
  /** It answers that it does not take statements now. */
  | 'unavailable'
  /** It got the statement, most likely, and nobody knows what became of it. */
  | 'unknownOutcome'
  /** It does not know the statement any more: it has been started anew. */
  | 'forgotten'
  /** It does not let us in. */
  | 'refused'
  /** It says something that is no answer. */
  | 'malformed'
  | 'cancelled'

export class ClientFailure extends Error {
  override readonly name = 'ClientFailure'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** The statement itself has failed. */
export class StatementFailure extends Error {
  override readonly name = 'StatementFailure'
  readonly failure: TrinoFailure

  constructor(failure: TrinoFailure) {
    super(failure.message)
    this.failure = failure
  }
}
