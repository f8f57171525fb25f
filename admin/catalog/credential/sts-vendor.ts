import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { PgError } from '../../../proxy/error.ts'
import type { Credentials, Grant, Vendor } from './delegation.ts'
import { sessionPolicy } from './session-policy.ts'

export type StsOptions = {
  endpoint: string
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string } | null
  /** Null: the server knows no roles, and takes any for the caller's own rights. */
  roleArn: string | null
}

const LIFE_S = 3600
/** What is handed out lasts at least so long: longer than the longest statement, as engines load a table with each. */
const LIFE_LEFT_MS_MIN = 35 * 60_000
const KEPT_MAX = 10_000
const REQUEST_MS_MAX = 10_000
const ATTEMPTS_MAX = 3
const CONNECT_MS_MAX = 2_000
const ANY_ROLE = 'arn:aws:iam::000000000000:role/any'

/**
 * Keys by AssumeRole with a session policy; kept for a while, since every statement of an engine asks.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function stsVendor(options: StsOptions): Vendor {
  const client = new STSClient({
    endpoint: options.endpoint,
    region: options.region,
    ...(options.credentials === null ? {} : { credentials: options.credentials }),
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: REQUEST_MS_MAX, throwOnRequestTimeout: true },
  })
  const kept = new Map<string, { made: Promise<Credentials>; goodUntilMs: number }>()

  async function make(grant: Grant): Promise<Credentials> {
    try {
      const { Credentials: made } = await client.send(
        new AssumeRoleCommand({
          RoleArn: options.roleArn ?? ANY_ROLE,
          RoleSessionName: grant.tenant.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
          DurationSeconds: LIFE_S,
          Policy: sessionPolicy(grant),
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_MS_MAX) },
      )
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = made ?? {}
      if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
        throw new Error('an answer without keys')
      const expiresMs = Expiration?.getTime() ?? Date.now() + LIFE_S * 1000
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiresMs }
    } catch (cause) {
      throw new PgError('58000', 'the object store grants no access at the moment', { fault: 'lake', cause })
    }
  }

  return {
    credentialsFor: (grant, signal) => {
      signal?.throwIfAborted()
      const key = JSON.stringify([grant.tenant, grant.may, ...grant.folders])
      const known = kept.get(key)
      if (known !== undefined && known.goodUntilMs > Date.now()) return known.made
      kept.delete(key)
      const made = make(grant)
      const entry = { made, goodUntilMs: Date.now() + LIFE_S * 1000 - LIFE_LEFT_MS_MIN }
      const oldest = kept.keys().next()
      if (kept.size >= KEPT_MAX && oldest.done === false) kept.delete(oldest.value)
      kept.set(key, entry)
      // Whoever comes next tries anew; a server may also give shorter lives than were asked for.
      made.then(
        ({ expiresMs }) => {
          entry.goodUntilMs = Math.min(entry.goodUntilMs, expiresMs - LIFE_LEFT_MS_MIN)
        },
        () => {
          if (kept.get(key) === entry) kept.delete(key)
        },
      )
      return made
    },
  }
}
