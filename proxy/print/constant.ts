import { datumText } from '../compiler/datum.ts'
import type { Expr } from '../compiler/tree/node.ts'
import * as oid from './oid.ts'
import type { Printer } from './scope.ts'
import { typeOf } from './type-of.ts'
import { parseArray } from './value/array.ts'

/**
 * The value of an expression whose value is known before the engine runs: a constant, a bound parameter, or a call that
 * PostgreSQL has computed for us. PostgreSQL's canonical text; null is NULL; undefined: not known.
 */
export function constantOf(printer: Printer, expr: Expr): string | null | undefined {
  const folded = printer.constants.get(expr)
  if (folded !== undefined) return folded
  switch (expr.kind) {
    case 'Const':
      return expr.constvalue === null ? null : datumText(printer.catalog, expr.consttype, expr.constvalue)
    case 'Param':
      return expr.paramkind === 'extern' ? printer.options.parameters[expr.paramid - 1] : undefined
    case 'RelabelType':
    case 'CollateExpr':
    case 'NamedArgExpr':
    case 'CoerceToDomain':
      return constantOf(printer, expr.arg)
    case 'FuncExpr': {
      const [arg] = expr.args
      const source = printer.catalog.function(expr.funcid)?.source ?? ''
      return arg !== undefined && KEEPS_TEXT.has(source) ? constantOf(printer, arg) : undefined
    }
    case 'ArrayExpr':
      return expr.multidims ? undefined : constantArray(expr.elements.map((element) => constantOf(printer, element)))
    default:
      return undefined
  }
}

function constantArray(values: readonly (string | null | undefined)[]): string | undefined {
  if (values.includes(undefined)) return undefined
  const quoted = values.map((value) => (value == null ? 'NULL' : `"${value.replaceAll(/["\\]/g, '\\$&')}"`))
  return `{${quoted.join(',')}}`
}

/** Casts between numbers that keep the text of every value: `100` is the same constant whatever it is compared with. */
const KEEPS_TEXT: ReadonlySet<string> = new Set([
  'i2toi4',
  'int28',
  'int48',
  'int2_numeric',
  'int4_numeric',
  'int8_numeric',
  'i2tod',
  'i4tod',
  'i8tod',
  'i2tof',
  'i4tof',
  'numeric_float8',
])

/** An expression that is the given value: for elements of an array constant, which are no nodes of their own. */
export function constantNode(printer: Printer, type: number, value: string | null): Expr {
  const node: Expr = {
    kind: 'Const',
    consttype: type,
    consttypmod: -1,
    constcollid: 0,
    constlen: -1,
    constbyval: false,
    constisnull: value === null,
    constvalue: null,
  }
  printer.constants.set(node, value)
  return node
}

/** A whole number that a constant expression gives (LIMIT, a frame's offset); undefined: not constant. */
export function constantInteger(printer: Printer, expr: Expr): number | null | undefined {
  const inner = expr.kind === 'FuncExpr' && expr.args.length === 1 && expr.args[0] !== undefined ? expr.args[0] : expr
  const value = constantOf(printer, inner)
  if (value === null || value === undefined) return value
  return /^-?\d+$/.test(value) ? Number(value) : undefined
}

/**
 * Whether an array is known to have several dimensions, or bounds of its own. An engine's list of lists has neither
 * PostgreSQL's subscripts nor its elements, so what looks into such an array is refused.
 */
export function isManyDimensional(printer: Printer, expr: Expr): boolean {
  switch (expr.kind) {
    case 'ArrayExpr':
      return expr.multidims
    case 'ArrayCoerceExpr':
    case 'RelabelType':
    case 'CollateExpr':
      return isManyDimensional(printer, expr.arg)
    default: {
      const info = printer.catalog.type(typeOf(printer.catalog, expr))
      const constant = info !== undefined && info.element !== 0 && info.length === -1 ? constantOf(printer, expr) : null
      return typeof constant === 'string' && /^(\{\{|\[[\d:-]+\])/.test(constant)
    }
  }
}

/** The elements of ARRAY[…] or of an array constant of one dimension; null when they are not in the text. */
export function arrayElements(printer: Printer, expr: Expr): readonly Expr[] | null {
  if (expr.kind === 'ArrayExpr') return expr.multidims ? null : expr.elements
  if (expr.kind === 'RelabelType' || expr.kind === 'CollateExpr') return arrayElements(printer, expr.arg)
  const constant = constantOf(printer, expr)
  if (constant === null || constant === undefined) return null
  const items = parseArray(constant)
  const element = printer.catalog.type(typeOf(printer.catalog, expr))?.element ?? oid.TEXT
  if (items === null || items.some((item) => typeof item === 'object' && item !== null)) return null
  return items.map((item) => constantNode(printer, element, item as string | null))
}
