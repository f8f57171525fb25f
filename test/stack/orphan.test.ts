import { s3Files } from '../../admin/catalog/s3-files.ts'
import { orphanSuite } from '../catalog/orphan-suite.ts'
import { delegationOf, makeBucket } from './bucket.ts'

orphanSuite('a bucket', async () => {
  const bucket = await makeBucket()
  return { files: s3Files(bucket), delegation: delegationOf(bucket, 'sts') }
})
