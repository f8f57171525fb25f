import type { Catalog } from './catalog.ts'
import { PATH_PROPERTIES } from './metadata/property.ts'
import type { TableMetadata } from './metadata/table-metadata.ts'
import { forbidden } from './problem.ts'
import type { LakeState } from './state.ts'

type Placed = { uuid: string; location: string; properties: Readonly<Record<string, string>> }

/** Wherever a relation says that it is or writes must be a folder of its own below the tenant's. */
export async function claimPlaces(catalog: Catalog, tenant: string, relation: Placed): Promise<void> {
  await catalog.folders.claim(tenant, relation.location, relation.uuid)
  for (const location of pathProperties(relation.properties))
    if (!isWithin(location, relation.location)) await catalog.folders.claim(tenant, location, relation.uuid)
    else if (catalog.folders.pathOf(tenant, location) === null)
      throw forbidden('The location lies outside of what may be written to')
}

function pathProperties(properties: Readonly<Record<string, string>>): string[] {
  return PATH_PROPERTIES.flatMap((key) => (properties[key] === undefined ? [] : [properties[key].replace(/\/+$/, '')]))
}

/** Every folder that the relation's files are written to, each once. */
export function placesOf(relation: Omit<Placed, 'uuid'>): string[] {
  const location = relation.location.replace(/\/+$/, '')
  return [location, ...new Set(pathProperties(relation.properties).filter((place) => !isWithin(place, location)))]
}

function isWithin(location: string, folder: string): boolean {
  return location === folder || location.startsWith(`${folder}/`)
}

/** Metadata is a control file: the files that it names are read by engines on its word. */
export function checkFilesNamed(
  catalog: Catalog,
  tenant: string,
  table: TableMetadata,
  before: TableMetadata | null,
): void {
  const known = new Set(before?.snapshots.map((snapshot) => snapshot['snapshot-id']))
  for (const snapshot of table.snapshots) {
    if (known.has(snapshot['snapshot-id'])) continue
    const named = [
      ...(snapshot['manifest-list'] === undefined ? [] : [snapshot['manifest-list']]),
      ...(snapshot.manifests ?? []),
    ]
    for (const location of named)
      if (catalog.folders.pathOf(tenant, location) === null)
        throw forbidden('A snapshot names files outside of what may be read')
  }
}

/** What `purge` may remove: the relation's own folders, unless another relation (registered twice) has its metadata there. */
export function purgeable(
  catalog: Catalog,
  tenant: string,
  relation: Omit<Placed, 'uuid'>,
  after: LakeState,
): string[] {
  const own = [relation.location, ...pathProperties(relation.properties)].filter(
    (location) => catalog.folders.pathOf(tenant, location) !== null,
  )
  const others = [...after.namespaces.values()].flatMap(({ relations }) => [...relations.values()])
  return own.filter((location) => !others.some((other) => isWithin(other.metadataLocation, location)))
}

export function metadataFolder(relation: Omit<Placed, 'uuid'>): string {
  return relation.properties['write.metadata.path']?.replace(/\/+$/, '') ?? `${relation.location}/metadata`
}
