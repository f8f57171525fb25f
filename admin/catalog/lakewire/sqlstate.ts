import type { CatalogError } from '../problem.ts'

/** What the catalog says by exception name, as PostgreSQL says it by SQLSTATE. */
const SQLSTATES: Readonly<Record<string, string>> = {
  CommitFailedException: '40001',
  NoSuchNamespaceException: '3F000',
  NoSuchTableException: '42P01',
  NoSuchViewException: '42P01',
  AlreadyExistsException: '42P07',
  NamespaceNotEmptyException: '2BP01',
  NoSuchTransactionException: '25P01',
  NoSuchSavepointException: '3B001',
  ForbiddenException: '42501',
  NotAuthorizedException: '28000',
  BadRequestException: '22023',
}

export function sqlstateOf(error: CatalogError): string {
  return SQLSTATES[error.type] ?? '58000'
}
