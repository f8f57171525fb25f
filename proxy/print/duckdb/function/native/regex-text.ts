import { type Assertion, type CharSet, parseRegex, type Regex } from './regex-tree.ts'

/**
 * A regular expression in another engine's syntax, for "does it match": which of several matches is found does not matter
 * there, so every construct the other engine has can be used.
 */

/** RE2 unrolls repetitions, up to so many. */
const REPEAT_MAX = 100
const TEXT_MAX = 20_000

/** The pattern for RE2 (DuckDB's regexp_matches with option 's'); null: RE2 cannot say it, or the pattern is invalid. */
export function engineRegex(pattern: string, flags: string): string | null {
  try {
    const text = write(parseRegex(pattern, flags).tree, RE2)
    return text === null || text.length > TEXT_MAX ? null : text
  } catch (_) {
    // native/regex.ts will say what is wrong with it, and only when a row is there to match, as PostgreSQL does
    return null
  }
}

/** In an engine's own syntax; null: it cannot say it. */
export function otherSyntax(tree: Regex, syntax: Syntax): string | null {
  return write(tree, syntax)
}

/** For JavaScript's RegExp with the flag u. */
export function scriptRegex(tree: Regex): string | null {
  return write(tree, SCRIPT)
}

export type Syntax = {
  codePoint(code: number): string
  assertion(what: Assertion): string | null
  look(behind: boolean, negated: boolean, item: string): string | null
  group(item: string): string
  backReference(index: number): string | null
  readonly repeatMax: number
}

const RE2: Syntax = {
  codePoint: (code) => `\\x{${code.toString(16)}}`,
  assertion: (what) => {
    switch (what) {
      case 'textStart':
        return '\\A'
      case 'textEnd':
        return '\\z'
      case 'lineStart':
        return '(?m:^)'
      case 'lineEnd':
        return '(?m:$)'
      case 'wordEdge':
        return '\\b'
      case 'notWordEdge':
        return '\\B'
      default:
        return null
    }
  },
  look: () => null,
  group: (item) => `(?:${item})`,
  backReference: () => null,
  repeatMax: REPEAT_MAX,
}

const SCRIPT: Syntax = {
  codePoint: (code) => `\\u{${code.toString(16)}}`,
  assertion: (what) => {
    switch (what) {
      case 'textStart':
        return '(?<![^])'
      case 'textEnd':
        return '(?![^])'
      case 'lineStart':
        return '(?<![^\\n])'
      case 'lineEnd':
        return '(?![^\\n])'
      case 'wordEdge':
        return '\\b'
      case 'notWordEdge':
        return '\\B'
      case 'wordStart':
        return '\\b(?=\\w)'
      case 'wordEnd':
        return '\\b(?<=\\w)'
    }
  },
  look: (behind, negated, item) => `(?${behind ? '<' : ''}${negated ? '!' : '='}${item})`,
  group: (item) => `(${item})`,
  backReference: (index) => `(?:\\${index})`,
  repeatMax: Number.POSITIVE_INFINITY,
}

function write(regex: Regex, syntax: Syntax): string | null {
  switch (regex.kind) {
    case 'set':
      return writeSet(regex.set, syntax)
    case 'sequence': {
      const items = regex.items.map((item) => write(item, syntax))
      return items.includes(null) ? null : items.join('')
    }
    case 'choice': {
      const items = regex.items.map((item) => write(item, syntax))
      return items.includes(null) ? null : `(?:${items.join('|')})`
    }
    case 'repeat': {
      const item = write(regex.item, syntax)
      const most = Number.isFinite(regex.max) ? regex.max : regex.min
      if (item === null || most > syntax.repeatMax) return null
      const bounds = Number.isFinite(regex.max)
        ? `{${regex.min},${regex.max}}`
        : regex.min === 0
          ? '*'
          : `{${regex.min},}`
      return `(?:${item})${bounds}${regex.greedy ? '' : '?'}`
    }
    case 'group': {
      const item = write(regex.item, syntax)
      return item === null ? null : syntax.group(item)
    }
    case 'backReference':
      return syntax.backReference(regex.index)
    case 'assert':
      return syntax.assertion(regex.what)
    case 'look': {
      const item = write(regex.item, syntax)
      return item === null ? null : syntax.look(regex.behind, regex.negated, item)
    }
  }
}

const SURROGATES = { from: 0xd800, to: 0xdfff } as const

function writeSet(set: CharSet, syntax: Syntax): string {
  const single = set[0]
  if (
    set.length === 1 &&
    single !== undefined &&
    single[0] === single[1] &&
    /[A-Za-z0-9 ]/.test(String.fromCodePoint(single[0]))
  )
    return String.fromCodePoint(single[0])
  // no character at all: a class cannot be empty in RE2
  const ranges =
    set.length === 0
      ? `^${syntax.codePoint(0)}-${syntax.codePoint(0x10ffff)}`
      : set.flatMap(([from, to]) => writeRange(from, to, syntax)).join('')
  return `[${ranges}]`
}

/** Surrogates are no characters of UTF-8. */
function writeRange(from: number, to: number, syntax: Syntax): string[] {
  if (from < SURROGATES.from && to > SURROGATES.to)
    return [...writeRange(from, SURROGATES.from - 1, syntax), ...writeRange(SURROGATES.to + 1, to, syntax)]
  return [from === to ? syntax.codePoint(from) : `${syntax.codePoint(from)}-${syntax.codePoint(to)}`]
}
