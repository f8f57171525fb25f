import { unreachable } from '../assert.ts'
import { unsupported } from '../error.ts'
import { columnNames } from './column-list.ts'
import { withClause } from './common-table.ts'
import type { OutputColumn } from './engine-sql.ts'
import { fromItems, takeJoinConditions } from './from.ts'
import { checkGuards } from './guard.ts'
import { walkLevels } from './level.ts'
import { merge } from './merge.ts'
import { mergeAtOnce } from './merge-at-once.ts'
import { returningList } from './output.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import {
  type Assignment,
  assignments,
  identityOf,
  type Modification,
  otherItems,
  ROWS_TABLE,
  readBack,
  type Target,
  targetTable,
} from './target.ts'

/** INSERT, UPDATE, DELETE and MERGE. */
export function modification(scope: Scope): Modification {
  const { query } = scope
  if (query.onConflict !== null) throw unsupported('ON CONFLICT')
  const target = targetTable(scope)
  if (!scope.printer.dialect.abilities.temporaryTables) return inOneStep(scope, target)
  switch (query.commandType) {
    case 'insert':
      return insert(scope, target)
    case 'update':
      return update(scope, target)
    case 'delete':
      return remove(scope, target)
    case 'merge':
      return merge(scope, target)
    case 'select':
    case 'unknown':
    case 'utility':
    case 'nothing':
      throw unsupported(`command ${query.commandType}`)
    default:
      return unreachable(query.commandType)
  }
}

/** For engines in which statements share no temporary table: what one statement can say. */
function inOneStep(scope: Scope, target: Target): Modification {
  const { query } = scope
  if (query.returningList.length > 0) throw unsupported('RETURNING')
  if (query.withCheckOptions.length > 0) throw unsupported('writing to a table or view whose rows are checked')
  switch (query.commandType) {
    case 'insert':
      return insert(scope, target)
    case 'update':
      return namesOthers(scope, target) ? updateByMerge(scope, target) : updateAlone(scope, target)
    case 'delete':
      target.entry.alias = target.name
      return removeWithoutAlias(scope, target)
    case 'merge':
      return mergeAtOnce(scope, target)
    default:
      throw unsupported(`command ${query.commandType}`)
  }
}

/** Whether what is assigned comes out of FROM: a row that several rows of FROM match is then an error of the engine's. */
function namesOthers(scope: Scope, target: Target): boolean {
  let found = false
  for (const one of scope.query.targetList) {
    walkLevels(one, 0, (node, depth) => {
      found ||= node.kind === 'Var' && node.varlevelsup === depth && node.varno !== target.varno
    })
  }
  return found
}

/** The table has no alias there: its own name stands before its columns. */
function updateAlone(scope: Scope, target: Target): Modification {
  target.entry.alias = target.name
  const set = assignments(scope, target, scope.query.targetList).map((one) => `${one.name} = ${one.sql}`)
  const where = matching(scope, target)
  return { statements: [`UPDATE ${target.name} SET ${set.join(', ')}${where}`], columns: null, countOf: 0 }
}

function updateByMerge(scope: Scope, target: Target): Modification {
  const set = assignments(scope, target, scope.query.targetList).map((one) => `${one.name} = ${one.sql}`)
  const source = fromItems(scope, otherItems(scope, target))
  const on = [...conditions(scope, target), ...takeJoinConditions(scope)]
  const statement = `MERGE INTO ${target.name} AS ${target.entry.alias} USING ${source} ON (${on.length === 0 ? 'true' : on.join(' AND ')}) WHEN MATCHED THEN UPDATE SET ${set.join(', ')}`
  return { statements: [statement], columns: null, countOf: 0 }
}

/** As a semi join: a row that several rows of USING match goes once, and counts once. */
function removeWithoutAlias(scope: Scope, target: Target): Modification {
  return { statements: [`DELETE FROM ${target.name}${matching(scope, target)}`], columns: null, countOf: 0 }
}

function matching(scope: Scope, target: Target): string {
  const others = otherItems(scope, target)
  const where = conditions(scope, target)
  if (others.length === 0) return whereClause(where)
  const from = fromItems(scope, others)
  return ` WHERE EXISTS (SELECT 1 FROM ${from}${whereClause([...where, ...takeJoinConditions(scope)])})`
}

function insert(scope: Scope, target: Target): Modification {
  const { query, printer } = scope
  const { dialect } = printer
  const given = insertedColumns(scope, target)
  const names = given.map((one) => one.name).join(', ')
  const body = `${withClause(scope)}SELECT ${given.map((one) => one.sql).join(', ')}${sourceClauses(scope, target)}`
  if (query.returningList.length === 0 && query.withCheckOptions.length === 0)
    return { statements: [`INSERT INTO ${target.name} (${names}) ${body}`], columns: null, countOf: 0 }
  const columns = columnNames(given.length)
  const shown = `${withClause(scope)}SELECT ${given.map((one, index) => `${one.sql} AS ${columns[index]}`).join(', ')}${sourceClauses(scope, target)}`
  const statements = [dialect.temporaryTable(ROWS_TABLE, shown)]
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
  statements.push(...checkGuards(scope, `${ROWS_TABLE} AS ${alias}`))
  const countOf = statements.length
  statements.push(`INSERT INTO ${target.name} (${names}) SELECT ${columns.join(', ')} FROM ${ROWS_TABLE}`)
  if (query.returningList.length === 0) return { statements, columns: null, countOf }
  const { items, columns: output } = returningList(scope)
  statements.push(`SELECT ${items.join(', ')} FROM ${ROWS_TABLE} AS ${alias}`)
  return { statements, columns: output, countOf }
}

function insertedColumns(scope: Scope, target: Target): Assignment[] {
  const given = assignments(scope, target, scope.query.targetList)
  if (given.length > 0) return given
  // DEFAULT VALUES without any default: one NULL makes the row.
  const attno = target.relation.columns.findIndex((column) => column !== null) + 1
  const column = target.relation.columns[attno - 1]
  if (column === null || column === undefined) throw unsupported('INSERT into a table without columns')
  const { dialect } = scope.printer
  return [{ attno, name: dialect.identifier(column.name), sql: 'NULL' }]
}

/** FROM and WHERE of the rows that are inserted. */
function sourceClauses(scope: Scope, target: Target): string {
  const { jointree } = scope.query
  const items = otherItems(scope, target)
  const from = items.length === 0 ? '' : ` FROM ${fromItems(scope, items)}`
  const own = jointree?.quals == null ? [] : [expression(scope, jointree.quals)]
  return `${from}${whereClause([...own, ...takeJoinConditions(scope)])}`
}

/** Policies of row security on the table come before the statement's own condition. */
function conditions(scope: Scope, target: Target): string[] {
  const own = scope.query.jointree?.quals
  const quals = [...target.entry.rte.securityQuals, ...(own == null ? [] : [own])]
  return quals.map((qual) => expression(scope, qual))
}

function whereClause(parts: readonly string[]): string {
  return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`
}

function update(scope: Scope, target: Target): Modification {
  const { query, printer } = scope
  const { dialect } = printer
  const given = assignments(scope, target, query.targetList)
  const where = conditions(scope, target)
  const others = otherItems(scope, target)
  const { alias } = target.entry
  const everyRow = others.length === 0 && where.length === 0
  if (
    everyRow &&
    query.returningList.length === 0 &&
    query.withCheckOptions.length === 0 &&
    query.cteList.length === 0
  ) {
    const set = given.map((one) => `${one.name} = ${one.sql}`).join(', ')
    return { statements: [`UPDATE ${target.name} AS ${alias} SET ${set}`], columns: null, countOf: 0 }
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
  const once = others.length === 0 ? '' : `DISTINCT ON (${identity.map((one) => one.found).join(', ')}) `
  const from = `${target.name} AS ${alias}${others.length === 0 ? '' : ` CROSS JOIN ${fromItems(scope, others)}`}`
  const rows = dialect.temporaryTable(
    ROWS_TABLE,
    `${withClause(scope)}SELECT ${once}${select.join(', ')} FROM ${from}${whereClause(where)}`,
  )
  const found = printer.alias('n')
  const guards = checkGuards(
    scope,
    `${ROWS_TABLE} AS ${found}`,
    checks.map(({ kept }) => `${found}.${kept}`),
  )
  const set = values.map((one) => `${one.name} = ${found}.${one.kept}`).join(', ')
  const same = identity.map((one) => `${alias}.${one.name} = ${found}.${one.kept}`).join(' AND ')
  const statements = [
    rows,
    ...guards,
    `UPDATE ${target.name} AS ${alias} SET ${set} FROM ${ROWS_TABLE} AS ${found} WHERE ${same}`,
  ]
  return withReturning(statements, columns)
}

function remove(scope: Scope, target: Target): Modification {
  const { query, printer } = scope
  const { dialect } = printer
  const where = conditions(scope, target)
  const others = otherItems(scope, target)
  const { alias } = target.entry
  if (query.returningList.length === 0 && query.cteList.length === 0) {
    if (others.length === 0)
      return { statements: [`DELETE FROM ${target.name} AS ${alias}${whereClause(where)}`], columns: null, countOf: 0 }
    // As a semi join: a row that several rows of USING match goes once, and counts once.
    const match = `EXISTS (SELECT 1 FROM ${fromItems(scope, others)}${whereClause(where)})`
    return { statements: [`DELETE FROM ${target.name} AS ${alias} WHERE ${match}`], columns: null, countOf: 0 }
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
  const once = others.length === 0 ? '' : `DISTINCT ON (${identity.map((one) => one.found).join(', ')}) `
  const from = `${target.name} AS ${alias}${others.length === 0 ? '' : ` CROSS JOIN ${fromItems(scope, others)}`}`
  const rows = dialect.temporaryTable(
    ROWS_TABLE,
    `${withClause(scope)}SELECT ${once}${select.join(', ')} FROM ${from}${whereClause(where)}`,
  )
  const found = printer.alias('n')
  const same = identity.map((one) => `${alias}.${one.name} = ${found}.${one.kept}`).join(' AND ')
  const statements = [rows, `DELETE FROM ${target.name} AS ${alias} USING ${ROWS_TABLE} AS ${found} WHERE ${same}`]
  return withReturning(statements, columns)
}

function columnType(target: Target, attno: number): number {
  const column = target.relation.columns[attno - 1]
  if (column === null || column === undefined) throw unsupported('a system column of a row that is being written')
  return column.typeOid
}

function withReturning(statements: readonly string[], columns: readonly OutputColumn[]): Modification {
  const countOf = statements.length - 1
  if (columns.length === 0) return { statements, columns: null, countOf }
  const shown = columnNames(columns.length).join(', ')
  return { statements: [...statements, `SELECT ${shown} FROM ${ROWS_TABLE}`], columns, countOf }
}
