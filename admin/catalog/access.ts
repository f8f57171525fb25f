import { createHash } from 'node:crypto'
import type { Tenant, Token } from '../../proxy/store/account.ts'
import type { Store } from '../../proxy/store/store.ts'
import type { Signer } from '../../proxy/token/signer.ts'
import { notAuthorized } from './problem.ts'

/** Who asks: always exactly one tenant. Nothing of another tenant can be told from what does not exist. */
export type Access = { tenant: string }

export type Accesses = {
  /** The tenant of an Authorization header, or 401. */
  authenticate(header: string | undefined, signal?: AbortSignal): Promise<Access>
  tenantOf(token: string, signal?: AbortSignal): Promise<string | null>
}

const TOKEN_LENGTH_MAX = 4096

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function accesses(store: Store, signer: Signer): Accesses {
  async function tenantOf(token: string, signal?: AbortSignal): Promise<string | null> {
    if (token === '' || token.length > TOKEN_LENGTH_MAX) return null
    const tenant = (await signer.verify(token, 'catalog'))?.tenant ?? (await stored(hashToken(token), signal))
    if (tenant === null) return null
    const account = await store.get<Tenant>('tenant', tenant, signal)
    return account === null || account.value.suspended ? null : tenant
  }

  async function stored(hash: string, signal?: AbortSignal): Promise<string | null> {
    const token = (await store.get<Token>('token', hash, signal))?.value
    if (token === undefined) return null
    return token.expiresAt !== null && Date.parse(token.expiresAt) < Date.now() ? null : token.tenant
  }

  return {
    tenantOf,
    authenticate: async (header, signal) => {
      const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
      const tenant = token === undefined ? null : await tenantOf(token, signal)
      if (tenant === null) throw notAuthorized('A valid bearer token is needed')
      return { tenant }
    },
  }
}
