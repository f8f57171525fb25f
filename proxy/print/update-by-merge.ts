import type { Expr, Node } from '../compiler/tree/node.ts'
import { fromItems, takeJoinConditions } from './from.ts'
import { walkLevels } from './level.ts'
import * as oid from './oid.ts'
import type { Scope } from './scope.ts'
import {
  assignments,
  conditions,
  type Modification,
  otherItems,
  rawColumn,
  type Target,
  whereClause,
  writableColumns,
} from './target.ts'

/** Whether what is assigned comes out of FROM. */
export function namesOthers(scope: Scope, target: Target): boolean {
  let found = false
  for (const one of scope.query.targetList) {
    walkLevels(one, 0, (node, depth) => {
      found ||= node.kind === 'Var' && node.varlevelsup === depth && node.varno !== target.varno
    })
  }
  return found
}

/**
 * UPDATE … FROM as the engine's MERGE, which takes it for an error that several rows of its source match one of the table,
 * where PostgreSQL takes any one of them. So the source is the join, with one row for each of what it reads of the table:
 * rows of the table that are alike in that are matched by the same rows, and get the same.
 */
export function updateByMerge(scope: Scope, target: Target): Modification {
  const { printer } = scope
  const { dialect } = printer
  const assigned = assignments(scope, target, scope.query.targetList)
  const found = printer.alias('n')
  const changed = printer.alias('t')
  const keys = columnsRead(scope, target).map((attno, index) => {
    const name = `r${index + 1}`
    const [there, here] = [`${changed}.${target.columns[attno - 1]}`, `${found}.${name}`]
    const same = isNeverNull(scope, target, attno) ? `${there} = ${here}` : `${there} IS NOT DISTINCT FROM ${here}`
    return { name, kept: `${rawColumn(target, attno)} AS ${name}`, same }
  })
  const values = dialect.row(assigned.map((one) => ({ name: one.name, sql: one.sql })))
  const others = fromItems(scope, otherItems(scope, target))
  const where = whereClause([...conditions(scope, target), ...takeJoinConditions(scope)])
  const joined = `SELECT ${[...keys.map((one) => one.kept), `${values} AS v`].join(', ')} FROM ${target.name} AS ${target.entry.alias} CROSS JOIN ${others}${where}`
  const names = keys.map((one) => one.name)
  // without a key there is one group, even of no rows
  const by = names.length === 0 ? ' HAVING count(*) > 0' : ` GROUP BY ${names.join(', ')}`
  const source = `SELECT ${[...names, 'any_value(v) AS v'].join(', ')} FROM (${joined})${by}`
  const on = keys.length === 0 ? 'true' : keys.map((one) => one.same).join(' AND ')
  const set = assigned.map((one, index) => `${one.name} = ${dialect.field(`${found}.v`, one.name, index + 1)}`)
  return {
    statements: [
      `MERGE INTO ${target.name} AS ${changed} USING (${source}) AS ${found} ON (${on}) WHEN MATCHED THEN UPDATE SET ${set.join(', ')}`,
    ],
    columns: null,
    countOf: 0,
  }
}

/** Columns of the table that the conditions and the assigned values name, by their numbers. */
function columnsRead(scope: Scope, target: Target): number[] {
  const all = writableColumns(target).map(({ attno }) => attno)
  const read = new Set<number>()
  const note = (node: Node, depth: number) => {
    if (node.kind !== 'Var' || node.varlevelsup !== depth || node.varno !== target.varno) return
    for (const attno of node.varattno === 0 ? all : [node.varattno]) read.add(attno)
  }
  const { targetList, jointree } = scope.query
  for (const one of [...targetList, ...(jointree === null ? [] : [jointree]), ...target.entry.rte.securityQuals]) {
    note(one, 0)
    walkLevels(one, 0, note)
  }
  return [...read].sort((a, b) => a - b)
}

/** Floats have a NaN that is not equal to itself. */
const UNEQUAL_TO_THEMSELVES: ReadonlySet<number> = new Set([oid.FLOAT4, oid.FLOAT8])

/** Whether no row is found where the column is NULL: it is compared in a condition. By plain equality engines join fast. */
function isNeverNull(scope: Scope, target: Target, attno: number): boolean {
  const column = target.relation.columns[attno - 1]
  if (column == null || UNEQUAL_TO_THEMSELVES.has(column.typeOid)) return false
  const quals = scope.query.jointree?.quals
  return quals != null && conjuncts(quals).some((one) => one.kind === 'OpExpr' && one.args.some(isColumn))

  function isColumn(expr: Expr): boolean {
    if (expr.kind === 'RelabelType') return isColumn(expr.arg)
    return expr.kind === 'Var' && expr.varlevelsup === 0 && expr.varno === target.varno && expr.varattno === attno
  }
}

function conjuncts(expr: Expr): readonly Expr[] {
  return expr.kind === 'BoolExpr' && expr.boolop === 'and' ? expr.args.flatMap(conjuncts) : [expr]
}
