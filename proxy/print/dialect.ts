import type { CatalogSnapshot, Relation, RelationColumn } from '../compiler/compiled.ts'
import type { OutputStyle } from '../engine/engine.ts'
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
  toText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string, style: OutputStyle): string | null
  /** what the type's input function reads from text; null: the engine cannot */
  fromText(catalog: CatalogSnapshot, type: number, typmod: number, sql: string, timeZone: string): string | null
  cast(sql: string, typeName: string): string
  /** a timestamptz as the clocks of a zone show it: a timestamp */
  localTime(instant: string, timeZone: string): string
  array(items: readonly string[], typeName: () => string): string
  /** an element by 1-based subscript, NULL out of bounds */
  element(array: string, index: string): string
  slice(array: string, from: string | null, to: string | null): string
  /** each element through `body`, in which the element is called `variable` */
  mapArray(array: string, variable: string, body: string): string
  /** `ordinal`: the column that says in which order the rows come, where the engine forgets it */
  arrayOfQuery(query: string, typeName: () => string, ordinal: string | null): string
  /** the same of what FROM and WHERE give: `items` is the element and its ORDER BY */
  arrayOfItems(items: string, from: string, typeName: () => string): string
  /** `left operator ANY|ALL (array)`, with PostgreSQL's NULLs; null: by matchArray */
  anyOfArray(left: string, operator: string, array: string, quantifier: 'ANY' | 'ALL'): string | null
  /** whether `body` holds for one, or all, of an array's elements: in it the element is called `variable` */
  matchArray(array: string, variable: string, body: string, quantifier: 'ANY' | 'ALL'): string
  row(fields: readonly { name: string; sql: string }[]): string
  /** a field by its name, and by its place from 1 */
  field(row: string, name: string, place: number): string
  /** a list of rows as a FROM item; `columns` are the names to give */
  unnest(list: string, alias: string, columns: readonly string[], ordinality: boolean): string
  /** the fields of a list of structs, by position */
  unnestRows(list: string, alias: string, columns: readonly string[], ordinality: boolean): string
  /** several lists side by side, the shorter ones filled with NULLs */
  unnestTogether(lists: readonly string[], alias: string, columns: readonly string[], ordinality: boolean): string
  /** a set-returning call in the select list; null: by unnestTogether in FROM */
  unnestInPlace(list: string): string | null
  /** an expression that raises `message` */
  raise(code: string, message: string): string
  /** columns that tell a table's rows apart within a transaction */
  readonly rowIdentity: readonly string[]
  temporaryTable(name: string, query: string): string
  /** greatest and least pass over NULLs */
  greatest(args: readonly string[], type: number): string
  least(args: readonly string[], type: number): string
  /** what a sum that must not overflow before numeric does is taken of */
  summand(sql: string, isWhole: boolean): string
  /** what puts the values of a type in PostgreSQL's order */
  sortKey(type: number, sql: string): string
  /** whether the engine's own =, <, IN, … and greatest of a type are PostgreSQL's */
  comparesPlainly(catalog: CatalogSnapshot, type: number): boolean
  /** whether values that PostgreSQL takes for equal are one to the engine's DISTINCT, GROUP BY, UNION and joins */
  identifies(catalog: CatalogSnapshot, type: number): boolean
  /** a frame's offset in RANGE; null: the engine has none of this type */
  frameOffset(type: number, value: string | null | undefined, sql: () => string, order: FrameOrder): string | null
  samplePercent(percent: number): string
  /** what becomes of a whole statement: definitions of helpers that it uses */
  statement(sql: string): string
  readonly abilities: Abilities
}

/** What a window is ordered by. */
export type FrameOrder = { readonly type: number; readonly timeZone: string }

/** What an engine's SQL lacks, the core writes in another way or refuses. */
export type Abilities = {
  readonly distinctOn: boolean
  readonly limitOfExpression: boolean
  readonly limitBeforeOffset: boolean
  /** FILTER of an aggregate over a window */
  readonly windowFilter: boolean
  readonly frameExclusion: boolean
  /** GROUPING SETS, ROLLUP and CUBE of anything but columns */
  readonly groupingSetsOfExpressions: boolean
  readonly recursion: boolean
  readonly materializedHint: boolean
  readonly repeatableSample: boolean
  /** a subquery's ORDER BY is kept by what reads it */
  readonly orderOfSubquery: boolean
  /** a join with a function of its other side on any condition */
  readonly joinOfFunction: boolean
  /** statements share temporary tables, by which a change is made in steps */
  readonly temporaryTables: boolean
  /** a subquery in the test of another's rows may name outer columns: else by EXISTS */
  readonly correlatedAggregate: boolean
  /** VALUES may name columns of an outer query */
  readonly correlatedValues: boolean
  /** a NULL among the constants of IN makes the outcome NULL where no other is met */
  readonly nullInList: boolean
  /** a subquery may name an aggregate, or a computed key of GROUP BY, of the query around it */
  readonly outerGroup: boolean
}

export type NumericRules = {
  readonly digitsMax: number
  readonly unknown: NumericShape
  /** scale that a division is computed with, before PostgreSQL's own rule is applied to the value */
  quotientScale(dividend: NumericShape): number
  /** whether all digits of a quotient that PostgreSQL shows are there before it is text */
  readonly exactQuotients: boolean
  /** a quotient as text, by PostgreSQL's own rule for its digits */
  quotientText(dividend: string, divisor: string): string
  /** a numeric as text with so many digits after the point */
  textOfScale(value: string, scale: string): string
  /** how many of its digits after the point are there before the zeros at its end */
  minimalScale(value: string): string
}
