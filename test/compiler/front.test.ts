import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Analysis, Front, Settings } from '../../proxy/compiler/compiler.ts'
import { nodesOf } from '../../proxy/compiler/tree/walk.ts'
import { PgError } from '../../proxy/error.ts'
import { column, createTable, createView } from '../harness/memory-lake.ts'
import { NO_BIND, NO_SETTINGS, never, openTestCompiler, rowsOf, run, type TestCompiler } from './open-compiler.ts'

let compiler: TestCompiler
let front: Front

const ORDERS = createTable('public', 'orders', [
  column('id', 'bigint', { required: true, comment: 'the key' }),
  column('region', 'character varying(20)'),
  column('amount', 'numeric(12,2)', { defaultSql: '1 + 2' }),
  column('day', 'date'),
  column('tags', 'text[]'),
])

beforeAll(async () => {
  compiler = await openTestCompiler()
  await compiler.lake.change('acme', null, [
    { kind: 'createNamespace', name: 'sales', comment: 'what we sell' },
    ORDERS,
    createTable('sales', 'Odd "name"', [column('Col "x"', 'int')]),
    // In an order in which the second stands on the first.
    createView('public', 'a_top', 'select id from public.big', ['id']),
    createView('public', 'big', 'select id, amount from public.orders where amount > 100', ['id', 'total']),
  ])
  front = compiler.front()
})

afterAll(() => compiler.close())

const analyse = (sql: string, settings: Settings = NO_SETTINGS): Promise<Analysis> =>
  front.analyse(sql, [], settings, never)
const refusal = async (work: Promise<unknown>): Promise<PgError> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PgError)) throw new Error(`no PgError: ${error}`)
  return error
}

describe('analyse tells statements apart', () => {
  it.each([
    ['', 'empty'],
    [' -- nothing', 'empty'],
    ['select 1', 'twin'],
    ['select * from pg_class', 'twin'],
    ['select * from information_schema.tables', 'twin'],
    ["select 'orders'::regclass", 'twin'],
    ['select * from orders', 'lake'],
    ['select * from a_top', 'lake'],
    ['select * from sales."Odd ""name"""', 'lake'],
    ['select 1 where exists (select from orders)', 'lake'],
    ['insert into orders (id) values (1) returning id', 'lake'],
    ['insert into big values (1, 2)', 'lake'],
    ['with gone as (delete from orders returning *) select count(*) from gone', 'lake'],
    ['create table x (a int)', 'utility CreateStmt'],
    ['create table x as select * from orders', 'utility CreateTableAsStmt'],
    ['select * into x from orders', 'utility CreateTableAsStmt'],
    ['alter table orders add column x int', 'utility AlterTableStmt'],
    ['create view v as select * from orders', 'utility ViewStmt'],
    ['copy orders from stdin', 'utility CopyStmt'],
    ['explain select * from orders', 'utility ExplainStmt'],
    ['begin', 'utility TransactionStmt'],
    ['set search_path to x', 'utility VariableSetStmt'],
    ['show all', 'utility VariableShowStmt'],
    ['vacuum', 'utility VacuumStmt'],
    ['do $$ begin end $$', 'utility DoStmt'],
  ])('%s', async (sql, expected) => {
    const analysis = await analyse(sql)
    expect(analysis.kind === 'utility' ? `utility ${analysis.statement.node}` : analysis.kind).toBe(expected)
  })

  it.each([
    ['select * from orders, pg_class', '0A000'],
    ['select relname from pg_class where oid in (select id from orders)', '0A000'],
    ["update pg_class set relname = 'x'", '42501'],
    ["with x as (update pg_class set relname = 'x' returning 1) select * from x", '42501'],
    ['delete from information_schema.sql_features', '42501'],
    ['select * from information_schema.lakewire_state', '42P01'],
    ['select * from nowhere', '42P01'],
    ['selec 1', '42601'],
    ['select 1; select 2', '42601'],
  ])('and refuses %s', async (sql, code) => {
    expect((await refusal(analyse(sql))).code).toBe(code)
  })
})

describe('analyse', () => {
  it('gives a tree, types and what OIDs mean', async () => {
    const analysis = await front.analyse(
      'select region, sum(amount) total from orders where day > $1 group by 1',
      [],
      NO_SETTINGS,
      never,
    )
    if (analysis.kind !== 'lake') throw new Error(analysis.kind)
    const { compiled } = analysis
    expect(compiled.parameterTypes).toEqual([1082])
    expect(compiled.columns).toMatchObject([
      { name: 'region', typeOid: 1043, typmod: 24, attnum: 2 },
      { name: 'total', typeOid: 1700, typmod: -1, attnum: 0 },
    ])
    const [entry] = nodesOf(compiled.query, 'RangeTblEntry')
    if (entry?.rtekind !== 'relation') throw new Error()
    const relation = compiled.catalog.relation(entry.relid)
    expect(relation).toMatchObject({
      schema: 'public',
      name: 'orders',
      kind: 'r',
      lake: { kind: 'table', name: 'orders' },
    })
    expect(relation?.columns[0]).toMatchObject({ name: 'id', typeOid: 20, notNull: true })
    const role = compiled.catalog.role('bo')
    expect(role?.superuser).toBe(false)
    expect(role?.privilegesOf.has(relation?.owner ?? 0)).toBe(true)
    expect(compiled.catalog.roleByOid(role?.oid ?? 0)).toEqual(role)
    expect(compiled.catalog.type(1700)?.name).toBe('numeric')
    expect(compiled.catalog.type(relation?.typeOid ?? 0)).toMatchObject({ kind: 'c', name: 'orders' })
    expect(compiled.catalog.function(2108)?.name).toBe('sum')
  })

  it('carries defaults, comments and views of the lake', async () => {
    const comments = await rowsOf(
      front,
      "select col_description('orders'::regclass, 1), obj_description('sales'::regnamespace)",
    )
    expect(comments).toEqual([['the key', 'what we sell']])
    const defaults = await rowsOf(
      front,
      "select column_name, data_type, column_default, is_nullable from information_schema.columns where table_name = 'orders' order by ordinal_position",
    )
    expect(defaults).toEqual([
      ['id', 'bigint', null, 'NO'],
      ['region', 'character varying', null, 'YES'],
      ['amount', 'numeric', '(1 + 2)', 'YES'],
      ['day', 'date', null, 'YES'],
      ['tags', 'ARRAY', null, 'YES'],
    ])
    expect(await rowsOf(front, "select reloptions::text from pg_class where relname = 'big'")).toEqual([
      ['{security_invoker=true}'],
    ])
    expect(
      await rowsOf(front, "select attname from pg_attribute where attrelid = 'big'::regclass order by attnum"),
    ).toEqual([['id'], ['total']])
  })

  it('keeps positions as characters of the statement', async () => {
    expect(await refusal(analyse("select '🦆', nope from orders"))).toMatchObject({
      code: '42703',
      fields: { position: 13 },
    })
  })

  it('runs under the settings of the session, whatever came before', async () => {
    const dates = "select '01/02/2020'::date::text"
    for (const style of ['DMY', 'MDY', 'DMY']) {
      const settings = new Map([['datestyle', `ISO, ${style}`]])
      expect(await rowsOf(front, dates, settings)).toEqual([[style === 'DMY' ? '2020-02-01' : '2020-01-02']])
    }
    // A statement that fails leaves its settings behind, and the next one does not get them.
    await refusal(analyse('select * from "Odd ""name"""', new Map([['search_path', 'pg_catalog']])))
    expect((await analyse('select * from "Odd ""name"""', new Map([['search_path', 'sales, "a b"']]))).kind).toBe(
      'lake',
    )
    expect((await analyse('select * from orders')).kind).toBe('lake')
    expect(await rowsOf(front, "select current_setting('my.own')", new Map([['my.own', "it's \\ mine"]]))).toEqual([
      ["it's \\ mine"],
    ])
    expect((await refusal(analyse('select 1', new Map([['timezone', 'Nowhere/At all']])))).code).toBe('22023')
    expect(await rowsOf(front, "select current_setting('timezone')")).toEqual([['UTC']])
  })

  it('follows the lake: a table is added, changed and dropped', async () => {
    const before = await analyse('select * from orders')
    await compiler.lake.change('acme', null, [createTable('public', 'fresh', [column('a', 'int')])])
    const first = await analyse('select * from fresh')
    expect(first.kind === 'lake' && first.compiled.columns?.length).toBe(1)
    const [fresh] = await compiler.lake.load('acme', null, [{ schema: 'public', name: 'fresh' }])
    const columns = [
      { ...column('a', 'text'), fieldId: 1 },
      { ...column('b', 'int'), fieldId: null },
    ]
    await compiler.lake.change('acme', null, [
      {
        kind: 'alterTable',
        table: { schema: 'public', name: 'fresh' },
        uuid: fresh?.uuid ?? '',
        columns,
        comment: null,
      },
    ])
    const second = await analyse('select * from fresh')
    expect(second.kind === 'lake' && second.compiled.columns?.map(({ typeOid }) => typeOid)).toEqual([25, 23])
    await compiler.lake.change('acme', null, [
      { kind: 'dropTable', table: { schema: 'public', name: 'fresh' }, uuid: fresh?.uuid ?? '' },
    ])
    expect((await refusal(analyse('select * from fresh'))).code).toBe('42P01')
    // What did not change is what it was.
    const after = await analyse('select * from orders')
    if (before.kind !== 'lake' || after.kind !== 'lake') throw new Error()
    expect(after.compiled.columns).toEqual(before.compiled.columns)
  })

  it('makes views anew with the table that they stand on, and leaves out what PostgreSQL refuses', async () => {
    await compiler.lake.change('acme', null, [
      createTable('public', 'base', [column('a', 'int'), column('b', 'int')]),
      createTable('public', 'injected', [column('a', 'int); drop table orders; --')]),
      createTable('public', 'constrained', [column('a', 'int primary key')]),
      createTable('public', 'serial', [column('a', 'serial')]),
      createTable('public', 'defaulted', [column('a', 'int', { defaultSql: "pg_read_file('/etc/passwd')::int" })]),
      createView('public', 'over', 'select a, b from public.base', ['a', 'b']),
      createView('public', 'broken', 'select gone from public.base', ['gone']),
    ])
    expect((await analyse('select b from over')).kind).toBe('lake')
    for (const name of ['injected', 'constrained', 'serial', 'broken'])
      expect((await refusal(analyse(`select * from ${name}`))).code).toBe('42P01')
    const [base] = await compiler.lake.load('acme', null, [{ schema: 'public', name: 'base' }])
    await compiler.lake.change('acme', null, [
      {
        kind: 'alterTable',
        table: { schema: 'public', name: 'base' },
        uuid: base?.uuid ?? '',
        columns: [{ ...column('a', 'int'), fieldId: 1 }],
        comment: null,
      },
    ])
    expect((await analyse('select a from base')).kind).toBe('lake')
    // The view names a column that is no longer there.
    expect((await refusal(analyse('select a from over'))).code).toBe('42P01')
    await compiler.lake.change('acme', null, [
      {
        kind: 'alterTable',
        table: { schema: 'public', name: 'base' },
        uuid: base?.uuid ?? '',
        columns: [
          { ...column('a', 'int'), fieldId: 1 },
          { ...column('b', 'text'), fieldId: 2 },
        ],
        comment: null,
      },
    ])
    expect((await analyse('select b from over')).kind).toBe('lake')
    expect((await analyse('select * from orders')).kind).toBe('lake')
  })

  it('answers from memory what it has analysed, and only that', async () => {
    const sql = 'select id from orders where id = 42'
    const first = await analyse(sql)
    expect(await analyse(sql)).toBe(first)
    expect(await analyse(sql, new Map([['application_name', 'x']]))).toBe(first)
    expect(await analyse(sql, new Map([['timezone', 'Europe/Paris']]))).not.toBe(first)
    expect(await front.analyse(sql, [23], NO_SETTINGS, never)).not.toBe(first)
    expect(await compiler.front('acme', 'eve').analyse(sql, [], NO_SETTINGS, never)).not.toBe(first)
    await compiler.lake.change('acme', null, [{ kind: 'commentNamespace', name: 'sales', comment: 'x' }])
    expect(await analyse(sql)).not.toBe(first)
    const momentary = "select 'now'::timestamptz, id from orders"
    expect(await analyse(momentary)).not.toBe(await analyse(momentary))
  })

  it('tells notices of the client', async () => {
    const analysis = await analyse('select * from pg_class where relname = $$x$$::name')
    expect(analysis).toMatchObject({ kind: 'twin', notices: [] })
    const [, second] = [
      await analyse("select '\\x'", new Map([['standard_conforming_strings', 'off']])),
      await analyse("select 'a\\\\b'", new Map([['standard_conforming_strings', 'off']])),
    ]
    expect(second).toMatchObject({ notices: [{ severity: 'WARNING', code: '22P06' }] })
  })
})

describe('query', () => {
  it('streams rows, and says the tag', async () => {
    const analysis = await analyse('select i, repeat($$x$$, 100) from generate_series(1, 5000) i')
    if (analysis.kind !== 'twin') throw new Error()
    const { rows, tag } = await run(front, analysis.statement)
    expect(rows).toHaveLength(5000)
    expect(rows[4999]?.[0]).toBe('5000')
    expect(tag).toBe('SELECT 5000')
  })

  it('takes parameters, and gives binary where it is asked to', async () => {
    const analysis = await front.analyse('select $1 + 1, $2', [23, 25], NO_SETTINGS, never)
    if (analysis.kind !== 'twin') throw new Error()
    const twinRun = await front.query(
      analysis.statement,
      { formats: [1, 0], values: [Buffer.from([0, 0, 0, 41]), null], resultFormats: [1, 0] },
      NO_SETTINGS,
      never,
    )
    const bytes: Buffer[] = []
    for await (const batch of twinRun.batches) bytes.push(Buffer.from(batch.bytes))
    expect(Buffer.concat(bytes)).toEqual(
      Buffer.from([68, 0, 0, 0, 18, 0, 2, 0, 0, 0, 4, 0, 0, 0, 42, 255, 255, 255, 255]),
    )
  })

  it('fails before the first row where PostgreSQL does, and behind it too', async () => {
    expect(await refusal(rowsOf(front, 'select 1/0'))).toMatchObject({ code: '22012' })
    expect(await refusal(rowsOf(front, 'select 100000 / (50000 - i) from generate_series(1, 60000) i'))).toMatchObject({
      code: '22012',
    })
    expect(await rowsOf(front, 'select 1')).toEqual([['1']])
  })

  it('has a limit of rows', async () => {
    expect(await refusal(rowsOf(front, 'select 1 from generate_series(1, 1000001)'))).toMatchObject({ code: '54000' })
  })

  it('ends when the signal says so, and when the reader has had enough', async () => {
    const endless = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b'
    const slow = rowsOf(front, endless, NO_SETTINGS, AbortSignal.timeout(100))
    expect(await refusal(slow)).toMatchObject({ code: '57014' })
    const analysis = await analyse('select i, repeat($$x$$, 1000) from generate_series(1, 500000) i')
    if (analysis.kind !== 'twin') throw new Error()
    const twinRun = await front.query(analysis.statement, NO_BIND, NO_SETTINGS, never)
    for await (const batch of twinRun.batches) {
      expect(batch.rows).toBeGreaterThan(0)
      break
    }
    expect(await rowsOf(front, 'select 1')).toEqual([['1']])
  })
})

describe('values', () => {
  const parameters = (types: number[], values: (string | null)[], settings: Settings = NO_SETTINGS) =>
    front.parameters(
      types,
      { formats: [], values: values.map((value) => (value === null ? null : Buffer.from(value))), resultFormats: [] },
      settings,
      never,
    )

  it('become canonical', async () => {
    expect(await parameters([23, 25, 16], ['42', ' x', 'true'])).toEqual(['42', ' x', 't'])
    expect(await parameters([23, 1700, 16, 25], [' 042 ', '1e3', 'yes', null])).toEqual(['42', '1000', 't', null])
    const odd = new Map([
      ['timezone', 'America/New_York'],
      ['datestyle', 'German'],
      ['intervalstyle', 'iso_8601'],
      ['bytea_output', 'escape'],
    ])
    expect(
      await parameters(
        [1184, 1114, 1082, 1186, 17],
        ['2020-01-01 00:00', '3.2.2020 10:00', '3.2.2020', '1 mon -2 days', '\\x00ff'],
        odd,
      ),
    ).toEqual(['2020-01-01 05:00:00+00', '2020-02-03 10:00:00', '2020-02-03', '1 mon -2 days', '\\x00ff'])
    expect(
      await front.parameters(
        [23, 20],
        { formats: [1], values: [Buffer.from([0, 0, 0, 7]), null], resultFormats: [] },
        NO_SETTINGS,
        never,
      ),
    ).toEqual(['7', null])
  })

  it('are refused by the type', async () => {
    expect(await refusal(parameters([23], ['x']))).toMatchObject({ code: '22P02' })
    expect(await refusal(parameters([21], ['40000']))).toMatchObject({ code: '22003' })
    expect(await refusal(parameters([1082], ['2020-02-30']))).toMatchObject({ code: '22008' })
  })

  it('of expressions', async () => {
    expect(await front.evaluate([], NO_SETTINGS, never)).toEqual([])
    expect(
      await front.evaluate(
        ["to_date('2020 05', 'YYYY MM')", '1.50', 'null::int', "timestamptz '2020-01-01 00:00'"],
        new Map([['timezone', 'Asia/Tokyo']]),
        never,
      ),
    ).toEqual(['2020-05-01', '1.50', null, '2019-12-31 15:00:00+00'])
  })
})

describe('settings', () => {
  it('are checked and shown by PostgreSQL, and nothing is kept', async () => {
    const check = (name: string, value: string | null) => front.checkSetting(name, value, NO_SETTINGS, never)
    expect(await check('search_path', 'a, "B c"')).toBe('a, "B c"')
    expect(await check('DateStyle', 'german')).toBe('German, DMY')
    expect(await check('work_mem', '65536')).toBe('64MB')
    expect(await check('my.own', 'x')).toBe('x')
    expect(await check('work_mem', null)).toBe('4MB')
    expect(await refusal(check('work_mem', 'x'))).toMatchObject({ code: '22023' })
    expect(await refusal(check('nope', 'x'))).toMatchObject({ code: '42704' })
    expect(await refusal(check('log_statement', 'all'))).toMatchObject({ code: '42501' })
    expect(await refusal(check('x"; drop table orders; --', '1'))).toMatchObject({ code: '42704' })
    expect(await refusal(check('role', 'lakewire'))).toMatchObject({ code: '42501' })
    const show = (name: string, settings: Settings = NO_SETTINGS) => front.showSetting(name, settings, never)
    expect(await show('search_path')).toBe('"$user", public')
    expect(await show('search_path', new Map([['search_path', 'x']]))).toBe('x')
    expect(await show('work_mem', new Map([['work_mem', '1GB']]))).toBe('1GB')
    expect(await show('transaction_read_only')).toBe('off')
    expect(await show('client_min_messages')).toBe('notice')
    expect(await show('server_version_num')).toMatch(/^18\d{4}$/)
  })
})

describe('pin', () => {
  it('sees its own changes only, and leaves nothing behind but what the lake has', async () => {
    const session = compiler.front()
    const overlay = await compiler.lake.begin('acme')
    const pinned = await session.pin(NO_SETTINGS, never, overlay)
    await compiler.lake.change('acme', overlay, [
      createTable('public', 'mine', [column('a', 'int'), column('b', 'text')]),
    ])
    expect(await pinned.run('create table mine (a int default 5, b text)', never)).toMatchObject({
      tag: 'CREATE TABLE',
      rows: [],
    })
    const analysis = await session.analyse('select * from mine', [], NO_SETTINGS, never)
    expect(analysis.kind).toBe('lake')
    expect((await refusal(analyse('select * from mine'))).code).toBe('42P01')
    expect(await rowsOf(session, "select count(*) from pg_class where relname = 'mine'")).toEqual([['1']])
    expect(
      (await refusal(rowsOf(session, "select setval(pg_get_serial_sequence('mine', 'a'), 1), nextval('x')"))).code,
    ).toBe('42P01')
    await pinned.rollback()
    await compiler.lake.rollback('acme', overlay)
    expect((await refusal(session.analyse('select * from mine', [], NO_SETTINGS, never))).code).toBe('42P01')
  })

  it('commits to what the lake has committed', async () => {
    const session = compiler.front()
    const overlay = await compiler.lake.begin('acme')
    const pinned = await session.pin(NO_SETTINGS, never, overlay)
    await pinned.run('create table kept (a int)', never)
    await compiler.lake.change('acme', overlay, [createTable('public', 'kept', [column('a', 'int')])])
    await pinned.commit(await compiler.lake.commit('acme', overlay))
    expect((await session.analyse('select a from kept', [], NO_SETTINGS, never)).kind).toBe('lake')
    expect((await analyse('select a from kept')).kind).toBe('lake')
  })

  it('reads and writes COPY data', async () => {
    const session = compiler.front()
    const pinned = await session.pin(NO_SETTINGS, never)
    await pinned.run('create temporary table staged (a int, b text)', never)
    const rows = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('1\tx\n2')
      yield Buffer.from('\ty\n')
    }
    expect(await pinned.copyIn('copy staged from stdin', rows(), never)).toEqual({ rows: 2, notices: [] })
    const out: Uint8Array[] = []
    for await (const bytes of pinned.copyOut('copy staged to stdout (format csv)', never)) out.push(bytes)
    expect(Buffer.concat(out).toString()).toBe('1,x\n2,y\n')
    await pinned.run('savepoint s', never)
    const bad = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('x\ty\n')
    }
    expect(await refusal(pinned.copyIn('copy staged from stdin', bad(), never))).toMatchObject({ code: '22P02' })
    await pinned.run('rollback to savepoint s', never)
    expect((await pinned.run('select count(*) from staged', never)).rows).toEqual([['2']])
    expect(await refusal(pinned.copyIn('copy nowhere from stdin', rows(), never))).toMatchObject({ code: '42P01' })
    await pinned.rollback()
  })

  it('keeps the settings of the session over a savepoint', async () => {
    const session = compiler.front()
    const pinned = await session.pin(NO_SETTINGS, never)
    const tokyo = new Map([['timezone', 'Asia/Tokyo']])
    const zone = "select current_setting('timezone')"
    await pinned.run('savepoint s', never)
    expect(await rowsOf(session, zone, tokyo)).toEqual([['Asia/Tokyo']])
    await pinned.run('rollback to savepoint s', never)
    expect(await rowsOf(session, zone, tokyo)).toEqual([['Asia/Tokyo']])
    expect((await pinned.run(zone, never)).rows).toEqual([['Asia/Tokyo']])
    expect(await rowsOf(session, zone)).toEqual([['UTC']])
    await pinned.rollback()
  })

  it('outlives a statement that is cancelled, and a result that nobody reads to its end', async () => {
    const session = compiler.front()
    const pinned = await session.pin(NO_SETTINGS, never)
    await pinned.run('create temporary table t (a int)', never)
    await pinned.run('savepoint s', never)
    const endless = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b'
    expect(await refusal(rowsOf(session, endless, NO_SETTINGS, AbortSignal.timeout(100)))).toMatchObject({
      code: '57014',
    })
    await pinned.run('rollback to savepoint s', never)
    const analysis = await session.analyse(
      'select i, repeat($$x$$, 1000) from generate_series(1, 20000) i',
      [],
      NO_SETTINGS,
      never,
    )
    if (analysis.kind !== 'twin') throw new Error()
    const twinRun = await session.query(analysis.statement, NO_BIND, NO_SETTINGS, never)
    for await (const batch of twinRun.batches) {
      expect(batch.rows).toBeGreaterThan(0)
      break
    }
    // Longer than a cancel request that is not heard may take.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect((await pinned.run('select count(*) from t', never)).rows).toEqual([['0']])
    await pinned.rollback()
  })
})
