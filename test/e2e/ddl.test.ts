import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Both, startBoth, talk } from '../harness/both.ts'

/** Definitions change here as on a PostgreSQL 18; the lake's own catalog says what has come of them. */

let both: Both
let token: string

beforeAll(async () => {
  both = await startBoth()
  token = ((await both.server.cli('token', 'create', '--tenant', 'acme')) as { token: string }).token
})

afterAll(async () => {
  await both?.stop()
})

async function same(...statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    const [ours, theirs] = await both.run(sql)
    expect([sql, ...ours]).toEqual([sql, ...theirs])
  }
}

type Metadata = {
  'table-uuid': string
  'current-schema-id': number
  schemas: {
    'schema-id': number
    fields: { id: number; name: string; type: unknown; required: boolean; doc?: string }[]
  }[]
  'partition-specs': { fields: { 'source-id': number; name: string; transform: string }[] }[]
}

const tablesOf = (schema: string) => `${both.server.httpUrl}/v1/acme/namespaces/acme%1F${schema}/tables`

async function fromCatalog<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}

async function metadataOf(name: string, schema = 'public'): Promise<Metadata> {
  return (await fromCatalog<{ metadata: Metadata }>(`${tablesOf(schema)}/${name}`)).metadata
}

async function tableNames(schema = 'public'): Promise<string[]> {
  const { identifiers } = await fromCatalog<{ identifiers: { name: string }[] }>(tablesOf(schema))
  return identifiers.map(({ name }) => name).sort()
}

function fieldsOf(metadata: Metadata) {
  return metadata.schemas.find((each) => each['schema-id'] === metadata['current-schema-id'])?.fields ?? []
}

describe('as PostgreSQL does', () => {
  test('what a view says does not hang on the styles of the session that made it', async () => {
    await same(
      `set datestyle = 'German'`,
      `set intervalstyle = 'sql_standard'`,
      `set bytea_output = 'escape'`,
      'create table styled (i int)',
      'insert into styled values (1)',
      `create view styled_view as
         select i, date '03.02.2024' as d, interval '-3 04:00:00' as s, '\\377'::bytea as b from styled`,
      'select * from styled_view',
      'reset all',
      'select * from styled_view',
      `select pg_get_viewdef('styled_view'::regclass)`,
      'drop view styled_view',
      'drop table styled',
    )
  })

  test('schemas, tables, views, comments; renames and what stands on them', async () => {
    await same(
      'create schema sales',
      'create schema if not exists sales',
      'create schema sales',
      `comment on schema sales is 'it''s'`,
      'create schema made create table made.t (i int) create view made.v as select i from made.t',
      'select * from made.v',
      `create table t (id bigint not null, name varchar(10), d date default date '2024-01-01', n numeric(8,2))`,
      'create table if not exists t (x int)',
      'create table t (x int)',
      `insert into t (id, name, n) values (1, 'a', 1.5), (2, 'b', 2.5)`,
      `comment on table t is 'the t'`,
      `comment on column t.name is 'the name'`,
      'create view v as select id, name from t where id > 0',
      'create view vv as select upper(name) as u, id from v',
      'create or replace view v as select id, name, d from t where id > 1',
      'select * from vv',
      'create or replace view v as select name from t',
      'alter table t rename column name to title',
      'select * from vv',
      'alter view v rename to w',
      'select * from vv',
      'select * from v',
      'alter view w rename column name to nm',
      `comment on column w.nm is 'renamed'`,
      'select * from w',
      'alter table t rename to t2',
      'alter table t2 set schema sales',
      'select * from vv',
      'alter schema sales rename to sold',
      'select * from vv',
      'alter view vv set schema sold',
      'select * from sold.vv',
      'select id, title from sold.t2 order by id',
      `select obj_description('sold.t2'::regclass), col_description('sold.t2'::regclass, 2), obj_description('sold'::regnamespace)`,
      'drop table sold.t2',
      'alter table sold.t2 drop column title',
      'alter table sold.t2 alter column title type text',
      'drop view w',
      'drop view w cascade',
      'alter table sold.t2 alter column title type text',
      'alter table sold.t2 alter column n type numeric(12,2)',
      `alter table sold.t2 alter column d set default '2025-05-05'`,
      'insert into sold.t2 (id) values (3)',
      'alter table sold.t2 alter column d drop default',
      'alter table sold.t2 alter column id drop not null',
      'insert into sold.t2 (id) values (null)',
      `alter table sold.t2 add column c1 int default 7, add column c2 text default 'x''y', add column c3 int`,
      'select * from sold.t2 order by id',
      'alter table sold.t2 add column if not exists c1 int',
      'alter table sold.t2 add column c1 int',
      'alter table sold.t2 drop column if exists zz',
      'alter table sold.t2 drop column zz',
      'alter table sold.t2 drop column c1, drop column c3',
      'select * from sold.t2 order by id',
      'alter table if exists nothing add column x int',
      'alter table nothing add column x int',
      'drop schema sold',
      'drop schema sold cascade',
      'drop schema if exists sold',
      'drop schema made restrict',
      'drop schema made cascade',
      'drop table if exists a, b',
      'create schema pg_foo',
      'create table nos.e3 (a int)',
      'create table e3 (a nosuch)',
      'create table e1 (a int); create table e2 (a int, a int)',
      'select * from e1',
    )
  })

  test('names with everything in them', async () => {
    await same(
      'create table "Tab le" ("Col umn" int, "a""b" text default \'q\')',
      'insert into "Tab le" values (1), (2)',
      'alter table "Tab le" add "c;d" int default 5',
      'alter table "Tab le" rename "a""b" to "x.y"',
      'select * from "Tab le" order by 1',
      'drop table "Tab le"',
    )
  })

  test('definitions, rows, savepoints and failures in one block', async () => {
    await same(
      'create table b (a int, b text)',
      `insert into b values (1, 'x'), (2, 'y')`,
      'begin',
      `alter table b add column c int default 5, add column d date default '2020-01-01'`,
      'select * from b order by a',
      'insert into b (a) values (3)',
      'create table u as select a, c from b',
      'savepoint s1',
      `alter table u add column z text default 'zz'`,
      'alter table u rename a to aa',
      'drop table b',
      'select * from b',
      'rollback to s1',
      'select * from b order by a',
      'select * from u order by a',
      'create table w (i int)',
      'insert into w values (1)',
      'release s1',
      'alter table w add column j int default 9',
      'commit',
      'select * from w',
      'begin',
      'alter table b add column e int default 1',
      'select nosuch',
      'alter table b add column f int default 1',
      'commit',
      'select * from b order by a',
      'create schema "user"',
      'create table "user"."order" ("select" int)',
      'insert into "user"."order" values (1)',
      'alter table "user"."order" add column "table" int default 5',
      'select * from "user"."order"',
      'create table "user"."group" as select "table" as "where" from "user"."order"',
      'select * from "user"."group"',
      'truncate "user"."group"',
      'drop schema "user" cascade',
      'begin',
      'create schema ss',
      'create table ss.q (a int)',
      'insert into ss.q values (1), (2)',
      'create view ss.qv as select count(*) from ss.q',
      'select * from ss.qv',
      'truncate ss.q',
      'select * from ss.qv',
      'drop schema ss cascade',
      'drop table u',
      'create table u (different text)',
      `insert into u values ('n')`,
      'alter table u rename to u2',
      'create table u (n int)',
      'commit',
      'select * from u2',
      'select * from u',
      'begin',
      'create table z1 (a int)',
      'alter table z1 add column b int not null default 4',
      'insert into z1 (a) values (1)',
      'alter table z1 drop column a',
      'alter table z1 add column a text',
      'select * from z1',
      'rollback',
      'select * from z1',
    )
    expect(fieldsOf(await metadataOf('b')).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('CREATE TABLE AS and SELECT INTO', async () => {
    await same(
      `create table ct1 as select 1 as a, 'x' as b, now()::date - current_date as c`,
      'select * from ct1',
      `create table ct2 (x, y) as values (1, 'a'), (2, 'b')`,
      'create table ct3 as (select * from ct2) with no data',
      'select * from ct3',
      'create table ct4 as with q as (select x from ct2) select * from q union all select x + 1 from ct2 order by 1',
      'select * from ct4 order by 1',
      'create table if not exists ct4 as select 1 as one',
      'create table ct4 as select 1',
      'create table "as" ("as") as /* as */ select x as "with" -- with no data\nfrom ct2 with data',
      'select * from "as" order by 1',
      'create table ct5 as select nosuch from ct2',
      'create table ct5 as   select 1 as a, 2 as a',
      'create table ct5 as select 1',
      'create table ct6 as table ct2',
      'create table ct7 as ((select 1 as a) union (select 2)) with no data',
      `create table ct8 as select 'with no data' as s, $$as$$ as d`,
      'select * from ct8',
      'select x, y into ct9 from ct2 where x > 1',
      'with q as (select 3 as n) select n into table ct10 from q',
      'select x into ct9 from ct2',
      'select nosuch into ct99 from ct2',
      'create table ct12 as select x from ct2 where false',
      'create table ct13 as select row(1, 2) as r',
      `create table ct14 as select array[1,2] as r, null as n, '{"a":1}'::jsonb as j, interval '1 day' as i, 1.5 as num, 'a'::char(5) as c`,
      'select * from ct14',
      'create table ct15 (a, b, c) as select 1, 2',
      'create table nosch.ct as select 1 as a',
      'create table ct18 as delete from ct2 returning x',
    )
  })

  test('CREATE TABLE AS with parameters', async () => {
    const { default: pg } = await import('pg')
    const client = new pg.Client(both.login)
    await client.connect()
    await client.query('create table cp as select $1::int as a, $2::text as b where $1 > 2', [3, 'x'])
    expect((await client.query('select * from cp')).rows).toEqual([{ a: 3, b: 'x' }])
    await client.end()
  })

  test('TRUNCATE takes all of its tables or none', async () => {
    await same(
      'create table tr1 as select 1 as a',
      'create table tr2 as select 2 as a',
      'create view trv as select * from tr1',
      'truncate tr1, nosuch',
      'truncate trv',
      'truncate pg_class',
      'select * from tr1',
      'begin',
      'truncate table only tr1, tr2 restart identity',
      'select count(*) from tr1',
      'rollback',
      'select count(*) from tr1',
      'truncate tr1, tr2 cascade',
      'select count(*) from tr1',
      'select count(*) from tr2',
    )
  })
})

describe('partitions', () => {
  const COLUMNS = 'id bigint, d date, name text, k int, ts timestamp, tz timestamptz, "Odd, Name" int, vc varchar(9)'
  test.each<[string, string[]]>([
    [
      'range (month(d), bucket(4,id), truncate(3,name), k)',
      ['d month', 'id bucket[4]', 'name truncate[3]', 'k identity'],
    ],
    [`range (date_trunc('day', ts), k)`, ['ts day', 'k identity']],
    ['range (year(ts), hour(tz))', ['ts year', 'tz hour']],
    ['list (name)', ['name identity']],
    ['range ("Odd, Name")', ['Odd, Name identity']],
    ['range (bucket(4, vc), truncate(2, vc))', ['vc bucket[4]', 'vc truncate[2]']],
  ])('by %s', async (key, expected) => {
    expect(await both.ours(`drop table if exists p; create table p (${COLUMNS}) partition by ${key}`)).toContain(
      'CREATE TABLE',
    )
    const metadata = await metadataOf('p')
    const names = new Map(fieldsOf(metadata).map(({ id, name }) => [id, name]))
    const spec = metadata['partition-specs'][0]?.fields ?? []
    expect(spec.map((field) => `${names.get(field['source-id'])} ${field.transform}`)).toEqual(expected)
    const rows = `(1, '2024-01-05', 'abcdef', 1, 1), (2, '2024-02-05', 'xyz', 2, null)`
    expect(await both.ours(`insert into p (id, d, name, k, "Odd, Name") values ${rows}`)).toEqual(['INSERT 0 2'])
    expect(await both.ours('select id, name from p order by id')).toEqual(['1|abcdef', '2|xyz', 'SELECT 2'])
  })

  test('a column of the partition key stays, but may be renamed', async () => {
    await both.ours('drop table if exists p; create table p (d date, k int) partition by range (month(d))')
    expect(await both.ours('alter table p drop column d')).toEqual([expect.stringMatching(/^error 0A000 /)])
    expect(await both.ours('alter table p rename d to day')).toEqual(['ALTER TABLE'])
  })
})

describe('what the lake cannot hold is refused, and leaves nothing behind', () => {
  beforeAll(async () => {
    await both.ours(
      'create table base (a int, b text); insert into base values (1); create view bv as select a from base',
    )
  })

  test.each([
    'create table r (a int primary key)',
    'create table r (a int unique)',
    'create table r (a int check (a > 0))',
    'create table r (a int generated always as identity)',
    'create table r (a serial)',
    'create table r (a int, b int generated always as (a + 1) stored)',
    'create table r (a int, b int generated always as (a + 1) virtual)',
    'create unlogged table r (a int)',
    'create table r () inherits (base)',
    'create table r (a int) with (fillfactor = 50)',
    'create table r as select 1 as a, point(1, 2) as p',
    'create table r (a int) partition by hash (a)',
    'create table r (a int) partition by range ((a + 1))',
    'create table r (a text collate "und-x-icu")',
    'create table r (a point)',
    'create table r (a int4range)',
    'create table r (a inet)',
    'create table r (a base)',
    'create table r (a numeric(50,2))',
    'create table r ()',
    'create schema "dot.ted"',
    'create schema g create table g.t (a int) grant select on g.t to public',
    'create schema g create table g.t (a int) create index on g.t (a)',
    'create schema g create sequence g.s',
    "create type mood as enum ('a')",
    'create domain dd as int',
    'create sequence s',
    'create index on base (a)',
    "create function f() returns int language sql as 'select 1'",
    'create trigger tr before insert on base for each row execute function suppress_redundant_updates_trigger()',
    'create rule ru as on insert to base do nothing',
    'create policy pol on base',
    'create materialized view mv as select 1 as a',
    'alter table base add primary key (a)',
    'alter table base add constraint ck check (a > 0)',
    'alter table base add column z serial',
    'alter table base set (fillfactor = 50)',
    'alter table base set unlogged',
    'alter table base owner to alice',
    'alter table base enable row level security',
    'alter table base replica identity full',
    'alter table base alter b set storage plain',
    'alter table base alter b type text collate "und-x-icu"',
    'alter table base alter a type text',
    'alter table base alter b type text using b || b',
    'alter table base alter a set not null',
    'alter table base add column n int not null default 1',
    'alter view bv alter column a set default 3',
    'grant select on base to public',
    'revoke select on base from public',
  ])('%s', async (sql) => {
    const [before, twin] = [await tableNames(), await both.ours(CATALOG)]
    const said = await both.ours(sql)
    expect(said.at(-1)).toMatch(/^error 0A000 \| .* (?:is|are) not supported|^error 0A000 \| cannot alter type/)
    expect(await tableNames()).toEqual(before)
    expect(await both.ours(CATALOG)).toEqual(twin)
    expect(fieldsOf(await metadataOf('base')).map(({ name, type }) => [name, type])).toEqual([
      ['a', 'int'],
      ['b', 'string'],
    ])
  })

  test.each(['alter table t9 alter b type int', 'alter table t9 alter a type smallint'])(
    'without rows, columns change as they like: %s',
    async (sql) => {
      await both.ours('drop table if exists t9; create table t9 (a int, b text)')
      expect(await both.ours(`${sql}${sql.includes('b type') ? ' using b::int' : ''}`)).toEqual(['ALTER TABLE'])
    },
  )

  const CATALOG = `select table_schema, table_name, column_name, data_type from information_schema.columns
    where table_schema not in ('pg_catalog', 'information_schema') order by 1, 2, ordinal_position`
})

describe('several sessions', () => {
  test('change one table at once: both changes come true', async () => {
    const [a, b] = [await both.connect(), await both.connect()]
    await talk(a, 'create table two (i int)')
    const said = await Promise.all([
      talk(a, 'alter table two add column a int'),
      talk(b, 'alter table two add column b int'),
    ])
    expect(said).toEqual([['ALTER TABLE'], ['ALTER TABLE']])
    expect(await talk(b, 'select i, a, b from two')).toEqual(['SELECT 0'])
    const made = await Promise.all([talk(a, 'create table one (i int)'), talk(b, 'create table one (i int)')])
    expect(made.flat().sort()).toEqual(['CREATE TABLE', 'error 42P07 | relation "one" already exists'])
    a.end()
    b.end()
  })

  test('blocks that make tables of their own at the same time do not meet', async () => {
    const clients = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, client: await both.connect() })))
    const said = await Promise.all(
      clients.map(({ name, client }) =>
        talk(
          client,
          `begin; create table own_${name} as select 1 as i; alter table own_${name} rename to mine_${name};
           create view seen_${name} as select * from mine_${name}; commit; drop table mine_${name} cascade`,
        ),
      ),
    )
    for (const one of said) {
      expect(one.filter((line) => line.startsWith('error'))).toEqual([])
      expect(one.at(-1)).toBe('DROP TABLE')
    }
    for (const { client } of clients) client.end()
  })

  test('a change is seen at once; who asks for a table that a block changes waits for its end, as in PostgreSQL', async () => {
    const [a, b] = [await both.connect(), await both.connect()]
    await talk(a, 'create table seen (i int)')
    expect(await talk(b, 'select * from seen')).toEqual(['SELECT 0'])
    await talk(a, 'begin')
    await talk(a, 'alter table seen add column j int')
    expect(await talk(a, 'select j from seen')).toEqual(['SELECT 0'])
    const waiting = talk(b, 'select j from seen')
    await talk(a, 'rollback')
    expect(await waiting).toEqual([expect.stringMatching(/^error 42703 /)])
    await talk(a, 'begin; alter table seen add column j int; commit')
    expect(await talk(b, 'select j from seen')).toEqual(['SELECT 0'])
    a.end()
    b.end()
  })

  test('a change through the REST catalog is seen within a second, and goes on from there', async () => {
    await both.ours('create table ext (i int)')
    const metadata = await metadataOf('ext')
    await fromCatalog(`${tablesOf('public')}/ext`, {
      requirements: [{ type: 'assert-table-uuid', uuid: metadata['table-uuid'] }],
      updates: [
        {
          action: 'add-schema',
          schema: {
            type: 'struct',
            fields: [...fieldsOf(metadata), { id: 7, name: 'n', required: false, type: 'string' }],
          },
        },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
    })
    await expect.poll(() => both.ours('select n from ext')).toEqual(['SELECT 0'])
    expect(await both.ours(`alter table ext add column more int default 2; insert into ext (n) values ('x')`)).toEqual([
      'ALTER TABLE',
      'INSERT 0 1',
    ])
    expect(await both.ours('select * from ext')).toEqual(['NULL|x|2', 'SELECT 1'])
  })
})

test('the lake has what PostgreSQL knows: required, comments, field ids that stay', async () => {
  await both.ours(`create table meta (a int not null, b varchar(3)); comment on column meta.b is 'the b'`)
  const before = fieldsOf(await metadataOf('meta'))
  expect(before).toEqual([
    { id: 1, name: 'a', required: true, type: 'int' },
    { id: 2, name: 'b', required: false, type: 'string', doc: 'the b' },
  ])
  await both.ours('alter table meta rename b to c; alter table meta alter a type bigint; alter table meta add b date')
  expect(fieldsOf(await metadataOf('meta')).map(({ id, name, type }) => [id, name, type])).toEqual([
    [1, 'a', 'long'],
    [2, 'c', 'string'],
    [3, 'b', 'date'],
  ])
})

test('EXPLAIN knows that a table without rows has none', async () => {
  await both.ours('create table empty (a int)')
  const plan = (await both.ours('explain select * from empty')).join('\n')
  expect(plan).toMatch(/Estimated Bytes: 0\n {2}Estimated Rows: 0/)
})
