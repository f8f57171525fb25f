import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { selfSigned } from '../../proxy/listen/certificate.ts'
import { HTTP_LIMITS, type Http, type HttpError, type HttpRequest, openHttp } from '../../trino/client/http.ts'
import { BodyPool, ResponseReader } from '../../trino/client/response-reader.ts'
import { fc } from '../harness/property.ts'
import { chunked, ok } from './fake-coordinator.ts'

const REQUEST: HttpRequest = {
  method: 'GET',
  path: '/page',
  headers: {},
  timeoutMs: 30_000,
  signal: new AbortController().signal,
}

let server: Server
let http: Http
let connections = 0

async function serve(answer: (socket: Socket, request: string) => void, tls?: { cert: string; key: string }) {
  connections = 0
  const onSocket = (socket: Socket) => {
    connections++
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => answer(socket, bytes.toString()))
  }
  server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  http = openHttp(new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`), {
    ...HTTP_LIMITS,
    bodyBytesMax: 1_000_000,
  })
}
afterEach(async () => {
  http.close()
  await new Promise((done) => server.close(done))
})

const failureOf = (request: HttpRequest): Promise<HttpError> =>
  http.request(request).then(
    () => {
      throw new Error('it was answered')
    },
    (error: HttpError) => error,
  )

describe('requests', () => {
  test('share connections, but for those that must not be sent twice', async () => {
    await serve((socket) => socket.write(ok('x')))
    for (let i = 0; i < 3; i++) expect((await http.request(REQUEST)).body.toString()).toBe('x')
    expect(connections).toBe(1)
    await http.request({ ...REQUEST, method: 'POST', body: 'SELECT 1' })
    await http.request({ ...REQUEST, method: 'POST', body: 'SELECT 1' })
    expect(connections).toBe(3)
  })

  test('at the same time do not mix', async () => {
    await serve((socket, request) => socket.write(ok((/GET (\S+)/.exec(request)?.[1] ?? '').repeat(1000))))
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}/`)
    const bodies = await Promise.all(paths.map((path) => http.request({ ...REQUEST, path })))
    expect(bodies.map(({ body }) => body.toString())).toEqual(paths.map((path) => path.repeat(1000)))
  })

  test('without an answer end in time', async () => {
    await serve(() => {})
    expect(await failureOf({ ...REQUEST, timeoutMs: 500 })).toMatchObject({ sent: true })
    const controller = new AbortController()
    const failing = failureOf({ ...REQUEST, signal: controller.signal })
    controller.abort()
    expect(await failing).toMatchObject({ name: 'HttpError' })
  })

  test('with a larger answer than we take are refused', async () => {
    await serve((socket) => socket.write(ok('x'.repeat(1_000_001))))
    expect(await failureOf(REQUEST)).toMatchObject({ message: 'the answer is malformed' })
  })

  test('R1: with a line in a header that would be a header of its own are not sent', async () => {
    await serve((socket) => socket.write(ok('x')))
    expect(await failureOf({ ...REQUEST, headers: { 'X-Trino-User': 'a\r\nX-Trino-User: b' } })).toMatchObject({
      sent: false,
    })
    expect(connections).toBe(0)
  })

  test('see the beginning of an answer before its end', async () => {
    let rest: () => void = () => {}
    await serve((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n${'a'.repeat(3000)}`)
      rest = () => socket.write('b'.repeat(3000))
    })
    const { promise: prefix, resolve: onPrefix } = Promise.withResolvers<Buffer>()
    const whole = http.request({ ...REQUEST, onPrefix })
    expect((await prefix).toString()).toBe('a'.repeat(2048))
    rest()
    expect((await whole).body).toHaveLength(6000)
  })

  test('to a server over TLS are made when it is who it says it is', async () => {
    const identity = selfSigned(['127.0.0.1'], new Date())
    await serve((socket) => socket.write(ok('x'.repeat(100_000))), identity)
    expect(await failureOf(REQUEST)).toMatchObject({ sent: false })
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, identity.cert])
    try {
      expect((await http.request(REQUEST)).body).toHaveLength(100_000)
    } finally {
      setDefaultCACertificates(trusted)
    }
  })
})

describe('an answer is the same however it is cut', () => {
  const body = Array.from({ length: 300 }, (_, i) => `${i} é`).join()
  test.each([
    ['with its length', ok(body)],
    ['in chunks', chunked(body, 100)],
    ['after an announcement', `HTTP/1.1 100 Continue\r\n\r\n${ok(body)}`],
    ['until the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${body}`],
  ])('%s', (_, text) => {
    // the chunks of `chunked` are bytes in latin1
    const bytes = Buffer.from(text, text.includes('chunked') ? 'latin1' : 'utf8')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        const reader = new ResponseReader(1_000_000, new BodyPool())
        let at = 0
        for (let i = 0; at < bytes.length; i++) {
          const end = Math.min(bytes.length, at + (sizes[i % sizes.length] ?? 1))
          expect(reader.push(bytes, at, end)).toBe(end)
          at = end
        }
        reader.end()
        expect(reader.isDone).toBe(true)
        expect(reader.head?.status).toBe(200)
        expect(reader.body.toString()).toBe(body)
      }),
    )
  })

  test.each([
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`,
  ])('%j is none', (text) => {
    const bytes = Buffer.from(text)
    expect(() => new ResponseReader(1000, new BodyPool()).push(bytes, 0, bytes.length)).toThrow()
  })
})
