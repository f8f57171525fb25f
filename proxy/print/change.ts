import { unreachable } from '../assert.ts'
import { unsupported } from '../error.ts'
import { columnNames } from './column-list.ts'
import { withClause } from './common-table.ts'
import type { OutputColumn } from './engine-sql.ts'
import { fromItems } from './from.ts'
import { checkGuards } from './guard.ts'
import { insertAtOnce, inserted } from './insert.ts'
import { merge } from './merge.ts'
import { returningList } from './output.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import {
  assignments,
  type Change,
  conditions,
  identityOf,
  otherItems,
  readBack,
  stepTable,
  type Target,
  whereClause,
} from './target.ts'

type Options = {
  /** whether all that it reads is read by `found`: other changes of the statement come before its own */
  readonly ahead: boolean
}

/** A statement that writes, in steps that share temporary tables: what is not in an engine's own statements is said so. */
export function changeOf(scope: Scope, target: Target, options: Options): Change {
  const { commandType } = scope.query
  switch (commandType) {
    case 'insert':
      return insert(scope, target, options)
    case 'update':
      return update(scope, target, options)
    case 'delete':
      return remove(scope, target, options)
    case 'merge':
      return merge(scope, target)
    case 'select':
    case 'unknown':
    case 'utility':
    case 'nothing':
      throw unsupported(`command ${commandType}`)
    default:
      return unreachable(commandType)
  }
}

function directly(statement: string): Change {
  return { found: [], change: [statement], countOf: 0, returned: null, columns: null }
}

function insert(scope: Scope, target: Target, { ahead }: Options): Change {
  const { query, printer } = scope
  const { dialect } = printer
  if (!ahead && query.returningList.length === 0 && query.withCheckOptions.length === 0)
    return directly(insertAtOnce(scope, target))
  const { given, names, select } = inserted(scope, target)
  const rows = stepTable(scope, 'rows')
  const columns = columnNames(given.length)
  const found = [dialect.temporaryTable(rows, select(given.map((one, index) => `${one.sql} AS ${columns[index]}`)))]
  const alias = printer.alias('n')
  const position = new Map(given.map((one, index) => [one.attno, `${alias}.${columns[index]}`]))
  target.entry.columns = (attno, image) => {
    if (attno === 0) return null
    const column = target.relation.columns[attno - 1]
    if (column === null || column === undefined) return null
    const sql = image === 'old' ? undefined : position.get(attno)
    return sql === undefined
      ? dialect.literal(printer.catalog, column.typeOid, null, column.typmod)
      : readBack(scope, target, attno, sql)
  }
  found.push(...checkGuards(scope, `${rows} AS ${alias}`))
  const change = [`INSERT INTO ${target.name} (${names}) SELECT ${columns.join(', ')} FROM ${rows}`]
  const countOf = found.length
  if (query.returningList.length === 0) return { found, change, countOf, returned: null, columns: null }
  const { items, columns: output } = returningList(scope)
  const shown = items.map((item, index) => `${item} AS c${index + 1}`)
  return { found, change, countOf, returned: `SELECT ${shown.join(', ')} FROM ${rows} AS ${alias}`, columns: output }
}

function update(scope: Scope, target: Target, { ahead }: Options): Change {
  const { query, printer } = scope
  const { dialect } = printer
  const given = assignments(scope, target, query.targetList)
  const where = conditions(scope, target)
  const others = otherItems(scope, target)
  const { alias } = target.entry
  const everyRow = others.length === 0 && where.length === 0
  if (
    !ahead &&
    everyRow &&
    query.returningList.length === 0 &&
    query.withCheckOptions.length === 0 &&
    query.cteList.length === 0
  ) {
    const set = given.map((one) => `${one.name} = ${one.sql}`).join(', ')
    return directly(`UPDATE ${target.name} AS ${alias} SET ${set}`)
  }
  // Found first, each row once: PostgreSQL updates a row once however many rows of FROM match it. (And DuckDB's UPDATE
  // of an Iceberg table ends its process when the condition is provably false; a SELECT does not.)
  const identity = identityOf(target)
  const values = given.map((one, index) => ({ ...one, kept: `n${index + 1}` }))
  const changed = new Map(given.map((one) => [one.attno, one.sql]))
  target.entry.columns = (attno, image) => {
    const sql = image === 'old' ? undefined : changed.get(attno)
    return sql === undefined ? null : readBack(scope, target, attno, sql)
  }
  const { items, columns } = returningList(scope)
  const checks = query.withCheckOptions.map((option, index) => ({ option, kept: `k${index + 1}` }))
  const checked = checks.map(
    ({ option, kept }) => `${option.qual === null ? 'true' : expression(scope, option.qual)} AS ${kept}`,
  )
  target.entry.columns = null
  const select = [
    ...identity.map((one) => `${one.found} AS ${one.kept}`),
    ...values.map((one) => `${one.sql} AS ${one.kept}`),
    ...items.map((item, index) => `${item} AS c${index + 1}`),
    ...checked,
  ]
  const rows = stepTable(scope, 'rows')
  const keep = dialect.temporaryTable(rows, foundRows(scope, target, select, where))
  const found = printer.alias('n')
  const guards = checkGuards(
    scope,
    `${rows} AS ${found}`,
    checks.map(({ kept }) => `${found}.${kept}`),
  )
  const set = values.map((one) => `${one.name} = ${found}.${one.kept}`).join(', ')
  const same = identity.map((one) => `${alias}.${one.name} = ${found}.${one.kept}`).join(' AND ')
  const change = `UPDATE ${target.name} AS ${alias} SET ${set} FROM ${rows} AS ${found} WHERE ${same}`
  return withReturning(scope, [keep, ...guards], change, columns)
}

function remove(scope: Scope, target: Target, { ahead }: Options): Change {
  const { query, printer } = scope
  const { dialect } = printer
  const where = conditions(scope, target)
  const others = otherItems(scope, target)
  const { alias } = target.entry
  if (!ahead && query.returningList.length === 0 && query.cteList.length === 0) {
    if (others.length === 0) return directly(`DELETE FROM ${target.name} AS ${alias}${whereClause(where)}`)
    // As a semi join: a row that several rows of USING match goes once, and counts once.
    const match = `EXISTS (SELECT 1 FROM ${fromItems(scope, others)}${whereClause(where)})`
    return directly(`DELETE FROM ${target.name} AS ${alias} WHERE ${match}`)
  }
  const identity = identityOf(target)
  target.entry.columns = (attno, image) =>
    image === 'new' && attno > 0 ? dialect.literal(printer.catalog, columnType(target, attno), null) : null
  const { items, columns } = returningList(scope)
  target.entry.columns = null
  const select = [
    ...identity.map((one) => `${one.found} AS ${one.kept}`),
    ...items.map((item, index) => `${item} AS c${index + 1}`),
  ]
  const rows = stepTable(scope, 'rows')
  const keep = dialect.temporaryTable(rows, foundRows(scope, target, select, where))
  const found = printer.alias('n')
  const same = identity.map((one) => `${alias}.${one.name} = ${found}.${one.kept}`).join(' AND ')
  const change = `DELETE FROM ${target.name} AS ${alias} USING ${rows} AS ${found} WHERE ${same}`
  return withReturning(scope, [keep], change, columns)
}

/** The rows of the table that a condition finds, each once however many rows of FROM or USING match it. */
function foundRows(scope: Scope, target: Target, select: readonly string[], where: readonly string[]): string {
  const others = otherItems(scope, target)
  const own = `${target.name} AS ${target.entry.alias}`
  const clauses = (from: string) => `${select.join(', ')} FROM ${from}${whereClause(where)}`
  if (others.length === 0) return `${withClause(scope)}SELECT ${clauses(own)}`
  const keys = identityOf(target).map((one) => one.found)
  return `${withClause(scope)}SELECT DISTINCT ON (${keys.join(', ')}) ${clauses(`${own} CROSS JOIN ${fromItems(scope, others)}`)}`
}

function columnType(target: Target, attno: number): number {
  const column = target.relation.columns[attno - 1]
  if (column === null || column === undefined) throw unsupported('a system column of a row that is being written')
  return column.typeOid
}

function withReturning(
  scope: Scope,
  found: readonly string[],
  change: string,
  columns: readonly OutputColumn[],
): Change {
  const countOf = found.length
  if (columns.length === 0) return { found, change: [change], countOf, returned: null, columns: null }
  const shown = columnNames(columns.length).join(', ')
  return { found, change: [change], countOf, returned: `SELECT ${shown} FROM ${stepTable(scope, 'rows')}`, columns }
}
