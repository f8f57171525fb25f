import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type DataDir, dropAdminToken, keepAdminToken, keptAdminToken } from './data-dir.ts'
import type { Config } from './proxy/config.ts'
import type { Store } from './proxy/store/store.ts'
import { isShared } from './role.ts'

/**
 * The bearer token of the admin API. One that is configured counts for this process alone. Otherwise one is made at the
 * first start and kept in the data folder; where the store is shared, its hash lies there, so that all admins take the
 * same token while none of the processes can read it from the store.
 */
const SECRET_ID = 'admin-token'
const TOKEN_BYTES = 32
const Kept = z.object({ sha256: z.string() })
type Kept = z.infer<typeof Kept>

export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What the hash of a right token is. */
export async function adminTokenHash(
  config: Pick<Config, 'adminToken' | 'store'>,
  dir: DataDir,
  store: Store,
  signal?: AbortSignal,
): Promise<Buffer> {
  if (config.adminToken !== undefined) return hashOfToken(config.adminToken)
  if (!isShared(config)) return hashOfToken(keptAdminToken(dir) ?? keepAdminToken(dir, makeToken()))
  for (;;) {
    const kept = await store.get<Kept>('secret', SECRET_ID, signal)
    if (kept !== null) return Buffer.from(Kept.parse(kept.value).sha256, 'hex')
    const before = keptAdminToken(dir)
    // Into the folder first: a token that everybody expects and nobody has would be of no use.
    const token = before ?? keepAdminToken(dir, makeToken())
    const hash = hashOfToken(token)
    if (await store.insert<Kept>('secret', SECRET_ID, { sha256: hash.toString('hex') }, signal)) return hash
    if (before === null) dropAdminToken(dir)
  }
}

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}
