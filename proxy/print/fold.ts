import type { CatalogSnapshot } from '../compiler/compiled.ts'
import { datumText } from '../compiler/datum.ts'
import type { Expr } from '../compiler/tree/node.ts'
import { visit } from '../compiler/tree/walk.ts'
import type { Routed } from '../query/stage.ts'
import type { Answers } from './answer.ts'
import type { Dialect } from './dialect.ts'
import { functionKey } from './key.ts'

/** An expression that PostgreSQL is to compute before the statement is printed, in SQL of ours. */
export type Fold = { readonly node: Expr; readonly sql: string }

/**
 * Calls whose arguments are all constants, of functions that the engine's answers let be computed ahead (to_date, age …).
 * Front.evaluate takes the SQL; its values go into PrintOptions.folded by node.
 */
export function constantsToFold(
  routed: Pick<Routed, 'confined'>,
  dialect: Pick<Dialect, 'answers'>,
  parameters: readonly (string | null)[],
): readonly Fold[] {
  const { catalog, query } = routed.confined.compiled
  const context: Context = { catalog, parameters, answers: dialect.answers }
  const found: Fold[] = []
  visit(query, (node) => {
    if (node.kind !== 'FuncExpr' && node.kind !== 'OpExpr') return true
    const sql = call(context, node)
    if (sql === null) return true
    found.push({ node, sql })
    return false
  })
  return found
}

type Context = {
  readonly catalog: CatalogSnapshot
  readonly parameters: readonly (string | null)[]
  readonly answers: Answers
}

function call(context: Context, node: Extract<Expr, { kind: 'FuncExpr' | 'OpExpr' }>): string | null {
  const { catalog, answers } = context
  const isOperator = node.kind === 'OpExpr'
  const info = catalog.function(isOperator ? node.opfuncid : node.funcid)
  if (info === undefined || info.returnsSet || info.volatility === 'v') return null
  if (!isOperator && node.funcvariadic) return null
  if (answers.scalar(functionKey(catalog, info))?.fold !== true) return null
  const args = node.args.map((arg) => constant(context, arg))
  if (!args.every((arg) => arg !== null)) return null
  if (!isOperator) return `pg_catalog.${identifier(info.name)}(${args.join(', ')})`
  const operator = `OPERATOR(pg_catalog.${catalog.operator(node.opno)?.name})`
  return args.length === 1 ? `(${operator} ${args[0]})` : `(${args[0]} ${operator} ${args[1]})`
}

/** The expression in PostgreSQL's SQL; null when it is not constant. */
function constant(context: Context, expr: Expr): string | null {
  switch (expr.kind) {
    case 'Const': {
      const value = expr.constvalue === null ? null : datumText(context.catalog, expr.consttype, expr.constvalue)
      return typed(context, expr.consttype, value)
    }
    case 'Param': {
      const value = context.parameters[expr.paramid - 1]
      return expr.paramkind === 'extern' && value !== undefined ? typed(context, expr.paramtype, value) : null
    }
    case 'RelabelType':
    case 'CoerceViaIO': {
      const arg = constant(context, expr.arg)
      const type = typeName(context, expr.resulttype)
      return arg === null || type === null ? null : `CAST(${arg} AS ${type})`
    }
    case 'CollateExpr':
    case 'NamedArgExpr':
      return constant(context, expr.arg)
    case 'FuncExpr':
    case 'OpExpr':
      return call(context, expr)
    default:
      return null
  }
}

function typed(context: Context, type: number, value: string | null): string | null {
  const name = typeName(context, type)
  if (name === null) return null
  return `CAST(${value === null ? 'NULL' : `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`} AS ${name})`
}

function typeName(context: Context, type: number): string | null {
  const info = context.catalog.type(type)
  // Types of the tenant's own tables are not needed by any function that is computed ahead.
  return info === undefined || info.kind === 'c' ? null : `pg_catalog.${identifier(info.name)}`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
