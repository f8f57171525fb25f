import type { Expr, Var } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { fromClause, takeJoinConditions } from './from.ts'
import { walkLevels } from './level.ts'
import { expression } from './recurse.ts'
import { columnsOf } from './row.ts'
import { type Entry, entryOf, type Scope } from './scope.ts'
import { condition } from './sublink.ts'

/**
 * Engines that take only columns in GROUPING SETS get FROM, WHERE and the computed keys in a subquery, and group its
 * columns. What the query's own parts then call a column is one of that subquery. A key that gives a set multiplies the rows
 * before they are grouped, which engines do in the select list only: it stands in the subquery's.
 */
export type GroupingInput = { readonly from: string; restore(): void }

export function groupingInput(scope: Scope): GroupingInput | null {
  const group = scope.entries.find(({ rte }) => rte.rtekind === 'group')
  if (group?.rte.rtekind !== 'group') return null
  const sets = scope.query.groupingSets.length > 0 && !scope.printer.dialect.abilities.groupingSetsOfExpressions
  if (!sets && !group.rte.groupexprs.some(givesSet)) return null

  const alias = scope.printer.alias('w')
  const items: string[] = []
  const shown = (sql: string): string => {
    const at = items.indexOf(sql)
    return `${alias}.c${at >= 0 ? at + 1 : items.push(sql)}`
  }
  const moved = new Map<Entry, Map<number, string>>()
  for (const { varno, varattno } of ownColumns(scope)) {
    const entry = entryOf(scope, varno)
    if (entry.rte.rtekind === 'group' || entry.rte.rtekind === 'join') continue
    const columns =
      varattno === 0 ? columnsOf(scope, varno) : [{ attno: varattno, sql: columnSql(scope, varno, varattno) }]
    const places = moved.get(entry) ?? new Map<number, string>()
    for (const { attno, sql } of columns) places.set(attno, shown(sql))
    moved.set(entry, places)
  }
  // Each key has a column of its own: two that are computed alike are still two.
  const keys = group.rte.groupexprs.map((expr) => `${alias}.c${items.push(expression(scope, expr))}`)
  const quals = scope.query.jointree?.quals
  const own = quals == null ? [] : [condition(scope, quals)]
  const from = fromClause(scope, scope.query.jointree?.fromlist ?? [])
  const filters = [...own, ...takeJoinConditions(scope)]
  const where = filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`
  const named = items.map((item, index) => `${item} AS c${index + 1}`)

  for (const [entry, places] of moved) entry.columns = (attno) => places.get(attno) ?? null
  keys.forEach((key, index) => {
    group.groups[index + 1] = key
  })
  return {
    from: ` FROM (SELECT ${named.join(', ')}${from}${where}) AS ${alias}`,
    restore: () => {
      for (const entry of moved.keys()) entry.columns = null
    },
  }
}

function givesSet(key: Expr): boolean {
  return nodesOf(key, 'FuncExpr').some((call) => call.funcretset)
}

function columnSql(scope: Scope, varno: number, attno: number): string {
  return scope.printer.parts.column(scope, varno, attno)
}

/** Columns of this query that it or a subquery of it names. */
function ownColumns(scope: Scope): readonly Var[] {
  const found = new Map<string, Var>()
  walkLevels(scope.query, 0, (node, depth) => {
    if (node.kind === 'Var' && node.varlevelsup === depth && node.varattno >= 0)
      found.set(`${node.varno}.${node.varattno}`, node)
  })
  return [...found.values()]
}
