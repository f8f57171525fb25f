import type { OnConflictExpr } from '../compiler/tree/node.ts'
import { PgError, unsupported } from '../error.ts'
import { withClause } from './common-table.ts'
import { fromItems, takeJoinConditions } from './from.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { type Assignment, assignments, otherItems, type Target, whereClause } from './target.ts'

/** What an INSERT inserts: names of the columns, and the query, whose columns may be given names of their own. */
export function inserted(scope: Scope, target: Target) {
  if (scope.query.onConflict !== null) checkConflict(scope.query.onConflict)
  const given = insertedColumns(scope, target)
  const select = (items: readonly string[]) =>
    `${withClause(scope)}SELECT ${items.join(', ')}${sourceClauses(scope, target)}`
  return { given, names: given.map((one) => one.name).join(', '), select }
}

export function insertAtOnce(scope: Scope, target: Target): string {
  const { given, names, select } = inserted(scope, target)
  return `INSERT INTO ${target.name} (${names}) ${select(given.map((one) => one.sql))}`
}

/**
 * Tables of the lake have no unique constraints: ON CONFLICT DO NOTHING has nothing to do, and what names columns to be
 * unique meets with PostgreSQL's own answer. https://www.postgresql.org/docs/18/sql-insert.html#SQL-ON-CONFLICT
 */
function checkConflict({ arbiterElems, action }: OnConflictExpr): void {
  if (arbiterElems.length > 0)
    throw new PgError('42P10', 'there is no unique or exclusion constraint matching the ON CONFLICT specification')
  if (action !== 'nothing') throw unsupported('this form of ON CONFLICT')
}

function insertedColumns(scope: Scope, target: Target): Assignment[] {
  const given = assignments(scope, target, scope.query.targetList)
  if (given.length > 0) return given
  // DEFAULT VALUES without any default: one NULL makes the row.
  const attno = target.relation.columns.findIndex((column) => column !== null) + 1
  const column = target.relation.columns[attno - 1]
  if (column === null || column === undefined) throw unsupported('INSERT into a table without columns')
  const { dialect } = scope.printer
  return [{ attno, name: dialect.identifier(column.name), sql: 'NULL' }]
}

/** FROM and WHERE of the rows that are inserted. */
function sourceClauses(scope: Scope, target: Target): string {
  const { jointree } = scope.query
  const items = otherItems(scope, target)
  const from = items.length === 0 ? '' : ` FROM ${fromItems(scope, items)}`
  const own = jointree?.quals == null ? [] : [expression(scope, jointree.quals)]
  return `${from}${whereClause([...own, ...takeJoinConditions(scope)])}`
}
