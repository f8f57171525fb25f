import type { Access } from '../access.ts'
import type { Catalog } from '../catalog.ts'
import type { Delegation, Grant, UnsignedRequest } from '../credential/delegation.ts'
import { grantFor, vendedFor } from '../credential/tell.ts'
import type { Json } from '../json.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import { forbidden, noSuchRoute } from '../problem.ts'
import { object, optional, text, texts } from '../read.ts'
import type { LakeState } from '../state.ts'
import { tablePointer } from '../table.ts'
import { type Answer, type CatalogRequest, identifierOf, ok, type Route } from './route.ts'

const TABLE = '/v1/{prefix}/namespaces/{namespace}/tables/{table}'
/** Where clients ask that were told no other place, or whose table does not yet exist. */
export const SIGN_PATH = '/v1/aws/s3/sign'

/** Served where tables lie in an object store. */
export const STORAGE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: `${TABLE}/credentials`,
    effect: 'read',
    answer: async (request) => {
      const { catalog, scope, who, signal } = request
      const asking = { catalog, tenant: scope.tenant, who, signal }
      return ok({ 'storage-credentials': await vendedFor(asking, await tableOf(request)) })
    },
  },
  {
    method: 'POST',
    path: `${TABLE}/sign`,
    effect: 'read',
    answer: async (request) => {
      const { catalog, scope, who } = request
      const grant = await grantFor({ catalog, tenant: scope.tenant, who }, await tableOf(request))
      return signed(delegationOf(catalog), readUnsigned(request.body), grant)
    },
  },
]

async function tableOf(request: CatalogRequest): Promise<TableMetadata> {
  const { catalog, scope, signal } = request
  const state = await catalog.spaces.read(scope, signal)
  return catalog.metadata.table(tablePointer(scope, { state }, identifierOf(request, 'table')).metadataLocation, signal)
}

/** The folder is the one that the request's own address lies in, if it was given to a table that the caller may reach. */
export async function answerSign(
  catalog: Catalog,
  who: Access,
  body: Json | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const delegation = delegationOf(catalog)
  if (who.kind !== 'tenant') throw noSuchRoute(SIGN_PATH)
  const unsigned = readUnsigned(body)
  const { tenant, readOnly, schemas } = who
  const location = delegation.signer.locationOf(unsigned)
  const claim = location === null ? null : await catalog.folders.claimOf(tenant, location)
  if (claim === null) throw forbidden('The request reaches beyond the table')
  if (schemas !== null) {
    const state = await catalog.spaces.read({ tenant, transaction: null }, signal)
    if (!isReached(state, schemas, claim.owner)) throw forbidden('The token does not reach this table')
  }
  return signed(delegation, unsigned, { tenant, folders: [claim.folder], may: readOnly ? 'read' : 'write' })
}

function isReached(state: LakeState, schemas: ReadonlySet<string>, uuid: string): boolean {
  return [...state.namespaces.values()].some(
    ({ levels, relations }) =>
      schemas.has(levels[0] ?? '') && [...relations.values()].some((relation) => relation.uuid === uuid),
  )
}

async function signed(delegation: Delegation, unsigned: UnsignedRequest, grant: Grant): Promise<Answer> {
  return ok(await delegation.signer.sign(unsigned, grant))
}

function delegationOf({ delegation }: Catalog): Delegation {
  if (delegation === null) throw noSuchRoute(SIGN_PATH)
  return delegation
}

function readUnsigned(body: Json | undefined): UnsignedRequest {
  const request = object(body, 'the request to sign')
  const headers = Object.entries(object(request.headers, 'headers'))
  return {
    method: text(request.method, 'method').toUpperCase(),
    uri: text(request.uri, 'uri'),
    region: text(request.region, 'region'),
    headers: Object.fromEntries(headers.map(([name, values]) => [name, texts(values, `header ${name}`)])),
    body: optional(request.body, text, 'body') ?? null,
  }
}
