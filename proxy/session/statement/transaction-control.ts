import { PgError, unsupported } from '../../error.ts'
import { commit, rollback } from '../end.ts'
import { warning } from '../reply.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementContext, type StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-begin.html, …-commit, …-rollback, …-savepoint */
type TransactionControl =
  | { kind: 'begin'; tag: 'BEGIN' | 'START TRANSACTION'; modes: TransactionModes }
  | { kind: 'commit'; chain: boolean }
  | { kind: 'rollback'; chain: boolean }
  | { kind: 'savepoint' | 'release' | 'rollbackTo'; name: string }

/** Settings of the transaction at hand, by name. */
export type TransactionModes = readonly (readonly [setting: TransactionSetting, value: string])[]
type TransactionSetting = 'transaction_isolation' | 'transaction_read_only' | 'transaction_deferrable'

export const transactionControl: StatementHandler = {
  readOnly: true,
  command: 'BEGIN',
  inFailedTransaction(sql) {
    const kind = readTransactionControl(sql)?.kind
    return kind === 'commit' || kind === 'rollback' || kind === 'rollbackTo'
  },
  async run(ctx) {
    const control = readTransactionControl(ctx.statement.sql)
    if (control === null) throw unsupported('two-phase commit')
    const { session, signal } = ctx
    const { transaction } = session
    switch (control.kind) {
      case 'begin':
        if (transaction.inBlock) ctx.notice(warning('25001', 'there is already a transaction in progress'))
        transaction.beginBlock()
        applyModes(ctx, control.modes)
        return done(control.tag)
      case 'commit':
      case 'rollback':
        return await end(ctx, control)
      case 'savepoint':
        demandBlock(ctx, 'SAVEPOINT')
        await transaction.savepoint(control.name, signal)
        return done('SAVEPOINT')
      case 'release':
        demandBlock(ctx, 'RELEASE SAVEPOINT')
        await transaction.releaseSavepoint(control.name, signal)
        return done('RELEASE')
      case 'rollbackTo':
        demandBlock(ctx, 'ROLLBACK TO SAVEPOINT')
        await transaction.rollbackTo(control.name, signal)
        await session.portals.endTransaction(transaction.innermostSavepoint)
        return done('ROLLBACK')
      default:
        return control satisfies never
    }
  },
}

async function end(ctx: StatementContext, control: { kind: 'commit' | 'rollback'; chain: boolean }) {
  const { session, signal } = ctx
  const { transaction } = session
  const name = control.kind === 'commit' ? 'COMMIT' : 'ROLLBACK'
  if (!transaction.inBlock) {
    if (control.chain) throw new PgError('25P01', `${name} AND CHAIN can only be used in transaction blocks`)
    ctx.notice(warning('25P01', 'there is no transaction in progress'))
  }
  const modes: TransactionModes = TRANSACTION_SETTINGS.map((setting) => [setting, session.settings.get(setting) ?? ''])
  const commits = control.kind === 'commit' && !transaction.hasFailed
  if (commits) await commit(session, signal)
  else await rollback(session)
  if (control.chain) {
    transaction.beginBlock()
    for (const [setting, value] of modes) session.settings.set(setting, value, 'local')
  }
  return done(commits ? 'COMMIT' : 'ROLLBACK')
}

function demandBlock(ctx: StatementContext, command: string): void {
  if (!ctx.session.transaction.inBlock) throw new PgError('25P01', `${command} can only be used in transaction blocks`)
}

const TRANSACTION_SETTINGS: readonly TransactionSetting[] = [
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
]

/** SET TRANSACTION, BEGIN and START TRANSACTION alike. */
export function applyModes(ctx: StatementContext, modes: TransactionModes): void {
  const { settings, transaction } = ctx.session
  for (const [setting, value] of modes) {
    refuseLateMode(setting, value, settings.get(setting), transaction.queried)
    settings.set(setting, value, 'local')
  }
}

export function refuseLateMode(setting: string, value: string, current: string | undefined, queried: boolean): void {
  if (!queried || value === current) return
  if (setting === 'transaction_isolation') {
    throw new PgError('25001', 'SET TRANSACTION ISOLATION LEVEL must be called before any query')
  }
  if (setting === 'transaction_read_only' && value === 'off') {
    throw new PgError('25001', 'transaction read-write mode must be set before any query')
  }
  if (setting === 'transaction_deferrable') {
    throw new PgError('25001', 'SET TRANSACTION [NOT] DEFERRABLE must be called before any query')
  }
}

export function readTransactionControl(sql: string): TransactionControl | null {
  const reader = new TokenReader(sql)
  const control = readControl(reader)
  return control !== null && reader.atEnd ? control : null
}

function readControl(reader: TokenReader): TransactionControl | null {
  if (reader.words('start', 'transaction')) return readBegin(reader, 'START TRANSACTION')
  if (reader.words('begin')) {
    reader.oneOf('work', 'transaction')
    return readBegin(reader, 'BEGIN')
  }
  if (reader.oneOf('commit', 'end')) return readEnd(reader, 'commit')
  if (reader.oneOf('rollback', 'abort')) {
    reader.oneOf('work', 'transaction')
    if (!reader.words('to')) return readEnd(reader, 'rollback')
    reader.words('savepoint')
    return named('rollbackTo', reader)
  }
  if (reader.words('savepoint')) return named('savepoint', reader)
  if (reader.words('release')) {
    reader.words('savepoint')
    return named('release', reader)
  }
  return null
}

function readBegin(reader: TokenReader, tag: 'BEGIN' | 'START TRANSACTION'): TransactionControl | null {
  const modes = readModes(reader)
  return modes === null ? null : { kind: 'begin', tag, modes }
}

function readEnd(reader: TokenReader, kind: 'commit' | 'rollback'): TransactionControl {
  reader.oneOf('work', 'transaction')
  if (reader.words('and', 'no', 'chain')) return { kind, chain: false }
  return { kind, chain: reader.words('and', 'chain') }
}

function named(kind: 'savepoint' | 'release' | 'rollbackTo', reader: TokenReader): TransactionControl | null {
  const name = reader.identifier()
  return name === null ? null : { kind, name }
}

/** ISOLATION LEVEL …, READ ONLY, READ WRITE, [NOT] DEFERRABLE, with or without commas, up to the end. */
export function readModes(reader: TokenReader): TransactionModes | null {
  const modes: (readonly [TransactionSetting, string])[] = []
  while (!reader.atEnd) {
    if (modes.length > 0) reader.symbol(',')
    if (reader.words('isolation', 'level')) {
      const level = reader.words('serializable')
        ? 'serializable'
        : reader.words('repeatable', 'read')
          ? 'repeatable read'
          : reader.words('read', 'committed')
            ? 'read committed'
            : reader.words('read', 'uncommitted')
              ? 'read uncommitted'
              : null
      if (level === null) return null
      modes.push(['transaction_isolation', level])
    } else if (reader.words('read', 'only')) modes.push(['transaction_read_only', 'on'])
    else if (reader.words('read', 'write')) modes.push(['transaction_read_only', 'off'])
    else if (reader.words('not', 'deferrable')) modes.push(['transaction_deferrable', 'off'])
    else if (reader.words('deferrable')) modes.push(['transaction_deferrable', 'on'])
    else return null
  }
  return modes
}
