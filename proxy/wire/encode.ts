/** Messages of a server, as bytes. */
import { unreachable } from '../assert.ts'
import type { PgError } from '../error.ts'
import type { BackendMessage, FormatCode, NoticeFields } from './message.ts'
import { Writer } from './writer.ts'

const type = (letter: string): number => letter.charCodeAt(0)

/** Messages without a body are the same bytes every time. */
const empty = (letter: string): Uint8Array => Uint8Array.of(type(letter), 0, 0, 0, 4)
const EMPTY = {
  BindComplete: empty('2'),
  CloseComplete: empty('3'),
  CopyDone: empty('c'),
  EmptyQueryResponse: empty('I'),
  NoData: empty('n'),
  ParseComplete: empty('1'),
  PortalSuspended: empty('s'),
} as const
const READY = {
  I: Uint8Array.of(type('Z'), 0, 0, 0, 5, type('I')),
  T: Uint8Array.of(type('Z'), 0, 0, 0, 5, type('T')),
  E: Uint8Array.of(type('Z'), 0, 0, 0, 5, type('E')),
} as const

/** https://www.postgresql.org/docs/18/protocol-message-formats.html, AuthenticationXXX */
const AUTHENTICATION = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
const PROTOCOL_MAJOR = 3

export function encodeBackend(writer: Writer, message: BackendMessage): void {
  switch (message.kind) {
    case 'BindComplete':
    case 'CloseComplete':
    case 'CopyDone':
    case 'EmptyQueryResponse':
    case 'NoData':
    case 'ParseComplete':
    case 'PortalSuspended':
      writer.bytes(EMPTY[message.kind])
      return
    case 'ReadyForQuery':
      writer.bytes(READY[message.status])
      return
    case 'AuthenticationOk':
      authentication(writer, AUTHENTICATION.ok)
      return
    case 'AuthenticationCleartextPassword':
      authentication(writer, AUTHENTICATION.cleartext)
      return
    case 'AuthenticationMD5Password':
      authentication(writer, AUTHENTICATION.md5, message.salt)
      return
    case 'AuthenticationSASLContinue':
      authentication(writer, AUTHENTICATION.saslContinue, message.data)
      return
    case 'AuthenticationSASLFinal':
      authentication(writer, AUTHENTICATION.saslFinal, message.data)
      return
    case 'AuthenticationSASL':
      writer.begin(type('R'))
      writer.int32(AUTHENTICATION.sasl)
      for (const mechanism of message.mechanisms) writer.string(mechanism)
      writer.uint8(0)
      writer.end()
      return
    case 'BackendKeyData':
      writer.begin(type('K'))
      writer.int32(message.processId)
      writer.bytes(message.secretKey)
      writer.end()
      return
    case 'CommandComplete':
      writer.begin(type('C'))
      writer.string(message.tag)
      writer.end()
      return
    case 'CopyData':
      writer.begin(type('d'))
      writer.bytes(message.data)
      writer.end()
      return
    case 'CopyInResponse':
      copyResponse(writer, type('G'), message.format, message.columnFormats)
      return
    case 'CopyOutResponse':
      copyResponse(writer, type('H'), message.format, message.columnFormats)
      return
    case 'CopyBothResponse':
      copyResponse(writer, type('W'), message.format, message.columnFormats)
      return
    case 'DataRow':
      writer.begin(type('D'))
      writer.count(message.values.length)
      for (const value of message.values) writer.value(value)
      writer.end()
      return
    case 'ErrorResponse':
      notice(writer, type('E'), message.fields)
      return
    case 'NoticeResponse':
      notice(writer, type('N'), message.fields)
      return
    case 'FunctionCallResponse':
      writer.begin(type('V'))
      writer.value(message.value)
      writer.end()
      return
    case 'NegotiateProtocolVersion':
      writer.begin(type('v'))
      // The documentation says "newest minor version"; every server sends, and every client reads, the whole number.
      writer.int32((PROTOCOL_MAJOR << 16) | message.minor)
      writer.int32(message.unknownOptions.length)
      for (const option of message.unknownOptions) writer.string(option)
      writer.end()
      return
    case 'NotificationResponse':
      writer.begin(type('A'))
      writer.int32(message.processId)
      writer.string(message.channel)
      writer.string(message.payload)
      writer.end()
      return
    case 'ParameterDescription':
      writer.begin(type('t'))
      writer.count(message.types.length)
      for (const oid of message.types) writer.int32(oid)
      writer.end()
      return
    case 'ParameterStatus':
      writer.begin(type('S'))
      writer.string(message.name)
      writer.string(message.value)
      writer.end()
      return
    case 'RowDescription':
      writer.begin(type('T'))
      writer.count(message.fields.length)
      for (const field of message.fields) {
        writer.string(field.name)
        writer.int32(field.tableOid)
        writer.int16(field.attnum)
        writer.int32(field.typeOid)
        writer.int16(field.typlen)
        writer.int32(field.typmod)
        writer.int16(field.format ?? 0)
      }
      writer.end()
      return
    default:
      unreachable(message)
  }
}

/** One message on its own. */
export function backendBytes(message: BackendMessage): Buffer {
  const writer = new Writer()
  encodeBackend(writer, message)
  return writer.take()
}

function authentication(writer: Writer, code: number, data?: Uint8Array): void {
  writer.begin(type('R'))
  writer.int32(code)
  if (data !== undefined) writer.bytes(data)
  writer.end()
}

function copyResponse(writer: Writer, letter: number, format: FormatCode, columns: readonly FormatCode[]): void {
  writer.begin(letter)
  writer.uint8(format)
  writer.count(columns.length)
  for (const column of columns) writer.int16(column)
  writer.end()
}

/** Field letters in the order PostgreSQL sends them; S and V both carry the severity, which we never translate. */
export const NOTICE_FIELDS = [
  ['C', 'code'],
  ['M', 'message'],
  ['D', 'detail'],
  ['H', 'hint'],
  ['P', 'position'],
  ['p', 'internalPosition'],
  ['q', 'internalQuery'],
  ['W', 'where'],
  ['s', 'schema'],
  ['t', 'table'],
  ['c', 'column'],
  ['d', 'dataType'],
  ['n', 'constraint'],
  ['F', 'file'],
  ['L', 'line'],
  ['R', 'routine'],
] as const satisfies readonly (readonly [string, keyof NoticeFields])[]

function notice(writer: Writer, letter: number, fields: NoticeFields): void {
  writer.begin(letter)
  writer.uint8(type('S'))
  writer.string(fields.severity)
  writer.uint8(type('V'))
  writer.string(fields.severity)
  for (const [code, name] of NOTICE_FIELDS) {
    const value = fields[name]
    if (value === undefined) continue
    writer.uint8(type(code))
    writer.string(String(value))
  }
  writer.uint8(0)
  writer.end()
}

/** What of an error goes to the client: no cause, no stack, no fault. */
export function errorResponse(error: PgError): Extract<BackendMessage, { kind: 'ErrorResponse' }> {
  const { severity, fault: _fault, cause: _cause, ...fields } = error.fields
  return {
    kind: 'ErrorResponse',
    fields: { severity: severity ?? 'ERROR', code: error.code, message: error.message, ...fields },
  }
}
