import type { BackendMessage, FrontendMessage } from '../wire/message.ts'
import type { Identity } from './identity.ts'

/**
 * One authenticated client, as its session sees it. AuthenticationOk has been sent; the session answers with the
 * ParameterStatus messages, `send(connection.keyData)` and ReadyForQuery, then reads until `read` gives null.
 *
 * Output is gathered and goes to the socket in one write per inbound batch: when `read` has to wait for the network, at
 * `flush` and `drained`, and whenever OUTPUT_BYTES_MAX have gathered.
 */
export interface Connection {
  readonly identity: Identity
  /** What the client asked for at startup; the session applies it and refuses what it does not know (FATAL). */
  readonly startup: StartupSettings
  /** The connection is encrypted. */
  readonly secure: boolean
  /** The client's address, for pg_stat_activity-like answers and logs. */
  readonly address: string
  readonly processId: number
  /** Ready to send, after the ParameterStatus messages. */
  readonly keyData: Extract<BackendMessage, { kind: 'BackendKeyData' }>

  /**
   * The next message; null when the client has said Terminate (which is never given out) or hung up. Bytes inside a
   * message (Bind, CopyData) are the receiver's to keep. The socket is paused while messages wait to be read.
   * Rejects with a FATAL PgError when the stream is out of step, a write stalled or the server drains (57P01, only
   * while the last ReadyForQuery said 'I' and nothing is pending): let it pass, the listener sends it and closes.
   * Rejects with `signal.reason` when that aborts; no message is lost then.
   */
  read(signal?: AbortSignal): Promise<FrontendMessage | null>
  /**
   * The message that `read` will give next, if it has already arrived; it stays where it is. Null: none yet, or the
   * end.
   */
  peek(): FrontendMessage | null

  send(message: BackendMessage): void
  /** Whole messages, already encoded (an engine's batches). The bytes belong to the connection from here on. */
  sendBytes(bytes: Uint8Array): void
  /** Hands everything to the socket now, without waiting. */
  flush(): void
  /**
   * Flushes and resolves when the client has taken enough that more may be sent: await it after every batch.
   * Rejects with a FATAL PgError after WRITE_STALL_MS without progress, and when the client is gone.
   */
  drained(): Promise<void>

  /** Aborts when the client is gone, a write stalled, or the server stops for good; its reason is a PgError. */
  readonly closed: AbortSignal
  /** Called at every rightful CancelRequest; one listener at a time, the last one given counts. */
  onCancel(listener: () => void): void
}

export type StartupSettings = {
  /** Run-time settings in the order they are to be applied: `options` first, then the rest (application_name, …). */
  readonly settings: readonly (readonly [name: string, value: string])[]
}

/**
 * Runs a client's conversation to its end. What it throws is sent as FATAL (a PgError; anything else as XX000), then
 * the connection is closed; returning closes it too.
 */
export type SessionHandler = (connection: Connection) => Promise<void>
