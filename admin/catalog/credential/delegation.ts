/**
 * How clients of the catalog get at the files of a table without keys of their own. They say what they can use:
 * https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml (X-Iceberg-Access-Delegation)
 * Where tables lie in a local folder nothing is delegated.
 */
export type Delegation = {
  /** Config that says where the files are: no secrets. */
  readonly server: Readonly<Record<string, string>>
  /** Null: there is no STS. */
  readonly vendor: Vendor | null
  readonly signer: RequestSigner
}

/** Makes keys that reach the folders given and nothing else, for a short time. */
export interface Vendor {
  credentialsFor(grant: Grant, signal?: AbortSignal): Promise<Credentials>
}

export type Grant = {
  tenant: string
  /** s3://bucket/… without a slash at the end. */
  folders: readonly string[]
  may: 'read' | 'write'
}

export type Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiresMs: number
}

/** Signs a client's own request with our key, if it stays within the grant; else CatalogError 403. */
export interface RequestSigner {
  /** What the request is about, an object or the prefix that is listed: s3://bucket/…; null: nothing of ours. */
  locationOf(request: UnsignedRequest): string | null
  sign(request: UnsignedRequest, grant: Grant): Promise<SignedRequest>
}

export type UnsignedRequest = {
  method: string
  uri: string
  region: string
  headers: Readonly<Record<string, readonly string[]>>
  /** Of requests that name objects in their body (DeleteObjects). */
  body: string | null
}

export type SignedRequest = { uri: string; headers: Record<string, string[]> }

/** What clients may not write, whatever they are given: the catalog reads such a file on its own word. */
export const METADATA_FILE_END = '.metadata.json'

export type Means = 'vended-credentials' | 'remote-signing'

/** What a client is to use of what its header says that it can, or null: it has not asked, or has keys of its own. */
export function meansFor(delegation: Delegation, header: string | undefined): Means | null {
  const known = (header ?? '').split(',').map((item) => item.trim().toLowerCase())
  if (delegation.vendor !== null && known.includes('vended-credentials')) return 'vended-credentials'
  return known.includes('remote-signing') ? 'remote-signing' : null
}
