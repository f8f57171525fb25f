import type { CatalogSnapshot } from '../compiler/compiled.ts'
import type { Expr, Query } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import * as oid from './oid.ts'

/** exprType of nodeFuncs.c: the OID of the type of an expression. */
export function typeOf(catalog: CatalogSnapshot, expr: Expr): number {
  switch (expr.kind) {
    case 'Var':
      return expr.vartype
    case 'Const':
      return expr.consttype
    case 'Param':
      return expr.paramtype
    case 'Aggref':
      return expr.aggtype
    case 'WindowFunc':
      return expr.wintype
    case 'FuncExpr':
      return expr.funcresulttype
    case 'OpExpr':
    case 'DistinctExpr':
    case 'NullIfExpr':
      return expr.opresulttype
    case 'GroupingFunc':
      return oid.INT4
    case 'MergeSupportFunc':
      return expr.msftype
    case 'SubscriptingRef':
      return expr.refrestype
    case 'NamedArgExpr':
    case 'CollateExpr':
      return typeOf(catalog, expr.arg)
    case 'FieldSelect':
    case 'FieldStore':
    case 'RelabelType':
    case 'CoerceViaIO':
    case 'ArrayCoerceExpr':
    case 'ConvertRowtypeExpr':
    case 'CoerceToDomain':
      return expr.resulttype
    case 'CaseExpr':
      return expr.casetype
    case 'CaseTestExpr':
    case 'CoerceToDomainValue':
    case 'SetToDefault':
    case 'NextValueExpr':
      return expr.typeId
    case 'ArrayExpr':
      return expr.array_typeid
    case 'RowExpr':
      return expr.row_typeid
    case 'CoalesceExpr':
      return expr.coalescetype
    case 'MinMaxExpr':
      return expr.minmaxtype
    case 'SQLValueFunction':
    case 'XmlExpr':
      return expr.type
    case 'JsonValueExpr':
      return typeOf(catalog, expr.formatted_expr ?? expr.raw_expr)
    case 'JsonConstructorExpr':
    case 'JsonExpr':
      return expr.returning.typid
    case 'ReturningExpr':
      return typeOf(catalog, expr.retexpr)
    case 'SubLink':
      return typeOfSubLink(catalog, expr)
    case 'BoolExpr':
    case 'ScalarArrayOpExpr':
    case 'RowCompareExpr':
    case 'NullTest':
    case 'BooleanTest':
    case 'JsonIsPredicate':
    case 'CurrentOfExpr':
      return oid.BOOL
    default: {
      const never: never = expr
      throw unsupported(`expression ${JSON.stringify(never)}`)
    }
  }
}

function typeOfSubLink(catalog: CatalogSnapshot, expr: Extract<Expr, { kind: 'SubLink' }>): number {
  if (expr.subLinkType !== 'expr' && expr.subLinkType !== 'array') return oid.BOOL
  const column = visibleTargets(expr.subselect)[0]
  if (column === undefined) throw unsupported('a subquery without columns')
  const type = typeOf(catalog, column.expr)
  return expr.subLinkType === 'expr' ? type : arrayTypeOf(catalog, type)
}

/** PostgreSQL has one array type for all dimensions: the array of an array is itself. */
export function arrayTypeOf(catalog: CatalogSnapshot, element: number): number {
  const info = catalog.type(element)
  if (info === undefined) return 0
  return info.element !== 0 && info.length === -1 ? element : info.array
}

/** exprTypmod of nodeFuncs.c, for the nodes that can carry one; -1: none. */
export function typmodOf(expr: Expr): number {
  switch (expr.kind) {
    case 'Var':
      return expr.vartypmod
    case 'Const':
      return expr.consttypmod
    case 'Param':
      return expr.paramtypmod
    case 'SubscriptingRef':
      return expr.reftypmod
    case 'NamedArgExpr':
    case 'CollateExpr':
      return typmodOf(expr.arg)
    case 'FieldSelect':
    case 'RelabelType':
    case 'ArrayCoerceExpr':
    case 'CoerceToDomain':
      return expr.resulttypmod
    case 'FuncExpr':
      return lengthCoercionTypmod(expr)
    case 'CaseExpr':
      return sameTypmod([...expr.args.map((when) => when.result), ...(expr.defresult === null ? [] : [expr.defresult])])
    case 'CoalesceExpr':
    case 'MinMaxExpr':
      return sameTypmod(expr.args)
    case 'ArrayExpr':
      return sameTypmod(expr.elements)
    case 'NullIfExpr':
      return expr.args[0] === undefined ? -1 : typmodOf(expr.args[0])
    case 'SubLink': {
      const column = visibleTargets(expr.subselect)[0]
      return (expr.subLinkType === 'expr' || expr.subLinkType === 'array') && column !== undefined
        ? typmodOf(column.expr)
        : -1
    }
    case 'SQLValueFunction':
      return expr.typmod
    case 'ReturningExpr':
      return typmodOf(expr.retexpr)
    default:
      return -1
  }
}

/** exprIsLengthCoercion: `numeric(x, typmod)`, `varchar(x, typmod, explicit)` carry theirs as the second argument. */
function lengthCoercionTypmod(expr: Extract<Expr, { kind: 'FuncExpr' }>): number {
  const second = expr.args[1]
  if (expr.funcformat === 'explicit_call' || expr.funcformat === 'sql_syntax') return -1
  if (second?.kind !== 'Const' || second.consttype !== oid.INT4 || second.constvalue === null) return -1
  return new DataView(second.constvalue.buffer, second.constvalue.byteOffset).getInt32(0, true)
}

function sameTypmod(exprs: readonly Expr[]): number {
  const [first, ...others] = exprs.map(typmodOf)
  return first !== undefined && others.every((typmod) => typmod === first) ? first : -1
}

/** The columns that a query shows: not the junk ones that only sort, group or identify rows. */
export function visibleTargets(query: Query): Query['targetList'] {
  const targets = query.commandType === 'select' ? query.targetList : query.returningList
  return targets.filter((target) => !target.resjunk)
}
