import { setTimeout as sleep } from 'node:timers/promises'
import type { Notice } from '../../compiler/compiler.ts'
import { PgError } from '../../error.ts'
import type { StatementContext } from './handler.ts'

const TRIES_MAX = 5
const RETRY_MS = 20

/**
 * A change of definitions that is a transaction of its own is committed here, and done again from the beginning when another
 * has changed the same first: PostgreSQL would have waited for it. The client hears the notices of the last time.
 */
export async function retrying<T>(ctx: StatementContext, work: (ctx: StatementContext) => Promise<T>): Promise<T> {
  const { session, signal } = ctx
  const { transaction } = session
  const isAlone = session.alone && !transaction.inBlock && transaction.lakeId === null
  if (!isAlone) return await work(ctx)
  for (let attempt = 1; ; attempt += 1) {
    const notices: Notice[] = []
    const tell = (): void => {
      for (const notice of notices) ctx.notice(notice)
    }
    try {
      const result = await work({ ...ctx, notice: (notice) => notices.push(notice) })
      await transaction.commit()
      transaction.ensure()
      tell()
      return result
    } catch (error) {
      const lostRace = error instanceof PgError && error.code === '40001'
      if (!lostRace || attempt >= TRIES_MAX) {
        tell()
        throw error
      }
      await transaction.rollback()
      transaction.ensure()
      await sleep(RETRY_MS * attempt * (1 + Math.random()), undefined, { signal })
    }
  }
}
