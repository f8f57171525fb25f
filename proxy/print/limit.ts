import type { Expr, TargetEntry } from '../compiler/tree/node.ts'
import { PgError, unsupported } from '../error.ts'
import { columnNames } from './column-list.ts'
import { constantInteger } from './constant.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { direction, notOrdinal, targetOf } from './sort.ts'

/** ` LIMIT … OFFSET …`. A NULL limit is no limit. */
export function limitClause(scope: Scope): string {
  const { limitCount, limitOffset } = scope.query
  const { abilities } = scope.printer.dialect
  const count = bound(scope, limitCount, LIMIT)
  const offset = bound(scope, limitOffset, OFFSET)
  if (!abilities.limitOfExpression && [count, offset].some((one) => one !== null && !/^\d+$/.test(one)))
    throw unsupported('LIMIT or OFFSET of an expression that is not constant')
  const parts = [count === null ? '' : ` LIMIT ${count}`, offset === null ? '' : ` OFFSET ${offset}`]
  return (abilities.limitBeforeOffset ? parts : parts.toReversed()).join('')
}

type Bound = { readonly word: string; readonly code: string }
const LIMIT: Bound = { word: 'LIMIT', code: '2201W' }
const OFFSET: Bound = { word: 'OFFSET', code: '2201X' }

function bound(scope: Scope, expr: Expr | null, { word, code }: Bound): string | null {
  if (expr === null) return null
  const constant = constantInteger(scope.printer, expr)
  if (constant === null) return null
  if (constant !== undefined && constant < 0) throw new PgError(code, `${word} must not be negative`)
  return constant === undefined ? `(${expression(scope, expr)})` : String(constant)
}

/**
 * FETCH FIRST n ROWS WITH TIES: rank() gives a row the position at which its peers begin, so all peers of the n-th row
 * stay; what OFFSET skips is counted by row_number(), which parts peers.
 */
export function withTies(
  scope: Scope,
  /** The query, with `hidden` columns after its own. */
  bodyWith: (hidden: string) => string,
  width: number,
  positions: ReadonlyMap<TargetEntry, number>,
): string {
  const { query, printer } = scope
  const alias = printer.alias('w')
  const columns = columnNames(width)
  const shown = columns.map((column) => `${alias}.${column}`).join(', ')
  const sorts = query.sortClause.map((clause) => {
    const target = targetOf(query.targetList, clause)
    const position = positions.get(target)
    return { clause, position, printed: position === undefined ? notOrdinal(expression(scope, target.expr)) : '' }
  })
  const extra = sorts.filter((sort) => sort.position === undefined)
  const keys = sorts.map(({ clause, position }, index) => {
    const name = position === undefined ? `k${index + 1}` : `c${position}`
    return `${alias}.${name} ${direction(clause)}`
  })
  const hidden = extra.map((sort) => `, ${sort.printed} AS k${sorts.indexOf(sort) + 1}`).join('')
  const inner = bodyWith(hidden)
  const order = keys.join(', ')
  const ranked = `SELECT ${shown}, rank() OVER (ORDER BY ${order}) AS r, row_number() OVER (ORDER BY ${order}) AS n FROM (${inner}) AS ${alias}`
  const outer = printer.alias('w')
  const count = bound(scope, query.limitCount, LIMIT)
  const offset = bound(scope, query.limitOffset, OFFSET) ?? '0'
  const kept = count === null ? '' : ` AND ${outer}.r <= ${offset} + ${count}`
  return `SELECT ${columns.map((column) => `${outer}.${column}`).join(', ')} FROM (${ranked}) AS ${outer} WHERE ${outer}.n > ${offset}${kept} ORDER BY ${outer}.n`
}
