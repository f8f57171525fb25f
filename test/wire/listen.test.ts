import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../proxy/listen/connection.ts'
import { loadCertificate, tlsIdentity } from '../../proxy/listen/tls.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { echoSession } from './echo-session.ts'
import { CERTIFIED, PASSWORD, startServer, type TestServer } from './server.ts'
import { frontendBytes, WireClient } from './wire-client.ts'

const alice = { user: 'alice', password: PASSWORD, database: 'acme' }
let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const errorOf = (messages: readonly (BackendMessage | null)[]): unknown[] =>
  messages.flatMap((message) =>
    message?.kind === 'ErrorResponse' ? [`${message.fields.severity} ${message.fields.code}`] : [],
  )

const SSL_REQUEST = frontendBytes({ kind: 'SSLRequest' })
const GSS_REQUEST = frontendBytes({ kind: 'GSSENCRequest' })

async function eventually(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6000 && !condition(); tries += 1) await sleep(10)
  expect(condition()).toBe(true)
}

describe('TLS', () => {
  test('T1 bytes stuffed behind SSLRequest end the connection before TLS', async () => {
    const client = await WireClient.open(server.port)
    client.sendBytes(Buffer.concat([SSL_REQUEST, frontendBytes({ kind: 'Query', sql: 'select 1' })]))
    expect(errorOf(await client.until('close'))).toEqual(['FATAL 08P01'])
  })

  test('T1 the same behind GSSENCRequest', async () => {
    const client = await WireClient.open(server.port)
    client.sendBytes(Buffer.concat([GSS_REQUEST, Buffer.from('x')]))
    expect(errorOf(await client.until('close'))).toEqual(['FATAL 08P01'])
  })

  test('W4 GSSENCRequest and then SSLRequest are answered once each', async () => {
    const client = await WireClient.open(server.port)
    const no = client.rawBytes(1)
    client.sendBytes(GSS_REQUEST)
    expect((await no).toString()).toBe('N')
    const yes = client.rawBytes(1)
    client.sendBytes(SSL_REQUEST)
    expect((await yes).toString()).toBe('S')
    await client.encrypt()
    expect(await client.authenticate(alice)).toEqual({ kind: 'AuthenticationOk' })
    client.end()
  })

  test('W4 a request that comes again is an unknown protocol', async () => {
    const gss = await WireClient.open(server.port)
    const no = gss.rawBytes(1)
    gss.sendBytes(GSS_REQUEST)
    await no
    gss.sendBytes(GSS_REQUEST)
    expect(errorOf(await gss.until('close'))).toEqual(['FATAL 0A000'])
    const ssl = await WireClient.open(server.port)
    const yes = ssl.rawBytes(1)
    ssl.sendBytes(SSL_REQUEST)
    await yes
    await ssl.encrypt()
    ssl.sendBytes(SSL_REQUEST)
    expect(errorOf(await ssl.until('close'))).toEqual(['FATAL 0A000'])
  })

  const secured = (options: object): Promise<TLSSocket | string> =>
    new Promise((resolve) => {
      const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('closed'))
    })

  test('T4 direct TLS with ALPN postgresql works, without it the door stays shut', async () => {
    const direct = await secured({ ALPNProtocols: ['postgresql'] })
    if (typeof direct === 'string') throw new Error(direct)
    const client = new WireClient(direct)
    expect(await client.authenticate(alice)).toEqual({ kind: 'AuthenticationOk' })
    client.end()
    const silent = await secured({})
    if (typeof silent !== 'string') expect(await new WireClient(silent).until('close')).toEqual([])
    expect(await secured({ ALPNProtocols: ['http/1.1'] })).toMatch(/ALERT|ALPN|closed|RESET/)
  })

  test('T3 TLS 1.1 is refused', async () => {
    const old = await secured({
      ALPNProtocols: ['postgresql'],
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    expect(typeof old).toBe('string')
  })

  test('T5 W12 who says nothing, or little, is shown out at the login timeout; a good client is not', async () => {
    const hasty = await startServer({ limits: { loginMs: 3_000 } })
    try {
      const silent = await WireClient.open(hasty.port)
      const slow = await WireClient.open(hasty.port)
      slow.sendBytes(Buffer.from('\0\0\0'))
      const handshaking = await WireClient.open(hasty.port)
      handshaking.sendBytes(Buffer.from('\x16\x03\x01'))
      const good = await WireClient.login(hasty.port, alice)
      expect(await silent.until('close')).toEqual([])
      expect(await slow.until('close')).toEqual([])
      expect(await handshaking.until('close')).toEqual([])
      good.send({ kind: 'Query', sql: 'select 1' })
      expect((await good.until('ReadyForQuery')).at(-1)).toEqual({ kind: 'ReadyForQuery', status: 'I' })
      good.end()
      await eventually(() => hasty.listener.connections() === 0)
    } finally {
      await hasty.stop()
    }
  })

  test('T2 where TLS is required a plain client is refused before it is asked for a password', async () => {
    const strict = await startServer({ tlsRequired: true })
    try {
      const client = await WireClient.open(strict.port)
      expect(errorOf([await client.authenticate(alice)])).toEqual(['FATAL 28000'])
    } finally {
      await strict.stop()
    }
  })

  test("the certificate is made once, is valid for localhost, and its key is nobody else's to read", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'lakewire-tls-'))
    try {
      const made = await loadCertificate({ dataDir })
      expect(await loadCertificate({ dataDir })).toEqual(made)
      expect((await stat(join(dataDir, 'tls', 'server.key'))).mode & 0o777).toBe(0o600)
      const trusting = await startServer({ tls: tlsIdentity(made) })
      const verify = { ca: made.cert, rejectUnauthorized: true, ALPNProtocols: ['postgresql'] }
      for (const name of [{ host: 'localhost', servername: 'localhost' }, { host: '127.0.0.1' }]) {
        const socket = connectTls({ port: trusting.port, ...name, ...verify })
        await once(socket, 'secureConnect')
        expect(socket.authorized).toBe(true)
        socket.destroy()
      }
      await trusting.stop()
    } finally {
      await rm(dataDir, { recursive: true })
    }
  })

  test("T8 a key that is not the certificate's is refused", () => {
    const other = { cert: CERTIFIED.cert, key: `${CERTIFIED.key}` }
    expect(() => tlsIdentity({ ...other, key: 'nonsense' })).toThrow()
  })
})

describe('startup', () => {
  const settingsSeen: Connection['startup']['settings'][] = []
  let watched: TestServer
  beforeAll(async () => {
    watched = await startServer({}, (connection) => {
      settingsSeen.push(connection.startup.settings)
      return echoSession(connection)
    })
  })
  afterAll(() => watched.stop())

  test('W15 options are split as PostgreSQL splits them, and come before the other settings', async () => {
    const options = '-c search_path=a\\ b -cDateStyle=ISO --work-mem=4MB'
    const client = await WireClient.login(watched.port, alice, { application_name: 'x', options })
    client.end()
    expect(settingsSeen.at(-1)).toEqual([
      ['search_path', 'a b'],
      ['DateStyle', 'ISO'],
      ['work_mem', '4MB'],
      ['application_name', 'x'],
    ])
  })

  test.each([['-d 5'], ['-c nothing'], ['search_path=a'], ['-W']])('W15 options "%s" are refused', async (options) => {
    const client = await WireClient.open(watched.port)
    expect(errorOf([await client.authenticate(alice, { options })])).toEqual(['FATAL 42601'])
  })

  test.each(['SJIS', 'BIG5', 'LATIN1', 'UTF16', 'utf8x'])('W17 client_encoding %s is refused', async (encoding) => {
    const client = await WireClient.open(watched.port)
    expect(await client.authenticate(alice, { client_encoding: encoding })).toEqual({ kind: 'AuthenticationOk' })
    expect(errorOf(await client.until('close'))).toEqual(['FATAL 22023'])
  })

  test.each(['UTF8', 'utf-8', "'utf-8'", 'Unicode', 'SQL_ASCII'])(
    'W17 client_encoding %s needs no conversion',
    async (encoding) => {
      const client = await WireClient.login(watched.port, alice, { client_encoding: encoding })
      expect(client.ended).toBe(false)
      client.end()
    },
  )

  test('W16 replication is refused', async () => {
    for (const replication of ['database', 'true', 'on']) {
      const client = await WireClient.open(watched.port)
      expect(errorOf([await client.authenticate(alice, { replication })])).toEqual(['FATAL 0A000'])
    }
    const client = await WireClient.login(watched.port, alice, { replication: 'false' })
    client.end()
  })

  test('W2 of a name that comes twice the last value counts, for the password and for the database', async () => {
    const client = await WireClient.open(server.port)
    const parameters: [string, string][] = [
      ['user', 'nobody'],
      ['database', 'globex'],
      ['user', 'alice'],
      ['database', 'acme'],
    ]
    client.send({ kind: 'StartupMessage', major: 3, minor: 0, parameters })
    expect(await client.scram(PASSWORD)).toEqual({ kind: 'AuthenticationOk' })
    client.end()
  })

  test.each(['x'.repeat(5000), 'a\nb', '../acme', '\u{1f40d}', 'acme/alice', 'ACME'])(
    'W3 W18 database %j does not exist, and is logged clean',
    async (database) => {
      const client = await WireClient.open(server.port)
      await client.authenticate({ ...alice, database })
      expect(errorOf(await client.until('close'))).toEqual(['FATAL 3D000'])
      for (const event of server.events.slice(-3)) expect(JSON.stringify(event)).toMatch(/^[\x20-\x7e]{1,400}$/)
      const failed = server.events.findLast((event) => event.kind === 'loginFailed')
      expect(failed?.database.length).toBeLessThan(64)
    },
  )

  test('W10 a startup packet that is no UTF-8', async () => {
    const client = await WireClient.open(server.port)
    client.sendBytes(Buffer.from('\0\0\0\x10\0\x03\0\0user\0\xff\0\0', 'latin1'))
    expect(errorOf(await client.until('close'))).toEqual(['FATAL 22021'])
  })

  test('W14 protocol 2 is told so in its own way', async () => {
    const client = await WireClient.open(server.port)
    const answer = client.rawBytes(1000)
    client.sendBytes(Buffer.from('\0\0\0\x08\0\x02\0\0', 'latin1'))
    expect((await answer).toString()).toBe('EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0')
  })
})

describe('limits', () => {
  test('W12 53300 beyond the connections of an address and of a tenant; a slot that is free again is given out', async () => {
    const small = await startServer({ limits: { connectionsPerAddressMax: 3, connectionsPerTenantMax: 2 } })
    try {
      const first = await WireClient.login(small.port, alice)
      const second = await WireClient.login(small.port, alice)
      const third = await WireClient.open(small.port)
      expect(await third.authenticate(alice)).toEqual({ kind: 'AuthenticationOk' })
      expect(errorOf(await third.until('close'))).toEqual(['FATAL 53300'])
      third.end()
      await eventually(() => small.listener.connections() === 2)
      const idle = await WireClient.open(small.port)
      const over = await WireClient.open(small.port)
      expect(errorOf([await over.authenticate(alice)])).toEqual(['FATAL 53300'])
      for (const client of [idle, over, second]) client.end()
      await eventually(() => small.listener.connections() === 1)
      const again = await WireClient.login(small.port, alice)
      expect(again.ended).toBe(false)
      first.end()
      again.end()
    } finally {
      await small.stop()
    }
  })

  test('W12 silent sockets that hold every place of an address do not lock a good client out', async () => {
    const small = await startServer({ limits: { connectionsPerAddressMax: 10 } })
    const silent = await Promise.all(Array.from({ length: 200 }, () => WireClient.open(small.port)))
    for (const client of silent) client.sendBytes(Buffer.from('\0'))
    await sleep(1_100)
    const good = await WireClient.login(small.port, alice)
    for (const client of [...silent, good]) client.end()
    await small.stop()
  })

  test('X15 a client that does not take its answer is cut off, and its session told', async () => {
    let reason: unknown
    const stalling = await startServer({ limits: { writeStallMs: 200 } }, async (connection) => {
      try {
        await echoSession(connection)
      } catch (error) {
        reason = error
        throw error
      }
    })
    try {
      const client = await WireClient.login(stalling.port, alice)
      client.socket.pause()
      client.send({ kind: 'Query', sql: "select repeat('x', 20000000)" })
      await eventually(() => reason !== undefined)
      expect(reason).toMatchObject({ code: '08006', fields: { severity: 'FATAL' } })
      client.end()
    } finally {
      await stalling.stop()
    }
  })

  test('X16 a flood of pipelined messages from a client that does not read is held back', async () => {
    const client = await WireClient.login(server.port, alice)
    client.socket.pause()
    const query = frontendBytes({ kind: 'Query', sql: "select repeat('x', 10000)" })
    const flood = Buffer.concat(new Array(1000).fill(query))
    // What is in flight at most: the kernel's buffers and our RECEIVE_AHEAD_BYTES_MAX; the rest stays with the client.
    for (let round = 0; round < 800; round += 1) client.sendBytes(flood)
    let stuck = 0
    const moved = async () => {
      stuck = client.socket.writableLength
      await sleep(300)
      return client.socket.writableLength !== stuck
    }
    await expect.poll(moved).toBe(false)
    expect(stuck).toBeGreaterThan(1_000_000)
    const before = process.memoryUsage().rss
    await sleep(300)
    expect(client.socket.writableLength).toBe(stuck)
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * 1024 * 1024)
    client.end()
  })

  test('X13 a client that hangs up in the middle of a statement ends it', async () => {
    let ended = false
    const watched = await startServer({}, async (connection) => {
      connection.closed.addEventListener('abort', () => {
        ended = true
      })
      await echoSession(connection)
    })
    try {
      const client = await WireClient.login(watched.port, alice)
      client.send({ kind: 'Query', sql: 'select pg_sleep(30)' })
      await sleep(50)
      client.socket.resetAndDestroy()
      await eventually(() => ended && watched.listener.connections() === 0)
    } finally {
      await watched.stop()
    }
  })
})

describe('cancel', () => {
  const keyOf = async (client: WireClient, minor = 0): Promise<Extract<BackendMessage, { kind: 'BackendKeyData' }>> => {
    await client.authenticate(alice, {}, minor)
    const key = (await client.until('ReadyForQuery')).find((message) => message.kind === 'BackendKeyData')
    if (key?.kind !== 'BackendKeyData') throw new Error('no key')
    return key
  }
  const cancel = async (processId: number, secretKey: Uint8Array): Promise<void> => {
    const client = await WireClient.open(server.port)
    const nothing = client.rawBytes(1)
    client.send({ kind: 'CancelRequest', processId, secretKey })
    expect((await nothing).length).toBe(0)
  }

  test.each([0, 2])('C3 the right key ends the statement and nothing else (protocol 3.%i)', async (minor) => {
    const client = await WireClient.open(server.port)
    const { processId, secretKey } = await keyOf(client, minor)
    expect(secretKey.length).toBe(minor === 2 ? 32 : 4)
    client.send({ kind: 'Query', sql: 'select pg_sleep(30)' })
    await sleep(50)
    await cancel(processId, secretKey)
    expect(errorOf(await client.until('ReadyForQuery'))).toEqual(['ERROR 57014'])
    client.send({ kind: 'Query', sql: 'select 1' })
    expect(errorOf(await client.until('ReadyForQuery'))).toEqual([])
    client.end()
  })

  test('C1 C3 a wrong key, a short one and an unknown process do nothing, in silence', async () => {
    const client = await WireClient.open(server.port)
    const { processId, secretKey } = await keyOf(client)
    client.send({ kind: 'Query', sql: 'select pg_sleep(0.3)' })
    const wrong = Buffer.from(secretKey)
    wrong[0] = (wrong[0] ?? 0) ^ 1
    await cancel(processId, wrong)
    await cancel(processId, secretKey.subarray(0, 1))
    await cancel(processId ^ 1, secretKey)
    expect(errorOf(await client.until('ReadyForQuery'))).toEqual([])
    client.end()
  })

  test('C2 C4 a cancel while idle is not heard, and does not hit the next statement', async () => {
    const client = await WireClient.open(server.port)
    const { processId, secretKey } = await keyOf(client)
    await cancel(processId, secretKey)
    client.send({ kind: 'Query', sql: 'select pg_sleep(0.1)' })
    expect(errorOf(await client.until('ReadyForQuery'))).toEqual([])
    client.end()
  })

  test('C6 a key dies with its connection', async () => {
    const client = await WireClient.open(server.port)
    const { processId, secretKey } = await keyOf(client)
    client.send({ kind: 'Terminate' })
    await client.until('close')
    await cancel(processId, secretKey)
    expect(server.events.filter((event) => event.kind === 'cancelRequested').at(-1)).toMatchObject({
      outcome: 'ignored',
    })
  })
})

describe('drain', () => {
  test('X10 idle sessions get 57P01 at once, a busy one finishes, a new one is not let in', async () => {
    const going = await startServer()
    const idle = await WireClient.login(going.port, alice)
    const busy = await WireClient.login(going.port, alice)
    const entering = await WireClient.open(going.port)
    busy.send({ kind: 'Query', sql: 'select pg_sleep(0.4)' })
    await sleep(50)
    const drained = going.listener.drain(5_000)
    expect(errorOf(await idle.until('close'))).toEqual(['FATAL 57P01'])
    expect(errorOf(await entering.until('close'))).toEqual(['FATAL 57P03'])
    const answer = await busy.until('close')
    expect(answer.map((message) => message.kind)).toEqual([
      'RowDescription',
      'DataRow',
      'CommandComplete',
      'ReadyForQuery',
      'ErrorResponse',
    ])
    for (const client of [idle, busy, entering]) client.end()
    await drained
    await expect(WireClient.open(going.port)).rejects.toThrow()
    await going.store.close()
  })

  test('X10 what is not done by then is cut off and told so', async () => {
    const going = await startServer()
    const busy = await WireClient.login(going.port, alice)
    busy.send({ kind: 'Query', sql: 'select pg_sleep(30)' })
    await sleep(50)
    const drained = going.listener.drain(100)
    expect(errorOf(await busy.until('close'))).toEqual(['FATAL 57P01'])
    await drained
    await going.store.close()
  })
})

test('Query and Terminate in one go, and then the end of the stream: the query is done before the goodbye', async () => {
  let done = false
  const patient = await startServer({}, async (connection) => {
    await echoSession(connection)
    done = true
  })
  const client = await WireClient.login(patient.port, alice)
  client.send({ kind: 'Query', sql: 'select pg_sleep(0.1)' }, { kind: 'Query', sql: 'select 2' }, { kind: 'Terminate' })
  client.socket.end()
  expect((await client.until('close')).filter((message) => message.kind === 'CommandComplete').length).toBe(2)
  expect(done).toBe(true)
  await patient.stop()
})

test('messages before one that is out of step are answered before the connection ends', async () => {
  const client = await WireClient.login(server.port, alice)
  client.sendBytes(Buffer.concat([frontendBytes({ kind: 'Query', sql: 'select 1' }), Buffer.from('m')]))
  expect((await client.until('close')).map((message) => message.kind)).toEqual([
    'RowDescription',
    'DataRow',
    'CommandComplete',
    'ReadyForQuery',
    'ErrorResponse',
  ])
})

test('a bug in a session reaches the client as XX000 and nothing else', async () => {
  const broken = await startServer({}, async () => {
    throw new TypeError('secret internals')
  })
  const client = await WireClient.open(broken.port)
  await client.authenticate(alice)
  const messages = await client.until('close')
  expect(errorOf(messages)).toEqual(['FATAL XX000'])
  expect(JSON.stringify(messages)).not.toContain('secret')
  expect(broken.events.some((event) => event.kind === 'failed')).toBe(true)
  await broken.stop()
})

test('W11 a session one byte per segment', async () => {
  const socket = connectTcp({ port: server.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const client = new WireClient(socket)
  await client.authenticate(alice)
  await client.until('ReadyForQuery')
  for (const byte of frontendBytes({ kind: 'Query', sql: "select 'slow'" })) {
    client.sendBytes(Buffer.from([byte]))
    await sleep(1)
  }
  expect((await client.until('ReadyForQuery')).map((message) => message.kind)).toContain('DataRow')
  client.end()
})
