import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { PgError } from '../../error.ts'
import type { Batch } from '../engine.ts'
import { cancelled, engineDied, engineError, isBroken, memoryExceeded } from './error.ts'
import {
  type EndReply,
  type ErrorReply,
  encodeHeader,
  encodeJson,
  FRAME,
  type Frame,
  FrameReader,
  type StartRequest,
} from './frame.ts'
import { residentBytes, volunteerForOom } from './resident.ts'
import type { RunRequest } from './run.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000
/** A statement that does not heed its interrupt so long takes its engine with it. */
const CANCEL_GRACE_MS = 2000
const WATCH_INTERVAL_MS = 50
const STDERR_BYTES_MAX = 4096
/** A statement holds a thread of the child's while it runs. */
export const RUNS_PER_CHILD_MAX = 32
const CHILD_HEAP_MIB = 512

/** Where the frames of one run arrive. */
type Receiver = {
  batch(batch: Batch): void
  end(reply: EndReply): void
  fail(error: PgError): void
}

/** One child process, seen from the parent: runs by number, and an end that fails them all. */
export class EngineProcess {
  readonly #child: ChildProcess
  readonly #pipe: Socket
  readonly temporaryDirectory: string
  readonly #memoryBytesMax: number
  readonly #receivers = new Map<number, Receiver>()
  readonly #ended: Promise<void>
  #nextRun = 1
  #watch: NodeJS.Timeout | null = null
  #stderr = ''
  #cause: PgError | null = null
  #alive = true

  constructor(memoryBytesMax: number, temporaryDirectory: string) {
    this.#memoryBytesMax = memoryBytesMax
    this.temporaryDirectory = temporaryDirectory
    this.#child = spawn(process.execPath, [`--max-old-space-size=${CHILD_HEAP_MIB}`, '--no-warnings', CHILD], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // nothing of ours: an environment holds secrets
      env: { UV_THREADPOOL_SIZE: String(RUNS_PER_CHILD_MAX + 4), TZ: 'UTC', LANG: 'C.UTF-8' },
    })
    this.#pipe = this.#child.stdio[3] as Socket
    const reader = new FrameReader((frame) => this.#receive(frame))
    this.#pipe.on('data', (chunk: Buffer) => reader.push(chunk))
    this.#pipe.on('error', () => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_BYTES_MAX)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(`could not start: ${error.message}`, resolve))
      this.#child.once('close', (code, signal) => this.#end(`ended with ${signal ?? code}: ${this.#stderr}`, resolve))
    })
    if (this.#child.pid !== undefined) void volunteerForOom(this.#child.pid)
  }

  /** False as soon as its end is decided. */
  get alive(): boolean {
    return this.#alive && this.#cause === null
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  async start(request: StartRequest): Promise<void> {
    const timer = setTimeout(() => this.kill(engineDied('did not start in time')), START_TIMEOUT_MS)
    try {
      await this.#ask(0, encodeJson(FRAME.start, 0, request))
    } finally {
      clearTimeout(timer)
    }
  }

  run(request: RunRequest, receiver: Receiver): { credit(): void; cancel(): void } {
    const id = this.#take(receiver)
    this.#send(encodeJson(FRAME.run, id, request))
    let cancelling = false
    return {
      credit: () => {
        if (this.#receivers.has(id)) this.#send([encodeHeader(FRAME.credit, id, 0)])
      },
      cancel: () => {
        if (cancelling || !this.#receivers.has(id)) return
        cancelling = true
        this.#send([encodeHeader(FRAME.cancel, id, 0)])
        const timer = setTimeout(() => {
          const stuck = this.#receivers.get(id)
          if (stuck === undefined) return
          this.#receivers.delete(id)
          stuck.fail(cancelled())
          this.kill(engineDied('a cancelled statement did not end'))
        }, CANCEL_GRACE_MS)
        timer.unref()
      },
    }
  }

  async forget(transaction: string): Promise<void> {
    const id = this.#nextRun++
    await this.#ask(id, encodeJson(FRAME.forget, id, { transaction }))
  }

  #fail(receiver: Receiver, reply: ErrorReply): void {
    receiver.fail(errorOf(reply))
    if (reply.kind === 'engine' && isBroken(reply.message)) this.kill(engineDied(`cannot go on: ${reply.message}`))
  }

  /** Fails whatever runs with `cause`, and ends the process. */
  kill(cause: PgError): void {
    this.#cause ??= cause
    this.#child.kill('SIGKILL')
  }

  /** It has nothing to save: what it has written is either committed by the catalog, or no part of any table. */
  async stop(): Promise<void> {
    this.kill(engineDied('stopped'))
    await this.#ended
  }

  async #ask(id: number, parts: Buffer[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = { batch: () => {}, end: () => resolve(), fail: reject }
      if (!this.alive) {
        reject(this.#cause ?? engineDied(this.#stderr))
        return
      }
      this.#receivers.set(id, done)
      this.#send(parts)
    })
  }

  #take(receiver: Receiver): number {
    if (!this.alive) throw this.#cause ?? engineDied(this.#stderr)
    const id = this.#nextRun++
    this.#receivers.set(id, receiver)
    this.#watch ??= setInterval(() => void this.#checkMemory(), WATCH_INTERVAL_MS).unref()
    return id
  }

  #send(parts: Buffer[]): void {
    if (!this.#alive) return
    this.#pipe.cork()
    for (const part of parts) this.#pipe.write(part)
    this.#pipe.uncork()
  }

  #receive({ kind, run, payload }: Frame): void {
    const receiver = this.#receivers.get(run)
    if (receiver === undefined) return
    switch (kind) {
      case FRAME.batch:
        receiver.batch({ rows: payload.readUInt32LE(0), bytes: payload.subarray(4) })
        return
      case FRAME.ready:
      case FRAME.forgotten:
        this.#release(run)
        receiver.end({ rowsAffected: null })
        return
      case FRAME.end:
        this.#release(run)
        receiver.end(JSON.parse(payload.toString()) as EndReply)
        return
      case FRAME.error:
        this.#release(run)
        this.#fail(receiver, JSON.parse(payload.toString()) as ErrorReply)
        return
      default:
        this.kill(engineDied(`unknown frame ${kind}`))
    }
  }

  #release(run: number): void {
    this.#receivers.delete(run)
    if (this.#receivers.size > 0 || this.#watch === null) return
    clearInterval(this.#watch)
    this.#watch = null
  }

  /** DuckDB's own memory limit does not count everything, so the process is watched from outside. */
  async #checkMemory(): Promise<void> {
    const { pid } = this.#child
    if (pid === undefined) return
    const bytes = await residentBytes(pid)
    if (bytes !== null && bytes > this.#memoryBytesMax) this.kill(memoryExceeded())
  }

  #end(detail: string, resolve: () => void): void {
    if (!this.#alive) return
    this.#alive = false
    if (this.#watch !== null) clearInterval(this.#watch)
    const error = this.#cause ?? engineDied(detail)
    for (const receiver of this.#receivers.values()) receiver.fail(error)
    this.#receivers.clear()
    this.#pipe.destroy()
    resolve()
  }

  async ended(): Promise<void> {
    await this.#ended
  }
}

function errorOf(reply: ErrorReply): PgError {
  switch (reply.kind) {
    case 'cancelled':
      return cancelled()
    case 'engine':
      return engineError(reply.message)
    case 'known':
      return new PgError(reply.code, reply.message, reply.detail === null ? {} : { detail: reply.detail })
  }
}
