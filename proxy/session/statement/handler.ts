import type { ResultColumn } from '../../compiler/compiled.ts'
import type { Notice, UtilityStatement } from '../../compiler/compiler.ts'
import type { RowFormat } from '../../engine/engine.ts'
import type { Outcome } from '../rows.ts'
import type { Bound, Session, Statement } from '../state.ts'

/**
 * A statement that the session answers itself. One file per statement; table.ts says which raw statement node
 * (`UtilityStatement.node`, PostgreSQL's own name: 'CreateStmt', 'CopyStmt', …) is answered by which handler.
 */
export type StatementHandler = {
  /**
   * Does the work and says what the client gets: `done` with the command tag, or `rows`. What it throws goes to the
   * client, and the transaction fails as PostgreSQL's would.
   *
   * A transaction always exists when it is called (an implicit one if the client opened none), and is committed by the
   * caller once the handler has returned, if it is implicit: a handler never commits.
   *   ctx.session.transaction.twin(signal)   the backend of the twin that this transaction's DDL runs in
   *   ctx.session.transaction.lake(signal)   the overlay of the lake that this transaction writes in
   * Both begin when first asked for. A handler that asked for neither leaves nothing to commit.
   */
  run(ctx: StatementContext): Promise<Outcome>
  /** What Describe says where PostgreSQL's own answer (`statement.columns`) does not hold here. */
  describe?(ctx: DescribeContext): Promise<readonly ResultColumn[] | null>
  /** May run in a READ ONLY transaction. Otherwise 25006 with this command's name. */
  readonly readOnly: boolean
  /** The command's name in messages: "cannot execute CREATE TABLE in a read-only transaction". A function of the text where the node alone does not tell. */
  readonly command: string | ((statement: UtilityStatement) => string)
  /** Whether it is answered even in a failed transaction: only what ends that is. */
  inFailedTransaction?(sql: string): boolean
}

export type DescribeContext = {
  readonly session: Session
  readonly statement: UtilityStatement
  readonly signal: AbortSignal
  /**
   * Analyses a statement that was cut out of this one (EXPLAIN, DECLARE, CREATE TABLE AS, COPY (query) …):
   * `start` is its UTF-16 offset in `statement.sql`, so that positions of errors point into what the client sent.
   * Never use the tree of the outer statement: PostgreSQL does not rewrite it, so views and row security are missing there.
   */
  compileInner(start: number, end: number): Promise<Statement>
  /** The same for a text of the session's own making, or of the client's fragments; `types` are its parameters'. */
  compileText(sql: string, types?: readonly number[]): Promise<Statement>
}

export type StatementContext = DescribeContext & {
  /** Parameters and result formats of the Bind message; none in the simple protocol. */
  readonly bind: Bound
  /**
   * Runs any analysed statement to its outcome, through the same path and checks as one of the client's own. The rows run
   * while they are read; read them or end the iteration. `session.connection` serves COPY: send CopyInResponse, `flush`, then
   * `read` CopyData until CopyDone or CopyFail. With a `format` of COPY the batches are CopyData messages.
   */
  runStatement(statement: Statement, bind: Bound, format?: RowFormat): Promise<Outcome>
  /** The same for a statement that outlives this one, with a signal of its own. */
  runStatementUnder(statement: Statement, bind: Bound, signal: AbortSignal): Promise<Outcome>
  /** Sends a notice, unless client_min_messages says not to. */
  notice(notice: Notice): void
}

export function done(tag: string): Outcome {
  return { kind: 'done', tag }
}
