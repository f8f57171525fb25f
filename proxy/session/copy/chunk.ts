import type { CopyFormat } from './read.ts'

/** So much of a COPY's input is in the twin at a time. */
export const COPY_CHUNK_BYTES = 32 * 1024 * 1024

const NEWLINE = 10
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
  /** newlines between rows that `lastEnd` has passed */
  lines = 0

  constructor(format: CopyFormat) {
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
    let { escaped } = this
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (escaped) escaped = false
      else if (byte === BACKSLASH) escaped = true
      else if (byte === NEWLINE) {
        last = at + 1
        this.lines += 1
      }
    }
    this.escaped = escaped
    return last
  }

  private lastCsvEnd(bytes: Uint8Array): number {
    let last = 0
    let { quoted, escaped } = this
    // An escape that is the quote itself doubles it: toggling twice comes to the same.
    const ownEscape = this.escape !== this.quote
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (escaped) escaped = false
      else if (quoted && ownEscape && byte === this.escape) escaped = true
      else if (byte === this.quote) quoted = !quoted
      else if (byte === NEWLINE && !quoted) {
        last = at + 1
        this.lines += 1
      }
    }
    this.quoted = quoted
    this.escaped = escaped
    return last
  }
}
