import type { Expr, RowCompareExpr, ScalarArrayOpExpr } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { arrayElements, constantOf, isManyDimensional } from './constant.ts'
import { functionCall } from './function-call.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { typeOf } from './type-of.ts'

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
  const plain = dialect.comparesPlainly(catalog, typeOf(catalog, leftNode))
  if (elements === null) {
    if (isManyDimensional(scope.printer, arrayNode)) throw unsupported('ANY or ALL of an array of several dimensions')
    const quantifier = expr.useOr ? 'ANY' : 'ALL'
    const array = expression(scope, arrayNode)
    if (PLAIN_COMPARISON.test(operator) && plain) {
      const printed = dialect.anyOfArray(expression(scope, leftNode), operator, array, quantifier)
      if (printed !== null) return printed
    }
    return matchArray(scope, expr, array, quantifier)
  }
  if (elements.length === 0) return expr.useOr ? 'false' : 'true'
  if (plain && ((operator === '=' && expr.useOr) || (operator === '<>' && !expr.useOr))) {
    return inList(scope, expr, leftNode, elements)
  }
  // The node only says that the result is a boolean.
  const tests = elements.map((element) => functionCall(scope, expr, expr.opfuncid, [leftNode, element], expr.opno))
  return `(${tests.join(expr.useOr ? ' OR ' : ' AND ')})`
}

/** Trino 476 forgets a NULL among several constants: there it stands beside the list. */
function inList(scope: Scope, expr: ScalarArrayOpExpr, leftNode: Expr, elements: readonly Expr[]): string {
  const { printer } = scope
  const left = expression(scope, leftNode)
  const known = printer.dialect.abilities.nullInList
    ? elements
    : elements.filter((element) => constantOf(printer, element) !== null)
  const items = known.map((element) => expression(scope, element)).join(', ')
  const unknown = printer.dialect.literal(printer.catalog, oid.BOOL, null)
  if (known.length === 0) return unknown
  const list = `${left} ${expr.useOr ? 'IN' : 'NOT IN'} (${items})`
  return known.length === elements.length ? `(${list})` : `(${list} ${expr.useOr ? 'OR' : 'AND'} ${unknown})`
}

/** The operator's own answer, for each element in turn. */
function matchArray(scope: Scope, expr: ScalarArrayOpExpr, array: string, quantifier: 'ANY' | 'ALL'): string {
  const { printer } = scope
  const [leftNode, arrayNode] = expr.args
  const element = printer.catalog.type(arrayNode === undefined ? 0 : typeOf(printer.catalog, arrayNode))?.element
  if (leftNode === undefined || element === undefined) throw unsupported('this comparison with an array')
  const variable = printer.alias('lw_e')
  printer.caseTests.push(variable)
  const each: Expr = { kind: 'CaseTestExpr', typeId: element, typeMod: -1, collation: 0 }
  const body = functionCall(scope, expr, expr.opfuncid, [leftNode, each], expr.opno)
  printer.caseTests.pop()
  return printer.dialect.matchArray(array, variable, body, quantifier)
}
