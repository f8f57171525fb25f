import type { RowCompareExpr, ScalarArrayOpExpr } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { arrayElements, isManyDimensional } from './constant.ts'
import { functionCall } from './function-call.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'

const ROW_OPERATORS = { lt: '<', le: '<=', eq: '=', ge: '>=', gt: '>', ne: '<>' } as const

/** Rows field by field from the left, NULLs where the outcome hangs on one. */
export function compareRows(
  left: readonly string[],
  right: readonly string[],
  comparison: RowCompareExpr['cmptype'],
): string {
  if (comparison === 'invalid') throw unsupported('this comparison of rows')
  const operator = ROW_OPERATORS[comparison]
  const pairs = left.map((value, index) => [value, right[index] ?? 'NULL'] as const)
  if (operator === '=') return `(${pairs.map(([l, r]) => `${l} = ${r}`).join(' AND ')})`
  if (operator === '<>') return `(${pairs.map(([l, r]) => `${l} <> ${r}`).join(' OR ')})`
  const strict = operator.charAt(0)
  const from = (index: number): string => {
    const [l, r] = pairs[index] ?? ['NULL', 'NULL']
    if (index === pairs.length - 1) return `(${l} ${operator} ${r})`
    return `(${l} ${strict} ${r} OR (${l} = ${r} AND ${from(index + 1)}))`
  }
  return from(0)
}

/** Operators that an engine compares a list's elements with by itself. */
const PLAIN_COMPARISON = /^(=|<>|<|<=|>|>=)$/

/** `x = ANY (array)`, `x <> ALL (array)`, and what IN and NOT IN lists become. */
export function arrayComparison(scope: Scope, expr: ScalarArrayOpExpr): string {
  const { dialect, catalog } = scope.printer
  const [leftNode, arrayNode] = expr.args
  const operator = catalog.operator(expr.opno)?.name
  if (leftNode === undefined || arrayNode === undefined || operator === undefined) throw unsupported('this comparison')
  const elements = arrayElements(scope.printer, arrayNode)
  if (elements === null) {
    if (isManyDimensional(scope.printer, arrayNode)) throw unsupported('ANY or ALL of an array of several dimensions')
    if (!PLAIN_COMPARISON.test(operator)) throw unsupported(`${operator} ANY or ALL of an array that is not constant`)
    const left = expression(scope, leftNode)
    return dialect.anyOfArray(left, operator, expression(scope, arrayNode), expr.useOr ? 'ANY' : 'ALL')
  }
  if (elements.length === 0) return expr.useOr ? 'false' : 'true'
  if ((operator === '=' && expr.useOr) || (operator === '<>' && !expr.useOr)) {
    const items = elements.map((element) => expression(scope, element)).join(', ')
    return `(${expression(scope, leftNode)} ${expr.useOr ? 'IN' : 'NOT IN'} (${items}))`
  }
  // The node only says that the result is a boolean.
  const tests = elements.map((element) => functionCall(scope, expr, expr.opfuncid, [leftNode, element], expr.opno))
  return `(${tests.join(expr.useOr ? ' OR ' : ' AND ')})`
}
