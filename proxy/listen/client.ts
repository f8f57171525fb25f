import { PgError } from '../error.ts'
import { decodeFrontend } from '../wire/decode.ts'
import type { BackendMessage, FrontendMessage, TransactionStatus } from '../wire/message.ts'
import type { CancelEntry } from './cancel.ts'
import type { Channel } from './channel.ts'
import type { Connection, StartupSettings } from './connection.ts'
import type { Identity } from './identity.ts'

export type ClientFacts = {
  identity: Identity
  startup: StartupSettings
  secure: boolean
  address: string
}

/** The Connection that a session gets. */
export class Client implements Connection {
  readonly identity: Identity
  readonly startup: StartupSettings
  readonly secure: boolean
  readonly address: string
  readonly processId: number
  readonly keyData: Connection['keyData']
  readonly closed: AbortSignal
  readonly #channel: Channel
  readonly #stop = new AbortController()
  #cancelled: () => void = () => {}
  #status: TransactionStatus | null = null
  #terminated = false
  #peeked: FrontendMessage | null = null
  #draining = false

  constructor(channel: Channel, facts: ClientFacts, entry: CancelEntry) {
    this.identity = facts.identity
    this.startup = facts.startup
    this.secure = facts.secure
    this.address = facts.address
    this.processId = entry.processId
    this.keyData = { kind: 'BackendKeyData', processId: entry.processId, secretKey: entry.secretKey }
    this.#channel = channel
    this.closed = AbortSignal.any([channel.closed, this.#stop.signal])
    entry.cancel = () => this.#cancelled()
  }

  async read(signal?: AbortSignal): Promise<FrontendMessage | null> {
    if (this.peek() === null && !this.#terminated) {
      if (this.#stop.signal.aborted) throw this.#stop.signal.reason
      if (this.#draining && this.#status === 'I') throw adminShutdown()
      const frame = await this.#channel.frame(signal)
      if (frame !== null) this.#received(decodeFrontend(frame))
    }
    const message = this.#peeked
    this.#peeked = null
    return message
  }

  peek(): FrontendMessage | null {
    if (this.#peeked !== null || this.#terminated || this.#channel.congested) return this.#peeked
    const frame = this.#channel.look()
    if (frame !== null) this.#received(decodeFrontend(frame))
    return this.#peeked
  }

  send(message: BackendMessage): void {
    if (message.kind === 'ReadyForQuery') this.#status = message.status
    this.#channel.send(message)
  }

  sendBytes(bytes: Uint8Array): void {
    this.#channel.sendBytes(bytes)
  }

  flush(): void {
    this.#channel.flush()
  }

  drained(): Promise<void> {
    return this.#channel.drained()
  }

  onCancel(listener: () => void): void {
    this.#cancelled = listener
  }

  /** The server is going down: an idle session ends now, any other when it becomes idle. */
  drain(): void {
    this.#draining = true
    if (this.#status === 'I') this.#channel.interrupt(adminShutdown())
  }

  /** Time is up: what runs is cut off, and the client is told. */
  stop(): void {
    this.#stop.abort(adminShutdown())
    this.#channel.interrupt(adminShutdown())
  }

  #received(message: FrontendMessage): void {
    this.#status = null
    if (message.kind === 'Terminate') this.#terminated = true
    else this.#peeked = message
  }
}

function adminShutdown(): PgError {
  return new PgError('57P01', 'terminating connection due to administrator command', {
    severity: 'FATAL',
    fault: 'limit',
  })
}
