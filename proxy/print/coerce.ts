import type { ArrayCoerceExpr, CoerceViaIO, Expr, RelabelType } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { isManyDimensional } from './constant.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { expression, textOf } from './recurse.ts'
import type { Scope } from './scope.ts'
import { typeOf } from './type-of.ts'

/** A type seen as another with the same bytes: nothing to do for the engine, unless its types differ. */
export function relabel(scope: Scope, expr: RelabelType): string {
  const { dialect, catalog } = scope.printer
  const from = typeOf(catalog, expr.arg)
  if (expr.resulttype === oid.REGCLASS && expr.arg.kind === 'Var' && expr.arg.varattno < 0)
    throw unsupported('tableoid::regclass')
  const printed = expression(scope, expr.arg)
  if (from === expr.resulttype || from === oid.NUMERIC) return printed
  const name = dialect.typeName(catalog, expr.resulttype)
  return dialect.typeName(catalog, from) === name ? printed : dialect.cast(printed, name)
}

/** Casts that PostgreSQL does by writing a value as text and reading it again. */
export function coerceThroughText(scope: Scope, expr: CoerceViaIO): string {
  const { dialect, catalog } = scope.printer
  const from = typeOf(catalog, expr.arg)
  if (isManyDimensional(scope.printer, expr.arg)) throw unsupported('a cast of an array of several dimensions')
  const text = oid.TEXTUAL.has(from) ? expression(scope, expr.arg) : textOf(scope, expr.arg)
  const result =
    text === null || oid.TEXTUAL.has(expr.resulttype)
      ? text
      : dialect.fromText(catalog, expr.resulttype, -1, text, scope.printer.options.style.timeZone)
  if (result !== null) return result
  throw unsupported(`a cast from ${catalog.type(from)?.name} to ${catalog.type(expr.resulttype)?.name}`)
}

/** Every element through the same cast. */
export function coerceArray(scope: Scope, expr: ArrayCoerceExpr): string {
  const { printer } = scope
  if (isManyDimensional(printer, expr.arg)) throw unsupported('a cast of an array of several dimensions')
  const array = expression(scope, expr.arg)
  if (isCaseTest(expr.elemexpr)) return array
  if (expr.elemexpr.kind === 'RelabelType' && isCaseTest(expr.elemexpr.arg))
    return printer.dialect.cast(array, typeNameOf(scope, expr))
  const variable = printer.alias('lw_e')
  printer.caseTests.push(variable)
  const body = expression(scope, expr.elemexpr)
  printer.caseTests.pop()
  return printer.dialect.mapArray(array, variable, body)
}

function isCaseTest(expr: Expr): boolean {
  return expr.kind === 'CaseTestExpr'
}
