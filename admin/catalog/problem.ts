/**
 * The error that a client of the catalog sees. `type` is the name of the Java exception that clients map it to; never 5xx
 * for bad input, because a 5xx to a commit means "outcome unknown" to Java, which then neither retries nor cleans up.
 * https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml (ErrorModel)
 */
export class CatalogError extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.name = 'CatalogError'
    this.status = status
    this.type = type
  }
}

export const badRequest = (message: string) => new CatalogError(400, 'BadRequestException', message)
/** For what Java's builders throw themselves, and so expect of a server. */
export const illegalArgument = (message: string) => new CatalogError(400, 'IllegalArgumentException', message)
export const notAuthorized = (message: string) => new CatalogError(401, 'NotAuthorizedException', message)
export const forbidden = (message: string) => new CatalogError(403, 'ForbiddenException', message)
export const noSuchNamespace = (levels: readonly string[]) =>
  new CatalogError(404, 'NoSuchNamespaceException', `Namespace does not exist: ${levels.join('.')}`)
export const noSuchTable = (levels: readonly string[], name: string) =>
  new CatalogError(404, 'NoSuchTableException', `Table does not exist: ${[...levels, name].join('.')}`)
export const noSuchView = (levels: readonly string[], name: string) =>
  new CatalogError(404, 'NoSuchViewException', `View does not exist: ${[...levels, name].join('.')}`)
export const noSuchWarehouse = (name: string) =>
  new CatalogError(404, 'NoSuchWarehouseException', `Warehouse does not exist: ${name}`)
export const noSuchRoute = (what: string) => new CatalogError(404, 'NotFoundException', `No such route: ${what}`)
export const noSuchTransaction = () =>
  new CatalogError(404, 'NoSuchTransactionException', 'Transaction does not exist or has expired')
export const noSuchSavepoint = (name: string) =>
  new CatalogError(404, 'NoSuchSavepointException', `Savepoint does not exist: ${name}`)
export const alreadyExists = (message: string) => new CatalogError(409, 'AlreadyExistsException', message)
export const notEmpty = (levels: readonly string[]) =>
  new CatalogError(409, 'NamespaceNotEmptyException', `Namespace is not empty: ${levels.join('.')}`)
export const commitFailed = (message: string) => new CatalogError(409, 'CommitFailedException', message)
export const unprocessable = (message: string) => new CatalogError(422, 'UnprocessableEntityException', message)
export const unavailable = (message: string) => new CatalogError(503, 'ServiceUnavailableException', message)
