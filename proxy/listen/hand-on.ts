/**
 * A cancel request comes on a connection of its own, and a balancer may lead it to another proxy than the session's. That
 * one hands it on, once: over TLS, to the certificate that the other has announced, and marked so that it goes no further.
 * Nobody gets more work out of us than the limits allow, and nobody learns from it who is there.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as secure, type TLSSocket } from 'node:tls'
import { encodeFrontend } from '../wire/client.ts'
import type { StartupPacket } from '../wire/message.ts'
import { Writer } from '../wire/writer.ts'
import {
  HAND_ON_MS,
  HAND_ON_WINDOW_MS,
  HAND_ONS_AT_ONCE_MAX,
  HAND_ONS_PER_ADDRESS_MAX,
  HAND_ONS_PER_WINDOW_MAX,
} from './limits.ts'
import { ALPN_PROTOCOL } from './tls.ts'

/** What the listener knows of the other proxies. */
export type Peers = {
  /** this proxy's own number */
  number(): number
  find(number: number): Promise<Peer | null>
}

export type Peer = {
  host: string
  port: number
  /** hex SHA-256 of its TLS certificate */
  certificate: string
}

export type CancelRequest = Extract<StartupPacket, { kind: 'CancelRequest' }>

export class HandOn {
  readonly #peers: Peers
  readonly #now: () => number
  readonly #counts = new Map<string, number>()
  #windowSince = Number.NEGATIVE_INFINITY
  #inWindow = 0
  #running = 0

  constructor(peers: Peers, now: () => number = () => performance.now()) {
    this.#peers = peers
    this.#now = now
  }

  /** False: over a limit, nobody of that number, or it could not be reached in time. */
  async send(request: CancelRequest, proxy: number, address: string): Promise<boolean> {
    if (request.handedOn === true || !this.#take(address)) return false
    this.#running += 1
    try {
      const peer = await this.#peers.find(proxy)
      if (peer === null) return false
      await deliver(peer, { ...request, handedOn: true }, AbortSignal.timeout(HAND_ON_MS))
      return true
    } catch {
      // PostgreSQL promises nothing of a cancel request, and neither do we: the client can ask again.
      return false
    } finally {
      this.#running -= 1
    }
  }

  #take(address: string): boolean {
    const now = this.#now()
    if (now - this.#windowSince > HAND_ON_WINDOW_MS) {
      this.#windowSince = now
      this.#inWindow = 0
      this.#counts.clear()
    }
    const ofAddress = this.#counts.get(address) ?? 0
    if (this.#running >= HAND_ONS_AT_ONCE_MAX || this.#inWindow >= HAND_ONS_PER_WINDOW_MAX) return false
    if (ofAddress >= HAND_ONS_PER_ADDRESS_MAX) return false
    this.#counts.set(address, ofAddress + 1)
    this.#inWindow += 1
    return true
  }
}

/** Resolves when the peer has closed the connection, as it does once the request has been dealt with. */
async function deliver(peer: Peer, request: CancelRequest, signal: AbortSignal): Promise<void> {
  const socket = connect({ host: peer.host, port: peer.port, noDelay: true })
  const abort = (): void => void socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await once(socket, 'connect', { signal })
    const secured = await upgrade(socket, peer, signal)
    const closed = once(secured, 'close', { signal })
    secured.on('error', () => {})
    secured.resume()
    const writer = new Writer()
    encodeFrontend(writer, request)
    secured.end(writer.take())
    await closed
  } finally {
    signal.removeEventListener('abort', abort)
    socket.on('error', () => {})
    socket.destroy()
  }
}

/** https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL, directly: no byte is sent in the clear */
async function upgrade(socket: Socket, peer: Peer, signal: AbortSignal): Promise<TLSSocket> {
  // Certificates of our own making are signed by nobody: what counts is that it is the one announced.
  const secured = secure({ socket, ALPNProtocols: [ALPN_PROTOCOL], rejectUnauthorized: false })
  await once(secured, 'secureConnect', { signal })
  const shown = createHash('sha256').update(secured.getPeerCertificate().raw).digest()
  const announced = Buffer.from(peer.certificate, 'hex')
  if (shown.length !== announced.length || !timingSafeEqual(shown, announced)) throw new Error('not the peer meant')
  return secured
}
