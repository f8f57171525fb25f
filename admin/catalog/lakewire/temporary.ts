import type { LakeChange } from '../../../proxy/lake/lake.ts'
import { isReservedForTemporary, isTemporary, ON_COMMIT } from '../../../proxy/lake/temporary.ts'
import { type Catalog, isSeen } from '../catalog.ts'
import { currentSnapshot } from '../metadata/table-metadata.ts'
import { keyOf } from '../name.ts'
import { forbidden } from '../problem.ts'
import type { Scope } from '../scope.ts'
import { type Namespace, withNamespace, withoutNamespace } from '../state.ts'
import { commitTable, dropTable } from '../table.ts'
import { dropView } from '../view.ts'
import type { StateDraft } from '../workspace.ts'

const EXPIRES_AT = 'lakewire.expires-at'
const MAIN = 'main'

type Change = Extract<LakeChange, { kind: 'putTemporary' | 'commitTemporary' | 'dropTemporary' }>

/** The namespace in which a session keeps its temporary tables: made by its first, gone with the session. */
export async function changeTemporary(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  change: Change,
): Promise<void> {
  const { name } = change
  if (!isTemporary(name) || !isSeen(scope, name)) throw forbidden('The token does not reach this namespace')
  const found = draft.state.namespaces.get(keyOf([name]))
  switch (change.kind) {
    case 'putTemporary':
      // In a transaction it would stand in the way of saying so outside of it.
      if (found === undefined || scope.transaction === null)
        draft.state = withNamespace(draft.state, [name], { [EXPIRES_AT]: change.expiresAt })
      return
    case 'commitTemporary':
      if (found !== undefined) await atCommit(catalog, scope, draft, found)
      return
    case 'dropTemporary':
      if (found !== undefined) await dropAll(catalog, scope, draft, found)
      return
    default:
      return change satisfies never
  }
}

async function atCommit(catalog: Catalog, scope: Scope, draft: StateDraft, namespace: Namespace): Promise<void> {
  const levels = [...scope.head, ...namespace.levels]
  for (const [name, { kind, metadataLocation }] of namespace.relations) {
    if (kind !== 'table') continue
    const table = await catalog.metadata.table(metadataLocation)
    const action = table.properties[ON_COMMIT]
    if (action === 'drop') await dropTable(catalog, scope, draft, { levels, name }, true)
    else if (action === 'delete' && currentSnapshot(table) !== undefined) {
      // Without a branch DuckDB reads the last snapshot that there is.
      const ids = table.snapshots.map((snapshot) => snapshot['snapshot-id'])
      const updates = [
        { action: 'remove-snapshot-ref', 'ref-name': MAIN },
        { action: 'remove-snapshots', 'snapshot-ids': ids },
      ]
      await commitTable(catalog, scope, draft, { levels, name, requirements: [], updates })
    }
  }
}

async function dropAll(catalog: Catalog, scope: Scope, draft: StateDraft, namespace: Namespace): Promise<void> {
  const levels = [...scope.head, ...namespace.levels]
  for (const [name, { kind }] of namespace.relations)
    await (kind === 'table' ? dropTable : dropView)(catalog, scope, draft, { levels, name }, true)
  draft.purge.push(catalog.folders.ofNamespace(scope.tenant, namespace.levels))
  draft.state = withoutNamespace(draft.state, namespace.levels)
}

/** Removes the temporary namespaces of sessions that have not said for long that they are there: their proxy was killed. */
export async function dropExpired(catalog: Catalog, tenant: string, signal?: AbortSignal): Promise<number> {
  const scope: Scope = {
    tenant,
    transaction: null,
    head: [],
    schemas: null,
    spell: (name) => name,
    temporary: true,
  }
  const isExpired = ({ levels, properties }: Namespace) =>
    isReservedForTemporary(levels[0]!) && !(Date.parse(properties[EXPIRES_AT] ?? '') > catalog.now())
  const { namespaces } = await catalog.spaces.read(scope, signal)
  if (![...namespaces.values()].some(isExpired)) return 0
  return await catalog.spaces.change(
    scope,
    async (draft) => {
      const expired = [...draft.state.namespaces.values()].filter(isExpired)
      for (const namespace of expired) await dropAll(catalog, scope, draft, namespace)
      return expired.length
    },
    signal,
  )
}
