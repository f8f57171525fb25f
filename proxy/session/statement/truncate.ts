import { PgError, unsupported } from '../../error.ts'
import { qualified } from '../ddl/apply.ts'
import { NO_BIND } from '../state.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'
import { relationNamed } from './relation.ts'

/** A delete of every row, in one transaction for all tables named. https://www.postgresql.org/docs/18/sql-truncate.html */
export const truncate: StatementHandler = {
  readOnly: false,
  command: 'TRUNCATE TABLE',
  async run(ctx) {
    const { session, statement } = ctx
    const names = readTruncate(statement.sql)
    if (names === null) throw unsupported('this form of TRUNCATE')
    const deletes = []
    for (const { start, end } of names) {
      const relation = await relationNamed(ctx, statement.sql.slice(start, end))
      if (relation.schema === 'pg_catalog')
        throw new PgError('42501', `permission denied: "${relation.name}" is a system catalog`)
      if (relation.kind !== 'r' && relation.kind !== 'p')
        throw new PgError('42809', `"${relation.name}" is not a table`)
      deletes.push(await ctx.compileText(`DELETE FROM ${qualified(relation)}`, []))
    }
    // Several deletes come true together: none may commit by itself.
    if (deletes.length > 1) session.alone = false
    for (const each of deletes) await ctx.runStatement(each, NO_BIND)
    return done('TRUNCATE TABLE')
  },
}

/** Where the tables' names stand in the text. */
export function readTruncate(sql: string): { start: number; end: number }[] | null {
  const reader = new TokenReader(sql)
  if (!reader.words('truncate')) return null
  reader.words('table')
  const names: { start: number; end: number }[] = []
  do {
    if (reader.peek(1)?.value !== '.' && reader.peek(1)?.value !== ',') reader.words('only')
    const name = reader.qualifiedName()
    if (name === null) return null
    reader.symbol('*')
    names.push(name)
  } while (reader.symbol(','))
  // There are no sequences to restart.
  if (!reader.words('restart', 'identity')) reader.words('continue', 'identity')
  reader.oneOf('cascade', 'restrict')
  return reader.atEnd ? names : null
}
