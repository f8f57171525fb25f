/**
 * The rows of a page as Trino sends them: JSON arrays of arrays. Numbers stay the text they are, as a bigint is no double;
 * a column's type says what a text means. JSON's own parser would lose it.
 * https://trino.io/docs/current/develop/client-protocol.html
 */
export type Value = string | boolean | null | Value[]

/** What is wrong with an answer of Trino's; never shown to a client. */
export class MalformedPage extends Error {
  override readonly name = 'MalformedPage'
}

const QUOTE = 34
const COMMA = 44
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const DEPTH_MAX = 200

/** Reads the rows of `bytes[start, end)`, one after the other. */
export class RowReader {
  readonly #bytes: Buffer
  readonly #end: number
  at: number

  /** `bytes[start]` is the bracket that opens the list of rows, or what follows a row that has been read. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#end = end
    this.at = start
  }

  /** The next row's values into `row`; false after the last. */
  next(row: Value[]): boolean {
    this.#skipSpace()
    const byte = this.#bytes[this.at]
    if (byte === CLOSE) return false
    if (byte !== OPEN && byte !== COMMA) throw this.#malformed()
    this.at++
    this.#skipSpace()
    if (byte === OPEN && this.#bytes[this.at] === CLOSE) return false
    if (this.#bytes[this.at] !== OPEN) throw this.#malformed()
    this.#items(row, 0)
    return true
  }

  /** One value by itself, which is all that there is. */
  value(): Value {
    const value = this.#value(0)
    if (this.at !== this.#end) throw this.#malformed()
    return value
  }

  #items(items: Value[], depth: number): void {
    if (depth > DEPTH_MAX) throw this.#malformed()
    items.length = 0
    this.at++
    this.#skipSpace()
    if (this.#bytes[this.at] === CLOSE) {
      this.at++
      return
    }
    for (;;) {
      items.push(this.#value(depth))
      this.#skipSpace()
      const byte = this.#bytes[this.at++]
      if (byte === CLOSE && this.at <= this.#end) return
      if (byte !== COMMA) throw this.#malformed()
    }
  }

  #value(depth: number): Value {
    this.#skipSpace()
    const byte = this.#bytes[this.at]
    if (byte === QUOTE) return this.#string()
    if (byte === OPEN) {
      const items: Value[] = []
      this.#items(items, depth + 1)
      return items
    }
    const word = this.#word()
    if (word === 'null') return null
    if (word === 'true') return true
    if (word === 'false') return false
    if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word)) throw this.#malformed()
    return word
  }

  #string(): string {
    const bytes = this.#bytes
    const start = this.at
    let plain = true
    let at = start + 1
    for (; at < this.#end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] !== BACKSLASH) continue
      plain = false
      at++
    }
    if (at >= this.#end) throw this.#malformed()
    this.at = at + 1
    if (plain) return bytes.toString('utf8', start + 1, at)
    try {
      return JSON.parse(bytes.toString('utf8', start, this.at)) as string
    } catch {
      throw this.#malformed()
    }
  }

  #word(): string {
    const start = this.at
    while (this.at < this.#end) {
      const byte = this.#bytes[this.at] as number
      if (byte === COMMA || byte === CLOSE || byte <= 32) break
      this.at++
    }
    return this.#bytes.toString('latin1', start, this.at)
  }

  #skipSpace(): void {
    while ((this.#bytes[this.at] as number) <= 32 && this.at < this.#end) this.at++
  }

  #malformed(): MalformedPage {
    return new MalformedPage(`not a list of rows at byte ${this.at}`)
  }
}
