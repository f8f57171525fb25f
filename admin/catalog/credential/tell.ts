import type { Access } from '../access.ts'
import type { Catalog } from '../catalog.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import { placesOf } from '../place.ts'
import { forbidden } from '../problem.ts'
import { type Credentials, type Delegation, type Grant, meansFor } from './delegation.ts'

/** A session policy holds little more. */
const FOLDERS_MAX = 4
export const DELEGATION_HEADER = 'x-iceberg-access-delegation'

export type Told = {
  config: Readonly<Record<string, string>>
  'storage-credentials'?: readonly StorageCredential[]
}

export type StorageCredential = { prefix: string; config: Readonly<Record<string, string>> }

export const NOTHING_TOLD: Told = { config: {} }

export type Asking = {
  catalog: Catalog
  tenant: string
  who: Access
  /** The header's text. */
  header: string | undefined
  /** Path of the table below the catalog's address, or null: it does not yet exist. */
  path: string | null
  signal: AbortSignal
}

/** What a client is told beside a table's metadata, by what it says that it can use. */
export async function tellAccess(asking: Asking, metadata: TableMetadata): Promise<Told> {
  const { delegation } = asking.catalog
  if (delegation === null) return NOTHING_TOLD
  switch (meansFor(delegation, asking.header)) {
    case null:
      return NOTHING_TOLD
    case 'remote-signing':
      return { config: { ...delegation.server, ...signing(asking.path) } }
    case 'vended-credentials': {
      const credentials = await vendedFor(asking, metadata)
      // Twice, since some clients look here and some there.
      return { config: { ...credentials[0]?.config, ...refreshing(asking.path) }, 'storage-credentials': credentials }
    }
  }
}

/** Keys for the table's folders. */
export async function vendedFor(
  asking: Pick<Asking, 'catalog' | 'tenant' | 'who' | 'signal'>,
  metadata: TableMetadata,
): Promise<StorageCredential[]> {
  const { delegation } = asking.catalog
  if (delegation === null || delegation.vendor === null) return []
  const grant = await grantFor(asking, metadata)
  const keys = configOf(delegation, await delegation.vendor.credentialsFor(grant, asking.signal))
  return grant.folders.map((folder) => ({ prefix: `${folder}/`, config: keys }))
}

/**
 * Metadata is what clients have made of it, so the folders that it names count only where the catalog itself remembers to
 * have given them to this table.
 */
export async function grantFor(
  { catalog, tenant, who }: Pick<Asking, 'catalog' | 'tenant' | 'who'>,
  metadata: TableMetadata,
): Promise<Grant> {
  const folders = placesOf(metadata)
  for (const folder of folders)
    if ((await catalog.folders.claimOf(tenant, folder))?.owner !== metadata['table-uuid'])
      throw forbidden('The location lies outside of what may be read')
  for (const folder of formerFolders(metadata, folders)) {
    if (folders.length === FOLDERS_MAX) break
    const claim = await catalog.folders.claimOf(tenant, folder)
    if (claim?.owner === metadata['table-uuid'] && !folders.includes(claim.folder)) folders.push(claim.folder)
  }
  return { tenant, folders, may: who.kind === 'tenant' && who.readOnly ? 'read' : 'write' }
}

/** Where a table that was moved has files still. */
function formerFolders(metadata: TableMetadata, folders: readonly string[]): Set<string> {
  const lists = metadata.snapshots.flatMap((snapshot) => snapshot['manifest-list'] ?? [])
  const logged = metadata['metadata-log'].map((entry) => entry['metadata-file'])
  const outside = [...lists, ...logged].filter((file) => !folders.some((folder) => file.startsWith(`${folder}/`)))
  return new Set(outside.map((file) => file.slice(0, file.lastIndexOf('/'))))
}

function configOf(delegation: Delegation, keys: Credentials): Readonly<Record<string, string>> {
  return {
    ...delegation.server,
    's3.access-key-id': keys.accessKeyId,
    's3.secret-access-key': keys.secretAccessKey,
    's3.session-token': keys.sessionToken,
    's3.session-token-expires-at-ms': String(keys.expiresMs),
  }
}

/** https://github.com/apache/iceberg/blob/main/aws/src/main/java/org/apache/iceberg/aws/s3/VendedCredentialsProvider.java */
function refreshing(path: string | null): Record<string, string> {
  return path === null ? {} : { 'client.refresh-credentials-endpoint': `${path}/credentials` }
}

/** A table that does not yet exist has no route of its own: its folder is looked up by each request's address. */
function signing(path: string | null): Record<string, string> {
  return {
    's3.remote-signing-enabled': 'true',
    's3.signer': 'S3V4RestSigner',
    's3.signer.endpoint': path === null ? 'v1/aws/s3/sign' : `${path}/sign`,
  }
}
