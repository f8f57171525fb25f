import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Both, type Input, startBoth, talk } from '../harness/both.ts'

/** COPY gives and takes the same here and on a PostgreSQL 18. */

let both: Both

beforeAll(async () => {
  both = await startBoth()
  await same(`create table t (a int not null, b text default 'dflt', c date); create view v as select a, b from t`)
})

afterAll(async () => {
  await both?.stop()
})

async function same(sql: string, input?: Input): Promise<string[]> {
  const [ours, theirs] = await both.run(sql, input)
  expect(ours).toEqual(theirs)
  return ours
}

const ROWS = 'select * from t order by a, b, c'

describe('rows of a client', () => {
  test.each<[string, string[]]>([
    ['copy t from stdin', ['1\tx\t2024-01-01\n2\t\\N\t\\N\n']],
    ['copy t from stdin', ['3\ty\t2024-01-01\n\\.\n']],
    ['copy t from stdin', ['40\tx\t\\N\n\\', '.\n41\ty\t\\N\n', '42\ty\t\\N\n']],
    ['copy t (a) from stdin', ['4\n5']],
    ['copy t (c, a) from stdin csv', ['2020-02-02,6\r\n,7\r\n']],
    ['copy "t" /* x */ ( "a" , b ) from stdin', ['51\tz\n']],
    ['copy t from stdin with (format csv, header)', ['q,w,e\n8,"multi\nline",2020-01-01\n']],
    ['copy t from stdin (format csv, header match)', ['a,b,c\n10,x,\n']],
    ['copy t from stdin (header match)', ['a\tb\tc\n11\tx\t\\N\n']],
    [`copy t from stdin (format csv, delimiter ';', null 'NIL', quote '''', escape '\\')`, ["12;'a;\\'b';NIL\n"]],
    ['copy t from stdin (format csv, force_not_null (b), force_null (c))', ['13,,""\n']],
    ['copy t from stdin (format csv, force_null *)', ['13,"",""\n']],
    [`copy t from stdin delimiter '|' null 'x'`, ['14|x|x\n']],
    [`copy t from stdin with csv header delimiter as ';' quote as '"' force not null b`, ['h;h;h\n15;;\n']],
    ['copy t from stdin where a > 16', ['16\ta\t\\N\n17\tb\t\\N\n']],
    [`copy t from stdin (default 'D')`, ['26\tD\t\\N\n']],
    ['copy t from stdin (on_error ignore)', ['27\ta\t\\N\nxx\tb\t\\N\nyy\tb\t\\N\n']],
    ['copy t from stdin (on_error ignore, log_verbosity verbose)', ['28\ta\t\\N\nxx\tb\t\\N\n']],
    ['copy t from stdin', ['22\ta\\\nb\\tc\\\\d\\x41\\101\t\\N\n']],
    ['copy t from stdin', []],
    ['copy t from stdin; select 1', ['31\tq\t\\N\n']],
    ['copy public.t from stdin', ['30\tq\t\\N\n']],
  ])('%s', async (sql, data) => {
    await same(sql, { data })
    await same(ROWS)
  })

  test('byte by byte, with characters of several bytes', async () => {
    const bytes = [...Buffer.from('23\tsplit é😀\t2020-01-01\n')].map((byte) => Buffer.of(byte))
    expect(await same('copy t from stdin', { data: bytes })).toEqual(['CopyInResponse', 'COPY 1'])
    await same(ROWS)
  })

  test('in another encoding', async () => {
    await same(`copy t from stdin (encoding 'latin1')`, { data: [Buffer.from('29\t\xe9\t\\N\n', 'latin1')] })
    await same(ROWS)
  })
})

describe('what is wrong is said as PostgreSQL says it, and nothing is written', () => {
  test.each<[string, string[]]>([
    ['copy t from stdin', ['x\ta\t\\N\n']],
    ['copy t from stdin', ['1\ta\n']],
    ['copy t from stdin', ['1\ta\t\\N\tq\n']],
    ['copy t from stdin', ['\\N\ta\t\\N\n']],
    ['copy t from stdin', ['1\ta\t\\N\n2\tb\tbaddate\n']],
    ['copy t from stdin csv', ['1,"a\nb,\n']],
    ['copy t from stdin csv', ['20,a\\.,\n\\.\n21,b,\n']],
    ['copy t from stdin (format csv, header match)', ['a,bb,c\n10,x,\n']],
    ['copy t from stdin (on_error ignore, reject_limit 1)', ['27\ta\t\\N\nxx\tb\t\\N\nxx\tb\t\\N\n']],
    ['copy t from stdin binary', ['']],
    ['copy t from /* é */ stdin (nosuch)', []],
    ['copy t from /* é */ stdin (format csv, format text)', []],
    ['copy t from stdin (format xml)', []],
    [`copy t from stdin (delimiter 'ab')`, []],
    ['copy t from stdin (format csv, force_null (zz))', []],
    ['copy t from stdin where nosuch > 1', []],
    ['copy t from stdin where a in (select 1)', []],
    ['copy nosuch from stdin', []],
    ['copy t (nosuch) from stdin', []],
    ['copy t (a, a) from stdin', []],
    ['copy pg_class from stdin', []],
    ['copy (select 1) from stdin', []],
    [`copy t from '/etc/passwd'`, []],
    [`copy t to '/tmp/x'`, []],
    [`copy t from program 'x'`, []],
    [`copy t to program 'x'`, []],
  ])('%s %j', async (sql, data) => {
    const before = await both.ours(ROWS)
    const said = await same(sql, { data })
    expect(said.at(-1)).toMatch(/^error /)
    expect(await both.ours(ROWS)).toEqual(before)
  })

  test('the client gives up: where it was is told', async () => {
    await same('copy t from stdin', { data: ['1\ta\t\\N\n2\tb\t\\N\n'], fail: 'no thanks' })
    await same('copy t from stdin csv', { data: ['1,"a\nb",\n2,b,'], fail: 'no thanks' })
    await same('copy t from stdin binary', { fail: 'no thanks' })
    await same(ROWS)
  })

  test('the client hangs up in the middle', async () => {
    const before = await both.ours('select count(*) from t')
    const client = await both.connect()
    client.send({ kind: 'Query', sql: 'copy t from stdin' })
    await client.until('CopyInResponse')
    client.send({ kind: 'CopyData', data: Buffer.from('77\tgone\t\\N\n') })
    client.end()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await both.ours('select count(*) from t')).toEqual(before)
  })

  test('a bad line far behind the first chunk has its own number', async () => {
    const line = `1\t${'x'.repeat(1024 * 1024)}\t\\N\n`
    const data = [...new Array<string>(34).fill(line), 'bad\tx\t\\N\n']
    const said = await both.ours('copy t from stdin', { data })
    expect(said).toEqual([
      'CopyInResponse',
      'error 22P02 | invalid input syntax for type integer: "bad" | COPY t, line 35, column a: "bad"',
    ])
  })

  test('a bad tuple far behind the first chunk, too', async () => {
    const text = Buffer.alloc(1024 * 1024, 'x')
    const tuple = (a: Buffer) => {
      const length = (value: Buffer) => Buffer.from(new Int32Array([value.length]).buffer).swap32()
      return Buffer.concat([Buffer.from([0, 2]), length(a), a, length(text), text])
    }
    const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
    const good = new Array<Buffer>(34).fill(tuple(Buffer.from([0, 0, 0, 1])))
    const said = await both.ours('copy t (a, b) from stdin binary', {
      data: [header, ...good, tuple(Buffer.alloc(5))],
    })
    expect(said).toEqual(['CopyInResponse', 'error 22P03 | incorrect binary data format | COPY t, line 35, column a'])
  })
})

describe('in a transaction block', () => {
  test('rollback, a table of the same block, savepoints', async () => {
    for (const [sql, data] of [
      ['begin', []],
      ['copy t from stdin', ['50\tq\t\\N\n']],
      ['select count(*) from t', []],
      ['rollback', []],
      ['select count(*) from t', []],
      ['begin', []],
      ['create table n (x int, y int default 4)', []],
      ['copy n (x) from stdin', ['1\n2\n']],
      ['savepoint s', []],
      ['copy n from stdin', ['bad\n']],
      ['select 1', []],
      ['rollback to s', []],
      ['copy n from stdin', ['3\t3\n']],
      ['copy (select * from n order by x) to stdout', []],
      ['commit', []],
      ['select * from n order by x', []],
      ['begin read only', []],
      ['copy t from stdin', ['1\n']],
      ['rollback', []],
    ] as const) {
      await same(sql, { data })
    }
  })
})

describe('rows for a client', () => {
  const QUERY = '(select * from t order by a, b, c)'
  test.each([
    `copy ${QUERY} to stdout`,
    `copy ${QUERY} to stdout csv header`,
    `copy ${QUERY} to stdout (format csv, force_quote *)`,
    `copy ${QUERY} to stdout (format csv, force_quote (b, c), null 'x')`,
    `copy ${QUERY} to stdout (null 'NUL', delimiter '|', header)`,
    `copy ${QUERY} to stdout binary`,
    `copy (select a || b || E'\\t' as "x|y" from t order by 1) to stdout (delimiter '|', header)`,
    'copy (select * from t where false) to stdout',
    'copy (select * from t where false) to stdout csv header',
    'copy (select * from t where false) to stdout binary',
    'copy (select * from v order by a, b) to stdout',
    `copy (select relname from pg_class where relname = 'pg_class') to stdout`,
    `copy (select amname from pg_am where amname = 'heap') to stdout binary`,
    `copy (select 1, null, 'a,b') to stdout csv`,
    'copy (values (1, 2)) to stdout',
    'copy (delete from t where a = 31 returning a) to stdout',
    // refused
    'copy (delete from t where a = 30) to stdout',
    'copy v to stdout',
    'copy nosuch to stdout',
    'copy t (nosuch) to stdout',
    'copy t (a, a) to stdout',
    'copy (select nosuch from t) to stdout',
    'copy t to stdout where a > 1',
    `copy t to stdout (format csv, quote 'ab')`,
    'copy (select (a) from t) to stdout (force_null (a))',
    'copy /* é */ t (a, b) to stdout (on_error ignore)',
    'copy t to stdout (header match)',
    'copy t to stdout (header, format binary)',
    'copy t to stdout (header, header)',
    'copy t to stdout (format csv, force_quote (zz))',
    `copy t to stdout (delimiter E'\\n')`,
    'copy (select 1/0) to stdout',
    ROWS,
  ])('%s', async (sql) => {
    await same(sql)
  })
})

/** Column type and a value as COPY's csv has it. */
const VALUES: readonly [string, string][] = [
  ['boolean', 't'],
  ['smallint', '-32768'],
  ['bigint', '-9223372036854775808'],
  ['real', '1.5'],
  ['float8', 'NaN'],
  ['float8', '-Infinity'],
  ['numeric(10,2)', '-99999999.99'],
  ['numeric', '123.456'],
  ['text', ''],
  ['text', 'é😀\\ \t|'],
  ['varchar(5)', 'abc'],
  ['char(4)', 'ab'],
  ['bytea', '\\x00ff10'],
  ['bytea', '\\x'],
  ['date', '2024-02-29'],
  ['date', '0044-03-15 BC'],
  ['date', '5874897-12-31'],
  ['time', '24:00:00'],
  ['timetz', '12:00:00+05:30'],
  ['timestamp', '2024-01-01 00:00:00.123456'],
  ['timestamp', '0044-03-15 12:00:01 BC'],
  ['timestamptz', '2024-01-01 00:00:00+02'],
  ['timestamptz', '0044-03-15 12:00:01+00 BC'],
  ['interval', '1 year 2 mons -3 days 04:05:06.5'],
  ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['json', '{"a" : 1,"b":[1, 2]}'],
  ['jsonb', '{"b":2,"a":"x\\ny"}'],
  ['oid', '4294967295'],
  ['int[]', '{1,NULL,3}'],
  ['int[]', '{}'],
  ['text[]', '{"a b","c\\"d",NULL,"","x BC"}'],
  ['bytea[]', '{"\\\\x01",NULL,"\\\\x"}'],
  ['bool[]', '{t,NULL}'],
  ['date[]', '{"0044-03-15 BC",NULL,2020-01-01}'],
  ['timestamp[]', '{"0044-03-15 01:02:03.5 BC"}'],
  ['timestamptz[]', '{"2019-12-31 22:00:00+00"}'],
  ['numeric(8,2)[]', '{1.50,2.25}'],
  ['float8[]', '{1.5,NaN}'],
  ['interval[]', '{"1 day","-1 days +02:03:00"}'],
  ['interval', '-1 mons +1 day -00:00:01.5'],
  ['uuid[]', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
  ['jsonb[]', '{"{\\"a\\": 1}"}'],
]

test('values of all types, there and back in every format', async () => {
  const columns = VALUES.map(([type], index) => `c${index} ${type}`).join(', ')
  await same(`create table kinds (${columns}); create table again (${columns})`)
  const row = VALUES.map(([, value]) => `"${value.replaceAll('"', '""')}"`).join(',')
  const nulls = VALUES.map(() => '').join(',')
  await same('copy kinds from stdin csv', { data: [`${row}\n`, `${nulls}\n`] })
  const out = 'copy (select * from kinds order by c1)'
  await same(`${out} to stdout`)
  for (const format of ['text', 'csv', 'binary']) {
    const said = await same(`${out} to stdout (format ${format})`)
    const data = said.flatMap((line) =>
      line.startsWith('data ') ? [Buffer.from(JSON.parse(line.slice(5)), 'latin1')] : [],
    )
    expect(await same(`copy again from stdin (format ${format})`, { data })).toEqual(['CopyInResponse', 'COPY 2'])
    await same('select * from again order by c1')
    await same('truncate again')
  }
})

/** The lake has no place for these; PostgreSQL takes them. */
test.each([
  ['date', 'infinity', '22000'],
  ['timestamp', '-infinity', '22000'],
  ['int[]', '"{{1,2},{3,4}}"', '22000'],
  ['timestamp', '294276-12-31 00:00:00', '22008'],
])('%s %s is refused', async (type, value, code) => {
  await both.ours(`drop table if exists odd; create table odd (c ${type})`)
  const said = await both.ours('copy odd from stdin csv', { data: [`${value}\n`] })
  expect(said.at(-1)).toMatch(new RegExp(`^error ${code} `))
  expect(await both.ours('select count(*) from odd')).toEqual(['0', 'SELECT 1'])
})

test('the extended protocol, as stream libraries speak it', async () => {
  const client = await both.connect()
  await talk(client, 'create table ext (a int, b text)')
  const begin = (sql: string) =>
    client.send(
      { kind: 'Parse', statement: '', sql, parameterTypes: [] },
      { kind: 'Bind', portal: '', statement: '', formats: [], values: [], resultFormats: [] },
      { kind: 'Describe', target: 'portal', name: '' },
      { kind: 'Execute', portal: '', rowsMax: 0 },
      { kind: 'Sync' },
    )
  begin('copy ext from stdin')
  await client.until('CopyInResponse')
  client.send({ kind: 'CopyData', data: Buffer.from('1\tx\n2\ty\n') }, { kind: 'CopyDone' }, { kind: 'Sync' })
  const loaded = await client.until('ReadyForQuery')
  expect(loaded.map(({ kind }) => kind)).toEqual(['CommandComplete', 'ReadyForQuery'])
  expect(loaded[0]).toMatchObject({ tag: 'COPY 2' })
  begin('copy (select * from ext order by a) to stdout')
  const rows = (await client.until('ReadyForQuery')).flatMap((message) =>
    message.kind === 'CopyData' ? [Buffer.from(message.data).toString()] : [],
  )
  expect(rows.join('')).toBe('1\tx\n2\ty\n')
  begin('copy ext from stdin')
  await client.until('CopyInResponse')
  client.send({ kind: 'CopyData', data: Buffer.from('bad\tx\n') }, { kind: 'CopyDone' }, { kind: 'Sync' })
  const failed = (await client.until('ReadyForQuery')).map(({ kind }) => kind)
  expect(failed).toEqual(['ErrorResponse', 'ReadyForQuery'])
  client.end()
  const after = new pg.Client(both.login)
  await after.connect()
  expect((await after.query('select count(*)::int as n from ext')).rows).toEqual([{ n: 2 }])
  await after.end()
})
