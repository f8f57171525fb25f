/**
 * What the listener tells its owner, for logs and metrics. Names are as the client sent them: clean them before
 * logging.
 */
export type ListenEvent =
  | { kind: 'accepted'; address: string }
  /** a FATAL error that we sent, or would have sent had it been worth a word */
  | { kind: 'refused'; address: string; code: string; reason: string }
  | { kind: 'loggedIn'; address: string; tenant: string; user: string; secure: boolean; processId: number }
  | { kind: 'loginFailed'; address: string; database: string; user: string; code: string }
  | { kind: 'cancelRequested'; address: string; processId: number; matched: boolean }
  /** code: the SQLSTATE of the FATAL error that ended it; null: the client left */
  | {
      kind: 'closed'
      address: string
      tenant: string
      user: string
      processId: number
      seconds: number
      code: string | null
    }
  /** a bug of ours: not a PgError */
  | { kind: 'failed'; address: string; error: unknown }

export type OnListenEvent = (event: ListenEvent) => void

const SHOWN_MAX = 63

/** At most 63 printable ASCII characters, so that nobody writes our log for us. */
export function printable(text: string): string {
  return text.slice(0, SHOWN_MAX).replace(/[^\x20-\x7e]/g, '?')
}
