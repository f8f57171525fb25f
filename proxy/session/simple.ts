import { split } from '../compiler/split.ts'
import { PgError } from '../error.ts'
import { endImplicit, fail } from './end.ts'
import { compile, run } from './pipeline.ts'
import { Recording } from './recording.ts'
import { sendError, sendReady } from './reply.ts'
import { fields } from './rows.ts'
import { NO_BIND, type Session } from './state.ts'
import { ownNode } from './statement/table.ts'
import { statementLimit } from './timeout.ts'

type Part = { readonly sql: string; readonly offset: number }

/**
 * A Query message: its statements run one after the other, in one implicit transaction unless they open a block
 * themselves, up to the first that fails. https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 */
export async function handleQuery(session: Session, sql: string): Promise<void> {
  const { connection, prepared, portals } = session
  prepared.remove('')
  try {
    await portals.remove('')
    const parts = split(sql)
    if (parts.length === 0) connection.send({ kind: 'EmptyQueryResponse' })
    session.oneOfMany = parts.length > 1
    if (session.oneOfMany) await refuseBadSyntax(session, parts)
    for (const [index, part] of parts.entries()) await runPart(session, part, index === parts.length - 1)
  } catch (thrown) {
    const error = session.clock.explain(thrown)
    if (error instanceof PgError && error.fields.severity === 'FATAL') throw error
    sendError(session, error)
    await fail(session)
  } finally {
    session.clock.stop()
    session.oneOfMany = false
  }
  sendReady(session)
}

async function runPart(session: Session, part: Part, isLast: boolean): Promise<void> {
  const signal = session.clock.start(statementLimit(session))
  const recording = new Recording(session, part.sql)
  session.recording = recording
  try {
    await runRecorded(session, part, { isLast, recording, signal })
  } catch (error) {
    recording.failed(session.clock.explain(error))
    throw error
  } finally {
    session.recording = null
  }
}

type Run = { readonly isLast: boolean; readonly recording: Recording; readonly signal: AbortSignal }

async function runRecorded(session: Session, part: Part, { isLast, recording, signal }: Run): Promise<void> {
  const { connection, transaction } = session
  transaction.ensure()
  session.alone = !session.oneOfMany
  const statement = await compile(session, part.sql, part.offset, [], signal)
  recording.analysed(statement)
  const outcome = await run(session, statement, NO_BIND, signal)
  let tag: string
  switch (outcome.kind) {
    case 'empty':
      if (!session.oneOfMany) connection.send({ kind: 'EmptyQueryResponse' })
      return
    case 'done':
      tag = outcome.tag
      break
    case 'rows': {
      connection.send({ kind: 'RowDescription', fields: fields(outcome.columns, outcome.formats) })
      let rows = 0
      for await (const batch of outcome.batches) {
        rows += batch.rows
        recording.batch(batch)
        connection.sendBytes(batch.bytes)
        await connection.drained()
      }
      tag = outcome.tag(rows)
      break
    }
    default:
      outcome satisfies never
      return
  }
  // The client may believe CommandComplete: what it names is committed.
  if (isLast) await endImplicit(session, signal)
  connection.send({ kind: 'CommandComplete', tag })
  recording.done(tag)
}

const SYNTAX_ERROR = '42601'

/** PostgreSQL reads the whole string before it runs any of it. What else is wrong shows when its turn comes. */
async function refuseBadSyntax(session: Session, parts: readonly Part[]): Promise<void> {
  const signal = session.clock.start(statementLimit(session))
  if (session.transaction.inBlock) return
  for (const part of parts) {
    if (ownNode(part.sql) !== null) continue
    await session.front.analyse(part.sql, [], session.settings.forTwin(), signal).catch((error) => {
      const isSyntax =
        error instanceof PgError && error.code === SYNTAX_ERROR && error.message.startsWith('syntax error')
      if (!isSyntax && !signal.aborted) return
      if (!(error instanceof PgError)) throw error
      throw new PgError(error.code, error.message, {
        ...error.fields,
        ...(error.fields.position === undefined ? {} : { position: error.fields.position + part.offset }),
      })
    })
  }
}
