import type { Expr } from '../compiler/tree/node.ts'
import type { OutputStyle } from '../engine/engine.ts'

export type PrintOptions = {
  /** the lake transaction that the statement reads and writes in; null: the committed state */
  readonly lakeTransaction: string | null
  /** canonical text of the bound parameters (Front.parameters), $1 first */
  readonly parameters: readonly (string | null)[]
  /** what Front.evaluate gave for constantsToFold */
  readonly folded: ReadonlyMap<Expr, string | null>
  /** transaction timestamp as timestamptz_out writes it, with its offset */
  readonly now: string
  /** how PostgreSQL's output functions write in this session */
  readonly style: OutputStyle
  readonly user: string
  readonly sessionUser: string
  readonly database: string
  /** null: no schema of the search path exists */
  readonly currentSchema: string | null
}
