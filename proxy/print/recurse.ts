import type { Expr, Query, Var } from '../compiler/tree/node.ts'
import type { NumericShape } from './answer.ts'
import type { ColumnType, Scope } from './scope.ts'

/**
 * The ways in which one part of the printer calls another one above it. They go through the Printer, which print.ts puts
 * together, so that the files below need not import those that import them.
 */

/** Prints an expression so that it can stand anywhere in another one. */
export function expression(scope: Scope, expr: Expr): string {
  return scope.printer.parts.expression(scope, expr)
}

/** A column of a range table entry; `expr` says which image of a modified row is meant, and the type of a whole row. */
export function column(scope: Scope, varno: number, attno: number, expr?: Var): string {
  return scope.printer.parts.column(scope, varno, attno, expr)
}

/** A query below another, as `SELECT …`: its columns are called c1, c2 … `types`: what its columns are cast to; `ordinal`: one column more, each row's place. */
export function subquery(parent: Scope, query: Query, types?: readonly ColumnType[], ordinal = false): string {
  return parent.printer.parts.subquery(parent, query, types, ordinal)
}

export function numericShape(scope: Scope, expr: Expr): NumericShape {
  return scope.printer.parts.numericShape(scope, expr)
}

/** The engine's type of an expression. */
export function typeName(scope: Scope, expr: Expr): string {
  return scope.printer.parts.typeName(scope, expr)
}

/** What the type's output function writes of an expression's value; null: the engine cannot. */
export function textOf(scope: Scope, expr: Expr): string | null {
  return scope.printer.parts.text(scope, expr)
}
