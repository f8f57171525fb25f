import { unreachable } from '../../../proxy/assert.ts'
import { PgError, unsupported } from '../../../proxy/error.ts'
import type { LakeChange, RelationName } from '../../../proxy/lake/lake.ts'
import { isReservedForTemporary } from '../../../proxy/lake/temporary.ts'
import { icebergTypeOf } from '../../../proxy/lake/type-mapping.ts'
import { type Catalog, type Identifier, isSeen, relationOf } from '../catalog.ts'
import type { JsonObject } from '../json.ts'
import type { TableRequest } from '../metadata/create.ts'
import { LAST_ADDED } from '../metadata/table-metadata.ts'
import type { Field } from '../metadata/type.ts'
import { checkName, keyOf } from '../name.ts'
import type { Scope } from '../scope.ts'
import { type LakeState, type Namespace, withNamespace, withoutNamespace } from '../state.ts'
import { commitTable, createTableIn, dropTable, renameRelation } from '../table.ts'
import { createView, dropView, replaceView } from '../view.ts'
import type { StateDraft } from '../workspace.ts'
import { alterUpdates, propertyUpdates } from './alter.ts'
import { COLUMN_PROPERTY, COMMENT, columnProperties, fieldOf, VIEW_DIALECT, VIEW_OPTIONS } from './column.ts'
import { changeTemporary } from './temporary.ts'

/** One of a list of changes that come true together. Errors are those that PostgreSQL would give. */
export async function applyChange(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  change: LakeChange,
): Promise<void> {
  switch (change.kind) {
    case 'createNamespace':
      return createNamespace(draft, change.name, change.comment)
    case 'dropNamespace':
      return dropNamespace(scope, draft, change.name)
    case 'renameNamespace':
      return renameNamespace(scope, draft, change.from, change.to)
    case 'commentNamespace':
      draft.state = withNamespace(
        draft.state,
        [change.name],
        withComment(namespace(scope, draft.state, change.name), change.comment),
      )
      return
    case 'putTemporary':
    case 'commitTemporary':
    case 'dropTemporary':
      return changeTemporary(catalog, scope, draft, change)
    case 'createTable':
      namespace(scope, draft.state, change.table.schema)
      refuseTaken(scope, draft, change.table)
      return createTableIn(catalog, scope, draft, [...scope.head, change.table.schema], tableRequest(change))
    case 'alterTable': {
      const pointer = existing(scope, draft, 'table', change.table, change.uuid)
      const table = await catalog.metadata.table(pointer.metadataLocation)
      const updates = alterUpdates(table, change)
      await commitTable(catalog, scope, draft, { ...identifier(scope, change.table), requirements: [], updates })
      return
    }
    case 'renameRelation':
      existing(scope, draft, change.relation, change.from, null)
      namespace(scope, draft.state, change.to.schema)
      refuseTaken(scope, draft, change.to)
      return renameRelation(scope, draft, change.relation, identifier(scope, change.from), identifier(scope, change.to))
    case 'dropTable':
      existing(scope, draft, 'table', change.table, change.uuid)
      return dropTable(catalog, scope, draft, identifier(scope, change.table), true)
    case 'putView':
      return putView(catalog, scope, draft, change)
    case 'dropView':
      existing(scope, draft, 'view', change.view, change.uuid)
      return dropView(catalog, scope, draft, identifier(scope, change.view), true)
    default:
      return unreachable(change)
  }
}

function identifier(scope: Scope, { schema, name }: RelationName): Identifier {
  return { levels: [...scope.head, schema], name }
}

function namespace(scope: Scope, state: LakeState, name: string): Namespace {
  const found = state.namespaces.get(keyOf([name]))
  if (found === undefined || !isSeen(scope, name)) throw new PgError('3F000', `schema "${name}" does not exist`)
  return found
}

function existing(scope: Scope, draft: StateDraft, kind: 'table' | 'view', name: RelationName, uuid: string | null) {
  const { levels } = identifier(scope, name)
  const pointer = relationOf(scope, draft.state, levels, name.name)
  if (pointer?.kind !== kind) throw new PgError('42P01', `relation "${name.schema}.${name.name}" does not exist`)
  if (uuid !== null && pointer.uuid.toLowerCase() !== uuid.toLowerCase())
    throw new PgError('40001', `relation "${name.name}" was replaced by another transaction`, { fault: 'lake' })
  return pointer
}

function refuseTaken(scope: Scope, draft: StateDraft, name: RelationName): void {
  if (relationOf(scope, draft.state, [...scope.head, name.schema], name.name) !== null)
    throw new PgError('42P07', `relation "${name.name}" already exists`)
}

function createNamespace(draft: StateDraft, name: string, comment: string | null): void {
  refuseNamespaceName(name)
  if (draft.state.namespaces.has(keyOf([name]))) throw new PgError('42P06', `schema "${name}" already exists`)
  draft.state = withNamespace(draft.state, [name], comment === null ? {} : { [COMMENT]: comment })
}

/** Engines write the levels of a namespace with dots between them. */
function refuseNamespaceName(name: string): void {
  if (name.includes('.')) throw unsupported('a dot in the name of a schema')
  if (isReservedForTemporary(name)) throw new PgError('42939', `unacceptable schema name "${name}"`)
  checkName(name, 'namespace')
}

function dropNamespace(scope: Scope, draft: StateDraft, name: string): void {
  const found = namespace(scope, draft.state, name)
  const isParent = [...draft.state.namespaces.values()].some(({ levels }) => levels.length > 1 && levels[0] === name)
  if (found.relations.size > 0 || isParent)
    throw new PgError('2BP01', `cannot drop schema ${name} because other objects depend on it`)
  draft.state = withoutNamespace(draft.state, [name])
}

/** Relations go along with their pointers; their folders stay where they are. */
function renameNamespace(scope: Scope, draft: StateDraft, from: string, to: string): void {
  namespace(scope, draft.state, from)
  refuseNamespaceName(to)
  if (draft.state.namespaces.has(keyOf([to]))) throw new PgError('42P06', `schema "${to}" already exists`)
  const renamed = [...draft.state.namespaces.values()].map((item): [string, Namespace] => {
    const levels = item.levels[0] === from ? [to, ...item.levels.slice(1)] : item.levels
    return [keyOf(levels), { ...item, levels }]
  })
  draft.state = { ...draft.state, namespaces: new Map(renamed) }
}

function withComment({ properties }: Namespace, comment: string | null): Record<string, string> {
  const { [COMMENT]: _, ...rest } = properties
  return comment === null ? rest : { ...rest, [COMMENT]: comment }
}

function tableRequest(change: Extract<LakeChange, { kind: 'createTable' }>): TableRequest {
  // Ids as they will be assigned: the columns first, then what is below them.
  let last = change.columns.length
  const fields = change.columns.map((column, index) => fieldOf(column, index + 1, () => ++last))
  const partitionNames = new Set<string>()
  const partition = change.partition.map(({ column, transform }) => {
    const source = fields.find(({ name }) => name === column)
    if (source === undefined) throw new PgError('42703', `column "${column}" named in partition key does not exist`)
    const name = partitionName(column, transform, [...fields.map((field) => field.name), ...partitionNames])
    partitionNames.add(name)
    return { 'source-id': source.id, name, transform }
  })
  return {
    name: change.table.name,
    location: null,
    schema: { type: 'struct', fields } as unknown as JsonObject,
    spec: { fields: partition },
    order: null,
    staged: false,
    properties: {
      ...change.properties,
      ...(change.comment === null ? {} : { [COMMENT]: change.comment }),
      ...Object.assign({}, ...fields.map((field, index) => columnProperties(field, change.columns[index]!))),
    },
  }
}

/**
 * As Spark and Trino name them; a name that is taken is given an underscore until it is free. They become names of Avro,
 * which has only letters, digits and underscores: not every writer makes them such by itself.
 */
function partitionName(column: string, transform: string, taken: readonly string[]): string {
  const plain = column.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_')
  if (transform === 'identity' && plain === column) return column
  const suffix = /^bucket/.test(transform) ? 'bucket' : /^truncate/.test(transform) ? 'trunc' : transform
  let name = transform === 'identity' ? plain : `${plain}_${suffix}`
  while (taken.includes(name)) name += '_'
  return name
}

async function putView(
  catalog: Catalog,
  scope: Scope,
  draft: StateDraft,
  change: Extract<LakeChange, { kind: 'putView' }>,
): Promise<void> {
  namespace(scope, draft.state, change.view.schema)
  let last = change.columns.length
  const fields = change.columns.map((column, index) => viewField(column, index + 1, () => ++last))
  const schema = { type: 'struct', fields } as unknown as JsonObject
  const properties: Record<string, string> = {
    ...(change.comment === null ? {} : { [COMMENT]: change.comment }),
    ...(change.options.length === 0 ? {} : { [VIEW_OPTIONS]: JSON.stringify(change.options) }),
    ...Object.assign(
      {},
      ...fields.map((field, index) => columnProperties(field, { ...change.columns[index]!, defaultSql: null })),
    ),
  }
  const version = {
    'schema-id': LAST_ADDED,
    'timestamp-ms': catalog.now(),
    summary: {},
    'default-namespace': [scope.tenant, change.view.schema],
    representations: [{ type: 'sql', sql: change.sql, dialect: VIEW_DIALECT }],
  }
  if (change.uuid === null) {
    refuseTaken(scope, draft, change.view)
    await createView(
      catalog,
      scope,
      draft,
      identifier(scope, change.view),
      { schema, properties, 'view-version': version },
      null,
    )
    return
  }
  const pointer = existing(scope, draft, 'view', change.view, change.uuid)
  const before = await catalog.metadata.view(pointer.metadataLocation)
  const isOurs = (key: string) => key === COMMENT || key === VIEW_OPTIONS || COLUMN_PROPERTY.test(key)
  await replaceView(
    catalog,
    scope,
    draft,
    identifier(scope, change.view),
    [],
    [
      { action: 'add-schema', schema },
      { action: 'add-view-version', 'view-version': version },
      { action: 'set-current-view-version', 'view-version-id': LAST_ADDED },
      ...propertyUpdates(before.properties, properties, isOurs),
    ],
  )
}

/** A view may yield types that no table can hold; they are told as strings, and kept in the properties. */
function viewField(
  column: { name: string; pgType: string; comment: string | null },
  id: number,
  nextId: () => number,
): Field {
  try {
    return fieldOf({ ...column, required: false, defaultSql: null }, id, nextId)
  } catch (error) {
    if (!(error instanceof PgError)) throw error
    const doc = column.comment === null ? {} : { doc: column.comment }
    return { id, name: column.name, required: false, type: icebergTypeOf('text', () => 0), ...doc }
  }
}
