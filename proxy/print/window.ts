import type { Expr, WindowClause, WindowFunc } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { constantOf } from './constant.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { sortItem, targetOf } from './sort.ts'
import { typeOf } from './type-of.ts'

/** FRAMEOPTION_ bits of parsenodes.h */
const FRAME = {
  nondefault: 0x1,
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetPreceding: 0x1000,
  startOffsetFollowing: 0x2000,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const

export function overClause(scope: Scope, expr: WindowFunc): string {
  const clause = scope.query.windowClause.find((one) => one.winref === expr.winref)
  if (clause === undefined) throw unsupported('a window that is not there')
  return ` OVER (${windowParts(scope, clause).join(' ')})`
}

function windowParts(scope: Scope, clause: WindowClause): string[] {
  const { targetList } = scope.query
  const partition = clause.partitionClause.map((one) => expression(scope, targetOf(targetList, one).expr))
  const { dialect, catalog } = scope.printer
  const odd = clause.partitionClause.find(
    (one) => !dialect.identifies(catalog, typeOf(catalog, targetOf(targetList, one).expr)),
  )
  if (odd !== undefined) throw unsupported('PARTITION BY of a value of this type')
  const order = clause.orderClause.map((one) => sortItem(scope, targetOf(targetList, one).expr, one))
  return [
    ...(partition.length === 0 ? [] : [`PARTITION BY ${partition.join(', ')}`]),
    ...(order.length === 0 ? [] : [`ORDER BY ${order.join(', ')}`]),
    ...frame(scope, clause),
  ]
}

function frame(scope: Scope, clause: WindowClause): string[] {
  const has = (option: number) => (clause.frameOptions & option) !== 0
  if (!has(FRAME.nondefault)) return []
  const mode = has(FRAME.range) ? 'RANGE' : has(FRAME.rows) ? 'ROWS' : 'GROUPS'
  const start = has(FRAME.startUnboundedPreceding)
    ? 'UNBOUNDED PRECEDING'
    : has(FRAME.startCurrentRow)
      ? 'CURRENT ROW'
      : `${frameOffset(scope, clause, clause.startOffset)} ${has(FRAME.startOffsetPreceding) ? 'PRECEDING' : 'FOLLOWING'}`
  const end = has(FRAME.endUnboundedFollowing)
    ? 'UNBOUNDED FOLLOWING'
    : has(FRAME.endCurrentRow)
      ? 'CURRENT ROW'
      : `${frameOffset(scope, clause, clause.endOffset)} ${has(FRAME.endOffsetPreceding) ? 'PRECEDING' : 'FOLLOWING'}`
  const exclude = has(FRAME.excludeCurrentRow)
    ? ['EXCLUDE CURRENT ROW']
    : has(FRAME.excludeGroup)
      ? ['EXCLUDE GROUP']
      : has(FRAME.excludeTies)
        ? ['EXCLUDE TIES']
        : []
  if (exclude.length > 0 && !scope.printer.dialect.abilities.frameExclusion)
    throw unsupported('EXCLUDE in the frame of a window')
  return [`${mode} BETWEEN ${start} AND ${end}`, ...exclude]
}

function orderType(scope: Scope, clause: WindowClause): number {
  const [first] = clause.orderClause
  return first === undefined ? 0 : typeOf(scope.printer.catalog, targetOf(scope.query.targetList, first).expr)
}

function frameOffset(scope: Scope, clause: WindowClause, offset: Expr | null): string {
  if (offset === null) throw unsupported('a window frame without its offset')
  const { printer } = scope
  const constant = constantOf(printer, offset)
  const whole = oid.INTEGER_DIGITS.has(typeOf(printer.catalog, offset))
  if (whole && typeof constant === 'string') return constant
  const type = typeOf(printer.catalog, offset)
  const printed = printer.dialect.frameOffset(type, constant, () => expression(scope, offset), {
    type: orderType(scope, clause),
    timeZone: printer.options.style.timeZone,
  })
  if (printed === null) throw unsupported(`a window frame by an offset of type ${printer.catalog.type(type)?.name}`)
  return printed
}
