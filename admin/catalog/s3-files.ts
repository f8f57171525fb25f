import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { PgError } from '../../proxy/error.ts'
import { type FileIo, type ListedFile, tooLarge } from './file-io.ts'

type AwsCredentialIdentity = Awaited<ReturnType<S3Client['config']['credentials']>>

export type S3Bucket = {
  endpoint: string
  region: string
  bucket: string
  /** Bucket in the path instead of the host name. */
  pathStyle: boolean
  /** Null: the SDK looks for them where it always does (environment, instance role). */
  credentials: { accessKeyId: string; secretAccessKey: string } | null
}

/** One operation may take so long, whatever it is tried: then the catalog says that it cannot answer. */
const OPERATION_MS_MAX = 20_000
const ATTEMPTS_MAX = 4
const CONNECT_MS_MAX = 2_000
/** Of silence on the socket. */
const IDLE_MS_MAX = 8_000
const SOCKETS_MAX = 64
/** What one DeleteObjects takes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const DELETE_KEYS_MAX = 1000

/** Metadata files as objects `<tenant>/…` of one bucket of an S3 server. Standard S3 only, so that any server will do. */
export function s3Files(bucket: S3Bucket): FileIo {
  const client = new S3Client(clientConfig(bucket))
  const root = `s3://${bucket.bucket}/`
  let isConditional = true

  function keyOf(location: string): string {
    if (!location.startsWith(root)) throw new Error(`not a location in the bucket: ${location}`)
    return location.slice(root.length)
  }

  async function put(location: string, text: string, signal: AbortSignal): Promise<void> {
    const object = { Bucket: bucket.bucket, Key: keyOf(location), Body: text }
    if (!isConditional) {
      await client.send(new PutObjectCommand(object), { abortSignal: signal })
      return
    }
    try {
      await client.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }), { abortSignal: signal })
    } catch (error) {
      const status = statusOf(error)
      if (status === 501) {
        // A server that knows no conditions; names hold a UUID, so they do not meet.
        isConditional = false
        return put(location, text, signal)
      }
      // A first try may have come through although its answer did not.
      if (status === 412 && (await get(location, signal))?.toString() === text) return
      throw error
    }
  }

  async function get(location: string, signal: AbortSignal, bytesMax = Infinity): Promise<Buffer | null> {
    const object = { Bucket: bucket.bucket, Key: keyOf(location) }
    const inner = new AbortController()
    try {
      const abortSignal = AbortSignal.any([signal, inner.signal])
      const answer = await client.send(new GetObjectCommand(object), { abortSignal })
      if (bytesMax < Infinity && !((answer.ContentLength ?? Infinity) <= bytesMax)) {
        inner.abort()
        throw tooLarge()
      }
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? [])
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return null
      throw error
    }
  }

  async function* list(folder: string, signal?: AbortSignal): AsyncGenerator<ListedFile> {
    const prefix = `${keyOf(folder).replace(/\/+$/, '')}/`
    let next: string | undefined
    do {
      const page = await limited(signal, (abortSignal) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: prefix, ContinuationToken: next }), {
          abortSignal,
        }),
      )
      for (const { Key, Size, LastModified } of page.Contents ?? [])
        yield { location: `${root}${Key}`, bytes: Size ?? 0, modifiedMs: LastModified?.getTime() ?? Date.now() }
      next = page.NextContinuationToken
    } while (next !== undefined)
  }

  async function removeAll(locations: readonly string[]): Promise<void> {
    const objects = locations.map((location) => ({ Key: keyOf(location) }))
    const answer = await limited(undefined, (abortSignal) =>
      client.send(new DeleteObjectsCommand({ Bucket: bucket.bucket, Delete: { Objects: objects, Quiet: true } }), {
        abortSignal,
      }),
    )
    const failed = answer.Errors?.[0]
    if (failed !== undefined) throw unavailable(new Error(`${failed.Code}: ${failed.Message}`))
  }

  return {
    tenantRoot: (tenant) => `${root}${tenant}`,
    read: async (location, signal) => (await limited(signal, (inner) => get(location, inner)))?.toString() ?? null,
    readBytes: (location, bytesMax, signal) => limited(signal, (inner) => get(location, inner, bytesMax)),
    write: (location, text, signal) => limited(signal, (inner) => put(location, text, inner)),
    remove: async (location) => {
      const object = { Bucket: bucket.bucket, Key: keyOf(location) }
      await limited(undefined, (abortSignal) => client.send(new DeleteObjectCommand(object), { abortSignal }))
    },
    // An object store has no folders.
    prepareFolder: async () => {},
    removeFolder: async (location) => {
      let batch: string[] = []
      for await (const file of list(location)) {
        batch.push(file.location)
        if (batch.length < DELETE_KEYS_MAX) continue
        await removeAll(batch)
        batch = []
      }
      if (batch.length > 0) await removeAll(batch)
    },
    list,
  }
}

/** What every client of ours tells the SDK: of the bucket, and of time limits. */
export function clientConfig({ endpoint, region, pathStyle, credentials }: S3Bucket): S3ClientConfig {
  return {
    endpoint,
    region,
    forcePathStyle: pathStyle,
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: ATTEMPTS_MAX,
    // The newer checksums are not known to every server that speaks S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: IDLE_MS_MAX,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
  }
}

/** Our own keys, wherever the SDK has them from; it renews those that expire. */
export function keysOf(bucket: S3Bucket): () => Promise<AwsCredentialIdentity> {
  const client = new S3Client(clientConfig(bucket))
  return () => client.config.credentials()
}

async function limited<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal?.throwIfAborted()
  const timeout = AbortSignal.timeout(OPERATION_MS_MAX)
  try {
    return await work(signal === undefined ? timeout : AbortSignal.any([signal, timeout]))
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof PgError ? error : unavailable(error)
  }
}

function unavailable(cause: unknown): PgError {
  return new PgError('58000', 'the object store is not available', { fault: 'lake', cause })
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}
