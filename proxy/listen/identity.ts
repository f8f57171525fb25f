import type { Tenant, User } from '../store/account.ts'

/** Who is at the other end of a connection, once proven. */
export type Identity = {
  readonly tenant: Tenant['name']
  readonly user: User['name']
}
