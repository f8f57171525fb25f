import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Front } from '../../proxy/compiler/compiler.ts'
import { KEPT, REVOKED } from '../../proxy/compiler/twin/revoked.ts'
import { PgError } from '../../proxy/error.ts'
import { column, createTable } from '../harness/memory-lake.ts'
import { NO_SETTINGS, never, openTestCompiler, rowsOf, type TestCompiler } from './open-compiler.ts'

let compiler: TestCompiler
let front: Front

beforeAll(async () => {
  compiler = await openTestCompiler()
  await compiler.lake.change('acme', null, [createTable('public', 'orders', [column('id', 'int')])])
  front = compiler.front()
})

afterAll(() => compiler.close())

const codeOf = async (work: Promise<unknown>): Promise<string | null> =>
  await work.then(
    () => null,
    (error: unknown) => {
      if (error instanceof PgError) return error.code
      throw error
    },
  )

describe('functions', () => {
  it('that write, reach outside or hold something are refused', async () => {
    for (const call of [
      "pg_read_file('/etc/passwd')",
      "pg_ls_dir('/')",
      'pg_sleep(1)',
      "pg_sleep_for('1 s')",
      'pg_advisory_lock(1)',
      'pg_try_advisory_xact_lock(1)',
      'pg_terminate_backend(1)',
      'pg_cancel_backend(1)',
      "pg_notify('a', 'b')",
      "set_config('work_mem', '1GB', false)",
      'lo_create(0)',
      "lo_from_bytea(0, 'x')",
      "query_to_xml('select 1', true, true, '')",
      "table_to_xml('pg_class', true, true, '')",
      'pg_export_snapshot()',
      "pg_create_physical_replication_slot('x')",
      "pg_logical_emit_message(true, 'a', 'b')",
      'pg_reload_conf()',
      'pg_rotate_logfile()',
      'pg_switch_wal()',
      'pg_stat_reset()',
      "pg_file_write('a', 'b', true)",
    ]) {
      expect(['42501', '42883'], call).toContain(await codeOf(rowsOf(front, `select ${call}`)))
    }
    expect(await codeOf(rowsOf(front, "select * from ts_stat('select 1')"))).toBe('42501')
  })

  it('that are volatile have been looked at, each of them', async () => {
    const rows = await rowsOf(
      front,
      `select distinct proname, has_function_privilege(p.oid, 'execute') from pg_proc p
       where provolatile = 'v' and pronamespace = 'pg_catalog'::regnamespace and prorettype not in
         ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'language_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype, 'fdw_handler'::regtype)`,
    )
    const open = rows.filter(([, mayExecute]) => mayExecute === 't').map(([name]) => name ?? '')
    expect(open.filter((name) => !KEPT.some((kept) => kept.test(name)))).toEqual([])
    expect(open.filter((name) => REVOKED.some(({ names }) => names.test(name)))).toEqual([])
  })
})

describe('a user', () => {
  it('reads every view of the catalog that PostgreSQL lets everybody read', async () => {
    const views = await rowsOf(
      front,
      `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'v' and n.nspname in ('pg_catalog', 'information_schema') and has_table_privilege(c.oid, 'select')`,
    )
    const refused: string[] = []
    for (const [view] of views) {
      await rowsOf(front, `select count(*) from (select v::text from ${view} v) x`).catch((error: PgError) => {
        refused.push(`${view}: ${error.message}`)
      })
    }
    expect(views.length).toBeGreaterThan(100)
    expect(refused).toEqual([])
  })

  it('creates nothing, and reads nothing of ours', async () => {
    for (const sql of [
      'select nextval($$x$$)',
      'select * from information_schema.lakewire_relation',
      'select rolpassword from pg_authid',
      'select * from pg_hba_file_rules',
    ]) {
      expect(['42501', '42P01'], sql).toContain(await codeOf(rowsOf(front, sql)))
    }
    // What tools ask that do not know of pg_ as a prefix.
    const others = "not in ('pg_catalog', 'information_schema', 'pg_toast', 'public')"
    expect(await rowsOf(front, `select tablename from pg_tables where schemaname ${others}`)).toEqual([])
    expect(await rowsOf(front, `select nspname from pg_namespace where nspname ${others}`)).toEqual([])
    for (const privilege of ['database_privilege(current_database(), $$temp$$)']) {
      // By membership of the owner's role only, and only where a transaction may write.
      expect(await rowsOf(front, `select has_${privilege}`)).toEqual([['t']])
    }
    expect(
      await codeOf(rowsOf(front, 'select txid_current_if_assigned() is null, 1 from pg_class for update')),
    ).toMatch(/42501|25006/)
    expect(
      await rowsOf(
        front,
        'select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user',
      ),
    ).toEqual([['f', 'f', 'f', 'f']])
    expect(
      await rowsOf(front, "select lanname, has_language_privilege(oid, 'usage') from pg_language where lanpltrusted"),
    ).toEqual([['sql', 'f']])
    expect(await rowsOf(front, 'select name from pg_available_extensions')).toEqual([])
  })

  it('gets no superuser out of what the lake says: its texts run in a session of no one', async () => {
    const roles = await rowsOf(
      front,
      "select rolname, rolsuper, rolcreaterole from pg_roles where rolname like 'lake%' order by rolname",
    )
    expect(roles).toEqual([
      ['lakehouse', 'f', 'f'],
      ['lakewire', 't', 't'],
      ['lakewire_sync', 'f', 'f'],
    ])
    const trap = { ...column('id', 'int'), defaultSql: '5), add column pwn int default (7' }
    await compiler.lake.change('acme', null, [createTable('public', 'trap', [trap])])
    expect(await codeOf(front.analyse('select * from trap', [], NO_SETTINGS, never))).toBe('42P01')
    for (const user of ['lakewire', 'lakewire_sync', 'lakehouse']) {
      expect(await codeOf(rowsOf(compiler.front('acme', user), 'select 1'))).toBe('28000')
    }
  })

  it('of one tenant sees nothing of another', async () => {
    await compiler.lake.change('globex', null, [createTable('public', 'secret', [column('id', 'int')])])
    const other = compiler.front('globex', 'bo')
    expect((await other.analyse('select * from secret', [], NO_SETTINGS, never)).kind).toBe('lake')
    expect(await codeOf(front.analyse('select * from secret', [], NO_SETTINGS, never))).toBe('42P01')
    expect(await rowsOf(front, 'select datname from pg_database order by 1')).toEqual([['acme']])
    expect(await rowsOf(other, 'select current_database(), current_user')).toEqual([['globex', 'bo']])
    expect(await rowsOf(front, "select count(*) from pg_class where relname = 'secret'")).toEqual([['0']])
  })

  it('is never one of ours', async () => {
    for (const name of ['lakewire', 'lakehouse', 'pg_read_all_data']) {
      expect(await codeOf(rowsOf(compiler.front('acme', name), 'select 1')), name).toBe('28000')
    }
  })

  it('whose name is odd is a role like any other', async () => {
    const odd = compiler.front('acme', 'o"x; drop role lakehouse; --')
    expect(await rowsOf(odd, 'select current_user')).toEqual([['o"x; drop role lakehouse; --']])
  })
})

describe('hostile input costs its own statement only', () => {
  it.each([
    ['1+1+1… of 400 KB', `select ${'1+'.repeat(200_000)}1`, '54001'],
    ['nested parentheses', `select ${'('.repeat(100_000)}1`, '42601'],
    ['nested calls', `select ${'abs('.repeat(5_000)}1${')'.repeat(5_000)}`, '42601'],
    ['nested subqueries', `${'select (select '.repeat(2_000)}1${')'.repeat(2_000)}`, null],
    ['a long text', `select '${'x'.repeat(4_000_000)}'`, '54000'],
    ['NUL', 'select 1 \0', '22021'],
    ['half a surrogate pair', "select '\ud800'", '22021'],
    ['names of parentheses', `select 1 as "${'('.repeat(63)}"`, '0A000'],
    ['many union branches', `select 1${' union select 1'.repeat(3_000)}`, '54001'],
    [
      'many literals',
      `select id from orders where id in (${Array.from({ length: 20_000 }, (_, index) => index).join()})`,
      null,
    ],
    [
      'too many literals',
      `select id from orders where id in (${Array.from({ length: 140_000 }, (_, index) => index).join()})`,
      '54001',
    ],
    ['memory', "select repeat('x', 1000000000)", '53200'],
    ['a long way to nothing', "select regexp_matches(repeat('a', 100), '(a*)*(a*)*(a*)*b')", null],
  ])('%s', async (_, sql, code) => {
    const run = async (): Promise<unknown> => {
      const analysis = await front.analyse(sql, [], NO_SETTINGS, AbortSignal.timeout(10_000))
      return analysis.kind === 'twin' ? await rowsOf(front, sql, NO_SETTINGS, AbortSignal.timeout(2_000)) : null
    }
    const found = await codeOf(run())
    if (code !== null) expect(found).toBe(code)
    expect(await rowsOf(front, 'select 1')).toEqual([['1']])
  })
})
