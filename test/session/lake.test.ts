import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { runCase } from './script.ts'

let lakewire: RunningLakewire
let client: WireClient

beforeAll(async () => {
  lakewire = await startLakewire()
})

afterAll(async () => {
  await lakewire?.stop()
})

beforeEach(async () => {
  client?.end()
  client = await lakewire.login()
  lakewire.engine.reset()
  lakewire.lake.took()
})

const say = (...input: string[]): Promise<string[]> => runCase(client, input)
const transactions = () => lakewire.engine.ran.map(({ options }) => options.transaction)
const LOST_RACE = new PgError('40001', 'could not serialize access due to concurrent update', { fault: 'lake' })
const DIVISION = new PgError('22012', 'division by zero')

describe('statements over the lake', () => {
  test('a query runs without a transaction of the lake', async () => {
    expect(await say('Q select n from numbers')).toEqual([
      'RowDescription n:23:4:-1:0',
      'DataRow 1',
      'DataRow 2',
      'DataRow 3',
      'CommandComplete SELECT 3',
      'ReadyForQuery I',
    ])
    expect(transactions()).toEqual([null])
    expect(lakewire.lake.took()).toEqual([])
  })

  test('an error of execution comes after the row description, one of PostgreSQL before it', async () => {
    lakewire.engine.next.push({ error: DIVISION })
    expect(await say('Q select n from numbers')).toEqual([
      'RowDescription n:23:4:-1:0',
      'ErrorResponse ERROR 22012 division by zero',
      'ReadyForQuery I',
    ])
    expect(await say('Q select nope from numbers')).toEqual([
      'ErrorResponse ERROR 42703 column "nope" does not exist @8',
      'ReadyForQuery I',
    ])
  })

  test('command tags count', async () => {
    lakewire.engine.usual = { affected: 7 }
    expect(
      await say(
        'Q insert into numbers values (1)',
        'Q update numbers set n = 2',
        'Q delete from numbers',
        'Q merge into numbers t using (values (1)) s(x) on t.n = s.x when matched then delete',
      ),
    ).toEqual(
      ['INSERT 0 7', 'UPDATE 7', 'DELETE 7', 'MERGE 7'].flatMap((tag) => [`CommandComplete ${tag}`, 'ReadyForQuery I']),
    )
  })

  test('parameters and constants may be more than the values of one query of PostgreSQL', async () => {
    const count = 4000
    const row = (index: number) => `($${index + 1})`
    const values = Array.from({ length: count }, (_, index) => ({ hex: index.toString(16).padStart(8, '0') }))
    const answer = await say(
      `P - - insert into numbers values ${values.map((_, index) => row(index)).join(', ')}`,
      `B - - ${JSON.stringify({ values, formats: [1] })}`,
      'E -',
      'S',
    )
    expect(answer).toEqual(['ParseComplete', 'BindComplete', 'CommandComplete INSERT 0 1', 'ReadyForQuery I'])
    expect(lakewire.engine.ran[0]?.sql.statements.join()).toContain('3999')
    const dates = values.map((_, index) => `(extract(day from to_date('${2000 + index}-01-02', 'YYYY-MM-DD'))::int)`)
    expect(await say(`Q insert into numbers values ${dates.join(', ')}`)).toContain('CommandComplete INSERT 0 1')
  })

  test('parameters in text and binary reach the engine as literals, unreadable ones are refused at Bind', async () => {
    const plan = 'P - - select n from numbers where n = $1'
    expect(await say(plan, 'B - - {"values": ["42"]}', 'E -', 'S')).toContain('CommandComplete SELECT 3')
    expect(await say(plan, 'B - - {"values": [{"hex": "0000002a"}], "formats": [1]}', 'E -', 'S')).toContain(
      'CommandComplete SELECT 3',
    )
    for (const { sql } of lakewire.engine.ran) expect(sql.statements.join()).toContain('42')
    expect(await say(plan, 'B - - {"values": ["x"]}', 'E -', 'S')).toEqual([
      'ParseComplete',
      'ErrorResponse ERROR 22P02 invalid input syntax for type integer: "x"',
      'ReadyForQuery I',
    ])
  })
})

describe('transactions', () => {
  test('a block begins its side in the lake with the first statement that touches it', async () => {
    await say('Q begin', 'Q select 1', 'Q show search_path')
    expect(lakewire.lake.took()).toEqual([])
    await say('Q select n from numbers', 'Q insert into numbers values (1)', 'Q commit')
    const [begin = ''] = lakewire.lake.diary
    const id = begin.replace('begin ', '')
    expect(lakewire.lake.took()).toEqual([`begin ${id}`, `commit ${id}`])
    expect(transactions()).toEqual([id, id])
    expect(lakewire.engine.forgotten).toContain(id)
  })

  test('an error rolls the lake back at once, and ROLLBACK has nothing left to do', async () => {
    lakewire.engine.next.push({ affected: 1 }, { error: DIVISION })
    await say('Q begin', 'Q insert into numbers values (1)', 'Q select n from numbers')
    const id = transactions()[0]
    expect(lakewire.lake.took()).toEqual([`begin ${id}`, `rollback ${id}`])
    expect(await say('Q commit')).toEqual(['CommandComplete ROLLBACK', 'ReadyForQuery I'])
    expect(lakewire.lake.took()).toEqual([])
  })

  test('savepoints: what began after one is dropped by going back to it', async () => {
    await say('Q begin', 'Q savepoint a', 'Q insert into numbers values (1)')
    const first = transactions()[0]
    await say(
      'Q rollback to a',
      'Q insert into numbers values (2)',
      'Q savepoint b',
      'Q insert into numbers values (3)',
    )
    const second = transactions()[1]
    await say('Q rollback to b', 'Q release b', 'Q commit')
    expect(lakewire.lake.took()).toEqual([
      `begin ${first}`,
      `rollback ${first}`,
      `begin ${second}`,
      `savepoint ${second} set s2`,
      `savepoint ${second} rollback s2`,
      `savepoint ${second} release s2`,
      `commit ${second}`,
    ])
  })

  test('P6: several statements in one string are one transaction', async () => {
    lakewire.engine.next.push({ affected: 1 }, { error: DIVISION })
    expect(await say('Q insert into numbers values (1); insert into numbers values (2)')).toEqual([
      'CommandComplete INSERT 0 1',
      'ErrorResponse ERROR 22012 division by zero',
      'ReadyForQuery I',
    ])
    const id = transactions()[0]
    expect(lakewire.lake.took()).toEqual([`begin ${id}`, `rollback ${id}`])
  })

  test('P6: a statement that is refused undoes those before it in the string', async () => {
    expect(await say('Q insert into numbers values (1); vacuum full')).toContain(
      'ErrorResponse ERROR 0A000 VACUUM is not supported',
    )
    const id = transactions()[0]
    expect(lakewire.lake.took()).toEqual([`begin ${id}`, `rollback ${id}`])
  })

  test('a pipeline up to Sync is one transaction', async () => {
    lakewire.engine.next.push({ affected: 1 }, { error: DIVISION })
    const insert = ['P - - insert into numbers values (1)', 'B - -', 'E -']
    expect(await say(...insert, ...insert, 'S')).toEqual([
      'ParseComplete',
      'BindComplete',
      'CommandComplete INSERT 0 1',
      'ParseComplete',
      'BindComplete',
      'ErrorResponse ERROR 22012 division by zero',
      'ReadyForQuery I',
    ])
    const id = transactions()[0]
    expect(lakewire.lake.took()).toEqual([`begin ${id}`, `rollback ${id}`])
    await say(...insert, 'S')
    expect(lakewire.lake.took()).toEqual([])
  })

  test('a write by itself that lost a race is run again; in a block the client is told', async () => {
    lakewire.engine.next.push({ error: LOST_RACE }, { error: LOST_RACE }, { affected: 1 })
    expect(await say('Q insert into numbers values (1)')).toContain('CommandComplete INSERT 0 1')
    lakewire.engine.next.push({ affected: 1 })
    lakewire.lake.lostRaces = 1
    expect(await say('Q begin', 'Q insert into numbers values (1)', 'Q commit')).toEqual([
      'CommandComplete BEGIN',
      'ReadyForQuery T',
      'CommandComplete INSERT 0 1',
      'ReadyForQuery T',
      'ErrorResponse ERROR 40001 could not serialize access due to concurrent update',
      'ReadyForQuery I',
    ])
  })

  test('S14: a read-only transaction writes nothing, however the write is dressed', async () => {
    const refused = [
      ['insert into numbers values (1)', 'INSERT'],
      ['with w as (delete from numbers returning n) select * from w', 'SELECT'],
      ['explain analyze delete from numbers', 'DELETE'],
      ['create table t (a int)', 'CREATE TABLE'],
      ['create table t as select 1 as a', 'CREATE TABLE AS'],
      ['select 1 as a into t', 'CREATE TABLE AS'],
      ['truncate numbers', 'TRUNCATE TABLE'],
      ['copy numbers from stdin', 'COPY FROM'],
      ['drop table numbers', 'DROP TABLE'],
    ] as const
    for (const [sql, command] of refused) {
      expect(await say('Q begin read only', `Q ${sql}`, 'Q rollback')).toContain(
        `ErrorResponse ERROR 25006 cannot execute ${command} in a read-only transaction`,
      )
    }
    await say('Q set default_transaction_read_only = on')
    expect(await say('Q prepare p as insert into numbers values (1)', 'Q execute p')).toContain(
      'ErrorResponse ERROR 25006 cannot execute INSERT in a read-only transaction',
    )
    expect(await say('Q do $$ begin end $$')).toContain('ErrorResponse ERROR 0A000 DO is not supported')
    expect(lakewire.engine.ran).toEqual([])
  })
})

describe('portals', () => {
  test('P9: rows in portions hold the engine back, and Close or Sync frees it', async () => {
    lakewire.engine.usual = { rows: 1000, rowsPerBatch: 10 }
    await say('Q begin')
    expect(await say('P - - select n from numbers', 'B p -', 'E p 3', 'S')).toEqual([
      'ParseComplete',
      'BindComplete',
      'DataRow 1',
      'DataRow 2',
      'DataRow 3',
      'PortalSuspended',
      'ReadyForQuery T',
    ])
    expect(lakewire.engine.running).toBe(1)
    expect(lakewire.engine.batchesMade).toBe(1)
    expect(await say('E p 8', 'S')).toHaveLength(8 + 2)
    expect(lakewire.engine.batchesMade).toBe(2)
    await say('C P p', 'S')
    expect(lakewire.engine.running).toBe(0)
    await say('P - - select n from numbers', 'B q -', 'E q 1', 'S')
    expect(lakewire.engine.running).toBe(1)
    await say('Q rollback')
    expect(lakewire.engine.running).toBe(0)
    await say('P - - select n from numbers', 'B - -', 'E - 1', 'S')
    expect(lakewire.engine.running).toBe(0)
  })

  test('P9: a portal that is closed before Execute gives its backend back', async () => {
    for (let round = 0; round < 70; round += 1) {
      const answer = await say('P - - select repeat(md5(g::text), 100) from generate_series(1, 20000) g', 'B - -', 'S')
      expect(answer).toEqual(['ParseComplete', 'BindComplete', 'ReadyForQuery I'])
    }
    expect(await say('Q select 1')).toContain('CommandComplete SELECT 1')
  })

  test('a cursor sees its result as of DECLARE: a write starts it first', async () => {
    await say('Q begin', 'Q declare c cursor for select n from numbers', 'Q insert into numbers values (9)')
    expect(lakewire.engine.ran.map(({ sql }) => sql.countOf === null)).toEqual([true, false])
    expect(await say('Q fetch all from c')).toContain('CommandComplete FETCH 3')
    await say('Q commit')
  })

  test('P12: a cursor WITH HOLD is bounded', async () => {
    lakewire.engine.next.push({ rows: 80, rowsPerBatch: 1, width: 1024 * 1024 })
    const answer = await say('Q begin', 'Q declare h cursor with hold for select n from numbers', 'Q commit')
    expect(answer.at(-2)).toBe('ErrorResponse ERROR 53400 result of the cursor is too large to be kept')
    expect(answer.at(-1)).toBe('ReadyForQuery I')
    expect(lakewire.engine.running).toBe(0)
  })

  test('a statement whose result would have another shape is not run', async () => {
    await say('P s - select n from numbers', 'S')
    lakewire.lake.widen()
    try {
      expect(await say('B - s', 'E -', 'S')).toEqual([
        'ErrorResponse ERROR 0A000 cached plan must not change result type',
        'ReadyForQuery I',
      ])
    } finally {
      lakewire.lake.narrow()
    }
  })
})

test('what is not supported is named, and nothing of it is forwarded', async () => {
  const refused = {
    'create unique index i on numbers (n)': 'CREATE INDEX',
    'refresh materialized view m': 'REFRESH MATERIALIZED VIEW',
    'create or replace function f() returns int language sql as $$ select 1 $$': 'CREATE FUNCTION',
    "create user eve password 'secret'": 'CREATE USER',
    'grant select on numbers to public': 'GRANT',
    'do $$ begin end $$': 'DO',
    'reindex table numbers': 'REINDEX',
  }
  for (const [sql, name] of Object.entries(refused)) {
    const answer = (await say(`Q ${sql}`)).at(-2) ?? ''
    expect(answer.replace(/ @\d+$/, '')).toMatch(
      new RegExp(`^ErrorResponse ERROR (0A000 ${name} is not supported|42501 .*)$`),
    )
  }
  expect(lakewire.lake.took().filter((entry) => !entry.startsWith('begin') && !entry.startsWith('rollback'))).toEqual(
    [],
  )
})

describe('EXPLAIN', () => {
  test('tells engine, reason, bytes and the SQL of the engine', async () => {
    const text = await say('Q explain select n from numbers where n > 1')
    expect(text[0]).toBe('RowDescription QUERY PLAN:25:-1:-1:0')
    expect(text.slice(1, -2).map((line) => line.replace(/: .*/, ''))).toEqual(
      expect.arrayContaining(['DataRow Lake Query', 'DataRow   Engine', 'DataRow   Reason', 'DataRow   Engine SQL:']),
    )
    expect(text.at(-2)).toBe('CommandComplete EXPLAIN')
    expect(lakewire.engine.ran).toEqual([])
    const [description, row] = await say('Q explain (format json, costs off) select n from numbers')
    expect(description).toBe('RowDescription QUERY PLAN:114:-1:-1:0')
    expect(row).toContain(Buffer.from('"Engine SQL"').toString('hex'))
    expect((await say('Q explain analyze select n from numbers')).join('\n')).toMatch(/Actual Rows: 3[\s\S]*ms/)
    expect(await say('Q explain select nope from numbers')).toContain(
      'ErrorResponse ERROR 42703 column "nope" does not exist @16',
    )
  })

  test('of EXECUTE, DECLARE and CREATE TABLE AS: of the query in them', async () => {
    await say('Q prepare above (int) as select n from numbers where n > $1')
    for (const [command, engineSql] of [
      ['execute above(41 + 1)', /> \(?42/],
      ['declare c cursor for select n from numbers where n = 43', /43/],
      ['create table copied as select n from numbers where n = 44 with no data', /44/],
      ['select n into copied from numbers where n = 45', /45/],
    ] as const) {
      const answer = (await say(`Q explain ${command}`)).join('\n')
      expect(answer).toMatch(/Engine: duckdb/)
      expect(answer).toMatch(engineSql)
    }
    expect(lakewire.engine.ran).toEqual([])
    expect((await say('Q explain analyze execute above(1)')).join('\n')).toContain('Actual Rows: 3')
    expect(await say('Q explain execute above')).toEqual([
      'ErrorResponse ERROR 42601 wrong number of parameters for prepared statement "above"',
      'ReadyForQuery I',
    ])
  })
})
