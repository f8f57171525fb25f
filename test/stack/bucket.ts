import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { Delegation } from '../../admin/catalog/credential/delegation.ts'
import { requestSigner } from '../../admin/catalog/credential/request-signer.ts'
import { stsVendor } from '../../admin/catalog/credential/sts-vendor.ts'
import { clientConfig, keysOf, type S3Bucket } from '../../admin/catalog/s3-files.ts'
import { makeUser } from '../../infra/stack/minio-admin.ts'
import { stack } from '../harness/stack.ts'

/** A new bucket, and an ordinary user that may do all in it and nothing else. */
export async function makeBucket(): Promise<S3Bucket & { credentials: NonNullable<S3Bucket['credentials']> }> {
  const { s3 } = stack()
  const name = `test-${randomUUID()}`
  const credentials = { accessKeyId: name, secretAccessKey: randomUUID() }
  const bucket = { endpoint: s3.endpoint, region: s3.region, bucket: name, pathStyle: true, credentials }
  const root = new S3Client(clientConfig({ ...bucket, credentials: s3.root }))
  await root.send(new CreateBucketCommand({ Bucket: name }))
  root.destroy()
  const Resource = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`]
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['s3:*'], Resource }] }
  const access = { url: s3.endpoint, region: s3.region, ...s3.root }
  await makeUser(access, credentials, { name, document }, AbortSignal.timeout(10_000))
  return bucket
}

export function delegationOf(bucket: S3Bucket, how: 'sts' | 'signing'): Delegation {
  const { endpoint, region, pathStyle, credentials } = bucket
  const vendor = how === 'sts' ? stsVendor({ endpoint, region, credentials, roleArn: null }) : null
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
