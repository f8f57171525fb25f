import type { TargetEntry } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import type { Routed } from '../query/stage.ts'
import { siblingAggregate } from './aggregate.ts'
import type { Dialect } from './dialect.ts'
import { DUCKDB } from './duckdb/dialect.ts'
import type { EngineSql, OutputColumn, OutputSource } from './engine-sql.ts'
import { printColumn, printExpression } from './expression.ts'
import { functionOf } from './function-call.ts'
import { functionKey } from './key.ts'
import { isQuotient, printedShape, typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import type { PrintOptions } from './options.ts'
import { printSubquery, selectStatement } from './query.ts'
import { expression } from './recurse.ts'
import { createPrinter, type Parts, type Scope, scopeOf } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'

const DIALECTS: Readonly<Partial<Record<Routed['engine'], Dialect>>> = { duckdb: DUCKDB }

const PARTS: Parts = {
  expression: printExpression,
  column: printColumn,
  subquery: printSubquery,
  numericShape: printedShape,
}

/** SQL for the engine that the statement was routed to. */
export function print(routed: Routed, options: PrintOptions): EngineSql {
  const dialect = DIALECTS[routed.engine]
  if (dialect === undefined) throw unsupported(`engine ${routed.engine}`)
  const { compiled } = routed.confined
  const printer = createPrinter(dialect, compiled.catalog, options, PARTS)
  const scope = scopeOf(printer, compiled.query, null)
  if (compiled.query.commandType !== 'select') throw unsupported('a data-modifying statement')
  const { sql, columns } = select(scope)
  return { dialect: dialect.name, statements: [sql], columns, countOf: null }
}

/** The statement's own query: what it shows is the client's, so a division is left to PostgreSQL's rule. */
function select(scope: Scope): { sql: string; columns: OutputColumn[] } {
  const visible = visibleTargets(scope.query)
  const columns: OutputColumn[] = []
  let count = 0
  const items = (target: TargetEntry) => {
    const { printed, source } = output(scope, target, count)
    columns.push({ ...resultType(scope, target), source })
    count += printed.length
    return printed
  }
  const sql = selectStatement(scope, { items })
  if (scope.query.setOperations === null) return { sql, columns }
  return {
    sql,
    columns: visible.map((target, index) => ({ ...resultType(scope, target), source: source(scope, target, index) })),
  }
}

function resultType(scope: Scope, target: TargetEntry): Pick<OutputColumn, 'typeOid' | 'typmod'> {
  return { typeOid: typeOf(scope.printer.catalog, target.expr), typmod: typmodOf(target.expr) }
}

function source(scope: Scope, target: TargetEntry, index: number): OutputSource {
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
