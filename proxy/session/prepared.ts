import { PgError } from '../error.ts'
import type { Statement } from './state.ts'

export const STATEMENTS_MAX = 1000
export const STATEMENT_TEXT_BYTES_MAX = 64 * 1024 * 1024

export type PreparedStatement = {
  readonly name: string
  readonly statement: Statement
  /** As pg_prepared_statements shows it. */
  readonly text: string
  readonly preparedAt: Date
  readonly fromSql: boolean
  /** `Session.epoch` when it was analysed */
  readonly epoch: number
}

/** The prepared statements of one session, those of Parse and of PREPARE alike; '' is the unnamed one. */
export class PreparedStatements {
  private readonly byName = new Map<string, PreparedStatement>()
  private textBytes = 0

  get(name: string): PreparedStatement {
    const found = this.byName.get(name)
    if (found !== undefined) return found
    throw new PgError(
      '26000',
      name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`,
    )
  }

  find(name: string): PreparedStatement | undefined {
    return this.byName.get(name)
  }

  /** The unnamed statement replaces the one before it; any other name may be given once. */
  refuseTaken(name: string): void {
    if (name !== '' && this.byName.has(name)) {
      throw new PgError('42P05', `prepared statement "${name}" already exists`)
    }
  }

  add(prepared: PreparedStatement): void {
    this.refuseTaken(prepared.name)
    this.remove(prepared.name)
    if (this.byName.size >= STATEMENTS_MAX) {
      throw new PgError('53400', 'too many prepared statements in this session', {
        detail: `At most ${STATEMENTS_MAX} are kept.`,
        hint: 'Close statements that are no longer needed.',
      })
    }
    const bytes = Buffer.byteLength(prepared.text)
    if (this.textBytes + bytes > STATEMENT_TEXT_BYTES_MAX) {
      throw new PgError('53400', 'prepared statements of this session are too large', {
        detail: `At most ${STATEMENT_TEXT_BYTES_MAX} bytes of their text are kept.`,
        hint: 'Close statements that are no longer needed.',
      })
    }
    this.textBytes += bytes
    this.byName.set(prepared.name, prepared)
  }

  remove(name: string): boolean {
    const found = this.byName.get(name)
    if (found === undefined) return false
    this.textBytes -= Buffer.byteLength(found.text)
    return this.byName.delete(name)
  }

  clear(): void {
    this.byName.clear()
    this.textBytes = 0
  }

  /** Not the unnamed one. */
  *all(): Iterable<PreparedStatement> {
    for (const prepared of this.byName.values()) if (prepared.name !== '') yield prepared
  }
}
