import type { Expr, Query, RowCompareExpr, SubLink } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import { columnList } from './column-list.ts'
import { reach } from './common-table.ts'
import { compareRows } from './compare.ts'
import { typeNameOf } from './numeric.ts'
import { expression, subquery } from './recurse.ts'
import { entryOf, type Scope, scopeOf } from './scope.ts'
import { sortItem, targetOf } from './sort.ts'
import { typeOf, visibleTargets } from './type-of.ts'

/**
 * A condition of WHERE, ON or HAVING, where NULL is as good as false: a comparison of rows with a subquery can then be
 * left to the engine, whose NULLs are not PostgreSQL's. That holds below AND and OR, not below NOT.
 */
export function condition(scope: Scope, expr: Expr): string {
  if (expr.kind === 'BoolExpr' && expr.boolop !== 'not')
    return `(${expr.args.map((arg) => condition(scope, arg)).join(expr.boolop === 'and' ? ' AND ' : ' OR ')})`
  if (expr.kind === 'SubLink' && expr.subLinkType === 'any') return quantified(scope, expr, 'any', true)
  return expression(scope, expr)
}

/** A subquery inside an expression. `column` chooses one of a MULTIEXPR's. */
export function subLink(scope: Scope, expr: SubLink, column = 1): string {
  const query = expr.subselect
  switch (expr.subLinkType) {
    case 'exists':
      return exists(scope, query)
    case 'expr':
      return `(${subquery(scope, query)})`
    case 'array':
      return arrayOfQuery(scope, expr)
    case 'multiexpr': {
      const alias = scope.printer.alias('s')
      const columns = columnList(visibleTargets(query).length)
      return `(SELECT ${alias}.c${column} FROM (${subquery(scope, query)}) AS ${alias}${columns})`
    }
    case 'any':
    case 'all':
      return quantified(scope, expr, expr.subLinkType)
    case 'rowcompare':
      return rowComparison(scope, expr)
    case 'cte':
      throw unsupported('this kind of subquery')
  }
}

/** What it selects is of no account: some engines take outer columns in its conditions only. */
function exists(scope: Scope, query: Query): string {
  const flat = scope.printer.dialect.abilities.correlatedAggregate ? null : flattened(scope, query)
  if (flat === null) return `EXISTS (${subquery(scope, query)})`
  return `EXISTS (SELECT 1${flat.from}${flat.where.length === 0 ? '' : ` WHERE ${flat.where.join(' AND ')}`})`
}

/** ARRAY(SELECT … ORDER BY …) has the query's order. */
function arrayOfQuery(scope: Scope, expr: SubLink): string {
  const { dialect } = scope.printer
  const query = expr.subselect
  const flat = dialect.abilities.orderOfSubquery ? null : flattened(scope, query)
  if (flat !== null) {
    const order = query.sortClause.map((clause) =>
      sortItem(flat.scope, targetOf(query.targetList, clause).expr, clause),
    )
    const items = `${flat.column(1)}${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}`
    const where = flat.where.length === 0 ? '' : ` WHERE ${flat.where.join(' AND ')}`
    return dialect.arrayOfItems(items, `${flat.from}${where}`, () => typeNameOf(scope, expr))
  }
  const ordered = query.sortClause.length > 0 && !dialect.abilities.orderOfSubquery
  if (ordered && query.setOperations !== null) throw unsupported('the order of the rows of a set operation')
  const rows = subquery(scope, query, undefined, ordered)
  return dialect.arrayOfQuery(rows, () => typeNameOf(scope, expr), ordered ? 'c2' : null)
}

/** FROM and WHERE of a subquery that is nothing more: what reads its rows can stand in it. */
type Flattened = {
  readonly scope: Scope
  readonly from: string
  readonly where: readonly string[]
  column(resno: number): string
}

function flattened(parent: Scope, query: Query): Flattened | null {
  const { printer } = parent
  const isMore =
    query.commandType !== 'select' ||
    query.setOperations !== null ||
    query.hasAggs ||
    query.hasWindowFuncs ||
    query.hasTargetSRFs ||
    query.cteList.length > 0 ||
    query.groupClause.length > 0 ||
    query.groupingSets.length > 0 ||
    query.havingQual !== null ||
    query.distinctClause.length > 0 ||
    query.limitCount !== null ||
    query.limitOffset !== null
  if (isMore) return null
  const scope = scopeOf(printer, query, parent)
  const targets = visibleTargets(query)
  const columns = targets.map((target) => expression(scope, target.expr))
  const quals = query.jointree?.quals
  const where = quals == null ? [] : [condition(scope, quals)]
  const from = printer.parts.from(scope, query.jointree?.fromlist ?? [])
  return {
    scope,
    from,
    where: [...where, ...scope.joinConditions.splice(0)],
    column: (resno) => columns[resno - 1] ?? 'NULL',
  }
}

/** One comparison of `(a, b) IN (SELECT x, y …)`: the test's parameters stand for the subquery's columns. */
type Comparison = { readonly left: Expr; readonly right: Expr; readonly operator: string }

function comparisons(scope: Scope, test: Expr): readonly Comparison[] | null {
  const { catalog } = scope.printer
  const parts = test.kind === 'BoolExpr' ? test.args : [test]
  const found: Comparison[] = []
  for (const part of parts) {
    const [left, right] = part.kind === 'OpExpr' ? part.args : []
    const operator = part.kind === 'OpExpr' ? catalog.operator(part.opno)?.name : undefined
    if (left === undefined || right === undefined || operator === undefined) return null
    found.push({ left, right, operator })
  }
  return found
}

const PLAIN_OPERATOR = /^(=|<>|<|<=|>|>=)$/

function quantified(scope: Scope, expr: SubLink, quantifier: 'any' | 'all', nullIsFalse = false): string {
  const test = expr.testexpr
  if (test === null) throw unsupported('a quantified subquery without a test')
  const pairs = comparisons(scope, test)
  const operator = pairs?.[0]?.operator
  const uniform = pairs !== null && operator !== undefined && pairs.every((pair) => pair.operator === operator)
  const { catalog, dialect } = scope.printer
  const plain = pairs?.every(({ left }) => dialect.comparesPlainly(catalog, typeOf(catalog, left))) ?? false
  if (!uniform || !plain || !PLAIN_OPERATOR.test(operator)) return quantifiedByCounting(scope, expr, test, quantifier)
  // DuckDB takes (NULL, 1) IN ((2, 3)) for NULL: the second column does not decide it.
  // And it refuses (a, b) IN of a correlated subquery.
  if (pairs.length > 1 && (!nullIsFalse || reach(expr.subselect).columns))
    return quantifiedByCounting(scope, expr, test, quantifier)
  const left = pairs.map((pair) => expression(scope, pair.left))
  const rows = comparedColumns(scope, expr, pairs)
  if (operator === '=' && quantifier === 'any') return `(${tuple(left)} IN (${rows}))`
  if (operator === '<>' && quantifier === 'all') return `(${tuple(left)} NOT IN (${rows}))`
  if (left.length > 1) return quantifiedByCounting(scope, expr, test, quantifier)
  return `(${tuple(left)} ${operator} ${quantifier.toUpperCase()} (${rows}))`
}

function tuple(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `(${values.join(', ')})`
}

/** The subquery, its columns cast as the comparison wants them. */
function comparedColumns(scope: Scope, expr: SubLink, pairs: readonly Comparison[]): string {
  const rows = subquery(scope, expr.subselect)
  const asTheyAre = pairs.every(
    ({ right }, index) => right.kind === 'Param' && right.paramkind === 'sublink' && right.paramid === index + 1,
  )
  const width = visibleTargets(expr.subselect).length
  if (asTheyAre && width === pairs.length) return rows
  const alias = scope.printer.alias('s')
  const columns = withColumns(scope, alias, () => pairs.map((pair) => expression(scope, pair.right)))
  return `SELECT ${columns.join(', ')} FROM (${rows}) AS ${alias}${columnList(width)}`
}

/**
 * Any test against each row, by what SQL says of ANY and ALL: true or false if one row decides it, else NULL if one row
 * gave NULL, else what holds for no rows.
 */
function quantifiedByCounting(scope: Scope, expr: SubLink, test: Expr, quantifier: 'any' | 'all'): string {
  const { printer } = scope
  if (namesGroup(scope, test))
    throw unsupported('a comparison of an expression of GROUP BY, or of an aggregate, with the rows of a subquery')
  const flat = printer.dialect.abilities.correlatedAggregate ? null : flattened(scope, expr.subselect)
  const [decider, decided] = quantifier === 'any' ? ['', 'true'] : ['NOT ', 'false']
  const otherwise = quantifier === 'any' ? 'false' : 'true'
  if (flat !== null) {
    const tested = withParameters(scope, flat.column, () => expression(scope, test))
    const exists = (what: string) => `EXISTS (SELECT 1${flat.from} WHERE ${[...flat.where, what].join(' AND ')})`
    return `(CASE WHEN ${exists(`${decider}${tested}`)} THEN ${decided} WHEN ${exists(`${tested} IS NULL`)} THEN NULL ELSE ${otherwise} END)`
  }
  const [inner, outer] = [printer.alias('s'), printer.alias('s')]
  const rows = subquery(scope, expr.subselect)
  const printed = withColumns(scope, inner, () => expression(scope, test))
  const columns = columnList(visibleTargets(expr.subselect).length)
  if (!printer.dialect.abilities.correlatedAggregate) {
    const exists = (what: string) => `EXISTS (SELECT 1 FROM (${rows}) AS ${inner}${columns} WHERE ${what})`
    return `(CASE WHEN ${exists(`${decider}${printed}`)} THEN ${decided} WHEN ${exists(`${printed} IS NULL`)} THEN NULL ELSE ${otherwise} END)`
  }
  return (
    `(SELECT CASE WHEN bool_or(${decider}${outer}.c1) THEN ${decided} WHEN bool_or(${outer}.c1 IS NULL) THEN NULL ` +
    `ELSE ${otherwise} END FROM (SELECT ${printed} AS c1 FROM (${rows}) AS ${inner}${columns}) AS ${outer})`
  )
}

/** Whether it names what a subquery cannot: a computed key of the query's own GROUP BY, or one of its aggregates. */
function namesGroup(scope: Scope, test: Expr): boolean {
  if (nodesOf(test, 'Aggref').some((one) => one.agglevelsup === 0)) return true
  return nodesOf(test, 'Var').some((one) => {
    const entry = one.varlevelsup === 0 ? entryOf(scope, one.varno) : null
    return entry?.rte.rtekind === 'group' && entry.rte.groupexprs[one.varattno - 1]?.kind !== 'Var'
  })
}

function rowComparison(scope: Scope, expr: SubLink): string {
  const test = expr.testexpr
  if (test?.kind !== 'RowCompareExpr' && test?.kind !== 'BoolExpr') throw unsupported('this comparison with a subquery')
  const rows = subquery(scope, expr.subselect)
  const print = () => (test.kind === 'RowCompareExpr' ? printRowCompare(scope, test) : expression(scope, test))
  const alias = scope.printer.alias('s')
  if (!scope.printer.dialect.abilities.correlatedAggregate) {
    // The subquery's one row, and its fields: what is compared with it stays outside.
    const row = `(SELECT ${scope.printer.dialect.row(fieldsOfColumns(alias, expr))} FROM (${rows}) AS ${alias}${columnList(visibleTargets(expr.subselect).length)})`
    return withParameters(scope, (paramId) => scope.printer.dialect.field(row, `c${paramId}`, paramId), print)
  }
  const compared = withColumns(scope, alias, print)
  return `(SELECT ${compared} FROM (${rows}) AS ${alias}${columnList(visibleTargets(expr.subselect).length)})`
}

function fieldsOfColumns(alias: string, expr: SubLink): { name: string; sql: string }[] {
  return visibleTargets(expr.subselect).map((_, index) => ({ name: `c${index + 1}`, sql: `${alias}.c${index + 1}` }))
}

function printRowCompare(scope: Scope, test: RowCompareExpr): string {
  const print = (list: readonly Expr[]) => list.map((one) => expression(scope, one))
  return compareRows(print(test.largs), print(test.rargs), test.cmptype)
}

function withColumns<T>(scope: Scope, alias: string, print: () => T): T {
  return withParameters(scope, (paramId) => `${alias}.c${paramId}`, print)
}

function withParameters<T>(scope: Scope, column: (paramId: number) => string, print: () => T): T {
  const { sublinkColumns } = scope.printer
  sublinkColumns.push(column)
  try {
    return print()
  } finally {
    sublinkColumns.pop()
  }
}
