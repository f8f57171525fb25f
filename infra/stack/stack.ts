import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDir } from './cache.ts'
import { install } from './install.ts'
import { configurationOf, startProcess } from './process.ts'
import { callAdmin, startStack } from './start.ts'
import { StackError } from './tools.ts'

/**
 * npm run stack -- install | start | stop | run: the full stack on this machine, for trying it out and for development. `run`
 * stays in the foreground; `start` leaves it running until `stop`. The tests start one of their own.
 */

const FOLDER = process.env.LAKEWIRE_STACK_DIR ?? join(tmpdir(), `lakewire-stack-${userInfo().username}`)
const SOCKET = join(FOLDER, 'control')
const START_MS = 35 * 60_000
const POLL_MS = 200
const USAGE = `usage: npm run stack -- COMMAND
  install   fetch and build the servers into ${cacheDir()}
  start     start S3, MongoDB, Trino, an admin and a proxy, and come back when they are ready
  stop      stop them; what they kept is removed
  run       the same in the foreground, until Ctrl-C`

const say = (text: string) => process.stdout.write(`${text}\n`)

async function run(): Promise<void> {
  if (await isRunning()) throw new StackError(`a stack runs already in ${FOLDER}`)
  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  await chmod(FOLDER, 0o711)
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort())
  // Whoever says a word wants it to stop; the connection closes when it has. No process id can be taken for another's.
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => stopping.abort()))
  await new Promise<void>((done, fail) => server.once('error', fail).listen(SOCKET, done))
  try {
    const started = performance.now()
    const stack = await startStack(await install(say, stopping.signal), FOLDER, stopping.signal, 'throughput')
    const { address } = stack
    const env = configurationOf(address)
    const proxy = await startProcess('proxy', env, join(FOLDER, 'proxy'), stopping.signal)
    await callAdmin(address.admin, '/tenants', { name: 'acme' }, stopping.signal)
    const user = { name: 'ann', password: 'ann-of-acme' }
    await callAdmin(address.admin, '/tenants/acme/users', user, stopping.signal)
    for (const [name, value] of Object.entries(env)) say(`export ${name}='${value}'`)
    say(`# started in ${Math.round((performance.now() - started) / 1000)} s; logs are in ${FOLDER}`)
    say(`psql postgres://${user.name}:${user.password}@${proxy.pg?.host}:${proxy.pg?.port}/acme`)
    say('ready')
    await new Promise<void>((done) => {
      if (stopping.signal.aborted) done()
      else stopping.signal.addEventListener('abort', () => done(), { once: true })
    })
    await proxy.stop()
    await stack.stop()
  } finally {
    await rm(FOLDER, { recursive: true, force: true })
  }
  process.exit(0)
}

async function start(): Promise<void> {
  if (await isRunning()) throw new StackError(`a stack runs already in ${FOLDER}`)
  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  // Beside the folder, as `run` makes that anew.
  const logFile = `${FOLDER}.log`
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [import.meta.filename, 'run'], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.unref()
  const deadline = performance.now() + START_MS
  let shown = 0
  for (;;) {
    const text = await readFile(logFile, 'utf8')
    process.stdout.write(text.slice(shown))
    shown = text.length
    if (/^ready$/m.test(text)) return
    if (ended || performance.now() > deadline) throw new StackError(`the stack did not start; see ${logFile}`)
    await sleep(POLL_MS)
  }
}

/** False: there was nothing to stop. */
function stop(): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(SOCKET, () => socket.write('stop\n'))
    socket.resume()
    socket.once('error', () => done(false))
    socket.once('close', () => done(true))
  })
}

function isRunning(): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(SOCKET, () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  install: async () => {
    await install(say, new AbortController().signal)
    say(`everything is in ${cacheDir()}`)
  },
  start,
  stop: async () => {
    say((await stop()) ? 'stopped' : 'no stack was running')
  },
  run,
}

const command = COMMANDS[process.argv[2] ?? '']
if (command === undefined || process.argv.length > 3) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(2)
}
try {
  await command()
} catch (error) {
  if (!(error instanceof StackError)) throw error
  process.stderr.write(`stack: ${error.message}\n`)
  process.exit(1)
}
