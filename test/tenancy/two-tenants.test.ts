import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lakewire, type Login, startLakewire, urlOf } from '../harness/start.ts'

/**
 * Two tenants with the same schema, table and user names. Whatever one of them asks for that is the other's gets the very
 * answer that a name gets which exists nowhere. Attack ids are those of the house's list of attacks, section S.
 */

const NOWHERE = 'nowhere'
const MARKER = { acme: 'marker-of-acme', globex: 'marker-of-globex' } as const

let server: Lakewire
let acme: pg.Client
let globex: pg.Client
let acmeLogin: Login
const seen: string[] = []

beforeAll(async () => {
  server = await startLakewire()
  acmeLogin = await server.makeUser('acme', 'alice')
  acme = await connected(acmeLogin)
  globex = await connected(await server.makeUser('globex', 'alice'))
  for (const [client, marker] of [
    [acme, MARKER.acme],
    [globex, MARKER.globex],
  ] as const) {
    await client.query('create schema sales')
    await client.query('create table sales.secrets (id int, secret text)')
    await client.query('create table secrets (id int, secret text)')
    await client.query(`insert into sales.secrets values (1, '${marker}')`)
    await client.query(`insert into secrets values (2, '${marker}')`)
    await client.query('create view shown as select secret from sales.secrets')
  }
  await globex.query('create schema only_theirs')
  await globex.query(`create table only_theirs.hidden (i int)`)
})

afterAll(async () => {
  await acme?.end()
  await globex?.end()
  await server?.stop()
})

async function connected(login: Login): Promise<pg.Client> {
  const client = new pg.Client(urlOf(login))
  client.on('error', () => {})
  await client.connect()
  return client
}

/** All that a client can see of an answer. */
async function answer(client: pg.Client, sql: string): Promise<string> {
  const text = await client.query({ text: sql, rowMode: 'array' }).then(
    (result) => JSON.stringify(Array.isArray(result) ? result.map((one) => one.rows) : result.rows),
    (error: pg.DatabaseError) =>
      `${error.code} ${error.message} ${error.detail ?? ''} ${error.hint ?? ''} ${error.position ?? ''}`,
  )
  seen.push(text)
  return text
}

/** U&"\\0067lobex": the first letter as an escape. */
function escaped(name: string): string {
  return `\\${(name.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}${name.slice(1)}`
}

/** {T}: the tenant that is asked for; {E}: it with an escape. `nowhere` is as long as a tenant's name may well be. */
const REACHING: readonly [string, string][] = [
  ['S1', 'select * from {T}.public.secrets'],
  ['S1', 'select * from {T}.sales.secrets'],
  ['S1', 'select * from {T}.secrets'],
  ['S1', 'select * from lake.{T}.sales.secrets'],
  ['S1', 'select * from "{T}.sales".secrets'],
  ['S1', 'select * from "lake"."{T}.sales"."secrets"'],
  ['S1', 'select * from "{T}"."Sales"."secrets"'],
  ['S1', 'table {T}.secrets'],
  ['S1', 'insert into {T}.secrets values (1)'],
  ['S1', 'delete from "{T}.sales".secrets'],
  ['S1', 'create table mine as select * from "{T}.sales".secrets'],
  ['S1', 'create view mine as select * from "{T}.sales".secrets'],
  ['S1', 'create table {T}.mine (i int)'],
  ['S1', 'copy {T}.secrets to stdout'],
  ['S1', 'explain select * from {T}.secrets'],
  ['S1', 'drop schema {T} cascade'],
  ['S1', 'alter table {T}.secrets rename to mine'],
  ['S1', "comment on table {T}.secrets is 'x'"],
  ['S1', 'select * from {T}.only_theirs.hidden'],
  ['S2', 'select * from U&"{E}".secrets'],
  ['S2', 'select * from U&"{E}.sales".secrets'],
  ['S2', `select * from U&"!{E}.sales".secrets uescape '!'`],
  ['S8', 'set search_path = "{T}", "{T}.sales"; select * from only_secrets'],
  ['S8', "select set_config('search_path', '{T}', true); select * from only_secrets"],
  ['S13', "select to_regclass('{T}.public.secrets'), to_regclass('{T}.secrets'), to_regnamespace('{T}')"],
  ['S13', "select '{T}.secrets'::regclass"],
  ['S13', "select '{T}'::regnamespace"],
  ['S13', "select has_table_privilege('{T}.secrets', 'select')"],
  ['S13', "select has_schema_privilege('{T}', 'usage')"],
  ['S13', "select has_database_privilege('{T}', 'connect')"],
  ['S13', 'drop table if exists {T}.secrets'],
  ['S13', 'drop schema if exists {T}'],
  ['S13', "select * from information_schema.tables where table_catalog = '{T}' or table_schema like '%{T}%'"],
  ['R6', 'select * from {T}.information_schema.tables'],
  ['R10', 'select * from "{T}.sales"."secrets$files"'],
  ['R10', 'select * from {T}."secrets$snapshots"'],
  ['R12', 'explain verbose select * from {T}.sales.secrets'],
  ['R13', "select pg_get_viewdef('{T}.shown'::regclass)"],
  ['R14', 'create view mine with (security_invoker = false) as select * from "{T}.public".secrets'],
  ['S16', "select datname from pg_database where datname = '{T}'"],
  ['S16', "select * from pg_stat_activity where datname = '{T}'"],
  ['S16', "select schema_name from information_schema.schemata where catalog_name = '{T}'"],
]

describe('asking for another tenant is like asking for one that exists nowhere', () => {
  test.each(REACHING)('%s: %s', async (_id, template) => {
    const asked = (name: string) => template.replaceAll('{T}', name).replaceAll('{E}', escaped(name))
    const theirs = await answer(acme, asked('globex'))
    await acme.query('reset all')
    const none = await answer(acme, asked('nowhere'))
    await acme.query('reset all')
    const plain = (text: string, name: string) => text.replaceAll(name, '{T}').replaceAll(escaped(name), '{E}')
    // one letter more in a name moves what stands behind it
    const position = (text: string) => text.replace(/ \d+$/, '')
    expect(position(plain(theirs, 'globex'))).toEqual(position(plain(none, NOWHERE)))
    expect(theirs).not.toContain(MARKER.globex)
  })

  test('signing in to another tenant’s database is like signing in to none', async () => {
    const failure = async (database: string) => {
      const client = new pg.Client(urlOf({ ...acmeLogin, database }))
      const error = await client.connect().then(
        () => null,
        (reason: pg.DatabaseError) => reason,
      )
      return `${error?.code} ${error?.message}`.replaceAll(database, '{T}')
    }
    expect(await failure('globex')).toEqual(await failure(NOWHERE))
  })
})

test('S24: the same text, asked by turns, gives each its own rows', async () => {
  const statements = [
    'select secret from secrets',
    'select secret from sales.secrets',
    'select secret from shown',
    'select a.secret from secrets a join sales.secrets b on a.secret = b.secret',
  ]
  for (let round = 0; round < 3; round++) {
    for (const sql of statements) {
      expect(await answer(acme, sql)).toBe(JSON.stringify([[MARKER.acme]]))
      expect((await globex.query({ text: sql, rowMode: 'array' })).rows).toEqual([[MARKER.globex]])
    }
  }
  // prepared under one name in both
  for (const [client, marker] of [
    [acme, MARKER.acme],
    [globex, MARKER.globex],
  ] as const) {
    const { rows } = await client.query({ name: 'same', text: 'select secret from secrets where id = $1', values: [2] })
    expect(rows).toEqual([{ secret: marker }])
  }
})

test('S16: the catalogs list one’s own tenant only, and no verifiers', async () => {
  expect(await answer(acme, "select datname from pg_database where not datistemplate and datname <> 'postgres'")).toBe(
    '[["acme"]]',
  )
  expect(await answer(acme, "select rolname from pg_roles where rolcanlogin and rolname !~ '^lakewire'")).toBe(
    '[["alice"]]',
  )
  expect(await answer(acme, 'select rolpassword from pg_authid')).toMatch(/^42501 /)
  expect(await answer(acme, 'select passwd from pg_shadow')).toMatch(/^42501 /)
  expect(await answer(acme, 'select nspname from pg_namespace')).not.toContain('only_theirs')
  expect(await answer(acme, 'select relname from pg_class')).not.toContain('hidden')
  await globex.query(`select '${MARKER.globex}' as running`)
  expect(await answer(acme, 'select datname, query from pg_stat_activity')).not.toContain('globex')
})

test('S25: OIDs of another tenant mean nothing here', async () => {
  const { rows } = await globex.query(
    "select c.oid, n.oid as schema from pg_class c join pg_namespace n on n.oid = relnamespace where relname = 'hidden'",
  )
  const [theirs] = rows as { oid: number; schema: number }[]
  expect(theirs).toBeDefined()
  for (const sql of [
    `select relname from pg_class where oid = ${theirs?.oid} and relname = 'hidden'`,
    `select nspname from pg_namespace where oid = ${theirs?.schema} and nspname = 'only_theirs'`,
  ]) {
    expect(await answer(acme, sql)).toBe('[]')
  }
  expect(await answer(acme, `select pg_get_viewdef(${theirs?.oid}::oid), ${theirs?.oid}::regclass::text`)).not.toMatch(
    /hidden|only_theirs/,
  )
})

test('S3: names that differ only after 63 bytes are one name, and said to be', async () => {
  const stem = 'n'.repeat(63)
  const notices: string[] = []
  acme.on('notice', (notice) => notices.push(`${notice.code}`))
  await acme.query(`create table ${stem}_one (i int)`)
  expect(notices).toContain('42622')
  expect(await answer(acme, `create table ${stem}_two (i int)`)).toMatch(/^42P07 /)
  await acme.query(`drop table ${stem}`)
})

test('S4: names that look or fold alike are different tables in different folders', async () => {
  const names = [
    'korp',
    'Korp',
    '\u212Aorp',
    's',
    'S',
    '\u017F',
    'i',
    '\u0130',
    '\u0131',
    '\uFF53',
    's\u200B',
    '../up',
    'a/b',
    'a%2Fb',
    '*',
    'q\'u"o',
    ' ',
  ]
  await acme.query('create schema looks')
  for (const [index, name] of names.entries()) {
    const table = `looks.${pg.escapeIdentifier(name)}`
    await acme.query(`create table ${table} (i int)`)
    await acme.query(`insert into ${table} values (${index})`)
  }
  for (const [index, name] of names.entries()) {
    expect([name, await answer(acme, `select i from looks.${pg.escapeIdentifier(name)}`)]).toEqual([
      name,
      `[[${index}]]`,
    ])
  }
  const folders = await readdir(join(server.dataDir, 'lake', 'acme', 'looks'))
  expect(folders).toHaveLength(names.length)
  for (const folder of folders) expect(folder).toMatch(/^[a-z0-9_~-]+$/)
  // PostgreSQL would take these two; in paths of a REST catalog clients resolve them away, so the catalog has none
  for (const name of ['.', '..']) {
    expect(await answer(acme, `create table looks.${pg.escapeIdentifier(name)} (i int)`)).toMatch(
      /^\w{5} Invalid table name: \./,
    )
  }
  await acme.query('drop schema looks cascade')
})

test('nothing that acme was ever answered holds what is globex’s', () => {
  expect(seen.length).toBeGreaterThan(80)
  expect(seen.filter((text) => text.includes(MARKER.globex))).toEqual([])
})
