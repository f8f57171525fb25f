import type { MergeAction } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { fromItems } from './from.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { assignments, type Modification, otherItems, type Target } from './target.ts'

/**
 * MERGE as the engine's own. DO NOTHING is not in every engine's: the actions behind it then hold where its condition
 * does not. A row that two rows of the source change is an error there as here.
 */
export function mergeAtOnce(scope: Scope, target: Target): Modification {
  const { query } = scope
  if (query.mergeTargetRelation !== query.resultRelation) throw unsupported('MERGE into a view')
  if (target.entry.rte.securityQuals.length > 0) throw unsupported('MERGE into a table with row security')
  const on = query.mergeJoinCondition === null ? 'true' : expression(scope, query.mergeJoinCondition)
  const passed: Record<string, string[]> = {}
  const clauses = query.mergeActionList.flatMap((action) => {
    const { matchKind } = action
    if (matchKind === 'not_matched_by_source') throw unsupported('WHEN NOT MATCHED BY SOURCE')
    const before = passed[matchKind] ?? []
    passed[matchKind] = before
    const own = action.qual === null ? null : expression(scope, action.qual)
    if (action.commandType === 'nothing') {
      before.push(`(${own ?? 'true'}) IS DISTINCT FROM true`)
      return []
    }
    const conditions = [...before, ...(own === null ? [] : [own])].map((one) => ` AND ${one}`).join('')
    const when = matchKind === 'matched' ? 'WHEN MATCHED' : 'WHEN NOT MATCHED'
    return [`${when}${conditions} THEN ${act(scope, target, action)}`]
  })
  if (clauses.length === 0) throw unsupported('MERGE that does nothing')
  const source = fromItems(scope, otherItems(scope, target))
  if (scope.joinConditions.length > 0) throw unsupported('MERGE from a join with a function')
  const statement = `MERGE INTO ${target.name} AS ${target.entry.alias} USING ${source} ON (${on}) ${clauses.join(' ')}`
  return { statements: [statement], columns: null, countOf: 0 }
}

function act(scope: Scope, target: Target, action: MergeAction): string {
  const given = assignments(scope, target, action.targetList)
  switch (action.commandType) {
    case 'update':
      return `UPDATE SET ${given.map((one) => `${one.name} = ${one.sql}`).join(', ')}`
    case 'delete':
      return 'DELETE'
    case 'insert': {
      if (given.length === 0) throw unsupported('MERGE with INSERT DEFAULT VALUES')
      return `INSERT (${given.map((one) => one.name).join(', ')}) VALUES (${given.map((one) => one.sql).join(', ')})`
    }
    default:
      throw unsupported(`MERGE with ${action.commandType}`)
  }
}
