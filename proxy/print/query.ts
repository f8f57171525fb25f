import type { GroupingSet, Query, TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { columnNames } from './column-list.ts'
import { withClause } from './common-table.ts'
import { fromClause, takeJoinConditions } from './from.ts'
import { groupBy } from './group.ts'
import { groupingInput } from './grouping-input.ts'
import { limitClause, withTies } from './limit.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import { type ColumnType, type Scope, scopeOf } from './scope.ts'
import { setOperation } from './setop.ts'
import { direction, notOrdinal, orderBy, sortItem, sortKey, sortsPlainly, targetOf } from './sort.ts'
import { condition } from './sublink.ts'
import { typeOf, visibleTargets } from './type-of.ts'

/** See recurse.ts, subquery. */
export function printSubquery(parent: Scope, query: Query, types?: readonly ColumnType[], ordinal = false): string {
  if (query.commandType !== 'select') throw unsupported('a data-modifying statement in WITH')
  const scope = scopeOf(parent.printer, query, parent)
  return selectStatement(scope, { items: (target, index) => [castTo(scope, target, types?.[index])], types, ordinal })
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
  /** one more column: the place of each row in the query's own order */
  readonly ordinal?: boolean
}

/** WITH … SELECT … of one scope, columns named c1, c2 … in the order of the items. */
export function selectStatement(scope: Scope, shape: SelectShape): string {
  const { query, printer } = scope
  refuseLocks(query)
  const visible = visibleTargets(query)
  const ctes = withClause(scope)
  if (query.setOperations !== null) {
    const body = setOperation(scope, query.setOperations, shape.types)
    const positions = new Map(visible.map((target, index) => [target, index + 1]))
    const [ordered, order] = orderedByColumns(scope, body, positions, visible.length) ?? [
      body,
      orderBy(scope, query, positions),
    ]
    return ctes + limited(scope, ordered, order, visible.length)
  }
  requireIdentities(scope)
  const moved = groupingInput(scope)
  const items: string[] = []
  const positions = new Map<TargetEntry, number>()
  visible.forEach((target, index) => {
    const made = shape.items(target, index)
    items.push(...made)
    if (made.length === 1) positions.set(target, items.length)
  })
  const quals = query.jointree?.quals
  const where = moved !== null || quals == null ? [] : [condition(scope, quals)]
  const group = groupBy(scope)
  const having = havingClause(scope)
  const byRank = query.hasDistinctOn && !printer.dialect.abilities.distinctOn
  const order = query.limitOption === 'with_ties' || byRank ? '' : orderBy(scope, query, positions)
  if (shape.ordinal === true) items.push(ordinal(scope))
  const ranked = byRank ? rankedRows(scope) : null
  // Last: what is printed above may ask more of its items.
  const from = moved?.from ?? fromClause(scope, query.jointree?.fromlist ?? [])
  const filters = [...where, ...takeJoinConditions(scope)]
  const clauses = `${from}${filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`}${group}${having}`
  moved?.restore()
  const named = items.map((item, index) => `${item} AS c${index + 1}`)
  const shown = named.length === 0 ? '1 AS c1' : named.join(', ')
  if (ranked !== null) return ctes + firstOfEach(scope, shown, Math.max(items.length, 1), ranked, clauses)
  const start = `SELECT ${distinct(scope)}${shown}`
  if (query.limitOption === 'with_ties')
    return ctes + withTies(scope, (hidden) => start + hidden + clauses, items.length, positions)
  const body = start + clauses
  const wrapped = query.distinctClause.length === 0 ? null : orderedByColumns(scope, body, positions, items.length)
  return ctes + limited(scope, wrapped?.[0] ?? body, wrapped?.[1] ?? order, items.length)
}

/** DISTINCT and GROUP BY are left to the engine: it must take for one what PostgreSQL takes for equal. */
function requireIdentities({ query, printer: { dialect, catalog } }: Scope): void {
  for (const clause of [...query.distinctClause, ...query.groupClause]) {
    const type = typeOf(catalog, targetOf(query.targetList, clause).expr)
    if (!dialect.identifies(catalog, type))
      throw unsupported(`DISTINCT or GROUP BY of type ${catalog.type(type)?.name}`)
  }
}

/** A row's place in the order of its query, for what reads a subquery whose order the engine would forget. */
function ordinal(scope: Scope): string {
  const { query } = scope
  if (query.distinctClause.length > 0 || query.limitOption === 'with_ties' || scope.unnestedAlias !== null)
    throw unsupported('the order of the rows of this subquery')
  const order = query.sortClause.map((clause) => sortItem(scope, targetOf(query.targetList, clause).expr, clause))
  return `row_number() OVER (ORDER BY ${order.join(', ')})`
}

/**
 * Where only what is selected may sort (DISTINCT, set operations) and a type's own order is not PostgreSQL's: the query
 * within one that sorts by the keys. Null: it can stay as it is.
 */
function orderedByColumns(
  scope: Scope,
  body: string,
  positions: ReadonlyMap<TargetEntry, number>,
  width: number,
): [body: string, order: string] | null {
  const { query, printer } = scope
  const sorts = query.sortClause.map((clause) => ({ clause, target: targetOf(query.targetList, clause) }))
  if (query.hasDistinctOn || sorts.every(({ target }) => sortsPlainly(scope, target.expr))) return null
  const alias = printer.alias('w')
  const keys = sorts.map(({ clause, target }) => {
    const position = positions.get(target)
    if (position === undefined) throw unsupported('ORDER BY of what is not selected')
    const type = typeOf(printer.catalog, target.expr)
    return `${printer.dialect.sortKey(type, `${alias}.c${position}`)} ${direction(clause)}`
  })
  const shown = columnNames(width).map((column) => `${alias}.${column}`)
  return [`SELECT ${shown.join(', ')} FROM (${body}) AS ${alias}`, ` ORDER BY ${keys.join(', ')}`]
}

type Ranked = { readonly rank: string; readonly keys: readonly { readonly sql: string; readonly direction: string }[] }

/** DISTINCT ON where the engine has none: the first row of each partition. */
function rankedRows(scope: Scope): Ranked {
  const { query } = scope
  if (scope.unnestedAlias !== null) throw unsupported('DISTINCT ON over the rows of a set-returning function')
  const partition = query.distinctClause.map((clause) =>
    notOrdinal(expression(scope, targetOf(query.targetList, clause).expr)),
  )
  const keys = query.sortClause.map((clause) => ({
    sql: notOrdinal(sortKey(scope, targetOf(query.targetList, clause).expr)),
    direction: direction(clause),
  }))
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.map((key) => `${key.sql} ${key.direction}`).join(', ')}`
  return { rank: `row_number() OVER (PARTITION BY ${partition.join(', ')}${order})`, keys }
}

function firstOfEach(scope: Scope, shown: string, width: number, { rank, keys }: Ranked, clauses: string): string {
  if (scope.query.limitOption === 'with_ties') throw unsupported('DISTINCT ON WITH TIES')
  const alias = scope.printer.alias('w')
  const hidden = keys.map((key, index) => `, ${key.sql} AS k${index + 1}`).join('')
  const order = keys.map((key, index) => `${alias}.k${index + 1} ${key.direction}`).join(', ')
  const columns = columnNames(width).map((column) => `${alias}.${column}`)
  return (
    `SELECT ${columns.join(', ')} FROM (SELECT ${shown}, ${rank} AS n${hidden}${clauses}) AS ${alias} WHERE ${alias}.n = 1` +
    `${order === '' ? '' : ` ORDER BY ${order}`}${limitClause(scope)}`
  )
}

function limited(scope: Scope, body: string, order: string, width: number): string {
  if (scope.query.limitOption !== 'with_ties') return body + order + limitClause(scope)
  if (scope.query.setOperations === null) throw unsupported('WITH TIES here')
  const positions = new Map(visibleTargets(scope.query).map((target, index) => [target, index + 1]))
  // Rows of set operations are sorted by columns that are shown.
  return withTies(scope, () => body, width, positions)
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
