/**
 * Whose password is it? PostgreSQL checks the password first and the database after it, so that only who has proven to be somebody
 * learns that a database does not exist (3D000). A user of ours belongs to one tenant, and the database names the tenant; so
 * a proof that does not fit the database asked for is held against the users of the same name in other tenants. That
 * works because a name has one salt everywhere (see userVerifier), and it makes "your password is right, but
 * that is not your database" the same answer whether the database belongs to somebody else or to nobody.
 */
import { randomBytes } from 'node:crypto'
import { TENANT_NAME, Tenant, USER_NAME, User } from '../../store/account.ts'
import { parseVerifier, SCRAM_ITERATIONS, type ScramVerifier, saltOf, scramSecret } from '../../store/scram-verifier.ts'
import { LIST_MAX, type Store } from '../../store/store.ts'
import type { Identity } from '../identity.ts'
import { ACCOUNT_SEARCH_TENANTS_MAX } from '../limits.ts'

export type Account = { identity: Identity; verifier: ScramVerifier }

export type Candidate = {
  /** null: no such user of this database, or not one who may come in */
  account: Account | null
  /** what the client is told to prove with, the same whether the account exists or not */
  salt: Buffer
  iterations: number
}

export async function candidateFor(
  store: Store,
  database: string,
  user: string,
  signal: AbortSignal,
): Promise<Candidate> {
  const secret = await scramSecret(store, signal)
  const account = await accountOf(store, database, user, signal)
  return {
    account,
    salt: account?.verifier.salt ?? saltOf(secret, user),
    iterations: account?.verifier.iterations ?? SCRAM_ITERATIONS,
  }
}

/** To hold a proof against where there is no account: the same work, and never right. */
export function nobodysVerifier(): ScramVerifier {
  return { iterations: SCRAM_ITERATIONS, salt: Buffer.alloc(0), storedKey: randomBytes(32), serverKey: randomBytes(32) }
}

/** The account of this name in some other tenant whose verifier accepts the proof. */
export async function accountElsewhere(
  store: Store,
  user: string,
  candidate: Candidate,
  accepts: (verifier: ScramVerifier) => boolean,
  signal: AbortSignal,
): Promise<Account | null> {
  if (!USER_NAME.test(user)) return null
  const tenants = await store.list<Tenant>('tenant', { limit: Math.min(ACCOUNT_SEARCH_TENANTS_MAX, LIST_MAX) }, signal)
  const accounts = await Promise.all(tenants.map((tenant) => accountOf(store, tenant.id, user, signal)))
  const matches = accounts.filter(
    (account) =>
      account !== null &&
      account.verifier.iterations === candidate.iterations &&
      account.verifier.salt.equals(candidate.salt) &&
      accepts(account.verifier),
  )
  return matches[0] ?? null
}

/** Both documents are asked for at once, so that a missing tenant takes as long as a missing user. */
async function accountOf(store: Store, tenant: string, user: string, signal: AbortSignal): Promise<Account | null> {
  if (!TENANT_NAME.test(tenant) || !USER_NAME.test(user)) return null
  const [tenantFound, userFound] = await Promise.all([
    store.get('tenant', tenant, signal),
    store.get('user', `${tenant}/${user}`, signal),
  ])
  if (tenantFound === null || userFound === null) return null
  if (Tenant.parse(tenantFound.value).suspended) return null
  const known = User.parse(userFound.value)
  const verifier = known.disabled ? null : parseVerifier(known.verifier)
  return verifier === null ? null : { identity: { tenant, user }, verifier }
}
