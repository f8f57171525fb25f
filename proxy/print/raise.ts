import { PgError } from '../error.ts'

/**
 * Printed SQL raises PostgreSQL's own errors with the engine's way to raise a text (DuckDB: `error('…')`, Trino: `fail('…')`).
 * The text carries the SQLSTATE, so that an engine's adapter gets the error back out of whatever its engine wraps around it.
 */
export function raiseText(code: string, message: string): string {
  return `@${code}@${message}@@`
}

const RAISED = /@([0-9A-Z]{5})@([\s\S]*?)@@/

/** The error that printed SQL has raised, if an engine's message is about one. */
export function raisedError(engineMessage: string): PgError | null {
  const found = RAISED.exec(engineMessage)
  return found?.[1] === undefined || found[2] === undefined ? null : new PgError(found[1], found[2])
}
