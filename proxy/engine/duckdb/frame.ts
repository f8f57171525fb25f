/**
 * What the engine and its child say to each other over one pipe. A frame is its payload's length, its kind, the run it is
 * about, and the payload: rows as they are, all else as JSON.
 */
const FRAME_HEADER_BYTES = 9

export const FRAME = {
  start: 1,
  ready: 2,
  run: 3,
  credit: 4,
  cancel: 5,
  forget: 6,
  batch: 7,
  end: 8,
  error: 9,
  forgotten: 10,
} as const
export type FrameKind = (typeof FRAME)[keyof typeof FRAME]

export type Frame = { kind: number; run: number; payload: Buffer }

export function encodeHeader(kind: FrameKind, run: number, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
  header.writeUInt32LE(payloadBytes, 0)
  header[4] = kind
  header.writeUInt32LE(run, 5)
  return header
}

export function encodeJson(kind: FrameKind, run: number, value: unknown): Buffer[] {
  const payload = Buffer.from(JSON.stringify(value))
  return [encodeHeader(kind, run, payload.length), payload]
}

/** Cuts a byte stream into frames; a payload is copied once, into a buffer of its own. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES)
  #headerLength = 0
  #payload: Buffer | null = null
  #payloadLength = 0

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length || this.#payload?.length === 0) {
      if (this.#payload === null) {
        const taken = chunk.copy(this.#header, this.#headerLength, at, at + FRAME_HEADER_BYTES - this.#headerLength)
        at += taken
        this.#headerLength += taken
        if (this.#headerLength < FRAME_HEADER_BYTES) return
        this.#payload = Buffer.allocUnsafeSlow(this.#header.readUInt32LE(0))
        this.#payloadLength = 0
      }
      const payload = this.#payload
      const taken = chunk.copy(payload, this.#payloadLength, at)
      at += taken
      this.#payloadLength += taken
      if (this.#payloadLength === payload.length) this.#finish(payload)
    }
  }

  #finish(payload: Buffer): void {
    this.#payload = null
    this.#headerLength = 0
    this.#onFrame({ kind: this.#header[4] as number, run: this.#header.readUInt32LE(5), payload })
  }
}

/** How the engine gets at the files of tables. */
export type LakeStorage =
  /** Folders of this machine. */
  | { kind: 'local' }
  /** An object store, with keys that the catalog gives with each table and that reach this table only. */
  | { kind: 'vended' }
  /** An object store without such keys: ours, for the tenant's folder only as far as we are obeyed. */
  | {
      kind: 'keyed'
      endpoint: string
      region: string
      pathStyle: boolean
      accessKeyId: string
      secretAccessKey: string
    }

/** Payload of `start`: everything a child is told before it opens its database. */
export type StartRequest = {
  tenant: string
  catalogUrl: string
  token: string
  extensions: readonly string[]
  /** statements to run once, before the configuration is locked: macros and settings for every connection */
  macros: readonly string[]
  sessionSettings: readonly string[]
  storage: LakeStorage
  /** the only folders whose files the database may read and write */
  directories: readonly string[]
  temporaryDirectory: string
  temporaryBytesMax: number
  memoryBytes: number
  threads: number
  zoneDirectories: readonly string[]
}

export type ErrorReply =
  /** the engine's own message: the parent finds the SQLSTATE */
  | { kind: 'engine'; message: string }
  /** made by us, or told by printed SQL */
  | { kind: 'known'; code: string; message: string; detail: string | null }
  | { kind: 'cancelled' }

export type EndReply = { rowsAffected: number | null }
