import type { Delegation } from './admin/catalog/credential/delegation.ts'
import { requestSigner } from './admin/catalog/credential/request-signer.ts'
import { stsVendor } from './admin/catalog/credential/sts-vendor.ts'
import type { FileIo } from './admin/catalog/file-io.ts'
import { localFiles } from './admin/catalog/local-files.ts'
import { keysOf, type S3Bucket, s3Files } from './admin/catalog/s3-files.ts'
import type { DataDir } from './data-dir.ts'
import { type Config, ConfigError } from './proxy/config.ts'

/** Where tables lie: the bucket of an S3 server when one is configured, else a folder in the data folder. */
export function openFiles(config: Config, dir: DataDir): FileIo {
  const bucket = bucketOf(config)
  return bucket === null ? localFiles(dir.bucketDir) : s3Files(bucket)
}

/** Null: the tables lie in the data folder. */
export function bucketOf({ s3, bucket }: Config): S3Bucket | null {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3
  if (endpoint === undefined) return null
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError('s3: needs both accessKeyId and secretAccessKey, or neither')
  return {
    endpoint,
    region,
    bucket,
    pathStyle: s3.pathStyle === 'on',
    credentials: accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey },
  }
}

/** Null: whoever uses the tables reaches them in the local folder. */
export function openDelegation(config: Config): Delegation | null {
  const bucket = bucketOf(config)
  if (bucket === null) return null
  const { endpoint, region, pathStyle, credentials } = bucket
  const { delegation, stsEndpoint, roleArn } = config.s3
  const vendor =
    delegation === 'sts'
      ? stsVendor({ endpoint: stsEndpoint ?? endpoint, region, credentials, roleArn: roleArn ?? null })
      : null
  return {
    server: {
      's3.endpoint': endpoint,
      's3.path-style-access': String(pathStyle),
      's3.region': region,
      'client.region': region,
    },
    vendor,
    signer: requestSigner({ endpoint, region, bucket: bucket.bucket, pathStyle, credentials: keysOf(bucket), vendor }),
  }
}
