import { describe, expect, test } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import { decodeBackend, encodeFrontend, type SendableMessage } from '../../proxy/wire/client.ts'
import { decodeFrontend, decodeStartup } from '../../proxy/wire/decode.ts'
import { backendBytes } from '../../proxy/wire/encode.ts'
import {
  COPY_DATA_BYTES_MAX,
  Framer,
  type FramerState,
  FramingError,
  MESSAGE_BYTES_MAX,
} from '../../proxy/wire/frame.ts'
import type { BackendMessage, FrontendMessage, NoticeFields } from '../../proxy/wire/message.ts'
import { Writer } from '../../proxy/wire/writer.ts'
import { fc } from '../harness/property.ts'
import { frontendBytes } from './wire-client.ts'

const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed().replaceAll('\0', ''))
const bytes = fc.uint8Array({ maxLength: 50 }).map((value) => Buffer.from(value))
const values = fc.array(fc.option(bytes), { maxLength: 5 })
const oid = fc.integer({ min: 0, max: 0xffffffff })
const int16 = fc.integer({ min: -32768, max: 32767 })
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const formats = fc.array(fc.constantFrom(0, 1), { maxLength: 3 })
const target = fc.constantFrom('statement' as const, 'portal' as const)
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name)

const frontend: fc.Arbitrary<Exclude<FrontendMessage, { kind: 'Malformed' }>> = fc.oneof(
  fc.record({ kind: kind('Query'), sql: text }),
  fc.record({ kind: kind('Parse'), statement: text, sql: text, parameterTypes: fc.array(oid, { maxLength: 5 }) }),
  fc.record({ kind: kind('Bind'), portal: text, statement: text, formats, values, resultFormats: formats }),
  fc.record({ kind: kind('Describe'), target, name: text }),
  fc.record({ kind: kind('Close'), target, name: text }),
  fc.record({ kind: kind('Execute'), portal: text, rowsMax: fc.nat() }),
  fc.record({ kind: kind('FunctionCall'), function: oid, formats, values, resultFormat: fc.constantFrom(0, 1) }),
  fc.record({ kind: kind('CopyData'), data: bytes }),
  fc.record({ kind: kind('CopyFail'), message: text }),
  fc.constantFrom(
    { kind: 'Flush' as const },
    { kind: 'Sync' as const },
    { kind: 'CopyDone' as const },
    { kind: 'Terminate' as const },
  ),
)

const notice: fc.Arbitrary<NoticeFields> = fc.record(
  {
    severity: fc.constantFrom('ERROR', 'FATAL', 'NOTICE', 'WARNING'),
    code: fc.constantFrom('42P01', 'XX000'),
    message: text,
    detail: text,
    hint: text,
    position: fc.nat(),
    internalPosition: fc.nat(),
    internalQuery: text,
    where: text,
    schema: text,
    table: text,
    column: text,
    dataType: text,
    constraint: text,
    file: text,
    line: text,
    routine: text,
  },
  { requiredKeys: ['severity', 'code', 'message'] },
)
const field = fc.record({
  name: text,
  tableOid: oid,
  attnum: int16,
  typeOid: oid,
  typlen: int16,
  typmod: int32,
  format: fc.constantFrom(0, 1),
})
const copy = { format: fc.constantFrom(0, 1), columnFormats: formats }

const backend: fc.Arbitrary<BackendMessage> = fc.oneof(
  fc.constantFrom<BackendMessage>(
    { kind: 'AuthenticationOk' },
    { kind: 'AuthenticationCleartextPassword' },
    { kind: 'AuthenticationMD5Password', salt: Buffer.from('salt') },
    { kind: 'BindComplete' },
    { kind: 'CloseComplete' },
    { kind: 'CopyDone' },
    { kind: 'EmptyQueryResponse' },
    { kind: 'NoData' },
    { kind: 'ParseComplete' },
    { kind: 'PortalSuspended' },
    { kind: 'ReadyForQuery', status: 'I' },
    { kind: 'ReadyForQuery', status: 'T' },
    { kind: 'ReadyForQuery', status: 'E' },
  ),
  fc.record({ kind: kind('AuthenticationSASL'), mechanisms: fc.array(text.filter((name) => name !== '')) }),
  fc.record({ kind: kind('AuthenticationSASLContinue'), data: bytes }),
  fc.record({ kind: kind('AuthenticationSASLFinal'), data: bytes }),
  fc.record({ kind: kind('BackendKeyData'), processId: int32, secretKey: bytes }),
  fc.record({ kind: kind('CommandComplete'), tag: text }),
  fc.record({ kind: kind('CopyData'), data: bytes }),
  fc.record({ kind: kind('CopyInResponse'), ...copy }),
  fc.record({ kind: kind('CopyOutResponse'), ...copy }),
  fc.record({ kind: kind('CopyBothResponse'), ...copy }),
  fc.record({ kind: kind('DataRow'), values }),
  fc.record({ kind: kind('ErrorResponse'), fields: notice }),
  fc.record({ kind: kind('NoticeResponse'), fields: notice }),
  fc.record({ kind: kind('FunctionCallResponse'), value: fc.option(bytes) }),
  fc.record({ kind: kind('NegotiateProtocolVersion'), minor: fc.nat(9), unknownOptions: fc.array(text) }),
  fc.record({ kind: kind('NotificationResponse'), processId: int32, channel: text, payload: text }),
  fc.record({ kind: kind('ParameterDescription'), types: fc.array(oid) }),
  fc.record({ kind: kind('ParameterStatus'), name: text, value: text }),
  fc.record({ kind: kind('RowDescription'), fields: fc.array(field, { maxLength: 4 }) }),
)

/** Feeds the stream in pieces of the given sizes (over and over) and takes out what is whole. */
function cut<T>(
  state: FramerState,
  stream: Buffer,
  sizes: readonly number[],
  decode: (framer: Framer) => T | null,
): T[] {
  const framer = new Framer(state)
  const out: T[] = []
  for (let at = 0, piece = 0; at < stream.length; piece += 1) {
    const size = sizes[piece % sizes.length] ?? 1
    framer.push(Buffer.from(stream.subarray(at, at + size)))
    at += size
    for (let found = decode(framer); found !== null; found = decode(framer)) out.push(found)
  }
  expect(framer.pending).toBe(0)
  return out
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

const fromClient = (framer: Framer): FrontendMessage | null => {
  const frame = framer.next()
  return frame === null ? null : decodeFrontend(frame)
}

test('W11 any cut of a byte stream gives the same messages of a client', () => {
  fc.assert(
    fc.property(fc.array(frontend, { maxLength: 8 }), sizes, (messages, pieces) => {
      expect(cut('session', frontendBytes(...messages), pieces, fromClient)).toEqual(messages)
    }),
  )
})

test('any cut of a byte stream gives the same messages of a server', () => {
  fc.assert(
    fc.property(fc.array(backend, { maxLength: 8 }), sizes, (messages, pieces) => {
      const stream = Buffer.concat(messages.map((message) => backendBytes(message)))
      const take = (framer: Framer): BackendMessage | null => {
        const frame = framer.next()
        return frame === null ? null : decodeBackend(frame)
      }
      expect(cut('backend', stream, pieces, take)).toEqual(messages)
    }),
  )
})

test('W11 one byte at a time, and a thousand messages at once', () => {
  const messages = Array.from(
    { length: 1000 },
    (_, index): SendableMessage => ({ kind: 'Query', sql: `select ${index}` }),
  )
  const stream = frontendBytes(...messages)
  expect(cut('session', stream, [1], fromClient)).toEqual(messages)
  expect(cut('session', stream, [stream.length], fromClient)).toEqual(messages)
})

test('frames that were taken do not change when more bytes come', () => {
  const framer = new Framer('session')
  const whole = frontendBytes(
    { kind: 'CopyData', data: Buffer.from('first') },
    { kind: 'CopyData', data: Buffer.from('second') },
  )
  framer.push(whole.subarray(0, 3))
  framer.push(whole.subarray(3, 14))
  const first = framer.next()
  for (const byte of whole.subarray(14)) framer.push(Buffer.from([byte]))
  framer.next()
  framer.push(Buffer.alloc(5000, 'Q'))
  expect(first?.bytes.toString()).toContain('first')
})

test('fuzz: a mutated stream gives messages, Malformed or a FramingError, never another error', () => {
  const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  fc.assert(
    fc.property(
      fc.array(frontend, { minLength: 1, maxLength: 5 }),
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      (messages, mutations) => {
        const stream = Buffer.from(frontendBytes(...messages))
        for (const { at, byte } of mutations) stream[at % stream.length] = byte
        const framer = new Framer('session')
        framer.push(stream)
        try {
          for (let message = fromClient(framer); message !== null; message = fromClient(framer)) {
            if (message.kind === 'Malformed') expect(['08P01', '22021']).toContain(message.error.code)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FramingError)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('fuzz: any bytes for a startup packet give a packet or a FATAL PgError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 80 }),
      fc.constantFrom(196608, 80877102, 80877103, 131072),
      (body, code) => {
        const packet = Buffer.from(body)
        packet.writeInt32BE(code)
        const framer = new Framer('startup')
        framer.push(Buffer.concat([lengthOf(packet.length + 4), packet]))
        const frame = framer.next()
        expect(frame).not.toBeNull()
        try {
          if (frame !== null) decodeStartup(frame)
        } catch (error) {
          expect(error).toBeInstanceOf(PgError)
          expect((error as PgError).fields.severity).toBe('FATAL')
        }
      },
    ),
    { numRuns: 500 },
  )
})

describe('limits', () => {
  test.each([0, 3, -1, 7, 10_005, 2 ** 31 - 1])('W1 a startup packet of length %i closes without a word', (length) => {
    const framer = new Framer('startup')
    framer.push(lengthOf(length))
    expect(() => framer.next()).toThrow(expect.objectContaining({ code: '08P01', silent: true }))
  })

  test('W1 a startup packet of 10,004 bytes is waited for', () => {
    const framer = new Framer('startup')
    framer.push(lengthOf(10_004))
    expect(framer.next()).toBeNull()
  })

  test.each([
    ['Q', 3, true],
    ['Q', -5, true],
    ['Q', 2 ** 31 - 1, true],
    ['Q', MESSAGE_BYTES_MAX + 5, false],
    ['d', COPY_DATA_BYTES_MAX + 5, false],
    ['S', 10_001, true],
    ['m', 4, false],
    ['p', 4, false],
  ])('W5 W6 message %s of length %i ends the connection (in silence: %s)', (type, length, silent) => {
    const framer = new Framer('session')
    framer.push(Buffer.concat([Buffer.from(type), lengthOf(length)]))
    expect(() => framer.next()).toThrow(expect.objectContaining({ code: '08P01', silent }))
  })

  test('W5 COPY data may be longer than other messages, and what is announced is not set aside before it comes', () => {
    const framer = new Framer('session')
    const before = process.memoryUsage().arrayBuffers
    framer.push(Buffer.concat([Buffer.from('d'), lengthOf(COPY_DATA_BYTES_MAX)]))
    expect(framer.next()).toBeNull()
    framer.push(Buffer.alloc(100))
    expect(framer.next()).toBeNull()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
  })

  test('W7 before authentication only "p" is a message', () => {
    const framer = new Framer('authentication')
    framer.push(frontendBytes({ kind: 'Query', sql: 'select 1' }))
    expect(() => framer.next()).toThrow(expect.objectContaining({ code: '08P01', silent: false }))
  })
})

describe('bodies that lie', () => {
  const decode = (type: string, body: Buffer | string): FrontendMessage => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1')
    const framer = new Framer('session')
    framer.push(Buffer.concat([Buffer.from(type), lengthOf(bytes.length + 4), bytes]))
    return fromClient(framer) as FrontendMessage
  }

  test.each([
    ['W9 bytes after the NUL of a Query', 'Q', 'select 1\0; drop table x\0', '08P01'],
    ['W9 no NUL at all', 'Q', 'select 1', '08P01'],
    ['W10 a byte that UTF-8 never has', 'Q', "select '\xff'\0", '22021'],
    ['W10 an overlong quote', 'Q', "select '\xc0\x27\0", '22021'],
    ['W10 a surrogate', 'Q', "select '\xed\xa0\x80'\0", '22021'],
    ['W10 in the name of a statement', 'P', 'a\xc3\0select 1\0\0\0', '22021'],
    ['W8 Parse with more types than bytes', 'P', '\0select 1\0\xff\xff\0\0', '08P01'],
    ['W8 Parse cut short', 'P', 'abc', '08P01'],
    ['W8 Bind with 65,535 formats', 'B', '\0\0\xff\xff', '08P01'],
    ['W8 Bind with 65,535 parameters', 'B', '\0\0\0\0\xff\xff\0\0', '08P01'],
    ['W8 Bind with a parameter of length -2', 'B', '\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0', '08P01'],
    ['W8 Bind with a parameter of length 2^31-1', 'B', '\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0', '08P01'],
    ['W8 Bind with bytes behind its end', 'B', '\0\0\0\0\0\0\0\0x', '08P01'],
    ['Describe of something else', 'D', 'X\0', '08P01'],
    ['Describe of nothing', 'D', '', '08P01'],
    ['Sync with a body', 'S', 'x', '08P01'],
    ['P11 a function call that ends early', 'F', '\0\0\0', '08P01'],
  ])('%s', (_title, type, body, code) => {
    expect(decode(type, body)).toMatchObject({ kind: 'Malformed', error: { code } })
  })

  test('W10 the broken bytes are named as PostgreSQL names them', () => {
    const message = (body: string): unknown => decode('Q', body)
    expect(message('é\xc3\0'.replace('é', '\xc3\xa9'))).toMatchObject({
      error: { message: 'invalid byte sequence for encoding "UTF8": 0xc3' },
    })
    expect(message('\xed\xa0\x80\0')).toMatchObject({
      error: { message: 'invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80' },
    })
    expect(message('\xff\0')).toMatchObject({ error: { message: 'invalid byte sequence for encoding "UTF8": 0xff' } })
  })

  test('a byte order mark is text like any other', () => {
    expect(decode('Q', Buffer.from('\ufeffselect 1\0'))).toEqual({ kind: 'Query', sql: '\ufeffselect 1' })
  })
})

describe('P1 what we write can not wrap', () => {
  test('more than 65,535 columns', () => {
    const writer = new Writer()
    encodeFrontend(writer, { kind: 'Sync' })
    const message = { kind: 'Bind' as const, portal: '', statement: '', formats: [], resultFormats: [] }
    expect(() => encodeFrontend(writer, { ...message, values: new Array(65_536).fill(null) })).toThrow(
      expect.objectContaining({ code: '54000' }),
    )
    expect(writer.take().toString('latin1')).toBe('S\0\0\0\x04')
  })

  test('a value of a gigabyte', () => {
    const writer = new Writer()
    const huge = { length: 2 ** 30 } as Uint8Array
    writer.begin('D'.charCodeAt(0))
    expect(() => writer.value(huge)).toThrow(expect.objectContaining({ code: '54000' }))
    expect(writer.length).toBe(0)
  })

  test('a NUL in a name ends it, and is refused where we are the client', () => {
    expect(backendBytes({ kind: 'CommandComplete', tag: 'SELECT\0X' }).toString('latin1')).toBe('C\0\0\0\x0bSELECT\0')
    expect(() => frontendBytes({ kind: 'Query', sql: 'select 1\0' })).toThrow(
      expect.objectContaining({ code: '22021' }),
    )
  })
})

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  return bytes
}
