import type { Batch } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import { nextQueryId } from '../observe/query-id.ts'
import type { Routed } from '../query/stage.ts'
import type { Session, Statement } from './state.ts'
import { handlerOf } from './statement/table.ts'

/**
 * ALTER USER … PASSWORD '…' and its like, in whatever else they stand, and with whatever mistake. They never reach an engine;
 * what follows the password is left out with it, as only a parser could tell where it ends.
 */
function withoutPassword(text: string): string {
  return text.replace(/(\bpassword\b[^'$=]*)['$=][\s\S]*/i, '$1…')
}

/** Follows one statement of a session to its end, and tells of it once. */
export class Recording {
  private readonly session: Session
  private readonly text: string
  private readonly startedAt = new Date()
  private readonly startedMs = performance.now()
  private statement: Statement | null = null
  private routed: Routed | null = null
  private firstRowMs: number | null = null
  private rows = 0
  private bytes = 0
  private isOver = false

  constructor(session: Session, text: string) {
    this.session = session
    this.text = text
  }

  analysed(statement: Statement): void {
    this.statement = statement
  }

  /** The first engine of a statement that runs others within it is the one that it is remembered by. */
  sentTo(routed: Routed): void {
    this.routed = routed
  }

  batch({ rows, bytes }: Batch): void {
    this.firstRowMs ??= performance.now() - this.startedMs
    this.rows += rows
    this.bytes += bytes.byteLength
  }

  /** `tag`: a command's, which counts the rows that it wrote. */
  done(tag: string): void {
    if (this.firstRowMs === null) this.rows = Number(/ (\d+)$/.exec(tag)?.[1] ?? 0)
    this.end(null)
  }

  /** Given up by its client before its end. */
  abandoned(): void {
    this.end(null)
  }

  failed(error: unknown): void {
    this.end(error instanceof PgError ? error : new PgError('XX000', 'internal error', { fault: 'internal' }))
  }

  private end(error: PgError | null): void {
    if (this.isOver) return
    this.isOver = true
    const { session, routed, statement } = this
    const kind = statement?.analysis.kind
    session.services.record({
      tenant: session.identity.tenant,
      user: session.identity.user,
      queryId: nextQueryId(),
      text: routed === null ? withoutPassword(this.text) : this.text,
      engine: routed?.engine ?? (kind === 'twin' ? 'catalog' : 'session'),
      why: routed?.why ?? null,
      reason: routed?.reason ?? null,
      estimate: routed?.estimate ?? null,
      startedAt: this.startedAt,
      firstRowMs: this.firstRowMs,
      durationMs: performance.now() - this.startedMs,
      rows: this.rows,
      bytes: this.bytes,
      code: error?.code ?? null,
      fault: error?.fault ?? null,
      isNotable: error !== null || routed !== null || this.changesDefinitions(),
    })
  }

  private changesDefinitions(): boolean {
    const analysis = this.statement?.analysis
    return analysis?.kind === 'utility' && handlerOf(analysis.statement.node)?.readOnly === false
  }
}
