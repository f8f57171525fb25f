import type { Expr } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { column, expression } from './recurse.ts'
import { entryOf, outer, type Scope } from './scope.ts'
import { typeOf, visibleTargets } from './type-of.ts'

export type RowColumn = { readonly name: string; readonly sql: string; readonly attno: number }

/** The columns that a range table entry shows, printed. Names are those of the row type it has in PostgreSQL. */
export function columnsOf(scope: Scope, varno: number): readonly RowColumn[] {
  const { rte } = entryOf(scope, varno)
  return columnNames(scope, varno).flatMap((name, index) =>
    name === null || (rte.rtekind === 'join' && rte.joinaliasvars[index] === null)
      ? []
      : [{ name, attno: index + 1, sql: column(scope, varno, index + 1) }],
  )
}

function columnNames(scope: Scope, varno: number): readonly (string | null)[] {
  const { rte } = entryOf(scope, varno)
  if (rte.rtekind === 'relation') {
    const relation = scope.printer.catalog.relation(rte.relid)
    if (relation === undefined) throw unsupported('a relation that is not there')
    return relation.columns.map((one) => one?.name ?? null)
  }
  return (rte.eref?.colnames ?? []).map((name) => name.userText)
}

/** The fields of a row-valued expression, printed. */
export function rowFields(scope: Scope, expr: Expr): readonly { name: string; sql: string }[] {
  const { catalog, dialect } = scope.printer
  if (expr.kind === 'RowExpr')
    return expr.args.map((arg, index) => ({ name: `f${index + 1}`, sql: expression(scope, arg) }))
  if (expr.kind === 'Var' && expr.varattno === 0) {
    const level = outer(scope, expr.varlevelsup)
    return columnsOf(level, expr.varno)
  }
  const names = fieldNames(scope, expr)
  const printed = expression(scope, expr)
  const relation = catalog.relation(catalog.type(typeOf(catalog, expr))?.relation ?? 0)
  const known = names ?? relation?.columns.flatMap((one) => (one === null ? [] : [one.name]))
  if (known === undefined) throw unsupported('a field of a record whose shape is not known')
  return known.map((name) => ({ name, sql: dialect.field(printed, name) }))
}

/** Looks through subqueries for the row constructor that a record column comes from. */
function fieldNames(scope: Scope, expr: Expr): readonly string[] | null {
  if (expr.kind === 'RowExpr') return expr.args.map((_, index) => `f${index + 1}`)
  if (expr.kind !== 'Var') return null
  const level = outer(scope, expr.varlevelsup)
  const { rte } = entryOf(level, expr.varno)
  if (expr.varattno === 0) return columnNames(level, expr.varno).flatMap((name) => (name === null ? [] : [name]))
  if (rte.rtekind !== 'subquery') return null
  const target = visibleTargets(rte.subquery)[expr.varattno - 1]
  if (target === undefined) return null
  const inner = scope.printer.scopes.get(rte.subquery)
  return inner === undefined ? null : fieldNames(inner, target.expr)
}
