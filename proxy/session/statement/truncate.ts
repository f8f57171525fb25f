import { unsupported } from '../../error.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'

/** A delete of every row, in one transaction for all tables named. https://www.postgresql.org/docs/18/sql-truncate.html */
export const truncate: StatementHandler = {
  readOnly: false,
  command: 'TRUNCATE TABLE',
  async run(ctx) {
    const names = readTruncate(ctx.statement.sql)
    if (names === null) throw unsupported('this form of TRUNCATE')
    for (const name of names) {
      const statement = await ctx.compileText(`DELETE FROM ${ctx.statement.sql.slice(name.start, name.end)}`, [])
      await ctx.runStatement(statement, { formats: [], values: [], resultFormats: [] })
    }
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
    reader.words('only')
    const name = reader.qualifiedName()
    if (name === null) return null
    reader.symbol('*')
    names.push(name)
  } while (reader.symbol(','))
  reader.words('continue', 'identity')
  reader.oneOf('cascade', 'restrict')
  return reader.atEnd ? names : null
}
