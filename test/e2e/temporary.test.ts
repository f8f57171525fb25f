import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Both, type Input, startBoth, talk } from '../harness/both.ts'
import type { Login } from '../harness/start.ts'
import { WireClient } from '../wire/wire-client.ts'

/** Temporary tables are a session's own, as on a PostgreSQL 18, and the lake keeps nothing of them. */

let both: Both

beforeAll(async () => {
  both = await startBoth()
  await same('create table lasting (a int, c text)', "insert into lasting values (1, 'one'), (2, 'two')")
})

afterAll(async () => {
  await both?.stop()
})

async function same(...statements: readonly (string | readonly [string, Input])[]): Promise<void> {
  for (const one of statements) {
    const [sql, input] = typeof one === 'string' ? [one] : one
    const [ours, theirs] = await both.run(sql, input)
    expect([sql, ...ours]).toEqual([sql, ...theirs])
  }
}

describe('as PostgreSQL does', () => {
  test.each<[string, (string | readonly [string, Input])[]]>([
    [
      'rows come, change and go',
      [
        `create temp table t (a int not null default 7, b text default 'x')`,
        'insert into t values (1), (2)',
        'insert into t default values returning *',
        `update t set b = 'y' where a = 2`,
        'delete from t where a = 1 returning b',
        'merge into t using lasting l on t.a = l.a when matched then update set b = l.c when not matched then insert values (l.a, l.c)',
        'select * from t order by a',
        'select t.*, lasting.c from t join lasting using (a) order by a',
        'truncate t, t',
        'select count(*) from t',
        'create temp table t (a int)',
        'create temp table if not exists t (a int)',
        'drop table t',
        'select * from t',
      ],
    ],
    [
      'they hide what is called the same',
      [
        'create local temporary table lasting as select 9 as only',
        'select * from lasting',
        'select * from pg_temp.lasting',
        'select c from public.lasting order by c',
        'update lasting set only = 10',
        'drop table lasting',
        'select count(*) from lasting',
        'create temp table pg_class (a int)',
        'insert into pg_class values (5)',
        'select * from pg_class',
        'create temp table "text" (a text)',
        `insert into pg_temp."text" values ('shown')`,
        'select * from "text"',
        'drop table pg_class, "text"',
        `select count(*) from pg_class where relname = 'lasting'`,
      ],
    ],
    [
      'made of queries',
      [
        'create temp table q as select a, c from lasting where a > 1',
        `select 1 as a, 'x' as b into temp table q2`,
        'create temp table q3 as select q.a from q, q2 with no data',
        'select * from q',
        'select * from q2',
        'select * from q3',
        'create table of_temp as select * from q',
        'select * from of_temp',
        'drop table q, q2, q3, of_temp',
      ],
    ],
    [
      'ON COMMIT',
      [
        'create temp table d (a int) on commit delete rows',
        'insert into d values (1)',
        'select * from d',
        'begin',
        'insert into d values (2)',
        'alter table d rename to e',
        'select * from e',
        'commit',
        'select * from e',
        'with x as (insert into e values (8) returning a) select * from x',
        'select * from e',
        'create temp table p (a int) on commit preserve rows; insert into p values (3)',
        'select * from p',
        'begin',
        'create temp table g on commit drop as select 4 as a',
        'select * from g',
        'commit',
        'select * from g',
        'create temp table g (a int) on commit drop',
        'select * from g',
        'drop table e, p',
      ],
    ],
    [
      'transactions and savepoints',
      [
        'create temp table t (a int); insert into t values (1)',
        'begin',
        'insert into t values (2)',
        'savepoint s',
        'create temp table u as select a from t',
        'drop table t',
        'select * from u order by a',
        'rollback to s',
        'select * from t order by a',
        'create temp table v (a int)',
        'insert into v values (3); insert into lasting select a, null from v',
        'select 1/0',
        'rollback',
        'select * from t',
        'select * from v',
        'select count(*) from lasting',
        'begin read only',
        'insert into t values (4)',
        'select * from t order by a',
        'create temp table w (a int)',
        'rollback',
        'drop table t',
      ],
    ],
    [
      'changed definitions and views',
      [
        'create temp table t (a int)',
        'insert into t values (1), (2)',
        `alter table t add column b text default 'added'`,
        'alter table t rename column a to k',
        'alter table t rename to r',
        'create temp view big as select k * 2 as d, c from r join lasting on k = a',
        'create view becomes_temporary as select max(d) from big',
        'select * from big order by d',
        'select * from becomes_temporary',
        'alter table lasting add column more int',
        'select * from big order by d',
        'drop table r',
        'alter table r set schema public',
        'create or replace temp view big as select k as d, null::text as c from r',
        'create or replace temp view big as select k * 2 as d, c from r join lasting on k = a',
        'select * from becomes_temporary',
        'drop view becomes_temporary, big',
        'drop table r',
      ],
    ],
    [
      'names and the catalog',
      [
        'create table public.t (a int)',
        'create temp table public.t (a int)',
        'create temp table pg_temp.t (a int)',
        'create table pg_temp.n (a int)',
        'insert into pg_temp.n values (1)',
        'select * from n',
        `select relname, relpersistence, relnamespace = pg_my_temp_schema() from pg_class where relname in ('t', 'n') order by 1, 2`,
        `select table_type from information_schema.tables where table_name = 'n'`,
        `select 'n'::regclass, to_regclass('public.n')`,
        'set search_path to pg_temp, public',
        'create table viapath (a int)',
        'select * from pg_temp.viapath',
        'reset search_path',
        'comment on table n is $$for now$$',
        `select obj_description('n'::regclass)`,
        'drop table public.t',
        'select * from t',
        'discard temp',
        'select * from t',
        'create temp table t (a int)',
        'discard all',
        'select * from t',
      ],
    ],
    [
      'COPY',
      [
        'create temp table lasting (a int, c text)',
        ['copy lasting from stdin', { data: ['7\tseven\n8\t\\N\n'] }],
        ['copy lasting from stdin', { data: ['x\tseven\n'] }],
        ['copy public.lasting (a, c) from stdin', { data: ['7\tlasts\n'] }],
        'copy lasting to stdout',
        'copy (select c from lasting where a = 7) to stdout (format csv)',
        'drop table lasting',
        'create temp view lasting as select 1 as one',
        'create temp view above as select one from lasting',
        ['copy public.lasting (a) from stdin', { data: ['7\n'] }],
        'select * from above',
        'delete from public.lasting where a = 7',
        'drop view lasting cascade',
      ],
    ],
  ])('%s', async (_, statements) => {
    await same(...statements)
  })
})

describe('a session of its own', () => {
  const open: WireClient[] = []
  async function session(login: Login = both.login): Promise<WireClient> {
    const client = await WireClient.login(login.port, login)
    open.push(client)
    return client
  }
  afterAll(() => {
    for (const client of open) client.end()
  })
  const NONE = 'error 42P01 | relation "mine" does not exist | 15'

  test('no other sees, names or changes them, be it of the same user', async () => {
    const [one, other] = [await session(), await session()]
    const bob = await session(await both.server.makeUser('acme', 'bob'))
    const stranger = await session(await both.server.makeUser('globex', 'alice'))
    await talk(one, 'create temp table mine as select 1 as a')
    const [schema] = await talk(one, 'select pg_my_temp_schema()::regnamespace')
    for (const client of [other, bob, stranger]) {
      expect((await talk(client, 'select * from mine'))[0]).toBe(NONE)
      expect((await talk(client, `select * from ${schema}.mine`))[0]).toMatch(/^error (42501|42P01|3F000)/)
      expect((await talk(client, `insert into ${schema}.mine values (2)`))[0]).toMatch(/^error (42501|42P01|3F000)/)
      expect((await talk(client, `create table ${schema}.mine2 (a int)`))[0]).toMatch(
        /^error (42501|42P16|3F000|0A000)/,
      )
      expect(await talk(client, 'create temp table mine as select 2 as b')).toEqual(['SELECT 1'])
      expect(await talk(client, 'select * from mine')).toEqual(['2', 'SELECT 1'])
    }
    expect(await talk(one, 'select * from mine')).toEqual(['1', 'SELECT 1'])
  })

  test('they outlive the backend that knew them', async () => {
    const client = await session()
    await talk(client, `create temp table mine (a int not null default 5, b text); insert into mine values (1, 'b')`)
    await talk(client, 'create temp view above as select a + 1 as c from mine')
    await talk(client, 'set statement_timeout = 500')
    const [cancelled] = await talk(client, 'select count(*) from generate_series(1, 1000000000)')
    expect(cancelled).toMatch(/^error 57014/)
    await talk(client, 'reset statement_timeout')
    expect(await talk(client, 'insert into mine values (default) returning *')).toEqual(['5|NULL', 'INSERT 0 1'])
    expect(await talk(client, 'select * from above order by c')).toEqual(['2', '6', 'SELECT 2'])
  })

  test('rows that are not yet taken keep nothing else from running', async () => {
    const client = await session()
    await talk(client, 'create temp table mine as select 1 as a')
    await talk(client, 'begin; declare many cursor for select repeat(n::text, 1000) from generate_series(1, 5000) n')
    expect((await talk(client, 'fetch 1 from many')).at(-1)).toBe('FETCH 1')
    expect(await talk(client, 'select a from mine')).toEqual(['1', 'SELECT 1'])
    const catalog = await talk(client, `select count(*) from pg_class where oid = 'mine'::regclass`)
    expect(catalog).toEqual(['1', 'SELECT 1'])
    expect((await talk(client, 'fetch all from many')).at(-1)).toBe('FETCH 4999')
    expect(await talk(client, 'commit')).toEqual(['COMMIT'])
  })

  test('more sessions have some than the private PostgreSQL has backends for', async () => {
    const clients = await Promise.all(Array.from({ length: 34 }, () => session()))
    for (const [index, client] of clients.entries())
      expect(await talk(client, `create temp table mine as select ${index} as a`)).toEqual(['SELECT 1'])
    for (const [index, client] of clients.entries())
      expect(await talk(client, 'select * from mine')).toEqual([String(index), 'SELECT 1'])
  })
})

describe('the lake', () => {
  const folder = () => join(both.server.dataDir, 'lake', 'acme')
  const temporaries = async () => (await readdir(folder())).filter((name) => name.startsWith('pg_temp'))

  test('shows them to no token of the tenant, and keeps nothing when the session has ended', async () => {
    const { token } = (await both.server.cli('token', 'create', '--tenant', 'acme')) as { token: string }
    const ask = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${both.server.httpUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return [response.status, await response.text()] as const
    }
    const client = await both.connect()
    await talk(client, 'create temp table mine as select 1 as a')
    const plan = (await talk(client, 'explain select * from mine')).join()
    const schema = /pg_temp_[0-9a-f]{24}/.exec(plan)?.[0]
    expect(await temporaries()).toContain(schema)
    expect((await ask('GET', '/v1/acme/namespaces?parent=acme'))[1]).not.toContain('pg_temp')
    expect((await ask('GET', '/lakewire/v1/acme/schema'))[1]).not.toContain('pg_temp')
    expect((await ask('GET', `/lakewire/v1/acme/schema?temporary=${schema}`))[1]).not.toContain('mine')
    expect((await ask('GET', `/v1/acme/namespaces/acme%1F${schema}`))[0]).toBe(404)
    expect((await ask('GET', `/v1/~acme/namespaces/${schema}/tables`))[0]).toBe(404)
    expect((await ask('GET', `/v1/acme/namespaces/acme%1F${schema}/tables/mine`))[0]).toBe(404)
    const names = [{ schema, name: 'mine' }]
    expect(await ask('POST', '/lakewire/v1/acme/load', { names })).toEqual([200, '{"relations":[]}'])
    const drop = [{ kind: 'dropTemporary', name: schema }]
    expect((await ask('POST', '/lakewire/v1/acme/changes', { changes: drop }))[0]).toBe(403)
    expect((await ask('POST', '/v1/acme/namespaces', { namespace: ['acme', 'pg_temp_mine'] }))[0]).toBe(403)
    expect(await talk(client, 'select * from mine')).toEqual(['1', 'SELECT 1'])
    client.end()
    await expect.poll(temporaries).not.toContain(schema)
  })
})
