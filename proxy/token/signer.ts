import { randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import type { Store } from '../store/store.ts'

/**
 * Signed bearer tokens (JWT, ES256) that every process of one installation makes and checks by itself: the key lies in the
 * metadata store. They are short-lived and cannot be taken back one by one.
 * https://www.rfc-editor.org/rfc/rfc7519
 */
export type Signer = {
  sign(claims: Claims, lifeS: number): Promise<string>
  /** Null when it is not ours, for another audience, or expired. `exp`: when it will be, in seconds since 1970. */
  verify<A extends Claims['audience']>(
    token: string,
    audience: A,
  ): Promise<(Extract<Claims, { audience: A }> & { exp: number }) | null>
  /** The public half, as engines that check our tokens by themselves want it. https://www.rfc-editor.org/rfc/rfc7517 */
  readonly publicKeys: { readonly keys: readonly JWK[] }
}

/** What a token lets its bearer do. */
export type Claims =
  /** One tenant's lake, or a part of it. `secret`: the stored token that it was granted for (its id). */
  | { audience: 'catalog'; tenant: string; readOnly?: boolean; schemas?: readonly string[]; secret?: string }
  /**
   * An engine that serves all tenants: the whole lake, or what `tenant` has of it, for the statements of that tenant.
   * `until`: how long it may be renewed.
   */
  | { audience: 'service'; service: 'trino'; tenant?: string; until?: number }
  /** An engine that asks our second gate, and may do nothing else. */
  | { audience: 'access'; service: 'trino' }
  /** What Trino is told of who asks. */
  | { audience: 'trino'; tenant: string; user: string }

const ALGORITHM = 'ES256'
const ISSUER = 'lakewire'
const KEY_ID = 'signing-key'
const CLOCK_SKEW_S = 30

export async function openSigner(store: Store, signal?: AbortSignal): Promise<Signer> {
  const jwk = await signingKey(store, signal)
  const { d: _private, ...publicJwk } = jwk
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, ALGORITHM), importJWK(publicJwk, ALGORITHM)])
  return {
    publicKeys: { keys: [{ ...publicJwk, alg: ALGORITHM, use: 'sig' }] },
    sign: ({ audience, ...claims }, lifeS) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid ?? '' })
        .setIssuer(ISSUER)
        .setAudience(audience)
        .setSubject(subjectOf({ audience, ...claims } as Claims))
        .setIssuedAt()
        .setExpirationTime(`${lifeS}s`)
        .setJti(randomUUID())
        .sign(privateKey),
    verify: async (token, audience) => {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience,
          clockTolerance: CLOCK_SKEW_S,
          requiredClaims: ['exp', 'sub'],
        })
        return { ...payload, audience } as never
      } catch {
        return null
      }
    },
  }
}

/** `tenant/user` is a principal that no other tenant can have: names of tenants hold no slash. */
function subjectOf(claims: Claims): string {
  switch (claims.audience) {
    case 'catalog':
      return claims.tenant
    case 'service':
    case 'access':
      return claims.service
    case 'trino':
      return `${claims.tenant}/${claims.user}`
  }
}

/** Of several processes that start at once, the first one's key is everybody's. */
async function signingKey(store: Store, signal?: AbortSignal): Promise<JWK> {
  const kept = await store.get<JWK>('secret', KEY_ID, signal)
  if (kept !== null) return kept.value
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const made = await exportJWK(privateKey)
  const jwk = { ...made, kid: await calculateJwkThumbprint(made) }
  if (await store.insert('secret', KEY_ID, jwk, signal)) return jwk
  return signingKey(store, signal)
}
