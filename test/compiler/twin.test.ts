import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import { column, createTable } from '../harness/memory-lake.ts'
import {
  CACHE_DIR,
  NO_SETTINGS,
  never,
  openTestCompiler,
  rowsOf,
  type TestCompiler,
  temporaryDir,
} from './open-compiler.ts'

const open: TestCompiler[] = []

async function compilerWith(options: Parameters<typeof openTestCompiler>[0] = {}): Promise<TestCompiler> {
  const compiler = await openTestCompiler(options)
  open.push(compiler)
  return compiler
}

afterEach(async () => {
  for (const compiler of open.splice(0)) await compiler.close()
})

const lockOf = (dataDir: string, tenant: string): string => join(dataDir, 'twin', tenant, 'postmaster.pid')
const postmaster = async (dataDir: string, tenant: string): Promise<number> =>
  Number((await readFile(lockOf(dataDir, tenant), 'utf8')).split('\n')[0])
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const until = async (condition: () => boolean, ms = 60_000): Promise<void> => {
  for (let waited = 0; waited < ms && !condition(); waited += 20) await wait(20)
  expect(condition()).toBe(true)
}

describe('a twin', () => {
  it('starts when it is needed, sleeps when it is not, and wakes with what it had', async () => {
    const { lake, dataDir, front } = await compilerWith({ twinIdleMs: 1_000 })
    await lake.change('acme', null, [createTable('public', 'orders', [column('id', 'int')])])
    expect(existsSync(lockOf(dataDir, 'acme'))).toBe(false)
    const session = front()
    const oid = await rowsOf(session, "select 'orders'::regclass::oid")
    const pid = await postmaster(dataDir, 'acme')
    expect(isAlive(pid)).toBe(true)
    await until(() => !isAlive(pid))
    await until(() => !existsSync(lockOf(dataDir, 'acme')))
    const loads = lake.asked.load
    expect(await rowsOf(session, "select 'orders'::regclass::oid")).toEqual(oid)
    expect(lake.asked.load).toBe(loads)
  })

  it('is not put to sleep while it works', async () => {
    const { dataDir, front } = await compilerWith({ twinIdleMs: 100 })
    const session = front()
    const pinned = await session.pin(NO_SETTINGS, never)
    const pid = await postmaster(dataDir, 'acme')
    await wait(400)
    expect((await pinned.run('select 1', never)).rows).toEqual([['1']])
    expect(await postmaster(dataDir, 'acme')).toBe(pid)
    await pinned.rollback()
  })

  it('makes room for others, the longest unused first', async () => {
    const { dataDir, front } = await compilerWith({ twinsAwakeMax: 2 })
    const tenants = ['one', 'two', 'three'].map((tenant) => front(tenant))
    for (const session of tenants) expect(await rowsOf(session, 'select 1')).toEqual([['1']])
    const awake = ['one', 'two', 'three'].filter((tenant) => existsSync(lockOf(dataDir, tenant)))
    expect(awake).toEqual(['two', 'three'])
    // All at once: each waits for its turn.
    expect(await Promise.all(tenants.map((session) => rowsOf(session, 'select current_database()')))).toEqual([
      [['one']],
      [['two']],
      [['three']],
    ])
  })

  it('that is killed is made anew, and costs the statements under way', async () => {
    const { lake, dataDir, front } = await compilerWith()
    await lake.change('acme', null, [createTable('public', 'orders', [column('id', 'int')])])
    const session = front()
    await rowsOf(session, 'select 1')
    for (let round = 0; round < 2; round++) {
      const pid = await postmaster(dataDir, 'acme')
      const slow = rowsOf(
        session,
        'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b',
      ).catch((error) => error)
      await wait(500)
      process.kill(pid, 'SIGKILL')
      expect(await slow).toBeInstanceOf(PgError)
      await until(() => !isAlive(pid))
      expect((await session.analyse('select * from orders', [], NO_SETTINGS, never)).kind).toBe('lake')
      expect(await postmaster(dataDir, 'acme')).not.toBe(pid)
    }
  })

  it('whose backend is killed goes on', async () => {
    const { dataDir, front } = await compilerWith()
    const session = front()
    const [row] = await rowsOf(session, 'select pg_backend_pid()')
    const pid = await postmaster(dataDir, 'acme')
    process.kill(Number(row?.[0]), 'SIGKILL')
    // The crash of one may have left anything behind, so all is made anew.
    await until(() => !isAlive(pid))
    expect(await rowsOf(session, 'select 1')).toEqual([['1']])
  })

  it('that outlived a proxy that was killed is ended at the next start', async () => {
    const dataDir = await temporaryDir()
    const script = `
      import { openCompiler } from ${JSON.stringify(join(import.meta.dirname, '../../proxy/compiler/front.ts'))}
      import { MemoryLake } from ${JSON.stringify(join(import.meta.dirname, '../harness/memory-lake.ts'))}
      const compiler = await openCompiler({ lake: new MemoryLake(), dataDir: process.env.DATA_DIR, cacheDir: process.env.CACHE_DIR, twinsAwakeMax: 2, twinIdleMs: 60000 })
      await compiler.open({ tenant: 'acme', user: 'bo' }).analyse('select 1', [], new Map(), new AbortController().signal)
      console.log('ready')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, DATA_DIR: dataDir, CACHE_DIR },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const orphan = await postmaster(dataDir, 'acme')
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    expect(isAlive(orphan)).toBe(true)
    const { front } = await compilerWith({ dataDir })
    await until(() => !isAlive(orphan))
    expect(await rowsOf(front(), 'select 1')).toEqual([['1']])
    expect(await postmaster(dataDir, 'acme')).not.toBe(orphan)
  })

  it('leaves nothing behind when its tenant is dropped', async () => {
    const { dataDir, compiler, front } = await compilerWith()
    expect(await rowsOf(front('acme', 'old_user'), 'select 1')).toEqual([['1']])
    const pid = await postmaster(dataDir, 'acme')
    await compiler.remove('acme')
    expect(isAlive(pid)).toBe(false)
    const roles = await rowsOf(front('acme', 'new_user'), "select rolname from pg_roles where rolname like '%_user'")
    expect(roles).toEqual([['new_user']])
  })

  it('serves many sessions at once, of several users', async () => {
    const { front } = await compilerWith()
    const sessions = Array.from({ length: 120 }, (_, index) => front('acme', `user${index % 7}`))
    const rows = await Promise.all(sessions.map((session, index) => rowsOf(session, `select current_user, ${index}`)))
    expect(rows.map(([row]) => row)).toEqual(sessions.map((_, index) => [`user${index % 7}`, String(index)]))
  })
})
