import { unreachable } from '../assert.ts'
import type { Expr, JoinTree, RangeTblEntryOf, RangeTblFunction, TableSampleClause } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import { columnList, columnNames } from './column-list.ts'
import { readTable } from './common-table.ts'
import { constantOf } from './constant.ts'
import { createCall, functionOf, printAnswer } from './function-call.ts'
import { functionKey } from './key.ts'
import { typeNameOf } from './numeric.ts'
import { expression, subquery } from './recurse.ts'
import { columnsOf } from './row.ts'
import { type Entry, entryOf, findCte, PRESENT, type Scope } from './scope.ts'
import { condition } from './sublink.ts'
import { visibleTargets } from './type-of.ts'

/** ` FROM …`, or nothing for a query without one; behind it, what the select list unnests. */
export function fromClause(scope: Scope, items: readonly JoinTree[]): string {
  const printed = items.length === 0 ? [] : [fromItems(scope, items)]
  const { unnested, unnestedAlias, printer } = scope
  if (unnestedAlias !== null) {
    const lists = [...unnested.values()].map(({ list }) => list)
    printed.push(printer.dialect.unnestTogether(lists, unnestedAlias, columnNames(lists.length), false))
  }
  return printed.length === 0 ? '' : ` FROM ${printed.join(' CROSS JOIN ')}`
}

export function fromItems(scope: Scope, items: readonly JoinTree[]): string {
  return items.map((item) => fromItem(scope, item)).join(' CROSS JOIN ')
}

const JOINS: Readonly<Record<string, string>> = { inner: 'INNER', left: 'LEFT', full: 'FULL', right: 'RIGHT' }

function fromItem(scope: Scope, item: JoinTree): string {
  switch (item.kind) {
    case 'RangeTblRef':
      return rangeTableEntry(scope, entryOf(scope, item.rtindex), item.rtindex)
    case 'FromExpr': {
      if (item.quals === null) return `(${fromItems(scope, item.fromlist)})`
      throw unsupported('a condition inside FROM')
    }
    case 'JoinExpr': {
      const left = fromItem(scope, item.larg)
      const right = fromItem(scope, item.rarg)
      if (item.jointype === 'inner' && item.quals === null) return `(${left} CROSS JOIN ${right})`
      if (!scope.printer.dialect.abilities.joinOfFunction && item.quals !== null && isApplied(scope, item.rarg))
        return appliedJoin(scope, item, left, right)
      const join = JOINS[item.jointype]
      if (join === undefined) throw unsupported(`a ${item.jointype} join`)
      return `(${left} ${join} JOIN ${right} ON ${item.quals === null ? 'true' : condition(scope, item.quals)})`
    }
    default:
      return unreachable(item)
  }
}

/** A function, or a lateral subquery: computed for each row of the other side. */
function isApplied(scope: Scope, item: JoinTree): boolean {
  if (item.kind !== 'RangeTblRef') return false
  const { rte } = entryOf(scope, item.rtindex)
  return rte.rtekind === 'function' || rte.lateral
}

function appliedJoin(scope: Scope, item: Extract<JoinTree, { kind: 'JoinExpr' }>, left: string, right: string): string {
  if (item.quals !== null && constantOf(scope.printer, item.quals) === 't') {
    if (item.jointype === 'inner') return `(${left} CROSS JOIN ${right})`
    if (item.jointype === 'left') return `(${left} LEFT JOIN ${right} ON true)`
  }
  if (item.jointype !== 'inner' || item.quals === null || !isInner(scope, item))
    throw unsupported('an outer join with a function on a condition')
  scope.joinConditions.push(condition(scope, item.quals))
  return `(${left} CROSS JOIN ${right})`
}

/** Conditions of joins printed so far that are WHERE's to say: whoever prints FROM must. */
export function takeJoinConditions({ joinConditions }: Scope): readonly string[] {
  return joinConditions.splice(0)
}

/** Whether only inner joins stand above it: its condition may then be one of WHERE. */
function isInner(scope: Scope, item: JoinTree): boolean {
  const within = (one: JoinTree, inner: boolean): boolean => {
    if (one === item) return inner
    if (one.kind === 'RangeTblRef') return false
    if (one.kind === 'FromExpr') return one.fromlist.some((child) => within(child, inner))
    return [one.larg, one.rarg].some((child) => within(child, inner && one.jointype === 'inner'))
  }
  return (scope.query.jointree?.fromlist ?? []).some((one) => within(one, true))
}

function rangeTableEntry(scope: Scope, entry: Entry, varno: number): string {
  const scan = rangeTableScan(scope, entry, varno)
  if (entry.presence !== 'asked') {
    entry.presence = 'printed without'
    return scan
  }
  const lateral = scan.startsWith('LATERAL ') ? 'LATERAL ' : ''
  return `${lateral}(SELECT true AS ${PRESENT}, * FROM ${scan}) AS ${entry.alias}`
}

function rangeTableScan(scope: Scope, entry: Entry, varno: number): string {
  const { rte, alias } = entry
  switch (rte.rtekind) {
    case 'relation':
      return relation(scope, rte, alias)
    case 'subquery': {
      const columns = columnList(visibleTargets(rte.subquery).length)
      return filtered(
        scope,
        varno,
        `${rte.lateral ? 'LATERAL ' : ''}(${subquery(scope, rte.subquery)}) AS ${alias}${columns}`,
      )
    }
    case 'function':
      return functionScan(scope, rte, alias)
    case 'values': {
      const scales = [...entry.scales]
      const rows = rte.values_lists.map((row, index) => {
        const values = [...row.map((value) => expression(scope, value)), ...scales.map(([, column]) => column[index])]
        return `(${values.join(', ')})`
      })
      const names = [...columnNames(rte.values_lists[0]?.length ?? 0), ...scales.map(([attno]) => `s${attno}`)]
      const { dialect } = scope.printer
      if (
        !dialect.abilities.correlatedValues &&
        rte.values_lists.flat().some((one) => nodesOf(one, 'Var').length > 0)
      ) {
        const list = dialect.array(
          rows.map((row) => `ROW${row}`),
          () => '',
        )
        return dialect.unnestRows(list, alias, names, false)
      }
      return `${rte.lateral ? 'LATERAL ' : ''}(VALUES ${rows.join(', ')}) AS ${alias}(${names.join(', ')})`
    }
    case 'cte':
      return readTable(findCte(scope, rte), alias)
    case 'result':
      return `(SELECT 1 AS c1) AS ${alias}`
    case 'tablefunc':
      throw unsupported(rte.tablefunc.functype === 'xmltable' ? 'XMLTABLE' : 'JSON_TABLE')
    case 'namedtuplestore':
    case 'join':
    case 'group':
      throw unsupported(`a range table entry of kind ${rte.rtekind}`)
    default:
      return unreachable(rte)
  }
}

function relation(scope: Scope, rte: RangeTblEntryOf<'relation'>, alias: string): string {
  const { catalog, dialect, options } = scope.printer
  const found = catalog.relation(rte.relid)
  if (found?.lake === null || found === undefined) throw unsupported('a relation that is not in the lake')
  const sample = rte.tablesample === null ? '' : tableSample(scope, rte.tablesample)
  const scan = `${dialect.relationName(options.lakeTransaction, catalog.tenant, found)} AS ${alias}${sample}`
  if (rte.securityQuals.length === 0) return scan
  const quals = rte.securityQuals.map((qual) => expression(scope, qual)).join(' AND ')
  return `(SELECT * FROM ${scan} WHERE ${quals}) AS ${alias}`
}

/** Quals of a security barrier view that sit on the subquery it was expanded to. */
function filtered(scope: Scope, varno: number, scan: string): string {
  const { rte, alias } = entryOf(scope, varno)
  if (rte.securityQuals.length === 0) return scan
  if (rte.lateral) throw unsupported('row security on a lateral subquery')
  const quals = rte.securityQuals.map((qual) => expression(scope, qual)).join(' AND ')
  const shown = columnsOf(scope, varno).map((column) => column.sql)
  return `(SELECT ${shown.join(', ')} FROM ${scan} WHERE ${quals}) AS ${alias}${columnList(shown.length)}`
}

function tableSample(scope: Scope, clause: TableSampleClause): string {
  const method = functionOf(scope, clause.tsmhandler).name
  const percent = clause.args[0] === undefined ? undefined : constantOf(scope.printer, clause.args[0])
  if ((method !== 'bernoulli' && method !== 'system') || typeof percent !== 'string')
    throw unsupported(`TABLESAMPLE ${method} with an argument that is not constant`)
  const seed = clause.repeatable === null ? '' : constantOf(scope.printer, clause.repeatable)
  if (typeof seed !== 'string') throw unsupported('REPEATABLE with a seed that is not constant')
  if (seed !== '' && !scope.printer.dialect.abilities.repeatableSample) throw unsupported('TABLESAMPLE … REPEATABLE')
  // DuckDB's SYSTEM skips whole vectors, which leaves out all rows of a small table: rows are drawn one by one instead.
  const repeatable = seed === '' ? '' : ` REPEATABLE (${Math.trunc(Number(seed))})`
  return ` TABLESAMPLE BERNOULLI (${scope.printer.dialect.samplePercent(Number(percent))})${repeatable}`
}

function functionScan(scope: Scope, rte: RangeTblEntryOf<'function'>, alias: string): string {
  const { dialect } = scope.printer
  const [first] = rte.functions
  if (first === undefined) throw unsupported('FROM without a function')
  const width = rte.functions.reduce((sum, one) => sum + one.funccolcount, 0)
  const columns = columnNames(width + (rte.funcordinality ? 1 : 0))
  if (rte.functions.length > 1) {
    const lists = rte.functions.map((one) => {
      if (one.funccolcount !== 1) throw unsupported('ROWS FROM with a function of several columns')
      return (
        listOf(scope, one) ?? dialect.array([expression(scope, one.funcexpr)], () => typeNameOf(scope, one.funcexpr))
      )
    })
    return dialect.unnestTogether(lists, alias, columns, rte.funcordinality)
  }
  const list = listOf(scope, first)
  if (list === null) return scalarScan(scope, first, alias, rte.funcordinality)
  if (first.funccolcount > 1) return dialect.unnestRows(list, alias, columns, rte.funcordinality)
  return dialect.unnest(list, alias, columns, rte.funcordinality)
}

/** A function that gives one value or one row: a FROM item of one row. */
function scalarScan(scope: Scope, one: RangeTblFunction, alias: string, ordinality: boolean): string {
  if (one.funccolcount !== 1) throw unsupported('a function in FROM that gives a row')
  const columns = columnList(ordinality ? 2 : 1)
  return `LATERAL (SELECT ${expression(scope, one.funcexpr)}${ordinality ? ', CAST(1 AS BIGINT)' : ''}) AS ${alias}${columns}`
}

/** The rows of a set-returning call as a printed list; null for a call that returns no set. */
export function listOf(scope: Scope, one: { readonly funcexpr: Expr }): string | null {
  const call = one.funcexpr
  if (call.kind !== 'FuncExpr' || !call.funcretset) return null
  const { catalog, dialect } = scope.printer
  const info = functionOf(scope, call.funcid)
  const answer = dialect.answers.scalar(functionKey(catalog, info))
  return printAnswer(scope, info, answer, createCall(scope, call, info, call.args, null))
}
