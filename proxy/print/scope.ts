import type { CatalogSnapshot } from '../compiler/compiled.ts'
import type {
  CommonTableExpr,
  Expr,
  JoinTree,
  Query,
  RangeTblEntry,
  RangeTblEntryOf,
  Var,
} from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import type { NumericShape } from './answer.ts'
import type { Dialect } from './dialect.ts'
import type { PrintOptions } from './options.ts'

/** What one statement's printing shares. */
export type Printer = {
  readonly dialect: Dialect
  readonly catalog: CatalogSnapshot
  readonly options: PrintOptions
  /** values of expressions that are constants: PostgreSQL's canonical text */
  readonly constants: Map<Expr, string | null>
  readonly scopes: Map<Query, Scope>
  /** tables of WITH that stand before the whole statement: see common-table.ts */
  readonly hoisted: Set<CommonTableExpr>
  /** tables of WITH whose rows a temporary table holds: see modifying-with.ts */
  readonly kept: Map<CommonTableExpr, string>
  /** inferred shapes of numeric expressions: a view upon a view asks for the same ones again and again */
  readonly shapes: Map<Expr, NumericShape>
  /** what stands for CaseTestExpr, innermost last */
  readonly caseTests: string[]
  /** what stands for a sublink's Param, innermost last */
  readonly sublinkColumns: ((paramId: number) => string)[]
  /** what merge_action() is, while RETURNING is printed */
  readonly mergeActions: string[]
  readonly parts: Parts
  /** a name that nothing else in the statement has */
  alias(prefix: string): string
}

/** What the parts of the printer need of each other: see recurse.ts. */
export type Parts = {
  expression(scope: Scope, expr: Expr): string
  column(scope: Scope, varno: number, attno: number, expr?: Var): string
  subquery(parent: Scope, query: Query, types?: readonly ColumnType[], ordinal?: boolean): string
  numericShape(scope: Scope, expr: Expr): NumericShape
  typeName(scope: Scope, expr: Expr): string
  text(scope: Scope, expr: Expr): string | null
  from(scope: Scope, items: readonly JoinTree[]): string
}

/** A type that a set operation, or a recursive query, gives a column; the leaves are cast to it. Null: as they are. */
export type ColumnType = { readonly type: number; readonly typeName: string | null }

/** One query level: what its Vars mean. */
export type Scope = {
  readonly printer: Printer
  readonly query: Query
  readonly parent: Scope | null
  /** by varno - 1 */
  readonly entries: readonly Entry[]
  readonly ctes: ReadonlyMap<CommonTableExpr, string>
  /** set-returning calls of the select list that stand in FROM, where the engine has them nowhere else */
  readonly unnested: Map<Expr, { readonly list: string; readonly sql: string }>
  /** what the rows of those are called there */
  unnestedAlias: string | null
  /** conditions of joins that an engine takes in WHERE only */
  readonly joinConditions: string[]
}

export type Entry = {
  readonly rte: RangeTblEntry
  alias: string
  /** printed expressions of a GROUP entry: the select list, HAVING and GROUP BY must show the same text */
  readonly groups: (string | undefined)[]
  /** scales of a VALUES list's rows, by attribute number, where a column has several */
  readonly scales: Map<number, readonly string[]>
  /** whether its rows carry PRESENT, by which a row of NULLs is told from none at all (the empty side of an outer join) */
  presence: 'unasked' | 'asked' | 'printed without'
  /** columns that stand elsewhere than in `alias`: by attribute number */
  columns: ((attno: number, image: 'default' | 'old' | 'new') => string | null) | null
}

/** The column that says so. */
export const PRESENT = 'lw_present'

export function createPrinter(
  dialect: Dialect,
  catalog: CatalogSnapshot,
  options: PrintOptions,
  parts: Parts,
  query: Query,
): Printer {
  let count = 0
  const taken = columnNames(catalog, query)
  return {
    dialect,
    catalog,
    options,
    parts,
    constants: new Map(options.folded),
    scopes: new Map(),
    hoisted: new Set(),
    kept: new Map(),
    shapes: new Map(),
    caseTests: [],
    sublinkColumns: [],
    mergeActions: [],
    alias: (prefix) => {
      do count += 1
      while (taken.has(`${prefix}${count}`))
      return `${prefix}${count}`
    },
  }
}

/** Engines may take `t1.c1` for a field of a column called t1, so nothing of ours is called like a column. */
function columnNames(catalog: CatalogSnapshot, query: Query): ReadonlySet<string> {
  const names = nodesOf(query, 'RangeTblEntry').flatMap((rte) =>
    rte.rtekind === 'relation' ? (catalog.relation(rte.relid)?.columns ?? []) : [],
  )
  return new Set(names.flatMap((column) => (column === null ? [] : [column.name.toLowerCase()])))
}

/** The scope of a query; the same one each time, so that inference and printing agree on names. */
export function scopeOf(printer: Printer, query: Query, parent: Scope | null): Scope {
  const known = printer.scopes.get(query)
  if (known !== undefined) return known
  const scope: Scope = {
    printer,
    query,
    parent,
    entries: query.rtable.map((rte) => ({
      rte,
      alias: printer.alias('t'),
      groups: [],
      scales: new Map(),
      presence: 'unasked',
      columns: null,
    })),
    ctes: new Map(query.cteList.map((cte) => [cte, printer.alias('q')])),
    unnested: new Map(),
    unnestedAlias: null,
    joinConditions: [],
  }
  printer.scopes.set(query, scope)
  return scope
}

export function outer(scope: Scope, levelsUp: number): Scope {
  let found: Scope | null = scope
  for (let level = 0; level < levelsUp && found !== null; level += 1) found = found.parent
  if (found === null) throw unsupported('a column of a query level that is not there')
  return found
}

export function entryOf(scope: Scope, varno: number): Entry {
  const entry = scope.entries[varno - 1]
  if (entry === undefined) throw unsupported(`range table entry ${varno}`)
  return entry
}

export type FoundCte = { readonly cte: CommonTableExpr; readonly scope: Scope; readonly name: string }

export function findCte(scope: Scope, rte: RangeTblEntryOf<'cte'>): FoundCte {
  const level = outer(scope, rte.ctelevelsup)
  for (const [cte, name] of level.ctes) if (cte.ctename === rte.ctename) return { cte, scope: level, name }
  throw unsupported('a common table expression that is not there')
}
