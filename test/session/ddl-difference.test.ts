import { describe, expect, test } from 'vitest'
import type { LakeTable, LakeView } from '../../proxy/lake/lake.ts'
import { difference, type LakeSide } from '../../proxy/session/ddl/difference.ts'
import { partitionFields } from '../../proxy/session/ddl/partition.ts'
import { type ColumnState, type RelationState, stateOf, type TwinState } from '../../proxy/session/ddl/state.ts'
import { readOnCommit, refuseTooMany, TEMPORARY_RELATIONS_MAX } from '../../proxy/session/ddl/temporary.ts'
import { readCreateTableAs, readSelectInto } from '../../proxy/session/statement/create-table-as.ts'
import { refuseUsing } from '../../proxy/session/statement/ddl.ts'
import { readTruncate } from '../../proxy/session/statement/truncate.ts'

function column(attnum: number, name: string, more: Partial<ColumnState> = {}): ColumnState {
  return { attnum, name, pgType: 'integer', notNull: false, defaultSql: null, comment: null, ...more }
}

function table(oid: string, name: string, more: Partial<RelationState> = {}): RelationState {
  return {
    oid,
    schema: 'public',
    name,
    kind: 'table',
    comment: null,
    columns: [column(1, 'a')],
    partitionKey: null,
    viewSql: null,
    options: [],
    owner: 'lakehouse',
    ...more,
  }
}

const view = (oid: string, name: string, viewSql: string, more: Partial<RelationState> = {}) =>
  table(oid, name, { kind: 'view', viewSql, ...more })

function state(
  relations: readonly RelationState[],
  schemas: readonly string[] = ['public'],
  refused: string[] = [],
): TwinState {
  return {
    namespaces: new Map(schemas.map((name, index) => [`n${index}`, { oid: `n${index}`, name, comment: null }])),
    relations: new Map(relations.map((relation) => [relation.oid, relation])),
    refused: new Set(refused),
  }
}

/** A lake that has every relation asked for, with fields 11, 12, … by the order of `names`. */
function lakeOf(names: readonly string[] = ['a']): LakeSide {
  return (kind, { schema, name }) => {
    const common = { schema, name, uuid: `uuid-${name}`, signature: '', comment: null }
    const columns = names.map((each, index) => ({
      name: each,
      fieldId: 11 + index,
      icebergType: 'int',
      pgType: 'integer',
      required: false,
      defaultSql: null,
      comment: null,
    }))
    return kind === 'table'
      ? ({ ...common, kind, columns, partition: [], rowCount: 0, byteCount: 0 } satisfies LakeTable)
      : ({ ...common, kind, sql: '', columns: [], options: [] } satisfies LakeView)
  }
}

describe('difference', () => {
  test('nothing changed: nothing to do', () => {
    expect(difference(state([table('1', 't')]), state([table('1', 't')]), lakeOf())).toEqual([])
  })

  test('columns keep their field by attribute number: rename, drop, add, drop and add of one name', () => {
    const before = state([table('1', 't', { columns: [column(1, 'a'), column(2, 'b')] })])
    const after = state([table('1', 't', { columns: [column(2, 'c'), column(3, 'a', { pgType: 'text' })] })])
    const [change, ...others] = difference(before, after, lakeOf(['a', 'b']))
    expect(others).toEqual([])
    expect(change).toMatchObject({ kind: 'alterTable', uuid: 'uuid-t' })
    expect(change?.kind === 'alterTable' && change.columns.map(({ name, fieldId }) => [name, fieldId])).toEqual([
      ['c', 12],
      ['a', null],
    ])
  })

  test('a schema’s rename takes its relations along', () => {
    const before = state([table('1', 't', { schema: 's' })], ['public', 's'])
    const after = state([table('1', 't', { schema: 'z' })], ['public', 'z'])
    expect(difference(before, after, lakeOf())).toEqual([{ kind: 'renameNamespace', from: 's', to: 'z' }])
  })

  test('SET SCHEMA and RENAME are renames; a view above is put anew', () => {
    const before = state([table('1', 't'), view('2', 'v', 'SELECT a FROM public.t')], ['public', 's'])
    const after = state([table('1', 'u', { schema: 's' }), view('2', 'v', 'SELECT a FROM s.u')], ['public', 's'])
    expect(difference(before, after, lakeOf()).map(({ kind }) => kind)).toEqual(['renameRelation', 'putView'])
  })

  test('what goes makes room: views, tables, then schemas', () => {
    const before = state([table('1', 't', { schema: 's' }), view('2', 'v', 'x', { schema: 's' })], ['public', 's'])
    expect(difference(before, state([]), lakeOf()).map(({ kind }) => kind)).toEqual([
      'dropView',
      'dropTable',
      'dropNamespace',
    ])
  })

  test('a new schema is there before its tables, and they before the views', () => {
    const after = state([view('2', 'v', 'x', { schema: 's' }), table('1', 't', { schema: 's' })], ['public', 's'])
    expect(difference(state([]), after, lakeOf()).map(({ kind }) => kind)).toEqual([
      'createNamespace',
      'createTable',
      'putView',
    ])
  })

  test('a relation that has gone from the lake meanwhile is a lost race', () => {
    const drop = () => difference(state([table('1', 't')]), state([]), () => undefined)
    expect(drop).toThrow(expect.objectContaining({ code: '40001' }))
  })

  test.each([
    ['unique constraint "t_a_key"', 'unique constraint "t_a_key" is not supported'],
    ['unlogged table "t"', 'unlogged table "t" is not supported'],
  ])('%s is refused', (object, message) => {
    expect(() => difference(state([]), state([], ['public'], [object]), lakeOf())).toThrow(
      expect.objectContaining({ code: '0A000', message }),
    )
  })

  test('a session has so many temporary tables and no more', () => {
    const some = (count: number) =>
      state(Array.from({ length: count }, (_, i) => table(String(i), `t${i}`, { schema: 'pg_temp_3' })))
    expect(() => refuseTooMany(some(TEMPORARY_RELATIONS_MAX))).not.toThrow()
    expect(() => refuseTooMany(some(TEMPORARY_RELATIONS_MAX + 1))).toThrow(expect.objectContaining({ code: '53400' }))
  })

  test.each([
    ['create temp table t (a int) on commit drop', 'drop'],
    ['CREATE TEMPORARY TABLE t ON COMMIT DELETE ROWS AS SELECT 1', 'delete'],
    ['create temp table t (a int) on commit preserve rows', null],
    [`create temp table t (a text default 'on commit drop')`, null],
    ['create temp table t as select 1 as on_commit /* on commit drop */', null],
  ])('%s', (sql, action) => {
    expect(readOnCommit(sql)).toBe(action)
  })

  test('what was there before is no reason to refuse', () => {
    const strange = state([table('1', 't')], ['public'], ['rule "r"'])
    expect(difference(strange, strange, lakeOf())).toEqual([])
  })

  test('an owner is not changed, a table without columns not made', () => {
    const mine = state([table('1', 't', { owner: 'alice' })])
    expect(() => difference(state([table('1', 't')]), mine, lakeOf())).toThrow(/owner/)
    expect(() => difference(state([]), state([table('1', 't', { columns: [] })]), lakeOf())).toThrow(/without columns/)
  })

  test('names of columns that only their case tells apart are refused, made or altered', () => {
    const alike = table('1', 't', { columns: [column(1, 'Id'), column(2, 'id')] })
    const refused = expect.objectContaining({ code: '0A000', message: expect.stringContaining('"Id" and "id"') })
    expect(() => difference(state([]), state([alike]), lakeOf())).toThrow(refused)
    expect(() => difference(state([table('1', 't')]), state([alike]), lakeOf())).toThrow(refused)
    expect(difference(state([alike]), state([alike]), lakeOf())).toEqual([])
  })

  test('the state’s rows come in any order', () => {
    const rows = [
      ['column', '9', '2', 'b', 'text', 'false', null, null],
      ['table', '9', 'public', 't', null, null, null, '["x=1"]', 'lakehouse'],
      ['refused', 'rule "r"'],
      ['column', '9', '1', 'a', 'integer', 'true', '1', 'note'],
      ['namespace', '5', 'public', 'its comment'],
    ]
    const read = stateOf(rows)
    expect(read.relations.get('9')?.columns).toEqual([
      column(1, 'a', { notNull: true, defaultSql: '1', comment: 'note' }),
      column(2, 'b', { pgType: 'text' }),
    ])
    expect(read.relations.get('9')?.options).toEqual(['x=1'])
    expect(read.namespaces.get('5')).toEqual({ oid: '5', name: 'public', comment: 'its comment' })
    expect([...read.refused]).toEqual(['rule "r"'])
  })
})

describe('partition keys as PostgreSQL prints them', () => {
  const columns = ['a', 'Odd, "Name" (x)', 'bucket'].map((name, index) => column(index + 1, name))
  test.each([
    ['RANGE (a)', ['a identity']],
    ['LIST (a)', ['a identity']],
    ['RANGE (year(a), month(a), day(a), hour(a))', ['a year', 'a month', 'a day', 'a hour']],
    ["RANGE (date_trunc('day'::text, a))", ['a day']],
    ['RANGE (bucket(16, a), truncate(4, a))', ['a bucket[16]', 'a truncate[4]']],
    ['RANGE (truncate(4, (a)::text), bucket(3, "Odd, ""Name"" (x)"))', ['a truncate[4]', 'Odd, "Name" (x) bucket[3]']],
    ['RANGE ("Odd, ""Name"" (x)", bucket)', ['Odd, "Name" (x) identity', 'bucket identity']],
  ])('%s', (key, fields) => {
    const expected = fields.map((field) => /^(.*) (\S+)$/.exec(field)!.slice(1))
    expect(partitionFields(key, columns).map(({ column, transform }) => [column, transform])).toEqual(expected)
  })

  test.each([
    'HASH (a)',
    'RANGE ((a + 1))',
    'RANGE (lower(a))',
    "RANGE (date_trunc('week'::text, a))",
    'RANGE (bucket(a, a))',
    'RANGE (nosuch)',
  ])('%s is refused', (key) =>
    expect(() => partitionFields(key, columns)).toThrow(expect.objectContaining({ code: '0A000' })),
  )
})

describe('words of statements', () => {
  test.each([
    ['create table t as select 1', 'select 1', true],
    ['create table t as select 1 with no data', 'select 1', false],
    ['CREATE TABLE IF NOT EXISTS "as" ("as") AS (SELECT 1) WITH DATA;', '(SELECT 1)', true],
    ["create table t as select 'with no data' /* with no data */", "select 'with no data'", true],
    ['create table t as with q as (select 1) select * from q', 'with q as (select 1) select * from q', true],
    ['create table t (a) with (x = 1) as values (1) with no data', 'values (1)', false],
  ])('%s', (sql, query, withData) => {
    const parts = readCreateTableAs(sql)!
    expect([sql.slice(parts.queryStart, parts.queryEnd), parts.withData]).toEqual([query, withData])
  })

  test('of SELECT INTO a CREATE TABLE AS, with the query where it was read', () => {
    expect(readSelectInto('select a into t from u')).toBe('CREATE  TABLE t AS select a  from u')
    expect(readSelectInto('with q as (select 1 as into_) select * into table "T" from q')).toMatch(
      /^CREATE {2}TABLE "T" AS with/,
    )
    expect(readSelectInto('select (select 1) from t')).toBeNull()
  })

  test.each([
    ['truncate a', ['a']],
    ['TRUNCATE TABLE ONLY a.b , "C" * CASCADE', ['a.b', '"C"']],
    ['truncate only, x', ['only', 'x']],
    ['truncate a restart identity restrict', ['a']],
  ])('%s', (sql, names) => {
    expect(readTruncate(sql)?.map(({ start, end }) => sql.slice(start, end))).toEqual(names)
  })

  test.each([
    'alter table t alter a type bigint',
    'alter table t alter column "A" set data type bigint using "A"',
    'alter table t alter a type numeric(10, 2) using a::numeric(10, 2), alter b type text using b::text',
  ])('%s says nothing new', (sql) => {
    expect(() => refuseUsing(sql)).not.toThrow()
  })

  test.each([
    'alter table t alter a type bigint using a * 2',
    'alter table t alter a type bigint using b',
    'alter table t alter a type numeric(10, 2) using a::numeric(10, 1)',
    'alter table t alter a type text using a::text || 1',
  ])('%s is refused', (sql) => {
    expect(() => refuseUsing(sql)).toThrow(expect.objectContaining({ code: '0A000' }))
  })
})
