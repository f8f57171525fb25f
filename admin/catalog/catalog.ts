import { isReservedForTemporary, isTemporary } from '../../proxy/lake/temporary.ts'
import type { Store } from '../../proxy/store/store.ts'
import type { Delegation } from './credential/delegation.ts'
import type { FileIo } from './file-io.ts'
import { type Folders, folders } from './folder.ts'
import { type MetadataFiles, metadataFiles } from './metadata-files.ts'
import { keyOf } from './name.ts'
import { forbidden, noSuchNamespace } from './problem.ts'
import type { Scope } from './scope.ts'
import type { LakeState, Namespace, Pointer } from './state.ts'
import { type Estimator, estimator } from './statistics/estimate.ts'
import { type Workspaces, workspaces } from './workspace.ts'

/** What the operations on namespaces, tables and views work with. */
export type Catalog = {
  spaces: Workspaces
  folders: Folders
  files: FileIo
  metadata: MetadataFiles
  /** Null: the tables lie where all who use them can get at them. */
  delegation: Delegation | null
  estimate: Estimator
  now(): number
}

export function makeCatalog(store: Store, files: FileIo, delegation: Delegation | null): Catalog {
  const claims = folders(store, files)
  const parts = {
    spaces: workspaces(store, files, claims),
    folders: claims,
    files,
    metadata: metadataFiles(files),
  }
  return {
    ...parts,
    estimate: estimator(parts),
    delegation,
    now: Date.now,
  }
}

/**
 * A namespace as clients name it: the levels that say whose it is, then those that we keep. Another tenant's name, and one
 * that nobody has, are the same: null.
 */
export function below(scope: Scope, levels: readonly string[]): readonly string[] | null {
  if (!scope.head.every((level, index) => levels[index] === level)) return null
  const inner = levels.slice(scope.head.length)
  if (inner.length === 0 || isReachable(scope, inner)) return inner
  if (!isSeen(scope, inner[0]!)) return null
  throw forbidden('The token does not reach this namespace')
}

/** A temporary namespace is to everybody else as if it were not there, and nobody can make one of that name. */
export function isSeen(scope: Scope, schema: string): boolean {
  return !isReservedForTemporary(schema) || (scope.temporary && isTemporary(schema))
}

export function isReachable(scope: Scope, inner: readonly string[]): boolean {
  if (!isSeen(scope, inner[0]!)) return false
  return scope.schemas === null || scope.schemas.has(inner[0]!)
}

/** The tenant's own namespace is always there and holds namespaces only. */
const TENANT_NAMESPACE: Namespace = { levels: [], properties: {}, relations: new Map() }

export function namespaceOf(scope: Scope, state: LakeState, levels: readonly string[]): Namespace {
  const inner = below(scope, levels)
  const found = inner === null ? undefined : inner.length === 0 ? TENANT_NAMESPACE : state.namespaces.get(keyOf(inner))
  if (found === undefined) throw noSuchNamespace(levels)
  return found
}

export function relationOf(scope: Scope, state: LakeState, levels: readonly string[], name: string): Pointer | null {
  const inner = below(scope, levels)
  return inner === null ? null : (state.namespaces.get(keyOf(inner))?.relations.get(name) ?? null)
}

export type Identifier = { levels: readonly string[]; name: string }
