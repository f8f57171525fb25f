import type { LakeChange, LakeRelation, LakeSchema, ScanAsk, ScanEstimate } from '../../../proxy/lake/lake.ts'
import { isReservedForTemporary } from '../../../proxy/lake/temporary.ts'
import { isSeen } from '../catalog.ts'
import { applyChange } from '../lakewire/change.ts'
import { describeTable, describeView } from '../lakewire/column.ts'
import { keyOf } from '../name.ts'
import { badRequest, forbidden } from '../problem.ts'
import { array, object, text } from '../read.ts'
import type { Scope } from '../scope.ts'
import { type StateDraft, TRANSACTIONS_MAX, TRANSACTIONS_OF_TOKENS_MAX } from '../workspace.ts'
import { type Answer, bodyObject, type CatalogRequest, NO_CONTENT, ok, type Route } from './route.ts'

/** Ours, beside the standard: lake transactions and the proxy's Lake port. Within a transaction the standard's routes take `{tenant}~{transaction}` as prefix. */
export const LAKEWIRE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/transactions',
    effect: 'write',
    answer: async ({ catalog, scope, who, signal }) => {
      const openMax = who.kind === 'tenant' && !who.isOurs ? TRANSACTIONS_OF_TOKENS_MAX : TRANSACTIONS_MAX
      return ok({ transaction: await catalog.spaces.begin(scope.tenant, { openMax }, signal) })
    },
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/commit',
    effect: 'write',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      return ok({ schemaVersion: await request.catalog.spaces.commit(tenant, transaction, request.signal) })
    },
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/rollback',
    effect: 'read',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      await request.catalog.spaces.rollback(tenant, transaction, request.signal)
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/lakewire/v1/{prefix}/savepoint',
    effect: 'read',
    answer: async (request) => {
      const { tenant, transaction } = inTransaction(request)
      const body = bodyObject(request)
      const action = text(body.action, 'action')
      if (action !== 'set' && action !== 'release' && action !== 'rollback')
        throw badRequest(`Unknown action: ${action}`)
      await request.catalog.spaces.savepoint(tenant, transaction, action, text(body.name, 'name'), request.signal)
      return NO_CONTENT
    },
  },
  {
    method: 'GET',
    path: '/lakewire/v1/{prefix}/version',
    effect: 'read',
    answer: async ({ catalog, scope, signal }) => {
      const { schemaVersion } = await catalog.spaces.read(scope, signal)
      return ok({ schemaVersion })
    },
  },
  { method: 'GET', path: '/lakewire/v1/{prefix}/schema', effect: 'read', answer: schema },
  { method: 'POST', path: '/lakewire/v1/{prefix}/load', effect: 'read', answer: load },
  { method: 'POST', path: '/lakewire/v1/{prefix}/estimate', effect: 'read', answer: estimate },
  { method: 'POST', path: '/lakewire/v1/{prefix}/changes', effect: 'write', answer: changes },
]

/** PostgreSQL has one level of schemas, and engines take a dot for the end of a level: other namespaces are for other tools only. */
async function schema({ catalog, scope, query, signal }: CatalogRequest): Promise<Answer> {
  checkWhole(scope)
  const state = await catalog.spaces.read(scope, signal)
  const temporary = query.get('temporary')
  const isShown = (name: string) =>
    temporary === null ? !isReservedForTemporary(name) : name === temporary && isSeen(scope, name)
  const shown = [...state.namespaces.values()].filter(
    ({ levels }) => levels.length === 1 && !levels[0]!.includes('.') && isShown(levels[0]!),
  )
  const answer: LakeSchema = {
    version: state.schemaVersion,
    namespaces: shown.map(({ levels, properties }) => ({ name: levels[0]!, comment: properties.comment ?? null })),
    relations: shown.flatMap(({ levels, relations }) =>
      [...relations].map(([name, { kind, uuid, signature }]) => ({ schema: levels[0]!, name, kind, uuid, signature })),
    ),
  }
  return ok(answer)
}

async function load(request: CatalogRequest): Promise<Answer> {
  const { catalog, scope, signal } = request
  checkWhole(scope)
  const state = await catalog.spaces.read(scope, signal)
  const names = array(bodyObject(request).names, 'names').map((item) => {
    const name = object(item, 'name')
    return { schema: text(name.schema, 'schema'), name: text(name.name, 'name') }
  })
  const relations: LakeRelation[] = []
  for (const { schema, name } of names) {
    const pointer = state.namespaces.get(keyOf([schema]))?.relations.get(name)
    if (pointer === undefined || !isSeen(scope, schema)) continue
    const relation =
      pointer.kind === 'table'
        ? describeTable(schema, name, pointer, await catalog.metadata.table(pointer.metadataLocation, signal))
        : describeView(schema, name, pointer, await catalog.metadata.view(pointer.metadataLocation, signal))
    if (relation !== null) relations.push(relation)
  }
  return ok({ relations })
}

/** As with changes, the asks come from our own proxy. */
async function estimate(request: CatalogRequest): Promise<Answer> {
  const { catalog, scope, signal } = request
  checkWhole(scope)
  const asks = array(bodyObject(request).asks, 'asks') as unknown as readonly ScanAsk[]
  const estimates: ScanEstimate[] = []
  for (const ask of asks) estimates.push(await catalog.estimate(scope, ask, signal))
  return ok({ estimates })
}

/** The list comes from our own proxy: its items are of the port's type, whose readers refuse what does not fit. */
async function changes(request: CatalogRequest): Promise<Answer> {
  const { catalog, scope, signal } = request
  checkWhole(scope)
  const list = array(bodyObject(request).changes, 'changes') as unknown as readonly LakeChange[]
  let taken: StateDraft | null = null
  await catalog.spaces.change(
    scope,
    async (draft) => {
      taken = draft
      for (const change of list) await applyChange(catalog, scope, draft, change)
    },
    signal,
  )
  return ok({ schemaVersion: (taken as StateDraft | null)?.version })
}

/** These are for proxies, which know a tenant's users themselves. */
function checkWhole(scope: Scope): void {
  if (scope.schemas !== null) throw forbidden('The token reaches some schemas only')
}

function inTransaction({ scope }: CatalogRequest): { tenant: string; transaction: string } {
  if (scope.transaction === null) throw badRequest('A transaction is needed: {tenant}~{transaction}')
  return { tenant: scope.tenant, transaction: scope.transaction }
}
