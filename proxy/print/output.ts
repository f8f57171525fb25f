import type { TargetEntry } from '../compiler/tree/node.ts'
import { siblingAggregate } from './aggregate.ts'
import { DIVISION_SCALE, MINIMAL_SCALE, type OutputColumn, type OutputSource } from './engine-sql.ts'
import { functionOf } from './function-call.ts'
import { functionKey } from './key.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import { type Scale, scaleOf } from './scale.ts'
import type { Scope } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'

export function source(scale: Scale, index: number): OutputSource {
  if (scale === DIVISION_SCALE) return { kind: 'divisionScale', index }
  if (scale === MINIMAL_SCALE) return { kind: 'minimalScale', index }
  return { kind: 'column', index }
}

/** What the engine computes for one column of the result, and what is then made of it. */
export function output(scope: Scope, target: TargetEntry, index: number): { printed: string[]; source: OutputSource } {
  // DISTINCT would tell rows apart by what is only there to write them.
  const isAlone = scope.query.distinctClause.length > 0
  const parts = isAlone ? null : quotientParts(scope, target)
  if (parts !== null) return { printed: parts, source: { kind: 'quotient', dividend: index, divisor: index + 1 } }
  const type = typeOf(scope.printer.catalog, target.expr)
  const value = scope.printer.dialect.show(type, typmodOf(target.expr), expression(scope, target.expr))
  const printed = asShown(scope, target, value)
  const scale = scaleOf(scope, target.expr)
  if (isAlone || scale === null || typeof scale === 'number')
    return { printed: [printed], source: source(scale, index) }
  return { printed: [printed, scale.sql], source: { kind: 'rowScale', index, scale: index + 1 } }
}

/** Bare NULLs and strings have no type of their own for the engine. */
function asShown(scope: Scope, target: TargetEntry, printed: string): string {
  const { dialect } = scope.printer
  return target.expr.kind === 'Const' && target.expr.consttype === oid.INT4
    ? dialect.cast(printed, typeNameOf(scope, target.expr))
    : printed
}

/** Dividend and divisor of a numeric division, sum and count of a numeric average: the gateway divides. */
function quotientParts(scope: Scope, target: TargetEntry): string[] | null {
  const { expr } = target
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

/** The RETURNING list, printed; what its Vars mean is set on the target's entry. */
export function returningList(scope: Scope): { items: string[]; columns: OutputColumn[] } {
  const { dialect, catalog } = scope.printer
  const targets = visibleTargets({ ...scope.query, targetList: scope.query.returningList })
  const items = targets.map((target) =>
    dialect.show(typeOf(catalog, target.expr), typmodOf(target.expr), expression(scope, target.expr)),
  )
  const columns = targets.map((target, index) => ({
    typeOid: typeOf(catalog, target.expr),
    typmod: typmodOf(target.expr),
    source: source(scaleOf(scope, target.expr), index),
  }))
  return { items, columns }
}
