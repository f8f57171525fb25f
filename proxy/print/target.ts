import type { Relation, RelationColumn } from '../compiler/compiled.ts'
import type { Expr, JoinTree, TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { isManyDimensional } from './constant.ts'
import type { EngineSql, OutputColumn } from './engine-sql.ts'
import { expression } from './recurse.ts'
import { type Entry, entryOf, type Scope, scopeOf } from './scope.ts'
import { visibleTargets } from './type-of.ts'

/** What a statement that writes becomes. */
export type Modification = Omit<EngineSql, 'dialect'>

/** One change of a table, in steps. */
export type Change = {
  /** read the tables as they were before the statement, keep what was found, and check it */
  readonly found: readonly string[]
  readonly change: readonly string[]
  /** index, over both of them, of the one whose count is the command's */
  readonly countOf: number
  /** gives the rows of RETURNING, after what was found; null: there is none */
  readonly returned: string | null
  readonly columns: readonly OutputColumn[] | null
}

/** The table that a statement writes. */
export type Target = {
  readonly entry: Entry
  readonly varno: number
  readonly relation: Relation
  readonly name: string
  /** its columns as the engine spells them, by attribute number - 1; null: dropped */
  readonly columns: readonly (string | null)[]
  /** columns of the engine that tell its rows apart */
  readonly identity: readonly string[]
}

export function targetTable(scope: Scope): Target {
  const { catalog, dialect, options } = scope.printer
  const varno = scope.query.resultRelation
  const entry = entryOf(scope, varno)
  const relation = entry.rte.rtekind === 'relation' ? catalog.relation(entry.rte.relid) : undefined
  if (relation === undefined || relation.lake === null) throw unsupported('writing to something that is no table')
  return {
    entry,
    varno,
    relation,
    name: dialect.relationName(options.lakeTransaction, catalog.tenant, relation),
    columns: relation.columns.map((column) => (column === null ? null : dialect.identifier(column.name))),
    identity: dialect.rowIdentity,
  }
}

/** A temporary table of the statement's own: rows on their way into a table, or out of it. */
export function stepTable(scope: Scope, what: 'rows' | 'acted'): string {
  const of = scope.parent === null ? '' : `_${scope.entries[scope.query.resultRelation - 1]?.alias}`
  return `lakewire_${what}${of}`
}

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
  // An array column is a list in the lake: an engine would write the inner lists as texts into a list of text.
  if (holdsManyDimensions(scope, expr)) throw unsupported('an array of several dimensions in a table')
  const stored = target.relation.lake?.columns.find((one) => one.name === column.name)
  return dialect.write(catalog, column, stored, expression(scope, expr))
}

/** Whether an expression, or what it takes from VALUES or a subquery, is known to be an array of several dimensions. */
function holdsManyDimensions(scope: Scope, expr: Expr): boolean {
  if (expr.kind !== 'Var' || expr.varlevelsup > 0) return isManyDimensional(scope.printer, expr)
  const { rte } = entryOf(scope, expr.varno)
  if (rte.rtekind === 'values')
    return rte.values_lists.some((row) => {
      const value = row[expr.varattno - 1]
      return value !== undefined && isManyDimensional(scope.printer, value)
    })
  if (rte.rtekind !== 'subquery') return false
  const from = visibleTargets(rte.subquery)[expr.varattno - 1]
  return from !== undefined && holdsManyDimensions(scopeOf(scope.printer, rte.subquery, scope), from.expr)
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

/** A column that a statement can give a value: its number, and the engine's name. */
export function writableColumns(target: Target): { attno: number; name: string }[] {
  return target.columns.flatMap((name, index) => (name === null ? [] : [{ attno: index + 1, name }]))
}

/** A column as the lake stores it. */
export function rawColumn(target: Target, attno: number): string {
  return `${target.entry.alias}.${target.columns[attno - 1]}`
}

/** What tells the rows of the table apart: as found in it, and as kept in a temporary table. */
export function identityOf(target: Target): { found: string; kept: string; name: string }[] {
  // A column of the table that is called the same would hide the engine's.
  const hidden = target.relation.columns.find((column) => column !== null && target.identity.includes(column.name))
  if (hidden !== null && hidden !== undefined)
    throw unsupported(`this change of a table with a column "${hidden.name}"`)
  return target.identity.map((name, index) => ({
    found: `${target.entry.alias}.${name}`,
    kept: `r${index + 1}`,
    name,
  }))
}

/** Policies of row security on the table come before the statement's own condition. */
export function conditions(scope: Scope, target: Target): string[] {
  const own = scope.query.jointree?.quals
  const quals = [...target.entry.rte.securityQuals, ...(own == null ? [] : [own])]
  return quals.map((qual) => expression(scope, qual))
}

export function whereClause(parts: readonly string[]): string {
  return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`
}
