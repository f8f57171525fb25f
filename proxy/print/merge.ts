import type { MergeAction } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { fromItems } from './from.ts'
import { withClause } from './query.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { assignments, type Modification, otherItems, type Target } from './target.ts'

const MATCHES = {
  matched: 'WHEN MATCHED',
  not_matched_by_source: 'WHEN NOT MATCHED BY SOURCE',
  not_matched_by_target: 'WHEN NOT MATCHED',
} as const

/** MERGE, by the engine's own. A row that two rows of the source match is an error in PostgreSQL, so they are looked for first. */
export function merge(scope: Scope, target: Target): Modification {
  const { query } = scope
  if (query.mergeTargetRelation !== query.resultRelation) throw unsupported('MERGE into a view')
  if (query.returningList.length > 0) throw unsupported('MERGE with RETURNING')
  if (query.withCheckOptions.length > 0 || target.entry.rte.securityQuals.length > 0)
    throw unsupported('MERGE into a table with row security')
  const { alias } = target.entry
  const source = fromItems(scope, otherItems(scope, target))
  const on = query.mergeJoinCondition === null ? 'true' : expression(scope, query.mergeJoinCondition)
  const actions = query.mergeActionList.map((action) => mergeAction(scope, target, action))
  const sql = `${withClause(scope)}MERGE INTO ${target.name} AS ${alias} USING ${source} ON ${on} ${actions.join(' ')}`
  const guard = matchedTwice(scope, target, source, on)
  return { statements: [...guard, sql], columns: null, countOf: guard.length }
}

function mergeAction(scope: Scope, target: Target, action: MergeAction): string {
  const condition = action.qual === null ? '' : ` AND ${expression(scope, action.qual)}`
  const when = `${MATCHES[action.matchKind]}${condition} THEN `
  const given = assignments(scope, target, action.targetList)
  switch (action.commandType) {
    case 'update':
      return `${when}UPDATE SET ${given.map((one) => `${one.name} = ${one.sql}`).join(', ')}`
    case 'delete':
      return `${when}DELETE`
    case 'insert':
      return `${when}INSERT (${given.map((one) => one.name).join(', ')}) VALUES (${given.map((one) => one.sql).join(', ')})`
    case 'nothing':
      return `${when}DO NOTHING`
    default:
      throw unsupported('this action of MERGE')
  }
}

/** https://www.postgresql.org/docs/18/sql-merge.html: "MERGE command cannot affect row a second time" */
function matchedTwice(scope: Scope, target: Target, source: string, on: string): string[] {
  const matching = scope.query.mergeActionList.filter(
    (action) => action.matchKind === 'matched' && action.commandType !== 'nothing',
  )
  if (matching.length === 0) return []
  const { dialect } = scope.printer
  const { alias } = target.entry
  const identity = dialect.rowIdentity.map((name) => `${alias}.${name}`).join(', ')
  const acting = matching.some((action) => action.qual === null)
    ? ''
    : ` WHERE ${matching.map((action) => (action.qual === null ? 'true' : expression(scope, action.qual))).join(' OR ')}`
  const raise = dialect.raise('21000', 'MERGE command cannot affect row a second time')
  return [
    `${withClause(scope)}SELECT ${raise} FROM ${target.name} AS ${alias} INNER JOIN ${source} ON ${on}${acting} ` +
      `GROUP BY ${identity} HAVING count(*) > 1 LIMIT 1`,
  ]
}
