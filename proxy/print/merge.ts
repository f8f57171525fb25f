import type { Expr, MergeAction } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { unsupported } from '../error.ts'
import { withClause } from './common-table.ts'
import { fromItems } from './from.ts'
import { functionOf } from './function-call.ts'
import { returningList } from './output.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import {
  assignments,
  type Change,
  identityOf,
  otherItems,
  rawColumn,
  readBack,
  stepTable,
  type Target,
  writableColumns,
} from './target.ts'

/** Number of the action in the statement's order, NULL for a row that takes none. */
const ACTION = 'lakewire_action'

/** An action with its place in the statement, which is how rows refer to it. */
type Numbered = { readonly number: number; readonly action: MergeAction }

/**
 * MERGE, in steps over a temporary table that says for each row which action it takes and what it becomes. Engines have a
 * MERGE of their own, but not with every mix of actions, and DuckDB's dies of a source that it can prove empty.
 */
export function merge(scope: Scope, target: Target): Change {
  const { query, printer } = scope
  const { dialect } = printer
  if (query.mergeTargetRelation !== query.resultRelation) throw unsupported('MERGE into a view')
  if (query.withCheckOptions.length > 0 || target.entry.rte.securityQuals.length > 0)
    throw unsupported('MERGE into a table with row security')
  const numbered = query.mergeActionList.map((action, index): Numbered => ({ number: index + 1, action }))
  const from = (kinds: readonly MergeAction['matchKind'][]) =>
    numbered.filter(({ action }) => kinds.includes(action.matchKind))
  const { alias } = target.entry
  const source = fromItems(scope, otherItems(scope, target))
  const condition: Expr | null = query.mergeJoinCondition
  const on = condition === null ? 'true' : expression(scope, condition)
  const { sql: returned, columns } = returningOf(scope, target, numbered)
  const parts = [
    `${select(scope, target, from(['matched', 'not_matched_by_target']), returned)} FROM ${source} LEFT JOIN ${target.name} AS ${alias} ON ${on}`,
  ]
  const unmatched = from(['not_matched_by_source'])
  if (unmatched.length > 0) {
    if (returned.length > 0) throw unsupported('MERGE with WHEN NOT MATCHED BY SOURCE and RETURNING')
    const none = `NOT EXISTS (SELECT 1 FROM ${source} WHERE ${on})`
    parts.push(`${select(scope, target, unmatched, [])} FROM ${target.name} AS ${alias} WHERE ${none}`)
  }
  const found = printer.alias('n')
  const commands = (command: MergeAction['commandType']) =>
    numbered.filter(({ action }) => action.commandType === command).map(({ number }) => number)
  const rows = stepTable(scope, 'rows')
  // Rows that an action is for: filling it counts what the command has done.
  const acted = stepTable(scope, 'acted')
  const filling = `INSERT INTO ${acted} SELECT * FROM ${rows} WHERE ${ACTION} IS NOT NULL`
  const empty = [
    dialect.temporaryTable(rows, `${withClause(scope)}${parts.map((part) => `(${part})`).join(' UNION ALL ')}`),
    dialect.temporaryTable(acted, `SELECT * FROM ${rows} LIMIT 0`),
  ]
  const steps = {
    found: [...empty, filling, secondTime(scope, target, acted, [...commands('update'), ...commands('delete')])],
    change: change(
      target,
      acted,
      found,
      commands('delete'),
      commands('update'),
      commands('insert'),
      updated(target, numbered),
    ),
    countOf: empty.length,
  }
  if (columns.length === 0) return { ...steps, returned: null, columns: null }
  const shown = columns.map((_, index) => `c${index + 1}`).join(', ')
  return { ...steps, returned: `SELECT ${shown} FROM ${acted}`, columns }
}

/** Identity of the row, the action it takes, and the whole row as it will be. */
function select(scope: Scope, target: Target, actions: readonly Numbered[], returned: readonly string[]): string {
  const identity = identityOf(target)
  const present = identity[0]?.found ?? 'NULL'
  const whens = actions.map(({ number, action }) => {
    const side = action.matchKind === 'not_matched_by_target' ? `${present} IS NULL` : `${present} IS NOT NULL`
    const condition = action.qual === null ? '' : ` AND ${expression(scope, action.qual)}`
    // It stands in the value of each column, and has to be the same in all of them.
    if (action.qual !== null && isVolatile(scope, action.qual))
      throw unsupported('a volatile function in WHEN of MERGE')
    return `WHEN ${side}${condition} THEN ${action.commandType === 'nothing' ? 'NULL' : number}`
  })
  // Written out where it is used: DuckDB names no alias whose expression has a subquery, or might raise an error.
  const chosen = `CASE ${whens.join(' ')} END`
  const values = writableColumns(target).map(({ attno }) => {
    const changes = actions.flatMap(({ number, action }) => {
      const given = assignments(scope, target, action.targetList).find((one) => one.attno === attno)
      if (given !== undefined) return [`WHEN ${number} THEN ${given.sql}`]
      return action.commandType === 'insert' ? [`WHEN ${number} THEN NULL`] : []
    })
    const kept = rawColumn(target, attno)
    return `${changes.length === 0 ? kept : `CASE ${chosen} ${changes.join(' ')} ELSE ${kept} END`} AS ${valueName(attno)}`
  })
  const keys = identity.map((one) => `${one.found} AS ${one.kept}`)
  return `SELECT ${[...keys, `${chosen} AS ${ACTION}`, ...values, ...returned].join(', ')}`
}

function isVolatile(scope: Scope, condition: Expr): boolean {
  return nodesOf(condition, 'FuncExpr').some((call) => functionOf(scope, call.funcid).volatility === 'v')
}

function valueName(attno: number): string {
  return `lakewire_v${attno}`
}

function secondTime(scope: Scope, target: Target, acted: string, actions: readonly number[]): string {
  const keys = identityOf(target).map((one) => one.kept)
  const raise = scope.printer.dialect.raise('21000', 'MERGE command cannot affect row a second time')
  return `SELECT ${raise} FROM ${acted} WHERE ${among(actions)} GROUP BY ${keys.join(', ')} HAVING count(*) > 1`
}

function among(actions: readonly number[]): string {
  return actions.length === 0 ? 'false' : `${ACTION} IN (${actions.join(', ')})`
}

function updated(target: Target, actions: readonly Numbered[]): { attno: number; name: string }[] {
  const assigned = new Set(
    actions.flatMap(({ action }) => (action.commandType === 'update' ? action.targetList.map((one) => one.resno) : [])),
  )
  return writableColumns(target).filter(({ attno }) => assigned.has(attno))
}

function change(
  target: Target,
  acted: string,
  found: string,
  deletes: readonly number[],
  updates: readonly number[],
  inserts: readonly number[],
  assigned: readonly { attno: number; name: string }[],
): string[] {
  const { alias } = target.entry
  const same = target.identity.map((name, index) => `${alias}.${name} = ${found}.r${index + 1}`).join(' AND ')
  const rows = `${acted} AS ${found}`
  const all = writableColumns(target)
  return [
    ...(deletes.length === 0
      ? []
      : [`DELETE FROM ${target.name} AS ${alias} USING ${rows} WHERE ${same} AND ${found}.${among(deletes)}`]),
    ...(updates.length === 0
      ? []
      : [
          `UPDATE ${target.name} AS ${alias} SET ${assigned.map(({ attno, name }) => `${name} = ${found}.${valueName(attno)}`).join(', ')} ` +
            `FROM ${rows} WHERE ${same} AND ${found}.${among(updates)}`,
        ]),
    ...(inserts.length === 0
      ? []
      : [
          `INSERT INTO ${target.name} (${all.map(({ name }) => name).join(', ')}) ` +
            `SELECT ${all.map(({ attno }) => valueName(attno)).join(', ')} FROM ${acted} WHERE ${among(inserts)}`,
        ]),
  ]
}

/** RETURNING sees the row as it becomes, a deleted one as it was; merge_action() is what was done to it. */
function returningOf(scope: Scope, target: Target, actions: readonly Numbered[]) {
  const { dialect } = scope.printer
  target.entry.columns = (attno, image) =>
    image === 'old' || attno < 1 ? null : readBack(scope, target, attno, valueName(attno))
  const names = actions.map(
    ({ number, action }) => `WHEN ${number} THEN ${dialect.quote(action.commandType.toUpperCase())}`,
  )
  scope.printer.mergeActions.push(`CASE ${ACTION} ${names.join(' ')} END`)
  const { items, columns } = returningList(scope)
  scope.printer.mergeActions.pop()
  target.entry.columns = null
  return { sql: items.map((item, index) => `${item} AS c${index + 1}`), columns }
}
