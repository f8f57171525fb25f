import { randomUUID } from 'node:crypto'
import { below, type Catalog, type Identifier, relationOf } from './catalog.ts'
import type { JsonObject } from './json.ts'
import {
  applyViewUpdates,
  checkViewRequirements,
  newViewMetadata,
  type ViewMetadata,
} from './metadata/view-metadata.ts'
import { checkRegistered, claimPlaces, metadataFolder, placeFor, purgeable } from './place.ts'
import { noSuchView } from './problem.ts'
import type { Scope } from './scope.ts'
import { viewSignature } from './signature.ts'
import { withRelation } from './state.ts'
import { freeName } from './table.ts'
import type { StateDraft } from './workspace.ts'

export type LoadedView = { metadata: ViewMetadata; location: string }

export function viewPointer(scope: Scope, draft: Pick<StateDraft, 'state'>, { levels, name }: Identifier) {
  const pointer = relationOf(scope, draft.state, levels, name)
  if (pointer?.kind !== 'view') throw noSuchView(levels, name)
  return pointer
}

async function put(
  catalog: Catalog,
  draft: StateDraft,
  inner: readonly string[],
  name: string,
  metadata: ViewMetadata,
  previous: string | null,
): Promise<LoadedView> {
  const location = await catalog.metadata.write(metadataFolder(metadata), previous, metadata)
  draft.written.push(location)
  draft.state = withRelation(draft.state, inner, name, {
    kind: 'view',
    uuid: metadata['view-uuid'],
    metadataLocation: location,
    signature: viewSignature(metadata),
  })
  return { metadata, location }
}

/** `asked` is a location that the client wants, or null: ours to choose. */
export async function createView(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  body: JsonObject,
  asked: string | null,
): Promise<LoadedView> {
  const inner = freeName(scope, draft, identifier, 'view')
  const uuid = randomUUID()
  const plain = newViewMetadata(body, uuid, '', catalog.now())
  const { location, isFresh } = await placeFor(catalog, scope, inner, identifier.name, uuid, asked)
  if (isFresh) draft.made.push(location)
  const metadata = { ...plain, location }
  await claimPlaces(catalog, scope, { uuid, location, properties: metadata.properties })
  return put(catalog, draft, inner, identifier.name, metadata, null)
}

export async function replaceView(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  requirements: readonly JsonObject[],
  updates: readonly JsonObject[],
): Promise<LoadedView> {
  const pointer = viewPointer(scope, draft, identifier)
  const before = await catalog.metadata.view(pointer.metadataLocation)
  checkViewRequirements(requirements, before)
  const after = applyViewUpdates(before, updates, catalog.now())
  if (after === before) return { metadata: before, location: pointer.metadataLocation }
  await claimPlaces(
    catalog,
    scope,
    { uuid: after['view-uuid'], location: after.location, properties: after.properties },
    before,
  )
  const inner = below(scope, identifier.levels)!
  const replaced = await put(catalog, draft, inner, identifier.name, after, pointer.metadataLocation)
  // All that a view needs lies where it is now.
  draft.left.push(...(await purgeable(catalog, scope.tenant, { ...before, uuid: pointer.uuid }, draft.state)))
  return replaced
}

export async function dropView(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  purge: boolean,
): Promise<void> {
  const pointer = viewPointer(scope, draft, identifier)
  const metadata = await catalog.metadata.view(pointer.metadataLocation).catch(() => null)
  draft.state = withRelation(draft.state, below(scope, identifier.levels)!, identifier.name, null)
  if (metadata === null) return
  const folders = await purgeable(catalog, scope.tenant, { ...metadata, uuid: pointer.uuid }, draft.state)
  draft.left.push(...folders)
  if (purge) draft.purge.push(...folders)
}

export async function registerView(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  identifier: Identifier,
  file: string,
): Promise<LoadedView> {
  const inner = freeName(scope, draft, identifier, 'view')
  checkRegistered(catalog, scope, file)
  const metadata = await catalog.metadata.view(file)
  const { location, properties } = metadata
  await claimPlaces(catalog, scope, { uuid: metadata['view-uuid'], location, properties })
  draft.state = withRelation(draft.state, inner, identifier.name, {
    kind: 'view',
    uuid: metadata['view-uuid'],
    metadataLocation: file,
    signature: viewSignature(metadata),
  })
  return { metadata, location: file }
}
