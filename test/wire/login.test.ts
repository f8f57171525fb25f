import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { addTenant, addUser, PASSWORD, startServer, type TestServer } from './server.ts'
import { ScramClient, WireClient } from './wire-client.ts'

const alice = { user: 'alice', password: PASSWORD, database: 'acme' }
let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

/** What the server says to a login, without what is random. */
async function attempt(account: { user: string; password: string; database: string }): Promise<unknown[]> {
  const client = await WireClient.open(server.port)
  await client.authenticate(account)
  const rest = await client.until('ReadyForQuery')
  client.end()
  return rest.map((message) => (message.kind === 'BackendKeyData' ? message.kind : message))
}

async function failure(account: { user: string; password: string; database: string }): Promise<unknown> {
  const client = await WireClient.open(server.port)
  const message = await client.authenticate(account)
  const after = message?.kind === 'AuthenticationOk' ? await client.next() : message
  client.end()
  return after?.kind === 'ErrorResponse' ? after.fields : after
}

async function saltTold(user: string, database: string): Promise<string> {
  const client = await WireClient.open(server.port)
  client.startup({ user, database })
  await client.next()
  client.send({ kind: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', data: new ScramClient('').first() })
  const message = (await client.next()) as Extract<BackendMessage, { kind: 'AuthenticationSASLContinue' }>
  client.end()
  return Buffer.from(message.data)
    .toString()
    .replace(/^r=[^,]*/, '')
}

for (const ssl of [false, { rejectUnauthorized: false }]) {
  for (const enableChannelBinding of [false, true]) {
    test(`node-postgres logs in ${ssl === false ? 'in the clear' : 'over TLS'}${enableChannelBinding ? ', bound to the channel where there is one' : ''}`, async () => {
      const client = new pg.Client({ ...alice, host: '127.0.0.1', port: server.port, ssl, enableChannelBinding })
      await client.connect()
      expect((await client.query('select 7')).rows).toEqual([{ '?column?': 7 }])
      expect((await client.query({ text: "select 'extended'", values: [] })).rows).toEqual([{ '?column?': 'extended' }])
      await client.end()
    })
  }
}

test('a wrong password is refused with 28P01', async () => {
  expect(await failure({ ...alice, password: 'wrong' })).toEqual({
    severity: 'FATAL',
    code: '28P01',
    message: 'password authentication failed for user "alice"',
  })
})

test('A1 A6 A7 an unknown user, an unknown database, a suspended tenant and a disabled user look like a wrong password', async () => {
  await addTenant(server.store, 'hooli', true)
  await addUser(server.store, 'hooli', 'carol', PASSWORD)
  await addUser(server.store, 'acme', 'dave', PASSWORD, { disabled: true })
  const cases = [
    { user: 'nobody', database: 'acme', password: PASSWORD },
    { user: 'carol', database: 'hooli', password: PASSWORD },
    { user: 'carol', database: 'acme', password: PASSWORD },
    { user: 'dave', database: 'acme', password: PASSWORD },
    { user: 'alice', database: 'nowhere', password: 'wrong' },
    { user: 'alice', database: 'globex', password: 'wrong' },
    { user: 'a/b', database: 'acme', password: PASSWORD },
  ]
  for (const account of cases) {
    expect(await failure(account)).toEqual({
      severity: 'FATAL',
      code: '28P01',
      message: `password authentication failed for user "${account.user}"`,
    })
  }
})

test('A1 the salt of a name is the same in every database and at every try, and differs between names', async () => {
  const salts = new Set<string>()
  for (const database of ['acme', 'globex', 'initech', 'nowhere', 'acme']) salts.add(await saltTold('alice', database))
  expect(salts.size).toBe(1)
  const nobody = await saltTold('nobody', 'acme')
  expect(await saltTold('nobody', 'nowhere')).toBe(nobody)
  expect(salts.has(nobody)).toBe(false)
})

test('the right password for another database gives 3D000, whether that one exists or not', async () => {
  for (const database of ['nowhere', 'initech', 'globex', 'x'.repeat(300)]) {
    expect(await failure({ ...alice, database })).toEqual({
      severity: 'FATAL',
      code: '3D000',
      message: `database "${database.slice(0, 63)}" does not exist`,
    })
  }
})

test('two users of one name are told apart by their database and password', async () => {
  expect(await attempt({ ...alice, database: 'globex', password: `${PASSWORD} of globex` })).toMatchObject([
    { kind: 'ParameterStatus' },
    { kind: 'ParameterStatus' },
    'BackendKeyData',
    { kind: 'ReadyForQuery' },
  ])
  expect(await failure({ ...alice, database: 'acme', password: `${PASSWORD} of globex` })).toMatchObject({
    code: '3D000',
  })
})

test('A2 malformed SCRAM messages end the connection with 08P01, 0A000 or 28P01, and nothing else', async () => {
  const firsts: [Buffer, string][] = [
    [Buffer.from(''), '08P01'],
    [Buffer.from('n'), '08P01'],
    [Buffer.from('x,,n=,r=abc'), '08P01'],
    [Buffer.from('n,a=bob,n=,r=abc'), '0A000'],
    [Buffer.from('n,,m=x,n=,r=abc'), '0A000'],
    [Buffer.from('n,,n=,r='), '08P01'],
    [Buffer.from('n,,n=,r=a\u00e4'), '08P01'],
    [Buffer.from('n,,r=abc'), '08P01'],
    [Buffer.from('n,,n=,r=abc\0'), '08P01'],
    [Buffer.from('p=tls-unique,,n=,r=abc'), '08P01'],
    [Buffer.from('p=tls-server-end-point,,n=,r=abc'), '08P01'],
    [Buffer.from('n,,n=,r=,x'), '08P01'],
  ]
  for (const [data, code] of firsts) {
    const client = await WireClient.open(server.port)
    client.startup(alice)
    await client.next()
    client.send({ kind: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', data })
    expect(await client.until('close'), data.toString()).toMatchObject([
      { kind: 'ErrorResponse', fields: { severity: 'FATAL', code } },
    ])
  }
})

test('A2 malformed proofs', async () => {
  const finals: [(good: string) => string, string][] = [
    [(good) => good.replace(/p=.*/, 'p=AAAA'), '08P01'],
    [(good) => good.replace(/p=.*/, `p=${Buffer.alloc(31).toString('base64')}`), '08P01'],
    [(good) => good.replace(/p=.*/, `p=${Buffer.alloc(33).toString('base64')}`), '08P01'],
    [(good) => good.replace(/p=.*/, 'p=????'), '08P01'],
    [(good) => `${good},x`, '08P01'],
    [(good) => good.replace('r=', 'r=x'), '08P01'],
    [(good) => good.replace('c=biws', 'c=eSws'), '08P01'],
    [(good) => good.replace(/,p=.*/, ''), '08P01'],
    [() => '', '08P01'],
    [(good) => good.replace(/p=.*/, `p=${Buffer.alloc(32).toString('base64')}`), '28P01'],
  ]
  for (const [spoil, code] of finals) {
    const client = await WireClient.open(server.port)
    client.startup({ user: 'bob', database: 'acme' })
    await client.next()
    const scram = new ScramClient(PASSWORD)
    client.send({ kind: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', data: scram.first() })
    const message = (await client.next()) as Extract<BackendMessage, { kind: 'AuthenticationSASLContinue' }>
    const good = scram.final(Buffer.from(message.data).toString()).toString()
    client.send({ kind: 'SASLResponse', data: Buffer.from(spoil(good)) })
    expect(await client.until('close'), spoil(good)).toMatchObject([
      { kind: 'ErrorResponse', fields: { severity: 'FATAL', code } },
    ])
  }
})

test('A2 an authentication message of 70 kB gives 28P01, a lying length inside 08P01', async () => {
  const long = await WireClient.open(server.port)
  long.startup(alice)
  await long.next()
  long.send({ kind: 'SASLResponse', data: Buffer.alloc(70_000, 'x') })
  expect(await long.until('close')).toMatchObject([{ kind: 'ErrorResponse', fields: { code: '28P01' } }])
  const lying = await WireClient.open(server.port)
  lying.startup(alice)
  await lying.next()
  lying.sendBytes(Buffer.from('p\0\0\0\x18SCRAM-SHA-256\0\x7f\xff\xff\xffxx', 'latin1'))
  expect(await lying.until('close')).toMatchObject([{ kind: 'ErrorResponse', fields: { code: '08P01' } }])
})

test('A3 a replayed last message does not let anybody in', async () => {
  const replay = async (final?: Buffer): Promise<{ sent: Buffer; answer: BackendMessage | null }> => {
    const client = await WireClient.open(server.port)
    client.startup({ user: 'bob', database: 'acme' })
    await client.next()
    const scram = new ScramClient(PASSWORD, 'always-the-same')
    client.send({ kind: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', data: scram.first() })
    const message = (await client.next()) as Extract<BackendMessage, { kind: 'AuthenticationSASLContinue' }>
    const sent = final ?? scram.final(Buffer.from(message.data).toString())
    client.send({ kind: 'SASLResponse', data: sent })
    const answer = await client.next()
    client.end()
    return { sent, answer }
  }
  const first = await replay()
  expect(first.answer).toMatchObject({ kind: 'AuthenticationSASLFinal' })
  expect((await replay(first.sent)).answer).toMatchObject({ kind: 'ErrorResponse', fields: { code: '08P01' } })
})

test('A13 a stored verifier with one iteration, or with a billion, lets nobody in', async () => {
  for (const [name, iterations] of [
    ['eve', '1'],
    ['mallory', '1000000000'],
  ] as const) {
    await addUser(server.store, 'acme', name, PASSWORD)
    const stored = await server.store.get<{ verifier: string }>('user', `acme/${name}`)
    const verifier = stored?.value.verifier.replace(/\$\d+:/, `$${iterations}:`)
    await server.store.replace('user', `acme/${name}`, { ...stored?.value, verifier }, stored?.revision ?? 0)
    expect(await failure({ user: name, database: 'acme', password: PASSWORD })).toMatchObject({ code: '28P01' })
  }
})

test('T9 a client that says the server has no channel binding is refused where it has one', async () => {
  const client = await WireClient.open(server.port)
  const answer = client.rawBytes(1)
  client.send({ kind: 'SSLRequest' })
  expect((await answer).toString()).toBe('S')
  await client.encrypt()
  client.startup(alice)
  expect(await client.next()).toEqual({
    kind: 'AuthenticationSASL',
    mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
  })
  client.send({
    kind: 'SASLInitialResponse',
    mechanism: 'SCRAM-SHA-256',
    data: new ScramClient('', 'abc', 'y,,').first(),
  })
  expect(await client.until('close')).toMatchObject([{ kind: 'ErrorResponse', fields: { code: '28000' } }])
})

test('A5 ten failures block user, database and address for a while; another user and a success are not touched', async () => {
  const blocked = await startServer()
  try {
    const login = async (account: typeof alice): Promise<BackendMessage | null> => {
      const client = await WireClient.open(blocked.port)
      const answer = await client.authenticate(account)
      client.end()
      return answer
    }
    for (let round = 0; round < 9; round += 1) await login({ ...alice, password: 'wrong' })
    expect(await login(alice)).toMatchObject({ kind: 'AuthenticationOk' })
    for (let round = 0; round < 10; round += 1) {
      expect(await login({ ...alice, password: 'wrong' })).toMatchObject({ fields: { code: '28P01' } })
    }
    expect(await login(alice)).toMatchObject({ kind: 'ErrorResponse', fields: { code: '28P01' } })
    expect(await login({ ...alice, user: 'bob' })).toMatchObject({ kind: 'AuthenticationOk' })
    expect(await login({ ...alice, database: 'globex', password: `${PASSWORD} of globex` })).toMatchObject({
      kind: 'AuthenticationOk',
    })
  } finally {
    await blocked.stop()
  }
})

test("A5 guesses at a namesake are not bought with a password of one's own", async () => {
  const guarded = await startServer()
  try {
    const login = async (password: string, database: string): Promise<unknown> => {
      const client = await WireClient.open(guarded.port)
      const answer = await client.authenticate({ user: 'alice', password, database })
      const after = answer?.kind === 'AuthenticationOk' ? await client.next() : answer
      client.end()
      return after
    }
    for (let round = 0; round < 10; round += 1) {
      await login(PASSWORD, 'globex')
      expect(await login(`guess ${round}`, 'globex')).toMatchObject({ fields: { code: '28P01' } })
    }
    expect(await login(`${PASSWORD} of globex`, 'globex')).toMatchObject({ fields: { code: '28P01' } })
    expect(await login(PASSWORD, `elsewhere`)).toMatchObject({ fields: { code: '28P01' } })
    expect(await login(PASSWORD, `acme`)).toMatchObject({ kind: 'ParameterStatus' })
  } finally {
    await guarded.stop()
  }
})
