import type { Progress, RunOptions } from '../engine/engine.ts'
import { mebibytes } from '../query/route.ts'
import { sendNotice } from './reply.ts'
import type { Session } from './state.ts'

const NOTICE_EVERY_MS = 1_000
/** As PostgreSQL's own reports of progress, which are no warning of anything. */
const SUCCESSFUL_COMPLETION = '00000'

/**
 * What an engine tells of how far it has come, for clients that asked for it with `SET lakewire.progress = on`: at most a
 * notice per second, as messages of their own. Rows go out in whole messages, so that none can come between.
 */
export function progressNotices(session: Session): NonNullable<RunOptions['onProgress']> {
  let lastMs = performance.now()
  return (progress) => {
    const nowMs = performance.now()
    if (nowMs - lastMs < NOTICE_EVERY_MS) return
    lastMs = nowMs
    sendNotice(session, { severity: 'INFO', code: SUCCESSFUL_COMPLETION, message: progressText(progress) })
    session.connection.flush()
  }
}

export function progressText({ state, fraction, rowsRead, bytesRead }: Progress): string {
  const share = fraction === null ? '' : ` ${Math.floor(fraction * 100)} %,`
  return `${state}:${share} ${rowsRead} rows, ${mebibytes(bytesRead)} read`
}
