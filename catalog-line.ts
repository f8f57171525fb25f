import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Engines know one address of the catalog. With several admins they get one of this process, on the loopback interface: each
 * connection to it is led on to the first admin that takes it, so that the next is asked when one is gone.
 */
export type CatalogLine = { readonly url: string; close(): Promise<void> }

const CONNECT_MS = 2_000
const CONNECTIONS_MAX = 1_000
/** An admin that did not answer is asked last for so long. */
const AVOID_MS = 10_000

export async function openCatalogLine(urls: readonly URL[]): Promise<CatalogLine> {
  const [only] = urls
  if (only === undefined) throw new Error('no address of a catalog')
  if (urls.length === 1) return { url: only.href, close: async () => {} }

  const avoided = new Map<URL, number>()
  const sockets = new Set<Socket>()
  const order = (): URL[] => {
    const now = performance.now()
    const isAvoided = (url: URL): number => ((avoided.get(url) ?? 0) > now ? 1 : 0)
    return [...urls].sort((a, b) => isAvoided(a) - isAvoided(b))
  }

  async function reach(): Promise<Socket | null> {
    for (const url of order()) {
      const socket = connect({ host: url.hostname, port: Number(url.port || 80), noDelay: true, allowHalfOpen: true })
      try {
        await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) })
        avoided.delete(url)
        return socket
      } catch {
        avoided.set(url, performance.now() + AVOID_MS)
        socket.on('error', () => {})
        socket.destroy()
      }
    }
    return null
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, async (client) => {
    track(client)
    const admin = await reach()
    if (admin === null || client.destroyed) {
      client.destroy()
      admin?.destroy()
      return
    }
    track(admin)
    join(client, admin)
    join(admin, client)
  })
  function track(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  server.maxConnections = CONNECTIONS_MAX
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function join(from: Socket, to: Socket): void {
  from.pipe(to)
  from.on('close', (hadError) => {
    if (hadError) to.destroy()
    else to.end()
  })
}
