/** A TCP balancer as operators put before proxies: in turn, and only to those whose /readyz says 200. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Backend = { readonly host: string; readonly port: number; readonly healthUrl: string }

export type Balancer = {
  readonly host: string
  readonly port: number
  /** Resolves when it is found ready. */
  add(backend: Backend): Promise<void>
  ready(): readonly Backend[]
  close(): Promise<void>
}

/** How often each is asked; LAKEWIRE_LIMITS_DRAIN_GRACE_MS must be longer. */
export const CHECK_MS = 100

export async function openBalancer(): Promise<Balancer> {
  const backends = new Map<Backend, boolean>()
  const sockets = new Set<Socket>()
  const stop = new AbortController()
  let next = 0

  async function check(backend: Backend): Promise<void> {
    const answer = await fetch(new URL('/readyz', backend.healthUrl), { signal: AbortSignal.timeout(1_000) }).catch(
      () => null,
    )
    if (answer === null && backends.get(backend) === false) backends.delete(backend)
    else backends.set(backend, answer?.status === 200)
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await Promise.all([...backends.keys()].map(check))
      await new Promise((done) => setTimeout(done, CHECK_MS))
    }
  }

  const ready = (): Backend[] => [...backends].filter(([, isReady]) => isReady).map(([backend]) => backend)
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const candidates = ready()
    const backend = candidates[next++ % candidates.length]
    client.on('error', () => {})
    if (backend === undefined) {
      client.destroy()
      return
    }
    const peer = connect({ host: backend.host, port: backend.port, noDelay: true, allowHalfOpen: true })
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => sockets.delete(one))
    }
    client.pipe(peer)
    peer.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const watching = watch()
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    add: async (backend) => {
      backends.set(backend, false)
      while (backends.get(backend) !== true) {
        await check(backend)
        await new Promise((done) => setTimeout(done, CHECK_MS))
      }
    },
    ready,
    close: async () => {
      stop.abort()
      await watching
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
