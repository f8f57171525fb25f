import type { Expr, Query, SortGroupClause, TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { typeOf } from './type-of.ts'

/** The target entry that a sort, group or partition clause points to. */
export function targetOf(targets: readonly TargetEntry[], clause: { readonly tleSortGroupRef: number }): TargetEntry {
  const found = targets.find((target) => target.ressortgroupref === clause.tleSortGroupRef)
  if (found === undefined) throw unsupported('a sort clause without its expression')
  return found
}

/** Always said, because engines disagree on where NULLs go by default. */
export function direction(clause: SortGroupClause): string {
  return `${clause.reverse_sort ? 'DESC' : 'ASC'} NULLS ${clause.nulls_first ? 'FIRST' : 'LAST'}`
}

export function sortItem(scope: Scope, expr: Expr, clause: SortGroupClause): string {
  return `${notOrdinal(sortKey(scope, expr))} ${direction(clause)}`
}

/** What the engine puts in PostgreSQL's order. */
export function sortKey(scope: Scope, expr: Expr): string {
  const { dialect, catalog } = scope.printer
  return dialect.sortKey(typeOf(catalog, expr), expression(scope, expr))
}

/** Whether the engine's order of the values themselves is PostgreSQL's. */
export function sortsPlainly(scope: Scope, expr: Expr): boolean {
  const { dialect, catalog } = scope.printer
  return dialect.sortKey(typeOf(catalog, expr), PROBE) === PROBE
}

const PROBE = 'x'

/** A bare number in ORDER BY or GROUP BY would be read as a column's position. */
export function notOrdinal(printed: string): string {
  return /^\(?-?\d+\)?$/.test(printed) ? `(${printed} + 0)` : printed
}

/** ORDER BY of a query: by position where the select list shows the expression as it is. */
export function orderBy(scope: Scope, query: Query, positions: ReadonlyMap<TargetEntry, number>): string {
  const items = query.sortClause.map((clause) => {
    const target = targetOf(query.targetList, clause)
    const position = positions.get(target)
    return position === undefined || !sortsPlainly(scope, target.expr)
      ? sortItem(scope, target.expr, clause)
      : `${position} ${direction(clause)}`
  })
  return items.length === 0 ? '' : ` ORDER BY ${items.join(', ')}`
}
