import type { FunctionInfo } from '../compiler/compiled.ts'
import type { Expr } from '../compiler/tree/node.ts'
import type { OutputStyle } from '../engine/engine.ts'

/**
 * How an engine answers for one function, operator, cast, aggregate or window function of PostgreSQL. Every engine answers
 * for every key; "unsupported" becomes 0A000 with its reason. The key is the C symbol (pg_proc.prosrc); functions written
 * in SQL have none and are keyed `name(type,type)` with pg_type names: see functionKey in print/key.ts.
 */
export type Answer<C extends Call = Call> = (
  | { readonly name: string }
  /** `$1` … `$9` printed arguments, `$*` all of them with commas, `$T` the engine's type of the result */
  | { readonly template: string }
  | { readonly print: (call: C) => string }
  | { readonly unsupported: string }
) & {
  /**
   * PostgreSQL itself may compute the call when all its arguments are constants, before the statement is printed: it is
   * immutable or stable, cheap, and its result is small. Never set it for functions that can blow up (repeat, lpad …).
   */
  readonly fold?: true
  /** precision and scale of a numeric result, where the core's rules (print/numeric.ts) do not know the function */
  readonly shape?: (call: C) => NumericShape
}

/**
 * A dialect's tables. Calls of set-returning functions go through `scalar` too: what is printed there is a *list* of the
 * rows (of structs where the function has several columns), and the core unnests it.
 */
export type Answers = {
  scalar(key: string): Answer | undefined
  aggregate(key: string): Answer<AggregateCall> | undefined
  window(key: string): Answer<WindowCall> | undefined
}

/** Decimal digits in all, and after the point. Engines have one pair per column; PostgreSQL has a scale per value. */
export type NumericShape = { readonly precision: number; readonly scale: number }

/** One call, seen by the function that prints it. Arguments are numbered from 0. */
export type Call = {
  readonly function: FunctionInfo
  /** the operator's name when the call was written with one: `=`, `||`, `~*` */
  readonly operator: string | null
  readonly node: Expr
  readonly count: number
  argument(index: number): Expr
  /** the printed argument, safe to put anywhere in an expression; printed once, however often it is asked for */
  arg(index: number): string
  args(): readonly string[]
  /** the argument as PostgreSQL's output function writes it (`t` for a boolean is `true` here, as in a cast to text) */
  text(index: number): string
  type(index: number): number
  typmod(index: number): number
  readonly resultType: number
  readonly resultTypmod: number
  /** the engine's name for a type; numeric without typmod takes the shape, or the widest that is sensible */
  typeName(oid: number, typmod?: number, shape?: NumericShape): string
  /** the engine's type of an argument, of rows and their arrays too */
  argTypeName(index: number): string
  /** the engine's type of the call's result */
  resultTypeName(): string
  numeric(index: number): NumericShape
  resultNumeric(): NumericShape
  /** the value of an argument that is a constant, a bound parameter or a folded call, as its text; undefined: not constant */
  constant(index: number): string | null | undefined
  /** a literal of the engine: values are PostgreSQL's canonical text */
  literal(oid: number, value: string | null, typmod?: number): string
  /** a quoted string literal of the engine */
  quote(value: string): string
  /** elements of an argument that is ARRAY[…] or an array constant, printed; null when it is neither (VARIADIC calls) */
  elements(index: number): readonly string[] | null
  /** name of the session's time zone, as a quoted literal: for functions of timestamptz in engines that need it */
  readonly timeZone: string
  /** how the session's output functions write */
  readonly style: OutputStyle
  /** transaction timestamp as a timestamptz literal of the engine */
  readonly now: string
  unsupported(what: string): never
}

export type AggregateCall = Call & {
  /** arguments are the aggregated ones; those of WITHIN GROUP's left side are `direct` */
  readonly star: boolean
  readonly distinct: boolean
  /** printed ORDER BY items, '' without */
  readonly order: string
  /** true when the first ORDER BY item of an ordered-set aggregate descends */
  readonly descending: boolean
  readonly filter: string
  /** ` OVER (…)` when used as a window function, else '' */
  readonly over: string
  direct(index: number): string
  directConstant(index: number): string | null | undefined
  /**
   * `name([DISTINCT] args [ORDER BY order]) [FILTER …] [OVER …]`. Arguments default to the call's own.
   * `order: true` keeps ORDER BY for the aggregates whose result depends on it.
   */
  apply(name: string, options?: { args?: readonly string[]; order?: boolean | string }): string
}

export type WindowCall = Call & {
  readonly over: string
}
