import { applyDdl, qualified } from '../ddl/apply.ts'
import { quoteIdentifier } from '../setting/value.ts'
import type { StatementContext, StatementHandler } from './handler.ts'
import { done } from './handler.ts'

/**
 * CREATE, ALTER, DROP and COMMENT of schemas, tables, columns and views: whatever PostgreSQL makes of the statement in
 * the twin is what the lake gets, or the statement is refused. See ddl/difference.ts.
 */
export function ddl(command: string): StatementHandler {
  return {
    readOnly: false,
    command,
    async run(ctx) {
      const { tag, changes } = await applyDdl(ctx, ctx.statement.sql)
      for (const change of changes) {
        if (change.kind === 'alterTable') await fillDefaults(ctx, change)
      }
      return done(tag)
    },
  }
}

/**
 * ADD COLUMN … DEFAULT gives the default to the rows that are there. Iceberg v2 has no initial default, so they are
 * written, in the same transaction.
 */
async function fillDefaults(
  ctx: StatementContext,
  change: { table: { schema: string; name: string }; columns: readonly AddedColumn[] },
) {
  const added = change.columns.filter(({ fieldId, defaultSql }) => fieldId === null && defaultSql !== null)
  if (added.length === 0) return
  const assignments = added.map(({ name }) => `${quoteIdentifier(name)} = DEFAULT`).join(', ')
  const update = await ctx.compileText(`UPDATE ${qualified(change.table)} SET ${assignments}`, [])
  await ctx.runStatement(update, { formats: [], values: [], resultFormats: [] })
}

type AddedColumn = { name: string; fieldId: number | null; defaultSql: string | null }
