import { cached, fail, type Native, refuse, strict } from './native.ts'
import { scriptRegex } from './regex-text.ts'
import { type CharSet, type ParsedRegex, parseRegex, type Regex, WORD } from './regex-tree.ts'
import { dividesUniquely } from './regex-unique.ts'

/**
 * Regular expression functions that say *what* matched. PostgreSQL takes the leftmost match, of those the longest (or
 * shortest, if the expression prefers that), and only then divides it among the parts, earlier ones first; engines of the
 * Perl family take the first that their search comes upon. So: find the possible ends, choose, then dissect.
 * https://www.postgresql.org/docs/18/functions-matching.html#POSIX-MATCHING-RULES
 */

/** Start and end of each group, in code points; -1 where it took no part. Group 0 is the whole match. */
type Match = readonly (readonly [number, number])[]

type Compiled = ParsedRegex & {
  /** for "is there a match at all" */
  readonly script: RegExp | null
  /** finds the same matches as PostgreSQL's rules: see regex-unique.ts */
  readonly exact: RegExp | null
  readonly shortest: boolean
  readonly plain: boolean
}

const compile = cached((key: string): Compiled => {
  const separator = key.indexOf('\0')
  const parsed = parseRegex(key.slice(separator + 1), key.slice(0, separator))
  const script = scriptRegex(parsed.tree)
  return {
    ...parsed,
    script: script === null ? null : new RegExp(script, 'u'),
    exact:
      script !== null && dividesUniquely(parsed.tree) ? new RegExp(script, parsed.groups > 0 ? 'dgu' : 'gu') : null,
    shortest: preference(parsed.tree) === 'shortest',
    plain: !hasBackReference(parsed.tree),
  }
})

function compiled(pattern: string, flags: string): Compiled {
  return compile(`${flags}\0${pattern}`)
}

function hasBackReference(regex: Regex): boolean {
  switch (regex.kind) {
    case 'backReference':
      return true
    case 'sequence':
    case 'choice':
      return regex.items.some(hasBackReference)
    case 'repeat':
    case 'group':
    case 'look':
      return hasBackReference(regex.item)
    default:
      return false
  }
}

/** Which match an expression prefers: the first quantified atom of a branch says; several branches prefer the longest. */
function preference(regex: Regex): 'longest' | 'shortest' | null {
  switch (regex.kind) {
    case 'group':
      return preference(regex.item)
    case 'choice':
      return 'longest'
    case 'repeat':
      if (regex.exact) return preference(regex.item)
      return regex.greedy ? 'longest' : 'shortest'
    case 'sequence':
      for (const item of regex.items) {
        const own = preference(item)
        if (own !== null) return own
      }
      return null
    default:
      return null
  }
}

function isIn(set: CharSet, char: number | undefined): boolean {
  return char !== undefined && set.some(([from, to]) => char >= from && char <= to)
}

/** One subject, searched with one expression. */
class Matcher {
  private readonly text: readonly number[]
  private readonly regex: Compiled
  /** possible ends of a node from a start, ascending */
  private readonly ends = new Map<Regex, Map<number, readonly number[]>>()
  private captures: [number, number][] = []

  constructor(regex: Compiled, text: readonly number[]) {
    this.regex = regex
    this.text = text
  }

  find(from: number): Match | null {
    for (let start = from; start <= this.text.length; start++) {
      const ends = this.endsOf(this.regex.tree, start)
      const end = this.regex.shortest ? ends[0] : ends.at(-1)
      if (end === undefined) continue
      this.captures = Array.from({ length: this.regex.groups + 1 }, () => [-1, -1])
      this.dissect(this.regex.tree, start, end)
      this.captures[0] = [start, end]
      return this.captures
    }
    return null
  }

  private endsOf(regex: Regex, start: number): readonly number[] {
    if (regex.kind === 'set') return isIn(regex.set, this.text[start]) ? [start + 1] : []
    if (regex.kind === 'assert') return this.holds(regex.what, start) ? [start] : []
    if (regex.kind === 'group') return this.endsOf(regex.item, start)
    const known = this.ends.get(regex) ?? new Map<number, readonly number[]>()
    this.ends.set(regex, known)
    const found = known.get(start) ?? this.compute(regex, start)
    known.set(start, found)
    return found
  }

  private compute(regex: Regex, start: number): readonly number[] {
    switch (regex.kind) {
      case 'sequence':
        return this.endsOfItems(regex.items, 0, [start])
      case 'choice':
        return ascending(new Set(regex.items.flatMap((item) => [...this.endsOf(item, start)])))
      case 'repeat':
        return this.endsOfRepeat(regex, start)
      case 'look': {
        const matches = regex.behind ? this.matchesBefore(regex.item, start) : this.endsOf(regex.item, start).length > 0
        return matches !== regex.negated ? [start] : []
      }
      default:
        return []
    }
  }

  private endsOfItems(items: readonly Regex[], at: number, starts: readonly number[]): readonly number[] {
    let positions = starts
    for (const item of items.slice(at)) {
      const next = new Set<number>()
      for (const position of positions) for (const end of this.endsOf(item, position)) next.add(end)
      positions = ascending(next)
      if (positions.length === 0) break
    }
    return positions
  }

  private endsOfRepeat(regex: Extract<Regex, { kind: 'repeat' }>, start: number): readonly number[] {
    let frontier: readonly number[] = [start]
    const reached = new Set<number>(regex.min === 0 ? [start] : [])
    for (let count = 1; count <= regex.max && frontier.length > 0; count++) {
      const next = new Set<number>()
      for (const position of frontier)
        for (const end of this.endsOf(regex.item, position)) if (count <= regex.min || end > position) next.add(end)
      const fresh = count < regex.min ? [...next] : [...next].filter((end) => !reached.has(end))
      if (count >= regex.min) for (const end of fresh) reached.add(end)
      frontier = fresh
    }
    return ascending(reached)
  }

  private matchesBefore(regex: Regex, end: number): boolean {
    for (let start = end; start >= 0; start--) if (this.endsOf(regex, start).includes(end)) return true
    return false
  }

  private holds(what: Extract<Regex, { kind: 'assert' }>['what'], at: number): boolean {
    const [before, after] = [this.text[at - 1], this.text[at]]
    const [wordBefore, wordAfter] = [isIn(WORD, before), isIn(WORD, after)]
    switch (what) {
      case 'textStart':
        return at === 0
      case 'textEnd':
        return at === this.text.length
      case 'lineStart':
        return at === 0 || before === 10
      case 'lineEnd':
        return at === this.text.length || after === 10
      case 'wordStart':
        return !wordBefore && wordAfter
      case 'wordEnd':
        return wordBefore && !wordAfter
      case 'wordEdge':
        return wordBefore !== wordAfter
      case 'notWordEdge':
        return wordBefore === wordAfter
    }
  }

  private reaches(regex: Regex, start: number, end: number): boolean {
    return this.endsOf(regex, start).includes(end)
  }

  /** Notes the groups inside a node that is known to match from start to end. */
  private dissect(regex: Regex, start: number, end: number): void {
    switch (regex.kind) {
      case 'group':
        this.captures[regex.index] = [start, end]
        this.dissect(regex.item, start, end)
        return
      case 'choice': {
        const first = regex.items.find((item) => this.reaches(item, start, end))
        if (first !== undefined) this.dissect(first, start, end)
        return
      }
      case 'sequence':
        this.dissectItems(regex.items, 0, start, end)
        return
      case 'repeat':
        this.dissectRepeat(regex, start, end)
        return
      default:
    }
  }

  private dissectItems(items: readonly Regex[], at: number, start: number, end: number): void {
    const item = items[at]
    if (item === undefined) return
    if (at === items.length - 1) {
      this.dissect(item, start, end)
      return
    }
    const ends = this.endsOf(item, start).filter((middle) => middle <= end)
    const tried = preference(item) === 'shortest' ? ends : [...ends].reverse()
    const middle = tried.find((one) => this.endsOfItems(items, at + 1, [one]).includes(end))
    if (middle === undefined) return
    this.dissect(item, start, middle)
    this.dissectItems(items, at + 1, middle, end)
  }

  private dissectRepeat(regex: Extract<Regex, { kind: 'repeat' }>, start: number, end: number): void {
    const { item, min, max } = regex
    if (min > 0) {
      // x{m,n} is taken apart as x{m-1,n-1} and one more x, which alone captures
      const before: Regex = { ...regex, min: min - 1, max: max - 1 }
      const middles = this.endsOf(before, start).filter((middle) => middle <= end)
      const tried = preference(regex) === 'shortest' ? middles : [...middles].reverse()
      const middle = tried.find((one) => this.reaches(item, one, end))
      if (middle !== undefined) this.dissect(item, middle, end)
      return
    }
    if (start === end) {
      // an item that prefers little is content with no iteration at all
      if (preference(item) !== 'shortest' && this.reaches(item, start, end)) this.dissect(item, start, end)
      return
    }
    for (const [from, to] of this.iterations(regex, start, end, 0, new Set()) ?? []) this.dissect(item, from, to)
  }

  /** Where each iteration begins and ends: the first ones as long (or short) as they can be. */
  private iterations(
    regex: Extract<Regex, { kind: 'repeat' }>,
    start: number,
    end: number,
    done: number,
    dead: Set<string>,
  ): readonly (readonly [number, number])[] | null {
    if (start === end && done >= Math.max(regex.min, 1)) return []
    if (done >= regex.max) return null
    const state = `${start}/${Math.min(done, regex.min)}`
    if (!Number.isFinite(regex.max) && dead.has(state)) return null
    const ends = this.endsOf(regex.item, start).filter(
      (next) => next <= end && (next > start || done < regex.min || end === start),
    )
    const shortest = preference(regex.item) === 'shortest'
    for (const next of shortest ? ends : [...ends].reverse()) {
      const rest = this.iterations(regex, next, end, done + 1, dead)
      if (rest !== null) return [[start, next], ...rest]
    }
    dead.add(state)
    return null
  }
}

function ascending(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b)
}

type Search = {
  readonly regex: Compiled
  /** in characters */
  readonly length: number
  find(from: number): Match | null
  slice(from: number, to?: number): string
}

/** Characters beyond the basic plane are two units of a JavaScript string. */
const ASTRAL = /[\ud800-\udfff]/

function search(text: string, pattern: string, flags: string): Search | null {
  const regex = compiled(pattern, flags)
  if (!regex.plain) return refuse('a regular expression with a back reference in this function')
  if (regex.exact !== null && !ASTRAL.test(text)) return searchUnits(text, regex, regex.exact)
  if (regex.script !== null && !regex.script.test(text)) return null
  const chars = Array.from(text)
  const matcher = new Matcher(
    regex,
    chars.map((char) => char.codePointAt(0) ?? 0),
  )
  return {
    regex,
    length: chars.length,
    find: (from) => matcher.find(from),
    slice: (from, to) => chars.slice(from, to).join(''),
  }
}

function searchUnits(text: string, regex: Compiled, exact: RegExp): Search {
  return {
    regex,
    length: text.length,
    find: (from) => {
      exact.lastIndex = from
      const found = exact.exec(text)
      if (found === null) return null
      if (regex.groups === 0) return [[found.index, found.index + found[0].length]]
      return Array.from(found.indices ?? [], (span) => span ?? NOWHERE)
    },
    slice: (from, to) => text.slice(from, to),
  }
}

const NOWHERE = [-1, -1] as const

function allMatches(found: Search, from: number): Match[] {
  const matches: Match[] = []
  for (let at = from; at <= found.length; ) {
    const match = found.find(at)
    if (match === null) break
    matches.push(match)
    const [start, end] = match[0] ?? [at, at]
    at = start === end ? end + 1 : end
  }
  return matches
}

function cut(found: Search, span: readonly [number, number] | undefined): string | null {
  return span === undefined || span[0] < 0 ? null : found.slice(span[0], span[1])
}

function withoutGlobal(name: string, flags: string): string {
  if (flags.includes('g')) fail('22023', `${name}() does not support the "global" option`)
  return flags
}

function like(text: string, pattern: string, flags: string): boolean {
  const regex = compiled(pattern, withoutGlobal('regexp_like', flags))
  if (regex.script !== null) return regex.script.test(text)
  return search(text, pattern, flags)?.find(0) != null
}

/** The groups of a match, or the whole where there are none. */
function groupsOf(found: Search, match: Match): (string | null)[] {
  if (found.regex.groups === 0) return [cut(found, match[0])]
  return match.slice(1).map((span) => cut(found, span))
}

function firstMatch(text: string, pattern: string, flags: string): (string | null)[] | null {
  const found = search(text, pattern, withoutGlobal('regexp_match', flags))
  const match = found?.find(0)
  return found === null || match === null || match === undefined ? null : groupsOf(found, match)
}

function matches(text: string, pattern: string, flags: string): (string | null)[][] {
  const found = search(text, pattern, flags.replaceAll('g', ''))
  if (found === null) return []
  if (flags.includes('g')) return allMatches(found, 0).map((match) => groupsOf(found, match))
  const match = found.find(0)
  return match === null ? [] : [groupsOf(found, match)]
}

function split(text: string, pattern: string, flags: string): string[] {
  if (flags.includes('g')) fail('22023', 'regexp_split_to_array() does not support the "global" option')
  const found = search(text, pattern, flags)
  if (found === null) return [text]
  const parts: string[] = []
  let previous = 0
  for (const match of allMatches(found, 0)) {
    const [start, end] = match[0] ?? [0, 0]
    // an empty match at either end, or right behind the match before, divides nothing
    if (start >= found.length || end <= previous) continue
    parts.push(found.slice(previous, start))
    previous = end
  }
  parts.push(found.slice(previous))
  return parts
}

function checkAtLeast(value: number, least: number, name: string): void {
  if (value < least) fail('22023', `invalid value for parameter "${name}": ${value}`)
}

function count(text: string, pattern: string, start: number, flags: string): number {
  checkAtLeast(start, 1, 'start')
  const found = search(text, pattern, withoutGlobal('regexp_count', flags))
  return found === null ? 0 : allMatches(found, start - 1).length
}

function nth(found: Search | null, start: number, n: number): Match | undefined {
  return found === null ? undefined : allMatches(found, start - 1)[n - 1]
}

function instr(
  text: string,
  pattern: string,
  start: number,
  n: number,
  end: number,
  flags: string,
  group: number,
): number {
  checkAtLeast(start, 1, 'start')
  checkAtLeast(n, 1, 'n')
  if (end !== 0 && end !== 1) fail('22023', `invalid value for parameter "endoption": ${end}`)
  checkAtLeast(group, 0, 'subexpr')
  const span = nth(search(text, pattern, withoutGlobal('regexp_instr', flags)), start, n)?.[group]
  return span === undefined || span[0] < 0 ? 0 : span[end] + 1
}

function substr(text: string, pattern: string, start: number, n: number, flags: string, group: number): string | null {
  checkAtLeast(start, 1, 'start')
  checkAtLeast(n, 1, 'n')
  checkAtLeast(group, 0, 'subexpr')
  const found = search(text, pattern, withoutGlobal('regexp_substr', flags))
  return found === null ? null : cut(found, nth(found, start, n)?.[group])
}

/** substring(text from pattern): the first group, or the whole where there are none */
function substring(text: string, pattern: string, flags: string): string | null {
  const found = search(text, pattern, flags)
  const match = found?.find(0)
  if (found === null || match === null || match === undefined) return null
  return cut(found, match[found.regex.groups > 0 ? 1 : 0])
}

/** n: which match to replace, 0 all of them, -1 the first unless the flags say g */
function replace(text: string, pattern: string, replacement: string, start: number, n: number, flags: string): string {
  checkAtLeast(start, 1, 'start')
  if (n < -1) checkAtLeast(n, 0, 'n')
  // textregexreplace takes g; its extended form ignores it when n is given
  const wanted = n === -1 ? (flags.includes('g') ? 0 : 1) : n
  const found = search(text, pattern, flags.replaceAll('g', ''))
  if (found === null) return text
  let out = ''
  let previous = 0
  for (const [index, match] of allMatches(found, start - 1).entries()) {
    if (wanted !== 0 && index + 1 !== wanted) continue
    const [from, to] = match[0] ?? [0, 0]
    out += found.slice(previous, from) + expand(found, match, replacement)
    previous = to
  }
  return out + found.slice(previous)
}

function expand(found: Search, match: Match, replacement: string): string {
  return replacement.replace(/\\([1-9&\\])/g, (_, mark: string) => {
    if (mark === '\\') return '\\'
    return cut(found, match[mark === '&' ? 0 : Number(mark)]) ?? ''
  })
}

/** like_escape(): the pattern with the escape character made a backslash */
function likeEscape(pattern: string, mark: string): string {
  const chars = Array.from(mark)
  if (chars.length > 1) return fail('22025', 'invalid escape string')
  if (mark === '\\') return pattern
  if (mark === '') return pattern.replaceAll('\\', '\\\\')
  let out = ''
  let escaped = false
  for (const char of pattern) {
    if (char === mark && !escaped) {
      out += '\\'
      escaped = true
      continue
    }
    out += char === '\\' && !escaped ? '\\\\' : char
    escaped = false
  }
  return out
}

/** SIMILAR TO's pattern as a POSIX one: similar_escape_internal of regexp.c */
function similarEscape(pattern: string, mark: string): string {
  if (Array.from(mark).length > 1) return fail('22019', 'invalid escape string')
  let out = '^(?:'
  let escaped = false
  let bracket = 0
  let quotes = 0
  for (const char of pattern) {
    if (escaped) {
      if (char === '"' && bracket === 0) {
        if (quotes > 1)
          fail('2200C', 'SQL regular expression may not contain more than two escape-double-quote separators')
        out += quotes++ === 0 ? '){1,1}?(' : '){1,1}(?:'
      } else out += `\\${char}`
      escaped = false
    } else if (mark !== '' && char === mark) escaped = true
    else if (bracket > 0) {
      out += char === '\\' ? '\\\\' : char
      if (char === '[') bracket++
      else if (char === ']') bracket--
    } else if (char === '[') {
      out += char
      bracket = 1
    } else if (char === '%') out += '.*'
    else if (char === '_') out += '.'
    else if (char === '(') out += '(?:'
    else if ('\\.^$'.includes(char)) out += `\\${char}`
    else out += char
  }
  return `${out})$`
}

const THREE = ['VARCHAR', 'VARCHAR', 'VARCHAR'] as const

export const REGEX_NATIVES: readonly Native[] = [
  strict('pg_regexp_like', THREE, 'BOOLEAN', like),
  strict('pg_regexp_match', THREE, 'VARCHAR[]', firstMatch),
  strict('pg_regexp_matches', THREE, 'VARCHAR[][]', matches),
  strict('pg_regexp_split', THREE, 'VARCHAR[]', split),
  strict('pg_regexp_substring', THREE, 'VARCHAR', substring),
  strict('pg_regexp_count', ['VARCHAR', 'VARCHAR', 'INTEGER', 'VARCHAR'], 'INTEGER', count),
  strict(
    'pg_regexp_instr',
    ['VARCHAR', 'VARCHAR', 'INTEGER', 'INTEGER', 'INTEGER', 'VARCHAR', 'INTEGER'],
    'INTEGER',
    instr,
  ),
  strict('pg_regexp_substr', ['VARCHAR', 'VARCHAR', 'INTEGER', 'INTEGER', 'VARCHAR', 'INTEGER'], 'VARCHAR', substr),
  strict('pg_regexp_replace', ['VARCHAR', 'VARCHAR', 'VARCHAR', 'INTEGER', 'INTEGER', 'VARCHAR'], 'VARCHAR', replace),
  strict('pg_like_escape', ['VARCHAR', 'VARCHAR'], 'VARCHAR', likeEscape),
  strict('pg_similar_escape', ['VARCHAR', 'VARCHAR'], 'VARCHAR', similarEscape),
]
