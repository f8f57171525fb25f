/**
 * Cuts the text of a simple query into its statements, by PostgreSQL's own lexical rules. Parentheses do not matter: within
 * them a semicolon is an error in every statement but CREATE RULE. Nothing here judges syntax: what is not closed belongs
 * to the last statement, and PostgreSQL says what is wrong with it.
 * https://www.postgresql.org/docs/18/sql-syntax-lexical.html
 */
export type StatementText = {
  readonly sql: string
  /** characters (code points) of the client's text in front of it: to be added to an error's position */
  readonly offset: number
}

/** Statements that hold nothing but white space and comments are left out. */
export function split(sql: string, standardConformingStrings = true): readonly StatementText[] {
  const statements: StatementText[] = []
  const scanner = new Scanner(sql, standardConformingStrings)
  let codeUnits = 0
  let characters = 0
  for (;;) {
    const start = scanner.at
    const end = scanner.statementEnd()
    if (end > start && scanner.sawToken) {
      characters += characterCount(sql, codeUnits, start)
      codeUnits = start
      statements.push({ sql: start === 0 && end === sql.length ? sql : sql.slice(start, end), offset: characters })
    }
    if (scanner.at >= sql.length) return statements
  }
}

/** The leading words in lower case, as far as there are unquoted ones: to tell a statement's kind before it is compiled. */
export function firstWords(sql: string, count: number): readonly string[] {
  const scanner = new Scanner(sql, true)
  scanner.wordsMax = count
  scanner.statementEnd()
  return scanner.words
}

/** One statement at most, in which every parenthesis that is closed has been opened, and the other way round. */
export function isBalanced(sql: string): boolean {
  const scanner = new Scanner(sql, true)
  scanner.statementEnd()
  return scanner.at >= sql.length && scanner.depth === 0 && scanner.depthLeast === 0
}

const WORDS_OF_ROUTINE = 4

class Scanner {
  at = 0
  /** the statement holds more than white space and comments */
  sawToken = false
  words: string[] = []
  wordsMax = WORDS_OF_ROUTINE
  /** parentheses and brackets open at the end, and the least there ever were */
  depth = 0
  depthLeast = 0
  readonly #sql: string
  readonly #standardStrings: boolean
  #onlyWords = true

  constructor(sql: string, standardStrings: boolean) {
    this.#sql = sql
    this.#standardStrings = standardStrings
  }

  /** Moves behind the statement and its semicolon; gives where the statement ended. */
  statementEnd(): number {
    const sql = this.#sql
    this.words = []
    this.sawToken = false
    this.#onlyWords = true
    let bodyDepth = 0
    let previous = ''
    while (this.at < sql.length) {
      const code = sql.charCodeAt(this.at)
      if (isSpace(code)) {
        this.at++
        continue
      }
      if (this.#comment(code)) continue
      if (code === SEMICOLON && bodyDepth === 0) {
        const end = this.at++
        return end
      }
      this.sawToken = true
      if (isWordStart(code)) {
        const word = this.#word()
        if (bodyDepth > 0) bodyDepth += word === 'case' ? 1 : word === 'end' ? -1 : 0
        else if (word === 'atomic' && previous === 'begin' && isRoutine(this.words)) bodyDepth = 1
        previous = word
        continue
      }
      this.#onlyWords = false
      previous = ''
      this.#token(code)
    }
    return sql.length
  }

  #token(code: number): void {
    const sql = this.#sql
    if (code === SINGLE_QUOTE) this.#string(!this.#standardStrings)
    else if (code === DOUBLE_QUOTE) this.#quoted(DOUBLE_QUOTE)
    else if (code === DOLLAR) {
      DOLLAR_TAG.lastIndex = this.at
      const tag = DOLLAR_TAG.exec(sql)?.[0]
      const end = tag === undefined ? -1 : sql.indexOf(tag, this.at + tag.length)
      if (tag === undefined) this.at++
      else this.at = end < 0 ? sql.length : end + tag.length
    } else {
      if (code === PARENTHESIS_OPEN || code === BRACKET_OPEN) this.depth++
      if (code === PARENTHESIS_CLOSE || code === BRACKET_CLOSE) this.depth--
      this.depthLeast = Math.min(this.depthLeast, this.depth)
      this.at++
    }
  }

  /** A word, or the string or the quoted name that it is the prefix of. */
  #word(): string {
    const sql = this.#sql
    const start = this.at
    while (this.at < sql.length && isWordPart(sql.charCodeAt(this.at))) this.at++
    const next = sql.charCodeAt(this.at)
    if (next === SINGLE_QUOTE && this.at === start + 1) {
      const prefix = sql.charCodeAt(start) | 0x20
      // E'' escapes; N'' is like a plain string; B'' and X'' know no escapes.
      this.#string(prefix === LETTER_E || (prefix === LETTER_N && !this.#standardStrings))
      this.#onlyWords = false
      return ''
    }
    const word = sql.slice(start, this.at).toLowerCase()
    if (this.#onlyWords && this.words.length < this.wordsMax) this.words.push(word)
    return word
  }

  /** A string goes on behind white space with a line feed in it, under the rules that it began with. */
  #string(escapes: boolean): void {
    for (;;) {
      if (escapes) this.#escapeString()
      else this.#quoted(SINGLE_QUOTE)
      CONTINUATION.lastIndex = this.at
      const between = CONTINUATION.exec(this.#sql)
      if (between === null) return
      this.at += between[0].length
    }
  }

  #escapeString(): void {
    const sql = this.#sql
    for (this.at++; this.at < sql.length; this.at++) {
      const code = sql.charCodeAt(this.at)
      if (code === BACKSLASH) this.at++
      else if (code === SINGLE_QUOTE) {
        if (sql.charCodeAt(this.at + 1) !== SINGLE_QUOTE) {
          this.at++
          return
        }
        this.at++
      }
    }
    this.at = sql.length
  }

  /** A doubled quote ends and begins again, which comes to the same. */
  #quoted(quote: number): void {
    const end = this.#sql.indexOf(String.fromCharCode(quote), this.at + 1)
    this.at = end < 0 ? this.#sql.length : end + 1
  }

  #comment(code: number): boolean {
    const sql = this.#sql
    const next = sql.charCodeAt(this.at + 1)
    if (code === MINUS && next === MINUS) {
      LINE_END.lastIndex = this.at
      const end = LINE_END.exec(sql)
      this.at = end ? end.index : sql.length
      return true
    }
    if (code !== SLASH || next !== STAR) return false
    let depth = 1
    COMMENT_MARK.lastIndex = this.at + 2
    while (depth > 0) {
      const mark = COMMENT_MARK.exec(sql)
      if (!mark) {
        // PostgreSQL has an error to raise about it.
        this.sawToken = true
        this.at = sql.length
        return true
      }
      depth += mark[0] === '/*' ? 1 : -1
    }
    this.at = COMMENT_MARK.lastIndex
    return true
  }
}

const PARENTHESIS_OPEN = 40
const PARENTHESIS_CLOSE = 41
const BRACKET_OPEN = 91
const BRACKET_CLOSE = 93
const DOUBLE_QUOTE = 34
const DOLLAR = 36
const SINGLE_QUOTE = 39
const STAR = 42
const MINUS = 45
const SLASH = 47
const SEMICOLON = 59
const BACKSLASH = 92
const LETTER_E = 101
const LETTER_N = 110
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
/** scan.l, quotecontinue: white space and -- comments with at least one line feed, up to the next quote */
export const CONTINUATION = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*(?=[\n\r]))*(?=')/y
const LINE_END = /[\n\r]/g
const COMMENT_MARK = /\/\*|\*\//g

/** scan.l: space is [ \t\n\r\f\v] */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

function isWordStart(code: number): boolean {
  const letter = code | 0x20
  return (letter >= 97 && letter <= 122) || code === 95 || code >= 128
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || (code >= 48 && code <= 57) || code === DOLLAR
}

const ROUTINE = new Set(['function', 'procedure'])

function isRoutine([first, second, third, fourth]: readonly string[]): boolean {
  if (first !== 'create') return false
  return ROUTINE.has(second ?? '') || (second === 'or' && third === 'replace' && ROUTINE.has(fourth ?? ''))
}

/** Code points between two offsets: a surrogate pair counts once. */
function characterCount(text: string, start: number, end: number): number {
  let count = end - start
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--
  return count
}
