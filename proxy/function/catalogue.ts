import { AGGREGATE } from './catalogue/aggregate.ts'
import { FOREIGN_TYPE } from './catalogue/foreign-type.ts'
import { INTERNAL } from './catalogue/internal.ts'
import { SCALAR } from './catalogue/scalar.ts'
import { SET_RETURNING } from './catalogue/set.ts'
import { SYSTEM } from './catalogue/system.ts'
import { WINDOW } from './catalogue/window.ts'

/**
 * The functions, operators and casts of PostgreSQL 18 over types that a lake can hold, by their keys (print/key.ts).
 * A dialect's table is a `Record` over one of these unions: a function without an answer does not compile.
 */
export type ScalarKey = keyof typeof SCALAR
export type SetKey = keyof typeof SET_RETURNING
export type AggregateKey = keyof typeof AGGREGATE
export type WindowKey = keyof typeof WINDOW

export const SCALAR_KEYS = Object.keys(SCALAR) as readonly ScalarKey[]
export const SET_KEYS = Object.keys(SET_RETURNING) as readonly SetKey[]
export const AGGREGATE_KEYS = Object.keys(AGGREGATE) as readonly AggregateKey[]
export const WINDOW_KEYS = Object.keys(WINDOW) as readonly WindowKey[]

/** Functions that no engine answers for, one reason for each group. */
const GROUPS: readonly { readonly keys: ReadonlySet<string>; readonly reason: string }[] = [
  { keys: new Set(FOREIGN_TYPE), reason: 'a type that tables of the lake cannot hold' },
  { keys: new Set(SYSTEM), reason: 'a system function in a statement that reads the lake' },
  { keys: new Set(INTERNAL), reason: 'an internal support function' },
]

export function groupReason(key: string): string | undefined {
  return GROUPS.find((group) => group.keys.has(key))?.reason
}
