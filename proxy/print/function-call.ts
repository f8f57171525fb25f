import type { FunctionInfo } from '../compiler/compiled.ts'
import type { Expr } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import type { Answer, Call, NumericShape } from './answer.ts'
import { arrayElements, constantOf } from './constant.ts'
import { functionKey } from './key.ts'
import * as oid from './oid.ts'
import { expression, numericShape, textOf, typeName } from './recurse.ts'
import type { Scope } from './scope.ts'
import { sessionValue } from './session-value.ts'
import { typeOf, typmodOf } from './type-of.ts'

export function functionOf(scope: Scope, funcid: number): FunctionInfo {
  const info = scope.printer.catalog.function(funcid)
  if (info === undefined) throw unsupported(`function ${funcid}`)
  return info
}

/** What computes an operator: the rewriter makes some (for CYCLE) in which only the operator is set. */
export function operatorFunction(scope: Scope, expr: { readonly opno: number; readonly opfuncid: number }): number {
  return expr.opfuncid === 0 ? (scope.printer.catalog.operator(expr.opno)?.function ?? 0) : expr.opfuncid
}

/** How a function is called in an error: with its argument types, as PostgreSQL names it in its own. */
export function signature(scope: Scope, info: FunctionInfo): string {
  return `${info.name}(${info.arguments.map((type) => scope.printer.catalog.type(type)?.name ?? type).join(', ')})`
}

/** A call of a function or operator that gives one value; a set-returning one is unnested where it stands. */
export function functionCall(
  scope: Scope,
  node: Expr,
  funcid: number,
  args: readonly Expr[],
  operator: number | null,
): string {
  const { printer } = scope
  const info = functionOf(scope, funcid)
  const key = functionKey(printer.catalog, info)
  const session = sessionValue(printer, key)
  if (session !== null) return session
  const call = createCall(scope, node, info, args, operator)
  const printed = printAnswer(scope, info, printer.dialect.answers.scalar(key), call)
  return info.returnsSet ? (printer.dialect.unnestInPlace(printed) ?? unnestInFrom(scope, node, printed)) : printed
}

/** Several run side by side, as PostgreSQL has them, in one item of FROM. */
function unnestInFrom(scope: Scope, node: Expr, list: string): string {
  const { query, unnested, printer } = scope
  const known = unnested.get(node)
  if (known !== undefined) return known.sql
  if (query.hasAggs || query.hasWindowFuncs || query.groupClause.length > 0 || query.groupingSets.length > 0)
    throw unsupported('a set-returning function in the select list of a query with aggregates or windows')
  if (node.kind === 'FuncExpr' && node.args.some((arg) => nodesOf(arg, 'FuncExpr').some((one) => one.funcretset)))
    throw unsupported('a set-returning function of another')
  scope.unnestedAlias ??= printer.alias('u')
  const sql = `${scope.unnestedAlias}.c${unnested.size + 1}`
  unnested.set(node, { list, sql })
  return sql
}

export function printAnswer<C extends Call>(
  scope: Scope,
  info: FunctionInfo,
  answer: Answer<C> | undefined,
  call: C,
  applied: (name: string) => string = (name) => `${name}(${call.args().join(', ')})`,
): string {
  if (answer === undefined) throw unsupported(`function ${signature(scope, info)}`)
  if ('unsupported' in answer)
    throw unsupported(
      `function ${signature(scope, info)}`,
      answer.unsupported === '' ? {} : { detail: answer.unsupported },
    )
  if (!('print' in answer) && leavesOut(call, info))
    throw unsupported(`function ${signature(scope, info)} with named arguments left out`)
  if ('name' in answer) return applied(answer.name)
  if ('template' in answer) return fill(answer.template, call)
  return answer.print(call)
}

/** Arguments with defaults were left out from between named ones: only an answer that knows the defaults can tell which. */
function leavesOut(call: Call, info: FunctionInfo): boolean {
  if (call.count === info.arguments.length) return false
  return Array.from({ length: call.count }, (_, index) => call.argument(index)).some(
    ({ kind }) => kind === 'NamedArgExpr',
  )
}

/** The tree has named arguments in the order they were written in; all of them given, they go to their places. */
function inPlaces(nodes: readonly Expr[], info: FunctionInfo): readonly Expr[] {
  if (nodes.length !== info.arguments.length || !nodes.some(({ kind }) => kind === 'NamedArgExpr')) return nodes
  const placed = [...nodes]
  nodes.forEach((node, index) => {
    placed[node.kind === 'NamedArgExpr' ? node.argnumber : index] = node
  })
  return placed
}

function fill(template: string, call: Call): string {
  return template.replace(/\$([1-9T*])/g, (_, place: string) => {
    if (place === 'T') return call.resultTypeName()
    if (place === '*') return call.args().join(', ')
    return call.arg(Number(place) - 1)
  })
}

export function createCall(
  scope: Scope,
  node: Expr,
  info: FunctionInfo,
  written: readonly Expr[],
  operator: number | null,
): Call {
  const { printer } = scope
  const nodes = inPlaces(written, info)
  const { catalog, dialect, options } = printer
  const printed: string[] = []
  const resultType = typeOf(catalog, node)

  function argument(index: number): Expr {
    const found = nodes[index]
    if (found === undefined) throw unsupported(`function ${signature(scope, info)} with ${nodes.length} arguments`)
    return found
  }
  function arg(index: number): string {
    const known = printed[index] ?? expression(scope, argument(index))
    printed[index] = known
    return known
  }
  const resultNumeric = (): NumericShape => numericShape(scope, node)

  return {
    function: info,
    operator: operator === null ? null : (catalog.operator(operator)?.name ?? null),
    node,
    count: nodes.length,
    argument,
    arg,
    args: () => nodes.map((_, index) => arg(index)),
    text: (index) => {
      const text = textOf(scope, argument(index))
      if (text === null)
        throw unsupported(`a ${catalog.type(typeOf(catalog, argument(index)))?.name ?? 'value'} as text`)
      return text
    },
    type: (index) => typeOf(catalog, argument(index)),
    typmod: (index) => typmodOf(argument(index)),
    resultType,
    resultTypmod: typmodOf(node),
    typeName: (type, typmod, shape) => dialect.typeName(catalog, type, typmod, shape),
    argTypeName: (index) => typeName(scope, argument(index)),
    resultTypeName: () =>
      dialect.typeName(catalog, resultType, -1, resultType === oid.NUMERIC ? resultNumeric() : undefined),
    numeric: (index) => numericShape(scope, argument(index)),
    resultNumeric,
    constant: (index) => constantOf(printer, argument(index)),
    literal: (type, value, typmod) => dialect.literal(catalog, type, value, typmod),
    quote: (value) => dialect.quote(value),
    elements: (index) => arrayElements(printer, argument(index))?.map((element) => expression(scope, element)) ?? null,
    timeZone: dialect.quote(options.style.timeZone),
    style: options.style,
    now: dialect.literal(catalog, oid.TIMESTAMPTZ, options.now),
    unsupported: (what) => {
      throw unsupported(`function ${signature(scope, info)} with ${what}`)
    },
  }
}
