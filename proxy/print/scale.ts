import type { Expr, Query, SetOperand, TargetEntry, Var, WindowFunc } from '../compiler/tree/node.ts'
import { aggregateOver } from './aggregate.ts'
import { constantInteger, constantOf } from './constant.ts'
import { DIVISION_SCALE, MINIMAL_SCALE } from './engine-sql.ts'
import { functionOf, operatorFunction } from './function-call.ts'
import { functionKey } from './key.ts'
import * as oid from './oid.ts'
import { expression } from './recurse.ts'
import { entryOf, findCte, outer, type Scope, scopeOf } from './scope.ts'
import { typeOf, typmodOf, visibleTargets } from './type-of.ts'
import { numericTypmod } from './value/typmod.ts'
import { overClause } from './window.ts'

/**
 * How many digits PostgreSQL shows after the point of a numeric. It keeps that with each value, an engine with each
 * column: CASE, COALESCE, VALUES and sums of them can give 0, 1.5 and 2.25 in one column. A number is the scale of all
 * rows (or DIVISION_SCALE, MINIMAL_SCALE); `sql` computes it row by row; null: as the engine's column has it.
 */
export type Scale = number | RowScale | null

/** `codes`: some rows have DIVISION_SCALE or MINIMAL_SCALE, which are no numbers to reckon with */
type RowScale = { readonly sql: string; readonly codes: boolean }

/** Of a result's column. */
export function scaleOf(scope: Scope, expr: Expr): Scale {
  const { printer } = scope
  const { catalog } = printer
  const type = typeOf(catalog, expr)
  if (oid.INTEGER_DIGITS.has(type)) return 0
  if (type !== oid.NUMERIC) return null
  const constant = constantOf(printer, expr)
  if (constant !== undefined) return constant === null ? 0 : (/\.(\d+)$/.exec(constant)?.[1]?.length ?? 0)
  const declared = numericTypmod(typmodOf(expr))
  if (declared !== null) return declared.scale
  switch (expr.kind) {
    case 'Var':
      return scaleOfVar(scope, expr)
    case 'FuncExpr':
      return scaleOfFunction(scope, expr, expr.funcid, expr.args)
    case 'OpExpr':
      return scaleOfFunction(scope, expr, operatorFunction(scope, expr), expr.args)
    case 'Aggref':
    case 'WindowFunc':
      return scaleOfAggregate(scope, expr)
    case 'CaseExpr': {
      const whens = expr.args.map((when) => ({
        when: () => expression(scope, when.expr),
        scale: scaleOf(scope, when.result),
      }))
      if (expr.arg !== null && expr.arg.kind !== 'Var') return uniform(whens.map(({ scale }) => scale))
      const tested = expr.arg
      const branch = (print: () => string) => (tested === null ? print() : withTested(scope, tested, print))
      const otherwise = expr.defresult === null ? 0 : scaleOf(scope, expr.defresult)
      return choose(
        whens.map(({ when, scale }) => ({ when: () => branch(when), scale })),
        otherwise,
      )
    }
    case 'CoalesceExpr': {
      const scales = expr.args.map((arg) => ({
        when: () => `${expression(scope, arg)} IS NOT NULL`,
        scale: scaleOf(scope, arg),
      }))
      return choose(scales.slice(0, -1), scales.at(-1)?.scale ?? null)
    }
    case 'NullIfExpr':
      return expr.args[0] === undefined ? null : scaleOf(scope, expr.args[0])
    case 'MinMaxExpr':
      return choose(
        expr.args.map((arg) => ({
          when: () => `${expression(scope, arg)} = ${expression(scope, expr)}`,
          scale: scaleOf(scope, arg),
        })),
        0,
      )
    case 'RelabelType':
    case 'CollateExpr':
    case 'NamedArgExpr':
    case 'CoerceToDomain':
      return scaleOf(scope, expr.arg)
    case 'ReturningExpr':
      return scaleOf(scope, expr.retexpr)
    case 'CoerceViaIO':
      return oid.TEXTUAL.has(typeOf(catalog, expr.arg)) ? scaleOfText(expression(scope, expr.arg)) : MINIMAL_SCALE
    case 'SubLink':
      return expr.subLinkType === 'expr' ? fixed(scaleOfColumn(scope, expr.subselect, 1)) : null
    default:
      return null
  }
}

function withTested(scope: Scope, tested: Expr, print: () => string): string {
  const { caseTests } = scope.printer
  caseTests.push(expression(scope, tested))
  const printed = print()
  caseTests.pop()
  return printed
}

/** What holds only where the expression stands means nothing outside its query. */
function fixed(scale: Scale): Scale {
  return typeof scale === 'number' ? scale : null
}

function uniform(scales: readonly Scale[]): Scale {
  const [first] = scales
  return typeof first === 'number' && scales.every((scale) => scale === first) ? first : null
}

type Branch = { readonly when: () => string; readonly scale: Scale }

function choose(branches: readonly Branch[], otherwise: Scale): Scale {
  const all = [...branches.map(({ scale }) => scale), otherwise]
  if (all.includes(null)) return null
  const same = uniform(all)
  if (same !== null) return same
  const whens = branches.map(({ when, scale }) => `WHEN ${when()} THEN ${printed(scale)}`)
  return { sql: `CASE ${whens.join(' ')} ELSE ${printed(otherwise)} END`, codes: all.some(hasCodes) }
}

function hasCodes(scale: Scale): boolean {
  return typeof scale === 'number' ? scale < 0 : (scale?.codes ?? false)
}

function printed(scale: Scale): string {
  return scale === null ? 'NULL' : typeof scale === 'number' ? String(scale) : scale.sql
}

function scaleOfVar(scope: Scope, expr: Var): Scale {
  const level = outer(scope, expr.varlevelsup)
  const entry = entryOf(level, expr.varno)
  const { rte } = entry
  const at = expr.varattno - 1
  switch (rte.rtekind) {
    case 'relation':
      return MINIMAL_SCALE
    case 'join': {
      const merged = rte.joinaliasvars[at]
      return merged === null || merged === undefined ? null : scaleOf(level, merged)
    }
    case 'group': {
      const grouped = rte.groupexprs[at]
      return grouped === undefined ? null : fixed(scaleOf(level, grouped))
    }
    case 'subquery':
      return fixed(scaleOfColumn(level, rte.subquery, expr.varattno))
    case 'cte': {
      const { cte, scope: home } = findCte(level, rte)
      return cte.cterecursive ? null : fixed(scaleOfColumn(home, cte.ctequery, expr.varattno))
    }
    case 'values': {
      const scales = rte.values_lists.map((row) => (row[at] === undefined ? null : fixed(scaleOf(level, row[at]))))
      const same = uniform(scales)
      if (same !== null || scales.includes(null)) return same
      entry.scales.set(expr.varattno, scales.map(printed))
      return { sql: `${entry.alias}.s${expr.varattno}`, codes: scales.some(hasCodes) }
    }
    default:
      return null
  }
}

/** Of a column of the whole statement's result. */
export function scaleOfTarget(scope: Scope, target: TargetEntry): Scale {
  const { setOperations } = scope.query
  return setOperations === null
    ? scaleOf(scope, target.expr)
    : uniform(operandScales(scope, setOperations, target.resno))
}

/** Of a subquery's column, numbered from 1. */
export function scaleOfColumn(parent: Scope, query: Query, attno: number): Scale {
  const scope = scopeOf(parent.printer, query, parent)
  if (query.setOperations !== null) return uniform(operandScales(scope, query.setOperations, attno))
  const target = visibleTargets(query)[attno - 1]
  return target === undefined ? null : scaleOf(scope, target.expr)
}

function operandScales(scope: Scope, operand: SetOperand, attno: number): Scale[] {
  if (operand.kind === 'SetOperationStmt')
    return [...operandScales(scope, operand.larg, attno), ...operandScales(scope, operand.rarg, attno)]
  const { rte } = entryOf(scope, operand.rtindex)
  return [rte.rtekind === 'subquery' ? scaleOfColumn(scope, rte.subquery, attno) : null]
}

function scaleOfFunction(scope: Scope, expr: Expr, funcid: number, args: readonly Expr[]): Scale {
  const key = functionKey(scope.printer.catalog, functionOf(scope, funcid))
  const scale = (index: number): Scale => (args[index] === undefined ? null : scaleOf(scope, args[index]))
  const term = (index: number): Scale => (args[index] === undefined ? null : scaleOfTerm(scope, args[index]))
  switch (key) {
    case 'numeric_add':
    case 'numeric_sub':
      return sum(term(0), term(1))
    case 'numeric_mul':
      return product(term(0), term(1))
    case 'numeric_div':
      return DIVISION_SCALE
    case 'numeric_uminus':
    case 'numeric_uplus':
    case 'numeric_abs':
    case 'numeric':
      return scale(0)
    case 'numeric_round':
    case 'numeric_trunc': {
      const places = args[1] === undefined ? undefined : constantInteger(scope.printer, args[1])
      return places === undefined || places === null ? null : Math.max(0, places)
    }
    case 'round(numeric)':
    case 'trunc(numeric)':
    case 'numeric_ceil':
    case 'numeric_floor':
    case 'numeric_sign':
      return 0
    case 'numeric_exp':
    case 'numeric_ln':
    case 'numeric_log':
    case 'numeric_power':
    case 'log(numeric)':
      return significant(expression(scope, expr))
    case 'numeric_sqrt':
      return args[0] === undefined ? null : scaleOfRoot(expression(scope, args[0]))
    case 'float4_numeric':
    case 'float8_numeric':
    case 'jsonb_numeric':
      return MINIMAL_SCALE
    default:
      return null
  }
}

/** What a quotient is part of has its digits: they follow from its value, row by row. */
export function scaleOfTerm(scope: Scope, expr: Expr): Scale {
  const scale = scaleOf(scope, expr)
  if (scale !== DIVISION_SCALE) return scale
  const [dividend, divisor] = expr.kind === 'OpExpr' ? expr.args : []
  return dividend === undefined || divisor === undefined
    ? scaleOfQuotient(expression(scope, expr))
    : scaleOfDivision(expression(scope, dividend), expression(scope, divisor))
}

/** numeric.c, select_div_scale, from the first group of four digits of both operands. */
export function scaleOfDivision(dividend: string, divisor: string): RowScale {
  // A zero has weight 0 and first digit 0.
  const size = (value: string) => `CASE WHEN ${value} = 0 THEN 1 ELSE abs(CAST(${value} AS DOUBLE)) END`
  const weight = (value: string) => `CAST(floor(log10(${size(value)}) / 4) AS INTEGER)`
  const first = (value: string) => `floor(abs(CAST(${value} AS DOUBLE)) / power(10000, ${weight(value)}))`
  const borrow = `CASE WHEN ${first(dividend)} <= ${first(divisor)} THEN 1 ELSE 0 END`
  const scale = `greatest(16 - 4 * (${weight(dividend)} - ${weight(divisor)} - ${borrow}), 0)`
  return { sql: scale, codes: false }
}

/** The same from the quotient alone, where its operands are out of reach: wrong for 1.5 / 1.2, which borrows. */
export function scaleOfQuotient(quotient: string): RowScale {
  const steps = [
    [10_000, 12],
    [1, 16],
    [0.0001, 20],
  ].map(([least, scale]) => `WHEN abs(${quotient}) >= ${least} THEN ${scale}`)
  return { sql: `(CASE ${steps.join(' ')} ELSE 24 END)`, codes: false }
}

/** numeric.c, exp_var and its kin: 16 significant decimal digits. */
function significant(value: string): RowScale {
  const digits = `CAST(trunc(log10(abs(CAST(${value} AS DOUBLE)))) AS INTEGER)`
  return { sql: `(CASE WHEN ${value} = 0 THEN 16 ELSE greatest(16 - ${digits}, 0) END)`, codes: false }
}

/** numeric.c, numeric_sqrt: half the digits before the point, again in groups of four. */
function scaleOfRoot(square: string): RowScale {
  const steps = [
    [100_000_000, 11],
    [10_000, 13],
    [1, 15],
    [0.0001, 17],
  ].map(([least, scale]) => `WHEN ${square} >= ${least} THEN ${scale}`)
  return { sql: `(CASE WHEN ${square} = 0 THEN 15 ${steps.join(' ')} ELSE 19 END)`, codes: false }
}

function scaleOfText(text: string): RowScale {
  return { sql: `coalesce(length(regexp_extract(${text}, '\\.([0-9]*)', 1)), 0)`, codes: false }
}

/** numeric.c, add_var: the larger one. */
function sum(left: Scale, right: Scale): Scale {
  if (left === null || right === null) return null
  if (left === MINIMAL_SCALE || right === MINIMAL_SCALE) return MINIMAL_SCALE
  if (typeof left === 'number' && typeof right === 'number') return Math.max(left, right)
  if (hasCodes(left) || hasCodes(right)) return null
  return { sql: `greatest(${printed(left)}, ${printed(right)})`, codes: false }
}

function product(left: Scale, right: Scale): Scale {
  if (left === null || right === null) return null
  if (left === MINIMAL_SCALE || right === MINIMAL_SCALE) return MINIMAL_SCALE
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (hasCodes(left) || hasCodes(right)) return null
  return { sql: `(${printed(left)} + ${printed(right)})`, codes: false }
}

function scaleOfAggregate(scope: Scope, expr: Extract<Expr, { kind: 'Aggref' | 'WindowFunc' }>): Scale {
  const { name } = functionOf(scope, expr.kind === 'Aggref' ? expr.aggfnoid : expr.winfnoid)
  const argument = expr.kind === 'Aggref' ? expr.args.find((arg) => !arg.resjunk)?.expr : expr.args[0]
  if (argument === undefined) return null
  switch (name) {
    case 'avg':
      return DIVISION_SCALE
    case 'sum': {
      const scale = scaleOfTerm(scope, argument)
      if (scale === null || typeof scale === 'number') return scale
      if (scale.codes) return null
      // The largest scale of the values that were added: a NULL is none of them.
      const ofValues = `CASE WHEN ${expression(scope, argument)} IS NOT NULL THEN ${scale.sql} END`
      return { sql: aggregateOver(scope, expr, 'max', ofValues), codes: false }
    }
    case 'lag':
    case 'lead':
      return expr.kind === 'WindowFunc' ? scaleOfNeighbour(scope, expr, name) : null
    case 'stddev':
    case 'stddev_samp':
    case 'stddev_pop':
    case 'variance':
    case 'var_samp':
    case 'var_pop':
      return DIVISION_SCALE
    case 'min':
    case 'max':
    case 'any_value':
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return fixed(scaleOf(scope, argument))
    default:
      return null
  }
}

/** lag and lead give another row's value, or where there is none their third argument. */
function scaleOfNeighbour(scope: Scope, expr: WindowFunc, name: string): Scale {
  const [value, offset, otherwise] = expr.args
  if (value === undefined) return null
  const own = fixed(scaleOf(scope, value))
  if (offset === undefined || otherwise === undefined) return own
  const found = () => `${name}(true, ${expression(scope, offset)}, false)${overClause(scope, expr)}`
  return choose([{ when: found, scale: own }], fixed(scaleOf(scope, otherwise)))
}
