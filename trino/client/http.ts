import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BodyPool, ResponseReader } from './response-reader.ts'

/**
 * An HTTP/1.1 client of one server. Node's own costs four to nine times the CPU for the same bytes: here they are read
 * into one buffer that all connections share, and copied once.
 */
export type Http = {
  request(request: HttpRequest): Promise<HttpResponse>
  /** Nobody looks at the body any more. */
  release(body: Buffer): void
  close(): void
}

export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  /** path and query */
  path: string
  headers: Readonly<Record<string, string>>
  body?: string
  /** for the whole answer */
  timeoutMs: number
  signal: AbortSignal
  /** Told once, of the beginning of the body, when there is enough of it or all. */
  onPrefix?: (prefix: Buffer) => void
}

export type HttpResponse = { status: number; headers: ReadonlyMap<string, string>; body: Buffer }

/** Why there is no answer. `sent`: the server may have got the request. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly sent: boolean

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.sent = sent
  }
}

export type HttpLimits = { bodyBytesMax: number; connectMs: number; idleMs: number }

export const HTTP_LIMITS: HttpLimits = { bodyBytesMax: 256 * 1024 * 1024, connectMs: 5_000, idleMs: 30_000 }
const CONNECTIONS_MAX = 512
const IDLE_CONNECTIONS_MAX = 64
const PREFIX_BYTES = 2048
const READ_BYTES = 256 * 1024

type Exchange = {
  reader: ResponseReader
  onPrefix: ((prefix: Buffer) => void) | null
  resolve(response: HttpResponse): void
  reject(error: HttpError): void
}

/** `current`: the request that waits for its answer; null: idle. */
type Connection = {
  socket: Socket
  isOpen: boolean
  current: Exchange | null
  idleTimer: NodeJS.Timeout | null
}

export function openHttp(origin: URL, limits: HttpLimits = HTTP_LIMITS): Http {
  const isTls = origin.protocol === 'https:'
  const host = origin.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(origin.port) || (isTls ? 443 : 80)
  const shared = Buffer.allocUnsafeSlow(READ_BYTES)
  const connections = new Set<Connection>()
  const idle: Connection[] = []
  const bodies = new BodyPool()
  let closed = false

  function open(): Connection {
    const onRead = (length: number, bytes: Uint8Array) => {
      received(connection, bytes as Buffer, length)
      return true
    }
    const socket = isTls
      ? connectTls({ host, port, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) })
      : connectTcp({ host, port, noDelay: true, onread: { buffer: shared, callback: onRead } })
    const connection: Connection = { socket, isOpen: false, current: null, idleTimer: null }
    if (isTls) {
      socket.setNoDelay(true)
      socket.on('data', (bytes: Buffer) => received(connection, bytes, bytes.length))
    }
    const connectTimer = setTimeout(() => socket.destroy(new Error('connecting took too long')), limits.connectMs)
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(connectTimer)
      connection.isOpen = true
    })
    let cause: unknown
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('end', () => {
      connection.current?.reader.end()
      finishIfDone(connection)
      socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(connectTimer)
      drop(connection)
      connection.current?.reject(new HttpError('the connection was lost', connection.isOpen, cause))
      connection.current = null
    })
    connections.add(connection)
    return connection
  }

  function drop(connection: Connection): void {
    if (connection.idleTimer !== null) clearTimeout(connection.idleTimer)
    connections.delete(connection)
    const at = idle.indexOf(connection)
    if (at >= 0) idle.splice(at, 1)
  }

  function received(connection: Connection, bytes: Buffer, length: number): void {
    const exchange = connection.current
    if (exchange === null) {
      connection.socket.destroy()
      return
    }
    const { reader } = exchange
    try {
      if (reader.push(bytes, 0, length) < length) throw new Error('more than was asked for')
    } catch (error) {
      connection.current = null
      exchange.reject(new HttpError('the answer is malformed', true, error))
      connection.socket.destroy()
      return
    }
    if (exchange.onPrefix !== null && (reader.bodyBytes >= PREFIX_BYTES || reader.isDone)) {
      const { onPrefix } = exchange
      exchange.onPrefix = null
      onPrefix(reader.body.subarray(0, PREFIX_BYTES))
    }
    finishIfDone(connection)
  }

  function finishIfDone(connection: Connection): void {
    const exchange = connection.current
    if (exchange === null || !exchange.reader.isDone || exchange.reader.head === null) return
    const { head, body } = exchange.reader
    connection.current = null
    if (head.keepsAlive && !closed && idle.length < IDLE_CONNECTIONS_MAX) rest(connection)
    else connection.socket.destroy()
    exchange.resolve({ status: head.status, headers: head.headers, body })
  }

  function rest(connection: Connection): void {
    connection.idleTimer = setTimeout(() => connection.socket.destroy(), limits.idleMs)
    connection.idleTimer.unref()
    connection.socket.unref()
    idle.push(connection)
  }

  /**
   * A connection that has been idle may be closed at the other end already. Whoever must not ask twice, asks on a new one.
   */
  function take(mayRepeat: boolean): Connection {
    const rested = mayRepeat ? idle.pop() : undefined
    if (rested !== undefined) {
      if (rested.idleTimer !== null) clearTimeout(rested.idleTimer)
      rested.socket.ref()
      return rested
    }
    if (connections.size >= CONNECTIONS_MAX) throw new HttpError('too many connections', false)
    return open()
  }

  async function request({ method, path, headers, body, timeoutMs, signal, onPrefix }: HttpRequest) {
    if (closed || signal.aborted) throw new HttpError('not asked any more', false)
    const text = requestText(origin.host, method, path, headers, body)
    const connection = take(method !== 'POST')
    const answer = Promise.withResolvers<HttpResponse>()
    const { resolve, reject } = answer
    const reader = new ResponseReader(limits.bodyBytesMax, bodies)
    connection.current = { reader, onPrefix: onPrefix ?? null, resolve, reject }
    const giveUp = (why: string) => {
      connection.current = null
      reject(new HttpError(why, connection.isOpen))
      connection.socket.destroy()
    }
    const onAbort = () => giveUp('not asked any more')
    const timer = setTimeout(() => giveUp('no answer in time'), timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    connection.socket.write(text)
    return answer.promise.finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  }

  return {
    request,
    release: (body) => bodies.give(body),
    close() {
      closed = true
      for (const connection of connections) connection.socket.destroy()
    },
  }
}

/** No Accept-Encoding: within a network, packing costs more than it saves. */
function requestText(
  host: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): string {
  let text = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n`
  for (const [name, value] of Object.entries(headers)) {
    if (/[^\t\x20-\x7e]/.test(value)) throw new HttpError(`the header ${name} holds what it must not`, false)
    text += `${name}: ${value}\r\n`
  }
  if (body === undefined) return `${text}\r\n`
  return `${text}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
