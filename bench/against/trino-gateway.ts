/**
 * Our Trino engine behind a PostgreSQL port, and nothing else: every query goes to Trino as it is, for whoever asks. So the
 * figures of bench/against/trino.ts are those of the engine and its encoder, and Trino can be one without our tokens, which
 * its own clients can reach as well. Prints its port.
 */

import { createServer, type Socket } from 'node:net'
import { DEFAULT_STYLE } from '../../proxy/engine/engine.ts'
import { createTrinoEngine } from '../../trino/engine.ts'

const [url = ''] = process.argv.slice(2)
/** bigint, integer, double, decimal, varchar, date, timestamp, boolean: the columns of the bench's table */
const TYPES = [20, 23, 701, 1700, 1043, 1082, 1114, 16]
const QUERY = 81
const engine = createTrinoEngine({ url, catalog: 'system', tokenFor: null, runMsMax: 0, zoneDirectories: [] })

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const GREETING = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))])

function rowDescription(types: readonly number[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(types.length)
  const fields = types.map((oid, i) => {
    const rest = Buffer.alloc(18)
    rest.writeInt32BE(oid, 6)
    rest.writeInt32BE(-1, 12)
    return Buffer.concat([Buffer.from(`c${i}\0`), rest])
  })
  return message('T', Buffer.concat([count, ...fields]))
}

async function answer(socket: Socket, sql: string): Promise<void> {
  // `SELECT 1` and its like have one column, the table has all
  const types = sql.includes('*') ? TYPES : TYPES.slice(1, 2)
  const columns = types.map((typeOid, index) => ({ typeOid, typmod: -1, source: { kind: 'column' as const, index } }))
  const run = await engine.run(
    { dialect: 'trino', statements: [sql], columns, countOf: null },
    {
      tenant: 'bench',
      user: 'bench',
      transaction: null,
      format: { kind: 'DataRow', formats: types.map(() => 0 as const) },
      style: DEFAULT_STYLE,
      rowsMax: 0,
      signal: new AbortController().signal,
    },
  )
  socket.write(rowDescription(types))
  let rows = 0
  for await (const batch of run.batches) {
    rows += batch.rows
    if (!socket.write(batch.bytes)) await new Promise((done) => socket.once('drain', done))
  }
  socket.write(Buffer.concat([message('C', Buffer.from(`SELECT ${rows}\0`)), message('Z', Buffer.from('I'))]))
}

const server = createServer((socket) => {
  socket.setNoDelay(true)
  let received = Buffer.alloc(0)
  let isGreeted = false
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    if (!isGreeted) {
      if (received.length < 8) return
      // SSLRequest and GSSENCRequest are 8 bytes long
      if (received.readInt32BE(0) === 8) {
        received = received.subarray(8)
        socket.write('N')
        return
      }
      if (received.length < received.readInt32BE(0)) return
      received = received.subarray(received.readInt32BE(0))
      isGreeted = true
      socket.write(GREETING)
    }
    while (received.length >= 5 && received.length > received.readInt32BE(1)) {
      const end = 1 + received.readInt32BE(1)
      const [kind, sql] = [received[0], received.toString('utf8', 5, end - 1)]
      received = received.subarray(end)
      if (kind === QUERY) {
        answer(socket, sql).catch((error: unknown) => {
          console.error(error)
          socket.destroy()
        })
      } else socket.end()
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))
