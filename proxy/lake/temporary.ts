import { randomBytes } from 'node:crypto'

/**
 * A session's temporary tables are tables of the lake like others, in a namespace of the session's own. PostgreSQL gives no
 * schema a name that begins with pg_, and the catalog shows these to nobody but our own proxies and engines.
 */
const TEMPORARY = /^pg_temp_[0-9a-f]{24}$/
const RESERVED = /^pg_temp_/

/** A temporary namespace whose session has not said for so long that it is there is removed with all that is in it. */
export const TEMPORARY_LEASE_MS = 24 * 3_600_000
export const TEMPORARY_RENEWAL_MS = 6 * 3_600_000

/** Property of a temporary table: what becomes of it at the end of each transaction. */
export const ON_COMMIT = 'lakewire.on-commit'
export type OnCommit = 'delete' | 'drop'

export function newTemporaryName(): string {
  return `pg_temp_${randomBytes(12).toString('hex')}`
}

export function isTemporary(namespace: string): boolean {
  return TEMPORARY.test(namespace)
}

/** Names that nobody may give to a namespace, whether a session has it or not. */
export function isReservedForTemporary(namespace: string): boolean {
  return RESERVED.test(namespace)
}

export function temporaryExpiry(now = Date.now()): string {
  return new Date(now + TEMPORARY_LEASE_MS).toISOString()
}
