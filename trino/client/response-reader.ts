/**
 * One HTTP/1.1 response out of the bytes of a connection, however they are cut.
 * https://www.rfc-editor.org/rfc/rfc9112.html
 */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse'
}

export type ResponseHead = { status: number; headers: ReadonlyMap<string, string>; keepsAlive: boolean }

const HEAD_BYTES_MAX = 64 * 1024
const LINE_BYTES_MAX = 1024
const FIRST_BODY_BYTES = 16 * 1024
const CR = 13
const LF = 10
const NO_BYTES = Buffer.alloc(0)
const HEAD_END = '\r\n\r\n'

/** Memory of pages that have been read, for the next ones: making it anew costs as much as reading into it. */
export class BodyPool {
  readonly #free: Buffer[] = []

  take(bytes: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= bytes)
    const found = at < 0 ? undefined : this.#free.splice(at, 1)[0]
    return found ?? Buffer.allocUnsafeSlow(Math.max(bytes, POOLED_BYTES))
  }

  /** Nobody looks at it any more. Parts of a buffer stand for the whole. */
  give({ buffer }: Buffer): void {
    const { byteLength } = buffer
    if (byteLength < POOLED_BYTES || byteLength > POOLED_BYTES_MAX || this.#free.length >= POOLED_MAX) return
    if (!this.#free.some((known) => known.buffer === buffer)) this.#free.push(Buffer.from(buffer as ArrayBuffer))
  }
}

/** A page of 1 MB, and what it is too much by. */
const POOLED_BYTES = 1536 * 1024
const POOLED_BYTES_MAX = 4 * POOLED_BYTES
const POOLED_MAX = 8

type State = 'head' | 'body' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'trailer' | 'untilEnd' | 'done'

export class ResponseReader {
  readonly #bodyBytesMax: number
  readonly #pool: BodyPool
  #state: State = 'head'
  #line = ''
  /** of the body, or of the chunk */
  #left = 0
  #body: Buffer = NO_BYTES
  #length = 0
  head: ResponseHead | null = null

  constructor(bodyBytesMax: number, pool: BodyPool) {
    this.#bodyBytesMax = bodyBytesMax
    this.#pool = pool
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** What has come of it. */
  get body(): Buffer {
    return this.#body.subarray(0, this.#length)
  }

  get bodyBytes(): number {
    return this.#length
  }

  /** Bytes that are not the response's any more are left over: how many were taken is returned. */
  push(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && this.#state !== 'done') at = this.#step(bytes, at, end)
    return at
  }

  /** The connection has ended: so has a body that says nothing of its length. */
  end(): void {
    if (this.#state === 'untilEnd') this.#state = 'done'
  }

  #step(bytes: Buffer, start: number, end: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, start, end)
      case 'body': {
        const at = this.#take(bytes, start, end)
        if (this.#left === 0) this.#state = 'done'
        return at
      }
      case 'untilEnd':
        this.#append(bytes, start, end)
        return end
      case 'chunkSize':
        return this.#readLine(bytes, start, end, (line) => {
          const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1]
          if (size === undefined) throw new MalformedResponse('bad chunk size')
          this.#left = Number.parseInt(size, 16)
          this.#state = this.#left === 0 ? 'trailer' : 'chunk'
        })
      case 'chunk': {
        const at = this.#take(bytes, start, end)
        if (this.#left === 0) this.#state = 'chunkEnd'
        return at
      }
      case 'chunkEnd':
        return this.#readLine(bytes, start, end, (line) => {
          if (line !== '') throw new MalformedResponse('chunk without an end')
          this.#state = 'chunkSize'
        })
      case 'trailer':
        return this.#readLine(bytes, start, end, (line) => {
          if (line === '') this.#state = 'done'
        })
      case 'done':
        return start
    }
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    const before = this.#line.length
    this.#line += bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES_MAX))
    const found = this.#line.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length + 1))
    if (found < 0) {
      if (this.#line.length >= HEAD_BYTES_MAX) throw new MalformedResponse('head too long')
      return end
    }
    const head = parseHead(this.#line.slice(0, found))
    this.#line = ''
    // 100 Continue and its like announce the answer
    if (head.status >= 200) this.#begin(head)
    return start + found + HEAD_END.length - before
  }

  #begin(head: ResponseHead): void {
    this.head = head
    const length = head.headers.get('content-length')
    if (head.status === 204 || head.status === 304) this.#state = 'done'
    else if (head.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') this.#state = 'chunkSize'
    else if (head.headers.has('transfer-encoding')) throw new MalformedResponse('unknown transfer encoding')
    else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw new MalformedResponse('bad content length')
      this.#left = Number(length)
      this.#state = this.#left === 0 ? 'done' : 'body'
    } else {
      this.head = { ...head, keepsAlive: false }
      this.#state = 'untilEnd'
    }
  }

  #readLine(bytes: Buffer, start: number, end: number, onLine: (line: string) => void): number {
    const feed = bytes.indexOf(LF, start)
    const isWhole = feed >= 0 && feed < end
    const stop = isWhole ? feed : end
    this.#line += bytes.toString('latin1', start, Math.min(stop, start + LINE_BYTES_MAX))
    if (this.#line.length > LINE_BYTES_MAX) throw new MalformedResponse('line too long')
    if (!isWhole) return end
    const line = this.#line.charCodeAt(this.#line.length - 1) === CR ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    onLine(line)
    return feed + 1
  }

  #take(bytes: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#left)
    this.#append(bytes, start, stop)
    this.#left -= stop - start
    return stop
  }

  /** Room grows with what has come, not with what was promised. */
  #append(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start
    if (length > this.#bodyBytesMax) throw new MalformedResponse('body too large')
    if (length > this.#body.length) {
      const room = Math.min(Math.max(length, 2 * this.#body.length, FIRST_BODY_BYTES), this.#bodyBytesMax)
      const grown = room > FIRST_BODY_BYTES ? this.#pool.take(room) : Buffer.allocUnsafeSlow(room)
      this.#body.copy(grown, 0, 0, this.#length)
      this.#pool.give(this.#body)
      this.#body = grown
    }
    bytes.copy(this.#body, this.#length, start, end)
    this.#length = length
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n')
  const found = STATUS_LINE.exec(first)
  if (found === null) throw new MalformedResponse('no status line')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) throw new MalformedResponse('bad header')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const connection = headers.get('connection')?.toLowerCase()
  return {
    status: Number(found[2]),
    headers,
    keepsAlive: found[1] === '1' ? connection !== 'close' : connection === 'keep-alive',
  }
}
