/** The mirror image of decode.ts and encode.ts: we are the client of a PostgreSQL. */
import { unreachable } from '../assert.ts'
import { PgError } from '../error.ts'
import { NOTICE_FIELDS } from './encode.ts'
import type { Frame } from './frame.ts'
import type {
  AuthenticationResponse,
  BackendMessage,
  DescribeTarget,
  FormatCode,
  FrontendMessage,
  NoticeFields,
  Severity,
  StartupPacket,
  TransactionStatus,
} from './message.ts'
import { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

const type = (letter: string): number => letter.charCodeAt(0)

export type SendableMessage = Exclude<FrontendMessage, { kind: 'Malformed' }> | StartupPacket | AuthenticationResponse

export function encodeFrontend(writer: Writer, message: SendableMessage): void {
  switch (message.kind) {
    case 'StartupMessage':
      writer.begin(0)
      writer.int32((message.major << 16) | message.minor)
      for (const [name, value] of message.parameters) {
        text(writer, name)
        text(writer, value)
      }
      writer.uint8(0)
      writer.end()
      return
    case 'SSLRequest':
      request(writer, 80877103)
      return
    case 'GSSENCRequest':
      request(writer, 80877104)
      return
    case 'CancelRequest':
      writer.begin(0)
      writer.int32(message.handedOn === true ? 80877110 : 80877102)
      writer.int32(message.processId)
      writer.bytes(message.secretKey)
      writer.end()
      return
    case 'SASLInitialResponse':
      writer.begin(type('p'))
      text(writer, message.mechanism)
      writer.value(message.data)
      writer.end()
      return
    case 'SASLResponse':
      writer.begin(type('p'))
      writer.bytes(message.data)
      writer.end()
      return
    case 'Query':
      writer.begin(type('Q'))
      text(writer, message.sql)
      writer.end()
      return
    case 'Parse':
      writer.begin(type('P'))
      text(writer, message.statement)
      text(writer, message.sql)
      writer.count(message.parameterTypes.length)
      for (const oid of message.parameterTypes) writer.int32(oid)
      writer.end()
      return
    case 'Bind':
      writer.begin(type('B'))
      text(writer, message.portal)
      text(writer, message.statement)
      formats(writer, message.formats)
      writer.count(message.values.length)
      for (const value of message.values) writer.value(value)
      formats(writer, message.resultFormats)
      writer.end()
      return
    case 'Describe':
      named(writer, type('D'), message.target, message.name)
      return
    case 'Close':
      named(writer, type('C'), message.target, message.name)
      return
    case 'Execute':
      writer.begin(type('E'))
      text(writer, message.portal)
      writer.int32(message.rowsMax)
      writer.end()
      return
    case 'FunctionCall':
      writer.begin(type('F'))
      writer.int32(message.function)
      formats(writer, message.formats)
      writer.count(message.values.length)
      for (const value of message.values) writer.value(value)
      writer.int16(message.resultFormat)
      writer.end()
      return
    case 'CopyData':
      writer.begin(type('d'))
      writer.bytes(message.data)
      writer.end()
      return
    case 'CopyFail':
      writer.begin(type('f'))
      text(writer, message.message)
      writer.end()
      return
    case 'CopyDone':
      bare(writer, type('c'))
      return
    case 'Flush':
      bare(writer, type('H'))
      return
    case 'Sync':
      bare(writer, type('S'))
      return
    case 'Terminate':
      bare(writer, type('X'))
      return
    default:
      unreachable(message)
  }
}

/** PostgreSQL would see the text end at a NUL, and the rest of the message would be out of step: refused. */
function text(writer: Writer, value: string): void {
  if (value.includes('\0')) throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  writer.string(value)
}

function bare(writer: Writer, letter: number): void {
  writer.begin(letter)
  writer.end()
}

function request(writer: Writer, code: number): void {
  writer.begin(0)
  writer.int32(code)
  writer.end()
}

function named(writer: Writer, letter: number, target: DescribeTarget, name: string): void {
  writer.begin(letter)
  writer.uint8(target === 'statement' ? type('S') : type('P'))
  text(writer, name)
  writer.end()
}

function formats(writer: Writer, codes: readonly FormatCode[]): void {
  writer.count(codes.length)
  for (const code of codes) writer.int16(code)
}

/** A frame cut in state `backend`. Throws PgError 08P01 where a server does not speak the protocol. */
export function decodeBackend(frame: Frame): BackendMessage {
  const reader = new Reader(frame)
  const message = decodeBody(String.fromCharCode(frame.type), reader)
  reader.expectEnd()
  return message
}

function decodeBody(letter: string, reader: Reader): BackendMessage {
  switch (letter) {
    case 'R':
      return authentication(reader)
    case 'K':
      return { kind: 'BackendKeyData', processId: reader.int32(), secretKey: reader.rest() }
    case '2':
      return { kind: 'BindComplete' }
    case '3':
      return { kind: 'CloseComplete' }
    case 'C':
      return { kind: 'CommandComplete', tag: reader.string() }
    case 'd':
      return { kind: 'CopyData', data: reader.rest() }
    case 'c':
      return { kind: 'CopyDone' }
    case 'G':
      return { kind: 'CopyInResponse', ...copyFormats(reader) }
    case 'H':
      return { kind: 'CopyOutResponse', ...copyFormats(reader) }
    case 'W':
      return { kind: 'CopyBothResponse', ...copyFormats(reader) }
    case 'D':
      return { kind: 'DataRow', values: reader.list(4, () => reader.value()) }
    case 'I':
      return { kind: 'EmptyQueryResponse' }
    case 'E':
      return { kind: 'ErrorResponse', fields: noticeFields(reader) }
    case 'N':
      return { kind: 'NoticeResponse', fields: noticeFields(reader) }
    case 'V':
      return { kind: 'FunctionCallResponse', value: reader.value() }
    case 'v':
      return negotiation(reader)
    case 'n':
      return { kind: 'NoData' }
    case 'A':
      return {
        kind: 'NotificationResponse',
        processId: reader.int32(),
        channel: reader.string(),
        payload: reader.string(),
      }
    case 't':
      return { kind: 'ParameterDescription', types: reader.list(4, () => reader.uint32()) }
    case 'S':
      return { kind: 'ParameterStatus', name: reader.string(), value: reader.string() }
    case '1':
      return { kind: 'ParseComplete' }
    case 's':
      return { kind: 'PortalSuspended' }
    case 'Z':
      return { kind: 'ReadyForQuery', status: String.fromCharCode(reader.uint8()) as TransactionStatus }
    case 'T':
      return {
        kind: 'RowDescription',
        fields: reader.list(19, () => ({
          name: reader.string(),
          tableOid: reader.uint32(),
          attnum: reader.int16(),
          typeOid: reader.uint32(),
          typlen: reader.int16(),
          typmod: reader.int32(),
          format: reader.int16(),
        })),
      }
    default:
      throw new PgError('08P01', `unexpected message type "${letter}" from a PostgreSQL server`, { fault: 'internal' })
  }
}

function authentication(reader: Reader): BackendMessage {
  const code = reader.int32()
  switch (code) {
    case 0:
      return { kind: 'AuthenticationOk' }
    case 3:
      return { kind: 'AuthenticationCleartextPassword' }
    case 5:
      return { kind: 'AuthenticationMD5Password', salt: reader.bytes(4) }
    case 10: {
      const mechanisms: string[] = []
      for (let name = reader.string(); name !== ''; name = reader.string()) mechanisms.push(name)
      return { kind: 'AuthenticationSASL', mechanisms }
    }
    case 11:
      return { kind: 'AuthenticationSASLContinue', data: reader.rest() }
    case 12:
      return { kind: 'AuthenticationSASLFinal', data: reader.rest() }
    default:
      throw new PgError('08P01', `unsupported authentication request ${code}`, { fault: 'internal' })
  }
}

function negotiation(reader: Reader): BackendMessage {
  const minor = reader.uint32() & 0xffff
  const unknownOptions: string[] = []
  const count = reader.uint32()
  for (let index = 0; index < count; index += 1) unknownOptions.push(reader.string())
  return { kind: 'NegotiateProtocolVersion', minor, unknownOptions }
}

function copyFormats(reader: Reader): { format: FormatCode; columnFormats: FormatCode[] } {
  return { format: reader.uint8(), columnFormats: reader.list(2, () => reader.int16()) }
}

const FIELD_OF_LETTER: ReadonlyMap<string, (typeof NOTICE_FIELDS)[number][1]> = new Map(NOTICE_FIELDS)

function noticeFields(reader: Reader): NoticeFields {
  const fields: NoticeFields = { severity: 'ERROR', code: 'XX000', message: '' }
  let severity: string | undefined
  let severityTranslated: string | undefined
  for (let letter = reader.uint8(); letter !== 0; letter = reader.uint8()) {
    const code = String.fromCharCode(letter)
    const value = reader.string()
    const name = FIELD_OF_LETTER.get(code)
    if (code === 'V') severity = value
    else if (code === 'S') severityTranslated = value
    else if (name === 'position' || name === 'internalPosition') fields[name] = Number(value)
    else if (name !== undefined) fields[name] = value
  }
  fields.severity = (severity ?? severityTranslated ?? 'ERROR') as Severity
  return fields
}

/** A server's ErrorResponse as the error that a client of ours may see. File, line and routine stay behind. */
export function pgErrorOf(fields: NoticeFields, extra: { cause?: unknown } = {}): PgError {
  const { severity, code, message, internalPosition, internalQuery, file, line, routine, ...rest } = fields
  return new PgError(code, message, {
    ...rest,
    ...extra,
    ...(severity === 'FATAL' || severity === 'PANIC' ? { severity } : {}),
  })
}
