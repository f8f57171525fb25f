import type { Aggref, Expr, GroupingFunc, SortGroupClause, TargetEntry, WindowFunc } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import type { AggregateCall, WindowCall } from './answer.ts'
import { constantNode, constantOf } from './constant.ts'
import { createCall, functionOf, printAnswer } from './function-call.ts'
import { functionKey } from './key.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { sortItem, targetOf } from './sort.ts'
import { typeOf } from './type-of.ts'
import { overClause } from './window.ts'

/** What an aggregate is applied to, in FROM's scope or over a window. */
type Application = {
  readonly node: Aggref | WindowFunc
  readonly funcid: number
  readonly args: readonly Expr[]
  readonly direct: readonly Expr[]
  readonly star: boolean
  readonly distinct: boolean
  readonly order: readonly { clause: SortGroupClause; target: TargetEntry }[]
  readonly filter: Expr | null
  readonly over: string
}

export function aggregate(scope: Scope, expr: Aggref): string {
  if (expr.agglevelsup > 0 && !scope.printer.dialect.abilities.outerGroup)
    throw unsupported('an aggregate of an outer query in a subquery')
  // DuckDB tells by plain columns alone whose aggregate it is.
  if (expr.agglevelsup > 0 && nodesOf(expr, 'SubLink').length > 0)
    throw unsupported('an aggregate of an outer query over a subquery')
  return applyAggregate(scope, {
    node: expr,
    funcid: expr.aggfnoid,
    args: expr.args.filter((arg) => !arg.resjunk).map((arg) => behindFilter(scope, expr, arg.expr)),
    direct: expr.aggdirectargs,
    star: expr.aggstar,
    distinct: expr.aggdistinct.length > 0,
    order: expr.aggorder.map((clause) => ({ clause, target: targetOf(expr.args, clause) })),
    filter: expr.aggfilter,
    over: '',
  })
}

/** The same aggregate, but another function of the same arguments: what avg is made of. */
export function siblingAggregate(scope: Scope, node: Aggref | WindowFunc, name: 'sum' | 'count'): string {
  const distinct = node.kind === 'Aggref' && node.aggdistinct.length > 0 ? 'DISTINCT ' : ''
  const first = node.kind === 'Aggref' ? node.args.find((arg) => !arg.resjunk)?.expr : node.args[0]
  if (first === undefined) throw unsupported('an average of nothing')
  const { dialect, catalog } = scope.printer
  const printed = expression(scope, node.kind === 'Aggref' ? behindFilter(scope, node, first) : first)
  const argument = name === 'sum' ? dialect.summand(printed, oid.INTEGER_DIGITS.has(typeOf(catalog, first))) : printed
  return filtered(scope, node, name, argument, distinct)
}

/**
 * `sum(1 / n) FILTER (WHERE n > 0)`: engines compute the argument of all rows before they filter, PostgreSQL only of those
 * that are left, so that no other row may raise its error.
 */
function behindFilter(scope: Scope, node: Aggref, argument: Expr): Expr {
  const filter = node.aggfilter
  const isComputed = COMPUTED.some((kind) => nodesOf(argument, kind).length > 0)
  if (filter === null || !isComputed || node.aggdistinct.length > 0 || node.aggorder.length > 0) return argument
  if (nodesOf(filter, 'SubLink').length > 0) return argument
  return onlyWhen(scope, filter, argument)
}

const COMPUTED = ['FuncExpr', 'OpExpr', 'CoerceViaIO'] as const

function onlyWhen(scope: Scope, filter: Expr, result: Expr): Expr {
  return {
    kind: 'CaseExpr',
    casetype: typeOf(scope.printer.catalog, result),
    casecollid: 0,
    arg: null,
    args: [{ kind: 'CaseWhen', expr: filter, result }],
    defresult: null,
  }
}

/** Another aggregate over the same rows. */
export function aggregateOver(scope: Scope, node: Aggref | WindowFunc, name: string, argument: string): string {
  return filtered(scope, node, name, argument, '')
}

/** Of a window's rows some engines cannot leave any out: their values are NULL instead, which these aggregates pass over. */
function filtered(scope: Scope, node: Aggref | WindowFunc, name: string, argument: string, distinct: string): string {
  if (node.kind === 'Aggref') return `${name}(${distinct}${argument})${filterClause(scope, node.aggfilter)}`
  const over = overClause(scope, node)
  if (node.aggfilter === null || scope.printer.dialect.abilities.windowFilter)
    return `${name}(${argument})${filterClause(scope, node.aggfilter)}${over}`
  return `${name}(CASE WHEN ${expression(scope, node.aggfilter)} THEN ${argument} END)${over}`
}

export function windowFunction(scope: Scope, expr: WindowFunc): string {
  const over = overClause(scope, expr)
  if (expr.winagg) {
    const unfiltered = expr.aggfilter !== null && !scope.printer.dialect.abilities.windowFilter
    return applyAggregate(scope, {
      node: expr,
      funcid: expr.winfnoid,
      args: unfiltered ? filteredArguments(scope, expr, expr.aggfilter) : expr.args,
      direct: [],
      star: expr.winstar && !unfiltered,
      distinct: false,
      order: [],
      filter: unfiltered ? null : expr.aggfilter,
      over,
    })
  }
  const info = functionOf(scope, expr.winfnoid)
  const call: WindowCall = { ...createCall(scope, expr, info, expr.args, null), over }
  const answer = scope.printer.dialect.answers.window(functionKey(scope.printer.catalog, info))
  return printAnswer(scope, info, answer, call, (name) => `${name}(${call.args().join(', ')})${over}`)
}

/** Aggregates that take a NULL for a value. */
const KEEPS_NULLS = /^(array_agg|json_|jsonb_)/

function filteredArguments(scope: Scope, expr: WindowFunc, filter: Expr): readonly Expr[] {
  const { name } = functionOf(scope, expr.winfnoid)
  if (KEEPS_NULLS.test(name)) throw unsupported(`FILTER of ${name} over a window`)
  const all: readonly Expr[] = expr.winstar ? [constantNode(scope.printer, oid.BOOL, 't')] : expr.args
  return all.map((result) => onlyWhen(scope, filter, result))
}

export function groupingFunction(scope: Scope, expr: GroupingFunc): string {
  // The keys as GROUP BY has them: the same expression elsewhere may be printed in another way.
  const keys = expr.refs.map((reference) =>
    expression(scope, targetOf(scope.query.targetList, { tleSortGroupRef: reference }).expr),
  )
  return `CAST(grouping(${keys.join(', ')}) AS INTEGER)`
}

function applyAggregate(scope: Scope, what: Application): string {
  const { catalog, dialect } = scope.printer
  const info = functionOf(scope, what.funcid)
  const base = createCall(scope, what.node, info, what.args, null)
  if (what.distinct) requireIdentities(scope, info.name, what.args)
  const filter = filterClause(scope, what.filter)
  const order = what.order.map(({ clause, target }) => sortItem(scope, target.expr, clause)).join(', ')
  const directNode = (index: number): Expr => {
    const found = what.direct[index]
    if (found === undefined) throw unsupported(`aggregate ${info.name} without its direct argument`)
    return found
  }
  const call: AggregateCall = {
    ...base,
    star: what.star,
    distinct: what.distinct,
    order,
    descending: what.order[0]?.clause.reverse_sort ?? false,
    filter,
    over: what.over,
    direct: (index) => expression(scope, directNode(index)),
    directConstant: (index) => constantOf(scope.printer, directNode(index)),
    apply: (name, options = {}) => {
      const args = options.args ?? (what.star ? ['*'] : base.args())
      const by = typeof options.order === 'string' ? options.order : options.order === true ? order : ''
      const inside = `${what.distinct ? 'DISTINCT ' : ''}${args.join(', ')}${by === '' ? '' : ` ORDER BY ${by}`}`
      return `${name}(${inside})${filter}${what.over}`
    },
  }
  return printAnswer(scope, info, dialect.answers.aggregate(functionKey(catalog, info)), call, (name) =>
    call.apply(name),
  )
}

/** DISTINCT is the engine's: it must take for one what PostgreSQL takes for equal. */
function requireIdentities({ printer: { dialect, catalog } }: Scope, name: string, args: readonly Expr[]): void {
  const odd = args.find((arg) => !dialect.identifies(catalog, typeOf(catalog, arg)))
  if (odd !== undefined) throw unsupported(`${name} of DISTINCT ${catalog.type(typeOf(catalog, odd))?.name}`)
}

function filterClause(scope: Scope, filter: Expr | null): string {
  return filter === null ? '' : ` FILTER (WHERE ${expression(scope, filter)})`
}
