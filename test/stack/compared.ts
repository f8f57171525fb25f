import type { Compared } from '../harness/differential.ts'
import { startCluster } from '../harness/stack.ts'

/** A proxy on the stack's servers, and a user of a tenant of its own. */
export async function comparedCluster(tenant: string): Promise<Compared> {
  const cluster = await startCluster()
  return { login: await cluster.makeUser(tenant, 'alice'), stop: () => cluster.stop() }
}
