import { PgError, unsupported } from '../../error.ts'
import { warning } from '../reply.ts'
import { assign } from '../setting/assign.ts'
import { SETTINGS } from '../setting/table.ts'
import { listedIdentifier } from '../setting/value.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementContext, type StatementHandler } from './handler.ts'
import { applyModes, readModes, refuseLateMode, type TransactionModes } from './transaction-control.ts'

/** https://www.postgresql.org/docs/18/sql-set.html, …-reset, …-set-transaction */
type SetCommand =
  | { kind: 'assign'; tag: 'SET' | 'RESET'; scope: 'session' | 'local'; name: string; value: string | null }
  | { kind: 'transactionModes'; modes: TransactionModes }
  | { kind: 'defaultModes'; modes: TransactionModes }
  | { kind: 'resetAll' }

export const set: StatementHandler = {
  readOnly: true,
  command: 'SET',
  async run(ctx) {
    const command = readSet(ctx.statement.sql)
    if (command === null) throw unsupported('this form of SET')
    const { session, signal } = ctx
    switch (command.kind) {
      case 'assign':
        await assignAs(ctx, command)
        return done(command.tag)
      case 'resetAll':
        session.settings.resetAll()
        return done('RESET')
      case 'transactionModes':
        if (outsideTransaction(ctx)) {
          ctx.notice(warning('25P01', 'SET TRANSACTION can only be used in transaction blocks'))
        } else {
          applyModes(ctx, command.modes)
        }
        return done('SET')
      case 'defaultModes':
        for (const [setting, value] of command.modes) {
          await assign(assignTo(ctx), { name: `default_${setting}`, value, scope: 'session' }, signal)
        }
        return done('SET')
      default:
        return command satisfies never
    }
  },
}

async function assignAs(ctx: StatementContext, command: Extract<SetCommand, { kind: 'assign' }>): Promise<void> {
  const { name, value } = command
  const row = SETTINGS.get(name.toLowerCase())
  if (command.scope === 'local' && outsideTransaction(ctx)) {
    ctx.notice(warning('25P01', 'SET LOCAL can only be used in transaction blocks'))
    return
  }
  if (row?.transaction !== undefined) {
    const { settings, transaction } = ctx.session
    if (value !== null) refuseLateMode(row.name, value, settings.get(row.name), transaction.queried)
    // It holds for this transaction, however it was set: outside a block that is this statement alone.
    await assign(assignTo(ctx), { name, value, scope: 'local' }, ctx.signal)
    return
  }
  await assign(assignTo(ctx), { name, value, scope: command.scope }, ctx.signal)
}

function assignTo(ctx: StatementContext) {
  return { settings: ctx.session.settings, front: ctx.session.front, user: ctx.session.identity.user }
}

function outsideTransaction(ctx: StatementContext): boolean {
  return !ctx.session.transaction.inBlock && !ctx.session.oneOfMany
}

export function readSet(sql: string): SetCommand | null {
  const reader = new TokenReader(sql)
  const command = reader.words('reset') ? readReset(reader) : reader.words('set') ? readAssignment(reader) : null
  return command !== null && reader.atEnd ? command : null
}

function readReset(reader: TokenReader): SetCommand | null {
  if (reader.words('all')) return { kind: 'resetAll' }
  const name = readName(reader)
  return name === null ? null : { kind: 'assign', tag: 'RESET', scope: 'session', name, value: null }
}

/** The names that have a spelling of their own. */
export function readName(reader: TokenReader): string | null {
  if (reader.words('time', 'zone')) return 'TimeZone'
  if (reader.words('transaction', 'isolation', 'level')) return 'transaction_isolation'
  if (reader.words('session', 'authorization')) return 'session_authorization'
  let name = reader.identifier()
  while (name !== null && reader.symbol('.')) {
    const part = reader.identifier()
    name = part === null ? null : `${name}.${part}`
  }
  return name
}

function readAssignment(reader: TokenReader): SetCommand | null {
  if (reader.words('session', 'characteristics', 'as', 'transaction')) {
    const modes = readModes(reader)
    return modes === null || modes.length === 0 ? null : { kind: 'defaultModes', modes }
  }
  if (reader.words('transaction')) {
    const modes = readModes(reader)
    return modes === null || modes.length === 0 ? null : { kind: 'transactionModes', modes }
  }
  let scope: 'session' | 'local' = 'session'
  if (reader.words('local')) scope = 'local'
  else if (!(reader.peek(1)?.value === 'authorization')) reader.words('session')
  const to = (name: string, value: string | null | undefined): SetCommand | null =>
    value === undefined ? null : { kind: 'assign', tag: 'SET', scope, name, value }

  if (reader.words('time', 'zone')) return to('TimeZone', readTimeZone(reader))
  if (reader.words('names')) return to('client_encoding', reader.words('default') ? null : (reader.string() ?? null))
  if (reader.words('schema')) return to('search_path', quoted(reader.string()))
  if (reader.words('role')) return to('role', reader.string() ?? reader.identifier() ?? undefined)
  if (reader.words('session', 'authorization')) {
    return to(
      'session_authorization',
      reader.words('default') ? null : (reader.string() ?? reader.identifier() ?? undefined),
    )
  }
  const name = readName(reader)
  if (name === null || (!reader.symbol('=') && !reader.words('to'))) return null
  if (reader.words('default')) return to(name, null)
  return to(name, readValues(reader, name))
}

function quoted(name: string | null): string | undefined {
  return name === null ? undefined : listedIdentifier(name)
}

/** DEFAULT and LOCAL both give the zone that RESET would. */
function readTimeZone(reader: TokenReader): string | null | undefined {
  if (reader.oneOf('default', 'local')) return null
  if (reader.words('interval')) {
    const text = reader.string()
    if (text === null) return undefined
    if (reader.words('hour')) reader.words('to', 'minute')
    return `INTERVAL '${text.replaceAll("'", "''")}'`
  }
  const number = readNumber(reader)
  return number ?? reader.string() ?? reader.identifier() ?? undefined
}

function readNumber(reader: TokenReader): string | null {
  const sign = reader.symbol('-') ? '-' : reader.symbol('+') ? '' : ''
  const token = reader.peek()
  if (token?.kind !== 'number') return null
  reader.next()
  return sign + token.value
}

/** One value, or several for a setting that is a list. */
function readValues(reader: TokenReader, name: string): string | undefined {
  const list = SETTINGS.get(name.toLowerCase())?.list
  const values: string[] = []
  do {
    const value = readNumber(reader) ?? reader.string() ?? reader.identifier()
    if (value === null) return undefined
    values.push(list === 'quoted' ? listedIdentifier(value) : value)
  } while (reader.symbol(','))
  if (values.length > 1 && list === undefined) {
    throw new PgError('22023', `SET ${name} takes only one argument`)
  }
  return values.join(', ')
}
