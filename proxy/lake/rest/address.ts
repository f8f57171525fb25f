import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { PgError } from '../../error.ts'

/**
 * The catalog at one address or several. What was never sent, and what only reads, is asked again, next at the next address,
 * until one answers or RETRY_MS have passed: an admin that is started anew, or gone, is not noticed by who uses another. A
 * change that was sent and not answered is never sent again: its outcome is unknown (08007).
 */
export type Addresses = {
  ask(question: Question): Promise<HttpAnswer>
  close(): void
}

export type Question = {
  method: 'GET' | 'POST'
  /** after the base address */
  path: string
  text: string | undefined
  token: string
  isWrite: boolean
  signal: AbortSignal
}

export type HttpAnswer = { status: number; text: string }

const RETRY_MS = 5_000
const PAUSE_FIRST_MS = 20
const PAUSE_MS_MAX = 500
const CONNECT_MS = 2_000
const SOCKETS_MAX = 64
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

export function openAddresses(urls: readonly string[]): Addresses {
  const settings = { keepAlive: true, maxSockets: SOCKETS_MAX }
  const agents = { http: new Agent(settings), https: new SecureAgent(settings) }
  const bases = urls.map((url) => url.replace(/\/+$/, ''))
  /** The one that answered last. */
  let preferred = 0

  function send(base: string, { method, path, text, token, signal }: Question): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      }
      const isSecure = base.startsWith('https:')
      const request = isSecure
        ? httpsRequest(base + path, { method, headers, agent: agents.https, signal })
        : httpRequest(base + path, { method, headers, agent: agents.http, signal })
      request.on('response', (response) => readAll(response).then(resolve, reject))
      request.on('error', reject)
      request.on('socket', (socket) => {
        if (!socket.connecting) return
        const timer = setTimeout(() => request.destroy(new NotConnected()), CONNECT_MS)
        for (const event of ['connect', 'close'] as const) socket.once(event, () => clearTimeout(timer))
      })
      request.end(text)
    })
  }

  async function ask(question: Question): Promise<HttpAnswer> {
    const { isWrite, signal } = question
    const begun = performance.now()
    for (let attempt = 0; ; attempt++) {
      const index = preferred % bases.length
      try {
        return await send(bases[index] ?? '', question)
      } catch (error) {
        if (error instanceof PgError) throw error
        if (preferred === index) preferred = (index + 1) % bases.length
        const isLate = performance.now() - begun > RETRY_MS
        if (signal.aborted || isLate || (isWrite && !wasNeverSent(error))) throw failure(error, signal, isWrite)
        // Once around without a pause.
        const pauseMs = attempt + 1 < bases.length ? 0 : Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MS_MAX)
        await sleep(pauseMs, undefined, { signal }).catch((cause: unknown) => {
          throw failure(cause, signal, false)
        })
      }
    }
  }

  return {
    ask,
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

class NotConnected extends Error {
  readonly code = 'ETIMEDOUT'
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
])

/** Nobody was there to hear it. ETIMEDOUT of a connection that was open comes as a reset or the signal's end. */
function wasNeverSent(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof NotConnected) return true
  return code !== undefined && NEVER_SENT.has(code) && syscall !== 'read' && syscall !== 'write'
}

async function readAll(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new PgError('54000', "the catalog's answer is too large", { fault: 'limit' })
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
}

/** A change that was sent and not answered may have been made: the client is told so. */
function failure(cause: unknown, signal: AbortSignal, isWrite: boolean): PgError {
  if (cause instanceof PgError) return cause
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
  if (signal.aborted && !isTimeout) return new PgError('57014', 'canceling statement due to user request', { cause })
  if (isWrite && !wasNeverSent(cause))
    return new PgError('08007', 'the outcome of the change to the catalog is unknown', { fault: 'lake', cause })
  return new PgError('58000', 'the catalog is not available', { fault: 'lake', cause })
}
