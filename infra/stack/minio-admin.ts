import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { StackError } from './tools.ts'

/**
 * The two calls of MinIO's admin API that the stack needs: a user, and a policy for it. Requests are signed as S3's, and what
 * is secret in a body is encrypted under the caller's own secret.
 * https://github.com/minio/madmin-go/blob/main/encrypt.go
 */

export type AdminAccess = { url: string; accessKeyId: string; secretAccessKey: string; region: string }
export type MinioUser = { accessKeyId: string; secretAccessKey: string }

const CALL_MS = 10_000

export async function makeUser(
  access: AdminAccess,
  user: MinioUser,
  policy: { name: string; document: object },
  signal: AbortSignal,
): Promise<void> {
  const account = encrypted(
    access.secretAccessKey,
    JSON.stringify({ secretKey: user.secretAccessKey, status: 'enabled' }),
  )
  await call(access, 'add-canned-policy', { name: policy.name }, Buffer.from(JSON.stringify(policy.document)), signal)
  await call(access, 'add-user', { accessKey: user.accessKeyId }, account, signal)
  const whose = { policyName: policy.name, userOrGroup: user.accessKeyId, isGroup: 'false' }
  await call(access, 'set-user-or-group-policy', whose, Buffer.alloc(0), signal)
}

async function call(
  access: AdminAccess,
  action: string,
  query: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(`${access.url}/minio/admin/v3/${action}`)
  for (const name of Object.keys(query).sort()) url.searchParams.set(name, query[name] ?? '')
  const response = await fetch(url, {
    method: 'PUT',
    headers: signature(access, url, body, new Date()),
    body: new Uint8Array(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
  })
  if (!response.ok) throw new StackError(`MinIO refuses ${action}: ${response.status} ${await response.text()}`)
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signature(access: AdminAccess, url: URL, body: Buffer, now: Date): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const signed = { host: url.host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time }
  const names = Object.keys(signed).join(';')
  const headers = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`)
  const request = ['PUT', url.pathname, url.search.slice(1), headers.join(''), names, sha256(body)].join('\n')
  const scope = `${day}/${access.region}/s3/aws4_request`
  const key = scope.split('/').reduce<Buffer | string>((key, part) => hmac(key, part), `AWS4${access.secretAccessKey}`)
  const sign = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')).toString('hex')
  const { host: _host, ...sent } = signed
  const credential = `${access.accessKeyId}/${scope}`
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${sign}`,
  }
}

const PBKDF2_AES_GCM = 2
const PBKDF2_ROUNDS = 8192
const NOT_LAST = 0
const LAST = 0x80

/** salt, algorithm, nonce, then the one and last fragment; an empty fragment before it authenticates the nonce. */
export function encrypted(password: string, text: string): Buffer {
  const salt = randomBytes(32)
  const nonce = randomBytes(8)
  const key = pbkdf2Sync(password, salt, PBKDF2_ROUNDS, 32, 'sha256')
  const seal = (sequence: number, plain: string, associated: Buffer) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32LE(sequence)
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, counter]))
    cipher.setAAD(associated)
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  const tag = seal(NOT_LAST, '', Buffer.alloc(0))
  const fragment = seal(1, text, Buffer.concat([Buffer.of(LAST), tag]))
  return Buffer.concat([salt, Buffer.of(PBKDF2_AES_GCM), nonce, fragment])
}
