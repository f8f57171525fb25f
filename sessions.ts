import { PgError } from './proxy/error.ts'
import type { Connection, SessionHandler } from './proxy/listen/connection.ts'

/** How long a session that has been ended may take to put away its transaction. */
const END_MS = 10_000

type Open = { connection: Connection; end(): void; ended: Promise<unknown> }

export type EndableSessions = {
  handler: SessionHandler
  /** Ends a tenant's sessions, or those of one of its users, and waits until they have let go of what they held. */
  end(tenant: string, user: string | null): Promise<void>
  endAll(): Promise<void>
}

/** Knows which sessions are open, so that they end when their account does (attack A7). */
export function endableSessions(handler: SessionHandler): EndableSessions {
  const open = new Set<Open>()

  async function endThose(meant: readonly Open[]): Promise<void> {
    for (const entry of meant) entry.end()
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, END_MS)
    await Promise.race([Promise.all(meant.map((entry) => entry.ended)), late.promise])
    clearTimeout(timer)
  }

  return {
    handler: async (connection) => {
      const stop = Promise.withResolvers<never>()
      const session = handler(connection)
      const entry: Open = {
        connection,
        end: () =>
          stop.reject(
            new PgError('57P01', 'terminating connection due to administrator command', { severity: 'FATAL' }),
          ),
        ended: session.catch(() => {}),
      }
      open.add(entry)
      void entry.ended.then(() => open.delete(entry))
      // What is thrown here goes to the client as FATAL; closing the connection then ends the session itself.
      await Promise.race([session, stop.promise])
    },
    end: (tenant, user) =>
      endThose(
        [...open].filter(
          ({ connection: { identity } }) => identity.tenant === tenant && (user === null || identity.user === user),
        ),
      ),
    endAll: () => endThose([...open]),
  }
}
