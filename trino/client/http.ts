/** What the client of Trino asks of HTTP. */
export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  /** path and query */
  path: string
  headers: Readonly<Record<string, string>>
  body?: string
  timeoutMs: number
  signal: AbortSignal
  /** Told once, of as much of the body as has come when it is worth a look. */
  onPrefix?: (prefix: Buffer) => void
}

export type HttpResponse = { status: number; headers: ReadonlyMap<string, string>; body: Buffer }

export type Http = {
  request(request: HttpRequest): Promise<HttpResponse>
  close(): void
}

/** Why there is no answer. `sent`: the server may have got the request. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly sent: boolean

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.sent = sent
  }
}

export function openHttp(origin: URL): Http {
  return {
    async request({ method, path, headers, body, timeoutMs, signal, onPrefix }) {
      try {
        const answer = await fetch(new URL(path, origin), {
          method,
          headers: { ...headers, 'accept-encoding': 'identity' },
          ...(body === undefined ? {} : { body }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        })
        const bytes = Buffer.from(await answer.arrayBuffer())
        onPrefix?.(bytes)
        return { status: answer.status, headers: new Map(answer.headers), body: bytes }
      } catch (error) {
        const code = (error as { cause?: { code?: string } }).cause?.code
        throw new HttpError('no answer', code !== 'ECONNREFUSED', error)
      }
    },
    close() {},
  }
}
