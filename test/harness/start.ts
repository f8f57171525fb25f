/** The whole product as its users run it: `node main.ts start` in a data folder of its own, driven through its ports. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export type StartOptions = {
  /** one that is kept over restarts; default: a new one that `stop` removes */
  dataDir?: string
  env?: Readonly<Record<string, string>>
}

export type Lakewire = {
  readonly pid: number
  readonly dataDir: string
  /** where the catalog and the admin API answer */
  readonly httpUrl: string
  readonly pg: { readonly host: string; readonly port: number }
  /** users whose psql line was printed */
  readonly demoUsers: readonly Login[]
  /** what it has written to stderr so far */
  log(): string
  /** `lakewire ARGS --json` against this data folder */
  cli(...args: string[]): Promise<unknown>
  /** the same in words */
  cliText(...args: string[]): Promise<string>
  makeUser(tenant: string, user: string): Promise<Login>
  signal(signal: NodeJS.Signals): void
  /** code, or the name of the signal that ended it */
  readonly exited: Promise<number | NodeJS.Signals>
  /** SIGTERM, wait, remove the data folder if it was made here; the exit code */
  stop(): Promise<number | NodeJS.Signals>
}

export type Login = { host: string; port: number; database: string; user: string; password: string }

const START_MS = 110_000
const STOP_MS = 30_000

export async function startLakewire(options: StartOptions = {}): Promise<Lakewire> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'lakewire-test-')))
  // What runs unprivileged when the tests are root's may pass through, so that everything lies in this one folder.
  if (options.dataDir === undefined) await chmod(dataDir, 0o711)
  const env = {
    ...process.env,
    LAKEWIRE_DATA_DIR: dataDir,
    LAKEWIRE_PG_PORT: '0',
    LAKEWIRE_HTTP_PORT: '0',
    LAKEWIRE_DEMO: 'off',
    ...options.env,
  }
  const child = spawn(process.execPath, [join(ROOT, 'main.ts'), 'start'], {
    env,
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString()
  })
  const exited = new Promise<number | NodeJS.Signals>((done) =>
    child.once('exit', (code, signal) => done(code ?? signal ?? 1)),
  )
  const lines = await readyLines(child, exited, () => errors)
  const pg = addressOf(lines, /^postgresql (\S+):(\d+)$/)
  const httpUrl = lines.map((line) => /^catalog (http\S+)$/.exec(line)?.[1]).find((url) => url !== undefined)
  if (httpUrl === undefined) throw new Error(`no catalog address in:\n${lines.join('\n')}`)

  const cliText = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'main.ts'), ...args], { env, cwd: ROOT })
    return stdout
  }
  const cli = async (...args: string[]): Promise<unknown> => JSON.parse(await cliText(...args, '--json'))
  return {
    pid: child.pid ?? 0,
    dataDir,
    httpUrl,
    pg,
    demoUsers: lines.flatMap(demoLogin),
    log: () => errors,
    cli,
    cliText,
    makeUser: async (tenant, user) => {
      const tenants = (await cli('tenant', 'list')) as { name: string }[]
      if (!tenants.some((one) => one.name === tenant)) await cli('tenant', 'create', tenant)
      const made = (await cli('user', 'create', user, '--tenant', tenant)) as { password: string }
      return { ...pg, database: tenant, user, password: made.password }
    },
    signal: (signal) => child.kill(signal),
    exited,
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      const code = await exited
      clearTimeout(timer)
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

/** All lines before `ready`. */
function readyLines(child: ChildProcess, exited: Promise<unknown>, errors: () => string): Promise<string[]> {
  return new Promise((done, fail) => {
    const lines: string[] = []
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`not ready in ${START_MS} ms:\n${lines.join('\n')}\n${errors()}`))
    }, START_MS)
    if (child.stdout === null) throw new Error('stdout is not piped')
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') {
        clearTimeout(timer)
        done(lines)
      } else lines.push(line)
    })
    void exited.then((code) => {
      clearTimeout(timer)
      fail(new Error(`ended with ${code} before it was ready:\n${lines.join('\n')}\n${errors()}`))
    })
  })
}

function addressOf(lines: readonly string[], pattern: RegExp): { host: string; port: number } {
  for (const line of lines) {
    const match = pattern.exec(line)
    if (match?.[1] !== undefined) return { host: match[1], port: Number(match[2]) }
  }
  throw new Error(`no line like ${pattern} in:\n${lines.join('\n')}`)
}

function demoLogin(line: string): Login[] {
  const match = /^psql (postgres:\/\/\S+)$/.exec(line)
  if (match?.[1] === undefined) return []
  const url = new URL(match[1])
  return [
    {
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: url.username,
      password: decodeURIComponent(url.password),
    },
  ]
}

export function urlOf(login: Login): string {
  return `postgres://${login.user}:${encodeURIComponent(login.password)}@${login.host}:${login.port}/${login.database}`
}
