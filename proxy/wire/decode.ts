/**
 * What a client sent, as messages. The server's half of the codec; encode.ts is its answer, client.ts the mirror
 * image.
 */
import { unreachable } from '../assert.ts'
import { PgError } from '../error.ts'
import type { Frame } from './frame.ts'
import type { AuthenticationResponse, DescribeTarget, FrontendKind, FrontendMessage, StartupPacket } from './message.ts'
import { Reader } from './reader.ts'

const CODE_CANCEL = 80877102
const CODE_SSL = 80877103
const CODE_GSSENC = 80877104
/** Ours alone, of the same make: 1234 and 5686. A cancel request that another proxy hands on. */
const CODE_CANCEL_HANDED_ON = 80877110
/** As PostgreSQL 18: what a cancel key may measure in protocol 3.2. */
const CANCEL_KEY_BYTES_MAX = 256

/** Throws PgError FATAL: nothing before authentication is forgiven. */
export function decodeStartup(frame: Frame): StartupPacket {
  const reader = new Reader(frame)
  const code = reader.uint32()
  if (code === CODE_CANCEL || code === CODE_CANCEL_HANDED_ON) {
    if (reader.left < 4 + 1 || reader.left > 4 + CANCEL_KEY_BYTES_MAX)
      throw startupViolation('invalid length of cancel request packet')
    const handedOn = code === CODE_CANCEL_HANDED_ON ? ({ handedOn: true } as const) : {}
    return { kind: 'CancelRequest', processId: reader.int32(), secretKey: reader.rest(), ...handedOn }
  }
  if (code === CODE_SSL) return { kind: 'SSLRequest' }
  if (code === CODE_GSSENC) return { kind: 'GSSENCRequest' }
  return {
    kind: 'StartupMessage',
    major: code >>> 16,
    minor: code & 0xffff,
    parameters: startupParameters(code, reader),
  }
}

/** Another major version has another layout: it is refused by its number, not read. */
function startupParameters(code: number, reader: Reader): (readonly [string, string])[] {
  if (code >>> 16 !== 3) return []
  const parameters: (readonly [string, string])[] = []
  try {
    for (;;) {
      const name = reader.string()
      if (name === '') break
      parameters.push([name, reader.string()])
    }
  } catch (error) {
    if (error instanceof PgError && error.code === '22021')
      throw new PgError('22021', error.message, { severity: 'FATAL' })
    throw startupViolation('invalid startup packet layout: expected terminator as last byte')
  }
  if (reader.left !== 0) throw startupViolation('invalid startup packet layout: expected terminator as last byte')
  return parameters
}

function startupViolation(message: string): PgError {
  return new PgError('08P01', message, { severity: 'FATAL' })
}

/** Type byte 'p' means what the exchange expects next. Throws PgError FATAL. */
export function decodeAuthentication(frame: Frame, expected: AuthenticationResponse['kind']): AuthenticationResponse {
  try {
    const reader = new Reader(frame)
    if (expected === 'SASLResponse') return { kind: 'SASLResponse', data: reader.rest() }
    const mechanism = reader.string()
    const data = reader.value()
    reader.expectEnd()
    return { kind: 'SASLInitialResponse', mechanism, data }
  } catch (error) {
    if (error instanceof PgError) throw new PgError(error.code, error.message, { ...error.fields, severity: 'FATAL' })
    throw error
  }
}

const KIND_OF_TYPE: Readonly<Record<string, FrontendKind>> = {
  Q: 'Query',
  P: 'Parse',
  B: 'Bind',
  D: 'Describe',
  E: 'Execute',
  C: 'Close',
  H: 'Flush',
  S: 'Sync',
  F: 'FunctionCall',
  d: 'CopyData',
  c: 'CopyDone',
  f: 'CopyFail',
  X: 'Terminate',
}

/** A frame that the framer let through in state `session`. A body that is not sound becomes Malformed. */
export function decodeFrontend(frame: Frame): FrontendMessage {
  const kind = KIND_OF_TYPE[String.fromCharCode(frame.type)]
  if (kind === undefined) {
    throw new PgError('08P01', `invalid frontend message type ${frame.type}`, { severity: 'FATAL' })
  }
  try {
    const reader = new Reader(frame)
    const message = decodeBody(kind, reader)
    reader.expectEnd()
    return message
  } catch (error) {
    if (error instanceof PgError) return { kind: 'Malformed', of: kind, error }
    throw error
  }
}

function decodeBody(kind: FrontendKind, reader: Reader): FrontendMessage {
  switch (kind) {
    case 'Query':
      return { kind, sql: reader.string() }
    case 'Parse':
      return {
        kind,
        statement: reader.string(),
        sql: reader.string(),
        parameterTypes: reader.list(4, () => reader.uint32()),
      }
    case 'Bind':
      return {
        kind,
        portal: reader.string(),
        statement: reader.string(),
        formats: reader.list(2, () => reader.int16()),
        values: reader.list(4, () => reader.value()),
        resultFormats: reader.list(2, () => reader.int16()),
      }
    case 'Describe':
    case 'Close':
      return { kind, target: target(kind, reader), name: reader.string() }
    case 'Execute':
      return { kind, portal: reader.string(), rowsMax: Math.max(0, reader.int32()) }
    case 'FunctionCall':
      return {
        kind,
        function: reader.uint32(),
        formats: reader.list(2, () => reader.int16()),
        values: reader.list(4, () => reader.value()),
        resultFormat: reader.int16(),
      }
    case 'CopyData':
      return { kind, data: reader.rest() }
    case 'CopyFail':
      return { kind, message: reader.string() }
    case 'CopyDone':
    case 'Flush':
    case 'Sync':
      return { kind }
    case 'Terminate':
      // Whatever the client says while it leaves, it leaves.
      reader.rest()
      return { kind }
    default:
      return unreachable(kind)
  }
}

function target(kind: 'Describe' | 'Close', reader: Reader): DescribeTarget {
  const subtype = reader.uint8()
  if (subtype === 0x53) return 'statement'
  if (subtype === 0x50) return 'portal'
  throw new PgError('08P01', `invalid ${kind.toUpperCase()} message subtype ${subtype}`)
}
