import { unsupported } from '../../error.ts'
import { quoteIdentifier } from '../../quote.ts'
import { applyDdl, qualified } from '../ddl/apply.ts'
import { NO_BIND } from '../state.ts'
import { TokenReader } from '../token.ts'
import type { StatementContext, StatementHandler } from './handler.ts'
import { done } from './handler.ts'
import { retrying } from './retry.ts'

/**
 * CREATE, ALTER, DROP and COMMENT of schemas, tables, columns and views: whatever PostgreSQL makes of the statement in
 * the twin is what the lake gets, or the statement is refused. See ddl/difference.ts.
 */
export function ddl(command: string): StatementHandler {
  return {
    readOnly: false,
    command,
    run: (whole) =>
      retrying(whole, async (ctx) => {
        const { sql } = ctx.statement
        refuseUsing(sql)
        const { tag, changes } = await applyDdl(ctx, sql)
        for (const change of changes) {
          if (change.kind === 'alterTable') await fillDefaults(ctx, change)
        }
        return done(tag)
      }),
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
  await ctx.runStatement(update, NO_BIND)
}

type AddedColumn = { name: string; fieldId: number | null; defaultSql: string | null }

/**
 * ALTER COLUMN c TYPE t USING …: the twin has no rows that the expression could change, so it would be lost. USING c and
 * USING c::t, which tools write, say nothing new.
 */
export function refuseUsing(sql: string): void {
  const reader = new TokenReader(sql)
  if (!reader.words('alter', 'table')) return
  let column: string | undefined
  let type = ''
  for (let token = reader.next(); token !== undefined; token = reader.next()) {
    if (token.kind !== 'word') continue
    if (token.value === 'alter') {
      reader.words('column')
      column = reader.peek()?.value
    } else if (token.value === 'type') {
      type = readType(reader)
    } else if (token.value === 'using') {
      let saysNothing = reader.identifier() === column
      if (saysNothing && reader.symbol(':')) saysNothing = reader.symbol(':') && readType(reader) === type
      if (!saysNothing || !atEndOfAction(reader))
        throw unsupported('ALTER COLUMN … TYPE … USING', {
          hint: 'Add a column, UPDATE it, drop the old one and rename the new one.',
        })
    }
  }
}

function readType(reader: TokenReader): string {
  const words: string[] = []
  while (!atEndOfAction(reader) && !(reader.peek()?.kind === 'word' && reader.peek()?.value === 'using')) {
    const inner = reader.peek()?.value === '(' ? reader.parenthesised() : null
    words.push(inner === null ? (reader.next()?.value ?? '') : `(${reader.sql.slice(inner.start, inner.end)})`)
  }
  return words.join(' ')
}

function atEndOfAction(reader: TokenReader): boolean {
  return reader.atEnd || reader.peek()?.value === ','
}
