import { randomUUID } from 'node:crypto'
import type { Store, Stored } from '../../../proxy/store/store.ts'
import type { Catalog } from '../catalog.ts'
import type { ListedFile } from '../file-io.ts'
import type { FolderClaim } from '../folder.ts'
import { plainLocation, withoutReferenced } from './reference.ts'

/**
 * Removes what lost, rolled back and killed commits have left in tables' folders, and the folders of tables that were begun
 * and never came to be. A file goes only when it is older than any writer takes, no relation needs it, and it is of a kind
 * that tables are made of. What a dropped table has left where it was not to be purged stays: it may be registered again.
 */
export type OrphanCollector = {
  /** One round over all tenants: a part of each, going on where the last round ended. Of all admins one is at a tenant at a time. */
  collect(options?: CollectOptions, signal?: AbortSignal): Promise<Collected>
}

export type CollectOptions = { graceMs?: number; passPauseMs?: number }
export type Collected = {
  files: number
  bytes: number
  folders: number
  /** Folders that nothing could be said of, with the reason. */
  failed: { folder: string; error: unknown }[]
}

/** Longer than any statement, transaction or job of a tenant's own engine; what Iceberg's own clean-up waits, too. */
const GRACE_MS = 3 * 24 * 3_600_000
/** After all folders of a tenant were looked at. */
const PASS_PAUSE_MS = 24 * 3_600_000
const FOLDERS_PER_ROUND_MAX = 50
const LEASE_MS = 10 * 60_000
/** Above it a folder is left alone: what cannot be held cannot be compared. */
const CANDIDATES_MAX = 2_000_000
/** Of a round at one tenant. */
const ROUND_MS_MAX = 5 * 60_000

/** Of tables, and what our own writing of a metadata file leaves when it is killed. */
const KINDS = /\.(metadata\.json(\.[0-9a-f-]{36}\.tmp)?|avro|parquet|orc|puffin|stats)$/
const METADATA = /\.metadata\.json$/

type Lease = {
  holder: string
  until: number
  /** The claim after which the next round goes on; null: from the first. */
  after: string | null
  /** When the next pass begins. */
  restAt: number
}

export function orphanCollector(catalog: Catalog, store: Store): OrphanCollector {
  const { files, spaces } = catalog

  async function take(tenant: string, signal?: AbortSignal): Promise<Stored<Lease> | null> {
    const id = `orphans/${tenant}`
    const now = Date.now()
    const old = await store.get<Lease>('lease', id, signal)
    if (old !== null && (old.value.until > now || old.value.restAt > now)) return null
    const value: Lease = { holder: randomUUID(), until: now + LEASE_MS, after: old?.value.after ?? null, restAt: 0 }
    const isMine =
      old === null
        ? await store.insert('lease', id, value, signal)
        : await store.replace('lease', id, value, old.revision, signal)
    const mine = isMine ? await store.get<Lease>('lease', id, signal) : null
    return mine?.value.holder === value.holder ? mine : null
  }

  async function round(tenant: string, options: Required<CollectOptions>, sum: Collected, signal?: AbortSignal) {
    const lease = await take(tenant, signal)
    if (lease === null) return
    const limit = AbortSignal.timeout(ROUND_MS_MAX)
    const inner = signal === undefined ? limit : AbortSignal.any([signal, limit])
    const page = await store.list<FolderClaim>(
      'lake_folder',
      { prefix: `${tenant}/`, after: lease.value.after ?? '', limit: FOLDERS_PER_ROUND_MAX },
      signal,
    )
    let after = lease.value.after
    for (const claim of page) {
      if (inner.aborted) break
      const folder = `${files.tenantRoot(tenant)}/${claim.id.slice(tenant.length + 1)}`
      try {
        await collectFolder(tenant, folder, claim, options, sum, inner)
      } catch (error) {
        sum.failed.push({ folder, error })
      }
      after = claim.id
    }
    const isDone = page.length < FOLDERS_PER_ROUND_MAX && (page.length === 0 || after === page.at(-1)?.id)
    const value: Lease = isDone
      ? { ...lease.value, until: 0, after: null, restAt: Date.now() + options.passPauseMs }
      : { ...lease.value, until: 0, after }
    await store.replace('lease', lease.id, value, lease.revision)
  }

  async function collectFolder(
    tenant: string,
    folder: string,
    claim: Stored<FolderClaim>,
    { graceMs }: Required<CollectOptions>,
    sum: Collected,
    signal: AbortSignal,
  ): Promise<void> {
    const { owner, createdAt, left, reused } = claim.value
    // In these lies what another relation has left for whoever wants it.
    if (left === true || reused === true) return
    const oldMs = Date.now() - graceMs
    const listed = await oldFiles(folder, oldMs, signal)
    // Read after the files: what a commit has taken in since then is seen here.
    const pointers = await spaces.everyPointer(tenant, signal)
    const own = pointers.filter((one) => one.uuid === owner || isWithin(one.metadataLocation, folder))
    if (own.length === 0) {
      const isAbandoned = Date.parse(createdAt) < oldMs && listed.young === 0 && !listed.hasMetadata
      if (isAbandoned && !(await wasDropped(tenant, owner))) await removeAbandoned(folder, claim, listed.old, sum)
      return
    }
    const candidates = new Set([...listed.old.keys()].filter((location) => KINDS.test(location)))
    for (const location of await spaces.everyWritten(tenant, signal)) candidates.delete(plainLocation(location))
    if (candidates.size > 0) await withoutReferenced(catalog, own, candidates, signal)
    await removeAll([...candidates], listed.old, sum, signal)
  }

  /** Of a relation that had several folders the drop may have marked another one only. */
  async function wasDropped(tenant: string, owner: string): Promise<boolean> {
    for (let after = ''; ; ) {
      const page = await store.list<FolderClaim>('lake_folder', { prefix: `${tenant}/`, after })
      if (page.length === 0) return false
      if (page.some(({ value }) => value.owner === owner && value.left === true)) return true
      after = page.at(-1)!.id
    }
  }

  async function oldFiles(folder: string, oldMs: number, signal: AbortSignal) {
    const old = new Map<string, ListedFile>()
    let young = 0
    let hasMetadata = false
    for await (const file of files.list(folder, signal)) {
      hasMetadata ||= METADATA.test(file.location)
      if (file.modifiedMs >= oldMs) young++
      else old.set(plainLocation(file.location), file)
      if (old.size > CANDIDATES_MAX) throw new Error('too many files to be compared')
    }
    return { old, young, hasMetadata }
  }

  /** The claim goes first: whoever still wants to make the table claims the folder anew, and finds it empty. */
  async function removeAbandoned(
    folder: string,
    claim: Stored<FolderClaim>,
    listed: ReadonlyMap<string, ListedFile>,
    sum: Collected,
  ): Promise<void> {
    if (!(await store.remove('lake_folder', claim.id, claim.revision))) return
    await files.removeFolder(folder)
    sum.folders++
    for (const { bytes } of listed.values()) {
      sum.files++
      sum.bytes += bytes
    }
  }

  async function removeAll(
    locations: readonly string[],
    listed: ReadonlyMap<string, ListedFile>,
    sum: Collected,
    signal: AbortSignal,
  ): Promise<void> {
    for (const location of locations) {
      // The rest is found again.
      if (signal.aborted) return
      const file = listed.get(location)
      if (file === undefined) continue
      await files.remove(file.location)
      sum.files++
      sum.bytes += file.bytes
    }
  }

  function isWithin(location: string, folder: string): boolean {
    return plainLocation(location).startsWith(`${plainLocation(folder)}/`)
  }

  return {
    collect: async (options = {}, signal) => {
      const all = { graceMs: GRACE_MS, passPauseMs: PASS_PAUSE_MS, ...options }
      const sum: Collected = { files: 0, bytes: 0, folders: 0, failed: [] }
      for (let after = ''; ; ) {
        const tenants = await store.list('tenant', { after }, signal)
        if (tenants.length === 0) return sum
        for (const { id } of tenants) await round(id, all, sum, signal)
        after = tenants.at(-1)!.id
      }
    },
  }
}
