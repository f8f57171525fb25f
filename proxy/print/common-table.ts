import type { CommonTableExpr, Node, Query } from '../compiler/tree/node.ts'
import { children, nodesOf, queries } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import { columnList } from './column-list.ts'
import { walkLevels } from './level.ts'
import * as oid from './oid.ts'
import { subquery } from './recurse.ts'
import { type FoundCte, outer, type Scope, scopeOf } from './scope.ts'
import { visibleTargets } from './type-of.ts'

/**
 * Where the tables of WITH stand. DuckDB multiplies the rows of a table that a subquery defines and something further
 * inside reads, or breaks down, when the subquery is correlated and the table is recursive or names outer columns. So
 * one that names nothing outside stands before the whole statement, and one that names outer columns where it is read.
 */

/** What a query names outside itself: whether columns, and which tables of WITH, how many levels above its own. */
export type Reach = {
  readonly columns: boolean
  readonly tables: readonly { readonly name: string; readonly levelsUp: number }[]
}

export function reach(query: Query): Reach {
  let columns = false
  const tables: { name: string; levelsUp: number }[] = []
  walkLevels(query, 0, (node, depth) => {
    columns ||= levelsUpOf(node) > depth
    if (node.kind !== 'RangeTblEntry' || node.rtekind !== 'cte' || node.ctelevelsup <= depth) return
    tables.push({ name: node.ctename, levelsUp: node.ctelevelsup - depth })
  })
  return { columns, tables }
}

function levelsUpOf(node: Node): number {
  if (node.kind === 'Var') return node.varlevelsup
  return node.kind === 'Aggref' || node.kind === 'GroupingFunc' ? node.agglevelsup : 0
}

/** `WITH …` of a query, or nothing. */
export function withClause(scope: Scope): string {
  const printed: string[] = []
  let recursive = false
  const add = (level: Scope, cte: CommonTableExpr, name: string) => {
    printed.push(commonTable(level, cte, name))
    recursive ||= cte.cterecursive
  }
  const { hoisted, kept } = scope.printer
  if (scope.parent === null) {
    hoisted.clear()
    const above = hoists(scope)
    for (const [cte, name] of scope.ctes) {
      if (!kept.has(cte)) {
        if (above) hoistFrom(scope, cte.ctequery, add)
        add(scope, cte, name)
      }
      hoisted.add(cte)
    }
    if (above) for (const node of readFrom(scope.query)) hoistFrom(scope, node, add)
  } else {
    for (const [cte, name] of scope.ctes) {
      if (hoisted.has(cte) || inlined(scope, cte)) continue
      if (cte.cterecursive && correlated(scope, cte) && readInside(scope.query, cte))
        throw unsupported('a recursive WITH that names columns of an outer query, read in a subquery')
      add(scope, cte, name)
    }
  }
  return printed.length === 0 ? '' : `WITH ${recursive ? 'RECURSIVE ' : ''}${printed.join(', ')} `
}

/** An UPDATE, DELETE or MERGE is several statements, and what it reads may be printed in any of them. */
function hoists({ query }: Scope): boolean {
  if (query.commandType !== 'select' && query.commandType !== 'insert') return false
  return queries(query).some((one) => one !== query && one.cteList.length > 0)
}

/** What is printed in the statement's first part: an INSERT's RETURNING is not. */
function readFrom(query: Query): readonly Node[] {
  if (query.commandType === 'select') return [...children(query)].filter((node) => node.kind !== 'CommonTableExpr')
  return query.rtable.flatMap((rte) => (rte.rtekind === 'subquery' ? [rte.subquery] : []))
}

type Add = (scope: Scope, cte: CommonTableExpr, name: string) => void

function hoistFrom(scope: Scope, node: Node, add: Add): void {
  if (node.kind !== 'Query') {
    for (const child of children(node)) hoistFrom(scope, child, add)
    return
  }
  const own = scopeOf(scope.printer, node, scope)
  for (const [cte, name] of own.ctes) {
    hoistFrom(own, cte.ctequery, add)
    if (!standsAlone(own, cte)) continue
    add(own, cte, name)
    scope.printer.hoisted.add(cte)
  }
  for (const child of children(node)) if (child.kind !== 'CommonTableExpr') hoistFrom(own, child, add)
}

/** Whether it names nothing but tables that stand before it at the top. */
function standsAlone(scope: Scope, cte: CommonTableExpr): boolean {
  const { columns, tables } = reach(cte.ctequery)
  if (columns) return false
  return tables.every((table) => {
    const found = tableAbove(scope, table)
    return found !== undefined && (found === cte || scope.printer.hoisted.has(found))
  })
}

function tableAbove(scope: Scope, table: Reach['tables'][number]): CommonTableExpr | undefined {
  return outer(scope, table.levelsUp - 1).query.cteList.find((cte) => cte.ctename === table.name)
}

/** Whether it names columns outside, be it through another table that does. */
function correlated(scope: Scope, cte: CommonTableExpr): boolean {
  const { columns, tables } = reach(cte.ctequery)
  if (columns) return true
  return tables.some((table) => {
    const found = tableAbove(scope, table)
    return found !== undefined && found !== cte && correlated(outer(scope, table.levelsUp - 1), found)
  })
}

/** UPDATE, DELETE and MERGE of an engine without steps have no place for WITH. */
function standsNowhere({ query, printer }: Scope): boolean {
  return !printer.dialect.abilities.temporaryTables && query.commandType !== 'select' && query.commandType !== 'insert'
}

function inlined(scope: Scope, cte: CommonTableExpr): boolean {
  if (cte.cterecursive) return false
  if (scope.parent === null) return standsNowhere(scope)
  if (scope.printer.hoisted.has(cte)) return false
  return correlated(scope, cte)
}

/** Whether a table is read further inside than where it is defined, its own recursion aside. */
function readInside(query: Query, cte: CommonTableExpr): boolean {
  let found = false
  const look = (node: Node, depth: number) => {
    found ||=
      node.kind === 'RangeTblEntry' &&
      node.rtekind === 'cte' &&
      node.ctename === cte.ctename &&
      depth > 0 &&
      node.ctelevelsup === depth
    if (node === cte) return
    for (const child of children(node)) look(child, node.kind === 'Query' ? depth + 1 : depth)
  }
  for (const child of children(query)) look(child, 0)
  return found
}

/** A table of WITH where it is read. */
export function readTable({ scope, cte, name }: FoundCte, alias: string): string {
  const kept = scope.printer.kept.get(cte)
  if (kept !== undefined) return `${kept} AS ${alias}`
  if (!inlined(scope, cte)) return `${name} AS ${alias}`
  const { ctequery } = cte
  return `(${subquery(scope, ctequery)}) AS ${alias}${columnList(visibleTargets(ctequery).length)}`
}

/** An engine that puts a table of WITH in each place that reads it would compute random() anew in each. */
function refuseVolatile({ printer: { catalog } }: Scope, query: Query): void {
  if (nodesOf(query, 'FuncExpr').some((one) => catalog.function(one.funcid)?.volatility === 'v'))
    throw unsupported('a volatile function in WITH')
}

const MATERIALIZED = { default: '', always: 'MATERIALIZED ', never: 'NOT MATERIALIZED ' } as const

export function commonTable(scope: Scope, cte: CommonTableExpr, name: string): string {
  const { catalog, dialect } = scope.printer
  const query = cte.ctequery
  if (cte.cterecursive && !dialect.abilities.recursion) throw unsupported('a recursive query')
  if (!dialect.abilities.materializedHint) refuseVolatile(scope, query)
  // A recursive query's two sides must agree with what its own references are taken for.
  const types = cte.cterecursive
    ? cte.ctecoltypes.map((type, index) => ({
        type,
        typeName: oid.RECORDS.has(type) ? null : dialect.typeName(catalog, type, cte.ctecoltypmods[index]),
      }))
    : undefined
  const body = subquery(scope, query, types)
  const hint = dialect.abilities.materializedHint ? MATERIALIZED[cte.ctematerialized] : ''
  return `${name}${columnList(visibleTargets(query).length)} AS ${hint}(${body})`
}
