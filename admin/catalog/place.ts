import type { Catalog } from './catalog.ts'
import { METADATA_FILE_END } from './credential/delegation.ts'
import { PATH_PROPERTIES } from './metadata/property.ts'
import type { TableMetadata } from './metadata/table-metadata.ts'
import { slugOf } from './name.ts'
import { badRequest, forbidden } from './problem.ts'
import type { Scope } from './scope.ts'
import type { LakeState } from './state.ts'

type Places = { location: string; properties: Readonly<Record<string, string>> }
type Placed = Places & { uuid: string }

/**
 * Whether a client may name a file or folder here: it lies below the tenant's own folder, and for a token that reaches some
 * schemas only in the folders of these, or in that of the relation itself (which may have been renamed).
 */
export function isReachableFile(catalog: Catalog, scope: Scope, location: string, own: string | null): boolean {
  const path = catalog.folders.pathOf(scope.tenant, location)
  if (path === null) return false
  if (scope.schemas === null || (own !== null && isWithin(location, own))) return true
  const schema = path.split(/[./]/)[0]
  return [...scope.schemas].some((name) => slugOf(name) === schema)
}

const notWritable = () => forbidden('The location lies outside of what may be written to')

/** A new relation's folder: the one that the client asks for, or, with null, one of ours to choose. */
export async function placeFor(
  catalog: Catalog,
  scope: Scope,
  inner: readonly string[],
  name: string,
  uuid: string,
  asked: string | null,
): Promise<{ location: string; isFresh: boolean }> {
  if (asked !== null) return claimPlace(catalog, scope, asked, uuid)
  return { location: await catalog.folders.allot(scope.tenant, inner, name, uuid), isFresh: true }
}

async function claimPlace(catalog: Catalog, scope: Scope, location: string, uuid: string) {
  if (!isReachableFile(catalog, scope, location, null)) throw notWritable()
  return catalog.folders.claim(scope.tenant, location, uuid)
}

/** Wherever a relation says that it is or writes must be a folder of its own below the tenant's. */
export async function claimPlaces(
  catalog: Catalog,
  scope: Scope,
  relation: Placed,
  before: Places | null = null,
): Promise<void> {
  const known = before === null ? [] : [before.location, ...pathProperties(before.properties)]
  const places = [relation.location, ...pathProperties(relation.properties)]
  for (const [index, location] of places.entries()) {
    if (known.includes(location)) continue
    if (index > 0 && isWithin(location, relation.location)) {
      if (catalog.folders.pathOf(scope.tenant, location) === null) throw notWritable()
    } else await claimPlace(catalog, scope, location, relation.uuid)
  }
}

function pathProperties(properties: Readonly<Record<string, string>>): string[] {
  return PATH_PROPERTIES.flatMap((key) => (properties[key] === undefined ? [] : [properties[key].replace(/\/+$/, '')]))
}

/** Every folder that the relation's files are written to, each once. */
export function placesOf(relation: Places): string[] {
  const location = relation.location.replace(/\/+$/, '')
  return [location, ...new Set(pathProperties(relation.properties).filter((place) => !isWithin(place, location)))]
}

function isWithin(location: string, folder: string): boolean {
  return location === folder || location.startsWith(`${folder}/`)
}

/** Metadata is a control file: the files that it names are read by engines on its word. */
export function checkFilesNamed(
  catalog: Catalog,
  scope: Scope,
  table: TableMetadata,
  before: TableMetadata | null,
): void {
  const refuseOthers = (
    files: ReadonlySet<string>,
    old: ReadonlySet<string>,
    isHarmless: (file: string) => boolean,
  ) => {
    for (const file of files)
      if (!old.has(file) && !isHarmless(file) && !isReachableFile(catalog, scope, file, before?.location ?? null))
        throw forbidden('The metadata names files outside of what may be read')
  }
  refuseOthers(dataFiles(table), dataFiles(before), () => false)
  // Nobody has keys of ours for another bucket, and a table is read without its statistics.
  const own = bucketOf(catalog.files.tenantRoot(scope.tenant))
  refuseOthers(statisticsFiles(table), statisticsFiles(before), (file) => ![null, own].includes(bucketOf(file)))
}

/** Of a plain object's URL; null: anything else, a file of some machine above all. */
function bucketOf(location: string): string | null {
  return /^(?:s3[an]?|gs):\/\/([a-z0-9][a-z0-9.-]*)\/./.exec(location)?.[1] ?? null
}

function dataFiles(table: TableMetadata | null): ReadonlySet<string> {
  const named = table?.snapshots.flatMap((snapshot) => [
    ...(snapshot['manifest-list'] === undefined ? [] : [snapshot['manifest-list']]),
    ...(snapshot.manifests ?? []),
  ])
  return new Set(named)
}

function statisticsFiles(table: TableMetadata | null): ReadonlySet<string> {
  const files = table === null ? [] : [...table.statistics, ...table['partition-statistics']]
  return new Set(files.map((file) => file['statistics-path']))
}

/**
 * What `purge` may remove: the relation's own folders, unless another relation (registered twice) has its metadata there.
 * Which are its own the catalog itself remembers, whatever the metadata says.
 */
export async function purgeable(
  catalog: Catalog,
  tenant: string,
  relation: Placed,
  after: LakeState,
): Promise<string[]> {
  const others = [...after.namespaces.values()].flatMap(({ relations }) => [...relations.values()])
  const own: string[] = []
  for (const location of [relation.location, ...pathProperties(relation.properties)]) {
    const claim = await catalog.folders.claimOf(tenant, location)
    if (claim?.owner !== relation.uuid) continue
    if (!others.some((other) => isWithin(other.metadataLocation, location))) own.push(location)
  }
  return own
}

/** Such a file only the catalog writes; any other could be made anew by whoever has keys for its folder. */
export function checkRegistered(catalog: Catalog, scope: Scope, file: string): void {
  if (!file.endsWith(METADATA_FILE_END))
    throw badRequest(`Invalid metadata file: its name must end in ${METADATA_FILE_END}`)
  if (!isReachableFile(catalog, scope, file, null))
    throw forbidden('The metadata file lies outside of what may be read')
}

export function metadataFolder(relation: Places): string {
  return relation.properties['write.metadata.path']?.replace(/\/+$/, '') ?? `${relation.location}/metadata`
}
