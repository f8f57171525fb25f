import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from './tools.ts'

/** One server as a child that ends with its parent, however that ends. */
export type Child = {
  readonly pid: number
  /** resolves when it has ended */
  readonly exited: Promise<void>
  signal(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

export type ChildSpec = {
  name: string
  command: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
  cwd: string
  logFile: string
}

const LOG_TAIL = 6000
const HEALTH_POLL_MS = 100
const HEALTH_MS = 5000
const PORTS_MAX = 5

/**
 * The shell holds our end of a pipe; when that closes (we said so, or we are gone) it asks the server to stop and, ten
 * seconds later, ends it.
 */
const GUARD = `
"$@" 3<&- </dev/null & child=$!
echo $child >&4
exec 4>&-
{ cat <&3 >/dev/null; kill -CONT $child 2>/dev/null; kill -TERM $child 2>/dev/null
  for tick in $(seq 100); do kill -0 $child 2>/dev/null || exit; sleep 0.1; done; kill -KILL $child 2>/dev/null; } &
guard=$!
wait $child; code=$?
kill $guard 2>/dev/null
exit $code
`

export async function spawnChild(spec: ChildSpec): Promise<Child> {
  const log = openSync(spec.logFile, 'a')
  const shell = spawn('/bin/sh', ['-c', GUARD, spec.name, spec.command, ...spec.args], {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
    // A Ctrl-C in the terminal is ours to pass on, in order.
    detached: true,
  })
  closeSync(log)
  const exited = new Promise<void>((done) => {
    shell.once('exit', () => done())
    shell.once('error', () => done())
  })
  const pid = await pidOf(shell, exited)
  return {
    pid,
    exited,
    signal: (signal) => process.kill(pid, signal),
    stop: () => {
      shell.stdio[3]?.destroy()
      return exited
    },
  }
}

async function pidOf(shell: ChildProcess, exited: Promise<void>): Promise<number> {
  const pipe = shell.stdio[4]
  const line = new Promise<string>((done) => pipe?.once('data', (bytes: Buffer) => done(bytes.toString())))
  return Number(await Promise.race([line, exited.then(() => '0')]))
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new StackError('no free port')
  return address.port
}

/**
 * Starts on a free port and waits until it answers. Another process may take the port in between: then again, on another.
 * The log goes into the error, as the folder may be gone by the time it is read.
 */
export async function startHealthy(
  specFor: (port: number) => ChildSpec | Promise<ChildSpec>,
  isHealthy: (port: number, signal: AbortSignal) => Promise<boolean>,
  limits: { startMs: number; port?: number },
  signal: AbortSignal,
): Promise<{ child: Child; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = limits.port ?? (await freePort())
    const spec = await specFor(port)
    const child = await spawnChild(spec)
    let ended = false
    void child.exited.then(() => {
      ended = true
    })
    const deadline = performance.now() + limits.startMs
    try {
      while (!ended && performance.now() < deadline) {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)])
        if (await isHealthy(port, patience).catch(() => false)) return { child, port }
        await sleep(HEALTH_POLL_MS, undefined, { signal })
      }
    } catch (error) {
      await child.stop()
      throw error
    }
    await child.stop()
    const log = await readFile(spec.logFile, 'utf8')
    if (ended && attempt < PORTS_MAX && /already in use/i.test(log)) continue
    const what = ended ? 'ended before it was ready' : `was not ready in ${limits.startMs} ms`
    throw new StackError(`${spec.name} ${what}; its log (${spec.logFile}):\n${log.slice(-LOG_TAIL)}`)
  }
}

/** Whether it answers at all with a status below 300. */
export async function answers(
  url: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<boolean> {
  return (await fetch(url, { signal, headers })).ok
}
