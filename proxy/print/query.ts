import type { GroupingSet, Query, TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { withClause } from './common-table.ts'
import { fromClause } from './from.ts'
import { groupBy } from './group.ts'
import { limitClause, withTies } from './limit.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import { type ColumnType, type Scope, scopeOf } from './scope.ts'
import { setOperation } from './setop.ts'
import { notOrdinal, orderBy, targetOf } from './sort.ts'
import { condition } from './sublink.ts'
import { typeOf, visibleTargets } from './type-of.ts'

/** See recurse.ts, subquery. */
export function printSubquery(parent: Scope, query: Query, types?: readonly ColumnType[]): string {
  if (query.commandType !== 'select') throw unsupported('a data-modifying statement in WITH')
  const scope = scopeOf(parent.printer, query, parent)
  return selectStatement(scope, { items: (target, index) => [castTo(scope, target, types?.[index])], types })
}

function castTo(scope: Scope, target: TargetEntry, wanted: ColumnType | undefined): string {
  const printed = expression(scope, target.expr)
  if (wanted === undefined || wanted.typeName === null) return printed
  const { catalog, dialect } = scope.printer
  const type = typeOf(catalog, target.expr)
  if (type === wanted.type && type !== oid.NUMERIC) return printed
  return typeNameOf(scope, target.expr) === wanted.typeName ? printed : dialect.cast(printed, wanted.typeName)
}

export type SelectShape = {
  /** what the engine computes for a visible target: usually one expression, two for a quotient */
  readonly items: (target: TargetEntry, index: number) => readonly string[]
  /** what the columns of a set operation are to be; default: what the analyser says */
  readonly types?: readonly ColumnType[] | undefined
}

/** WITH … SELECT … of one scope, columns named c1, c2 … in the order of the items. */
export function selectStatement(scope: Scope, shape: SelectShape): string {
  const { query } = scope
  refuseLocks(query)
  const visible = visibleTargets(query)
  const ctes = withClause(scope)
  if (query.setOperations !== null) {
    const body = setOperation(scope, query.setOperations, shape.types)
    const positions = new Map(visible.map((target, index) => [target, index + 1]))
    return ctes + limited(scope, body, orderBy(scope, query, positions), visible.length)
  }
  const items: string[] = []
  const positions = new Map<TargetEntry, number>()
  visible.forEach((target, index) => {
    const made = shape.items(target, index)
    items.push(...made)
    if (made.length === 1) positions.set(target, items.length)
  })
  const where = query.jointree?.quals == null ? '' : ` WHERE ${condition(scope, query.jointree.quals)}`
  const group = groupBy(scope)
  const having = havingClause(scope)
  const order = query.limitOption === 'with_ties' ? '' : orderBy(scope, query, positions)
  // Last: what is printed above may ask more of its items.
  const from = fromClause(scope, query.jointree?.fromlist ?? [])
  const named = items.map((item, index) => `${item} AS c${index + 1}`)
  const body = `SELECT ${distinct(scope)}${named.length === 0 ? '1 AS c1' : named.join(', ')}${from}${where}${group}${having}`
  if (query.limitOption === 'with_ties') return ctes + withTies(scope, body, items.length, positions)
  return ctes + limited(scope, body, order, items.length)
}

function limited(scope: Scope, body: string, order: string, width: number): string {
  if (scope.query.limitOption !== 'with_ties') return body + order + limitClause(scope)
  if (scope.query.setOperations === null) throw unsupported('WITH TIES here')
  const positions = new Map(visibleTargets(scope.query).map((target, index) => [target, index + 1]))
  return withTies(scope, body, width, positions)
}

function distinct(scope: Scope): string {
  const { query } = scope
  if (query.distinctClause.length === 0) return ''
  if (!query.hasDistinctOn) return 'DISTINCT '
  const keys = query.distinctClause.map((clause) =>
    notOrdinal(expression(scope, targetOf(query.targetList, clause).expr)),
  )
  return `DISTINCT ON (${keys.join(', ')}) `
}

/**
 * FOR UPDATE and its kin are accepted: a statement reads one snapshot, and of two transactions that write the same table
 * the second fails with 40001, so no update is lost. SKIP LOCKED promises other rows to each reader, which nothing keeps.
 */
function refuseLocks(query: Query): void {
  if (query.rowMarks.some((mark) => mark.waitPolicy === 'skip' && !mark.pushedDown)) throw unsupported('SKIP LOCKED')
}

/**
 * In a correlated subquery DuckDB takes a HAVING, or the empty set of a ROLLUP, without an aggregate for a query that has
 * no row where nothing matches.
 */
function havingClause(scope: Scope): string {
  const { query } = scope
  const conditions = query.havingQual === null ? [] : [condition(scope, query.havingQual)]
  const oneRow = query.groupClause.length === 0 && query.havingQual !== null
  if (scope.parent !== null && !query.hasAggs && (oneRow || query.groupingSets.some(mayBeEmpty)))
    conditions.push('count(*) >= 0')
  return conditions.length === 0 ? '' : ` HAVING ${conditions.join(' AND ')}`
}

function mayBeEmpty(set: GroupingSet): boolean {
  if (set.setKind !== 'sets') return set.setKind !== 'simple'
  return set.content.some((one) => typeof one !== 'number' && mayBeEmpty(one))
}
