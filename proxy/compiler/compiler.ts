import type { Batch } from '../engine/engine.ts'
import type { Identity } from '../listen/identity.ts'
import type { Compiled, ResultColumn } from './compiled.ts'

/**
 * PostgreSQL as our compiler front end: a private server per tenant (the twin) analyses every statement, and answers by
 * itself those that need no lake. See ARCHITECTURE.md, "The twin".
 */
export interface Compiler {
  /**
   * One Front per client session. Cheap: a backend of the twin is held only while it works, while pinned, or while the session
   * has temporary tables.
   */
  open(identity: Identity): Front
  /** The tenant has been dropped: its twin and all it kept go. */
  remove(tenant: string): Promise<void>
  close(): Promise<void>
}

/** Settings that the analysis or the output of the twin depends on, as SET would be given them: name → value. */
export type Settings = ReadonlyMap<string, string>

export interface Front {
  /** The namespace in which the lake keeps the session's temporary tables. */
  readonly temporary: string

  /**
   * Parse and Describe, never execute, under the session's user, settings and (when pinned) transaction.
   * `sql` is exactly one statement. Rejects with PostgreSQL's own error, position included.
   * Brings the twin up to the lake's schema version first.
   */
  analyse(sql: string, parameterTypes: readonly number[], settings: Settings, signal: AbortSignal): Promise<Analysis>

  /**
   * Runs one statement whose analysis said `twin`, read only, with time and row limits. Rows come as DataRow messages ready to forward.
   * `values` are the Bind message's raw parameters.
   * Resolves at BindComplete, once PostgreSQL has planned it: errors of constants reject here, errors of running it reject the
   * iteration of `batches`, so that a session can send RowDescription between the two, as PostgreSQL does.
   */
  query(statement: TwinStatement, bind: Bind, settings: Settings, signal: AbortSignal): Promise<TwinRun>

  /** Canonical text of raw Bind parameters (any format), by PostgreSQL's own input and output functions: 22P02 and friends are its own. */
  parameters(
    types: readonly number[],
    bind: Bind,
    settings: Settings,
    signal: AbortSignal,
  ): Promise<readonly (string | null)[]>

  /** Values of constant expressions, e.g. to evaluate to_date('…') once instead of teaching it to an engine. Each `sql` is ours, never a user's. */
  evaluate(expressions: readonly string[], settings: Settings, signal: AbortSignal): Promise<readonly (string | null)[]>

  /** Asks PostgreSQL to take a setting: its canonical value as SHOW gives it, or its error. Nothing is kept in the backend. */
  checkSetting(name: string, value: string | null, settings: Settings, signal: AbortSignal): Promise<string>
  /** SHOW name, under these settings. */
  showSetting(name: string, settings: Settings, signal: AbortSignal): Promise<string>

  /**
   * A backend of its own inside one open transaction, for DDL; later analyses of this session see its changes, and load
   * tables as they are in the lake transaction.
   */
  pin(settings: Settings, signal: AbortSignal, lakeTransaction?: string | null): Promise<Pinned>

  /** From now on everything is compiled where the session's temporary tables are. */
  useTemporary(): void
  /** The session has no temporary tables any more. */
  close(): void
}

export type Bind = {
  formats: readonly number[]
  values: readonly (Uint8Array | null)[]
  resultFormats: readonly number[]
}

export type Notice = {
  severity: string
  code: string
  message: string
  detail?: string
  hint?: string
  position?: number
  where?: string
}

export type Analysis =
  /** nothing but white space and comments */
  | { kind: 'empty' }
  /** reads or writes lake relations: goes on to query/ and print/ */
  | { kind: 'lake'; compiled: Compiled; notices: readonly Notice[] }
  /** reads only the catalog, or no relation at all: runs in the twin */
  | { kind: 'twin'; statement: TwinStatement; notices: readonly Notice[] }
  /** SET, DDL, COPY, EXPLAIN, transaction control …: the raw parse tree says which; session/statement answers it or refuses */
  | { kind: 'utility'; statement: UtilityStatement; notices: readonly Notice[] }

export type TwinStatement = {
  readonly sql: string
  readonly parameterTypes: readonly number[]
  readonly columns: readonly ResultColumn[] | null
}

export type UtilityStatement = {
  readonly sql: string
  /** the raw statement node's name in PostgreSQL's source: CreateStmt, AlterTableStmt, ViewStmt, CopyStmt … */
  readonly node: string
  readonly parameterTypes: readonly number[]
  /** what Describe said (EXPLAIN, SHOW, FETCH have columns) */
  readonly columns: readonly ResultColumn[] | null
}

export type TwinRun = { batches: AsyncIterable<Batch>; tag(): string }

/** The one backend of a session that has a transaction open in the twin. Any error inside it aborts that transaction. */
export interface Pinned {
  /** Runs one statement (a user's DDL whose kind has been checked, or our own catalog query); rows as text. */
  run(
    sql: string,
    signal: AbortSignal,
  ): Promise<{ rows: readonly (readonly (string | null)[])[]; tag: string; notices: readonly Notice[] }>
  /**
   * COPY … FROM STDIN into a relation of the twin: PostgreSQL parses the client's text, csv or binary. The data is first asked
   * for when PostgreSQL has accepted the statement.
   */
  copyIn(
    sql: string,
    data: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ rows: number; notices: readonly Notice[] }>
  copyOut(sql: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Ends it: the twin takes over what the lake has committed at this version. Anything else that was done here is gone. */
  commit(schemaVersion: number): Promise<void>
  rollback(): Promise<void>
}
