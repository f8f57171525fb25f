/**
 * The messages of PostgreSQL's protocol 3, named and spelled as its documentation does.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
import type { PgError } from '../error.ts'

/** 0 text, 1 binary; whatever else the client sent stays a number for the session to refuse (22023). */
export type FormatCode = number

/** What may stand at the head of a connection, before messages have a type byte. */
export type StartupPacket =
  | {
      kind: 'StartupMessage'
      /** 3.0, 3.2, …: the client's wish, not yet negotiated */
      major: number
      minor: number
      /** in the order they came; a name may come twice, the last one counts */
      parameters: readonly (readonly [name: string, value: string])[]
    }
  | { kind: 'SSLRequest' }
  | { kind: 'GSSENCRequest' }
  /** `handedOn`: another proxy of ours brings it, so it goes no further */
  | { kind: 'CancelRequest'; processId: number; secretKey: Uint8Array; handedOn?: true }

/** What a client answers while it authenticates; type byte 'p', told apart by the state of the exchange. */
export type AuthenticationResponse =
  | { kind: 'SASLInitialResponse'; mechanism: string; data: Uint8Array | null }
  | { kind: 'SASLResponse'; data: Uint8Array }

/** What a client may send once it is authenticated. */
export type FrontendMessage =
  | { kind: 'Query'; sql: string }
  | { kind: 'Parse'; statement: string; sql: string; parameterTypes: readonly number[] }
  | {
      kind: 'Bind'
      portal: string
      statement: string
      /** none: all text; one: for all; otherwise one each (the session refuses other counts) */
      formats: readonly FormatCode[]
      /** raw bytes; null is NULL */
      values: readonly (Uint8Array | null)[]
      resultFormats: readonly FormatCode[]
    }
  | { kind: 'Describe'; target: DescribeTarget; name: string }
  | { kind: 'Execute'; portal: string; rowsMax: number }
  | { kind: 'Close'; target: DescribeTarget; name: string }
  | { kind: 'Flush' }
  | { kind: 'Sync' }
  | {
      kind: 'FunctionCall'
      function: number
      formats: readonly FormatCode[]
      values: readonly (Uint8Array | null)[]
      resultFormat: FormatCode
    }
  | { kind: 'CopyData'; data: Uint8Array }
  | { kind: 'CopyDone' }
  | { kind: 'CopyFail'; message: string }
  | { kind: 'Terminate' }
  /**
   * A message whose frame was sound and whose body was not: nothing of it may be acted on, but the stream is still in
   * step. PostgreSQL answers with an ERROR and goes on as after any error of a message of that kind.
   */
  | { kind: 'Malformed'; of: FrontendKind; error: PgError }

export type FrontendKind = Exclude<FrontendMessage['kind'], 'Malformed'>

export type DescribeTarget = 'statement' | 'portal'

/** Kinds after whose error a server skips everything until Sync. */
export const EXTENDED_KINDS: ReadonlySet<FrontendKind> = new Set<FrontendKind>([
  'Parse',
  'Bind',
  'Describe',
  'Execute',
  'Close',
  'Flush',
])

export type TransactionStatus = 'I' | 'T' | 'E'

/** A field of RowDescription. */
export type FieldDescription = {
  readonly name: string
  readonly tableOid: number
  readonly attnum: number
  readonly typeOid: number
  readonly typlen: number
  readonly typmod: number
  /** 0 where left out */
  readonly format?: FormatCode
}

export type Severity = 'ERROR' | 'FATAL' | 'PANIC' | 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG'

/** https://www.postgresql.org/docs/18/protocol-error-fields.html */
export type NoticeFields = {
  severity: Severity
  code: string
  message: string
  detail?: string
  hint?: string
  position?: number
  internalPosition?: number
  internalQuery?: string
  where?: string
  schema?: string
  table?: string
  column?: string
  dataType?: string
  constraint?: string
  file?: string
  line?: string
  routine?: string
}

/** What a server sends. */
export type BackendMessage =
  | { kind: 'AuthenticationOk' }
  | { kind: 'AuthenticationCleartextPassword' }
  | { kind: 'AuthenticationMD5Password'; salt: Uint8Array }
  | { kind: 'AuthenticationSASL'; mechanisms: readonly string[] }
  | { kind: 'AuthenticationSASLContinue'; data: Uint8Array }
  | { kind: 'AuthenticationSASLFinal'; data: Uint8Array }
  | { kind: 'BackendKeyData'; processId: number; secretKey: Uint8Array }
  | { kind: 'BindComplete' }
  | { kind: 'CloseComplete' }
  | { kind: 'CommandComplete'; tag: string }
  | { kind: 'CopyData'; data: Uint8Array }
  | { kind: 'CopyDone' }
  | { kind: 'CopyInResponse'; format: FormatCode; columnFormats: readonly FormatCode[] }
  | { kind: 'CopyOutResponse'; format: FormatCode; columnFormats: readonly FormatCode[] }
  | { kind: 'CopyBothResponse'; format: FormatCode; columnFormats: readonly FormatCode[] }
  | { kind: 'DataRow'; values: readonly (Uint8Array | null)[] }
  | { kind: 'EmptyQueryResponse' }
  | { kind: 'ErrorResponse'; fields: NoticeFields }
  | { kind: 'FunctionCallResponse'; value: Uint8Array | null }
  | { kind: 'NegotiateProtocolVersion'; minor: number; unknownOptions: readonly string[] }
  | { kind: 'NoData' }
  | { kind: 'NoticeResponse'; fields: NoticeFields }
  | { kind: 'NotificationResponse'; processId: number; channel: string; payload: string }
  | { kind: 'ParameterDescription'; types: readonly number[] }
  | { kind: 'ParameterStatus'; name: string; value: string }
  | { kind: 'ParseComplete' }
  | { kind: 'PortalSuspended' }
  | { kind: 'ReadyForQuery'; status: TransactionStatus }
  | { kind: 'RowDescription'; fields: readonly FieldDescription[] }
