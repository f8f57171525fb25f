import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chown, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PgError } from '../../error.ts'
import type { Binaries } from './binaries.ts'

const START_MS = 30_000
const STOP_MS = 5_000
const POLL_MS = 4
/** sockaddr_un holds 104 bytes on macOS, 108 on Linux */
const SOCKET_PATH_BYTES_MAX = 100
const SOCKET_NAME = '.s.PGSQL.5432'

/** At most so many backends; what is above this is kept by PostgreSQL for superusers. */
export const CONNECTIONS_MAX = 80

/**
 * A small server that can be lost at any time: nothing is fsynced, nothing is written behind its back, and it listens on
 * a unix socket only. log_min_messages keeps the trees, which go to the client as LOG notices, out of its log.
 */
export const SERVER_SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '',
  max_connections: CONNECTIONS_MAX,
  shared_buffers: '1MB',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  io_method: 'sync',
  wal_level: 'minimal',
  wal_recycle: 'off',
  wal_init_zero: 'off',
  min_wal_size: '2MB',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  max_worker_processes: 0,
  max_parallel_workers_per_gather: 0,
  dynamic_shared_memory_type: 'mmap',
  max_prepared_transactions: 0,
  max_locks_per_transaction: 256,
  unix_socket_permissions: '0700',
  log_min_messages: 'fatal',
  log_min_error_statement: 'panic',
  jit: 'off',
  // A backend that crashes may have left anything behind: the twin is made anew.
  restart_after_crash: 'off',
  temp_file_limit: '256MB',
  work_mem: '4MB',
  shared_preload_libraries: '',
  local_preload_libraries: '',
  // The binaries bring extensions that an owner of a database may install, some with languages that reach outside.
  extension_control_path: '/nonexistent',
}

/** One process may take so much memory; then it gets 53200 and goes on. Where the system has no such limit, it has none. */
const PROCESS_MEMORY_KIB_MAX = 768 * 1024
const LIMITED = `ulimit -v ${PROCESS_MEMORY_KIB_MAX} 2>/dev/null; exec "$@"`

/** A running postmaster. */
export type Server = {
  readonly dataDir: string
  readonly socketPath: string
  readonly pid: number
  /** resolves when the process is gone, for whatever reason */
  readonly exited: Promise<void>
  running(): boolean
  /** At once, and as after a crash: what it leaves is not used again. */
  kill(): void
  stop(): Promise<void>
}

const LOG_CHARS_MAX = 10_000

export async function startServer(binaries: Binaries, dataDir: string): Promise<Server> {
  const socketDir = await mkdtemp(join(tmpdir(), 'lw-'))
  const socketPath = join(socketDir, SOCKET_NAME)
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`the path of the temporary folder is too long for a socket: ${socketPath}`)
  }
  if (binaries.identity) await chown(socketDir, binaries.identity.uid, binaries.identity.gid)
  const flags = Object.entries({ ...SERVER_SETTINGS, unix_socket_directories: socketDir }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', binaries.postgres, '-D', dataDir, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { TZ: 'UTC', LC_ALL: 'C', PATH: process.env.PATH },
    // Its own process group: a Ctrl-C at our terminal is for us, who then stop it in order.
    detached: true,
    ...binaries.identity,
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const removed = exited.then(() => rm(socketDir, { recursive: true, force: true }))
  await ready(child, dataDir)
  const running = (): boolean => child.exitCode === null && child.signalCode === null
  const killWithUs = (): void => {
    child.kill('SIGQUIT')
  }
  process.once('exit', killWithUs)
  void exited.then(() => process.off('exit', killWithUs))
  return {
    dataDir,
    socketPath,
    pid: child.pid ?? 0,
    exited,
    running,
    kill: () => {
      child.kill('SIGQUIT')
    },
    stop: async () => {
      if (running()) {
        child.kill('SIGINT')
        if (!(await within(exited, STOP_MS))) {
          child.kill('SIGQUIT')
          if (!(await within(exited, STOP_MS))) child.kill('SIGKILL')
        }
      }
      await exited
      await removed
    },
  }
}

/**
 * The lock file's last line tells when the server takes connections: "ready".
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
 */
async function ready(child: ChildProcess, dataDir: string): Promise<void> {
  let log = ''
  let ended: string | null = null
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended = `exit ${code ?? signal}`
  })
  // Read to the end of the server's life, or it would block on a full pipe.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (log.length < LOG_CHARS_MAX) log += text
  })
  for (let waited = 0; waited < START_MS; waited += POLL_MS) {
    if (ended !== null) break
    const lock = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')
    const lines = lock.split('\n')
    if (Number(lines[0]) === child.pid && lines[7]?.startsWith('ready')) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  child.kill('SIGKILL')
  const cause = new Error(`${ended ?? `not ready after ${START_MS} ms`}\n${log}`)
  throw new PgError('57P03', 'the database system is not able to start', { fault: 'internal', cause })
}

/** True when `event` came in time. */
async function within(event: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([event.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

const run = promisify(execFile)

/**
 * Ends what is left of a server that was not stopped in order: a postmaster that outlived the proxy that started it, or
 * backends that outlived their postmaster. Its data folder says who they are, because process ids are used again. True when
 * there was a lock file at all: with fsync off the data are not to be trusted then.
 */
export async function endOrphan(dataDir: string): Promise<boolean> {
  const lock = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => null)
  if (lock === null) return false
  const pid = Number(lock.split('\n', 1)[0])
  if (Number.isInteger(pid) && pid > 1) await endPostmaster(pid, dataDir)
  for (const backend of await processesIn(dataDir)) kill(backend, 'SIGKILL')
  return true
}

async function endPostmaster(pid: number, dataDir: string): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (!(await isPostmasterOf(pid, dataDir))) return
    kill(pid, signal)
    for (let waited = 0; waited < STOP_MS && (await isPostmasterOf(pid, dataDir)); waited += POLL_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}

function kill(pid: number, signal: 'SIGQUIT' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Every process of PostgreSQL works in its data folder. Where there is no /proc its backends notice by themselves, in time. */
async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 1)
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((_, index) => folders[index] === folder)
}

async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    .then((text) => text.replaceAll('\0', ' '))
    .catch(() =>
      run('ps', ['-o', 'command=', '-p', String(pid)]).then(
        ({ stdout }) => stdout,
        () => '',
      ),
    )
  return command.includes('postgres') && command.includes(` -D ${dataDir} `)
}
