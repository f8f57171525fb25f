/** What the listener tells its owner, for logs and metrics. What a client sent of it has been cleaned. */
export type ListenEvent =
  | { kind: 'accepted'; address: string }
  /** a FATAL error that we sent, or would have sent had it been worth a word */
  | { kind: 'refused'; address: string; code: string; reason: string }
  | { kind: 'loggedIn'; address: string; tenant: string; user: string; secure: boolean; processId: number }
  | { kind: 'loginFailed'; address: string; database: string; user: string; code: string }
  /** `handedOn`: to the proxy whose session is meant */
  | { kind: 'cancelRequested'; address: string; processId: number; outcome: 'matched' | 'handedOn' | 'ignored' }
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

const NAME_SHOWN_MAX = 63
const REASON_SHOWN_MAX = 200

/** Printable ASCII of bounded length, so that nobody writes our log for us. */
export function shownName(text: string): string {
  return printable(text.slice(0, NAME_SHOWN_MAX))
}

export function shownReason(text: string): string {
  return printable(text.slice(0, REASON_SHOWN_MAX))
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
