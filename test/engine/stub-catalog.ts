import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A REST catalog with nothing in it: enough for an engine to attach, for tests that need no tables. */
export async function startStubCatalog(): Promise<{ url: string; requests: string[]; close(): Promise<void> }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const config = request.url?.startsWith('/v1/config') === true
    response.writeHead(config ? 200 : 404, { 'content-type': 'application/json' })
    const missing = { error: { message: 'no such table', type: 'NoSuchTableException', code: 404 } }
    response.end(JSON.stringify(config ? { defaults: {}, overrides: {} } : missing))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
