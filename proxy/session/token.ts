import { CONTINUATION } from '../compiler/split.ts'

/**
 * The words of one statement, for the few statements that a session answers itself (BEGIN, SET, FETCH, …) and to cut an
 * inner query out of EXPLAIN, DECLARE or PREPARE. PostgreSQL has the last word on syntax: what is not understood here is
 * sent to the tenant's PostgreSQL, whose error the client gets.
 * https://www.postgresql.org/docs/18/sql-syntax-lexical.html
 */
export type Token = {
  /** word: unquoted, folded to lower case; name: a quoted identifier; string: any kind of string constant, decoded */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol'
  readonly value: string
  /** UTF-16 offsets into the statement */
  readonly start: number
  readonly end: number
}

const SPACE = /(?:[ \t\r\n\f\v]+|--[^\r\n]*)+/y
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const NAME = /"(?:[^"]|"")*"/y
const STRING = /'(?:[^']|'')*'/y
const ESCAPE_STRING = /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y
/** what follows the E, and every further part */
const ESCAPE_PART = /'(?:[^'\\]|''|\\[\s\S])*'/y
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y
const PARAMETER = /\$\d+/y

/** Null: the text holds something that is not a token (an unterminated quote, …), or more than `tokensMax` of them. */
export function tokenise(sql: string, tokensMax = Number.POSITIVE_INFINITY): readonly Token[] | null {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(sql)?.[0] ?? null
  }
  const push = (kind: Token['kind'], value: string, length: number) => {
    tokens.push({ kind, value, start: at, end: at + length })
    at += length
  }
  while (at < sql.length) {
    if (tokens.length >= tokensMax) return null
    const space = match(SPACE)
    if (space !== null) {
      at += space.length
      continue
    }
    if (sql.startsWith('/*', at)) {
      const end = endOfComment(sql, at)
      if (end === null) return null
      at = end
      continue
    }
    const escaped = match(ESCAPE_STRING)
    if (escaped !== null) {
      const { body, length } = continued(sql, at, escaped.slice(1), ESCAPE_PART)
      push('string', unescaped(body), length + 1)
      continue
    }
    const word = match(WORD)
    if (word !== null) {
      push('word', fold(word), word.length)
      continue
    }
    const name = match(NAME)
    if (name !== null) {
      push('name', name.slice(1, -1).replaceAll('""', '"'), name.length)
      continue
    }
    const string = match(STRING)
    if (string !== null) {
      const { body, length } = continued(sql, at, string, STRING)
      push('string', body.replaceAll("''", "'"), length)
      continue
    }
    const parameter = match(PARAMETER)
    if (parameter !== null) {
      push('parameter', parameter.slice(1), parameter.length)
      continue
    }
    const tag = match(DOLLAR_TAG)
    if (tag !== null) {
      const end = sql.indexOf(tag, at + tag.length)
      if (end < 0) return null
      push('string', sql.slice(at + tag.length, end), end + tag.length - at)
      continue
    }
    const number = match(NUMBER)
    if (number !== null) {
      push('number', number, number.length)
      continue
    }
    const symbol = sql[at] ?? ''
    if (symbol === '"' || symbol === "'") return null
    push('symbol', symbol, symbol.length)
  }
  return tokens
}

/**
 * A string goes on behind white space with a line feed in it, under the rules that it began with: its parts' insides as one.
 * `length` counts from the first quote.
 */
function continued(sql: string, at: number, first: string, part: RegExp): { body: string; length: number } {
  let body = first.slice(1, -1)
  const start = sql.indexOf("'", at)
  let end = start + first.length
  for (;;) {
    CONTINUATION.lastIndex = end
    const between = CONTINUATION.exec(sql)
    if (between === null) break
    part.lastIndex = end + between[0].length
    const more = part.exec(sql)
    if (more === null) break
    body += more[0].slice(1, -1)
    end = part.lastIndex
  }
  return { body, length: end - start }
}

/** The first words of a statement, enough to tell which it is. */
export function firstWord(sql: string): string | null {
  let at = 0
  for (;;) {
    SPACE.lastIndex = at
    at += SPACE.exec(sql)?.[0].length ?? 0
    if (!sql.startsWith('/*', at)) break
    const end = endOfComment(sql, at)
    if (end === null) return null
    at = end
  }
  WORD.lastIndex = at
  const word = WORD.exec(sql)?.[0]
  return word === undefined ? null : fold(word)
}

/** Comments nest. */
function endOfComment(sql: string, start: number): number | null {
  let depth = 0
  for (let at = start; at < sql.length - 1; ) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else {
      at += 1
    }
  }
  return null
}

/** Only ASCII letters fold in the C locale that the twin has. */
function fold(word: string): string {
  return word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unescaped(text: string): string {
  return text.replace(
    /''|\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (all, hex, short, long, octal, letter) => {
      if (all === "''") return "'"
      const digits = hex ?? short ?? long
      if (digits !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(digits, 16), 0x10ffff))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return ESCAPES[letter] ?? letter
    },
  )
}

/** Reads a statement's tokens from left to right; every method that does not find what it seeks leaves the place as it was. */
export class TokenReader {
  readonly sql: string
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(sql: string) {
    this.sql = sql
    this.tokens = tokenise(sql) ?? [{ kind: 'symbol', value: '', start: 0, end: 0 }]
  }

  /** Whether all is read, a closing semicolon apart. */
  get atEnd(): boolean {
    const next = this.tokens[this.at]
    return next === undefined || (next.value === ';' && this.at === this.tokens.length - 1)
  }

  /** UTF-16 offset of the next token, or of the end. */
  get offset(): number {
    return this.tokens[this.at]?.start ?? this.sql.length
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead]
  }

  next(): Token | undefined {
    const token = this.tokens[this.at]
    if (token !== undefined) this.at += 1
    return token
  }

  /** All these words, in this order. */
  words(...wanted: readonly string[]): boolean {
    for (const [index, word] of wanted.entries()) {
      const token = this.tokens[this.at + index]
      if (token === undefined || token.kind !== 'word' || token.value !== word) return false
    }
    this.at += wanted.length
    return true
  }

  /** One of these words. */
  oneOf<Word extends string>(...wanted: readonly Word[]): Word | null {
    const token = this.tokens[this.at]
    const word = token?.kind === 'word' ? wanted.find((candidate) => candidate === token.value) : undefined
    if (word === undefined) return null
    this.at += 1
    return word
  }

  symbol(wanted: string): boolean {
    const token = this.tokens[this.at]
    if (token?.kind !== 'symbol' || token.value !== wanted) return false
    this.at += 1
    return true
  }

  /** An identifier, quoted or not. */
  identifier(): string | null {
    const token = this.tokens[this.at]
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return null
    this.at += 1
    return token.value
  }

  /** `a`, `a.b`, `"A".b.c`: where it stands. */
  qualifiedName(): { start: number; end: number } | null {
    const begin = this.at
    const start = this.offset
    let end = start
    do {
      end = this.tokens[this.at]?.end ?? end
      if (this.identifier() === null) {
        this.at = begin
        return null
      }
    } while (this.symbol('.'))
    return { start, end }
  }

  string(): string | null {
    const token = this.tokens[this.at]
    if (token?.kind !== 'string') return null
    this.at += 1
    return token.value
  }

  /** A whole number, perhaps with a sign. */
  integer(): number | null {
    const start = this.at
    const negative = this.symbol('-')
    if (!negative) this.symbol('+')
    const token = this.tokens[this.at]
    if (token?.kind !== 'number' || !/^\d+$/.test(token.value)) {
      this.at = start
      return null
    }
    this.at += 1
    return negative ? -Number(token.value) : Number(token.value)
  }

  /** The text from one pair of parentheses' inside; null when the next token opens none. */
  parenthesised(): { start: number; end: number } | null {
    if (!this.symbol('(')) return null
    const start = this.offset
    let depth = 1
    while (depth > 0) {
      const token = this.next()
      if (token === undefined) return null
      if (token.kind !== 'symbol') continue
      if (token.value === '(') depth += 1
      if (token.value === ')') depth -= 1
      if (depth === 0) return { start, end: token.start }
    }
    return null
  }
}

/** How many code points come before a UTF-16 offset: error positions count characters. */
export function codePoints(text: string, end: number): number {
  let count = 0
  for (let at = 0; at < end; count += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return count
}
