import { readFileSync } from 'node:fs'

/**
 * The WebAssembly half of the fast way: assembly/transcode.ts. There is one instance in a process, with memory for a window of
 * a page and what becomes of it; it keeps nothing between calls.
 */
type Exports = {
  memory: WebAssembly.Memory
  readTo: WebAssembly.Global<'i32'>
  wroteTo: WebAssembly.Global<'i32'>
  state: WebAssembly.Global<'i32'>
  transcode(
    from: number,
    to: number,
    out: number,
    enough: number,
    kinds: number,
    columns: number,
    rowsMax: number,
  ): number
}

/** What becomes of a column: assembly/transcode.ts has the same table. */
export const KIND = {
  raw: 0,
  bool: 1,
  float8: 2,
  float4: 3,
  date: 4,
  time: 5,
  timestamp: 6,
  timestamptz: 7,
  bytea: 8,
  host: 9,
} as const
export type Kind = (typeof KIND)[keyof typeof KIND]

/** Why it stopped: the window is at its end, or enough is written; the list of rows has ended; it is no list of rows. */
export type TranscodeState = 'more' | 'ended' | 'malformed'
const STATES: readonly TranscodeState[] = ['more', 'ended', 'malformed']

export type Transcoded = { rows: number; bytesRead: number; bytes: Buffer; state: TranscodeState }

/** Writes the JSON value in `memory[start, end)` at `out`; returns its length. */
export type HostCell = (memory: Memory, column: number, start: number, end: number, out: number) => number

export type Memory = { bytes: Buffer<ArrayBuffer>; reserve(end: number): void }

export const COLUMNS_MAX = 2048
const KINDS_AT = 16 * 1024
const WINDOW_AT = 64 * 1024
const SENTINEL = Buffer.from('"",]'.repeat(16))
/** `2,` becomes five bytes; a row's own are paid by its brackets and this. */
const GROWTH_MAX = 4
const SLACK_BYTES = 4096 + COLUMNS_MAX * 8
const PAGE_BYTES = 64 * 1024
const ROWS_MAX = 0x7fff_ffff

let call: { cell: HostCell; error: unknown } | null = null
let room = 0

const { exports } = new WebAssembly.Instance(
  new WebAssembly.Module(readFileSync(new URL('./transcode.wasm', import.meta.url))),
  {
    host: {
      // an exception that crosses WebAssembly would leave nothing to say where it had stopped
      cell: (column: number, start: number, end: number, out: number): number => {
        if (call === null) return -1
        try {
          const length = call.cell(memory, column, start, end, out)
          memory.reserve(out + length + room)
          return length
        } catch (error) {
          call.error = error
          return -1
        }
      },
    },
  },
)
const wasm = exports as unknown as Exports
const memory: Memory = {
  bytes: Buffer.from(wasm.memory.buffer as ArrayBuffer),
  reserve(end) {
    const missing = end - wasm.memory.buffer.byteLength
    if (missing <= 0) return
    wasm.memory.grow(Math.ceil(missing / PAGE_BYTES))
    memory.bytes = Buffer.from(wasm.memory.buffer as ArrayBuffer)
  },
}

/** Rows of `body[start, end)`, as many as are whole there, until `bytesEnough` have come of them. */
export function transcode(
  body: Buffer,
  start: number,
  end: number,
  kinds: Uint8Array,
  bytesEnough: number,
  rowsMax: number,
  cell: HostCell,
): Transcoded {
  const windowEnd = WINDOW_AT + end - start
  const out = windowEnd + SENTINEL.length
  room = GROWTH_MAX * (end - start) + SLACK_BYTES
  memory.reserve(out + bytesEnough + room)
  memory.bytes.set(kinds, KINDS_AT)
  body.copy(memory.bytes, WINDOW_AT, start, end)
  memory.bytes.set(SENTINEL, windowEnd)
  const current = { cell, error: null }
  call = current
  const rows = wasm.transcode(
    WINDOW_AT,
    windowEnd,
    out,
    out + bytesEnough,
    KINDS_AT,
    kinds.length,
    Math.min(rowsMax, ROWS_MAX),
  )
  call = null
  if (current.error !== null) throw current.error
  const length = wasm.wroteTo.value - out
  const bytes = Buffer.allocUnsafeSlow(length)
  memory.bytes.copy(bytes, 0, out, out + length)
  return {
    rows,
    bytesRead: wasm.readTo.value - WINDOW_AT,
    bytes,
    state: STATES[wasm.state.value] ?? 'malformed',
  }
}
