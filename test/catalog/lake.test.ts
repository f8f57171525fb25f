import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { TRANSACTIONS_MAX } from '../../admin/catalog/workspace.ts'
import { PgError } from '../../proxy/error.ts'
import type { LakeChange, LakeTable, NewColumn } from '../../proxy/lake/lake.ts'
import { createRestLake } from '../../proxy/lake/rest/rest-lake.ts'
import { type CatalogUnderTest, client, member, startCatalog } from './harness.ts'

let catalog: CatalogUnderTest
let lake: ReturnType<typeof createRestLake>
beforeAll(async () => {
  catalog = await startCatalog()
  lake = createRestLake({
    urls: [catalog.uri],
    tokenFor: (tenant) => catalog.signer.sign({ audience: 'catalog', tenant }, 3600),
    revision: (tenant, signal) => catalog.store.revision('lake', tenant, signal),
  })
})
afterAll(async () => {
  lake.close()
  await catalog.end()
})

const column = (name: string, pgType: string, more: Partial<NewColumn> = {}): NewColumn => ({
  name,
  pgType,
  required: false,
  defaultSql: null,
  comment: null,
  ...more,
})
const create = (name: string, columns: NewColumn[], more: object = {}): LakeChange => ({
  kind: 'createTable',
  table: { schema: 'public', name },
  columns,
  partition: [],
  comment: null,
  properties: {},
  ...more,
})
const loadTable = async (name: string, transaction: string | null = null) =>
  (await lake.load('acme', transaction, [{ schema: 'public', name }]))[0] as LakeTable
const sqlstate = async (work: Promise<unknown>) => {
  try {
    await work
    return null
  } catch (error) {
    return (error as { code: string }).code
  }
}
/** A commit of rows, as an engine makes it. */
async function append(name: string, id: number, transaction: string | null = null, rows = '5'): Promise<number> {
  const prefix = transaction === null ? 'acme' : `acme~${transaction}`
  const call = client(catalog.uri, catalog.tokens.acme, prefix)
  const path = `/namespaces/acme%1Fpublic/tables/${name}`
  const { body } = await call('GET', path)
  const sequence = (member(body, 'metadata', 'last-sequence-number') as number) + 1
  const parent = (member(body, 'metadata') as Record<string, number>)['current-snapshot-id']
  const snapshot = {
    'snapshot-id': id,
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': sequence,
    'timestamp-ms': Date.now(),
    'manifest-list': `${member(body, 'metadata', 'location')}/metadata/snap-${id}.avro`,
    summary: { operation: 'append', 'total-records': rows, 'total-files-size': '123' },
    'schema-id': 0,
  }
  const { status } = await call('POST', path, {
    requirements: [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': parent ?? null }],
    updates: [
      { action: 'add-snapshot', snapshot },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
    ],
  })
  return status
}

describe('what PostgreSQL knows comes back', () => {
  test('public is there from the start', async () => {
    expect(await lake.schema('globex', null)).toEqual({
      version: 0,
      namespaces: [{ name: 'public', comment: null }],
      relations: [],
    })
  })

  test('types, nullability, defaults, comments, partitions', async () => {
    const columns = [
      column('id', 'bigint', { required: true, comment: 'the key' }),
      column('small', 'smallint'),
      column('amount', 'numeric(12,2)', { defaultSql: '0.00' }),
      column('free', 'numeric'),
      column('code', 'character varying(20)'),
      column('flag', 'character(1)'),
      column('doc', 'jsonb'),
      column('tags', 'text[]'),
      column('codes', 'character varying(5)[]'),
      column('at', 'timestamp(3) with time zone'),
      column('span', 'interval'),
      column('raw', 'bytea'),
      column('key', 'uuid'),
    ]
    await lake.change('acme', null, [
      create('types', columns, {
        comment: 'all of them',
        partition: [
          { column: 'at', transform: 'month' },
          { column: 'code', transform: 'identity' },
        ],
      }),
    ])
    const table = await loadTable('types')
    expect(table.columns.map(({ fieldId: _, icebergType: __, ...rest }) => rest)).toEqual(columns)
    expect(table.columns.map(({ fieldId }) => fieldId)).toEqual(columns.map((_, index) => index + 1))
    expect(table.columns.map(({ icebergType }) => icebergType)).toEqual([
      'long',
      'int',
      'decimal(12, 2)',
      'decimal(38, 9)',
      'string',
      'string',
      'string',
      { type: 'list', 'element-id': 14, element: 'string', 'element-required': false },
      { type: 'list', 'element-id': 15, element: 'string', 'element-required': false },
      'timestamptz',
      'string',
      'binary',
      'uuid',
    ])
    expect(table).toMatchObject({
      comment: 'all of them',
      rowCount: 0,
      partition: [
        { fieldId: 10, transform: 'month' },
        { fieldId: 5, transform: 'identity' },
      ],
    })
  })

  test('what Iceberg cannot hold is refused, and nothing of the list is done', async () => {
    const before = await lake.schemaVersion('acme')
    for (const type of ['numeric(40,2)', 'numeric(5,-2)', 'point', 'int4range', 'money', 'tsvector'])
      expect(
        await sqlstate(
          lake.change('acme', null, [create('fine', [column('a', 'integer')]), create('bad', [column('a', type)])]),
        ),
      ).toBe('0A000')
    expect(await lake.schemaVersion('acme')).toBe(before)
    expect((await lake.schema('acme', null)).relations.some(({ name }) => name === 'fine')).toBe(false)
  })

  test('views', async () => {
    const view = { schema: 'public', name: 'v' }
    const columns = [
      { name: 'a', pgType: 'regclass', comment: null },
      { name: 'b', pgType: 'character varying(3)', comment: 'b it is' },
    ]
    const put = {
      kind: 'putView',
      view,
      uuid: null,
      sql: 'SELECT 1 AS a',
      columns,
      comment: 'a view',
      options: ['security_invoker=true'],
    } as const
    await lake.change('acme', null, [put])
    const [made] = await lake.load('acme', null, [view])
    expect(made).toMatchObject({
      kind: 'view',
      sql: 'SELECT 1 AS a',
      columns,
      comment: 'a view',
      options: ['security_invoker=true'],
    })
    await lake.change('acme', null, [{ ...put, uuid: made!.uuid, sql: 'SELECT 2 AS a', comment: null, options: [] }])
    const [changed] = await lake.load('acme', null, [view])
    expect(changed).toMatchObject({ uuid: made!.uuid, sql: 'SELECT 2 AS a', comment: null, options: [] })
    expect(changed!.signature).not.toBe(made!.signature)
    expect(await sqlstate(lake.change('acme', null, [put]))).toBe('42P07')
    await lake.change('acme', null, [{ kind: 'dropView', view, uuid: made!.uuid }])
    expect(await lake.load('acme', null, [view])).toEqual([])
  })
})

describe('alter table', () => {
  const alter = async (
    name: string,
    edit: (table: LakeTable) => (NewColumn & { fieldId: number | null })[],
    comment: string | null = null,
  ) => {
    const table = await loadTable(name)
    return lake.change('acme', null, [
      { kind: 'alterTable', table: { schema: 'public', name }, uuid: table.uuid, columns: edit(table), comment },
    ])
  }
  const with_ = (table: LakeTable, name: string, more: Partial<NewColumn>) =>
    table.columns.map((item) => (item.name === name ? { ...item, ...more } : item))

  test('add, drop, rename, reorder, widen, by field id', async () => {
    await lake.change('acme', null, [
      create('alt', [column('a', 'integer'), column('b', 'character varying(5)'), column('c', 'numeric(5,2)')]),
    ])
    await append('alt', 1)
    await alter('alt', (table) => [
      { ...table.columns[2]!, pgType: 'numeric(9,2)' },
      { ...table.columns[0]!, name: 'aa', pgType: 'bigint' },
      { ...table.columns[1]!, pgType: 'text' },
      { ...column('d', 'smallint', { comment: 'new' }), fieldId: null },
    ])
    const table = await loadTable('alt')
    expect(table.columns.map(({ name, fieldId, pgType, icebergType }) => [name, fieldId, pgType, icebergType])).toEqual(
      [
        ['c', 3, 'numeric(9,2)', 'decimal(9, 2)'],
        ['aa', 1, 'bigint', 'long'],
        ['b', 2, 'text', 'string'],
        ['d', 4, 'smallint', 'int'],
      ],
    )
    expect(table.rowCount).toBe(5)
    await alter('alt', (now) => now.columns.filter(({ name }) => name !== 'b'), 'less')
    expect(await loadTable('alt')).toMatchObject({
      comment: 'less',
      columns: [{ name: 'c' }, { name: 'aa' }, { name: 'd' }],
    })
    await alter('alt', (now) => [...now.columns, { ...column('b', 'integer'), fieldId: null }])
    expect((await loadTable('alt')).columns.at(-1)).toMatchObject({ name: 'b', fieldId: 5, pgType: 'integer' })
  })

  test('what would need the data written anew is refused with its reason', async () => {
    await lake.change('acme', null, [create('full', [column('a', 'integer', { required: true }), column('b', 'text')])])
    await append('full', 2)
    const code = (edit: Parameters<typeof alter>[1]) => sqlstate(alter('full', edit))
    expect(await code((table) => with_(table, 'a', { pgType: 'smallint' }))).toBe('0A000')
    expect(await code((table) => with_(table, 'a', { pgType: 'text' }))).toBe('0A000')
    expect(await code((table) => with_(table, 'b', { pgType: 'jsonb' }))).toBe('0A000')
    expect(await code((table) => with_(table, 'b', { required: true }))).toBe('0A000')
    expect(
      await code((table) => [...table.columns, { ...column('x', 'integer', { required: true }), fieldId: null }]),
    ).toBe('23502')
    expect(
      await code((table) => [
        ...table.columns,
        { ...column('x', 'integer', { defaultSql: '1', required: true }), fieldId: null },
      ]),
    ).toBe('0A000')
    expect(await code((table) => with_(table, 'a', { required: false }))).toBeNull()
    expect(await code((table) => with_(table, 'b', { defaultSql: "'x'::text" }))).toBeNull()
    expect((await loadTable('full')).columns).toMatchObject([{ required: false }, { defaultSql: "'x'::text" }])
  })

  test('an empty table takes any change of type', async () => {
    await lake.change('acme', null, [create('void', [column('a', 'text')])])
    await alter('void', (table) => with_(table, 'a', { pgType: 'integer', required: true }))
    expect((await loadTable('void')).columns).toMatchObject([
      { pgType: 'integer', icebergType: 'int', required: true, fieldId: 2 },
    ])
  })
})

describe('schema version and signature', () => {
  test('move with definitions, not with rows', async () => {
    const version = await lake.change('acme', null, [create('sig', [column('a', 'integer')])])
    expect(await lake.schemaVersion('acme')).toBe(version)
    const { signature } = await loadTable('sig')
    expect(await append('sig', 3)).toBe(200)
    expect(await lake.schemaVersion('acme')).toBe(version)
    expect((await loadTable('sig')).signature).toBe(signature)
    const call = client(catalog.uri, catalog.tokens.acme, 'acme')
    await call('POST', '/namespaces/acme%1Fpublic/tables/sig', {
      requirements: [],
      updates: [{ action: 'set-properties', updates: { 'write.target-file-size-bytes': '1' } }],
    })
    expect(await lake.schemaVersion('acme')).toBe(version)
    await call('POST', '/namespaces/acme%1Fpublic/tables/sig', {
      requirements: [],
      updates: [{ action: 'set-properties', updates: { comment: 'x' } }],
    })
    expect(await lake.schemaVersion('acme')).toBe(version + 1)
    expect((await loadTable('sig')).signature).not.toBe(signature)
  })
})

describe('schemas', () => {
  test('create, comment, rename with what is in them, drop', async () => {
    await lake.change('acme', null, [
      { kind: 'createNamespace', name: 'sales', comment: 'money' },
      {
        ...(create('orders', [column('a', 'integer')]) as Extract<LakeChange, { kind: 'createTable' }>),
        table: { schema: 'sales', name: 'orders' },
      },
    ])
    await lake.change('acme', null, [
      { kind: 'renameNamespace', from: 'sales', to: 'Verkauf' },
      { kind: 'commentNamespace', name: 'Verkauf', comment: null },
    ])
    const schema = await lake.schema('acme', null)
    expect(schema.namespaces).toContainEqual({ name: 'Verkauf', comment: null })
    expect(schema.relations).toContainEqual(expect.objectContaining({ schema: 'Verkauf', name: 'orders' }))
    expect(await sqlstate(lake.change('acme', null, [{ kind: 'dropNamespace', name: 'Verkauf' }]))).toBe('2BP01')
    expect(await sqlstate(lake.change('acme', null, [{ kind: 'dropNamespace', name: 'none' }]))).toBe('3F000')
    expect(
      await sqlstate(lake.change('acme', null, [{ kind: 'createNamespace', name: 'Verkauf', comment: null }])),
    ).toBe('42P06')
    expect(await sqlstate(lake.change('acme', null, [{ kind: 'createNamespace', name: 'a.b', comment: null }]))).toBe(
      '0A000',
    )
    const [orders] = await lake.load('acme', null, [{ schema: 'Verkauf', name: 'orders' }])
    const away = { kind: 'dropTable', table: { schema: 'Verkauf', name: 'orders' } } as const
    expect(await sqlstate(lake.change('acme', null, [{ ...away, uuid: '00000000-0000-0000-0000-000000000000' }]))).toBe(
      '40001',
    )
    await lake.change('acme', null, [
      { ...away, uuid: orders!.uuid },
      { kind: 'dropNamespace', name: 'Verkauf' },
    ])
    expect((await lake.schema('acme', null)).namespaces.map(({ name }) => name)).toEqual(['public'])
  })
})

describe('transactions', () => {
  test('see themselves, and nobody else sees them before they commit', async () => {
    await lake.change('acme', null, [create('tx', [column('a', 'integer')])])
    const before = await lake.schemaVersion('acme')
    const transaction = await lake.begin('acme')
    expect((await lake.schema('acme', transaction)).version).toBe(before)
    await lake.change('acme', transaction, [create('tx2', [column('a', 'integer')])])
    expect(await append('tx', 10, transaction)).toBe(200)
    expect(await append('tx2', 11, transaction)).toBe(200)
    expect((await lake.schema('acme', transaction)).relations.map(({ name }) => name)).toContain('tx2')
    expect((await lake.schema('acme', transaction)).version).toBeLessThan(0)
    expect((await loadTable('tx', transaction)).rowCount).toBe(5)
    expect((await loadTable('tx')).rowCount).toBe(0)
    expect(await loadTable('tx2')).toBeUndefined()
    expect(await lake.schemaVersion('acme')).toBe(before)
    expect(await lake.commit('acme', transaction)).toBe(before + 1)
    expect((await loadTable('tx')).rowCount).toBe(5)
    expect((await loadTable('tx2')).rowCount).toBe(5)
    expect(await sqlstate(lake.commit('acme', transaction))).toBe('25P01')
  })

  test('keep the state of their beginning; the first to commit wins', async () => {
    await lake.change('acme', null, [
      create('race', [column('a', 'integer')]),
      create('calm', [column('a', 'integer')]),
    ])
    const [first, second, third] = [await lake.begin('acme'), await lake.begin('acme'), await lake.begin('acme')]
    await append('race', 20, first)
    await append('race', 21, second)
    await append('calm', 22, third)
    await lake.commit('acme', first)
    expect((await loadTable('race', third)).rowCount).toBe(0)
    expect(await sqlstate(lake.commit('acme', second))).toBe('40001')
    expect(await sqlstate(lake.commit('acme', third))).toBeNull()
    expect((await loadTable('calm')).rowCount).toBe(5)
  })

  test('a table made, dropped or renamed by two', async () => {
    const [first, second] = [await lake.begin('acme'), await lake.begin('acme')]
    await lake.change('acme', first, [create('both', [column('a', 'integer')])])
    await lake.change('acme', second, [create('both', [column('b', 'integer')])])
    await lake.commit('acme', first)
    expect(await sqlstate(lake.commit('acme', second))).toBe('40001')
    const { uuid, columns } = await loadTable('both')
    expect(columns[0]!.name).toBe('a')
    const [dropping, writing] = [await lake.begin('acme'), await lake.begin('acme')]
    await lake.change('acme', dropping, [{ kind: 'dropTable', table: { schema: 'public', name: 'both' }, uuid }])
    await append('both', 30, writing)
    await lake.commit('acme', writing)
    expect(await sqlstate(lake.commit('acme', dropping))).toBe('40001')
    expect((await loadTable('both')).rowCount).toBe(5)
  })

  test('a schema dropped while another makes a table in it', async () => {
    await lake.change('acme', null, [{ kind: 'createNamespace', name: 'going', comment: null }])
    const [dropping, making] = [await lake.begin('acme'), await lake.begin('acme')]
    await lake.change('acme', dropping, [{ kind: 'dropNamespace', name: 'going' }])
    const inside = {
      ...(create('x', [column('a', 'integer')]) as Extract<LakeChange, { kind: 'createTable' }>),
      table: { schema: 'going', name: 'x' },
    }
    await lake.change('acme', making, [inside])
    await lake.commit('acme', making)
    expect(await sqlstate(lake.commit('acme', dropping))).toBe('40001')
  })

  test('savepoints', async () => {
    const transaction = await lake.begin('acme')
    const names = async () =>
      (await lake.schema('acme', transaction)).relations
        .map(({ name }) => name)
        .filter((name) => /^sp/.test(name))
        .sort()
    await lake.change('acme', transaction, [create('sp1', [column('a', 'integer')])])
    await lake.savepoint('acme', transaction, 'set', 's')
    await lake.change('acme', transaction, [create('sp2', [column('a', 'integer')])])
    await lake.savepoint('acme', transaction, 'set', 't')
    await lake.change('acme', transaction, [create('sp3', [column('a', 'integer')])])
    expect(await names()).toEqual(['sp1', 'sp2', 'sp3'])
    await lake.savepoint('acme', transaction, 'rollback', 't')
    expect(await names()).toEqual(['sp1', 'sp2'])
    await lake.savepoint('acme', transaction, 'rollback', 's')
    expect(await names()).toEqual(['sp1'])
    expect(await sqlstate(lake.savepoint('acme', transaction, 'rollback', 't'))).toBe('3B001')
    await lake.savepoint('acme', transaction, 'release', 's')
    expect(await sqlstate(lake.savepoint('acme', transaction, 'release', 's'))).toBe('3B001')
    await lake.commit('acme', transaction)
    expect((await lake.schema('acme', null)).relations.map(({ name }) => name)).toContain('sp1')
  })

  test('leave nothing behind when they are rolled back, or what savepoints have undone', async () => {
    const folder = (name: string) => join(catalog.bucket, 'acme/public', name)
    const undone = await lake.begin('acme')
    await lake.change('acme', undone, [create('gone', [column('a', 'integer')])])
    await append('gone', 50, undone)
    expect(existsSync(folder('gone'))).toBe(true)
    await lake.rollback('acme', undone)
    expect(existsSync(folder('gone'))).toBe(false)
    const kept = await lake.begin('acme')
    await lake.savepoint('acme', kept, 'set', 's')
    await lake.change('acme', kept, [create('half', [column('a', 'integer')])])
    await lake.savepoint('acme', kept, 'rollback', 's')
    await lake.change('acme', kept, [create('whole', [column('a', 'integer')])])
    await lake.commit('acme', kept)
    expect([existsSync(folder('half')), existsSync(folder('whole'))]).toEqual([false, true])
  })

  test('a drop takes the files along when it commits, not before', async () => {
    await lake.change('acme', null, [create('dropped', [column('a', 'integer')])])
    const folder = join(catalog.bucket, 'acme/public/dropped')
    const { uuid } = await loadTable('dropped')
    const drop = { kind: 'dropTable', table: { schema: 'public', name: 'dropped' }, uuid } as const
    const undone = await lake.begin('acme')
    await lake.change('acme', undone, [drop])
    await lake.rollback('acme', undone)
    expect(existsSync(folder)).toBe(true)
    const done = await lake.begin('acme')
    await lake.change('acme', done, [drop])
    expect(existsSync(folder)).toBe(true)
    await lake.commit('acme', done)
    expect(existsSync(folder)).toBe(false)
  })

  test('are limited for each tenant by itself', async () => {
    const begun: string[] = []
    const refused = await (async () => {
      for (;;) begun.push(await lake.begin('globex'))
    })().catch((error) => error)
    expect(refused).toMatchObject({ code: '53400', message: 'too many transactions are open' })
    expect(begun.length).toBeLessThanOrEqual(TRANSACTIONS_MAX)
    await lake.rollback('acme', await lake.begin('acme'))
    await lake.rollback('globex', begun.pop()!)
    begun.push(await lake.begin('globex'))
    for (const transaction of begun) await lake.rollback('globex', transaction)
  }, 120_000)

  test('another tenant knows nothing of them', async () => {
    const transaction = await lake.begin('acme')
    expect(await sqlstate(lake.commit('globex', transaction))).toBe('25P01')
    await lake.rollback('acme', transaction)
    expect(await sqlstate(lake.schema('acme', transaction))).toBe('25P01')
    await lake.rollback('acme', transaction)
  })
})

test('an aborted call is 57014; a catalog that is gone is 58000, and a write to it is not done', async () => {
  expect(await sqlstate(lake.schema('acme', null, AbortSignal.abort()))).toBe('57014')
  const gone = createRestLake({ urls: ['http://127.0.0.1:1'], tokenFor: async () => 'x' })
  expect(await sqlstate(gone.schema('acme', null))).toBe('58000')
  expect(await sqlstate(gone.begin('acme'))).toBe('58000')
  gone.close()
})

test('X28: a full disk is told as one, and what was not done may be done again', async () => {
  const full = vi.spyOn(catalog.store, 'insert').mockRejectedValue(new PgError('53100', 'no space', { fault: 'store' }))
  expect(await sqlstate(lake.begin('acme'))).toBe('53100')
  full.mockRestore()
  await lake.rollback('acme', await lake.begin('acme'))
})
