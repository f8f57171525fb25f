import type { TargetEntry } from '../compiler/tree/node.ts'
import { DIVISION_SCALE, MINIMAL_SCALE, type OutputColumn, type OutputSource } from './engine-sql.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { quotientParts } from './quotient.ts'
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
  const parts = isAlone ? null : quotientParts(scope, target.expr)
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

/** The RETURNING list, printed; what its Vars mean is set on the target's entry. In WITH the statement reads it, not the client. */
export function returningList(scope: Scope): { items: string[]; columns: OutputColumn[] } {
  const { dialect, catalog } = scope.printer
  const targets = visibleTargets(scope.query)
  const items = targets.map(({ expr }) => {
    const printed = expression(scope, expr)
    return scope.parent === null ? dialect.show(typeOf(catalog, expr), typmodOf(expr), printed) : printed
  })
  const columns = targets.map((target, index) => ({
    typeOid: typeOf(catalog, target.expr),
    typmod: typmodOf(target.expr),
    source: source(scaleOf(scope, target.expr), index),
  }))
  return { items, columns }
}
