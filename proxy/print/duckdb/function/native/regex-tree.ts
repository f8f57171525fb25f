import { fail } from './native.ts'

/**
 * PostgreSQL's advanced regular expressions, parsed. In the C locale classes and case folding know ASCII only.
 * https://www.postgresql.org/docs/18/functions-matching.html#POSIX-SYNTAX-DETAILS
 */

/** Code point ranges, ascending and disjoint. */
export type CharSet = readonly (readonly [number, number])[]

export type Regex =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly items: readonly Regex[] }
  | { readonly kind: 'choice'; readonly items: readonly Regex[] }
  | {
      readonly kind: 'repeat'
      readonly item: Regex
      readonly min: number
      readonly max: number
      readonly greedy: boolean
      /** `{m}`, which prefers what its item prefers; `{m,m}` has a preference of its own */
      readonly exact: boolean
    }
  | { readonly kind: 'group'; readonly index: number; readonly item: Regex }
  | { readonly kind: 'backReference'; readonly index: number }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'look'; readonly behind: boolean; readonly negated: boolean; readonly item: Regex }

export type Assertion =
  | 'lineStart'
  | 'lineEnd'
  | 'textStart'
  | 'textEnd'
  | 'wordStart'
  | 'wordEnd'
  | 'wordEdge'
  | 'notWordEdge'

export type ParsedRegex = { readonly tree: Regex; readonly groups: number; readonly lines: boolean }

const CODE_POINT_MAX = 0x10ffff
/** DUPMAX of regex.h */
const REPEAT_MAX = 255

const NEWLINE = 10

export const WORD: CharSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
const DIGIT: CharSet = [[48, 57]]
const SPACE: CharSet = [
  [9, 13],
  [32, 32],
]

const CLASSES: Readonly<Record<string, CharSet>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: SPACE,
  upper: [[65, 90]],
  word: WORD,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
}

export function union(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = ranges.map(([from, to]) => [from, to] as [number, number]).sort((a, b) => a[0] - b[0])
  const out: [number, number][] = []
  for (const [from, to] of sorted) {
    const last = out.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else out.push([from, to])
  }
  return out
}

export function complement(set: CharSet): CharSet {
  const out: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) out.push([next, from - 1])
    next = to + 1
  }
  if (next <= CODE_POINT_MAX) out.push([next, CODE_POINT_MAX])
  return out
}

function bothCases(set: CharSet): CharSet {
  const extra: [number, number][] = []
  const mirror = (low: number, high: number, shift: number) => {
    for (const [from, to] of set) {
      const [a, b] = [Math.max(from, low), Math.min(to, high)]
      if (a <= b) extra.push([a + shift, b + shift])
    }
  }
  mirror(65, 90, 32)
  mirror(97, 122, -32)
  return union([...set, ...extra])
}

type Options = {
  fold: boolean
  expanded: boolean
  dotExcludesNewline: boolean
  lines: boolean
  literal: boolean
  basic: boolean
}

function applyOptions(letters: string, options: Options, bad: (letter: string) => never): void {
  for (const letter of letters) {
    switch (letter) {
      case 'i':
        options.fold = true
        break
      case 'c':
        options.fold = false
        break
      case 'n':
      case 'm':
        options.dotExcludesNewline = true
        options.lines = true
        break
      case 'p':
        options.dotExcludesNewline = true
        options.lines = false
        break
      case 'w':
        options.dotExcludesNewline = false
        options.lines = true
        break
      case 's':
        options.dotExcludesNewline = false
        options.lines = false
        break
      case 'x':
        options.expanded = true
        break
      case 't':
        options.expanded = false
        break
      case 'q':
        options.literal = true
        break
      case 'b':
        options.basic = true
        break
      case 'e':
        break
      default:
        bad(letter)
    }
  }
}

function invalid(reason: string): never {
  return fail('2201B', `invalid regular expression: ${reason}`)
}

/** `flags` are the letters a function got; `g` is the caller's. */
export function parseRegex(pattern: string, flags: string): ParsedRegex {
  const options: Options = {
    fold: false,
    expanded: false,
    dotExcludesNewline: false,
    lines: false,
    literal: false,
    basic: false,
  }
  applyOptions(flags, options, (letter) => fail('22023', `invalid regular expression option: "${letter}"`))
  let text = pattern
  if (text.startsWith('***=')) {
    options.literal = true
    text = text.slice(4)
  } else if (text.startsWith('***:')) text = text.slice(4)
  else if (text.startsWith('***')) invalid('invalid regexp (reg version 0.8)')
  const embedded = options.literal ? null : /^\(\?([a-z]+)\)/.exec(text)
  if (embedded !== null) {
    applyOptions(embedded[1] ?? '', options, () => invalid('invalid embedded option'))
    text = text.slice(embedded[0].length)
  }
  if (options.basic) fail('0A000', 'a basic regular expression is not supported')
  return new Parser(
    Array.from(text, (char) => char.codePointAt(0) ?? 0),
    options,
  ).parse()
}

const code = (char: string) => char.charCodeAt(0)

class Parser {
  private at = 0
  private groups = 0
  private readonly closed = new Set<number>()
  private readonly text: readonly number[]
  private readonly options: Options

  constructor(text: readonly number[], options: Options) {
    this.text = text
    this.options = options
  }

  parse(): ParsedRegex {
    const { lines } = this.options
    if (this.options.literal)
      return { tree: { kind: 'sequence', items: this.text.map((char) => this.character(char)) }, groups: 0, lines }
    const tree = this.choice(0)
    if (this.at < this.text.length) invalid('parentheses () not balanced')
    return { tree, groups: this.groups, lines }
  }

  private character(char: number): Regex {
    return this.set([[char, char]])
  }

  private set(ranges: CharSet): Regex {
    return { kind: 'set', set: this.options.fold ? bothCases(ranges) : union(ranges) }
  }

  private peek(char: string, offset = 0): boolean {
    return this.text[this.at + offset] === code(char)
  }

  private take(char: string): boolean {
    if (!this.peek(char)) return false
    this.at++
    return true
  }

  private skipBlanks(): void {
    if (!this.options.expanded) {
      this.skipComments()
      return
    }
    for (;;) {
      const char = this.text[this.at]
      if (char === undefined) return
      if (SPACE.some(([from, to]) => char >= from && char <= to)) this.at++
      else if (char === code('#')) while (this.at < this.text.length && this.text[this.at] !== NEWLINE) this.at++
      else if (!this.skipComments()) return
    }
  }

  private skipComments(): boolean {
    let skipped = false
    while (this.peek('(') && this.peek('?', 1) && this.peek('#', 2)) {
      while (this.at < this.text.length && !this.peek(')')) this.at++
      this.at++
      skipped = true
    }
    return skipped
  }

  private choice(depth: number): Regex {
    if (depth > 200) invalid('regular expression is too complex')
    const items = [this.sequence(depth)]
    while (this.take('|')) items.push(this.sequence(depth))
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'choice', items }
  }

  private sequence(depth: number): Regex {
    const items: Regex[] = []
    for (;;) {
      this.skipBlanks()
      if (this.at >= this.text.length || this.peek('|') || (this.peek(')') && depth > 0)) break
      if (this.peek(')')) invalid('parentheses () not balanced')
      items.push(this.quantified(depth))
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'sequence', items }
  }

  private quantified(depth: number): Regex {
    if (this.peek('*') || this.peek('+') || this.peek('?') || this.isBound()) invalid('quantifier operand invalid')
    const atom = this.atom(depth)
    this.skipBlanks()
    const quantifier = this.quantifier()
    if (quantifier === null) return atom
    if (atom.kind === 'assert' || atom.kind === 'look') invalid('quantifier operand invalid')
    this.skipBlanks()
    if (this.peek('*') || this.peek('+') || this.peek('?') || this.isBound()) invalid('quantifier operand invalid')
    return { kind: 'repeat', item: atom, ...quantifier }
  }

  private isBound(): boolean {
    const next = this.text[this.at + 1]
    return this.peek('{') && next !== undefined && next >= 48 && next <= 57
  }

  private quantifier(): { min: number; max: number; greedy: boolean; exact: boolean } | null {
    let bounds: { min: number; max: number; exact?: boolean }
    if (this.take('*')) bounds = { min: 0, max: Number.POSITIVE_INFINITY }
    else if (this.take('+')) bounds = { min: 1, max: Number.POSITIVE_INFINITY }
    else if (this.take('?')) bounds = { min: 0, max: 1 }
    else if (this.isBound()) bounds = this.bound()
    else return null
    return { exact: false, ...bounds, greedy: !this.take('?') }
  }

  private number(): number | null {
    let digits = ''
    for (;;) {
      const char = this.text[this.at]
      if (char === undefined || char < 48 || char > 57) break
      digits += String.fromCharCode(char)
      this.at++
    }
    return digits === '' ? null : Number(digits)
  }

  private bound(): { min: number; max: number; exact: boolean } {
    this.at++
    const min = this.number() ?? 0
    let max = min
    const exact = !this.take(',')
    if (!exact) max = this.number() ?? Number.POSITIVE_INFINITY
    if (!this.take('}')) invalid('invalid repetition count(s)')
    if (min > REPEAT_MAX || (Number.isFinite(max) && max > REPEAT_MAX) || min > max)
      invalid('invalid repetition count(s)')
    return { min, max, exact }
  }

  private atom(depth: number): Regex {
    const char = this.text[this.at++] ?? 0
    switch (String.fromCodePoint(char)) {
      case '(':
        return this.parenthesis(depth)
      case '[':
        return this.bracket()
      case '.':
        return { kind: 'set', set: this.options.dotExcludesNewline ? complement([[NEWLINE, NEWLINE]]) : complement([]) }
      case '^':
        return { kind: 'assert', what: this.options.lines ? 'lineStart' : 'textStart' }
      case '$':
        return { kind: 'assert', what: this.options.lines ? 'lineEnd' : 'textEnd' }
      case '\\':
        return this.escape()
      default:
        return this.character(char)
    }
  }

  private parenthesis(depth: number): Regex {
    if (!this.take('?')) {
      const index = ++this.groups
      const item = this.choice(depth + 1)
      this.close()
      this.closed.add(index)
      return { kind: 'group', index, item }
    }
    if (this.take(':')) {
      const item = this.choice(depth + 1)
      this.close()
      return item
    }
    const behind = this.take('<')
    const negated = this.peek('!')
    if (!this.take('=') && !this.take('!')) return invalid('invalid regular expression')
    const before = this.groups
    const item = this.choice(depth + 1)
    this.close()
    // parentheses inside a lookaround constraint do not capture
    this.groups = before
    return { kind: 'look', behind, negated, item: withoutGroups(item) }
  }

  private close(): void {
    if (!this.take(')')) invalid('parentheses () not balanced')
  }

  private classEscape(letter: string): CharSet | null {
    const excludeNewline = (set: CharSet) =>
      this.options.dotExcludesNewline ? complement(union([...complement(set), [NEWLINE, NEWLINE]])) : set
    switch (letter) {
      case 'd':
        return DIGIT
      case 's':
        return SPACE
      case 'w':
        return WORD
      case 'D':
        return excludeNewline(complement(DIGIT))
      case 'S':
        return excludeNewline(complement(SPACE))
      case 'W':
        return excludeNewline(complement(WORD))
      default:
        return null
    }
  }

  private escape(): Regex {
    const char = this.text[this.at]
    if (char === undefined) return invalid('invalid escape \\ sequence')
    const letter = String.fromCodePoint(char)
    const set = this.classEscape(letter)
    if (set !== null) {
      this.at++
      return { kind: 'set', set }
    }
    const what = ASSERTIONS[letter]
    if (what !== undefined) {
      this.at++
      return { kind: 'assert', what }
    }
    if (letter >= '1' && letter <= '9') {
      const start = this.at
      const index = this.number() ?? 0
      if (index <= 9 || index <= this.groups) {
        if (!this.closed.has(index)) return invalid('invalid backreference number')
        return { kind: 'backReference', index }
      }
      this.at = start
    }
    return this.character(this.characterEscape())
  }

  private hex(digits: number): number {
    const text = String.fromCodePoint(...this.text.slice(this.at, this.at + digits))
    if (text.length !== digits || !/^[0-9A-Fa-f]+$/.test(text)) return invalid('invalid escape \\ sequence')
    this.at += digits
    const value = Number.parseInt(text, 16)
    return value > CODE_POINT_MAX ? invalid('invalid escape \\ sequence') : value
  }

  private characterEscape(): number {
    const char = this.text[this.at++]
    if (char === undefined) return invalid('invalid escape \\ sequence')
    const letter = String.fromCodePoint(char)
    const simple = ESCAPED[letter]
    if (simple !== undefined) return simple
    switch (letter) {
      case 'u':
        return this.hex(4)
      case 'U':
        return this.hex(8)
      case 'x': {
        const digits = /^[0-9A-Fa-f]+/.exec(String.fromCodePoint(...this.text.slice(this.at)))?.[0] ?? ''
        if (digits === '') return invalid('invalid escape \\ sequence')
        this.at += digits.length
        return Number.parseInt(digits, 16) & 0xff
      }
      case 'c':
        return (this.text[this.at++] ?? 0) & 31
      default:
    }
    if (letter >= '0' && letter <= '7') {
      const octal = /^[0-7]{1,3}/.exec(String.fromCodePoint(...this.text.slice(this.at - 1, this.at + 2)))?.[0] ?? '0'
      this.at += octal.length - 1
      return Number.parseInt(octal, 8)
    }
    return /[A-Za-z0-9]/.test(letter) ? invalid('invalid escape \\ sequence') : char
  }

  private bracket(): Regex {
    if (
      this.peek('[') &&
      this.peek(':', 1) &&
      (this.peek('<', 2) || this.peek('>', 2)) &&
      this.peek(':', 3) &&
      this.peek(']', 4) &&
      this.peek(']', 5)
    ) {
      const what = this.peek('<', 2) ? 'wordStart' : 'wordEnd'
      this.at += 6
      return { kind: 'assert', what }
    }
    const negated = this.take('^')
    const ranges: (readonly [number, number])[] = []
    for (let first = true; first || !this.peek(']'); first = false) {
      if (this.at >= this.text.length) return invalid('brackets [] not balanced')
      const set = this.bracketClass()
      if (set !== null) {
        ranges.push(...set)
        continue
      }
      const from = this.bracketCharacter()
      if (this.peek('-') && !this.peek(']', 1)) {
        this.at++
        if (this.bracketClass() !== null) return invalid('invalid character range')
        const to = this.bracketCharacter()
        if (to < from) return invalid('invalid character range')
        ranges.push([from, to])
      } else ranges.push([from, from])
    }
    this.at++
    const own = this.options.fold ? bothCases(union(ranges)) : union(ranges)
    if (!negated) return { kind: 'set', set: own }
    return { kind: 'set', set: complement(this.options.dotExcludesNewline ? union([...own, [NEWLINE, NEWLINE]]) : own) }
  }

  private delimited(mark: string): string | null {
    if (!this.peek('[') || !this.peek(mark, 1)) return null
    for (let end = this.at + 2; end < this.text.length; end++) {
      if (this.text[end] === code(mark) && this.text[end + 1] === code(']')) {
        const name = String.fromCodePoint(...this.text.slice(this.at + 2, end))
        this.at = end + 2
        return name
      }
    }
    return invalid('brackets [] not balanced')
  }

  private bracketClass(): CharSet | null {
    const name = this.delimited(':')
    if (name !== null) return CLASSES[name] ?? invalid('invalid character class')
    const same = this.delimited('=')
    if (same !== null) {
      const [char] = Array.from(same)
      return char === undefined
        ? invalid('invalid collating element')
        : [[char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]]
    }
    if (!this.peek('\\')) return null
    const set = this.classEscape(String.fromCodePoint(this.text[this.at + 1] ?? 0))
    if (set === null) return null
    this.at += 2
    return set
  }

  private bracketCharacter(): number {
    const element = this.delimited('.')
    if (element !== null) {
      const chars = Array.from(element)
      return chars.length === 1
        ? (chars[0]?.codePointAt(0) ?? 0)
        : fail('0A000', 'a named collating element is not supported')
    }
    if (this.take('\\')) return this.characterEscape()
    return this.text[this.at++] ?? invalid('brackets [] not balanced')
  }
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'textStart',
  Z: 'textEnd',
  m: 'wordStart',
  M: 'wordEnd',
  y: 'wordEdge',
  Y: 'notWordEdge',
}

const ESCAPED: Readonly<Record<string, number>> = { a: 7, b: 8, B: 92, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 }

function withoutGroups(regex: Regex): Regex {
  switch (regex.kind) {
    case 'group':
      return withoutGroups(regex.item)
    case 'sequence':
    case 'choice':
      return { ...regex, items: regex.items.map(withoutGroups) }
    case 'repeat':
    case 'look':
      return { ...regex, item: withoutGroups(regex.item) }
    default:
      return regex
  }
}
