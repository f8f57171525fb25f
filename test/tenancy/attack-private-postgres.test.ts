import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { psql } from '../harness/psql.ts'
import { type Lakewire, type Login, startLakewire, urlOf } from '../harness/start.ts'

/**
 * A user against the private PostgreSQL of their own tenant: rights beyond a plain user's, its files and settings, objects
 * that would wait there for others, and its strength. Attack ids are those of the house's list.
 */

let server: Lakewire
let login: Login
let alice: pg.Client
let neighbour: pg.Client

beforeAll(async () => {
  server = await startLakewire()
  login = await server.makeUser('acme', 'alice')
  alice = await connected(login)
  neighbour = await connected(await server.makeUser('globex', 'bob'))
  await alice.query('create table orders (id int)')
  await neighbour.query('create table orders (id int)')
})

afterAll(async () => {
  await alice?.end()
  await neighbour?.end()
  await server?.stop()
})

async function connected(to: Login, options?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(to), ...(options === undefined ? {} : { options }) })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => undefined,
    (error: pg.DatabaseError) => error.code,
  )
}

describe('rights', () => {
  test.each([
    ['S15', 'set role lakewire', '42501'],
    ['S15', 'set role lakehouse', '42501'],
    ['S15', 'set session authorization lakewire', '42501'],
    ['S15', "select set_config('role', 'lakewire', false)", '42501'],
    ['S15', 'alter table orders owner to lakewire', '42501'],
    ['S15', 'create schema mine authorization lakewire', '42501'],
    ['S9', 'create table pg_catalog.mine (i int)', '42501'],
    ['S9', 'create view pg_catalog.mine as select 1', '42501'],
    ['S9', 'create temporary table pg_catalog.mine (i int)', '42501'],
    ['S9', 'create schema pg_mine', '42939'],
    ['S9', 'create table lakewire.mine (i int)', '3F000'],
    ['S9', 'create table mine () inherits (pg_class)', '42501'],
    ['S9', 'create table mine (like pg_authid)', '42501'],
    ['S12', 'create extension hstore', '0A000'],
    ['S12', "create function mine() returns int language sql as 'select 1'", '0A000'],
    ['S12', 'create operator === (leftarg = int, rightarg = int, function = int4eq)', '0A000'],
    ['S12', 'create rule mine as on insert to orders do nothing', '0A000'],
    ['S12', 'do $$ begin end $$', '0A000'],
    ['S12', "set dynamic_library_path = '/tmp'", '42501'],
    ['S12', "set local_preload_libraries = 'x'", '42501'],
    ['S12', 'set allow_system_table_mods = on', '42501'],
    ['S12', 'set debug_print_rewritten = off', '42501'],
    ['R2', "set session query_max_memory = '1GB'", '42704'],
    ['R6', 'select * from system.runtime.queries', '0A000'],
    ['R6', 'show catalogs', '42704'],
    ['R7', "select * from table(system.builtin.query('select 1'))", '42601'],
    ['R8', "call lake.system.register_table('acme', 'x', 's3://x')", '0A000'],
    ['R8', "alter table orders execute remove_orphan_files(retention_threshold => '0d')", '42601'],
    ['R9', "create table mine (i int) with (location = 's3://lake/globex/')", '22023'],
    ['R9, I4', 'alter table orders set ("write.metadata.path" = \'s3://lake/globex\')', '22023'],
    ['R10', 'select * from "orders$files"', '42P01'],
    ['R10', 'select * from "orders$snapshots"', '42P01'],
    ['R10', 'select "$path" from orders', '42703'],
    ['R11', 'select * from orders for version as of 1', '42601'],
    ['R13', 'show create table orders', '42601'],
    ['P10', "copy orders from '/etc/passwd'", '42501'],
    ['P10', "copy orders to program 'id'", '42501'],
  ])('%s: %s', async (_id, sql, code) => {
    expect(await codeOf(alice.query(sql))).toBe(code)
  })

  test('W15: startup options give none either', async () => {
    for (const options of ['-c role=lakewire', '-c search_path=x -c session_authorization=lakewire']) {
      expect([options, await codeOf(connected(login, options))]).toEqual([options, '42501'])
    }
    const client = await connected(login, '-c my.value=x\\ -c\\ role=lakewire')
    expect((await client.query("select current_user::text, current_setting('my.value') as value")).rows).toEqual([
      { current_user: 'alice', value: 'x -c role=lakewire' },
    ])
    await client.end()
  })

  test('S12: a view that runs as its owner reads no more than its reader', async () => {
    await alice.query('create view as_owner with (security_invoker = false) as select rolpassword from pg_authid')
    expect(await codeOf(alice.query('select * from as_owner'))).toBe('42501')
    await alice.query('drop view as_owner')
  })
})

test('S16: nothing of the machine is told', async () => {
  for (const name of ['data_directory', 'config_file', 'hba_file', 'unix_socket_directories', 'log_directory']) {
    expect([name, await codeOf(alice.query(`show ${name}`))]).toEqual([name, '42501'])
  }
  for (const view of ['pg_config', 'pg_file_settings', 'pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_aios']) {
    expect([view, await codeOf(alice.query(`select * from ${view}`))]).toEqual([view, '42501'])
  }
  const { rows } = await alice.query('select * from pg_settings')
  expect(JSON.stringify(rows)).not.toContain(server.dataDir)
  expect(JSON.stringify(rows)).not.toContain('node_modules')
})

test('S5, S21: text that would be SQL stays text on its way into the lake and back', async () => {
  await alice.query(`create view shown as select '; drop table x; --' as "a"";--", E'\\\\' as b, $$'$$ as c`)
  await alice.query(`comment on view shown is E'x\\'; reset role; --\\\\'`)
  await alice.query(`create table defaults (a text default E'\\'); drop table orders; --\\\\')`)
  await alice.query('insert into defaults values (default)')
  // made anew out of the lake: another session brings the twin up to date
  const other = await connected(login)
  expect((await other.query('select * from shown')).rows).toEqual([{ 'a";--': '; drop table x; --', b: '\\', c: "'" }])
  expect((await other.query("select obj_description('shown'::regclass) as said")).rows).toEqual([
    { said: "x'; reset role; --\\" },
  ])
  expect((await other.query('select * from defaults')).rows).toEqual([{ a: "'); drop table orders; --\\" }])
  await other.end()
})

describe('strength: refused, and the next statement and the neighbour are answered', () => {
  test.each([
    ['S17', `select ${'1+'.repeat(190_000)}1`, '54001'],
    ['S17', `select 1 ${'union select 1 '.repeat(50_000)}`, '54001'],
    ['S19', `select ${'id+'.repeat(3000)}id from orders`, '54001'],
    ['S19', `select ${'id+'.repeat(1150)}id from orders`, '54001'],
    ['S19', `select ${'(select '.repeat(2000)}1${')'.repeat(2000)} from orders`, '54001'],
    ['C12', 'select count(*) from generate_series(1, 1000000000000)', '53400'],
    ['D4', "select repeat('x', 900000000)", '53200'],
  ])('%s: %#', async (_id, sql, code) => {
    expect(await codeOf(alice.query(sql))).toBe(code)
    expect((await alice.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect((await neighbour.query('select count(*)::int as n from orders')).rows).toEqual([{ n: 0 }])
  })

  test('D3, S12: regular expressions that would run for ever are ended', async () => {
    await alice.query('insert into orders values (1)')
    await alice.query("set statement_timeout = '500ms'")
    const endless = "select count(*) from orders where repeat('a', 40 + id) ~ '((((a+)+)+)+)+\\1\\2b'"
    expect(await codeOf(alice.query(endless))).toBe('57014')
    await alice.query('reset statement_timeout')
    expect((await alice.query('select * from orders')).rows).toEqual([{ id: 1 }])
  })
})

describe('words of a statement that runs with the right to change the schema', () => {
  const objects = `select relname from pg_class where relname like 'pwn%'`

  test.each([
    [
      'S12',
      'an option of COPY that ends it',
      'copy cp from stdin ("header false); commit; begin read write; create table public.pwn1(x int); commit; --");',
    ],
    [
      'S5',
      'a string that goes on over a line',
      "copy cp from stdin (null E'a'\n'b\\') -- ',\n where '); commit; begin read write; create table public.pwn2(i int); commit; --' );",
    ],
    [
      'S5',
      'a WHERE of COPY with another statement',
      'copy cp from stdin where true; create table public.pwn3 as select 1;',
    ],
  ])('%s: %s leaves nothing of its own', async (_id, _what, statement) => {
    await alice.query('create table if not exists cp (i int, t text)')
    await psql(login, `${statement}\n1\tx\n\\.\n`)
    await psql(login, 'drop table if exists pwn3')
    expect((await alice.query(objects)).rows).toEqual([])
    expect((await alice.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('S5: CREATE TABLE AS cannot keep the query from being left to the engine', async () => {
    const hidden = "create table zz as select g from generate_series(1,100000) g where g::text <> E'a'\n'b\\' ' -- '"
    await codeOf(alice.query(hidden))
    const { rows } = await alice.query(
      `select coalesce(max(pg_relation_size(oid)), 0) as size from pg_class where relname = 'zz'`,
    )
    expect(rows).toEqual([{ size: '0' }])
  })
})
