import type { Expr, Query, Var } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { column, expression } from './recurse.ts'
import { entryOf, findCte, outer, type Scope, scopeOf } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'

export type RowColumn = { readonly name: string; readonly sql: string; readonly attno: number }

/** The columns that a range table entry shows, printed. Names are those of the row type it has in PostgreSQL. */
export function columnsOf(scope: Scope, varno: number): readonly RowColumn[] {
  return shownColumns(scope, varno).map(({ name, attno }) => ({ name, attno, sql: column(scope, varno, attno) }))
}

function shownColumns(scope: Scope, varno: number): readonly { name: string; attno: number }[] {
  const { rte } = entryOf(scope, varno)
  return columnNames(scope, varno).flatMap((name, index) =>
    name === null || (rte.rtekind === 'join' && rte.joinaliasvars[index] === null) ? [] : [{ name, attno: index + 1 }],
  )
}

function columnNames(scope: Scope, varno: number): readonly (string | null)[] {
  const { rte } = entryOf(scope, varno)
  if (rte.rtekind === 'relation') {
    const relation = scope.printer.catalog.relation(rte.relid)
    if (relation === undefined) throw unsupported('a relation that is not there')
    return relation.columns.map((one) => one?.name ?? null)
  }
  return (rte.eref?.colnames ?? []).map((name) => name.userText)
}

/** The fields of a row-valued expression, printed. */
export function rowFields(scope: Scope, expr: Expr): readonly { name: string; sql: string }[] {
  const { dialect } = scope.printer
  if (expr.kind === 'RowExpr') {
    const names = rowNames(scope, expr)
    return expr.args.map((arg, index) => ({ name: names[index] ?? '', sql: expression(scope, arg) }))
  }
  if (expr.kind === 'Var' && expr.varattno === 0) return columnsOf(outer(scope, expr.varlevelsup), expr.varno)
  const names = relationNames(scope, typeOf(scope.printer.catalog, expr)) ?? fieldsOf(scope, expr)?.map(nameOf)
  if (names === undefined) throw unsupported('a field of a record whose shape is not known')
  const printed = expression(scope, expr)
  return names.map((name, index) => ({ name, sql: dialect.field(printed, name, index + 1) }))
}

const nameOf = ({ name }: { readonly name: string }) => name

function relationNames(scope: Scope, type: number): readonly string[] | undefined {
  const { catalog } = scope.printer
  const relation = catalog.relation(catalog.type(type)?.relation ?? 0)
  return relation?.columns.flatMap((one) => (one === null ? [] : [one.name]))
}

/** Of ROW(…): those of the row type it makes, or f1, f2 … */
export function rowNames(scope: Scope, expr: Extract<Expr, { kind: 'RowExpr' }>): readonly string[] {
  const names = relationNames(scope, expr.row_typeid)
  return expr.args.map((_, index) => names?.[index] ?? expr.colnames[index]?.userText ?? `f${index + 1}`)
}

/** A field of a row without a declared type: an expression of its own scope says what it is. */
export type Field = { readonly name: string; readonly scope: Scope; readonly expr: Expr }

/** What a record is made of, seen through subqueries; null: nobody can tell. */
export function fieldsOf(scope: Scope, expr: Expr): readonly Field[] | null {
  switch (expr.kind) {
    case 'RowExpr': {
      const names = rowNames(scope, expr)
      return expr.args.map((arg, index) => ({ name: names[index] ?? '', scope, expr: arg }))
    }
    case 'Var':
      return fieldsOfVar(outer(scope, expr.varlevelsup), expr)
    case 'SubLink':
      return expr.subLinkType === 'expr' ? fieldsOfColumn(scope, expr.subselect, 1) : null
    case 'CoalesceExpr':
      return firstOf(scope, expr.args)
    case 'CaseExpr':
      return firstOf(
        scope,
        expr.args.map((when) => when.result),
      )
    default:
      return null
  }
}

function firstOf(scope: Scope, exprs: readonly Expr[]): readonly Field[] | null {
  for (const expr of exprs) {
    const fields = fieldsOf(scope, expr)
    if (fields !== null) return fields
  }
  return null
}

function fieldsOfColumn(parent: Scope, query: Query, attno: number): readonly Field[] | null {
  const target = visibleTargets(query)[attno - 1]
  return target === undefined ? null : fieldsOf(scopeOf(parent.printer, query, parent), target.expr)
}

function fieldsOfVar(level: Scope, expr: Var): readonly Field[] | null {
  const { rte } = entryOf(level, expr.varno)
  if (expr.varattno === 0) {
    const fields = shownColumns(level, expr.varno).map(({ name, attno }) => {
      const one = columnExpr(level, expr, attno)
      return one === null ? null : { name, scope: level, expr: one }
    })
    return fields.every((field) => field !== null) ? fields : null
  }
  switch (rte.rtekind) {
    case 'subquery':
      return fieldsOfColumn(level, rte.subquery, expr.varattno)
    case 'cte': {
      const { cte, scope: home } = findCte(level, rte)
      return fieldsOfColumn(home, cte.ctequery, expr.varattno)
    }
    case 'join':
    case 'group': {
      const one = (rte.rtekind === 'join' ? rte.joinaliasvars : rte.groupexprs)[expr.varattno - 1]
      return one === null || one === undefined ? null : fieldsOf(level, one)
    }
    default:
      return null
  }
}

/** One column of a range table entry whose whole row is `row`; null: its type is not in the tree. */
function columnExpr(level: Scope, row: Var, attno: number): Expr | null {
  const { catalog } = level.printer
  const { rte } = entryOf(level, row.varno)
  const at = attno - 1
  const variable = (vartype: number | undefined, vartypmod = -1): Expr | null =>
    vartype === undefined ? null : { ...row, varlevelsup: 0, varattno: attno, vartype, vartypmod }
  switch (rte.rtekind) {
    case 'relation': {
      const found = catalog.relation(rte.relid)?.columns[at]
      return variable(found?.typeOid, found?.typmod)
    }
    case 'subquery': {
      const target = visibleTargets(rte.subquery)[at]
      return target === undefined ? null : variable(typeOf(catalog, target.expr), typmodOf(target.expr))
    }
    case 'cte':
    case 'values':
      return variable(rte.coltypes[at], rte.coltypmods[at])
    case 'join':
      return rte.joinaliasvars[at] ?? null
    case 'function': {
      const call = rte.functions[at]
      return call?.funccolcount === 1 && rte.functions.every((one) => one.funccolcount === 1)
        ? variable(typeOf(catalog, call.funcexpr))
        : null
    }
    default:
      return null
  }
}
