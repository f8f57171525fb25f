import type { Compiled, Relation } from '../compiler/compiled.ts'
import { datumText } from '../compiler/datum.ts'
import type { Expr, JoinTree, Query, RangeTblEntry, Var } from '../compiler/tree/node.ts'
import { queries } from '../compiler/tree/walk.ts'
import type { LakeColumn, ScanAsk, ScanFilter } from '../lake/lake.ts'
import { comparesWith, familyOf } from './comparable.ts'
import type { Confined } from './stage.ts'

/** What is known before the engine runs: PostgreSQL's text of parameters ($1 first), and of calls that it has computed. */
export type Constants = {
  readonly parameters: readonly (string | null)[]
  readonly folded: ReadonlyMap<Expr, string | null>
}

/**
 * The tables that a statement reads, once for each time, with the columns that it looks at and what WHERE, ON and the quals
 * of views demand of each row by comparing columns with constants. A condition that is not understood is left out: then
 * more rows are wanted than really are, never fewer.
 */
export function scansOf(confined: Confined, constants: Constants): ScanAsk[] {
  const all = queries(confined.compiled.query)
  const context: Context = { compiled: confined.compiled, constants, scans: readBy(confined, all) }
  for (const query of all) addFilters(context, query)
  return [...context.scans.values()].map(({ relation, columns, filters }) => ({
    schema: relation.schema,
    name: relation.name,
    columns,
    filter: filters.length === 0 ? null : filters.length === 1 ? (filters[0] ?? null) : { kind: 'and', of: filters },
  }))
}

/** The same without a look at any condition: the tables as a whole. */
export function tablesRead(confined: Confined): Relation[] {
  return [...readBy(confined, queries(confined.compiled.query)).values()].map(({ relation }) => relation)
}

function readBy(confined: Confined, all: readonly Query[]): Map<RangeTblEntry, Scan> {
  const scans = new Map<RangeTblEntry, Scan>()
  for (const query of all) {
    for (const [index, rte] of query.rtable.entries()) addScan(scans, confined, query, rte, index + 1)
  }
  return scans
}

type Scan = {
  readonly relation: Relation
  readonly columns: readonly number[] | null
  readonly filters: ScanFilter[]
}

type Context = {
  readonly compiled: Compiled
  readonly constants: Constants
  readonly scans: Map<RangeTblEntry, Scan>
}

/** FirstLowInvalidHeapAttributeNumber: column sets hold attribute numbers shifted by it. */
const ATTRIBUTE_SHIFT = 7
const IN_VALUES_MAX = 1000

function addScan(
  scans: Map<RangeTblEntry, Scan>,
  { tables }: Confined,
  query: Query,
  rte: RangeTblEntry,
  index: number,
): void {
  if (rte.rtekind !== 'relation') return
  const relation = tables.get(rte.relid)
  if (relation === undefined) return
  const isTarget = index === query.resultRelation
  if (isTarget && query.commandType === 'insert') return
  const info = query.rteperminfos[rte.perminfoindex - 1]
  const columns = isTarget || info === undefined ? null : fieldIds(relation, info.selectedCols)
  scans.set(rte, { relation, columns, filters: [] })
}

function fieldIds(relation: Relation, members: readonly number[]): number[] | null {
  const ids: number[] = []
  for (const member of members) {
    const column = lakeColumn(relation, member - ATTRIBUTE_SHIFT)
    // A whole row, or what is no column of the lake.
    if (column === null) return null
    ids.push(column.fieldId)
  }
  return ids
}

function lakeColumn(relation: Relation, attno: number): LakeColumn | null {
  const name = relation.columns[attno - 1]?.name
  return relation.lake?.columns.find((column) => column.name === name) ?? null
}

function addFilters(context: Context, query: Query): void {
  if (query.jointree !== null) addJoin(context, query, query.jointree)
  for (const [index, rte] of query.rtable.entries()) {
    for (const qual of rte.securityQuals) demand(context, query, qual, new Set([index + 1]))
  }
}

/** Gives the range table indexes below a node, having told each what the quals on the way demand of it. */
function addJoin(context: Context, query: Query, node: JoinTree): ReadonlySet<number> {
  if (node.kind === 'RangeTblRef') return new Set([node.rtindex])
  if (node.kind === 'FromExpr') {
    const below = new Set(node.fromlist.flatMap((item) => [...addJoin(context, query, item)]))
    if (node.quals !== null) demand(context, query, node.quals, below)
    return below
  }
  const left = addJoin(context, query, node.larg)
  const right = addJoin(context, query, node.rarg)
  const both = new Set([...left, ...right])
  if (node.quals !== null) demand(context, query, node.quals, restrictedBy(node.jointype, left, right, both))
  return both
}

/** The sides whose rows ON leaves out: those of the other side are kept, joined with NULLs. */
function restrictedBy<S>(jointype: string, left: S, right: S, both: S): S | ReadonlySet<number> {
  if (jointype === 'inner') return both
  if (jointype === 'left') return right
  if (jointype === 'right') return left
  return new Set<number>()
}

/** Each scan at or below the entries is told what the condition means for its own rows. */
function demand(context: Context, query: Query, qual: Expr, entries: ReadonlySet<number>): void {
  for (const index of entries) {
    for (const target of scansBelow(context, query, index)) {
      const filter = filterOf({ ...context, query, target }, qual)
      if (filter !== null) context.scans.get(target)?.filters.push(filter)
    }
  }
}

function scansBelow(context: Context, query: Query, index: number): RangeTblEntry[] {
  const rte = query.rtable[index - 1]
  if (rte === undefined) return []
  if (context.scans.has(rte)) return [rte]
  if (rte.rtekind !== 'subquery' || !keepsRows(rte.subquery)) return []
  const { subquery } = rte
  return subquery.rtable.flatMap((_, inner) => scansBelow(context, subquery, inner + 1))
}

/** Each of its rows is there or not by itself: a condition on them is one on the rows that they are made of. */
function keepsRows(query: Query): boolean {
  return (
    query.commandType === 'select' &&
    query.setOperations === null &&
    query.groupClause.length === 0 &&
    query.groupingSets.length === 0 &&
    query.limitCount === null &&
    query.limitOffset === null &&
    !query.hasAggs &&
    !query.hasWindowFuncs &&
    !query.hasDistinctOn
  )
}

type Within = Context & { readonly query: Query; readonly target: RangeTblEntry }

/** What has to be true of a row of `target` where `expr` is true; null: nothing is known. */
function filterOf(within: Within, expr: Expr): ScanFilter | null {
  const known = constantOf(within, expr)
  if (known !== undefined) return known === null || known === 'f' || known === 'false' ? { kind: 'never' } : null
  switch (expr.kind) {
    case 'BoolExpr':
      return boolean(within, expr)
    case 'OpExpr':
      return comparison(within, expr)
    case 'ScalarArrayOpExpr':
      return membership(within, expr)
    case 'NullTest': {
      const column = expr.argisrow ? null : columnOf(within, expr.arg)
      if (column === null) return null
      const { fieldId } = column.lake
      if (expr.nulltesttype === 'is_not_null') return { kind: 'notNull', fieldId }
      // NULLs that an outer join has filled in are in no file.
      return column.isFilledIn ? null : { kind: 'null', fieldId }
    }
    case 'BooleanTest':
      if (expr.booltesttype === 'is_true') return filterOf(within, expr.arg)
      return expr.booltesttype === 'is_false' ? isBoolean(within, expr.arg, false) : null
    case 'Var':
    case 'RelabelType':
      return isBoolean(within, expr, true)
    default:
      return null
  }
}

function boolean(within: Within, { boolop, args }: Extract<Expr, { kind: 'BoolExpr' }>): ScanFilter | null {
  const [first] = args
  switch (boolop) {
    case 'and': {
      const of = args.flatMap((arg) => filterOf(within, arg) ?? [])
      return of.length === 0 ? null : { kind: 'and', of }
    }
    case 'or': {
      const of: ScanFilter[] = []
      for (const arg of args) {
        const filter = filterOf(within, arg)
        if (filter === null) return null
        of.push(filter)
      }
      return { kind: 'or', of }
    }
    case 'not':
      return first === undefined ? null : isBoolean(within, first, false)
  }
}

function isBoolean(within: Within, expr: Expr, value: boolean): ScanFilter | null {
  const column = columnOf(within, expr)
  if (column === null || familyOf(column.typeOid) !== 'boolean') return null
  return { kind: 'compare', fieldId: column.lake.fieldId, operator: '=', value: String(value) }
}

type Operator = Extract<ScanFilter, { kind: 'compare' }>['operator']

/** An operator, and the one that says the same with its sides the other way round. */
const MIRRORED: Readonly<Record<string, Operator>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

function comparison(within: Within, { opno, args }: Extract<Expr, { kind: 'OpExpr' }>): ScanFilter | null {
  const info = within.compiled.catalog.operator(opno)
  const [left, right] = args
  const mirrored = MIRRORED[info?.name ?? '']
  if (info === undefined || left === undefined || right === undefined || mirrored === undefined) return null
  return (
    compared(within, left, mirrored === '=' ? '=' : (info.name as Operator), right, info.right) ??
    compared(within, right, mirrored, left, info.left)
  )
}

function compared(
  within: Within,
  columnExpr: Expr,
  operator: Operator,
  constant: Expr,
  constantType: number,
): ScanFilter | null {
  const column = columnOf(within, columnExpr)
  if (column === null || !comparesWith(column.typeOid, constantType)) return null
  const value = constantOf(within, constant)
  if (value === undefined) return null
  if (value === null) return { kind: 'never' }
  return { kind: 'compare', fieldId: column.lake.fieldId, operator, value }
}

function membership(
  within: Within,
  { opno, useOr, args }: Extract<Expr, { kind: 'ScalarArrayOpExpr' }>,
): ScanFilter | null {
  const info = within.compiled.catalog.operator(opno)
  const [left, right] = args
  if (!useOr || info?.name !== '=' || left === undefined || right === undefined) return null
  const column = columnOf(within, left)
  if (column === null || !comparesWith(column.typeOid, info.right)) return null
  const values = elementsOf(within, right)
  if (values === null || values.length > IN_VALUES_MAX) return null
  if (values.length === 0) return { kind: 'never' }
  return { kind: 'in', fieldId: column.lake.fieldId, values }
}

/** NULLs equal nothing and are left out. */
function elementsOf(within: Within, expr: Expr): string[] | null {
  if (expr.kind === 'ArrayExpr' && !expr.multidims) {
    const values: string[] = []
    for (const element of expr.elements) {
      const value = constantOf(within, element)
      if (value === undefined) return null
      if (value !== null) values.push(value)
    }
    return values
  }
  const text = constantOf(within, expr)
  if (text === null) return []
  // Only where every comma parts two elements.
  if (text === undefined || !/^\{[^"{}\\]*\}$/.test(text)) return null
  const inner = text.slice(1, -1)
  return inner === '' ? [] : inner.split(',').filter((value) => value !== 'NULL')
}

type Column = {
  readonly lake: LakeColumn
  readonly typeOid: number
  /** NULLs may stand in it that an outer join has put there */
  readonly isFilledIn: boolean
}

/** The column of `target` that an expression is, seen through joins and subqueries. */
function columnOf(within: Within, expr: Expr): Column | null {
  // varchar is compared as text.
  if (expr.kind === 'RelabelType') return familyOf(expr.resulttype) === 'text' ? columnOf(within, expr.arg) : null
  return expr.kind === 'Var' ? columnOfVar(within, within.query, expr, false) : null
}

function columnOfVar(within: Within, query: Query, variable: Var, filledIn: boolean): Column | null {
  const { varno, varattno, varlevelsup, varnullingrels } = variable
  const rte = query.rtable[varno - 1]
  if (varlevelsup !== 0 || varattno < 1 || rte === undefined) return null
  const isFilledIn = filledIn || varnullingrels.length > 0
  switch (rte.rtekind) {
    case 'relation': {
      if (rte !== within.target) return null
      const relation = within.scans.get(rte)?.relation
      const lake = relation === undefined ? null : lakeColumn(relation, varattno)
      return lake === null ? null : { lake, typeOid: variable.vartype, isFilledIn }
    }
    case 'join': {
      const merged = rte.joinaliasvars[varattno - 1]
      return merged?.kind === 'Var' ? columnOfVar(within, query, merged, isFilledIn) : null
    }
    case 'subquery': {
      const target = rte.subquery.targetList.find(({ resno }) => resno === varattno)?.expr
      if (target?.kind !== 'Var' || !keepsRows(rte.subquery)) return null
      return columnOfVar(within, rte.subquery, target, isFilledIn)
    }
    default:
      return null
  }
}

/** Casts between integers, and from them to numeric, that keep the text of every value. */
const KEEPS_TEXT: ReadonlySet<string> = new Set([
  'i2toi4',
  'int28',
  'int48',
  'int2_numeric',
  'int4_numeric',
  'int8_numeric',
  'i2tod',
  'i4tod',
])

/** Undefined: not constant. */
function constantOf(known: Pick<Context, 'compiled' | 'constants'>, expr: Expr): string | null | undefined {
  const { compiled, constants } = known
  const folded = constants.folded.get(expr)
  if (folded !== undefined) return folded
  switch (expr.kind) {
    case 'Const':
      return expr.constvalue === null ? null : datumText(compiled.catalog, expr.consttype, expr.constvalue)
    case 'Param':
      return expr.paramkind === 'extern' ? constants.parameters[expr.paramid - 1] : undefined
    case 'RelabelType':
      return familyOf(expr.resulttype) === 'text' ? constantOf(known, expr.arg) : undefined
    case 'FuncExpr': {
      const [arg] = expr.args
      const source = compiled.catalog.function(expr.funcid)?.source ?? ''
      return arg !== undefined && KEEPS_TEXT.has(source) ? constantOf(known, arg) : undefined
    }
    default:
      return undefined
  }
}
