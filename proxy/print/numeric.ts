import type { Expr, Query, SetOperand, Var } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import type { NumericShape } from './answer.ts'
import { constantInteger, constantOf } from './constant.ts'
import { createCall, functionOf } from './function-call.ts'
import { functionKey } from './key.ts'
import * as oid from './oid.ts'
import { numericShape } from './recurse.ts'
import { fieldsOf } from './row.ts'
import { entryOf, findCte, outer, type Scope, scopeOf } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'
import { numericTypmod } from './value/typmod.ts'

/**
 * Precision and scale of numeric expressions. PostgreSQL has a scale for each value, engines one for each column, so the
 * printer infers what PostgreSQL's rules for the operators (numeric.c) give for the declared shapes below them.
 */
export function printedShape(scope: Scope, expr: Expr): NumericShape {
  const known = scope.printer.shapes.get(expr)
  if (known !== undefined) return known
  const shape = inferShape(scope, expr)
  scope.printer.shapes.set(expr, shape)
  return shape
}

function inferShape(scope: Scope, expr: Expr): NumericShape {
  const { catalog, dialect } = scope.printer
  const digits = oid.INTEGER_DIGITS.get(typeOf(catalog, expr))
  if (digits !== undefined) return { precision: digits, scale: 0 }
  const constant = constantOf(scope.printer, expr)
  if (constant !== undefined)
    return constant === null ? { precision: 1, scale: 0 } : shapeOfText(constant, dialect.numeric.unknown)
  const declared = numericTypmod(typmodOf(expr))
  if (declared !== null && typeOf(catalog, expr) === oid.NUMERIC) return declared
  switch (expr.kind) {
    case 'Var':
      return shapeOfVar(scope, expr)
    case 'FuncExpr':
      return shapeOfFunction(scope, expr, expr.funcid, expr.args)
    case 'OpExpr':
      return shapeOfFunction(scope, expr, expr.opfuncid, expr.args)
    case 'Aggref':
      return shapeOfAggregate(
        scope,
        expr.aggfnoid,
        expr.args.filter((arg) => !arg.resjunk).map((arg) => arg.expr),
      )
    case 'WindowFunc':
      return shapeOfAggregate(scope, expr.winfnoid, expr.args)
    case 'CaseExpr':
      return widest(
        scope,
        [...expr.args.map((when) => when.result), ...(expr.defresult === null ? [] : [expr.defresult])].map((one) =>
          numericShape(scope, one),
        ),
      )
    case 'CoalesceExpr':
    case 'MinMaxExpr':
      return widest(
        scope,
        expr.args.map((arg) => numericShape(scope, arg)),
      )
    case 'ArrayExpr':
      return widest(
        scope,
        expr.elements.map((element) => numericShape(scope, element)),
      )
    case 'NullIfExpr':
      return expr.args[0] === undefined ? dialect.numeric.unknown : numericShape(scope, expr.args[0])
    case 'RelabelType':
    case 'CollateExpr':
    case 'NamedArgExpr':
    case 'CoerceToDomain':
    case 'ArrayCoerceExpr':
      return numericShape(scope, expr.arg)
    case 'ReturningExpr':
      return numericShape(scope, expr.retexpr)
    case 'SubscriptingRef':
      return numericShape(scope, expr.refexpr)
    case 'SubLink':
      return expr.subLinkType === 'expr' || expr.subLinkType === 'array'
        ? shapeOfColumn(scope, expr.subselect, 1)
        : dialect.numeric.unknown
    default:
      return dialect.numeric.unknown
  }
}

function shapeOfText(value: string, unknown: NumericShape): NumericShape {
  const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(value)
  if (digits === null) return unknown
  const scale = digits[2]?.length ?? 0
  return { precision: Math.max(1, (digits[1] ?? '').replace(/^0+/, '').length + scale), scale }
}

/** A shape that holds the values of all. */
export function widest(scope: Scope, shapes: readonly NumericShape[]): NumericShape {
  const { digitsMax, unknown } = scope.printer.dialect.numeric
  if (shapes.length === 0) return unknown
  const scale = Math.max(...shapes.map((shape) => shape.scale))
  const whole = Math.max(...shapes.map((shape) => shape.precision - shape.scale))
  return { precision: Math.min(digitsMax, whole + scale), scale }
}

function shapeOfVar(scope: Scope, expr: Var): NumericShape {
  const { unknown } = scope.printer.dialect.numeric
  const level = outer(scope, expr.varlevelsup)
  const { rte } = entryOf(level, expr.varno)
  const at = expr.varattno - 1
  switch (rte.rtekind) {
    case 'join': {
      const merged = rte.joinaliasvars[at]
      return merged === null || merged === undefined ? unknown : numericShape(level, merged)
    }
    case 'group': {
      const grouped = rte.groupexprs[at]
      return grouped === undefined ? unknown : numericShape(level, grouped)
    }
    case 'subquery':
      return shapeOfColumn(level, rte.subquery, expr.varattno)
    case 'cte': {
      const { cte, scope: home } = findCte(level, rte)
      return cte.cterecursive ? unknown : shapeOfColumn(home, cte.ctequery, expr.varattno)
    }
    case 'values':
      return widest(
        level,
        rte.values_lists.flatMap((row) => (row[at] === undefined ? [] : [numericShape(level, row[at])])),
      )
    case 'function': {
      const call = rte.functions.length === 1 ? rte.functions[0]?.funcexpr : undefined
      return call === undefined || rte.functions[0]?.funccolcount !== 1 ? unknown : numericShape(level, call)
    }
    default:
      return unknown
  }
}

/** The shape of a subquery's column, numbered from 1. */
export function shapeOfColumn(parent: Scope, query: Query, attno: number): NumericShape {
  const { unknown } = parent.printer.dialect.numeric
  const scope = scopeOf(parent.printer, query, parent)
  const target = visibleTargets(query)[attno - 1]
  if (target === undefined) return unknown
  if (query.setOperations === null) return numericShape(scope, target.expr)
  return widest(scope, operandShapes(scope, query.setOperations, attno))
}

export function operandShapes(scope: Scope, operand: SetOperand, attno: number): NumericShape[] {
  if (operand.kind === 'SetOperationStmt')
    return [...operandShapes(scope, operand.larg, attno), ...operandShapes(scope, operand.rarg, attno)]
  const { rte } = entryOf(scope, operand.rtindex)
  return rte.rtekind === 'subquery' ? [shapeOfColumn(scope, rte.subquery, attno)] : []
}

function shapeOfFunction(scope: Scope, expr: Expr, funcid: number, args: readonly Expr[]): NumericShape {
  const { catalog, dialect } = scope.printer
  const { digitsMax, unknown, quotientScale } = dialect.numeric
  const info = functionOf(scope, funcid)
  const key = functionKey(catalog, info)
  const told = dialect.answers.scalar(key)?.shape
  if (told !== undefined) return told(createCall(scope, expr, info, args, null))
  const shape = (index: number): NumericShape => {
    const arg = args[index]
    return arg === undefined ? unknown : numericShape(scope, arg)
  }
  const whole = (precision: number): NumericShape => ({ precision, scale: 0 })
  switch (key) {
    case 'numeric_add':
    case 'numeric_sub': {
      const both = widest(scope, [shape(0), shape(1)])
      return { precision: Math.min(digitsMax, both.precision + 1), scale: both.scale }
    }
    case 'numeric_mul': {
      const [left, right] = [shape(0), shape(1)]
      const scale = Math.min(digitsMax - 1, left.scale + right.scale)
      return { precision: Math.min(digitsMax, left.precision + right.precision), scale }
    }
    case 'numeric_div':
      return { precision: digitsMax, scale: quotientScale(shape(0)) }
    case 'numeric_mod':
      return widest(scope, [shape(0), shape(1)])
    case 'numeric_abs':
    case 'numeric_uminus':
    case 'numeric_uplus':
    case 'numeric':
      return shape(0)
    case 'numeric_round':
    case 'numeric_trunc': {
      const places = args[1] === undefined ? undefined : constantInteger(scope.printer, args[1])
      if (places === undefined || places === null) return shape(0)
      return { precision: digitsMax, scale: Math.min(Math.max(0, places), digitsMax - 1) }
    }
    case 'round(numeric)':
    case 'trunc(numeric)':
    case 'numeric_ceil':
    case 'numeric_floor':
    case 'numeric_sign':
      return whole(digitsMax)
    case 'int2_numeric':
      return whole(5)
    case 'int4_numeric':
      return whole(10)
    case 'int8_numeric':
      return whole(19)
    case 'generate_series_numeric':
    case 'generate_series_step_numeric':
      return widest(
        scope,
        args.map((_, index) => shape(index)),
      )
    case 'array_append':
    case 'array_prepend':
    case 'array_cat':
    case 'array_remove':
      return widest(
        scope,
        args.map((_, index) => shape(index)),
      )
    case 'array_unnest':
      return shape(0)
    default:
      return unknown
  }
}

/** Digits before the point that sums are given room for when they are divided. */
const SUM_DIGITS = 28

function shapeOfAggregate(scope: Scope, funcid: number, args: readonly Expr[]): NumericShape {
  const { digitsMax, unknown, quotientScale } = scope.printer.dialect.numeric
  const info = functionOf(scope, funcid)
  const first = args[0]
  const argument = first === undefined ? unknown : numericShape(scope, first)
  switch (info.name) {
    case 'sum':
      return { precision: digitsMax, scale: argument.scale }
    case 'avg':
      return {
        precision: digitsMax,
        scale: quotientScale({ precision: SUM_DIGITS, scale: argument.scale }),
      }
    case 'min':
    case 'max':
    case 'any_value':
    case 'array_agg':
    case 'mode':
    case 'percentile_disc':
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return argument
    case 'lag':
    case 'lead': {
      const otherwise = args[2]
      return otherwise === undefined ? argument : widest(scope, [argument, numericShape(scope, otherwise)])
    }
    default:
      return unknown
  }
}

/** The engine's type of an expression. */
export function typeNameOf(scope: Scope, expr: Expr): string {
  const { dialect, catalog } = scope.printer
  const type = typeOf(catalog, expr)
  if (type === oid.RECORD) {
    const fields = fieldsOf(scope, expr) ?? refuseRecord()
    return dialect.rowTypeName(fields.map((field) => ({ name: field.name, type: typeNameOf(field.scope, field.expr) })))
  }
  if (type === oid.RECORD_ARRAY) return dialect.arrayTypeName(elementTypeName(scope, expr))
  return dialect.typeName(catalog, type, -1, numericShape(scope, expr))
}

/** Of an array of rows without a declared type. */
function elementTypeName(scope: Scope, expr: Expr): string {
  if (expr.kind === 'ArrayExpr' && expr.elements[0] !== undefined) return typeNameOf(scope, expr.elements[0])
  if (expr.kind === 'Aggref' && expr.args[0] !== undefined) return typeNameOf(scope, expr.args[0].expr)
  if (expr.kind === 'SubLink' && expr.subLinkType === 'array') {
    const target = visibleTargets(expr.subselect)[0]
    if (target !== undefined) return typeNameOf(scopeOf(scope.printer, expr.subselect, scope), target.expr)
  }
  return refuseRecord()
}

function refuseRecord(): never {
  throw unsupported('a record whose fields are not known here')
}
