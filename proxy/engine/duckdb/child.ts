import { Socket } from 'node:net'
import { PgError } from '../../error.ts'
import { type Database, openDatabase } from './database.ts'
import {
  type ErrorReply,
  encodeHeader,
  encodeJson,
  FRAME,
  type Frame,
  FrameReader,
  type StartRequest,
} from './frame.ts'
import { type RunControl, type RunRequest, startRun } from './run.ts'

/**
 * The child process of one tenant. It speaks frames on file descriptor 3 and ends when that pipe does, so that it can not
 * outlive its parent.
 */
const PIPE_FD = 3

const pipe = new Socket({ fd: PIPE_FD, readable: true, writable: true })
const runs = new Map<number, RunControl>()
let database: Database | null = null
let zoneDirectories: readonly string[] = []

function send(parts: readonly Uint8Array[]): void {
  pipe.cork()
  for (const part of parts) pipe.write(part)
  pipe.uncork()
}

function errorReply(error: unknown): ErrorReply {
  if (error instanceof PgError) {
    return { kind: 'known', code: error.code, message: error.message, detail: error.fields.detail ?? null }
  }
  return { kind: 'engine', message: error instanceof Error ? error.message : String(error) }
}

async function start(request: StartRequest): Promise<void> {
  try {
    zoneDirectories = request.zoneDirectories
    database = await openDatabase(request)
    await database.attach(null)
    send(encodeJson(FRAME.ready, 0, {}))
  } catch (error) {
    send(encodeJson(FRAME.error, 0, errorReply(error)))
  }
}

async function run(id: number, request: RunRequest): Promise<void> {
  if (database === null) throw new Error('run before start')
  const control = startRun(database, request, zoneDirectories, (bytes, rows) => {
    const head = Buffer.allocUnsafe(4)
    head.writeUInt32LE(rows, 0)
    send([encodeHeader(FRAME.batch, id, head.length + bytes.length), head, bytes])
  })
  runs.set(id, control)
  try {
    const rowsAffected = await control.done
    send(encodeJson(FRAME.end, id, { rowsAffected }))
  } catch (error) {
    send(encodeJson(FRAME.error, id, control.isCancelled() ? { kind: 'cancelled' } : errorReply(error)))
  } finally {
    runs.delete(id)
  }
}

async function forget(id: number, transaction: string): Promise<void> {
  try {
    await database?.detach(transaction)
    send(encodeJson(FRAME.forgotten, id, {}))
  } catch (error) {
    send(encodeJson(FRAME.error, id, errorReply(error)))
  }
}

function receive({ kind, run: id, payload }: Frame): void {
  switch (kind) {
    case FRAME.start:
      void start(JSON.parse(payload.toString()) as StartRequest)
      return
    case FRAME.run:
      void run(id, JSON.parse(payload.toString()) as RunRequest)
      return
    case FRAME.credit:
      runs.get(id)?.credit()
      return
    case FRAME.cancel:
      runs.get(id)?.cancel()
      return
    case FRAME.forget:
      void forget(id, (JSON.parse(payload.toString()) as { transaction: string }).transaction)
      return
    default:
      throw new Error(`unknown frame ${kind}`)
  }
}

/** Not process.exit: that waits for threads, and a statement may be running in one for ever. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}

const reader = new FrameReader(receive)
pipe.on('data', (chunk) => reader.push(chunk as Buffer))
pipe.on('end', end)
pipe.on('error', end)
pipe.on('close', end)
