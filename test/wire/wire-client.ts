import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { decodeBackend, encodeFrontend, type SendableMessage } from '../../proxy/wire/client.ts'
import { Framer } from '../../proxy/wire/frame.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { Writer } from '../../proxy/wire/writer.ts'

const WAIT_MS = 45_000

export type Account = { user: string; password: string; database: string }

/** A client that does what it is told, right or wrong. */
export class WireClient {
  readonly #framer = new Framer('backend')
  readonly #arrived: BackendMessage[] = []
  #socket: Socket
  #ended = false
  #wake: () => void = () => {}
  /** raw bytes instead of messages: what a server says before there are messages */
  #raw: Buffer[] | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    this.#attach()
  }

  static async open(port: number, host = '127.0.0.1'): Promise<WireClient> {
    const socket = connect({ port, host, noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new WireClient(socket)
  }

  static async login(port: number, account: Account, parameters: Record<string, string> = {}): Promise<WireClient> {
    const client = await WireClient.open(port)
    await client.authenticate(account, parameters)
    await client.until('ReadyForQuery')
    return client
  }

  get socket(): Socket {
    return this.#socket
  }

  get ended(): boolean {
    return this.#ended
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  send(...messages: SendableMessage[]): void {
    this.sendBytes(frontendBytes(...messages))
  }

  /** The next message; null at the end of the connection. */
  async next(): Promise<BackendMessage | null> {
    for (;;) {
      const message = this.#arrived.shift()
      if (message !== undefined) return message
      if (this.#ended) return null
      await this.#wait()
    }
  }

  /** Everything up to the first message of this kind, or to the end. */
  async until(kind: BackendMessage['kind'] | 'close'): Promise<BackendMessage[]> {
    const seen: BackendMessage[] = []
    for (;;) {
      const message = await this.next()
      if (message === null) return seen
      seen.push(message)
      if (message.kind === kind) return seen
    }
  }

  /** The answer to SSLRequest and the like. Call it before the request is sent. */
  async rawBytes(count: number): Promise<Buffer> {
    this.#raw ??= []
    while (!this.#ended && Buffer.concat(this.#raw).length < count) await this.#wait()
    const bytes = Buffer.concat(this.#raw)
    this.#raw = null
    return bytes
  }

  async encrypt(): Promise<TLSSocket> {
    this.#socket.removeAllListeners()
    const secured = connectTls({ socket: this.#socket, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] })
    await new Promise<void>((resolve, reject) => secured.once('secureConnect', resolve).once('error', reject))
    this.#socket = secured
    this.#attach()
    return secured
  }

  startup({ user, database }: Omit<Account, 'password'>, parameters: Record<string, string> = {}, minor = 0): void {
    const all = Object.entries({ user, database, ...parameters })
    this.send({ kind: 'StartupMessage', major: 3, minor, parameters: all })
  }

  /** Startup and SCRAM; ends with AuthenticationOk or with whatever else came. */
  async authenticate(
    account: Account,
    parameters: Record<string, string> = {},
    minor = 0,
  ): Promise<BackendMessage | null> {
    this.startup(account, parameters, minor)
    return this.scram(account.password)
  }

  async scram(password: string): Promise<BackendMessage | null> {
    let message = await this.next()
    while (message?.kind === 'NegotiateProtocolVersion') message = await this.next()
    if (message?.kind !== 'AuthenticationSASL') return message
    const scram = new ScramClient(password)
    this.send({ kind: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', data: scram.first() })
    message = await this.next()
    if (message?.kind !== 'AuthenticationSASLContinue') return message
    this.send({ kind: 'SASLResponse', data: scram.final(Buffer.from(message.data).toString()) })
    message = await this.next()
    if (message?.kind !== 'AuthenticationSASLFinal') return message
    return this.next()
  }

  end(): void {
    this.#socket.destroy()
  }

  async #wait(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve
      timer = setTimeout(() => reject(new Error('nothing came from the server')), WAIT_MS)
    })
    clearTimeout(timer)
  }

  #attach(): void {
    const ended = (): void => {
      this.#ended = true
      this.#wake()
    }
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#raw !== null) this.#raw.push(chunk)
      else {
        this.#framer.push(chunk)
        for (let frame = this.#framer.next(); frame !== null; frame = this.#framer.next()) {
          this.#arrived.push(decodeBackend(frame))
        }
      }
      this.#wake()
    })
    this.#socket.on('end', ended)
    this.#socket.on('close', ended)
    this.#socket.on('error', ended)
  }
}

export function frontendBytes(...messages: SendableMessage[]): Buffer {
  const writer = new Writer()
  for (const message of messages) encodeFrontend(writer, message)
  return writer.take()
}

/** RFC 5802, the client's side. */
export class ScramClient {
  readonly #password: string
  readonly #nonce: string
  readonly #header: string

  constructor(password: string, nonce = randomBytes(18).toString('base64'), header = 'n,,') {
    this.#password = password
    this.#nonce = nonce
    this.#header = header
  }

  first(): Buffer {
    return Buffer.from(`${this.#header}n=,r=${this.#nonce}`)
  }

  final(serverFirst: string): Buffer {
    const {
      r = '',
      s = '',
      i = '',
    } = Object.fromEntries(serverFirst.split(',').map((field) => [field[0], field.slice(2)]))
    const salted = pbkdf2Sync(this.#password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256')
    const clientKey = createHmac('sha256', salted).update('Client Key').digest()
    const storedKey = createHash('sha256').update(clientKey).digest()
    const withoutProof = `c=${Buffer.from(this.#header).toString('base64')},r=${r}`
    const signature = createHmac('sha256', storedKey)
      .update(`n=,r=${this.#nonce},${serverFirst},${withoutProof}`)
      .digest()
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
  }
}
