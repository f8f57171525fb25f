import { type Grant, METADATA_FILE_END } from './delegation.ts'

const READ = ['s3:GetObject', 's3:GetObjectVersion']
const WRITE = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']

/**
 * What is left of our own rights for whoever gets the keys. Folders hold no character that a policy takes for more than
 * itself (folder.ts sees to it), so a prefix is all that a `*` at its end adds to.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export function sessionPolicy({ folders, may }: Grant): string {
  const paths = folders.map((folder) => folder.replace(/^s3:\/\//, ''))
  const [bucket] = paths[0]!.split('/')
  const prefixes = paths.map((path) => path.slice(path.indexOf('/') + 1))
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: may === 'write' ? [...READ, ...WRITE] : READ,
        Resource: paths.map((path) => `arn:aws:s3:::${path}/*`),
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [`arn:aws:s3:::${bucket}`],
        Condition: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}/*`) } },
      },
      {
        Effect: 'Deny',
        Action: ['s3:PutObject'],
        Resource: paths.map((path) => `arn:aws:s3:::${path}/*${METADATA_FILE_END}`),
      },
    ],
  })
}
