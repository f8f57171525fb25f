import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { psqlRows } from '../harness/psql.ts'
import { type Lakewire, type Login, ROOT, startLakewire, urlOf } from '../harness/start.ts'

let dataDir: string
let server: Lakewire
let alice: Login

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lakewire-start-'))
  server = await startLakewire({ dataDir })
  alice = await server.makeUser('acme', 'alice')
})

afterAll(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true })
})

test('both ports answer once it says ready', async () => {
  expect(await (await fetch(new URL('/readyz', server.httpUrl))).text()).toBe('ok\n')
  expect(await psqlRows(alice, 'select current_user, current_database(), 1 + 1')).toEqual([['alice', 'acme', '2']])
})

test('other users of the machine cannot list folders that hold names of tenants', async () => {
  await psqlRows(alice, 'create table listed as select 1 as a')
  for (const folder of ['lake', 'system', 'system/twin', 'system/spill']) {
    expect([folder, (await stat(join(dataDir, folder))).mode & 0o066]).toEqual([folder, 0])
  }
})

test('the psql line of a new user names the port of the server that runs, whatever the command is told', async () => {
  const made = await server.cliText('user', 'create', 'carol', '--tenant', 'acme')
  const [line] = /^psql (postgres:\S+)$/m.exec(made)?.slice(1) ?? []
  const client = new pg.Client(line)
  await client.connect()
  expect((await client.query('select current_user')).rows).toEqual([{ current_user: 'carol' }])
  await client.end()
  await server.cli('user', 'drop', 'carol', '--tenant', 'acme')
})

test('D9: a second server on the same data folder fails at once and says why', async () => {
  await expect(startLakewire({ dataDir })).rejects.toThrow(/ended with 2 before.*in use by another/s)
  expect(await psqlRows(alice, 'select 1')).toEqual([['1']])
})

test('A6: the command line works on a running server: a dropped user’s session ends with 57P01, new ones are refused', async () => {
  const bob = await server.makeUser('acme', 'bob')
  const client = new pg.Client(urlOf(bob))
  const ended = firstError(client)
  await client.connect()
  expect(await server.cli('user', 'drop', 'bob', '--tenant', 'acme')).toEqual({ dropped: 'bob', tenant: 'acme' })
  expect((await ended).code).toBe('57P01')
  await expect(psqlRows(bob, 'select 1')).rejects.toThrow(/password authentication failed for user "bob"/)
})

test('A7: a dropped tenant’s sessions end, and it answers like one that never was', async () => {
  const carol = await server.makeUser('shortlived', 'carol')
  const client = new pg.Client(urlOf(carol))
  const ended = firstError(client)
  await client.connect()
  await client.query('create table t (i int)')
  await client.query('insert into t values (1)')
  await expect(stat(join(dataDir, 'lake', 'shortlived'))).resolves.toBeTruthy()
  await server.cli('tenant', 'drop', 'shortlived', '--files')
  expect((await ended).code).toBe('57P01')
  await expect(stat(join(dataDir, 'lake', 'shortlived'))).rejects.toThrow(/ENOENT/)
  const gone = await psqlRows(carol, 'select 1').catch((error: Error) => error.message)
  const never = await psqlRows({ ...carol, database: 'neverwas' }, 'select 1').catch((error: Error) => error.message)
  expect(gone).toEqual(String(never).replaceAll('neverwas', 'shortlived'))
  // made anew, it is empty
  const again = await server.makeUser('shortlived', 'carol')
  expect(await psqlRows(again, "select count(*) from pg_tables where schemaname = 'public'")).toEqual([['0']])
})

test('SIGTERM ends idle sessions with 57P01 and exits 0; a restart has everything', async () => {
  await psqlRows(alice, 'create table kept (i int, t text); insert into kept values (1, $$one$$), (2, null)')
  const client = new pg.Client(urlOf(alice))
  const ended = firstError(client)
  await client.connect()
  server.signal('SIGTERM')
  expect((await ended).code).toBe('57P01')
  expect(await server.exited).toBe(0)
  expect(await descendantsOf(server.pid)).toEqual([])

  server = await startLakewire({ dataDir })
  alice = { ...alice, ...server.pg }
  expect(await psqlRows(alice, 'select * from kept order by 1')).toEqual([
    ['1', 'one'],
    ['2', ''],
  ])
})

test('X10: a statement that runs when SIGTERM comes is answered in full, new connections are refused', async () => {
  await psqlRows(alice, 'create table many as select g as i from generate_series(1, 20000) g')
  const client = new pg.Client(urlOf(alice))
  const ended = firstError(client)
  await client.connect()
  let over = false
  const counting = client.query('select count(*)::int as n from many a, many b where a.i + b.i <> 0').finally(() => {
    over = true
  })
  await sleep(300)
  expect(over).toBe(false)
  server.signal('SIGTERM')
  await expect.poll(() => psqlRows(alice, 'select 1').catch(String)).toMatch(/refused|shutting down/)
  expect((await counting).rows).toEqual([{ n: 400_000_000 }])
  expect((await ended).code).toBe('57P01')
  expect(await server.exited).toBe(0)
  server = await startLakewire({ dataDir })
  alice = { ...alice, ...server.pg }
})

test('npm start: a signal to npm stops the server, which ends with 0', async () => {
  const idle = await mkdtemp(join(tmpdir(), 'lakewire-npm-'))
  const env = {
    ...process.env,
    LAKEWIRE_DATA_DIR: idle,
    LAKEWIRE_PG_PORT: '0',
    LAKEWIRE_HTTP_PORT: '0',
    LAKEWIRE_DEMO: 'off',
  }
  const npm = spawn('npm', ['start', '--silent'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((done) => npm.once('exit', (code, signal) => done(code ?? signal)))
  for await (const line of createInterface({ input: npm.stdout })) if (line === 'ready') break
  npm.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(existsSync(join(idle, 'system', 'server.json'))).toBe(false)
  await rm(idle, { recursive: true })
})

test('the command line works on an idle data folder', async () => {
  const idle = await mkdtemp(join(tmpdir(), 'lakewire-idle-'))
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(ROOT, 'main.ts'), ...args, '--data-dir', idle, '--json'], { cwd: ROOT })
  await run('tenant', 'create', 'acme')
  const made = JSON.parse((await run('user', 'create', 'dave', '--tenant', 'acme')).stdout)
  const other = await startLakewire({ dataDir: idle })
  const dave = { ...other.pg, database: 'acme', user: 'dave', password: made.password as string }
  expect(await psqlRows(dave, 'select current_user')).toEqual([['dave']])
  expect(await other.stop()).toBe(0)
  await rm(idle, { recursive: true })
})

test('the command line tells mistakes on stderr, in words, with exit codes', async () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(ROOT, 'main.ts'), ...args], { cwd: ROOT }).catch(
      (error: unknown) => error,
    )
  expect(await run('tenant', 'list', '--url', server.httpUrl, '--admin-token', 'x'.repeat(40))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'lakewire: the admin token is needed\n',
  })
  expect(await run('start', '--pg-prot', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('--pg-port') })
  expect(await run('start', '--pg-port', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('pg.port') })
})

/** The server's last word; that the connection is closed then is an error to node-postgres as well. */
function firstError(client: pg.Client): Promise<pg.DatabaseError> {
  return new Promise((done) => client.on('error', (error) => done(error as pg.DatabaseError)))
}

/** Processes whose parent, or parent's parent …, was this one; orphans are found by what they have open no more. */
async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,pgid='])
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return rows.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0)
}
