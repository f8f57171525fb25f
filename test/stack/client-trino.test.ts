import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SendableMessage } from '../../proxy/wire/client.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { nodePostgresSuite } from '../client/node-postgres-suite.ts'
import { postgresJsSuite } from '../client/postgres-js-suite.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { type Cluster, startCluster } from '../harness/stack.ts'
import { WireClient } from '../wire/wire-client.ts'

/** Clients whose statements go to Trino wherever it can say them: what they see is what they see of PostgreSQL. */
const PREFERRED = { LAKEWIRE_ROUTER_SCAN_MIB: '0', LAKEWIRE_ROUTER_JOIN_MIB: '0' }

nodePostgresSuite('trino', 'nodepg', () => startCluster({ env: PREFERRED }))
postgresJsSuite('trino', 'postgresjs', () => startCluster({ env: PREFERRED }))

const TENANT = 'wire'
const TYPES = {
  b: 'boolean',
  i2: 'smallint',
  i4: 'integer',
  i8: 'bigint',
  f4: 'real',
  f8: 'double precision',
  n: 'numeric(20,6)',
  t: 'text',
  v: 'varchar(50)',
  c: 'char(5)',
  d: 'date',
  tm: 'time',
  ts: 'timestamp',
  tz: 'timestamptz',
  y: 'bytea',
  u: 'uuid',
  j: 'jsonb',
  ia: 'integer[]',
  ta: 'text[]',
  na: 'numeric(10,2)[]',
  fa: 'double precision[]',
  tza: 'timestamptz[]',
}
type Name = keyof typeof TYPES
const NAMES = Object.keys(TYPES) as Name[]
/** PostgreSQL's texts: ordinary values, the odd ones, the largest; a row of NULLs is added to them. */
const ROWS: readonly Readonly<Record<Name, string>>[] = [
  {
    ...{ b: 't', i2: '1', i4: '100000', i8: '10000000000', f4: '1.5', f8: '2.25', n: '12345.6789', t: 'plain', v: 'v' },
    ...{ c: 'ab', d: '2024-02-29', tm: '13:14:15.1234', ts: '2024-02-29 13:14:15', tz: '2024-02-29 13:14:15.5+02' },
    ...{ y: '\\x00ff10', u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', j: '{"a": 1, "b": [true, null]}', ia: '{1,2}' },
    ...{ ta: '{a,b}', na: '{1.50,-2.00}', fa: '{1.5,NaN,Infinity}', tza: '{"2024-02-29 13:14:15+00"}' },
  },
  {
    ...{ b: 'f', i2: '-32768', i4: '-2147483648', i8: '-9223372036854775808', f4: '-1e30', f8: '-1e-300' },
    ...{ n: '-0.000001', t: 'quote \' back\\slash tab\t nl\n "q", \\N', v: 'ünïcødé 日本 😀', c: '', d: '0001-01-01' },
    ...{ tm: '00:00', ts: '1969-12-31 23:59:59.999999', tz: '1582-10-04 00:00+00', y: '\\x', j: '[]', ia: '{}' },
    ...{ u: '00000000-0000-0000-0000-000000000000', ta: '{"",NULL,"a,b","c\\"d","null"}', na: '{}', fa: '{NULL,1e15}' },
    tza: '{NULL}',
  },
  {
    ...{
      b: 't',
      i2: '32767',
      i4: '2147483647',
      i8: '9223372036854775807',
      f4: 'NaN',
      f8: '-Infinity',
      t: '',
      v: '\\.',
    },
    ...{ n: '99999999999999.999999', c: 'abcde', d: '9999-12-31', tm: '23:59:59.999999', y: '\\xdeadbeef5c' },
    ...{ ts: '9999-12-31 23:59:59.999999', tz: '9999-12-31 23:59:59.999999+00', j: '"\\u00e9\\n\\""', ia: '{NULL,-1}' },
    ...{ u: 'ffffffff-ffff-ffff-ffff-ffffffffffff', ta: '{}', na: '{NULL}', fa: '{-0}', tza: '{}' },
  },
]
const CANCEL_EVERY_MS = 50
const ENGINES = ['trino', 'duckdb'] as const

let oracle: RunningPostgres
let cluster: Cluster
let theirs: WireClient
const ours = new Map<(typeof ENGINES)[number], WireClient>()

beforeAll(async () => {
  oracle = await startPostgres({ database: TENANT })
  cluster = await startCluster()
  const login = await cluster.makeUser(TENANT, 'ann')
  theirs = await WireClient.login(oracle.port, oracle, { timezone: 'UTC' })
  const open = (options: string) => WireClient.login(login.port, login, { timezone: 'UTC', options })
  for (const engine of ENGINES) ours.set(engine, await open(`-c lakewire.engine=${engine}`))
  const literal = (name: Name, text: string) => `'${text.replaceAll("'", "''")}'::${TYPES[name]}`
  const rows = ROWS.map((row, i) => `(${[i + 1, ...NAMES.map((name) => literal(name, row[name]))].join(', ')})`)
  const setUp = [
    `create table every (id int, ${NAMES.map((name) => `${name} ${TYPES[name]}`).join(', ')})`,
    `insert into every values ${rows.join(', ')}, (${[4, ...NAMES.map(() => 'null')].join(', ')})`,
    'create table numbers (g int, w text)',
    "insert into numbers select g, 'w' || g from generate_series(1, 1000) g",
  ]
  for (const sql of setUp)
    for (const client of [theirs, ours.get('duckdb') as WireClient])
      expect((await said(client, query(sql))).filter((line) => line.startsWith('error'))).toEqual([])
}, 180_000)

afterAll(async () => {
  for (const client of [theirs, ...ours.values()]) client?.end()
  await Promise.all([cluster?.stop(), oracle?.stop()])
})

const query = (sql: string): SendableMessage[] => [{ kind: 'Query', sql }]
const SYNC: SendableMessage = { kind: 'Sync' }
const execute = (rowsMax = 0): SendableMessage => ({ kind: 'Execute', portal: '', rowsMax })

type Bound = { values?: readonly (string | null)[]; types?: readonly number[]; format?: 0 | 1 }

function bound(sql: string, { values = [], types = [], format = 0 }: Bound = {}): SendableMessage[] {
  const bytes = values.map((value) => (value === null ? null : Buffer.from(value)))
  return [
    { kind: 'Parse', statement: '', sql, parameterTypes: types },
    { kind: 'Bind', portal: '', statement: '', formats: [], values: bytes, resultFormats: [format] },
    { kind: 'Describe', target: 'portal', name: '' },
  ]
}

async function said(client: WireClient, messages: readonly SendableMessage[]): Promise<string[]> {
  client.send(...messages)
  return (await client.until('ReadyForQuery')).map(told)
}

/** All of a message that a client may look at. Tables have OIDs of their own. */
function told(message: BackendMessage): string {
  switch (message.kind) {
    case 'RowDescription':
      return `row of ${message.fields.map(({ tableOid: _, attnum: __, ...field }) => JSON.stringify(field)).join()}`
    case 'DataRow':
      return message.values
        .map((value) => (value === null ? 'null' : Buffer.from(value).toString('latin1')))
        .join(' | ')
    case 'CopyData':
      return `data ${Buffer.from(message.data).toString('latin1')}`
    case 'ErrorResponse':
      return `error ${message.fields.code} ${message.fields.message}`
    default:
      return JSON.stringify(message)
  }
}

/** On every engine what PostgreSQL says; returned, to say what it has to be. */
async function same(messages: readonly SendableMessage[]): Promise<string[]> {
  const expected = await said(theirs, messages)
  for (const [engine, client] of ours)
    expect([engine, ...(await said(client, messages))]).toEqual([engine, ...expected])
  return expected
}

describe.each([
  ['text', 0],
  ['binary', 1],
] as const)('in %s', (_, format) => {
  test('values of every type, NULLs among them', async () => {
    const lines = await same([...bound('select * from every order by id', { format }), execute(), SYNC])
    expect(lines.at(-2)).toContain('SELECT 4')
  })

  test('nested and computed values', async () => {
    const sql = `select ts - timestamp '2020-01-01' as span, n / 7 as quotient, row(id, t, d) as pair, array[id, i4] as list,
      array[[id, i4], [1, 2]] as grid, j -> 'b' as part, i4::text as digits, t::varchar(3) as cut, null as nothing
      from every where id in (1, 4) order by id`
    await same([...bound(sql, { format }), execute(), SYNC])
  })

  test('nothing: no rows, no columns, aggregates of no rows', async () => {
    for (const sql of [
      'select * from every where id > 100',
      'select from every',
      'select count(*), sum(i4), max(t), array_agg(id) from every where id > 100',
    ])
      await same([...bound(sql, { format }), execute(), SYNC])
  })

  test('a portal is read in portions, to its end and beyond', async () => {
    const portions = [7, 3, 990, 1, 5].map((rowsMax) => execute(rowsMax))
    const lines = await same([...bound('select g, w from numbers order by g', { format }), ...portions, SYNC])
    expect(lines.filter((line) => line.includes('PortalSuspended'))).toHaveLength(3)
  })
})

/** jsonb has no order that Trino knows, and its equality is no identity there. */
test.each(NAMES.filter((name) => name !== 'j'))('a parameter of type %s', async (name) => {
  for (const row of ROWS) {
    const found = bound(`select id from every where ${name} = $1 and id <> 4`, { values: [row[name]] })
    expect((await same([...found, execute(), SYNC])).some((line) => /SELECT [12]/.test(line))).toBe(true)
  }
  await same([...bound(`select id from every where ${name} = $1`, { values: [null] }), execute(), SYNC])
  await same([
    ...bound(`select id, $1::${TYPES[name]} as p from every order by id`, { values: [null], format: 1 }),
    execute(),
    SYNC,
  ])
})

test('a cursor goes forward, by portions, in the simple protocol', async () => {
  for (const sql of [
    'begin',
    'declare c cursor for select g, w from numbers order by g',
    'fetch 2 from c',
    'move 500 in c',
    'fetch next c',
    'fetch all in c',
    'fetch c',
    'close c',
    'commit',
  ])
    await same(query(sql))
})

test.each([
  'copy every to stdout',
  'copy (select * from every order by id) to stdout (format csv, header)',
  "copy (select * from every order by id) to stdout (format csv, delimiter ';', null 'w1', quote '''', force_quote *)",
  "copy (select id, t, ta, v from every order by id) to stdout (delimiter '|', null 'null')",
  'copy (select v from every order by id) to stdout (format csv)',
  'copy (select id, i8, t, y from every order by id) to stdout (format binary)',
  'copy (select * from every where id > 100) to stdout (format csv, header)',
])('%s', async (sql) => {
  await same(query(sql))
})

test('an error in the middle ends the statement, not the session', async () => {
  // how many rows come before it is the engine's own affair
  for (const client of ours.values()) {
    const all = await said(client, query("select g / (g - 900) from numbers; select 'not reached'"))
    expect(all.filter((line) => line.startsWith('error'))).toEqual(['error 22012 division by zero'])
  }
  await same([...bound('select w::int from numbers where g = $1', { values: ['7'] }), execute(), SYNC])
  await same(query('select count(*) from numbers'))
})

const ENDLESS = 'select count(*) from numbers a, numbers b, numbers c, numbers d where a.g + b.g + c.g + d.g = 0'

test.each(ENGINES)('%s: a statement ends when it is cancelled, or its time is over', async (engine) => {
  const login = await cluster.makeUser(TENANT, `cancelling-${engine}`)
  const client = await WireClient.open(login.port)
  await client.authenticate(login, { options: `-c lakewire.engine=${engine}` })
  const key = (await client.until('ReadyForQuery')).find((message) => message.kind === 'BackendKeyData')
  if (key?.kind !== 'BackendKeyData') throw new Error('no key')
  let isAnswered = false
  client.send(...query(ENDLESS))
  const answer = client.until('ReadyForQuery').finally(() => {
    isAnswered = true
  })
  // one that comes before the statement runs is for nobody
  while (!isAnswered) {
    const canceller = await WireClient.open(login.port)
    canceller.send({ kind: 'CancelRequest', processId: key.processId, secretKey: key.secretKey })
    await canceller.until('close')
    await sleep(CANCEL_EVERY_MS)
  }
  expect((await answer).map(told)).toContain('error 57014 canceling statement due to user request')
  await said(client, query("set statement_timeout = '300ms'"))
  expect(await said(client, query(ENDLESS))).toContain('error 57014 canceling statement due to statement timeout')
  await said(client, query('reset statement_timeout'))
  expect(await said(client, query('select count(*) from numbers'))).toContain('1000')
  client.end()
})
