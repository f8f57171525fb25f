import type { Answer, Call } from '../../../proxy/print/answer.ts'
import { fill, type More } from '../../../proxy/print/answer-parts.ts'
import { raiseText } from '../../../proxy/print/raise.ts'

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
} from '../../../proxy/print/answer-parts.ts'

/** A string literal of Trino: no escapes but the doubled quote. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Longest text that is written more than once into a statement: doubling longer ones would let nesting explode it. */
const REPEATED_TEXT_MAX = 160

/** A column, a constant, or a cast of one. */
function isCheap(arg: string): boolean {
  return arg.length <= REPEATED_TEXT_MAX && !/pg_|SELECT/.test(arg) && arg.split('(').length <= 3
}

const CONSTANT = /^(NULL|-?\d+|'(?:[^']|'')*'|[A-Z]+ '(?:[^']|'')*')$/

/**
 * Prints a template whose arguments may occur several times. If one of them is not cheap, those are bound once: Trino has
 * no let, but a lambda over an array of one row evaluates it once. Lambdas nest: each gets a name of its own.
 */
export function bindOnce(args: readonly string[], body: (args: readonly string[]) => string): string {
  if (args.every(isCheap)) return body(args)
  const held = [...new Set(args.filter((arg) => !CONSTANT.test(arg)))]
  // the body may bind again, and what is bound may itself be a binding
  const name = `lw_o${depth(held.join())}`
  const bound = args.map((arg) => (held.includes(arg) ? `${name}[${held.indexOf(arg) + 1}]` : arg))
  return `element_at(transform(ARRAY[ROW(${held.join(', ')})], ${name} -> ${body(bound)}), 1)`
}

function depth(text: string): number {
  let deepest = 0
  for (const found of text.matchAll(/\blw_o(\d+)\b/g)) deepest = Math.max(deepest, Number(found[1]))
  return deepest + 1
}

/** A template that mentions an argument more than once. */
export function once(template: string, more: More = {}): Answer {
  return {
    print: (call) => bindOnce(call.args(), (args) => fill(template, args, () => call.resultTypeName())),
    ...more,
  }
}

/** An expression that raises PostgreSQL's error; fits any type. */
export function raise(code: string, message: string): string {
  return `fail(${quote(raiseText(code, message))})`
}

/** PostgreSQL itself computes the call of constants; Trino cannot compute any other. */
export function onlyConstant(reason: string): Answer {
  return { print: (call) => call.unsupported(reason), fold: true }
}

/** VARIADIC "any" given an array to spread: the call's node says so. */
export function refuseVariadic(call: Call): void {
  if ('funcvariadic' in call.node && call.node.funcvariadic === true) call.unsupported('VARIADIC')
}
