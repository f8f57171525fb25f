import type { TargetEntry } from '../compiler/tree/node.ts'
import { siblingAggregate } from './aggregate.ts'
import type { OutputColumn, OutputSource } from './engine-sql.ts'
import { functionOf } from './function-call.ts'
import { functionKey } from './key.ts'
import { isQuotient, typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'

export function source(scope: Scope, target: TargetEntry, index: number): OutputSource {
  return { kind: isQuotient(scope, target.expr) ? 'divisionScale' : 'column', index }
}

/** What the engine computes for one column of the result, and what is then made of it. */
export function output(scope: Scope, target: TargetEntry, index: number): { printed: string[]; source: OutputSource } {
  const parts = scope.query.distinctClause.length === 0 ? quotientParts(scope, target) : null
  if (parts !== null) return { printed: parts, source: { kind: 'quotient', dividend: index, divisor: index + 1 } }
  const type = typeOf(scope.printer.catalog, target.expr)
  const printed = scope.printer.dialect.show(type, typmodOf(target.expr), expression(scope, target.expr))
  return { printed: [asShown(scope, target, printed)], source: source(scope, target, index) }
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
    return [expression(scope, left), expression(scope, right)]
  }
  if (expr.kind !== 'Aggref' && expr.kind !== 'WindowFunc') return null
  if (typeOf(catalog, expr) !== oid.NUMERIC) return null
  if (functionOf(scope, expr.kind === 'Aggref' ? expr.aggfnoid : expr.winfnoid).name !== 'avg') return null
  const sum = siblingAggregate(scope, expr, 'sum')
  // Sums of whole numbers come as HUGEINT, which is no numeric.
  const first = expr.kind === 'Aggref' ? expr.args[0]?.expr : expr.args[0]
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
    source: source(scope, target, index),
  }))
  return { items, columns }
}
