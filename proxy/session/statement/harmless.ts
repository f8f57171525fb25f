import { PgError, unsupported } from '../../error.ts'
import { warning } from '../reply.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'
import { splitAtCommas } from './prepare.ts'

/** SET CONSTRAINTS: no constraint of the lake can be deferred, so there is nothing to set. */
export const constraints: StatementHandler = {
  readOnly: true,
  command: 'SET CONSTRAINTS',
  async run(ctx) {
    const { transaction } = ctx.session
    if (!transaction.inBlock && !ctx.session.oneOfMany) {
      ctx.notice(warning('25P01', 'SET CONSTRAINTS can only be used in transaction blocks'))
    }
    return done('SET CONSTRAINTS')
  },
}

export const checkpoint: StatementHandler = {
  readOnly: true,
  command: 'CHECKPOINT',
  async run() {
    throw new PgError('42501', 'permission denied to execute CHECKPOINT command', {
      detail: 'Only roles with privileges of the "pg_checkpoint" role may execute this command.',
    })
  },
}

/**
 * LOCK TABLE … IN ACCESS SHARE MODE promises what a snapshot gives anyway (pg_dump asks for it). Stronger modes would
 * promise that others wait, which nobody does here.
 */
export const lock: StatementHandler = {
  readOnly: true,
  command: 'LOCK TABLE',
  async run(ctx) {
    const { session, statement } = ctx
    if (!session.transaction.inBlock && !session.oneOfMany) {
      throw new PgError('25P01', 'LOCK TABLE can only be used in transaction blocks')
    }
    const match =
      /^\s*lock\s+(?:table\s+)?(?<relations>.*?)\s+in\s+access\s+share\s+mode(?:\s+nowait)?\s*;?\s*$/is.exec(
        statement.sql,
      )
    const relations = match?.groups?.relations
    if (relations === undefined) {
      throw unsupported('locking a table', {
        hint: 'Of two transactions that write the same table, the second to commit fails.',
      })
    }
    for (const relation of splitAtCommas(relations)) await ctx.compileText(`SELECT FROM ${relation}`, [])
    return done('LOCK TABLE')
  },
}

/** ANALYZE: the lake keeps figures of its tables by itself. VACUUM would promise what nobody does here. */
export const analyze: StatementHandler = {
  readOnly: false,
  command: 'ANALYZE',
  async run({ statement }) {
    const verb = new TokenReader(statement.sql).oneOf('analyze', 'analyse', 'vacuum')
    if (verb === 'vacuum') throw unsupported('VACUUM')
    return done('ANALYZE')
  },
}
