import type { Expr } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { siblingAggregate } from './aggregate.ts'
import { DIVISION_SCALE, MINIMAL_SCALE } from './engine-sql.ts'
import { functionOf } from './function-call.ts'
import { functionKey } from './key.ts'
import * as oid from './oid.ts'
import { expression, numericShape } from './recurse.ts'
import { type Scale, scaleOf, scaleOfQuotient, scaleOfTerm } from './scale.ts'
import type { Scope } from './scope.ts'
import { typeOf, typmodOf } from './type-of.ts'

/** Dividend and divisor of a numeric division, sum and count of a numeric average: the gateway divides. */
export function quotientParts(scope: Scope, expr: Expr): [string, string] | null {
  const { catalog, dialect } = scope.printer
  if (expr.kind === 'OpExpr') {
    const [left, right] = expr.args
    const key = functionKey(catalog, functionOf(scope, expr.opfuncid))
    if (key !== 'numeric_div' || left === undefined || right === undefined) return null
    // The engine's digits of an inner quotient are not PostgreSQL's.
    if (scaleOf(scope, left) === DIVISION_SCALE || scaleOf(scope, right) === DIVISION_SCALE) return null
    return [expression(scope, left), expression(scope, right)]
  }
  if (expr.kind !== 'Aggref' && expr.kind !== 'WindowFunc') return null
  if (typeOf(catalog, expr) !== oid.NUMERIC) return null
  if (functionOf(scope, expr.kind === 'Aggref' ? expr.aggfnoid : expr.winfnoid).name !== 'avg') return null
  const sum = siblingAggregate(scope, expr, 'sum')
  // Sums of whole numbers come as HUGEINT, which is no numeric.
  const first = expr.kind === 'Aggref' ? expr.args[0]?.expr : expr.args[0]
  if (first !== undefined && scaleOf(scope, first) === DIVISION_SCALE) return null
  const whole = first !== undefined && oid.INTEGER_DIGITS.has(typeOf(catalog, first))
  const dividend = whole
    ? dialect.cast(sum, dialect.typeName(catalog, oid.NUMERIC, -1, { precision: 38, scale: 0 }))
    : sum
  return [dividend, siblingAggregate(scope, expr, 'count')]
}

/** What the type's output function writes of an expression's value; null: the engine cannot. */
export function printedText(scope: Scope, expr: Expr): string | null {
  const { catalog, dialect } = scope.printer
  const type = typeOf(catalog, expr)
  return type === oid.NUMERIC
    ? numericText(scope, expr)
    : dialect.toText(catalog, type, typmodOf(expr), expression(scope, expr), scope.printer.options.style)
}

/** With the digits that PostgreSQL gives the value, where the engine's column has others. */
function numericText(scope: Scope, expr: Expr): string | null {
  const { catalog, dialect } = scope.printer
  const parts = quotientParts(scope, expr)
  if (parts !== null) return dialect.numeric.quotientText(parts[0], parts[1])
  const printed = expression(scope, expr)
  const scale = scaleOfTerm(scope, expr)
  if (scale === null || scale === numericShape(scope, expr).scale)
    return dialect.toText(catalog, oid.NUMERIC, -1, printed, scope.printer.options.style)
  if (typeof scale !== 'number' && !dialect.numeric.exactQuotients) throw unsupported('a quotient as text')
  return dialect.numeric.textOfScale(printed, digitsOf(scope, printed, scale))
}

/** A scale as the number of digits of this value. */
function digitsOf(scope: Scope, value: string, scale: Exclude<Scale, null>): string {
  const minimal = scope.printer.dialect.numeric.minimalScale(value)
  if (typeof scale === 'number') return scale === MINIMAL_SCALE ? minimal : String(scale)
  if (!scale.codes) return scale.sql
  const division = scaleOfQuotient(value).sql
  return `(CASE ${scale.sql} WHEN ${DIVISION_SCALE} THEN ${division} WHEN ${MINIMAL_SCALE} THEN ${minimal} ELSE ${scale.sql} END)`
}
