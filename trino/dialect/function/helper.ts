import type { Answer, Call } from '../../../proxy/print/answer.ts'
import { raiseText } from '../../../proxy/print/raise.ts'

/** A string literal of Trino: no escapes but the doubled quote. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** One answer for several keys. */
export function each<const K extends string, A>(keys: readonly K[], answer: A): Record<K, A> {
  return Object.fromEntries(keys.map((key) => [key, answer])) as Record<K, A>
}

/** Longest text that is written more than once into a statement: doubling longer ones would let nesting explode it. */
const REPEATED_TEXT_MAX = 160

/** A column, a constant, or a cast of one. */
function isCheap(arg: string): boolean {
  return arg.length <= REPEATED_TEXT_MAX && !/pg_|SELECT/.test(arg) && arg.split('(').length <= 3
}

const CONSTANT = /^(NULL|-?\d+|'(?:[^']|'')*'|[A-Z]+ '(?:[^']|'')*')$/

const PLACEHOLDER = /\$([\dT])/g

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

/** In one go: what looks like a place of the template in a text of the user's stays as it is. */
export function fill(template: string, args: readonly string[], resultType: () => string): string {
  return template.replace(PLACEHOLDER, (_, place: string) =>
    place === 'T' ? resultType() : (args[Number(place) - 1] ?? ''),
  )
}

type More = Pick<Answer, 'fold' | 'shape'>

/** A template in which each argument occurs once at most. */
export function sql(template: string, more: More = {}): Answer {
  return { template, ...more }
}

/** A template that mentions an argument more than once. */
export function once(template: string, more: More = {}): Answer {
  return {
    print: (call) => bindOnce(call.args(), (args) => fill(template, args, () => call.resultTypeName())),
    ...more,
  }
}

/** The function `name` of Trino or of routines.ts, with the same arguments. */
export function same(name: string, more: More = {}): Answer {
  return { name, ...more }
}

export function print(write: (call: Call) => string, more: More = {}): Answer {
  return { print: write, ...more }
}

/** PostgreSQL may compute it itself when its arguments are constants. */
export const FOLD = { fold: true } as const

/** An expression that raises PostgreSQL's error; fits any type. */
export function raise(code: string, message: string): string {
  return `fail(${quote(raiseText(code, message))})`
}

/** Strict functions do not look at a wrong constant when the other argument is NULL. */
export function unlessNull(value: string, error: string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN ${error} END`
}

export function unsupported<A extends Call = Call>(reason: string): Answer<A> {
  return { unsupported: reason }
}

/** PostgreSQL itself computes the call of constants; Trino cannot compute any other. */
export function onlyConstant(reason: string): Answer {
  return { print: (call) => call.unsupported(reason), ...FOLD }
}

/**
 * The arguments in their places: the tree has named ones in the order they were written, and leaves out those that the
 * function has a default for, which PostgreSQL's planner would add.
 */
export function positional(call: Call, defaults: readonly string[], count: number): readonly string[] {
  const places: (string | undefined)[] = Array.from({ length: count }, () => undefined)
  for (let index = 0; index < call.count; index++) {
    const node = call.argument(index)
    places[node.kind === 'NamedArgExpr' ? node.argnumber : index] = call.arg(index)
  }
  const first = count - defaults.length
  return places.map((place, index) => place ?? defaults[index - first] ?? 'NULL')
}

/** A function whose last arguments have defaults. */
export function withDefaults(name: string, defaults: readonly string[], count: number, more: More = {}): Answer {
  return { print: (call) => `${name}(${positional(call, defaults, count).join(', ')})`, ...more }
}

/** The text of a constant argument, or 0A000. */
export function constantText(call: Call, index: number, what: string): string | null {
  const value = call.constant(index)
  return value === undefined ? call.unsupported(`${what} that is not a constant`) : value
}

/** VARIADIC "any" given an array to spread: the call's node says so. */
export function refuseVariadic(call: Call): void {
  if ('funcvariadic' in call.node && call.node.funcvariadic === true) call.unsupported('VARIADIC')
}
