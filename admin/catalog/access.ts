import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Tenant, Token } from '../../proxy/store/account.ts'
import type { Store } from '../../proxy/store/store.ts'
import type { Claims, Signer } from '../../proxy/token/signer.ts'
import { notAuthorized } from './problem.ts'

/** Who asks. Nothing of another tenant can be told by a tenant from what does not exist. */
export type Access =
  | {
      kind: 'tenant'
      tenant: string
      readOnly: boolean
      /** Those that may be reached, or null: all. */
      schemas: ReadonlySet<string> | null
      /** A token that a proxy has made for itself or its engine, not one of the tenant's. */
      isOurs: boolean
    }
  /**
   * An engine that serves all tenants. It is no tenant: it has the prefix `~` only, and finds one tenant there when it asks
   * for one, all of them (null) otherwise.
   */
  | { kind: 'service'; service: string; tenant: string | null }

export type Granted = { token: string; lifeS: number }

export type Accesses = {
  /** Who an Authorization header says, or 401. */
  authenticate(header: string | undefined, signal?: AbortSignal): Promise<Access>
  /** False for a suspended one. */
  isTenant(name: string, signal?: AbortSignal): Promise<boolean>
  /** A short-lived token for who has a long-lived one (of `lakewire token create`, or a service's). */
  grant(secret: string, signal?: AbortSignal): Promise<Granted | null>
  /** A new short-lived token for one that was granted, as long as what it was granted for is good. */
  renew(token: string, signal?: AbortSignal): Promise<Granted | null>
  /** A token for what one tenant has of the service `actor`'s lake; `subject`: a token, signed or not, that says whose user asks. */
  narrow(actor: string, subject: string, signal?: AbortSignal): Promise<Granted | null>
}

const TOKEN_LENGTH_MAX = 4096
const GRANT_LIFE_S = 3600
/** Engines send the same token with each request; its signature is looked at once. */
const VERIFIED_MAX = 4096

type Verified = { claims: Extract<Claims, { audience: 'catalog' | 'service' }>; expiresAtS: number }

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function accesses(store: Store, signer: Signer): Accesses {
  const cache = new Map<string, Verified>()

  async function isTenant(name: string, signal?: AbortSignal): Promise<boolean> {
    const account = await store.get<Tenant>('tenant', name, signal)
    return account !== null && !account.value.suspended
  }

  async function verified(token: string): Promise<Verified | null> {
    const known = cache.get(token)
    if (known !== undefined) {
      if (known.expiresAtS * 1000 > Date.now()) return known
      cache.delete(token)
    }
    const claims = (await signer.verify(token, 'catalog')) ?? (await signer.verify(token, 'service'))
    if (claims === null) return null
    const fresh = { claims, expiresAtS: claims.exp }
    const oldest = cache.keys().next()
    if (cache.size >= VERIFIED_MAX && oldest.done === false) cache.delete(oldest.value)
    cache.set(token, fresh)
    return fresh
  }

  async function stored(id: string, signal?: AbortSignal): Promise<Token | null> {
    const token = (await store.get<Token>('token', id, signal))?.value
    if (token === undefined) return null
    if (token.expiresAt !== null && Date.parse(token.expiresAt) < Date.now()) return null
    return (await isTenant(token.tenant, signal)) ? token : null
  }

  async function accessOf(token: string, signal?: AbortSignal): Promise<Access | null> {
    if (token === '' || token.length > TOKEN_LENGTH_MAX) return null
    if (!isSigned(token)) {
      const known = await stored(hashToken(token), signal)
      return known === null ? null : tenantAccess(known)
    }
    const claims = (await verified(token))?.claims
    if (claims === undefined) return null
    if (claims.audience === 'service') return serviceAccess(claims, signal)
    const { secret, tenant } = claims
    // What was granted for a stored token ends with it, and with the tenant that had it.
    const isGood = secret === undefined ? await isTenant(tenant, signal) : (await stored(secret, signal)) !== null
    return isGood ? { ...tenantAccess(claims), isOurs: secret === undefined } : null
  }

  async function serviceAccess(
    { service, tenant }: Extract<Claims, { audience: 'service' }>,
    signal?: AbortSignal,
  ): Promise<Access | null> {
    if (tenant !== undefined && !(await isTenant(tenant, signal))) return null
    return { kind: 'service', service, tenant: tenant ?? null }
  }

  async function grantFor(id: string, signal?: AbortSignal): Promise<Granted | null> {
    const token = await stored(id, signal)
    if (token === null) return null
    const { tenant, expiresAt } = token
    const { readOnly, schemas } = tenantAccess(token)
    const lifeS = lifeUntil(expiresAt === null ? null : Date.parse(expiresAt) / 1000)
    const claims: Claims = {
      audience: 'catalog',
      tenant,
      secret: id,
      ...(readOnly ? { readOnly } : {}),
      ...(schemas === null ? {} : { schemas: [...schemas] }),
    }
    return { token: await signer.sign(claims, lifeS), lifeS }
  }

  async function grantService(service: 'trino', until: number): Promise<Granted> {
    const lifeS = lifeUntil(until)
    return { token: await signer.sign({ audience: 'service', service, until }, lifeS), lifeS }
  }

  return {
    isTenant,
    authenticate: async (header, signal) => {
      const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
      const access = token === undefined ? null : await accessOf(token, signal)
      if (access === null) throw notAuthorized('A valid bearer token is needed')
      return access
    },
    grant: async (secret, signal) => {
      if (secret === '' || secret.length > TOKEN_LENGTH_MAX) return null
      if (!isSigned(secret)) return grantFor(hashToken(secret), signal)
      const own = serviceItself(await verified(secret))
      return own === null ? null : grantService(own.service, own.until ?? own.expiresAtS)
    },
    renew: async (token, signal) => {
      if (token.length > TOKEN_LENGTH_MAX || !isSigned(token)) return null
      const known = await verified(token)
      if (known?.claims.audience === 'catalog') {
        const { secret } = known.claims
        return secret === undefined ? null : grantFor(secret, signal)
      }
      const own = serviceItself(known)
      if (own?.until === undefined || own.until * 1000 <= Date.now()) return null
      return grantService(own.service, own.until)
    },
    narrow: async (actor, subject, signal) => {
      if (actor.length > TOKEN_LENGTH_MAX || subject.length > TOKEN_LENGTH_MAX || !isSigned(actor)) return null
      const own = serviceItself(await verified(actor))
      const tenant = tenantOfSubject(subject)
      if (own === null || tenant === null) return null
      if (!(await isTenant(tenant, signal))) return null
      const { service } = own
      // As long as the service's own: it keeps the sessions of its users, and does not ask again.
      const lifeS = Math.max(1, Math.floor(own.expiresAtS - Date.now() / 1000))
      return { token: await signer.sign({ audience: 'service', service, tenant }, lifeS), lifeS }
    },
  }
}

/** What a service's own token says; one that was narrowed to a tenant is none. */
function serviceItself(known: Verified | null): { service: 'trino'; until?: number; expiresAtS: number } | null {
  if (known?.claims.audience !== 'service' || known.claims.tenant !== undefined) return null
  return { ...known.claims, expiresAtS: known.expiresAtS }
}

/** Of the subject `tenant/user`. Whoever vouches for it has shown a token of its own, so nobody looks at its signature. */
function tenantOfSubject(token: string): string | null {
  try {
    return /^([^/]+)\/./.exec(decodeJwt(token).sub ?? '')?.[1] ?? null
  } catch {
    return null
  }
}

/** A JWT; stored tokens hold no dot. */
function isSigned(token: string): boolean {
  return token.split('.').length === 3
}

function lifeUntil(endS: number | null): number {
  if (endS === null) return GRANT_LIFE_S
  return Math.max(1, Math.min(GRANT_LIFE_S, Math.floor(endS - Date.now() / 1000)))
}

function tenantAccess(token: {
  tenant: string
  readOnly?: boolean
  schemas?: readonly string[] | null
}): Extract<Access, { kind: 'tenant' }> {
  return {
    kind: 'tenant',
    tenant: token.tenant,
    readOnly: token.readOnly ?? false,
    schemas: token.schemas === undefined || token.schemas === null ? null : new Set(token.schemas),
    isOurs: false,
  }
}
