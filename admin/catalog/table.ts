import { randomUUID } from 'node:crypto'
import { below, type Catalog, type Identifier, namespaceOf, relationOf } from './catalog.ts'
import type { JsonObject } from './json.ts'
import { newTableMetadata, type TableRequest } from './metadata/create.ts'
import { emptyMetadata } from './metadata/draft.ts'
import { assertsCreate, checkRequirements } from './metadata/requirement.ts'
import type { TableMetadata } from './metadata/table-metadata.ts'
import { applyUpdates, checkComplete, withMetadataLog } from './metadata/update.ts'
import { checkName } from './name.ts'
import { checkFilesNamed, checkRegistered, claimPlaces, metadataFolder, placeFor, purgeable } from './place.ts'
import { alreadyExists, badRequest, commitFailed, noSuchTable, noSuchView } from './problem.ts'
import type { Scope } from './scope.ts'
import { tableSignature } from './signature.ts'
import { withRelation } from './state.ts'
import type { StateDraft } from './workspace.ts'

export type LoadedTable = { metadata: TableMetadata; location: string | null }

const WORD = { table: 'Table', view: 'View' } as const

/** Checks that a new relation may have this name; gives the levels below the tenant. */
export function freeName(
  scope: Scope,
  draft: Pick<StateDraft, 'state'>,
  { levels, name }: Identifier,
  kind: 'table' | 'view',
): readonly string[] {
  const namespace = namespaceOf(scope, draft.state, levels)
  if (namespace.levels.length === 0) throw badRequest("Tables and views live in the namespaces below the tenant's own")
  const taken = namespace.relations.get(checkName(name, kind))
  if (taken !== undefined) {
    const same = taken.kind === kind ? '' : ' with same name'
    throw alreadyExists(`${WORD[taken.kind]}${same} already exists: ${[...levels, name].join('.')}`)
  }
  return namespace.levels
}

export function tablePointer(scope: Scope, draft: Pick<StateDraft, 'state'>, { levels, name }: Identifier) {
  const pointer = relationOf(scope, draft.state, levels, name)
  if (pointer?.kind !== 'table') throw noSuchTable(levels, name)
  return pointer
}

async function put(
  catalog: Catalog,
  draft: StateDraft,
  inner: readonly string[],
  name: string,
  metadata: TableMetadata,
  previous: string | null,
): Promise<string> {
  const location = await catalog.metadata.write(metadataFolder(metadata), previous, metadata)
  draft.written.push(location)
  draft.state = withRelation(draft.state, inner, name, {
    kind: 'table',
    uuid: metadata['table-uuid'],
    metadataLocation: location,
    signature: tableSignature(metadata),
  })
  return location
}

/** A new table; a staged one is only promised its uuid and folder, and comes to be by its commit. */
export async function createTable(
  catalog: Catalog,
  scope: Scope,
  levels: readonly string[],
  request: TableRequest,
  signal: AbortSignal,
): Promise<LoadedTable> {
  const identifier = { levels, name: request.name }
  const inner = freeName(scope, { state: await catalog.spaces.read(scope, signal) }, identifier, 'table')
  const uuid = randomUUID()
  // Made once without a place, so that a bad request costs no folder.
  newTableMetadata(request, uuid, '', catalog.now())
  const asked = request.location === null ? null : request.location.replace(/\/+$/, '')
  const { location, isFresh } = await placeFor(catalog, scope, inner, request.name, uuid, asked)
  try {
    const metadata = newTableMetadata(request, uuid, location, catalog.now())
    await claimPlaces(catalog, scope, { uuid, location, properties: metadata.properties })
    if (request.staged) return { metadata, location: null }
    return await catalog.spaces.change(
      scope,
      async (draft) => {
        freeName(scope, draft, identifier, 'table')
        if (isFresh) draft.made.push(location)
        return { metadata, location: await put(catalog, draft, inner, request.name, metadata, null) }
      },
      signal,
    )
  } catch (error) {
    if (isFresh) await catalog.folders.release(scope.tenant, location)
    else await catalog.folders.leave(scope.tenant, location)
    throw error
  }
}

/** A new table inside a larger change, which releases nothing when it fails: the folder stays empty and unused. */
export async function createTableIn(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  levels: readonly string[],
  request: TableRequest,
): Promise<void> {
  const inner = freeName(scope, draft, { levels, name: request.name }, 'table')
  const uuid = randomUUID()
  newTableMetadata(request, uuid, '', catalog.now())
  const location = await catalog.folders.allot(scope.tenant, inner, request.name, uuid)
  draft.made.push(location)
  const metadata = newTableMetadata(request, uuid, location, catalog.now())
  await claimPlaces(catalog, scope, { uuid, location, properties: metadata.properties })
  await put(catalog, draft, inner, request.name, metadata, null)
}

export type TableCommit = Identifier & { requirements: readonly JsonObject[]; updates: readonly JsonObject[] }

export async function commitTable(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  commit: TableCommit,
): Promise<LoadedTable> {
  const { levels, name, requirements, updates } = commit
  const pointer = relationOf(scope, draft.state, levels, name)
  if (pointer === null && assertsCreate(requirements)) return commitNew(catalog, scope, draft, commit)
  if (pointer?.kind === 'view' && assertsCreate(requirements)) freeName(scope, draft, commit, 'table')
  if (pointer?.kind !== 'table') throw noSuchTable(levels, name)
  const before = await catalog.metadata.table(pointer.metadataLocation)
  checkRequirements(requirements, before)
  const after = applyUpdates(before, updates, catalog.now())
  if (after === before) return { metadata: before, location: pointer.metadataLocation }
  if (after.location !== before.location || after.properties !== before.properties)
    await claimPlaces(
      catalog,
      scope,
      { uuid: after['table-uuid'], location: after.location, properties: after.properties },
      before,
    )
  checkFilesNamed(catalog, scope, after, before)
  const { metadata, dropped } = withMetadataLog(after, before, pointer.metadataLocation)
  if (metadata.properties['write.metadata.delete-after-commit.enabled'] === 'true')
    draft.obsolete.push(...dropped.filter((file) => catalog.folders.pathOf(scope.tenant, file) !== null))
  const location = await put(catalog, draft, below(scope, levels)!, name, metadata, pointer.metadataLocation)
  return { metadata, location }
}

/** The commit of a staged create, or of a table that the client has described from nothing. */
async function commitNew(catalog: Catalog, scope: Scope, draft: StateDraft, commit: TableCommit): Promise<LoadedTable> {
  const inner = freeName(scope, draft, commit, 'table')
  checkRequirements(commit.requirements, null)
  const described = applyUpdates(emptyMetadata(''), commit.updates, catalog.now())
  checkComplete(described)
  const uuid = described['table-uuid'] || randomUUID()
  const { location, isFresh } = await placeFor(catalog, scope, inner, commit.name, uuid, described.location || null)
  const metadata = { ...described, 'table-uuid': uuid, location }
  await claimPlaces(catalog, scope, { uuid, location, properties: metadata.properties })
  checkFilesNamed(catalog, scope, metadata, null)
  if (isFresh) draft.made.push(location)
  return { metadata, location: await put(catalog, draft, inner, commit.name, metadata, null) }
}

export async function dropTable(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  purge: boolean,
): Promise<void> {
  const pointer = tablePointer(scope, draft, identifier)
  draft.state = withRelation(draft.state, below(scope, identifier.levels)!, identifier.name, null)
  const metadata = await catalog.metadata.table(pointer.metadataLocation).catch(() => null)
  if (metadata === null) return
  const folders = await purgeable(catalog, scope.tenant, { ...metadata, uuid: pointer.uuid }, draft.state)
  draft.left.push(...folders)
  if (purge) draft.purge.push(...folders)
}

export function renameRelation(
  scope: Scope,
  draft: StateDraft,
  kind: 'table' | 'view',
  from: Identifier,
  to: Identifier,
): void {
  const pointer = relationOf(scope, draft.state, from.levels, from.name)
  if (pointer?.kind !== kind)
    throw kind === 'table' ? noSuchTable(from.levels, from.name) : noSuchView(from.levels, from.name)
  const isSame =
    below(scope, to.levels)?.join('\u001f') === below(scope, from.levels)?.join('\u001f') && to.name === from.name
  if (isSame) return
  const taken = relationOf(scope, draft.state, to.levels, to.name)
  if (taken !== null) {
    const [old, now] = [from, to].map(({ levels, name }) => [...levels, name].join('.'))
    throw alreadyExists(`Cannot rename ${old} to ${now}. ${WORD[taken.kind]} already exists`)
  }
  const inner = freeName(scope, draft, to, kind)
  draft.state = withRelation(draft.state, below(scope, from.levels)!, from.name, null)
  draft.state = withRelation(draft.state, inner, to.name, pointer)
}

export async function registerTable(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  file: string,
  overwrite: boolean,
): Promise<LoadedTable> {
  const namespace = namespaceOf(scope, draft.state, identifier.levels)
  const old = namespace.relations.get(identifier.name)
  if (!(overwrite && old?.kind === 'table')) freeName(scope, draft, identifier, 'table')
  checkRegistered(catalog, scope, file)
  const metadata = await catalog.metadata.table(file)
  checkFilesNamed(catalog, scope, metadata, null)
  const { location, properties } = metadata
  await claimPlaces(catalog, scope, { uuid: metadata['table-uuid'], location, properties })
  draft.state = withRelation(draft.state, namespace.levels, identifier.name, {
    kind: 'table',
    uuid: metadata['table-uuid'],
    metadataLocation: file,
    signature: tableSignature(metadata),
  })
  return { metadata, location: file }
}

/** For callers that name a table by its uuid as well: another has its name by now. */
export function checkUuid(found: string, wanted: string, what: string): void {
  if (found.toLowerCase() !== wanted.toLowerCase()) throw commitFailed(`${what} has been replaced by another`)
}
