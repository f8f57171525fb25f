import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { psql } from '../harness/psql.ts'
import { type Lakewire, type Login, startLakewire } from '../harness/start.ts'

/** psql's meta commands give the same here and on a PostgreSQL 18 with the same relations, but for what is named below. */

const FIXTURE = `
create table orders (id bigint not null, placed date, price numeric(12,2), note text default 'none', tags text[], paid boolean);
comment on table orders is 'what was ordered';
comment on column orders.note is 'free text';
create view recent as select id, placed, upper(note) as loud from orders where placed > date '2024-01-01';
create schema sales;
create table sales.regions (code varchar(3), name text not null, at timestamp with time zone);
create view sales.named as select name from sales.regions;
comment on view sales.named is 'only names';
`

let server: Lakewire
let oracle: RunningPostgres
let ours: Login
let theirs: Login

beforeAll(async () => {
  ;[server, oracle] = await Promise.all([startLakewire(), startPostgres({ database: 'acme' })])
  ours = await server.makeUser('acme', 'alice')
  const admin = new pg.Client({ ...oracle, ...{ database: 'acme' } })
  await admin.connect()
  // as in a tenant: the owner of everything is a role that its users are members of
  await admin.query(`create role lakehouse; create role alice login password 'secret' in role lakehouse;
    grant create on database acme to lakehouse; alter schema public owner to lakehouse; set role lakehouse; ${FIXTURE}`)
  await admin.end()
  theirs = { host: oracle.host, port: oracle.port, database: 'acme', user: 'alice', password: 'secret' }
  const made = await psql(ours, FIXTURE, ['-v', 'ON_ERROR_STOP=1'])
  expect(made).toMatchObject({ code: 0, stderr: '' })
})

afterAll(async () => {
  await server?.stop()
  await oracle?.stop()
})

const EXACT = [
  '\\d',
  '\\dt',
  '\\dt *.*orders*',
  '\\dt sales.*',
  '\\dv',
  '\\dv sales.*',
  '\\dm',
  '\\di',
  '\\ds',
  '\\df',
  '\\da nothing',
  '\\dn',
  '\\dT',
  '\\d orders',
  '\\d recent',
  '\\d+ orders',
  '\\d sales.regions',
  '\\d nothing',
  '\\dp orders',
  '\\dx nothing',
  '\\df pg_catalog.upper',
  '\\do pg_catalog.||',
  '\\dd nothing',
  '\\conninfo_is_not_a_command',
]

/** Columns whose values are of the machine, not of the relations. */
function comparable(text: string): string {
  return text
    .replace(/\r/g, '')
    .replace(/ +$/gm, '')
    .replace(/^psql:.*?: /gm, '')
    .replace(/^LOCATION: .*\n/gm, '')
}

describe('equal to PostgreSQL 18', () => {
  test.each(EXACT)('%s', async (command) => {
    const [here, there] = await Promise.all([psql(ours, `${command}\n`), psql(theirs, `${command}\n`)])
    expect(comparable(here.stdout)).toBe(comparable(there.stdout))
    expect(comparable(here.stderr)).toBe(comparable(there.stderr))
    expect(here.code).toBe(there.code)
  })
})

/** Where ours differs from PostgreSQL's, and what of it to leave out of the comparison. */
const DIFFERENT: readonly [command: string, reason: string, strip: (text: string) => string][] = [
  [
    '\\d+ recent',
    'views ask with the rights of who asks',
    (text) => text.replace('Options: security_invoker=true\n', ''),
  ],
  [
    '\\d+ sales.named',
    'views ask with the rights of who asks',
    (text) => text.replace('Options: security_invoker=true\n', ''),
  ],
  [
    '\\sv recent',
    'views ask with the rights of who asks',
    (text) => text.replace("\n WITH (security_invoker='true')", ''),
  ],
]

describe('equal to PostgreSQL 18, but for one thing', () => {
  test.each(DIFFERENT)('%s: %s', async (command, _reason, strip) => {
    const [here, there] = await Promise.all([psql(ours, `${command}\n`), psql(theirs, `${command}\n`)])
    expect(here.stdout).not.toBe(there.stdout)
    expect(strip(comparable(here.stdout))).toBe(strip(comparable(there.stdout)))
  })
})

/** Title, column names, and the first column of each row. */
function shape(text: string): { title: string; columns: string[]; names: string[] } {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\(\d+ rows?\)$/.test(line))
  const rule = lines.findIndex((line) => /^[-+]+$/.test(line))
  const cells = (line: string) => line.split('|').map((cell) => cell.trim())
  return {
    title: rule >= 2 ? (lines[0] ?? '').trim() : '',
    columns: cells(lines[rule - 1] ?? ''),
    names: lines.slice(rule + 1).map((line) => cells(line)[0] ?? ''),
  }
}

/** What differs, and why: sizes and ACLs are the lake's, and only the tenant's own database and users are shown. */
const SHAPES: readonly [string, (names: string[]) => string[]][] = [
  ['\\dt+', (names) => names],
  ['\\dv+', (names) => names],
  ['\\dn+', (names) => names],
  ['\\l', (names) => names.filter((name) => name === 'acme')],
  ['\\l+', (names) => names.filter((name) => name === 'acme')],
  ['\\du', (names) => names.filter((name) => name === 'alice')],
  ['\\dg+', (names) => names.filter((name) => name === 'alice')],
  ['\\dfS upper', (names) => names],
  ['\\dTS int8', (names) => names],
]

describe('equal in shape to PostgreSQL 18', () => {
  test.each(SHAPES)('%s', async (command, kept) => {
    const [here, there] = await Promise.all([psql(ours, `${command}\n`), psql(theirs, `${command}\n`)])
    // psql 15 and 16 ask for a column that PostgreSQL 18 no longer has: they are answered here all the same
    const isOld = there.stderr.includes('column d.daticulocale does not exist')
    expect(comparable(here.stderr)).toBe(isOld ? '' : comparable(there.stderr))
    const [a, b] = [shape(here.stdout), shape(there.stdout)]
    expect(kept(a.names).length).toBeGreaterThan(0)
    if (!isOld) expect({ ...a, names: kept(a.names) }).toEqual({ ...b, names: kept(b.names) })
  })
})

test('a session as people have one: create, load, ask, change, explain', async () => {
  const { stdout, stderr, code } = await psql(
    ours,
    String.raw`\set ON_ERROR_STOP on
create table f (carrier text, dep_delay int);
\copy f from stdin with (delimiter ',', null '')
UA,10
UA,20
DL,
\.
select carrier, count(*), avg(dep_delay) from f group by 1 order by 2 desc limit 5;
create table late as select * from f where dep_delay > 15;
update late set dep_delay = dep_delay + 1;
alter table late add column reason text;
merge into late using f on late.carrier = f.carrier and f.dep_delay = 10 when matched then update set reason = 'x' when not matched then do nothing;
select * from late;
delete from late;
drop table late, f;
`,
    ['-q', '-v', 'VERBOSITY=default'],
  )
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(stdout).toBe(
    ` carrier | count |         avg         
---------+-------+---------------------
 UA      |     2 | 15.0000000000000000
 DL      |     1 |                    
(2 rows)

 carrier | dep_delay | reason 
---------+-----------+--------
 UA      |        21 | x
(1 row)

`,
  )
})

test('tags and row counts are PostgreSQL’s', async () => {
  const { stdout, stderr } = await psql(
    ours,
    `create table g (i int);
insert into g select * from generate_series(1, 10);
insert into g values (11), (12);
update g set i = i + 1 where i > 5;
delete from g where i > 12;
create table h as select * from g;
merge into h using g on h.i = g.i when matched then delete;
alter table h add column t text;
comment on table h is 'h';
create view v as select i from h;
drop view v;
drop table g, h;
begin; commit; begin; rollback;
create schema s; drop schema s;
`,
  )
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual([
    'CREATE TABLE',
    'INSERT 0 10',
    'INSERT 0 2',
    'UPDATE 7',
    'DELETE 1',
    'SELECT 11',
    'MERGE 11',
    'ALTER TABLE',
    'COMMENT',
    'CREATE VIEW',
    'DROP VIEW',
    'DROP TABLE',
    'BEGIN',
    'COMMIT',
    'BEGIN',
    'ROLLBACK',
    'CREATE SCHEMA',
    'DROP SCHEMA',
  ])
})

test('EXPLAIN names engine, reason, estimate and the engine’s SQL', async () => {
  await psql(ours, 'insert into orders (id) select * from generate_series(1, 100);\n')
  const { stdout } = await psql(ours, 'explain select id, price from orders where id > 10 order by 1;\n')
  expect(stdout).toMatch(/engine: duckdb/i)
  expect(stdout).toMatch(/reason/i)
  expect(stdout).toMatch(/estimated bytes: [1-9]\d+/i)
  expect(stdout).toMatch(/estimated rows: 1\d\d\b/i)
  expect(stdout).toMatch(/select/i)
})
