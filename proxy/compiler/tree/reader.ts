import { PgError, unsupported } from '../../error.ts'
import type { Node, Query } from './node.ts'
import { EXPRESSIONS, type Field, LABELS, RTE_FIRST, RTE_KINDS, RTE_LAST, SCHEMA, type Shape } from './schema.ts'

/** Trees are read in the event loop: about 10 ms for each MiB. */
export const TREE_BYTES_MAX = 16 * 1024 * 1024
/** Nodes within nodes. Every later pass recurses over the tree, so this bounds their stack, too; printers give up earlier. */
export const TREE_DEPTH_MAX = 1200

/** What `debug_print_rewritten` says of one statement. */
export type Dump =
  | { kind: 'query'; query: Query }
  /** the name in the dump of the raw statement's node: CREATESTMT, COPYSTMT … */
  | { kind: 'utility'; node: string }

/**
 * Reads the detail of the notice "rewritten parse tree:", as bytes. Everything must be as SCHEMA says: an unknown node, a
 * field that is missing, new or out of order, and a dump whose line breaks are not certain are refused, never guessed.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/nodes/outfuncs.c
 */
export function readDump(detail: Uint8Array): Dump {
  if (detail.length > TREE_BYTES_MAX) throw new PgError('54001', 'statement is too complex', { fault: 'limit' })
  // One character per byte: positions and line lengths are then those of the server. Names become UTF-8 when they are read.
  const text = Buffer.from(detail.buffer, detail.byteOffset, detail.byteLength).toString('latin1')
  return new Reader(text, lineFeedsOfNames(text)).dump()
}

/** print.c, format_node_dump: lines end at the last space before byte 78, or inside a token when there is none. */
const LINE_BYTES = 78

/**
 * The server breaks the dump into lines by putting a line feed in the place of a space. Two cases are not plain: a token of
 * 78 bytes or more is broken inside, and a line feed that belongs to a name (written `\` line feed) looks like a broken
 * `\` space. The first could let a name pass for structure and is refused: only a name of 63 parentheses is that long.
 * For the second, gives the positions of the line feeds that are a name's own. A line that has two candidates for its end
 * was ended by the one that follows no backslash, because the line feed of a name always follows one.
 */
function lineFeedsOfNames(text: string): ReadonlySet<number> {
  const own = new Set<number>()
  let start = 0
  let end = text.indexOf('\n')
  while (end >= 0) {
    if (end - start > LINE_BYTES) throw misread('a line of the tree is too long')
    const next = text.indexOf('\n', end + 1)
    if (next >= 0 && next - start <= LINE_BYTES && text.charCodeAt(end - 1) === BACKSLASH) {
      if (text.charCodeAt(next - 1) === BACKSLASH) throw unsupported('a name with several line breaks')
      own.add(end)
    } else {
      if (end - start === LINE_BYTES && text.lastIndexOf(' ', end) <= start && next >= 0) {
        throw unsupported('a name this long made of special characters')
      }
      start = end + 1
    }
    end = next
  }
  return own
}

const LINE_FEED = 10
const SPACE = 32
const PAREN_OPEN = 40
const PAREN_CLOSE = 41
const MINUS = 45
const ZERO = 48
const NINE = 57
const COLON = 58
const LESS = 60
const GREATER = 62
const SQUARE_OPEN = 91
const BACKSLASH = 92
const SQUARE_CLOSE = 93
const BRACE_OPEN = 123
const BRACE_CLOSE = 125
const QUOTE = 34

type NodeReader = { kind: string; fields: readonly FieldReader[] }
type FieldReader = { name: string; label: string; field: Field; slots: ReadonlySet<string> | null }

const EXPRESSION_KINDS: readonly string[] = EXPRESSIONS

function fieldReaders(shape: Shape): FieldReader[] {
  return Object.entries(shape).map(([name, field]) => ({
    name,
    label: LABELS[name] ?? name,
    field,
    slots: 'of' in field ? new Set(field.of.flatMap((slot) => (slot === 'Expr' ? EXPRESSION_KINDS : [slot]))) : null,
  }))
}

/** By the name in the dump, which is the struct's in capitals. */
const NODE_READERS: ReadonlyMap<string, NodeReader> = new Map(
  Object.entries(SCHEMA).map(([kind, shape]) => [kind.toUpperCase(), { kind, fields: fieldReaders(shape) }]),
)
const RTE_NAME = 'RANGETBLENTRY'
const RTE_FIRST_READERS = fieldReaders(RTE_FIRST)
const RTE_LAST_READERS = fieldReaders(RTE_LAST)
const RTE_KIND_READERS: readonly NodeReader[] = Object.entries(RTE_KINDS).map(([kind, shape]) => ({
  kind,
  fields: fieldReaders(shape),
}))

function misread(why: string): PgError {
  return new PgError('XX000', 'the analysed statement cannot be read', { fault: 'internal', cause: new Error(why) })
}

class Reader {
  readonly #text: string
  readonly #lineFeeds: ReadonlySet<number>
  #at = 0
  #depth = 0

  constructor(text: string, lineFeeds: ReadonlySet<number>) {
    this.#text = text
    this.#lineFeeds = lineFeeds
  }

  dump(): Dump {
    this.#expect(PAREN_OPEN)
    const utility = this.#utility()
    if (utility !== null) return { kind: 'utility', node: utility }
    const query = this.#node(QUERY_ONLY)
    if (this.#code() === SPACE || this.#code() === LINE_FEED) {
      if (this.#text.charCodeAt(this.#at + 1) === BRACE_OPEN) {
        throw unsupported('a statement that a rule rewrites into several')
      }
    }
    this.#expect(PAREN_CLOSE)
    if (this.#code() === LINE_FEED) this.#at++
    if (this.#at !== this.#text.length) throw this.#misread('text after the tree')
    return { kind: 'query', query: query as Query }
  }

  /** A utility statement's Query begins like any other, but holds a raw parse tree: only its name is read. */
  #utility(): string | null {
    const found = UTILITY.exec(this.#text)
    return found?.[1] ?? null
  }

  #node(slots: ReadonlySet<string> | null): Node {
    if (++this.#depth > TREE_DEPTH_MAX) {
      throw new PgError('54001', 'statement is too complex', {
        detail: `It is nested more than ${TREE_DEPTH_MAX} levels deep.`,
        fault: 'limit',
      })
    }
    this.#expect(BRACE_OPEN)
    const name = this.#word()
    const node = name === RTE_NAME ? this.#rangeTblEntry(slots) : this.#plainNode(name, slots)
    this.#expect(BRACE_CLOSE)
    this.#depth--
    return node
  }

  #plainNode(name: string, slots: ReadonlySet<string> | null): Node {
    const reader = NODE_READERS.get(name)
    if (!reader) throw unsupported(`query tree node ${name}`)
    if (slots && !slots.has(reader.kind)) throw this.#misread(`${reader.kind} in a place that is not its own`)
    const node: Record<string, unknown> = { kind: reader.kind }
    this.#fields(node, reader.fields)
    return node as Node
  }

  #rangeTblEntry(slots: ReadonlySet<string> | null): Node {
    if (slots && !slots.has('RangeTblEntry')) throw this.#misread('RangeTblEntry in a place that is not its own')
    const node: Record<string, unknown> = { kind: 'RangeTblEntry', rtekind: '' }
    this.#fields(node, RTE_FIRST_READERS)
    this.#label('rtekind')
    const reader = RTE_KIND_READERS[this.#int()]
    if (!reader) throw unsupported('this kind of range table entry')
    node.rtekind = reader.kind
    this.#fields(node, reader.fields)
    this.#fields(node, RTE_LAST_READERS)
    return node as Node
  }

  #fields(node: Record<string, unknown>, fields: readonly FieldReader[]): void {
    for (const { name, label, field, slots } of fields) {
      this.#label(label)
      switch (field.read) {
        case 'int':
        case 'oid':
          node[name] = this.#int()
          break
        case 'bool':
          node[name] = this.#bool()
          break
        case 'dropToken':
          this.#skipToken()
          break
        case 'node':
          node[name] = this.#node(slots)
          break
        case 'maybeNode':
          node[name] = this.#maybeNode(slots)
          break
        case 'nodes':
          node[name] = this.#nodes(slots, false)
          break
        case 'maybeNodes':
          node[name] = this.#nodes(slots, true)
          break
        case 'nodeLists':
          node[name] = this.#nodeLists(slots)
          break
        case 'nodesOrInts':
          node[name] = this.#text.startsWith('(i', this.#at) ? this.#ints('i') : this.#nodes(slots, false)
          break
        case 'ints':
          node[name] = this.#ints('i')
          break
        case 'oids':
          node[name] = this.#ints('o')
          break
        case 'bits':
          node[name] = this.#ints('b')
          break
        case 'enum':
          node[name] = this.#enumerator(field.values)
          break
        case 'word':
          node[name] = this.#oneOf(field.values)
          break
        case 'datum':
          node[name] = this.#datum()
          break
        case 'float':
          node[name] = this.#float()
          break
        case 'char':
          node[name] = this.#string()
          break
        case 'name':
          node[name] = this.#name()
          break
        case 'userText': {
          const userText = this.#string()
          node[name] = userText === null ? null : { userText }
          break
        }
        case 'userTexts':
          node[name] = this.#strings().map((userText) => ({ userText }))
          break
        case 'dropTexts':
          this.#strings()
          break
        case 'dropNode':
          this.#maybeNode(slots)
          break
      }
    }
  }

  #label(name: string): void {
    this.#space()
    if (this.#code() !== COLON || !this.#text.startsWith(name, this.#at + 1))
      throw this.#misread(`field ${name} expected`)
    this.#at += 1 + name.length
    this.#space()
  }

  #maybeNode(slots: ReadonlySet<string> | null): Node | null {
    return this.#null() ? null : this.#node(slots)
  }

  #nodes(slots: ReadonlySet<string> | null, nulls: boolean): (Node | null)[] {
    const nodes: (Node | null)[] = []
    if (this.#null()) return nodes
    this.#expect(PAREN_OPEN)
    for (;;) {
      nodes.push(nulls ? this.#maybeNode(slots) : this.#node(slots))
      if (this.#closes()) return nodes
    }
  }

  #nodeLists(slots: ReadonlySet<string> | null): (Node | null)[][] {
    const lists: (Node | null)[][] = []
    if (this.#null()) return lists
    this.#expect(PAREN_OPEN)
    for (;;) {
      lists.push(this.#nodes(slots, false))
      if (this.#closes()) return lists
    }
  }

  /** At the end of a list's element: true when it was the last. */
  #closes(): boolean {
    if (this.#code() === PAREN_CLOSE) {
      this.#at++
      return true
    }
    this.#space()
    return false
  }

  /** `(i 1 2)`, `(o 1 2)` or `(b 1 2)`; an empty list is `<>`, an empty set `(b)`. */
  #ints(letter: 'i' | 'o' | 'b'): number[] {
    const ints: number[] = []
    if (letter !== 'b' && this.#null()) return ints
    this.#expect(PAREN_OPEN)
    if (this.#text[this.#at] !== letter) throw this.#misread(`list of ${letter} expected`)
    this.#at++
    while (!this.#closes()) ints.push(this.#int())
    return ints
  }

  #strings(): string[] {
    const strings: string[] = []
    if (this.#null()) return strings
    this.#expect(PAREN_OPEN)
    for (;;) {
      if (this.#code() !== QUOTE) throw this.#misread('string expected')
      const start = this.#at
      this.#skipToken()
      const token = this.#text.substring(start, this.#at)
      if (token.length < 2 || !token.endsWith('"')) throw this.#misread('string not closed')
      strings.push(this.#decoded(start + 1, this.#at - 1))
      if (this.#closes()) return strings
    }
  }

  #name(): string {
    const name = this.#string()
    if (name === null) throw this.#misread('name expected')
    return name
  }

  #string(): string | null {
    if (this.#null()) return null
    const start = this.#at
    this.#skipToken()
    const token = this.#text.substring(start, this.#at)
    return token === '""' ? '' : this.#decoded(start, this.#at)
  }

  /** A token with its escapes undone and its UTF-8 decoded. */
  #decoded(start: number, end: number): string {
    const token = this.#text.substring(start, end)
    const plain = token.includes('\\')
      ? token.replace(ESCAPED, (_, char: string, at: number) =>
          char === '\n' && !this.#lineFeeds.has(start + at + 1) ? ' ' : char,
        )
      : token
    return ASCII.test(plain) ? plain : Buffer.from(plain, 'latin1').toString('utf8')
  }

  #enumerator(values: readonly (string | null)[]): string {
    const value = values[this.#int()]
    if (value === null || value === undefined) throw this.#misread(`enumerator outside of ${values.join()}`)
    return value
  }

  #oneOf(values: readonly string[]): string {
    const word = this.#word()
    if (!values.includes(word)) throw this.#misread(`${word} is none of ${values.join()}`)
    return word
  }

  /** `length [ byte byte … ]`; bytes are C chars, which have a sign on some machines. A value in the Datum itself is 8 bytes. */
  #datum(): Uint8Array | null {
    if (this.#null()) return null
    const length = this.#int()
    this.#space()
    this.#expect(SQUARE_OPEN)
    this.#space()
    const bytes = new Uint8Array(Math.max(length, DATUM_BYTES))
    let count = 0
    while (this.#code() !== SQUARE_CLOSE) {
      const byte = this.#int()
      if (byte < -128 || byte > 255 || count >= bytes.length) throw this.#misread('datum')
      bytes[count++] = byte & 255
      this.#space()
    }
    this.#at++
    if (count !== length && count !== DATUM_BYTES) throw this.#misread('datum of another length')
    return count === bytes.length ? bytes : bytes.subarray(0, count)
  }

  #bool(): boolean {
    if (this.#text.startsWith('true', this.#at)) {
      this.#at += 4
      return true
    }
    if (!this.#text.startsWith('false', this.#at)) throw this.#misread('true or false expected')
    this.#at += 5
    return false
  }

  #int(): number {
    const text = this.#text
    const start = this.#at
    let at = start
    let code = text.charCodeAt(at)
    const negative = code === MINUS
    if (negative) code = text.charCodeAt(++at)
    const first = at
    let value = 0
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + code - ZERO
      code = text.charCodeAt(++at)
    }
    if (at === first || !ends(code)) throw this.#misread('integer expected')
    this.#at = at
    return negative ? -value : value
  }

  #float(): number {
    const value = Number(this.#word())
    if (Number.isNaN(value)) throw this.#misread('number expected')
    return value
  }

  #word(): string {
    const start = this.#at
    while (!ends(this.#code())) this.#at++
    return this.#text.substring(start, this.#at)
  }

  /** One token exactly, whatever stands in it: read.c, pg_strtok. */
  #skipToken(): void {
    const text = this.#text
    let at = this.#at
    let code = text.charCodeAt(at)
    const start = at
    while (!ends(code)) {
      at += code === BACKSLASH ? 2 : 1
      code = text.charCodeAt(at)
    }
    if (at === start || at > text.length) throw this.#misread('token expected')
    this.#at = at
  }

  #null(): boolean {
    if (this.#code() !== LESS || this.#text.charCodeAt(this.#at + 1) !== GREATER) return false
    this.#at += 2
    return true
  }

  /** One separator: a space, or the line feed that stands for one. */
  #space(): void {
    let code = this.#code()
    if (code !== SPACE && code !== LINE_FEED) throw this.#misread('space expected')
    do code = this.#text.charCodeAt(++this.#at)
    while (code === SPACE || code === LINE_FEED)
  }

  #expect(code: number): void {
    if (this.#code() !== code) throw this.#misread(`${String.fromCharCode(code)} expected`)
    this.#at++
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at)
  }

  #misread(why: string): PgError {
    return misread(`${why} at byte ${this.#at}: ${this.#text.slice(this.#at, this.#at + 60)}`)
  }
}

const DATUM_BYTES = 8
const ESCAPED = /\\([\s\S])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is beyond ASCII is a byte of UTF-8 here
const ASCII = /^[\x00-\x7f]*$/
const QUERY_ONLY: ReadonlySet<string> = new Set(['Query'])
const UTILITY =
  /^\(\{QUERY[ \n]:commandType[ \n]6[ \n]:querySource[ \n]\d[ \n]:canSetTag[ \n](?:true|false)[ \n]:utilityStmt[ \n]\{([A-Z]+)[ \n}]/

/** What ends a token in read.c; NaN is the end of the text. */
function ends(code: number): boolean {
  return (
    code === SPACE ||
    code === LINE_FEED ||
    code === PAREN_OPEN ||
    code === PAREN_CLOSE ||
    code === BRACE_OPEN ||
    code === BRACE_CLOSE ||
    code === 9 ||
    Number.isNaN(code)
  )
}
