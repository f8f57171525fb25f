import type { CharSet, Regex } from './regex-tree.ts'

/** One position of the expression: characters of `set`, min to max times. */
type Piece = {
  readonly set: CharSet
  readonly min: number
  readonly max: number
  readonly greedy: boolean
  readonly exact: boolean
}

/**
 * Can the text be divided among the parts of the expression in one way only, once it is clear where it begins? Then it does
 * not matter that engines of the Perl family prefer other divisions than PostgreSQL: there is but one, and the longest (or
 * shortest) match is the one that greedy (or lazy) repetition finds. True of an expression in which the text of each
 * repetition cannot be mistaken for that of what follows it: `\d+`, `^\s*(\w+)\s*=`, `<([^>]*)>`.
 */
export function dividesUniquely(regex: Regex): boolean {
  const pieces = piecesOf(regex)
  if (pieces === null) return false
  const variable = pieces.filter((piece) => !piece.exact)
  if (variable.some((piece) => piece.greedy !== variable[0]?.greedy)) return false
  return pieces.every((piece, index) => piece.min === piece.max || isSetApart(piece, pieces.slice(index + 1)))
}

/** Nothing that may stand directly behind the repetition begins with a character of it. */
function isSetApart(piece: Piece, rest: readonly Piece[]): boolean {
  if (rest.every((next) => next.min === next.max)) {
    // the only repetition left: its length follows from where the whole ends
    return true
  }
  for (const next of rest) {
    if (overlap(piece.set, next.set)) return false
    if (next.min > 0) return !Number.isFinite(piece.max) || piece.max === 1
  }
  return true
}

function overlap(a: CharSet, b: CharSet): boolean {
  return a.some(([from, to]) => b.some(([low, high]) => from <= high && low <= to))
}

function piecesOf(regex: Regex): readonly Piece[] | null {
  switch (regex.kind) {
    case 'set':
      return [{ set: regex.set, min: 1, max: 1, greedy: true, exact: true }]
    case 'group':
      return piecesOf(regex.item)
    case 'sequence': {
      const all: Piece[] = []
      for (const item of regex.items) {
        const own = piecesOf(item)
        if (own === null) return null
        all.push(...own)
      }
      return all
    }
    case 'repeat': {
      const item = regex.item.kind === 'group' ? regex.item.item : regex.item
      if (item.kind !== 'set') return null
      return [{ set: item.set, min: regex.min, max: regex.max, greedy: regex.greedy, exact: regex.exact }]
    }
    case 'assert':
      return []
    default:
      return null
  }
}
