/**
 * Whose fault an error is. It decides what is logged and is the label of the error metric.
 *   client    the statement, the message or the credentials were wrong
 *   limit     a named limit of ours was reached
 *   policy    a grant, a row filter or tenancy forbids it
 *   engine    the engine could not do it, or died
 *   lake      the catalog or the object store could not do it, or a commit lost a race
 *   store     the metadata store could not do it
 *   internal  a bug of ours
 */
export type Fault = 'client' | 'limit' | 'policy' | 'engine' | 'lake' | 'store' | 'internal'

export type PgErrorFields = {
  detail?: string
  hint?: string
  /** 1-based character (code point) offset into the statement the client sent */
  position?: number
  where?: string
  schema?: string
  table?: string
  column?: string
  dataType?: string
  constraint?: string
  severity?: 'ERROR' | 'FATAL' | 'PANIC'
  fault?: Fault
  cause?: unknown
}

/**
 * What a client may see. Anything else that is thrown is a bug: it is logged with its stack and reaches the client
 * as XX000 with a query id and nothing else. Messages are in PostgreSQL's voice: lower case, no full stop, no engine names.
 * https://www.postgresql.org/docs/18/protocol-error-fields.html
 */
export class PgError extends Error {
  readonly code: string
  readonly fields: Readonly<PgErrorFields>

  constructor(code: string, message: string, fields: PgErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.name = 'PgError'
    this.code = code
    this.fields = fields
  }

  get fault(): Fault {
    return this.fields.fault ?? faultOfCode(this.code)
  }
}

/** A construct we do not know how to answer faithfully is refused, never forwarded. */
export function unsupported(what: string, fields: PgErrorFields = {}): PgError {
  return new PgError('0A000', `${what} is not supported`, fields)
}

const FAULT_OF_CLASS: Readonly<Record<string, Fault>> = {
  '08': 'client',
  '28': 'policy',
  '42': 'client',
  '53': 'limit',
  '54': 'limit',
  '58': 'engine',
  XX: 'internal',
}

function faultOfCode(code: string): Fault {
  if (code === '42501') return 'policy'
  return FAULT_OF_CLASS[code.slice(0, 2)] ?? 'client'
}
