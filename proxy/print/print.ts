import type { TargetEntry } from '../compiler/tree/node.ts'
import type { Routed } from '../query/stage.ts'
import type { Dialect } from './dialect.ts'
import type { EngineSql, OutputColumn } from './engine-sql.ts'
import { printColumn, printExpression } from './expression.ts'
import { fromClause } from './from.ts'
import { modification } from './modify.ts'
import { modifyingWith } from './modifying-with.ts'
import { printedShape, typeNameOf } from './numeric.ts'
import type { PrintOptions } from './options.ts'
import { output, source } from './output.ts'
import { printSubquery, selectStatement } from './query.ts'
import { printedText } from './quotient.ts'
import { scaleOfTarget } from './scale.ts'
import { createPrinter, type Parts, type Scope, scopeOf } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'

const PARTS: Parts = {
  expression: printExpression,
  column: printColumn,
  subquery: printSubquery,
  numericShape: printedShape,
  typeName: typeNameOf,
  text: printedText,
  from: fromClause,
}

/** SQL for the engine that the statement was routed to. */
export function print(routed: Routed, dialect: Dialect, options: PrintOptions): EngineSql {
  const { compiled } = routed.confined
  const printer = createPrinter(dialect, compiled.catalog, options, PARTS, compiled.query)
  const scope = scopeOf(printer, compiled.query, null)
  if (compiled.query.hasModifyingCTE || compiled.query.commandType !== 'select') {
    const changed = compiled.query.hasModifyingCTE ? modifyingWith(scope, select) : modification(scope)
    return { dialect: dialect.name, ...changed, statements: changed.statements.map(dialect.statement) }
  }
  const { sql, columns } = select(scope)
  return { dialect: dialect.name, statements: [dialect.statement(sql)], columns, countOf: null }
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
    columns: visible.map((target, index) => ({
      ...resultType(scope, target),
      source: source(scaleOfTarget(scope, target), index),
    })),
  }
}

function resultType(scope: Scope, target: TargetEntry): Pick<OutputColumn, 'typeOid' | 'typmod'> {
  return { typeOid: typeOf(scope.printer.catalog, target.expr), typmod: typmodOf(target.expr) }
}
