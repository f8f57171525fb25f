import { PgError, unsupported } from '../../error.ts'
import { applyDdl, qualified } from '../ddl/apply.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementContext, type StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-discard.html */
export const discard: StatementHandler = {
  readOnly: true,
  command: 'DISCARD',
  async run(ctx) {
    const { session, statement } = ctx
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
        await dropTemporary(ctx)
        return done('DISCARD ALL')
      case 'temp':
      case 'temporary':
        await dropTemporary(ctx)
        return done('DISCARD TEMP')
      case 'plans':
      case 'sequences':
        // Sessions keep none of these.
        return done(`DISCARD ${what.toUpperCase()}`)
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

async function dropTemporary(ctx: StatementContext): Promise<void> {
  const { session, signal } = ctx
  if (!session.temporary.areInUse) return
  const twin = await session.transaction.twin(signal)
  const { rows } = await twin.run(
    `SELECT c.relkind, n.nspname, c.relname FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.oid = pg_catalog.pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v')`,
    signal,
  )
  for (const kind of ['VIEW', 'TABLE'] as const) {
    const names = rows
      .filter(([relkind]) => (relkind === 'v') === (kind === 'VIEW'))
      .map(([, schema, name]) => qualified({ schema: schema!, name: name! }))
    if (names.length > 0) await applyDdl(ctx, `DROP ${kind} ${names.join(', ')}`)
  }
}
