import { unsupported } from '../../error.ts'
import { copyFrom } from '../copy/from.ts'
import { readCopy } from '../copy/read.ts'
import { copyTo } from '../copy/to.ts'
import type { StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-copy.html */
export const copy: StatementHandler = {
  // COPY … TO reads: a read-only transaction may. COPY … FROM is refused by copyFrom.
  readOnly: true,
  command: 'COPY',
  async run(ctx) {
    const statement = readCopy(ctx.statement.sql)
    if (statement === null) throw unsupported('this form of COPY')
    return statement.direction === 'from' ? await copyFrom(ctx, statement) : await copyTo(ctx, statement)
  },
}
