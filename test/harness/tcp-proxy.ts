/** A line between a client and a server that can be as bad as lines are. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'

export type Weather =
  /** everything comes through, each piece `delayMs` later and, together, at most `bytesPerSecond` in each direction */
  | { kind: 'open'; delayMs?: number; bytesPerSecond?: number }
  /** nobody is there: connections are refused, and those that were open are cut off */
  | { kind: 'down' }
  /** nothing comes through in either direction, and nobody is told */
  | { kind: 'silent' }
  /** what the client says arrives, what the server answers does not */
  | { kind: 'deaf' }

export type TcpProxy = {
  readonly host: string
  readonly port: number
  /** From now on, for connections that are open already too. */
  weather(weather: Weather): void
  /** Breaks every connection once. */
  cut(): void
  connections(): number
  /** Another server from the next connection on. */
  target(host: string, port: number): void
  close(): Promise<void>
}

export async function openTcpProxy(host: string, port: number): Promise<TcpProxy> {
  let target = { host, port }
  let now: Weather = { kind: 'open' }
  const sockets = new Set<Socket>()
  const waiting = new Set<() => void>()

  /** Resolves when the weather lets a piece of this many bytes through. */
  async function passage(direction: 'ask' | 'answer', bytes: number): Promise<void> {
    while (now.kind === 'silent' || (now.kind === 'deaf' && direction === 'answer'))
      await new Promise<void>((wake) => waiting.add(wake))
    if (now.kind !== 'open') return
    const { delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = now
    const ms = delayMs + (bytes / bytesPerSecond) * 1000
    if (ms > 0) await new Promise((wake) => setTimeout(wake, ms))
  }

  const line = (direction: 'ask' | 'answer'): Transform =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        void passage(direction, chunk.length).then(() => done(null, chunk))
      },
    })

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => {})
    const peer = connect({ ...target, allowHalfOpen: true, noDelay: true })
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', (hadError) => {
        sockets.delete(one)
        if (hadError) other.destroy()
      })
    }
    client.pipe(line('ask')).pipe(peer)
    peer.pipe(line('answer')).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }

  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    ...own,
    weather: (weather) => {
      now = weather
      if (weather.kind === 'down') {
        server.close()
        cut()
      } else if (!server.listening) server.listen(own.port, own.host)
      for (const wake of waiting) wake()
      waiting.clear()
    },
    cut,
    connections: () => sockets.size / 2,
    target: (newHost, newPort) => {
      target = { host: newHost, port: newPort }
    },
    close: async () => {
      const closed = server.listening ? once(server, 'close') : null
      server.close()
      cut()
      for (const wake of waiting) wake()
      await closed
    },
  }
}
