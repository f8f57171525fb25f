/**
 * SQL in the dialect of one engine, made only by a printer from a Routed statement. Nothing right of it knows tenants,
 * and no text of a user is in it: names come from the catalog by OID, literals from decoded datums.
 */
export type EngineSql = {
  readonly dialect: 'duckdb' | 'trino' | 'spark'
  /**
   * Run in order in one engine session. All but the last prepare (temporary tables for RETURNING, guards of WITH CHECK
   * options); the last gives the rows or, if `columns` is null, the count of rows affected is taken from statement `countOf`.
   */
  readonly statements: readonly string[]
  readonly columns: readonly OutputColumn[] | null
  /** Index in `statements` of the one whose count is the command's (a SELECT's is that of its rows); null: nothing is written. */
  readonly countOf: number | null
}

/** How one column of the client's result is made of the engine's columns. */
export type OutputColumn = {
  readonly typeOid: number
  readonly typmod: number
  readonly source: OutputSource
}

export type OutputSource =
  /** engine column as it is */
  | { kind: 'column'; index: number }
  /** numeric division done in the gateway by PostgreSQL's own rule for the result's scale (numeric.c, select_div_scale) */
  | { kind: 'quotient'; dividend: number; divisor: number }
  /** a numeric that came out of a division or avg inside the statement: its scale follows from its value */
  | { kind: 'divisionScale'; index: number }
  /** a numeric whose own scale nobody knows any more: written without zeros at its end */
  | { kind: 'minimalScale'; index: number }
  /** a numeric whose scale differs from row to row: column `scale` tells it, or DIVISION_SCALE or MINIMAL_SCALE */
  | { kind: 'rowScale'; index: number; scale: number }

/** In place of a scale: what the source kinds divisionScale and minimalScale say of a whole column. */
export const DIVISION_SCALE = -1
export const MINIMAL_SCALE = -2
