import type { Expr } from '../compiler/tree/node.ts'

export type PrintOptions = {
  /** the name under which the lake, or a transaction's overlay of it, is attached in the engine */
  readonly catalog: string
  /** canonical text of the bound parameters (Front.parameters), $1 first */
  readonly parameters: readonly (string | null)[]
  /** what Front.evaluate gave for constantsToFold */
  readonly folded: ReadonlyMap<Expr, string | null>
  /** transaction timestamp as timestamptz_out writes it, with its offset */
  readonly now: string
  readonly timeZone: string
  readonly user: string
  readonly sessionUser: string
  readonly database: string
  /** null: no schema of the search path exists */
  readonly currentSchema: string | null
}
