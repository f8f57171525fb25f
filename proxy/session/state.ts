import type { ResultColumn } from '../compiler/compiled.ts'
import type { Analysis, Bind, Compiler, Front } from '../compiler/compiler.ts'
import type { Engine, EngineName } from '../engine/engine.ts'
import type { Lake } from '../lake/lake.ts'
import type { Connection } from '../listen/connection.ts'
import type { Identity } from '../listen/identity.ts'
import type { Log } from '../observe/log.ts'
import type { RecordStatement } from '../observe/record.ts'
import type { Dialects } from '../print/dialects.ts'
import type { RouteThresholds } from '../query/route.ts'
import type { StatementClock } from './clock.ts'
import type { Estimates } from './estimates.ts'
import type { Admission, LimitsOfTenants } from './limit.ts'
import type { Listener } from './notify.ts'
import type { Portals } from './portal.ts'
import type { PreparedStatements } from './prepared.ts'
import type { Recording } from './recording.ts'
import type { SessionSettings } from './setting/settings.ts'
import type { TemporaryTables } from './temporary.ts'
import type { SessionTransaction } from './transaction.ts'

/** What every session of a process shares. */
export type SessionServices = {
  readonly compiler: Compiler
  readonly lake: Lake
  readonly engines: ReadonlyMap<EngineName, Engine>
  readonly dialects: Dialects
  readonly router: RouterServices
  /** told of each statement at its end */
  readonly record: RecordStatement
  readonly log: Log
  readonly limits: SessionLimits
}

/** What decides where a statement runs. */
export type RouterServices = {
  readonly thresholds: RouteThresholds
  readonly estimates: Estimates
  readonly limits: LimitsOfTenants
  readonly admission: Admission
}

export type SessionLimits = {
  /** Longest a statement may run, whatever statement_timeout says; 0: no limit. */
  readonly statementTimeoutMs: number
  /** Longest a transaction may sit idle, whatever idle_in_transaction_session_timeout says; 0: no limit. */
  readonly idleInTransactionMs: number
}

/** All that one conversation knows. Handlers change it; session.ts makes it. */
export type Session = {
  readonly services: SessionServices
  readonly connection: Connection
  readonly identity: Identity
  readonly front: Front
  readonly settings: SessionSettings
  readonly transaction: SessionTransaction
  readonly temporary: TemporaryTables
  readonly prepared: PreparedStatements
  readonly portals: Portals
  readonly clock: StatementClock
  readonly listener: Listener
  readonly log: Log
  /** The statement at hand is the only one of its implicit transaction, so what it writes may commit by itself. */
  alone: boolean
  /** The statement at hand is one of several in a Query message. */
  oneOfMany: boolean
  /** What follows the statement at hand; null between statements. */
  recording: Recording | null
  /** Grows with every Query and Sync: what was analysed since the last of them is still good. */
  epoch: number
}

/** One statement that PostgreSQL has analysed, or that the session knows by itself. */
export type Statement = {
  readonly sql: string
  /** Code points before it in the text the client sent: positions of errors count from there. */
  readonly offset: number
  /** What the client declared; 0 for a parameter whose type is to be inferred */
  readonly declaredTypes: readonly number[]
  readonly analysis: Analysis
  readonly parameterTypes: readonly number[]
  /** null: it returns no rows */
  readonly columns: readonly ResultColumn[] | null
}

/** A Bind message, with its values as PostgreSQL's output functions write them once that has been asked for. */
export type Bound = Bind & { readonly canonical?: readonly (string | null)[] | null }

export const NO_BIND: Bound = { formats: [], values: [], resultFormats: [] }
