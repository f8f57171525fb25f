/**
 * Whose password is it? PostgreSQL checks the password first and the database after it, so that only who has proven
 * to be somebody learns that a database does not exist (3D000). A user of ours belongs to one tenant, and the
 * database names the tenant; so a proof that does not fit the database asked for is held against the users of the
 * same name in other tenants. That works because a name has one salt everywhere (see userVerifier), and it makes
 * "your password is right, but that is not your database" the same answer whether the database belongs to somebody
 * else or to nobody.
 */
import { randomBytes } from 'node:crypto'
import { TENANT_NAME, Tenant, USER_NAME, User } from '../../store/account.ts'
import {
  formatVerifier,
  parseVerifier,
  SCRAM_ITERATIONS,
  type ScramVerifier,
  saltOf,
  scramSecret,
} from '../../store/scram-verifier.ts'
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
  const salt = saltOf(secret, user)
  return {
    account,
    salt: account?.verifier.salt ?? salt,
    iterations: account?.verifier.iterations ?? SCRAM_ITERATIONS,
  }
}

/** To hold a proof against where there is no account: the same work, and never right. */
export const NOBODYS_VERIFIER: ScramVerifier = {
  iterations: SCRAM_ITERATIONS,
  salt: randomBytes(16),
  storedKey: randomBytes(32),
  serverKey: randomBytes(32),
}
const NOBODY: Account = { identity: { tenant: '', user: '' }, verifier: NOBODYS_VERIFIER }

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
  const matches = accounts
    .map((account) => ({ account, right: accepts((account ?? NOBODY).verifier) }))
    .filter(({ account, right }) => right && account !== null && sameTerms(account.verifier, candidate))
  return matches[0]?.account ?? null
}

/** The client has proven itself with this salt and this many iterations. */
function sameTerms(verifier: ScramVerifier, candidate: Candidate): boolean {
  return verifier.iterations === candidate.iterations && verifier.salt.equals(candidate.salt)
}

/** Both documents are asked for at once, and what is missing is stood in for, so that existing takes no longer. */
async function accountOf(store: Store, tenant: string, user: string, signal: AbortSignal): Promise<Account | null> {
  if (!TENANT_NAME.test(tenant) || !USER_NAME.test(user)) return null
  const [tenantFound, userFound] = await Promise.all([
    store.get('tenant', tenant, signal),
    store.get('user', `${tenant}/${user}`, signal),
  ])
  const { suspended } = Tenant.parse(tenantFound?.value ?? STAND_IN.tenant)
  const { disabled, verifier: text } = User.parse(userFound?.value ?? STAND_IN.user)
  const verifier = parseVerifier(text)
  if (tenantFound === null || userFound === null || suspended || disabled || verifier === null) return null
  return { identity: { tenant, user }, verifier }
}

const STAND_IN = {
  tenant: { name: '', createdAt: '' },
  user: { tenant: '', name: '', verifier: formatVerifier(NOBODYS_VERIFIER), createdAt: '' },
}
