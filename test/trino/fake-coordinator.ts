import { createServer, type Socket } from 'node:net'

/**
 * A coordinator that says what a test wants, byte by byte: what a real one never does on demand. It counts what it is asked.
 */
export type Asked = { method: string; path: string; headers: Readonly<Record<string, string>>; body: string }

/** Null: the connection is cut. A string or bytes are sent as they are; `hold` never answers. */
export type Reply = string | Buffer | readonly (string | Buffer)[] | null | 'hold'

export type FakeCoordinator = {
  url: string
  asked: Asked[]
  /** so many requests of a method */
  count(method: Asked['method']): number
  close(): Promise<void>
}

export async function startFakeCoordinator(
  answer: (asked: Asked, count: number) => Reply | Promise<Reply>,
): Promise<FakeCoordinator> {
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let received = Buffer.alloc(0)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      for (let request = requestIn(received); request !== null; request = requestIn(received)) {
        received = received.subarray(request.length)
        void serve(socket, request.asked)
      }
    })
  })
  async function serve(socket: Socket, request: Asked): Promise<void> {
    if (request.path === '/v1/info') {
      socket.write(ok('{"starting":false}'))
      return
    }
    asked.push(request)
    const reply = await answer(request, asked.length)
    if (reply === 'hold') return
    if (reply === null) socket.destroy()
    else for (const part of Array.isArray(reply) ? reply : [reply]) await written(socket, part as string | Buffer)
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    count: (method) => asked.filter((one) => one.method === method).length,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
}

/** Each part is a packet of its own. */
function written(socket: Socket, part: string | Buffer): Promise<void> {
  socket.setNoDelay(true)
  return new Promise((done) => socket.write(part, () => setImmediate(done)))
}

function requestIn(bytes: Buffer): { asked: Asked; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (bytes.length < length) return null
  const [method = '', path = ''] = first.split(' ')
  return { asked: { method, path, headers, body: bytes.toString('utf8', end + 4, length) }, length }
}

export function ok(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export function status(code: number, body = 'trouble'): string {
  return `HTTP/1.1 ${code} Trouble\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** The same as chunks of so many bytes. */
export function chunked(body: string, size: number): string {
  const bytes = Buffer.from(body)
  let text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size)
    text += `${chunk.length.toString(16)};x=y\r\n${chunk.toString('latin1')}\r\n`
  }
  return `${text}0\r\nTrailer: x\r\n\r\n`
}

export type PageParts = {
  next?: string
  rows?: readonly (readonly unknown[])[]
  error?: { errorName: string; errorType?: string; message?: string; failureInfo?: object }
  updateCount?: number
  state?: string
}

const COLUMNS = [
  { name: 'i', type: 'bigint', typeSignature: { rawType: 'bigint', arguments: [] } },
  { name: 't', type: 'varchar', typeSignature: { rawType: 'varchar', arguments: [] } },
]

/** As Trino orders it: what is next before the rows, and what is known of them after. */
export function page({ next, rows, error, updateCount, state = 'RUNNING' }: PageParts): string {
  const nextUri = next === undefined ? {} : { nextUri: `http://somewhere.else:1${next}` }
  return JSON.stringify({
    id: 'q',
    infoUri: 'http://somewhere.else:1/ui',
    ...nextUri,
    ...(rows === undefined ? {} : { columns: COLUMNS, data: rows }),
    stats: { state, processedRows: 7, processedBytes: 70, progressPercentage: 50 },
    ...(error === undefined ? {} : { error }),
    ...(updateCount === undefined ? {} : { updateType: 'INSERT', updateCount }),
    warnings: [],
  })
}
