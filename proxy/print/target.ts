import type { Relation, RelationColumn } from '../compiler/compiled.ts'
import type { Expr, JoinTree, TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import type { EngineSql } from './engine-sql.ts'
import { expression } from './recurse.ts'
import { type Entry, entryOf, type Scope } from './scope.ts'

/** What a statement that writes becomes. */
export type Modification = Omit<EngineSql, 'dialect'>

/** The table that a statement writes. */
export type Target = {
  readonly entry: Entry
  readonly varno: number
  readonly relation: Relation
  readonly name: string
}

export function targetTable(scope: Scope): Target {
  const { catalog, dialect, options } = scope.printer
  const varno = scope.query.resultRelation
  const entry = entryOf(scope, varno)
  const relation = entry.rte.rtekind === 'relation' ? catalog.relation(entry.rte.relid) : undefined
  if (relation === undefined || relation.lake === null) throw unsupported('writing to something that is no table')
  return { entry, varno, relation, name: dialect.relationName(options.catalog, catalog.tenant, relation) }
}

/** Rows on their way into a table, or out of it: replaced by the next statement of the session that needs one. */
export const ROWS_TABLE = 'lakewire_rows'

export type Assignment = { readonly attno: number; readonly name: string; readonly sql: string }

/** What the targets assign, as the lake stores it, so that what a row becomes is known before it is written. */
export function assignments(scope: Scope, target: Target, targets: readonly TargetEntry[]): Assignment[] {
  const { dialect } = scope.printer
  return targets.flatMap((one) => {
    if (one.resjunk) return []
    const column = target.relation.columns[one.resno - 1]
    if (column === null || column === undefined) throw unsupported('assignment to a column that is not there')
    const sql = storedValue(scope, target, column, one.expr)
    return [{ attno: one.resno, name: dialect.identifier(column.name), sql }]
  })
}

function storedValue(scope: Scope, target: Target, column: RelationColumn, expr: Expr): string {
  const { dialect, catalog } = scope.printer
  const stored = target.relation.lake?.columns.find((one) => one.name === column.name)
  return dialect.write(catalog, column, stored, expression(scope, expr))
}

/** A stored value read again: what an expression over the new row sees. */
export function readBack(scope: Scope, target: Target, attno: number, sql: string): string {
  const { dialect, catalog } = scope.printer
  const column = target.relation.columns[attno - 1]
  if (column === null || column === undefined) throw unsupported('a system column of a row that is being written')
  const stored = target.relation.lake?.columns.find((one) => one.name === column.name)
  return dialect.read(catalog, column, stored, sql)
}

/** Everything in FROM but the table itself. */
export function otherItems(scope: Scope, target: Target): readonly JoinTree[] {
  const items = scope.query.jointree?.fromlist ?? []
  return items.filter((item) => !(item.kind === 'RangeTblRef' && item.rtindex === target.varno))
}
