import { setTimeout as sleep } from 'node:timers/promises'
import { unreachable } from '../../proxy/assert.ts'
import { PgError } from '../../proxy/error.ts'
import type { Connection } from '../../proxy/listen/connection.ts'
import { errorResponse } from '../../proxy/wire/encode.ts'
import { EXTENDED_KINDS, type FieldDescription, type FrontendMessage } from '../../proxy/wire/message.ts'

/**
 * The smallest session that speaks the whole protocol: it knows `select <integer>`, `select '<text>'`, `select
 * pg_sleep(<seconds>)` and `select repeat('x', <length>)`, and answers as PostgreSQL does, so that the listener can
 * be tested without the product above it.
 */
export async function echoSession(connection: Connection): Promise<void> {
  connection.send({ kind: 'ParameterStatus', name: 'server_version', value: '18.4' })
  connection.send({ kind: 'ParameterStatus', name: 'client_encoding', value: 'UTF8' })
  connection.send(connection.keyData)
  connection.send({ kind: 'ReadyForQuery', status: 'I' })
  const statements = new Map<string, string>()
  const portals = new Map<string, string>()
  let skipping = false
  for (let message = await connection.read(); message !== null; message = await connection.read()) {
    const kind = message.kind === 'Malformed' ? message.of : message.kind
    if (skipping && kind !== 'Sync') continue
    skipping = false
    try {
      await handle(connection, message, statements, portals)
    } catch (error) {
      if (!(error instanceof PgError) || error.fields.severity === 'FATAL') throw error
      connection.send(errorResponse(error))
      skipping = EXTENDED_KINDS.has(kind)
      if (!skipping) connection.send({ kind: 'ReadyForQuery', status: 'I' })
    }
  }
}

async function handle(
  connection: Connection,
  message: FrontendMessage,
  statements: Map<string, string>,
  portals: Map<string, string>,
): Promise<void> {
  switch (message.kind) {
    case 'Malformed':
      throw message.error
    case 'Query':
      if (message.sql.trim() === '') connection.send({ kind: 'EmptyQueryResponse' })
      else await answer(connection, message.sql, true)
      connection.send({ kind: 'ReadyForQuery', status: 'I' })
      return
    case 'Parse':
      statements.set(message.statement, message.sql)
      connection.send({ kind: 'ParseComplete' })
      return
    case 'Bind': {
      const sql = statements.get(message.statement)
      if (sql === undefined) throw new PgError('26000', `prepared statement "${message.statement}" does not exist`)
      portals.set(message.portal, sql)
      connection.send({ kind: 'BindComplete' })
      return
    }
    case 'Describe': {
      const sql = (message.target === 'statement' ? statements : portals).get(message.name)
      if (sql === undefined) throw new PgError('34000', `portal "${message.name}" does not exist`)
      if (message.target === 'statement') connection.send({ kind: 'ParameterDescription', types: [] })
      connection.send({ kind: 'RowDescription', fields: [describe(sql)] })
      return
    }
    case 'Execute': {
      const sql = portals.get(message.portal)
      if (sql === undefined) throw new PgError('34000', `portal "${message.portal}" does not exist`)
      await answer(connection, sql, false)
      return
    }
    case 'Close':
      ;(message.target === 'statement' ? statements : portals).delete(message.name)
      connection.send({ kind: 'CloseComplete' })
      return
    case 'Sync':
      connection.send({ kind: 'ReadyForQuery', status: 'I' })
      return
    case 'FunctionCall':
      throw new PgError('0A000', 'function calls of the fast path are not supported')
    case 'Flush':
      connection.flush()
      return
    case 'CopyData':
    case 'CopyDone':
    case 'CopyFail':
    case 'Terminate':
      return
    default:
      unreachable(message)
  }
}

const SELECT =
  /^\s*select\s+(?:(?<integer>\d+)|'(?<text>[^']*)'|pg_sleep\((?<seconds>[\d.]+)\)|repeat\('x',\s*(?<length>\d+)\))\s*;?\s*$/i

async function answer(connection: Connection, sql: string, describeFirst: boolean): Promise<void> {
  const found = groups(sql)
  if (describeFirst) connection.send({ kind: 'RowDescription', fields: [describe(sql)] })
  if (found.seconds !== undefined) await cancellable(connection, Number(found.seconds))
  const value = found.length === undefined ? (found.integer ?? found.text ?? '') : 'x'.repeat(Number(found.length))
  connection.send({ kind: 'DataRow', values: [Buffer.from(value)] })
  connection.send({ kind: 'CommandComplete', tag: 'SELECT 1' })
  await connection.drained()
}

function groups(sql: string): Record<string, string | undefined> {
  const found = SELECT.exec(sql)?.groups
  if (found === undefined) throw new PgError('42601', 'syntax error', { position: 1 })
  return found
}

function describe(sql: string): FieldDescription {
  const { integer, seconds, length } = groups(sql)
  const plain = { tableOid: 0, attnum: 0, typmod: -1 }
  if (integer !== undefined) return { name: '?column?', ...plain, typeOid: 23, typlen: 4 }
  if (seconds !== undefined) return { name: 'pg_sleep', ...plain, typeOid: 2278, typlen: 4 }
  return { name: length === undefined ? '?column?' : 'repeat', ...plain, typeOid: 25, typlen: -1 }
}

async function cancellable(connection: Connection, seconds: number): Promise<void> {
  const cancel = new AbortController()
  connection.onCancel(() => cancel.abort())
  try {
    await sleep(seconds * 1000, undefined, { signal: AbortSignal.any([cancel.signal, connection.closed]) })
  } catch {
    if (connection.closed.aborted) throw connection.closed.reason
    throw new PgError('57014', 'canceling statement due to user request')
  } finally {
    connection.onCancel(() => {})
  }
}
