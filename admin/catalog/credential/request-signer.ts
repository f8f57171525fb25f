import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { forbidden } from '../problem.ts'
import { type Grant, METADATA_FILE_END, type RequestSigner, type UnsignedRequest, type Vendor } from './delegation.ts'

export type SignerOptions = {
  endpoint: string
  region: string
  bucket: string
  pathStyle: boolean
  /** Our own, which reach every tenant's files. */
  credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>
  /** Makes keys that reach the grant alone, to sign with instead; null: there is no STS. */
  vendor: Vendor | null
}

/**
 * What a client may do with one object or one prefix, by method and query. A parameter that stands nowhere here is refused:
 * many are not data at all (?acl, ?policy, ?retention). https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
 */
type Operation = {
  method: string
  /** Must be there, empty or not. */
  needs: readonly string[]
  may: readonly string[]
  on: 'object' | 'listing' | 'deletion'
  effect: 'read' | 'write'
}

const LIST_MAY = [
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
]
const OPERATIONS: readonly Operation[] = [
  { method: 'GET', needs: [], may: ['versionId', 'partNumber'], on: 'object', effect: 'read' },
  { method: 'HEAD', needs: [], may: ['versionId', 'partNumber'], on: 'object', effect: 'read' },
  { method: 'GET', needs: ['list-type'], may: LIST_MAY, on: 'listing', effect: 'read' },
  { method: 'PUT', needs: [], may: [], on: 'object', effect: 'write' },
  { method: 'PUT', needs: ['partNumber', 'uploadId'], may: [], on: 'object', effect: 'write' },
  { method: 'POST', needs: ['uploads'], may: [], on: 'object', effect: 'write' },
  { method: 'POST', needs: ['uploadId'], may: [], on: 'object', effect: 'write' },
  { method: 'DELETE', needs: [], may: [], on: 'object', effect: 'write' },
  { method: 'DELETE', needs: ['uploadId'], may: [], on: 'object', effect: 'write' },
  { method: 'POST', needs: ['delete'], may: [], on: 'deletion', effect: 'write' },
]
/** The SDKs name the operation in the query too. */
const IGNORED_PARAMETERS: ReadonlySet<string> = new Set(['x-id'])

/** Headers that S3 takes for part of the request. All others of its own (x-amz-copy-source, x-amz-acl, …) do more than we allow. */
const AMZ_HEADERS =
  /^x-amz-(date|content-sha256|checksum-[a-z0-9-]+|sdk-checksum-algorithm|trailer|decoded-content-length|checksum-mode|user-agent|request-payer)$/
/**
 * S3 refuses a header x-amz-… that is not signed, but other servers take one: a client may add `x-amz-copy-source`, or let
 * MinIO unpack an archive over the bucket. These leave no room for that, and mean nothing else: no file has such a tag.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, https://github.com/minio/minio/tree/master/docs/extensions/zip
 */
const NO_OTHER_WRITE: Readonly<Record<string, string>> = {
  'x-amz-copy-source-if-match': 'none',
  'x-amz-meta-snowball-auto-extract': 'false',
}
const PAYLOAD_HASH = 'x-amz-content-sha256'
const UNSIGNED = 'UNSIGNED-PAYLOAD'
const DELETED_KEY = /<Key>([^<]*)<\/Key>/g
const DELETION_TAG = /^(\?xml|\/?(Delete|Object|Key|Quiet|VersionId))$/

export function requestSigner(options: SignerOptions): RequestSigner {
  const { vendor } = options
  const signatureFor = (grant: Grant) =>
    new SignatureV4({
      service: 's3',
      region: options.region,
      credentials: vendor === null ? options.credentials : () => vendor.credentialsFor(grant),
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: false,
    })
  const server = new URL(options.endpoint)
  const host = options.pathStyle ? server.host : `${options.bucket}.${server.host}`
  const base = `${server.pathname.replace(/\/$/, '')}${options.pathStyle ? `/${options.bucket}` : ''}`

  function keyOf(url: URL, uri: string): string {
    const rest = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : null
    if (url.protocol !== server.protocol || url.host !== host || rest === null || !/^(\/|$)/.test(rest)) throw refused()
    // URL has folded dots away: what the client will send must be what was looked at.
    if (url.username !== '' || url.hash !== '' || !uri.startsWith(`${url.protocol}//${url.host}${url.pathname}`))
      throw refused()
    return decoded(rest.slice(1))
  }

  return {
    locationOf: ({ uri }) => {
      const url = parsed(uri)
      const key = keyOf(url, uri) || url.searchParams.get('prefix')
      return key === null || key === '' ? null : `s3://${options.bucket}/${key.replace(/\/+$/, '')}`
    },
    sign: async (request, grant) => {
      const url = parsed(request.uri)
      const key = keyOf(url, request.uri)
      const operation = operationOf(request.method, url, key)
      if (operation === null || request.region !== options.region) throw refused()
      if (operation.effect === 'write' && grant.may === 'read') throw refused()
      checkKeys(operation, key, url, request, grant, options.bucket)
      const headers = signable(request, operation, url.host)
      if (vendor === null && request.method === 'PUT') Object.assign(headers, NO_OTHER_WRITE)
      const query: Record<string, string[]> = {}
      for (const [name, value] of url.searchParams) query[name] = [...(query[name] ?? []), value]
      const signed = await signatureFor(grant).sign({
        method: request.method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        path: url.pathname,
        query,
        headers,
      })
      const given = Object.entries(signed.headers)
        .filter(([name]) => name !== 'host')
        .map(([name, value]): [string, string[]] => [name, [value]])
      return { uri: request.uri, headers: Object.fromEntries(given) }
    },
  }
}

function operationOf(method: string, url: URL, key: string): Operation | null {
  const names = [...url.searchParams.keys()].filter((name) => !IGNORED_PARAMETERS.has(name))
  if (new Set(names).size !== names.length) return null
  const fits = (one: Operation) =>
    one.method === method &&
    (one.on === 'object') === (key !== '') &&
    one.needs.every((name) => names.includes(name)) &&
    names.every((name) => one.needs.includes(name) || one.may.includes(name))
  return OPERATIONS.find(fits) ?? null
}

function checkKeys(
  operation: Operation,
  key: string,
  url: URL,
  request: UnsignedRequest,
  grant: Grant,
  bucket: string,
): void {
  const keys =
    operation.on === 'object'
      ? [key]
      : operation.on === 'listing'
        ? [url.searchParams.get('prefix') ?? '']
        : deletedKeys(request)
  const isGranted = (one: string) => grant.folders.some((folder) => `s3://${bucket}/${one}`.startsWith(`${folder}/`))
  const isPlain = (one: string) => !one.split('/').some((part) => part === '.' || part === '..')
  // What the catalog itself reads is the catalog's own to write.
  if (request.method === 'PUT' && isMetadataFile(key)) throw refused()
  if (request.method === 'POST' && operation.on === 'object' && isMetadataFile(key)) throw refused()
  if (keys.length === 0 || !keys.every((one) => isGranted(one) && isPlain(one))) throw refused()
}

function isMetadataFile(key: string): boolean {
  return key.endsWith(METADATA_FILE_END)
}

/** The body of DeleteObjects is bound to the signature by its hash, so that what we read is what is done. */
function deletedKeys(request: UnsignedRequest): string[] {
  const { body } = request
  if (body === null) throw refused()
  // Whatever could hide another key: comments, CDATA, entities, prefixes of namespaces.
  const tags = [...body.matchAll(/<(\/?[^\s>]*)/g)].map((match) => match[1] ?? '')
  if (!tags.every((tag) => DELETION_TAG.test(tag)) || /&(?!(amp|quot|apos|#39|#34);)/.test(body)) throw refused()
  const keys = [...body.matchAll(DELETED_KEY)].map((match) => unescaped(match[1] ?? ''))
  if (tags.filter((tag) => tag === 'Key').length !== keys.length) throw refused()
  return keys
}

function unescaped(text: string): string {
  const of: Readonly<Record<string, string>> = {
    '&quot;': '"',
    '&apos;': "'",
    '&#39;': "'",
    '&#34;': '"',
    '&amp;': '&',
  }
  return text.replace(/&(quot|apos|#39|#34|amp);/g, (entity) => of[entity] ?? entity)
}

/** Only what is signed counts for S3; the client sends the rest as it likes. */
function signable(request: UnsignedRequest, operation: Operation, host: string): Record<string, string> {
  const headers: Record<string, string> = { host }
  for (const [name, values] of Object.entries(request.headers)) {
    const lower = name.toLowerCase()
    if (lower === 'content-md5' || lower === 'content-type') headers[lower] = values.join(',')
    if (!lower.startsWith('x-amz-') || lower === 'x-amz-security-token') continue
    if (!AMZ_HEADERS.test(lower)) throw refused()
    if (lower !== 'x-amz-date') headers[lower] = values.join(',')
  }
  if (operation.on === 'deletion')
    headers[PAYLOAD_HASH] = createHash('sha256')
      .update(request.body ?? '')
      .digest('hex')
  else headers[PAYLOAD_HASH] ??= UNSIGNED
  return headers
}

function parsed(uri: string): URL {
  try {
    return new URL(uri)
  } catch {
    throw refused()
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw refused()
  }
}

/** Nothing of what there is elsewhere can be told from it. */
function refused() {
  return forbidden('The request reaches beyond the table')
}

class Sha256 {
  readonly #key: Uint8Array | null
  #chunks: Uint8Array[] = []

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#key = key === undefined ? null : bytesOf(key)
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#chunks.push(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    const hash = this.#key === null ? createHash('sha256') : createHmac('sha256', this.#key)
    for (const chunk of this.#chunks) hash.update(chunk)
    return new Uint8Array(hash.digest())
  }

  reset(): void {
    this.#chunks = []
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
