import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Bucket } from '../../admin/catalog/s3-files.ts'
import { clientConfig } from '../../admin/catalog/s3-files.ts'

const s3 = { endpoint: 'http://127.0.0.1:9100', accessKey: 'minioroot', secretKey: 'minioroot-secret' }
/** A new bucket of its own. */
export async function makeBucket(): Promise<S3Bucket> {
  const bucket = {
    endpoint: s3.endpoint,
    region: 'us-east-1',
    bucket: `test-${crypto.randomUUID()}`,
    pathStyle: true,
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
  }
  await new S3Client(clientConfig(bucket)).send(new CreateBucketCommand({ Bucket: bucket.bucket }))
  return bucket
}
