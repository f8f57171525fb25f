import { PgError } from '../../error.ts'
import type { CopyFormat } from './read.ts'
import { BINARY_HEADER, BINARY_TRAILER, TupleEnds } from './tuple.ts'

/** So much of a COPY's input is in the twin at a time. */
export const COPY_CHUNK_BYTES = 32 * 1024 * 1024
export const COPY_ROW_BYTES_MAX = 256 * 1024 * 1024

const NEWLINE = 10
const DOT = 46
const BACKSLASH = 92

/**
 * Finds the ends of rows in COPY input of the text and csv formats, whatever pieces it comes in, so that it can be given
 * to PostgreSQL a part at a time. Knows only as much of the formats as tells a newline inside a value from one between rows.
 * https://www.postgresql.org/docs/18/sql-copy.html#id-1.9.3.55.9
 */
export class RowEnds {
  private readonly csv: boolean
  private readonly quote: number
  private readonly escape: number
  private quoted = false
  private escaped = false
  /** text only: how much of a line `\.` the current line is; -1: it is another */
  private mark = 0
  /** lines that have been passed, as PostgreSQL counts them: in csv also those within quotes */
  lines = 0
  /** text only: a line `\.` has been passed, and PostgreSQL reads nothing behind it */
  ended = false

  constructor(format: Pick<CopyFormat, 'kind' | 'quote' | 'escape'>) {
    this.csv = format.kind === 'csv'
    this.quote = format.quote.charCodeAt(0)
    this.escape = format.escape.charCodeAt(0)
  }

  /** The offset after the last row end in these bytes; 0: none. Call it once for every piece, in order. */
  lastEnd(bytes: Uint8Array): number {
    return this.csv ? this.lastCsvEnd(bytes) : this.lastTextEnd(bytes)
  }

  private lastTextEnd(bytes: Uint8Array): number {
    let last = 0
    let { escaped, mark } = this
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === NEWLINE && !escaped) {
        last = at + 1
        this.lines += 1
        if (mark === 2) {
          this.ended = true
          break
        }
        mark = 0
        continue
      }
      if (byte !== CARRIAGE_RETURN) mark = byte === MARK[mark] ? mark + 1 : -1
      escaped = !escaped && byte === BACKSLASH
    }
    this.escaped = escaped
    this.mark = mark
    return last
  }

  private lastCsvEnd(bytes: Uint8Array): number {
    let last = 0
    let { quoted, escaped } = this
    // An escape that is the quote itself doubles it: toggling twice comes to the same.
    const ownEscape = this.escape !== this.quote
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === NEWLINE) {
        this.lines += 1
        if (!quoted) last = at + 1
        escaped = false
      } else if (escaped) escaped = false
      else if (quoted && ownEscape && byte === this.escape) escaped = true
      else if (byte === this.quote) quoted = !quoted
    }
    this.quoted = quoted
    this.escaped = escaped
    return last
  }
}

const CARRIAGE_RETURN = 13
const MARK: readonly number[] = [BACKSLASH, DOT]

/** COPY input cut at ends of rows into chunks of `chunkBytes` or a little more; each is input of its format by itself. */
export class Chunks {
  private readonly input: AsyncIterator<Uint8Array>
  private readonly ends: RowEnds | TupleEnds
  private readonly binary: boolean
  private readonly chunkBytes: number
  private rest: Uint8Array | null = null
  /** there is no more input */
  done = false
  /** lines before the next chunk */
  linesBefore = 0

  constructor(
    input: AsyncIterable<Uint8Array>,
    format: Pick<CopyFormat, 'kind' | 'quote' | 'escape'>,
    chunkBytes = COPY_CHUNK_BYTES,
  ) {
    this.input = (format.kind === 'csv' ? withoutEndMark(input) : input)[Symbol.asyncIterator]()
    this.binary = format.kind === 'binary'
    this.ends = this.binary ? new TupleEnds() : new RowEnds(format)
    this.chunkBytes = chunkBytes
  }

  /** Lines that have come so far. */
  get lines(): number {
    return this.ends.lines
  }

  /** The bytes of the next chunk as they come. To be read to its end before the one after it. */
  async *next(): AsyncGenerator<Uint8Array> {
    const { rest, ends } = this
    this.rest = null
    let bytes = rest?.length ?? 0
    if (this.binary && this.linesBefore > 0) yield BINARY_HEADER
    if (rest !== null) yield rest
    for (;;) {
      const piece = await this.input.next()
      if (piece.done) {
        this.done = true
        return
      }
      // What stands behind the end mark is received, and ignored.
      if (ends.ended) continue
      const end = ends.lastEnd(piece.value)
      if (ends.ended) {
        yield piece.value.subarray(0, end)
        continue
      }
      bytes += piece.value.length
      if (bytes >= this.chunkBytes && end > 0) {
        yield piece.value.subarray(0, end)
        if (this.binary) yield BINARY_TRAILER
        if (end < piece.value.length) this.rest = piece.value.subarray(end)
        this.linesBefore = this.lines
        return
      }
      if (bytes > COPY_ROW_BYTES_MAX) throw tooLong(this.binary)
      yield piece.value
    }
  }
}

function tooLong(binary: boolean): PgError {
  return new PgError('54000', 'COPY input holds too long a row', {
    detail: `A row may have ${COPY_ROW_BYTES_MAX} bytes.`,
    ...(binary ? {} : { hint: 'Is a quote left open?' }),
    fault: 'limit',
  })
}

/** The longest form of the end mark: a newline, `\.`, carriage return and newline. */
const END_MARK_BYTES_MAX = 5

/**
 * psql before 18 sends the line `\.` that ends \copy's inline data, and PostgreSQL 18 takes it for data in CSV. Nobody means
 * it as data at the very end. https://www.postgresql.org/docs/18/release-18.html
 */
async function* withoutEndMark(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  let isAll = true
  for await (const piece of input) {
    const bytes = held.length === 0 ? piece : Buffer.concat([held, piece])
    const cut = Math.max(0, bytes.length - END_MARK_BYTES_MAX)
    held = bytes.subarray(cut)
    if (cut === 0) continue
    isAll = false
    yield bytes.subarray(0, cut)
  }
  const mark = /(^|\n)\\\.\r?\n?$/.exec(Buffer.from(held).toString('latin1'))
  const isMark = mark !== null && (mark[1] === '\n' || isAll)
  const kept = isMark ? held.subarray(0, mark.index + (mark[1]?.length ?? 0)) : held
  if (kept.length > 0) yield kept
}
