import type { Login } from '../harness/start.ts'

/** A product that clients can log in to, with whatever engines. */
export type Served = {
  makeUser(tenant: string, user: string): Promise<Login>
  stop(): Promise<unknown>
}
