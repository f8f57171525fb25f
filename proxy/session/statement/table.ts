import { firstWords } from '../../compiler/split.ts'
import { firstWord } from '../token.ts'
import { copy } from './copy.ts'
import { createTableAs } from './create-table-as.ts'
import { closeCursor, declareCursor, fetch, readClose, readFetch } from './cursor.ts'
import { ddl } from './ddl.ts'
import { discard, readDiscard } from './discard.ts'
import { explain } from './explain.ts'
import type { StatementHandler } from './handler.ts'
import { analyze, checkpoint, constraints, lock } from './harmless.ts'
import { notification, readNotification } from './notification.ts'
import { deallocate, execute, prepare, readDeallocate, readExecute } from './prepare.ts'
import { readSet, set } from './set.ts'
import { readShow, show } from './show.ts'
import { readTransactionControl, transactionControl } from './transaction-control.ts'
import { truncate } from './truncate.ts'

/** Who answers a statement, by the name of its raw node in PostgreSQL's source. What is not here is refused (0A000). */
const HANDLERS: Readonly<Record<string, StatementHandler>> = {
  TransactionStmt: transactionControl,
  VariableSetStmt: set,
  VariableShowStmt: show,
  DiscardStmt: discard,
  PrepareStmt: prepare,
  ExecuteStmt: execute,
  DeallocateStmt: deallocate,
  DeclareCursorStmt: declareCursor,
  FetchStmt: fetch,
  ClosePortalStmt: closeCursor,
  ExplainStmt: explain,
  ConstraintsSetStmt: constraints,
  LockStmt: lock,
  CheckPointStmt: checkpoint,
  ListenStmt: notification,
  NotifyStmt: notification,
  UnlistenStmt: notification,
  VacuumStmt: analyze,
  CreateSchemaStmt: ddl('CREATE SCHEMA'),
  CreateStmt: ddl('CREATE TABLE'),
  AlterTableStmt: ddl('ALTER TABLE'),
  AlterObjectSchemaStmt: ddl('ALTER TABLE'),
  RenameStmt: ddl('ALTER TABLE'),
  ViewStmt: ddl('CREATE VIEW'),
  DropStmt: { ...ddl('DROP'), command: ({ sql }) => commandName(sql) },
  CommentStmt: ddl('COMMENT'),
  CreateTableAsStmt: createTableAs,
  TruncateStmt: truncate,
  CopyStmt: copy,
}

export function handlerOf(node: string): StatementHandler | undefined {
  return Object.hasOwn(HANDLERS, node) ? HANDLERS[node] : undefined
}

/**
 * Statements that need no look at the catalog, told by their words without a way to the tenant's PostgreSQL: also where
 * that could not judge them, as it knows neither our settings nor our cursors. What their reader does not understand
 * PostgreSQL judges after all.
 */
const OWN: Readonly<Record<string, readonly [node: string, read: (sql: string) => unknown]>> = {
  begin: ['TransactionStmt', readTransactionControl],
  start: ['TransactionStmt', readTransactionControl],
  commit: ['TransactionStmt', readTransactionControl],
  end: ['TransactionStmt', readTransactionControl],
  rollback: ['TransactionStmt', readTransactionControl],
  abort: ['TransactionStmt', readTransactionControl],
  savepoint: ['TransactionStmt', readTransactionControl],
  release: ['TransactionStmt', readTransactionControl],
  set: ['VariableSetStmt', readSet],
  reset: ['VariableSetStmt', readSet],
  show: ['VariableShowStmt', readShow],
  discard: ['DiscardStmt', readDiscard],
  execute: ['ExecuteStmt', readExecute],
  deallocate: ['DeallocateStmt', readDeallocate],
  fetch: ['FetchStmt', readFetch],
  move: ['FetchStmt', readFetch],
  close: ['ClosePortalStmt', readClose],
  listen: ['ListenStmt', readNotification],
  notify: ['NotifyStmt', readNotification],
  unlisten: ['UnlistenStmt', readNotification],
}

const OBJECT_VERBS: ReadonlySet<string> = new Set(['create', 'alter', 'drop', 'refresh', 'import', 'reassign'])
/** What may stand between CREATE and the kind of object. */
const MODIFIERS: ReadonlySet<string> = new Set([
  'or',
  'replace',
  'unique',
  'temp',
  'temporary',
  'unlogged',
  'global',
  'local',
  'recursive',
  'constraint',
  'trusted',
  'procedural',
])
const FIRST_OF_TWO: ReadonlySet<string> = new Set([
  'materialized',
  'foreign',
  'event',
  'user',
  'text',
  'access',
  'operator',
])
const COMMAND_WORDS_MAX = 8

/** A command as messages name it: CREATE INDEX, DROP MATERIALIZED VIEW, DO. */
export function commandName(sql: string): string {
  const [verb = '', ...rest] = firstWords(sql, COMMAND_WORDS_MAX)
  if (!OBJECT_VERBS.has(verb)) return verb.toUpperCase()
  const at = rest.findIndex((word) => !MODIFIERS.has(word))
  const object = rest.slice(Math.max(at, 0))
  const isTwo =
    FIRST_OF_TWO.has(object[0] ?? '') &&
    ['view', 'table', 'data', 'trigger', 'mapping', 'search', 'method', 'class', 'family'].includes(object[1] ?? '')
  return [verb, ...object.slice(0, isTwo ? 2 : 1)].join(' ').toUpperCase()
}

/** The node of a statement that the session knows by itself. */
export function ownNode(sql: string): string | null {
  const word = firstWord(sql)
  const own = word !== null && Object.hasOwn(OWN, word) ? OWN[word] : undefined
  return own !== undefined && own[1](sql) !== null ? own[0] : null
}
