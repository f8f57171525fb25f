import type { Fault } from '../error.ts'

/** What became of one statement: for the history, and for metrics. */
export type StatementRecord = {
  readonly tenant: string
  readonly user: string
  readonly queryId: string
  readonly text: string
  /** the engine that ran it; `catalog`: the tenant's PostgreSQL, `session`: the session itself */
  readonly engine: string
  /** why there: a kind for counting, and in words; null where nothing was routed */
  readonly why: string | null
  readonly reason: string | null
  readonly estimate: RecordedEstimate | null
  readonly startedAt: Date
  readonly firstRowMs: number | null
  readonly durationMs: number
  readonly rows: number
  readonly bytes: number
  /** SQLSTATE of its error, and whose fault that was; null: it succeeded */
  readonly code: string | null
  readonly fault: Fault | null
  /** It read or wrote the lake, changed definitions or failed: worth remembering. */
  readonly isNotable: boolean
}

export type RecordedEstimate = {
  readonly bytes: number | null
  readonly rows: number | null
  readonly files: number | null
  readonly filesTotal: number | null
}

export type RecordStatement = (record: StatementRecord) => void
