/**
 * The PostgreSQL port. A connection comes in, says what it wants, proves who it is, and is handed to a session:
 *
 *   socket → (SSLRequest → TLS) → StartupMessage → SCRAM → Connection → openSession
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { PgError } from '../error.ts'
import type { Store } from '../store/store.ts'
import { decodeStartup } from '../wire/decode.ts'
import { errorResponse } from '../wire/encode.ts'
import { FramingError } from '../wire/frame.ts'
import type { StartupPacket } from '../wire/message.ts'
import { authenticate } from './auth/authenticate.ts'
import { LoginThrottle } from './auth/throttle.ts'
import { CancelRegistry } from './cancel.ts'
import { Channel } from './channel.ts'
import { Client, type ClientFacts } from './client.ts'
import type { SessionHandler } from './connection.ts'
import { type OnListenEvent, shownName, shownReason } from './event.ts'
import { type CancelRequest, HandOn, type Peers } from './hand-on.ts'
import {
  KEEPALIVE_MS,
  LINGER_MS,
  LISTEN_BACKLOG,
  LISTEN_LIMITS,
  type ListenLimits,
  REFUSALS_MAX,
  SILENT_MS,
} from './limits.ts'
import {
  checkClientEncoding,
  PROTOCOL_MAJOR,
  type StartupRequest,
  startupRequest,
  unsupportedProtocol,
} from './startup.ts'
import { ALPN_PROTOCOL, handshake, type TlsIdentity } from './tls.ts'

export type ListenOptions = {
  host: string
  /** 0: the operating system chooses */
  port: number
  store: Store
  openSession: SessionHandler
  onEvent: OnListenEvent
  /** null: SSLRequest is answered 'N' */
  tls: TlsIdentity | null
  /** clients without TLS are refused before they are asked for a password */
  tlsRequired?: boolean
  /** the other proxies of the installation, when there may be some */
  peers?: Peers
  limits?: Partial<ListenLimits>
}

export type Listener = {
  readonly host: string
  readonly port: number
  /** sockets that are open, logged in or not */
  connections(): number
  /** Stops accepting, ends idle sessions (57P01), gives busy ones `timeoutMs` to finish, then cuts them off. */
  drain(timeoutMs: number): Promise<void>
}

const TLS_HANDSHAKE_BYTE = 0x16

type State = {
  readonly options: ListenOptions
  readonly limits: ListenLimits
  readonly throttle: LoginThrottle
  readonly registry: CancelRegistry
  readonly handOn: HandOn | null
  readonly sockets: Set<Socket>
  /** who has not logged in yet */
  readonly entering: Map<Channel, { address: string; since: number }>
  readonly clients: Set<Client>
  readonly byAddress: Map<string, number>
  readonly byTenant: Map<string, number>
  draining: boolean
}

export async function listen(options: ListenOptions): Promise<Listener> {
  const state: State = {
    options,
    limits: { ...LISTEN_LIMITS, ...options.limits },
    throttle: new LoginThrottle(),
    registry: new CancelRegistry(options.peers?.number),
    handOn: options.peers === undefined ? null : new HandOn(options.peers),
    sockets: new Set(),
    entering: new Map(),
    clients: new Set(),
    byAddress: new Map(),
    byTenant: new Map(),
    draining: false,
  }
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
  })
  server.on('connection', (socket) => accept(state, socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG }, resolve)
  })
  // Out of file descriptors: the sessions there are go on.
  server.on('error', (error) => options.onEvent({ kind: 'failed', address: '', error }))
  const address = server.address()
  return {
    host: options.host,
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    connections: () => state.sockets.size,
    drain: (timeoutMs) => drain(state, server, timeoutMs),
  }
}

async function drain(state: State, server: Server, timeoutMs: number): Promise<void> {
  state.draining = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const channel of state.entering.keys()) channel.interrupt(fatal('57P03', 'the database system is shutting down'))
  for (const client of state.clients) client.drain()
  const stop = setTimeout(() => {
    for (const client of state.clients) client.stop()
  }, timeoutMs)
  const destroy = setTimeout(() => {
    for (const socket of state.sockets) socket.destroy()
  }, timeoutMs + LINGER_MS)
  await closed
  clearTimeout(stop)
  clearTimeout(destroy)
}

function accept(state: State, socket: Socket): void {
  const address = socket.remoteAddress ?? 'unknown'
  socket.on('error', () => {})
  if (socket.remoteAddress === undefined) {
    socket.destroy()
    return
  }
  state.sockets.add(socket)
  const fromAddress = increment(state.byAddress, address)
  socket.once('close', () => {
    state.sockets.delete(socket)
    decrement(state.byAddress, address)
  })
  const { connectionsMax, connectionsPerAddressMax } = state.limits
  const overAddress = fromAddress - connectionsPerAddressMax
  const over = Math.max(overAddress, state.sockets.size - connectionsMax)
  const madeRoom = over > 0 && evictSilent(state, overAddress > 0 ? address : null)
  const full = over > 0 && !madeRoom
  if (full && over > REFUSALS_MAX) {
    socket.destroy()
    return
  }
  state.options.onEvent({ kind: 'accepted', address })
  void serve(state, socket, address, full)
}

/**
 * Who holds a place without logging in, and keeps us waiting, gives it up to the next who comes: else a few hundred
 * silent sockets lock a whole address out. `address` null: whoever it is.
 */
function evictSilent(state: State, address: string | null): boolean {
  const now = performance.now()
  for (const [channel, entry] of state.entering) {
    if (now - entry.since < SILENT_MS) return false
    if ((address !== null && entry.address !== address) || !channel.waiting) continue
    state.entering.delete(channel)
    channel.abort(loginTimeout())
    return true
  }
  return false
}

/** One client from its first byte to its last. Never rejects. */
async function serve(state: State, socket: Socket, address: string, full: boolean): Promise<void> {
  const channel = new Channel(socket, state.limits)
  state.entering.set(channel, { address, since: performance.now() })
  const deadline = setTimeout(() => channel.abort(loginTimeout()), state.limits.loginMs)
  let client: Client | null = null
  try {
    client = await enter(state, channel, address, full)
  } catch (error) {
    farewell(state, channel, address, error)
  } finally {
    clearTimeout(deadline)
    state.entering.delete(channel)
  }
  if (client !== null) await converse(state, channel, client)
  channel.end()
}

async function converse(state: State, channel: Channel, client: Client): Promise<void> {
  const since = performance.now()
  let code: string | null = null
  try {
    await state.options.openSession(client)
  } catch (error) {
    code = farewell(state, channel, client.address, error)
  }
  leave(state, client)
  const { address, identity, processId } = client
  const seconds = (performance.now() - since) / 1000
  state.options.onEvent({ kind: 'closed', address, ...identity, processId, seconds, code })
}

/** From the first byte to a proven identity. Null: nobody to talk to (a cancel request, or the client hung up). */
async function enter(state: State, channel: Channel, address: string, full: boolean): Promise<Client | null> {
  const { options } = state
  const hello = await negotiate(channel, options.tls)
  if (hello === null) return null
  const { packet, secure } = hello
  if (packet.kind === 'CancelRequest') {
    await cancel(state, packet, address)
    return null
  }
  if (packet.major < PROTOCOL_MAJOR) {
    channel.sendBytes(versionTwoError(unsupportedProtocol(packet.major, packet.minor)))
    return null
  }
  const request = startupRequest(packet)
  if (request.negotiation !== null) channel.send(request.negotiation)
  if (state.draining) throw fatal('57P03', 'the database system is shutting down')
  if (full) throw fatal('53300', 'sorry, too many clients already')
  if (options.tlsRequired === true && !secure) throw noEncryption(address, request)
  const endPoint = secure && options.tls !== null ? options.tls.endPoint : null
  try {
    const identity = await authenticate(channel, options.store, state.throttle, { ...request, address, endPoint })
    if (identity === null) return null
    channel.framer.state = 'session'
    checkClientEncoding(request.settings)
    return admit(state, channel, { identity, startup: { settings: request.settings }, secure, address }, request.minor)
  } catch (error) {
    const { database, user } = request
    const code = error instanceof PgError ? error.code : 'XX000'
    options.onEvent({
      kind: 'loginFailed',
      address,
      database: shownName(database),
      user: shownName(user),
      code,
    })
    throw error
  }
}

/** The connection stays open until it is done: clients wait for its end. */
async function cancel({ registry, handOn, options }: State, request: CancelRequest, address: string): Promise<void> {
  const { processId } = request
  const outcome = registry.cancel(processId, request.secretKey)
  const handedOn = outcome.kind === 'foreign' && (await handOn?.send(request, outcome.proxy, address)) === true
  options.onEvent({
    kind: 'cancelRequested',
    address,
    processId,
    outcome: outcome.kind === 'done' ? 'matched' : handedOn ? 'handedOn' : 'ignored',
  })
}

function admit(state: State, channel: Channel, facts: ClientFacts, minor: number): Client {
  const { tenant } = facts.identity
  if ((state.byTenant.get(tenant) ?? 0) >= state.limits.connectionsPerTenantMax) {
    throw fatal('53300', `too many connections for database "${tenant}"`)
  }
  increment(state.byTenant, tenant)
  const client = new Client(channel, facts, state.registry.register(minor))
  state.clients.add(client)
  state.options.onEvent({
    kind: 'loggedIn',
    address: facts.address,
    ...facts.identity,
    secure: facts.secure,
    processId: client.processId,
  })
  if (state.draining) client.drain()
  return client
}

function leave(state: State, client: Client): void {
  state.clients.delete(client)
  state.registry.release(client.processId)
  decrement(state.byTenant, client.identity.tenant)
}

/** How PostgreSQL speaks to clients of before 2003: no length, no fields. */
function versionTwoError(error: PgError): Buffer {
  return Buffer.from(`EFATAL:  ${error.message}\n\0`)
}

type Hello = { packet: Extract<StartupPacket, { kind: 'StartupMessage' | 'CancelRequest' }>; secure: boolean }

/**
 * At most one SSLRequest and one GSSENCRequest; whatever comes again is taken for a protocol version nobody speaks, as
 * PostgreSQL takes it. A loop, not a recursion: CVE-2026-6479.
 */
async function negotiate(channel: Channel, tls: TlsIdentity | null): Promise<Hello | null> {
  let secure = false
  let sslAsked = false
  let gssAsked = false
  if (tls !== null && (await channel.firstByte()) === TLS_HANDSHAKE_BYTE) {
    await encrypt(channel, tls, true)
    secure = true
  }
  for (;;) {
    const frame = await channel.frame()
    if (frame === null) return null
    const packet = decodeStartup(frame)
    switch (packet.kind) {
      case 'SSLRequest':
        if (sslAsked || secure) throw unsupportedProtocol(1234, 5679)
        refuseStuffed(channel, 'SSL')
        sslAsked = true
        channel.sendByte(tls === null ? 'N' : 'S')
        if (tls === null) break
        await encrypt(channel, tls, false)
        secure = true
        break
      case 'GSSENCRequest':
        if (gssAsked || secure) throw unsupportedProtocol(1234, 5680)
        refuseStuffed(channel, 'GSSAPI encryption')
        gssAsked = true
        channel.sendByte('N')
        break
      case 'StartupMessage':
      case 'CancelRequest':
        return { packet, secure }
    }
  }
}

/**
 * Bytes behind the request were sent before we answered: a man in the middle may have put them there
 * (CVE-2021-23214).
 */
function refuseStuffed(channel: Channel, what: string): void {
  if (channel.framer.pending === 0) return
  throw new PgError('08P01', `received unencrypted data after ${what} request`, {
    severity: 'FATAL',
    detail: 'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.',
  })
}

async function encrypt(channel: Channel, tls: TlsIdentity, direct: boolean): Promise<void> {
  let secured: TLSSocket | undefined
  try {
    await channel.secure(async (socket) => {
      secured = await handshake(socket, tls)
      return secured
    })
  } catch {
    throw new FramingError('08P01', 'could not accept SSL connection', true)
  }
  // Without it a browser could be led to speak to us in another protocol's name (ALPACA).
  if (direct && secured?.alpnProtocol !== ALPN_PROTOCOL) {
    throw new FramingError(
      '08P01',
      'received direct SSL connection request without ALPN protocol negotiation extension',
      true,
    )
  }
}

/**
 * The last word to a client, and its code. What is not a PgError is a bug: it is told to the owner, not to the
 * client.
 */
function farewell(state: State, channel: Channel, address: string, error: unknown): string {
  const known = error instanceof PgError ? error : fatal('XX000', 'internal error')
  if (known === error)
    state.options.onEvent({ kind: 'refused', address, code: known.code, reason: shownReason(known.message) })
  else state.options.onEvent({ kind: 'failed', address, error })
  const silent = error instanceof FramingError && error.silent
  if (silent || channel.closed.aborted) channel.abort(known)
  else channel.send(errorResponse(new PgError(known.code, known.message, { ...known.fields, severity: 'FATAL' })))
  return known.code
}

function increment(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1
  counts.set(key, count)
  return count
}

function decrement(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}

function fatal(code: string, message: string): PgError {
  return new PgError(code, message, { severity: 'FATAL' })
}

function loginTimeout(): PgError {
  return fatal('08006', 'canceling authentication due to timeout')
}

function noEncryption(address: string, { user, database }: StartupRequest): PgError {
  return fatal(
    '28000',
    `no pg_hba.conf entry for host "${address}", user "${user}", database "${database}", no encryption`,
  )
}
