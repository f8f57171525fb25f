import { otherSyntax, type Syntax } from '../../../proxy/print/duckdb/function/native/regex-text.ts'
import { parseRegex, type Regex } from '../../../proxy/print/duckdb/function/native/regex-tree.ts'
import { dividesUniquely } from '../../../proxy/print/duckdb/function/native/regex-unique.ts'

/** PostgreSQL's regular expressions in the syntax of Joni, Trino's engine. https://trino.io/docs/current/functions/regexp.html */

const REPEAT_MAX = 255
const TEXT_MAX = 20_000

const JONI: Syntax = {
  codePoint: (code) => `\\x{${code.toString(16)}}`,
  assertion: (what) => {
    switch (what) {
      case 'textStart':
        return '\\A'
      case 'textEnd':
        return '\\z'
      case 'lineStart':
        return '(?<![^\\n])'
      case 'lineEnd':
        return '(?![^\\n])'
      case 'wordEdge':
        return `(?:${WORD_START}|${WORD_END})`
      case 'notWordEdge':
        return `(?:(?<=${LETTER})(?=${LETTER})|(?<!${LETTER})(?!${LETTER}))`
      case 'wordStart':
        return WORD_START
      case 'wordEnd':
        return WORD_END
    }
  },
  look: (behind, negated, item) => (behind ? null : `(?${negated ? '!' : '='}${item})`),
  group: (item) => `(${item})`,
  backReference: () => null,
  repeatMax: REPEAT_MAX,
}

/** Letters are those of the C locale. */
const LETTER = '[A-Za-z0-9_]'
const WORD_START = `(?<!${LETTER})(?=${LETTER})`
const WORD_END = `(?<=${LETTER})(?!${LETTER})`

function parsed(pattern: string, flags: string): { tree: Regex; groups: number; engine: string } | null {
  try {
    const { tree, groups } = parseRegex(pattern, flags)
    const engine = otherSyntax(tree, JONI)
    return engine === null || engine.length > TEXT_MAX ? null : { tree, groups, engine }
  } catch (_) {
    // PostgreSQL says what is wrong with it, and only when a row is there to match
    return null
  }
}

/** For "does it match": which of several matches is found does not matter. */
export function matchedRegex(pattern: string, flags: string): string | null {
  return parsed(pattern, flags)?.engine ?? null
}

export type FoundRegex = {
  readonly engine: string
  readonly groups: number
  /** it finds empty texts too, after which engines go on in different ways */
  readonly matchesNothing: boolean
  /** whether it matches depends on what stands around */
  readonly looksAround: boolean
}

/** For what is found: only where there is one way to match. */
export function foundRegex(pattern: string, flags: string): FoundRegex | null {
  const found = parsed(pattern, flags)
  if (found === null || !dividesUniquely(found.tree)) return null
  return {
    engine: found.engine,
    groups: found.groups,
    matchesNothing: mayBeEmpty(found.tree),
    looksAround: looksAround(found.tree),
  }
}

function mayBeEmpty(regex: Regex): boolean {
  switch (regex.kind) {
    case 'set':
      return false
    case 'sequence':
      return regex.items.every(mayBeEmpty)
    case 'choice':
      return regex.items.some(mayBeEmpty)
    case 'repeat':
      return regex.min === 0 || mayBeEmpty(regex.item)
    case 'group':
      return mayBeEmpty(regex.item)
    default:
      return true
  }
}

function looksAround(regex: Regex): boolean {
  switch (regex.kind) {
    case 'assert':
    case 'look':
      return true
    case 'sequence':
    case 'choice':
      return regex.items.some(looksAround)
    case 'repeat':
    case 'group':
      return looksAround(regex.item)
    default:
      return false
  }
}
