import type { Store } from '../../proxy/store/store.ts'
import type { FileIo } from './file-io.ts'
import { slugOf } from './name.ts'
import { forbidden, unavailable } from './problem.ts'

/**
 * Every folder that any relation ever had, so that none is given twice and none lies within another's: what one table
 * purges or cleans up can never be another's. id: `${tenant}/${path below the tenant's folder}`; never removed while
 * the tenant lives. One whose relation was dropped is `left`: given again to who asks for that very place.
 */
export type FolderClaim = { owner: string; createdAt: string; left?: true; reused?: true }

const SUFFIXES_MAX = 1000
/** What some client, engine or access policy would take for more than a character of a path. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNSAFE = /[\\\u0000-\u001f%?#*[\]$]/

export type Folders = {
  /** The folder in which the folders of a namespace's relations are made. */
  ofNamespace(tenant: string, levels: readonly string[]): string
  /** A folder of its own for a new relation, named after it. */
  allot(tenant: string, levels: readonly string[], name: string, owner: string): Promise<string>
  /** Takes a location that a client asks for; the same owner may ask again. Not fresh: another's files may lie there. */
  claim(tenant: string, location: string, owner: string): Promise<{ location: string; isFresh: boolean }>
  /** Gives back what was allotted to a relation that then did not come to be. */
  release(tenant: string, location: string): Promise<void>
  /** The relation that had the folder is gone. */
  leave(tenant: string, location: string): Promise<void>
  /** Whose a location is: of the innermost folder that it is or lies in and that was given to anyone. */
  claimOf(tenant: string, location: string): Promise<{ folder: string; owner: string } | null>
  /** The path below the tenant's folder, or null when the location lies elsewhere. */
  pathOf(tenant: string, location: string): string | null
}

/** One folder, whatever the namespace's depth: a table's folder never lies where a namespace's could. */
function namespacePath(levels: readonly string[]): string {
  return levels.map(slugOf).join('.')
}

export function folders(store: Store, files: FileIo): Folders {
  const insert = (tenant: string, path: string, owner: string) =>
    store.insert<FolderClaim>('lake_folder', `${tenant}/${path}`, { owner, createdAt: new Date().toISOString() })

  /** Looked at after our own claim is in, so that of two rivals at least one sees the other. */
  async function overlaps(tenant: string, path: string, owner: string): Promise<boolean> {
    const parts = path.split('/')
    for (let length = 1; length < parts.length; length++) {
      const above = await store.get<FolderClaim>('lake_folder', `${tenant}/${parts.slice(0, length).join('/')}`)
      if (above !== null && isOthers(above.value, owner)) return true
    }
    const below = await store.list<FolderClaim>('lake_folder', { prefix: `${tenant}/${path}/` })
    return below.some((claim) => isOthers(claim.value, owner))
  }

  function pathOf(tenant: string, location: string): string | null {
    const root = `${files.tenantRoot(tenant)}/`
    const plain = location.replace(/^file:(\/\/)?(?=\/)/, '').replace(/\/+$/, '')
    if (!plain.startsWith(root)) return null
    const parts = plain.slice(root.length).split('/')
    const isPlain = (part: string) => part !== '' && part !== '.' && part !== '..' && !UNSAFE.test(part)
    return parts.every(isPlain) ? parts.join('/') : null
  }

  async function leave(tenant: string, location: string): Promise<void> {
    const path = pathOf(tenant, location)
    const claim = path === null ? null : await store.get<FolderClaim>('lake_folder', `${tenant}/${path}`)
    if (claim !== null) await store.replace('lake_folder', claim.id, { ...claim.value, left: true }, claim.revision)
  }

  return {
    pathOf,
    leave,
    ofNamespace: (tenant, levels) => `${files.tenantRoot(tenant)}/${namespacePath(levels)}`,
    claimOf: async (tenant, location) => {
      const parts = pathOf(tenant, location)?.split('/') ?? []
      for (let length = parts.length; length > 1; length--) {
        const path = parts.slice(0, length).join('/')
        const claim = await store.get<FolderClaim>('lake_folder', `${tenant}/${path}`)
        if (claim !== null) return { folder: `${files.tenantRoot(tenant)}/${path}`, owner: claim.value.owner }
      }
      return null
    },
    release: async (tenant, location) => {
      const path = pathOf(tenant, location)
      if (path === null) return
      await files.removeFolder(location)
      await store.remove('lake_folder', `${tenant}/${path}`)
    },
    allot: async (tenant, levels, name, owner) => {
      const stem = `${namespacePath(levels)}/${slugOf(name)}`
      for (let suffix = 1; suffix <= SUFFIXES_MAX; suffix++) {
        const path = suffix === 1 ? stem : `${stem}~${suffix}`
        if (!(await insert(tenant, path, owner))) continue
        if (await overlaps(tenant, path, owner)) continue
        const location = `${files.tenantRoot(tenant)}/${path}`
        await files.prepareFolder(location)
        return location
      }
      throw unavailable('No free folder was found for the table')
    },
    claim: async (tenant, location, owner) => {
      const path = pathOf(tenant, location)
      if (path === null || !path.includes('/')) throw forbidden('The location lies outside of what may be written to')
      const plain = `${files.tenantRoot(tenant)}/${path}`
      const id = `${tenant}/${path}`
      const old = await store.get<FolderClaim>('lake_folder', id)
      if (old !== null && isOthers(old.value, owner)) throw taken()
      const isReused =
        old !== null && (old.value.reused === true || old.value.owner !== owner || old.value.left === true)
      const value: FolderClaim = { owner, createdAt: new Date().toISOString(), ...(isReused ? { reused: true } : {}) }
      const isMine =
        old === null
          ? await store.insert('lake_folder', id, value)
          : (old.value.owner === owner && old.value.left !== true) ||
            (await store.replace('lake_folder', id, value, old.revision))
      if (!isMine) throw taken()
      if (old?.value.owner !== owner && (await overlaps(tenant, path, owner))) {
        if (old === null) await store.remove('lake_folder', id)
        else await leave(tenant, plain)
        throw taken()
      }
      await files.prepareFolder(plain)
      return { location: plain, isFresh: !isReused }
    },
  }
}

const taken = () => forbidden('The location belongs to another table')

function isOthers(claim: FolderClaim, owner: string): boolean {
  return claim.owner !== owner && claim.left !== true
}
