import { createHash, X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../../proxy/listen/certificate.ts'
import { HAND_ONS_PER_ADDRESS_MAX } from '../../proxy/listen/limits.ts'
import { tlsIdentity } from '../../proxy/listen/tls.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { CERTIFIED, PASSWORD, startServer, type TestServer } from '../wire/server.ts'
import { WireClient } from '../wire/wire-client.ts'

const errorOf = (messages: readonly BackendMessage[]): string[] =>
  messages.flatMap((message) =>
    message.kind === 'ErrorResponse' ? [`${message.fields.severity} ${message.fields.code}`] : [],
  )
const ALICE = { user: 'alice', password: PASSWORD, database: 'acme' }
const FIRST = 7
const SECOND = 1000
const fingerprint = (cert: string): string => createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')

let first: TestServer
let second: TestServer
let certificate: string
/** What the first proxy was asked for. */
let asked: number[]

beforeEach(async () => {
  certificate = fingerprint(CERTIFIED.cert)
  asked = []
  const find = async (number: number) => {
    asked.push(number)
    return number === SECOND ? { host: '127.0.0.1', port: second.port, certificate } : null
  }
  first = await startServer({ peers: { number: () => FIRST, find } })
  // It would send everything back, if it were asked to.
  second = await startServer({
    peers: {
      number: () => SECOND,
      find: async () => ({ host: '127.0.0.1', port: first.port, certificate }),
    },
  })
})
afterEach(async () => {
  await Promise.all([first.stop(), second.stop()])
})

async function running(minor = 0) {
  const client = await WireClient.open(second.port)
  await client.authenticate(ALICE, {}, minor)
  const key = (await client.until('ReadyForQuery')).find((message) => message.kind === 'BackendKeyData')
  if (key?.kind !== 'BackendKeyData') throw new Error('no key')
  client.send({ kind: 'Query', sql: 'select pg_sleep(30)' })
  await sleep(50)
  return { client, processId: key.processId, secretKey: Buffer.from(key.secretKey) }
}

async function cancelAt(server: TestServer, processId: number, secretKey: Uint8Array, handedOn = false): Promise<void> {
  const client = await WireClient.open(server.port)
  const nothing = client.rawBytes(1)
  client.send({ kind: 'CancelRequest', processId, secretKey, ...(handedOn ? { handedOn: true } : {}) })
  expect((await nothing).length).toBe(0)
}

const outcomes = (server: TestServer): string[] =>
  server.events.flatMap((event) => (event.kind === 'cancelRequested' ? [event.outcome] : []))

test.each([0, 2])('a request that comes to the wrong proxy reaches the right one (protocol 3.%i)', async (minor) => {
  const { client, processId, secretKey } = await running(minor)
  expect(secretKey.length).toBe(minor === 2 ? 32 : 4)
  await cancelAt(first, processId, secretKey)
  expect(errorOf(await client.until('ReadyForQuery'))).toEqual(['ERROR 57014'])
  expect(outcomes(first)).toEqual(['handedOn'])
  expect(outcomes(second)).toEqual(['matched'])
  client.send({ kind: 'Query', sql: 'select 1' })
  expect(errorOf(await client.until('ReadyForQuery'))).toEqual([])
  client.end()
})

test('a wrong key does nothing there either, and the answer is the same silence', async () => {
  const { client, processId, secretKey } = await running()
  secretKey[0] = (secretKey[0] ?? 0) ^ 1
  await cancelAt(first, processId, secretKey)
  expect(outcomes(second)).toEqual(['ignored'])
  client.end()
})

test('a request goes on once: one that was handed on already, or is for nobody, ends where it is', async () => {
  const { client, processId, secretKey } = await running()
  await cancelAt(first, processId, secretKey, true)
  expect(asked).toEqual([])
  // The second proxy would send it to the first, and that one to nobody.
  await cancelAt(second, 3 * 2 ** 21 + 1, secretKey)
  expect(outcomes(second)).toEqual(['handedOn'])
  expect(outcomes(first)).toEqual(['ignored', 'ignored'])
  expect(asked).toEqual([])
  client.end()
})

test('a key is shown to nobody but the proxy that announced itself', async () => {
  certificate = fingerprint(selfSigned(['other'], new Date()).cert)
  const { client, processId, secretKey } = await running()
  await cancelAt(first, processId, secretKey)
  expect(outcomes(first)).toEqual(['ignored'])
  expect(outcomes(second)).toEqual([])
  client.end()
})

test('who asks too often is not heard any more', async () => {
  const key = Buffer.alloc(4)
  for (let batch = 0; batch < 22; batch++)
    await Promise.all(Array.from({ length: 10 }, () => cancelAt(first, 3 * 2 ** 21 + 1, key)))
  expect(outcomes(first)).toHaveLength(220)
  expect(asked).toHaveLength(HAND_ONS_PER_ADDRESS_MAX)
})

test('a proxy whose certificate is not of our making is told by it all the same', async () => {
  const own = selfSigned(['proxy.example'], new Date())
  const third = await startServer({ tls: tlsIdentity(own), peers: { number: () => 3, find: async () => null } })
  certificate = fingerprint(own.cert)
  const fourth = await startServer({
    peers: { number: () => 4, find: async () => ({ host: '127.0.0.1', port: third.port, certificate }) },
  })
  await cancelAt(fourth, 3 * 2 ** 21 + 5, Buffer.alloc(32))
  expect(outcomes(fourth)).toEqual(['handedOn'])
  expect(outcomes(third)).toEqual(['ignored'])
  await Promise.all([third.stop(), fourth.stop()])
})
