import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import { PgError } from '../../proxy/error.ts'
import { checkPrivileges } from '../../proxy/query/privilege.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { compiledBy, snapshotOf } from './snapshot.ts'

/** What we allow is what PostgreSQL allows: EXPLAIN under each role checks the same privileges. */
const SETUP = `
  create role reader; create role writer; create role columns_only; create role member in role reader;
  create role outsider; create role loner noinherit in role reader; create role owner_of_views;
  create table book (id int, title text, price int);
  create table secret (id int, word text);
  create view titles as select id, title from book;
  create view invoker with (security_invoker) as select id, title from book;
  create view words as select word from secret;
  alter view words owner to owner_of_views;
  grant select on book, titles, invoker, words to reader;
  grant select, insert, update, delete on book to writer;
  grant select (id, title), update (title), insert (id) on book to columns_only;
  grant select on invoker to columns_only;
  grant select on titles to public;
`

const ROLES = ['reader', 'writer', 'columns_only', 'member', 'outsider', 'loner', 'owner_of_views', 'postgres']

const STATEMENTS = [
  'select 1 from book',
  'select count(*) from book',
  'select id from book',
  'select price from book',
  'select * from book',
  'select b from book b',
  'select id from book where price > 1',
  'select * from titles',
  'select * from invoker',
  'select * from words',
  'select 1 where exists (select from secret)',
  'with s as (select word from secret) select id from book, s',
  'select id from book where id in (select id from secret)',
  'insert into book (id) values (1)',
  'insert into book (id, title) values (1, null)',
  'insert into book select id, word from secret',
  'insert into book (id) values (1) returning id',
  'insert into book (id) values (1) returning price',
  'update book set title = null',
  'update book set price = 1',
  'update book set title = title where id = 1',
  'update book set title = null where price = 1',
  'delete from book',
  'delete from book where id = 1',
  'delete from book using secret s where s.id = book.id',
  'merge into book using secret s on s.id = book.id when matched then delete',
  'merge into book using (select 1 as id) s on s.id = book.id when not matched then insert (id) values (s.id)',
]

let server: RunningPostgres
let client: pg.Client
let catalog: CatalogSnapshot

beforeAll(async () => {
  server = await startPostgres()
  client = new pg.Client({ host: server.socketDir, port: server.port, user: server.user, database: server.database })
  await client.connect()
  await client.query(SETUP)
  catalog = await snapshotOf(client)
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

test.each(STATEMENTS)('%s', async (sql) => {
  const compiled = await compiledBy(client, catalog, sql)
  for (const role of ROLES)
    expect(`${role}: ${ours(() => checkPrivileges(compiled, role))}`).toBe(`${role}: ${await theirs(role, sql)}`)
})

test('a role that is not there may do nothing', async () => {
  const compiled = await compiledBy(client, catalog, 'select id from titles')
  expect(ours(() => checkPrivileges(compiled, 'nobody_at_all'))).toMatch(/^42501 /)
})

function ours(check: () => void): string {
  try {
    check()
    return 'allowed'
  } catch (error) {
    if (!(error instanceof PgError)) throw error
    return `${error.code} ${error.message}`
  }
}

async function theirs(role: string, sql: string): Promise<string> {
  await client.query('begin')
  await client.query(`set local role ${role}`)
  try {
    await client.query(`explain ${sql}`)
    return 'allowed'
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return `${error.code} ${error.message}`
  } finally {
    await client.query('rollback')
  }
}
