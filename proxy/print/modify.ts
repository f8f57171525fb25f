import { unsupported } from '../error.ts'
import { changeOf } from './change.ts'
import { fromItems, takeJoinConditions } from './from.ts'
import { insertAtOnce } from './insert.ts'
import { mergeAtOnce } from './merge-at-once.ts'
import type { Scope } from './scope.ts'
import {
  assignments,
  conditions,
  type Modification,
  otherItems,
  type Target,
  targetTable,
  whereClause,
} from './target.ts'
import { namesOthers, updateByMerge } from './update-by-merge.ts'

/** INSERT, UPDATE, DELETE and MERGE. */
export function modification(scope: Scope): Modification {
  const target = targetTable(scope)
  if (!scope.printer.dialect.abilities.temporaryTables) return inOneStep(scope, target)
  const { found, change, countOf, returned, columns } = changeOf(scope, target, { ahead: false })
  const statements = [...found, ...change]
  return { statements: returned === null ? statements : [...statements, returned], columns, countOf }
}

/** For engines in which statements share no temporary table: what one statement can say. */
function inOneStep(scope: Scope, target: Target): Modification {
  const { query } = scope
  if (query.returningList.length > 0) throw unsupported('RETURNING')
  if (query.withCheckOptions.length > 0) throw unsupported('writing to a table or view whose rows are checked')
  switch (query.commandType) {
    case 'insert':
      return { statements: [insertAtOnce(scope, target)], columns: null, countOf: 0 }
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

/** The table has no alias there: its own name stands before its columns. */
function updateAlone(scope: Scope, target: Target): Modification {
  target.entry.alias = target.name
  const set = assignments(scope, target, scope.query.targetList).map((one) => `${one.name} = ${one.sql}`)
  const where = matching(scope, target)
  return { statements: [`UPDATE ${target.name} SET ${set.join(', ')}${where}`], columns: null, countOf: 0 }
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
