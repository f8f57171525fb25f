import { groupReason } from '../function/catalogue.ts'
import type { AggregateCall, Answer, Answers, Call, WindowCall } from './answer.ts'

/** What the tables of answers are made of, whatever the engine. */

const PLACEHOLDER = /\$([\dT])/g

/** One answer for several keys. */
export function each<const K extends string, A>(keys: readonly K[], answer: A): Record<K, A> {
  return Object.fromEntries(keys.map((key) => [key, answer])) as Record<K, A>
}

/** In one go: what looks like a place of the template in a text of the user's stays as it is. */
export function fill(template: string, args: readonly string[], resultType: () => string): string {
  return template.replace(PLACEHOLDER, (_, place: string) =>
    place === 'T' ? resultType() : (args[Number(place) - 1] ?? ''),
  )
}

export type More = Pick<Answer, 'fold' | 'shape'>

/** A template in which each argument occurs once at most, also in what it calls. */
export function sql(template: string, more: More = {}): Answer {
  return { template, ...more }
}

/** The engine’s function `name`, with the same arguments. */
export function same(name: string, more: More = {}): Answer {
  return { name, ...more }
}

export function print(write: (call: Call) => string, more: More = {}): Answer {
  return { print: write, ...more }
}

/** PostgreSQL may compute it itself when its arguments are constants. */
export const FOLD = { fold: true } as const

/** Strict functions do not look at a wrong constant when the other argument is NULL. */
export function unlessNull(value: string, error: string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN ${error} END`
}

export function unsupported<A extends Call = Call>(reason: string): Answer<A> {
  return { unsupported: reason }
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

type Table<C extends Call> = Readonly<Record<string, Answer<C>>>

/** A dialect's tables as the core asks for them; whole groups of functions are refused for one reason. */
export function answersOf(tables: {
  scalar: Table<Call>
  aggregate: Table<AggregateCall>
  window: Table<WindowCall>
}): Answers {
  return {
    scalar: (key) => own(tables.scalar, key) ?? ofGroup(key),
    aggregate: (key) => own(tables.aggregate, key) ?? ofGroup(key),
    window: (key) => own(tables.window, key) ?? ofGroup(key),
  }
}

function own<A>(table: Readonly<Record<string, A>>, key: string): A | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

function ofGroup(key: string): { unsupported: string } | undefined {
  const reason = groupReason(key)
  return reason === undefined ? undefined : { unsupported: reason }
}
