import type { Answer } from '../../answer.ts'
import { fill, type More } from '../../answer-parts.ts'
import { raiseText } from '../../raise.ts'
import { quote } from '../quote.ts'

export {
  constantText,
  each,
  FOLD,
  fill,
  positional,
  print,
  same,
  sql,
  unlessNull,
  unsupported,
  withDefaults,
} from '../../answer-parts.ts'

/** Longest text that is written more than once into a statement: doubling longer ones would let nesting explode it. */
const REPEATED_TEXT_MAX = 160

/** A column, a constant, or a cast of one: macros repeat their arguments up to ten times, so nothing that calls one. */
function isCheap(arg: string): boolean {
  return arg.length <= REPEATED_TEXT_MAX && !arg.includes('pg_') && arg.split('(').length <= 3
}

/** A column of a FROM item, or what an enclosing binding holds: DuckDB's lambdas reach neither from within a subquery. */
const OUTSIDE = /\b[a-z]\d+\.|\blw_o\b/

/**
 * Prints a template whose arguments may occur several times. If one of them is not cheap, all that are no constants are bound once:
 * DuckDB has no let, but a lambda over a list of one row evaluates it once and costs some 10 ns a row (measured). The
 * row has no names (names are lost in subqueries), and the lambda's parameter a prefix of ours, so that no column is called like it.
 */
export function bindOnce(args: readonly string[], body: (args: readonly string[]) => string): string {
  if (args.every(isCheap)) return body(args)
  const held = [...new Set(args.filter((arg) => !isCheap(arg) || OUTSIDE.test(arg)))]
  const bound = args.map((arg) => (held.includes(arg) ? `lw_o[${held.indexOf(arg) + 1}]` : arg))
  return `list_transform([row(${held.join(', ')})], lambda lw_o: ${body(bound)})[1]`
}

/** A template that mentions an argument more than once, or calls a macro that does. */
export function once(template: string, more: More = {}): Answer {
  return {
    print: (call) => bindOnce(call.args(), (args) => fill(template, args, () => call.resultTypeName())),
    ...more,
  }
}

/** An expression that raises PostgreSQL's error; fits any type. */
export function raise(code: string, message: string): string {
  return `error(${quote(raiseText(code, message))})`
}
