import type { Compiled, Relation } from '../compiler/compiled.ts'
import type { EngineName } from '../engine/engine.ts'

declare const confined: unique symbol
declare const routed: unique symbol

/**
 * Every relation the tree reads or writes is a table of this tenant, and the user holds the privileges the tree lists.
 * Made only by confine() in query/confine.ts.
 */
export type Confined = {
  readonly [confined]: true
  readonly compiled: Compiled
  /** every lake table in the tree, by OID */
  readonly tables: ReadonlyMap<number, Relation>
}

/** An engine has been chosen, and why in words. Made only by route() in query/route.ts. */
export type Routed = {
  readonly [routed]: true
  readonly confined: Confined
  readonly engine: EngineName
  readonly why: RouteReason
  readonly reason: string
  readonly estimate: Estimate
}

/**
 * Reasons by their kind, for counting.
 *   only         no other engine is configured
 *   asked        lakewire.engine names it
 *   small large unknownSize   by what the statement reads
 *   unhealthy queue   a better one has a problem, or too many wait for it
 *   refused      a better one cannot answer the statement
 *   failed       a better one broke before its first row
 */
export type RouteReason =
  | 'only'
  | 'asked'
  | 'small'
  | 'large'
  | 'unknownSize'
  | 'unhealthy'
  | 'queue'
  | 'refused'
  | 'failed'

/** What a statement is thought to read, at most; null: not known. */
export type Estimate = {
  readonly bytes: number | null
  readonly rows: number | null
  /** data files that may hold rows it wants, of how many */
  readonly files: number | null
  readonly filesTotal: number | null
}
