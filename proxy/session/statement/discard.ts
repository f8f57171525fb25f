import { PgError, unsupported } from '../../error.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-discard.html */
export const discard: StatementHandler = {
  readOnly: true,
  command: 'DISCARD',
  async run({ session, statement }) {
    const what = readDiscard(statement.sql)
    switch (what) {
      case null:
        throw unsupported('this form of DISCARD')
      case 'all':
        if (session.transaction.inBlock || session.oneOfMany) {
          throw new PgError('25001', 'DISCARD ALL cannot run inside a transaction block')
        }
        await session.portals.clear()
        session.settings.resetAll()
        session.prepared.clear()
        session.listener.unlisten(null)
        return done('DISCARD ALL')
      case 'plans':
      case 'sequences':
      case 'temp':
      case 'temporary':
        // Sessions keep none of these.
        return done(`DISCARD ${what === 'temporary' ? 'TEMP' : what.toUpperCase()}`)
      default:
        return what satisfies never
    }
  },
}

export function readDiscard(sql: string): 'all' | 'plans' | 'sequences' | 'temp' | 'temporary' | null {
  const reader = new TokenReader(sql)
  if (!reader.words('discard')) return null
  const what = reader.oneOf('all', 'plans', 'sequences', 'temp', 'temporary')
  return reader.atEnd ? what : null
}
