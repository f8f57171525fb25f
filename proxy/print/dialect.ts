import type { CatalogSnapshot, Relation, RelationColumn } from '../compiler/compiled.ts'
import type { LakeColumn } from '../lake/lake.ts'
import type { Answers, NumericShape } from './answer.ts'
import type { EngineSql } from './engine-sql.ts'

/**
 * Where engines differ. The core prints standard SQL for everything else; what an engine spells in another way is a
 * function here, and what it computes in another way is an Answer.
 */
export type Dialect = {
  readonly name: EngineSql['dialect']
  readonly answers: Answers
  quote(value: string): string
  identifier(name: string): string
  typeName(catalog: CatalogSnapshot, type: number, typmod?: number, shape?: NumericShape): string
  rowTypeName(fields: readonly { name: string; type: string }[]): string
  arrayTypeName(element: string): string
  /** `value` is PostgreSQL's canonical text */
  literal(catalog: CatalogSnapshot, type: number, value: string | null, typmod?: number): string
  /** the lake's table, as it is committed or as a transaction sees it */
  relationName(lakeTransaction: string | null, tenant: string, relation: Relation): string
  readonly numeric: NumericRules
  /** a column of the lake, read as the type that PostgreSQL gives it; and the way back */
  read(catalog: CatalogSnapshot, column: RelationColumn, stored: LakeColumn | undefined, sql: string): string
  write(catalog: CatalogSnapshot, column: RelationColumn, stored: LakeColumn | undefined, sql: string): string
  /** a value of the query as the client sees it (char(n) with its blanks) */
  show(type: number, typmod: number, sql: string): string
  /** what the type's output function writes, as text; null: the engine cannot */
  toText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string): string | null
  /** what the type's input function reads from text; null: the engine cannot */
  fromText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string): string | null
  cast(sql: string, typeName: string): string
  array(items: readonly string[], typeName: () => string): string
  /** an element by 1-based subscript, NULL out of bounds */
  element(array: string, index: string): string
  slice(array: string, from: string | null, to: string | null): string
  /** each element through `body`, in which the element is called `variable` */
  mapArray(array: string, variable: string, body: string): string
  arrayOfQuery(query: string, typeName: () => string): string
  /** `left operator ANY|ALL (array)`, with PostgreSQL's NULLs */
  anyOfArray(left: string, operator: string, array: string, quantifier: 'ANY' | 'ALL'): string
  row(fields: readonly { name: string; sql: string }[]): string
  field(row: string, name: string): string
  /** a list of rows as a FROM item; `columns` are the names to give */
  unnest(list: string, alias: string, columns: readonly string[], ordinality: boolean): string
  /** the fields of a list of structs, by position */
  unnestRows(list: string, alias: string, columns: readonly string[], ordinality: boolean): string
  /** several lists side by side, the shorter ones filled with NULLs */
  unnestTogether(lists: readonly string[], alias: string, columns: readonly string[], ordinality: boolean): string
  /** a set-returning call in the select list */
  unnestInPlace(list: string): string
  /** an expression that raises `message` */
  raise(code: string, message: string): string
  /** columns that tell a table's rows apart within a transaction */
  readonly rowIdentity: readonly string[]
  temporaryTable(name: string, query: string): string
}

export type NumericRules = {
  readonly digitsMax: number
  readonly unknown: NumericShape
  /** scale that a division is computed with, before PostgreSQL's own rule is applied to the value */
  quotientScale(dividend: NumericShape): number
  /** a quotient as text, by PostgreSQL's own rule for its digits */
  quotientText(dividend: string, divisor: string): string
  /** a numeric as text with so many digits after the point */
  textOfScale(value: string, scale: string): string
  /** how many of its digits after the point are there before the zeros at its end */
  minimalScale(value: string): string
}
