import * as oid from './oid.ts'
import type { Printer } from './scope.ts'

/** Functions whose value the session knows, by key; null: not one of them. */
export function sessionValue(printer: Printer, key: string): string | null {
  const { dialect, catalog, options } = printer
  switch (key) {
    case 'current_user':
      return dialect.literal(catalog, oid.NAME, options.user)
    case 'session_user':
      return dialect.literal(catalog, oid.NAME, options.sessionUser)
    case 'current_database':
      return dialect.literal(catalog, oid.NAME, options.database)
    case 'current_schema':
      return dialect.literal(catalog, oid.NAME, options.currentSchema)
    case 'now':
    case 'statement_timestamp':
      return dialect.literal(catalog, oid.TIMESTAMPTZ, options.now)
    default:
      return null
  }
}
