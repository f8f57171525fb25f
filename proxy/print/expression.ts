import { unreachable } from '../assert.ts'
import type {
  CaseExpr,
  Expr,
  MinMaxExpr,
  NullIfExpr,
  NullTest,
  RowExpr,
  SQLValueFunction,
  SubscriptingRef,
  Var,
} from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { aggregate, groupingFunction, windowFunction } from './aggregate.ts'
import { coerceArray, coerceThroughText, relabel } from './coerce.ts'
import { arrayComparison, compareRows } from './compare.ts'
import { constantOf, isManyDimensional } from './constant.ts'
import { functionCall, operatorFunction } from './function-call.ts'
import { typeNameOf } from './numeric.ts'
import * as oid from './oid.ts'
import { column, expression } from './recurse.ts'
import { columnsOf, rowFields } from './row.ts'
import { entryOf, outer, PRESENT, type Scope } from './scope.ts'
import { subLink } from './sublink.ts'
import { typeOf } from './type-of.ts'

/** The one switch over every kind of expression. */
export function printExpression(scope: Scope, expr: Expr): string {
  const { printer } = scope
  const constant = constantOf(printer, expr)
  if (constant !== undefined) return constantLiteral(scope, expr, constant)
  switch (expr.kind) {
    case 'Var':
      return variable(scope, expr)
    case 'Param':
      return parameter(scope, expr)
    case 'BoolExpr': {
      const args = expr.args.map((arg) => expression(scope, arg))
      if (expr.boolop === 'not') return `(NOT ${args[0]})`
      return `(${args.join(expr.boolop === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'OpExpr':
      return functionCall(scope, expr, operatorFunction(scope, expr), expr.args, expr.opno)
    case 'FuncExpr':
      return functionCall(scope, expr, expr.funcid, expr.args, null)
    case 'DistinctExpr': {
      requireIdentity(scope, expr.args, 'IS DISTINCT FROM')
      const [left, right] = expr.args.map((arg) => expression(scope, arg))
      return `(${left} IS DISTINCT FROM ${right})`
    }
    case 'NullIfExpr':
      return nullIf(scope, expr)
    case 'ScalarArrayOpExpr':
      return arrayComparison(scope, expr)
    case 'RowCompareExpr': {
      requirePlain(scope, [...expr.largs, ...expr.rargs], 'a comparison of rows')
      const left = expr.largs.map((arg) => expression(scope, arg))
      const right = expr.rargs.map((arg) => expression(scope, arg))
      return compareRows(left, right, expr.cmptype)
    }
    case 'RelabelType':
      return relabel(scope, expr)
    case 'CoerceViaIO':
      return coerceThroughText(scope, expr)
    case 'ArrayCoerceExpr':
      return coerceArray(scope, expr)
    case 'CollateExpr':
    case 'NamedArgExpr':
    case 'CoerceToDomain':
    case 'ConvertRowtypeExpr':
      return expression(scope, expr.arg)
    case 'ReturningExpr':
      return expression(scope, expr.retexpr)
    case 'CaseExpr':
      return caseExpression(scope, expr)
    case 'CaseTestExpr':
    case 'CoerceToDomainValue':
      return printer.caseTests.at(-1) ?? refuse('a value without its CASE')
    case 'CoalesceExpr':
      return `COALESCE(${expr.args.map((arg) => expression(scope, arg)).join(', ')})`
    case 'MinMaxExpr':
      return minMax(scope, expr)
    case 'SQLValueFunction':
      return valueFunction(scope, expr)
    case 'NullTest':
      return nullTest(scope, expr)
    case 'BooleanTest':
      return `(${expression(scope, expr.arg)} ${BOOLEAN_TESTS[expr.booltesttype]})`
    case 'ArrayExpr':
      return printer.dialect.array(
        expr.elements.map((element) => expression(scope, element)),
        () => typeNameOf(scope, expr),
      )
    case 'RowExpr':
      return rowConstructor(scope, expr)
    case 'FieldSelect':
      return fieldSelect(scope, expr)
    case 'SubscriptingRef':
      return subscript(scope, expr)
    case 'SubLink':
      return subLink(scope, expr)
    case 'Aggref':
      return aggregate(scope, expr)
    case 'WindowFunc':
      return windowFunction(scope, expr)
    case 'GroupingFunc':
      return groupingFunction(scope, expr)
    case 'MergeSupportFunc':
      return printer.mergeActions.at(-1) ?? refuse('merge_action()')
    case 'FieldStore':
      return refuse('assignment to a field of a composite value')
    case 'NextValueExpr':
      return refuse('a sequence')
    case 'SetToDefault':
      return refuse('DEFAULT in this place')
    case 'CurrentOfExpr':
      return refuse('WHERE CURRENT OF')
    case 'XmlExpr':
      return refuse('XML')
    case 'JsonValueExpr':
      return expression(scope, expr.formatted_expr ?? expr.raw_expr)
    case 'JsonConstructorExpr': {
      if (expr.func === null) return refuse('this JSON constructor')
      return expression(scope, expr.coercion ?? expr.func)
    }
    case 'JsonIsPredicate':
      return refuse('IS JSON')
    case 'JsonExpr':
      return refuse(`JSON_${expr.op.toUpperCase()}`)
    case 'Const':
      return refuse('a constant of an unknown kind')
    default:
      return unreachable(expr)
  }
}

function minMax(scope: Scope, expr: MinMaxExpr): string {
  const { dialect } = scope.printer
  const args = expr.args.map((arg) => expression(scope, arg))
  return expr.op === 'greatest' ? dialect.greatest(args, expr.minmaxtype) : dialect.least(args, expr.minmaxtype)
}

function nullIf(scope: Scope, expr: NullIfExpr): string {
  const { dialect, catalog } = scope.printer
  const [left, right] = expr.args
  if (left === undefined || right === undefined) return refuse('NULLIF')
  if (expr.args.every((arg) => dialect.comparesPlainly(catalog, typeOf(catalog, arg))))
    return `NULLIF(${expression(scope, left)}, ${expression(scope, right)})`
  const equal = functionCall(scope, { ...expr, kind: 'OpExpr' }, operatorFunction(scope, expr), expr.args, expr.opno)
  return `(CASE WHEN ${equal} THEN NULL ELSE ${expression(scope, left)} END)`
}

/** What an engine compares by itself must be compared as PostgreSQL does. */
function requirePlain(scope: Scope, exprs: readonly Expr[], what: string): void {
  const { dialect, catalog } = scope.printer
  const odd = exprs.find((expr) => !dialect.comparesPlainly(catalog, typeOf(catalog, expr)))
  if (odd !== undefined) refuse(`${what} of type ${catalog.type(typeOf(catalog, odd))?.name}`)
}

function requireIdentity(scope: Scope, exprs: readonly Expr[], what: string): void {
  const { dialect, catalog } = scope.printer
  const odd = exprs.find((expr) => !dialect.identifies(catalog, typeOf(catalog, expr)))
  if (odd !== undefined) refuse(`${what} for type ${catalog.type(typeOf(catalog, odd))?.name}`)
}

const BOOLEAN_TESTS = {
  is_true: 'IS NOT DISTINCT FROM true',
  is_not_true: 'IS DISTINCT FROM true',
  is_false: 'IS NOT DISTINCT FROM false',
  is_not_false: 'IS DISTINCT FROM false',
  is_unknown: 'IS NULL',
  is_not_unknown: 'IS NOT NULL',
} as const

function refuse(what: string): never {
  throw unsupported(what)
}

function constantLiteral(scope: Scope, expr: Expr, value: string | null): string {
  const { dialect, catalog } = scope.printer
  return dialect.literal(catalog, typeOf(catalog, expr), value, expr.kind === 'Const' ? expr.consttypmod : -1)
}

function parameter(scope: Scope, expr: Extract<Expr, { kind: 'Param' }>): string {
  const column = scope.printer.sublinkColumns.at(-1)
  if (expr.paramkind === 'sublink' && column !== undefined) return column(expr.paramid)
  if (expr.paramkind === 'multiexpr') return multiAssignment(scope, expr.paramid)
  return refuse(expr.paramkind === 'extern' ? `parameter $${expr.paramid} without a value` : 'an internal parameter')
}

/** `SET (a, b) = (SELECT x, y …)`: every parameter names a sublink by its upper half and a column of it by its lower half. */
function multiAssignment(scope: Scope, paramId: number): string {
  for (const target of scope.query.targetList) {
    if (
      target.expr.kind === 'SubLink' &&
      target.expr.subLinkType === 'multiexpr' &&
      target.expr.subLinkId === paramId >> 16
    )
      return subLink(scope, target.expr, paramId & 0xffff)
  }
  return refuse('assignment from a subquery that is not there')
}

function variable(scope: Scope, expr: Var): string {
  if (expr.varlevelsup > 0 && !scope.printer.dialect.abilities.outerGroup) {
    const { rte } = entryOf(outer(scope, expr.varlevelsup), expr.varno)
    if (rte.rtekind === 'group' && rte.groupexprs[expr.varattno - 1]?.kind !== 'Var')
      return refuse('an expression of GROUP BY in a subquery')
  }
  return column(outer(scope, expr.varlevelsup), expr.varno, expr.varattno, expr)
}

/** `expr` says which image of a modified row is meant, and the type of a whole row. */
export function printColumn(scope: Scope, varno: number, attno: number, expr?: Var): string {
  const { printer } = scope
  const entry = entryOf(scope, varno)
  const { rte } = entry
  if (rte.rtekind === 'group') {
    const grouped = rte.groupexprs[attno - 1] ?? refuse('a grouping expression that is not there')
    const printed = entry.groups[attno] ?? expression(scope, grouped)
    entry.groups[attno] = printed
    return printed
  }
  const moved = entry.columns?.(attno, expr?.varreturningtype ?? 'default')
  if (moved !== null && moved !== undefined) return moved
  if (attno === 0) return wholeRow(scope, varno, expr)
  if (rte.rtekind === 'join')
    return expression(scope, rte.joinaliasvars[attno - 1] ?? refuse('a column that is not there'))
  if (rte.rtekind !== 'relation') return `${entry.alias}.c${attno}`
  if (attno === TABLE_OID_ATTRIBUTE) return printer.dialect.literal(printer.catalog, oid.OID, String(rte.relid))
  const relation = printer.catalog.relation(rte.relid)
  const found = relation?.columns[attno - 1]
  if (relation === undefined || found === null || found === undefined) return refuse('a system column')
  const stored = relation.lake?.columns.find((one) => one.name === found.name)
  const name = `${entry.alias}.${printer.dialect.identifier(found.name)}`
  return printer.dialect.read(printer.catalog, found, stored, name)
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/access/sysattr.h */
const TABLE_OID_ATTRIBUTE = -6

function wholeRow(scope: Scope, varno: number, expr: Var | undefined): string {
  const { catalog } = scope.printer
  const entry = entryOf(scope, varno)
  const { rte, alias } = entry
  // A function of one scalar column: its "row" is the scalar.
  if (rte.rtekind === 'function' && rte.functions.length === 1 && catalog.type(expr?.vartype ?? 0)?.kind === 'b')
    return `${alias}.c1`
  const row = rowOf(scope, columnsOf(scope, varno))
  if (rte.rtekind === 'join' || expr === undefined || expr.varnullingrels.length === 0) return row
  if (entry.presence === 'printed without') return refuse('the whole row of an outer join in this place')
  entry.presence = 'asked'
  return `(CASE WHEN ${alias}.${PRESENT} THEN ${row} END)`
}

function caseExpression(scope: Scope, expr: CaseExpr): string {
  const { printer } = scope
  const tested = expr.arg === null ? null : expression(scope, expr.arg)
  if (tested !== null) printer.caseTests.push(tested)
  const whens = expr.args.map((when) => `WHEN ${expression(scope, when.expr)} THEN ${expression(scope, when.result)}`)
  if (tested !== null) printer.caseTests.pop()
  const hasElse = expr.defresult !== null && constantOf(printer, expr.defresult) !== null
  const onlyNulls = expr.args.every((when) => constantOf(printer, when.result) === null)
  const otherwise =
    expr.defresult !== null && (hasElse || onlyNulls) ? ` ELSE ${expression(scope, expr.defresult)}` : ''
  return `(CASE ${whens.join(' ')}${otherwise} END)`
}

function valueFunction(scope: Scope, expr: SQLValueFunction): string {
  const { printer } = scope
  const { dialect, catalog, options } = printer
  const text = (type: number, value: string | null) => dialect.literal(catalog, type, value)
  const now = text(oid.TIMESTAMPTZ, options.now)
  const local = () => dialect.localTime(now, options.style.timeZone)
  switch (expr.op) {
    case 'current_date':
      return dialect.cast(local(), dialect.typeName(catalog, oid.DATE))
    case 'current_timestamp':
    case 'current_timestamp_n':
      return now
    case 'localtimestamp':
    case 'localtimestamp_n':
      return local()
    case 'localtime':
    case 'localtime_n':
      return dialect.cast(local(), dialect.typeName(catalog, oid.TIME))
    case 'current_time':
    case 'current_time_n':
      return dialect.cast(now, dialect.typeName(catalog, oid.TIMETZ))
    case 'current_role':
    case 'current_user':
    case 'user':
      return text(oid.NAME, options.user)
    case 'session_user':
      return text(oid.NAME, options.sessionUser)
    case 'current_catalog':
      return text(oid.NAME, options.database)
    case 'current_schema':
      return text(oid.NAME, options.currentSchema)
    default:
      return unreachable(expr.op)
  }
}

function nullTest(scope: Scope, expr: NullTest): string {
  const test = expr.nulltesttype === 'is_null' ? 'IS NULL' : 'IS NOT NULL'
  if (!expr.argisrow) return `(${expression(scope, expr.arg)} ${test})`
  // A row is null when all its fields are, and not null when none is: both can be false.
  const fields = rowFields(scope, expr.arg)
  if (fields.length === 0) return expr.nulltesttype === 'is_null' ? 'true' : 'false'
  return `(${fields.map((field) => `${field.sql} ${test}`).join(' AND ')})`
}

function rowConstructor(scope: Scope, expr: RowExpr): string {
  return rowOf(scope, rowFields(scope, expr))
}

function rowOf(scope: Scope, fields: readonly { readonly name: string; readonly sql: string }[]): string {
  // The engine takes `a` and `A` for the same field.
  if (new Set(fields.map(({ name }) => name.toLowerCase())).size < fields.length)
    return refuse('a row with two columns of the same name')
  return scope.printer.dialect.row(fields.map(({ name, sql }) => ({ name, sql })))
}

function fieldSelect(scope: Scope, expr: Extract<Expr, { kind: 'FieldSelect' }>): string {
  if (expr.arg.kind === 'Var' && expr.arg.varattno === 0) {
    const level = outer(scope, expr.arg.varlevelsup)
    if (entryOf(level, expr.arg.varno).rte.rtekind !== 'group')
      return column(level, expr.arg.varno, expr.fieldnum, expr.arg)
  }
  const field = rowFields(scope, expr.arg)[expr.fieldnum - 1]
  return field?.sql ?? refuse('a field that is not there')
}

function subscript(scope: Scope, expr: SubscriptingRef): string {
  const { dialect } = scope.printer
  if (expr.refassgnexpr !== null) return refuse('assignment to an array element')
  if (expr.refcontainertype === oid.JSONB) return jsonbElement(scope, expr)
  if (expr.refupperindexpr.length > 1 || isManyDimensional(scope.printer, expr.refexpr))
    return refuse('a subscript of an array of several dimensions')
  const array = expression(scope, expr.refexpr)
  const bound = (one: Expr | null | undefined) => (one === null || one === undefined ? null : expression(scope, one))
  if (expr.reflowerindexpr.length > 0) {
    return dialect.slice(array, bound(expr.reflowerindexpr[0]), bound(expr.refupperindexpr[0]))
  }
  return dialect.element(array, bound(expr.refupperindexpr[0]) ?? 'NULL')
}

/** pg_proc: jsonb_extract_path(jsonb, VARIADIC text[]) */
const JSONB_EXTRACT_PATH = 3217

/** Subscripts of jsonb are a path. https://www.postgresql.org/docs/18/datatype-json.html#JSONB-SUBSCRIPTING */
function jsonbElement(scope: Scope, expr: SubscriptingRef): string {
  const nowhere = { list_start: -1, list_end: -1, location: -1 }
  const keys = expr.refupperindexpr.map((key): Expr => {
    if (key === null) return refuse('a subscript of jsonb without a value')
    if (typeOf(scope.printer.catalog, key) === oid.TEXT) return key
    const text = { resulttype: oid.TEXT, resultcollid: expr.refcollid, location: -1 }
    return { kind: 'CoerceViaIO', arg: key, ...text, coerceformat: 'implicit_cast' }
  })
  const types = { array_typeid: oid.TEXT_ARRAY, array_collid: expr.refcollid, element_typeid: oid.TEXT }
  const path: Expr = { kind: 'ArrayExpr', ...types, elements: keys, multidims: false, ...nowhere }
  return functionCall(scope, expr, JSONB_EXTRACT_PATH, [expr.refexpr, path], null)
}
