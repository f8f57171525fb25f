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

/** What the hash of a right token is; of an admin, that makes the token when there is none. */
export async function adminTokenHash(
  config: Pick<Config, 'adminToken' | 'store'>,
  dir: DataDir,
  store: Store,
  signal?: AbortSignal,
): Promise<Buffer> {
  for (;;) {
    const known = await knownAdminTokenHash(config, dir, store, signal)
    if (known !== null) return known
    const before = keptAdminToken(dir)
    // Into the folder first: a token that everybody expects and nobody has would be of no use.
    const token = before ?? keepAdminToken(dir, makeToken())
    if (!isShared(config)) return hashOfToken(token)
    const made: Kept = { sha256: hashOfToken(token).toString('hex') }
    if (!(await store.insert('secret', SECRET_ID, made, signal)) && before === null) dropAdminToken(dir)
  }
}

/** The same of any process; null: no admin has made one yet. */
export async function knownAdminTokenHash(
  config: Pick<Config, 'adminToken' | 'store'>,
  dir: DataDir,
  store: Store,
  signal?: AbortSignal,
): Promise<Buffer | null> {
  if (config.adminToken !== undefined) return hashOfToken(config.adminToken)
  if (!isShared(config)) {
    const token = keptAdminToken(dir)
    return token === null ? null : hashOfToken(token)
  }
  const kept = await store.get<Kept>('secret', SECRET_ID, signal)
  return kept === null ? null : Buffer.from(Kept.parse(kept.value).sha256, 'hex')
}

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}
