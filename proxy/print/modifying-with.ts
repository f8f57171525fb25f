import type { CommonTableExpr } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { changeOf } from './change.ts'
import { commonTable } from './common-table.ts'
import type { OutputColumn } from './engine-sql.ts'
import { type Scope, scopeOf } from './scope.ts'
import { type Modification, targetTable } from './target.ts'
import { visibleTargets } from './type-of.ts'

const RESULT_TABLE = 'lakewire_result'

/**
 * A statement whose WITH writes. All its parts see the tables as they were before it, so each table of WITH is kept, in
 * order, with what its change has found; then comes the statement's own part, and the changes of WITH last.
 * https://www.postgresql.org/docs/18/queries-with.html#QUERIES-WITH-MODIFYING
 */
export function modifyingWith(
  scope: Scope,
  select: (scope: Scope) => { sql: string; columns: OutputColumn[] },
): Modification {
  const { dialect } = scope.printer
  if (!dialect.abilities.temporaryTables) throw unsupported('a data-modifying statement in WITH')
  const found: string[] = []
  const changes: string[] = []
  for (const [cte, name] of scope.ctes) {
    const kept = `lakewire_${name}`
    const rows = cte.ctequery.commandType === 'select' ? readTable(scope, cte, name) : write(scope, cte, found, changes)
    if (rows !== null) found.push(dialect.temporaryTable(kept, rows))
    scope.printer.kept.set(cte, kept)
  }
  if (scope.query.commandType === 'select') {
    const { sql, columns } = select(scope)
    const statements = [
      ...found,
      dialect.temporaryTable(RESULT_TABLE, sql),
      ...changes,
      `SELECT * FROM ${RESULT_TABLE}`,
    ]
    return { statements, columns, countOf: found.length }
  }
  const own = changeOf(scope, targetTable(scope), { ahead: false })
  const statements = [...found, ...own.found, ...own.change, ...changes]
  return {
    statements: own.returned === null ? statements : [...statements, own.returned],
    columns: own.columns,
    countOf: found.length + own.countOf,
  }
}

/** PostgreSQL does not run a SELECT in WITH that nobody reads. */
function readTable(scope: Scope, cte: CommonTableExpr, name: string): string | null {
  if (cte.cterefcount === 0) return null
  return `WITH ${cte.cterecursive ? 'RECURSIVE ' : ''}${commonTable(scope, cte, name)} SELECT * FROM ${name}`
}

/** What RETURNING gives, if there is one. */
function write(scope: Scope, { ctequery }: CommonTableExpr, found: string[], changes: string[]): string | null {
  const inner = scopeOf(scope.printer, ctequery, scope)
  const change = changeOf(inner, targetTable(inner), { ahead: true })
  found.push(...change.found)
  changes.push(...change.change)
  return visibleTargets(ctequery).length === 0 ? null : change.returned
}
