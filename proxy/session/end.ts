import type { Session } from './state.ts'

/** The end of a transaction as the whole session sees it: its portals end with it. */
export async function commit(session: Session, signal: AbortSignal): Promise<void> {
  const { portals, transaction } = session
  try {
    await portals.holdForCommit(signal)
  } catch (error) {
    await rollback(session)
    throw error
  }
  await portals.endTransaction()
  try {
    await transaction.commit()
  } catch (error) {
    session.listener.rollback()
    throw error
  }
  session.listener.commit()
}

export async function rollback(session: Session): Promise<void> {
  await session.portals.endTransaction()
  session.listener.rollback()
  await session.transaction.rollback()
}

/** A statement has failed. In a block everything waits for ROLLBACK; what ran is stopped at once. */
export async function fail(session: Session): Promise<void> {
  await session.portals.endTransaction(session.transaction.innermostSavepoint)
  await session.transaction.fail()
}

/** After the last statement of a Query message, and at Sync. */
export async function endImplicit(session: Session, signal: AbortSignal): Promise<void> {
  if (!session.transaction.inBlock) await commit(session, signal)
}
