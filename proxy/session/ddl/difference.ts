import { PgError, unsupported } from '../../error.ts'
import type { LakeChange, LakeRelation, LakeTable, NewColumn, RelationName } from '../../lake/lake.ts'
import { partitionFields } from './partition.ts'
import type { ColumnState, RelationState, TwinState } from './state.ts'

/** The lake's side of the relations that a statement touched, by their names before the statement. */
export type LakeSide = (kind: LakeRelation['kind'], name: RelationName) => LakeRelation | undefined

/**
 * What the lake must change so that it holds what the twin holds after a DDL statement. In an order in which every step is
 * possible: what goes first makes room for what comes.
 * Throws 0A000 for what Iceberg cannot hold; the caller rolls the twin back.
 */
export function difference(before: TwinState, after: TwinState, lake: LakeSide): LakeChange[] {
  for (const object of after.refused) {
    if (!before.refused.has(object)) throw refusal(object)
  }
  for (const [oid, now] of after.relations) {
    const was = before.relations.get(oid)
    if (was && was.owner !== now.owner) throw unsupported('changing the owner of a relation')
  }
  const views = viewChanges(before, after, lake)
  return [
    ...views.dropped,
    ...droppedTables(before, after, lake),
    ...namespaceChanges(before, after),
    ...renames(before, after),
    ...createdTables(before, after),
    ...alteredTables(before, after, lake),
    ...views.put,
    ...droppedNamespaces(before, after),
  ]
}

const HINTS: readonly [prefix: string, hint: string][] = [
  ['primary key', 'An Iceberg table has no keys: declare the column NOT NULL instead.'],
  ['unique', 'An Iceberg table has no keys: leave the constraint out.'],
  ['sequence', 'Use a uuid column with DEFAULT gen_random_uuid(), or give the values yourself.'],
  ['materialized view', 'Use CREATE TABLE … AS.'],
]

function refusal(object: string): PgError {
  const hint = HINTS.find(([prefix]) => object.startsWith(prefix))?.[1]
  return unsupported(object, hint === undefined ? {} : { hint })
}

function namespaceChanges(before: TwinState, after: TwinState): LakeChange[] {
  const changes: LakeChange[] = []
  for (const [oid, now] of after.namespaces) {
    const was = before.namespaces.get(oid)
    if (!was) changes.push({ kind: 'createNamespace', name: now.name, comment: now.comment })
    else {
      if (was.name !== now.name) changes.push({ kind: 'renameNamespace', from: was.name, to: now.name })
      if (was.comment !== now.comment) changes.push({ kind: 'commentNamespace', name: now.name, comment: now.comment })
    }
  }
  return changes
}

function droppedNamespaces(before: TwinState, after: TwinState): LakeChange[] {
  return [...before.namespaces.values()]
    .filter(({ oid }) => !after.namespaces.has(oid))
    .map(({ name }) => ({ kind: 'dropNamespace', name }))
}

function droppedTables(before: TwinState, after: TwinState, lake: LakeSide): LakeChange[] {
  return [...before.relations.values()]
    .filter(({ oid, kind }) => kind === 'table' && !after.relations.has(oid))
    .map(({ schema, name }) => ({
      kind: 'dropTable',
      table: { schema, name },
      uuid: lakeTable(lake, { schema, name }).uuid,
    }))
}

function renames(before: TwinState, after: TwinState): LakeChange[] {
  const changes: LakeChange[] = []
  for (const [oid, now] of after.relations) {
    const was = before.relations.get(oid)
    if (!was || (nowSchemaOf(was, before, after) === now.schema && was.name === now.name)) continue
    changes.push({
      kind: 'renameRelation',
      relation: now.kind,
      from: { schema: nowSchemaOf(was, before, after), name: was.name },
      to: { schema: now.schema, name: now.name },
    })
  }
  return changes
}

/** A schema that was renamed took its relations along: that is no rename of theirs. */
function nowSchemaOf(relation: RelationState, before: TwinState, after: TwinState): string {
  for (const [oid, was] of before.namespaces) {
    if (was.name === relation.schema) return after.namespaces.get(oid)?.name ?? relation.schema
  }
  return relation.schema
}

function createdTables(before: TwinState, after: TwinState): LakeChange[] {
  return [...after.relations.values()]
    .filter(({ oid, kind }) => kind === 'table' && !before.relations.has(oid))
    .map((now) => {
      // Iceberg readers differ in what they make of a table with no column at all
      if (now.columns.length === 0) throw unsupported('a table without columns')
      refuseNamesAlike(now.columns)
      return {
        kind: 'createTable',
        table: { schema: now.schema, name: now.name },
        columns: now.columns.map(newColumn),
        partition: now.partitionKey === null ? [] : partitionFields(now.partitionKey, now.columns),
        comment: now.comment,
        properties: {},
      }
    })
}

/** Engines find columns whatever the case: of two such they would write, or read, either. */
function refuseNamesAlike(columns: readonly { readonly name: string }[]): void {
  const names = new Map<string, string>()
  for (const { name } of columns) {
    const other = names.get(name.toLowerCase())
    if (other !== undefined) throw unsupported(`a table with columns "${other}" and "${name}"`)
    names.set(name.toLowerCase(), name)
  }
}

function alteredTables(before: TwinState, after: TwinState, lake: LakeSide): LakeChange[] {
  const changes: LakeChange[] = []
  for (const [oid, now] of after.relations) {
    const was = before.relations.get(oid)
    if (!was || now.kind !== 'table' || (was.comment === now.comment && sameColumns(was.columns, now.columns))) continue
    refuseNamesAlike(now.columns)
    const table = lakeTable(lake, was)
    const fieldIds = new Map(table.columns.map((column) => [column.name, column.fieldId]))
    const attnums = new Map(was.columns.map((column) => [column.attnum, column.name]))
    changes.push({
      kind: 'alterTable',
      table: { schema: now.schema, name: now.name },
      uuid: table.uuid,
      comment: now.comment,
      columns: now.columns.map((column) => {
        const oldName = attnums.get(column.attnum)
        return { ...newColumn(column), fieldId: oldName === undefined ? null : (fieldIds.get(oldName) ?? null) }
      }),
    })
  }
  return changes
}

function viewChanges(
  before: TwinState,
  after: TwinState,
  lake: LakeSide,
): { dropped: LakeChange[]; put: LakeChange[] } {
  const dropped: LakeChange[] = []
  for (const was of before.relations.values()) {
    if (was.kind !== 'view' || after.relations.has(was.oid)) continue
    const view = lake('view', was)
    if (view) dropped.push({ kind: 'dropView', view: { schema: was.schema, name: was.name }, uuid: view.uuid })
  }
  const put: LakeChange[] = []
  for (const now of after.relations.values()) {
    const was = before.relations.get(now.oid)
    if (now.kind !== 'view' || (was && sameView(was, now))) continue
    const uuid = was ? (lake('view', was)?.uuid ?? null) : null
    put.push({
      kind: 'putView',
      view: { schema: now.schema, name: now.name },
      uuid,
      sql: now.viewSql!,
      columns: now.columns.map(({ name, pgType, comment }) => ({ name, pgType, comment })),
      comment: now.comment,
      options: now.options,
    })
  }
  return { dropped, put }
}

function sameView(a: RelationState, b: RelationState): boolean {
  return (
    a.viewSql === b.viewSql &&
    a.comment === b.comment &&
    a.options.join() === b.options.join() &&
    sameColumns(a.columns, b.columns)
  )
}

function sameColumns(a: readonly ColumnState[], b: readonly ColumnState[]): boolean {
  return a.length === b.length && a.every((column, i) => sameColumn(column, b[i]!))
}

function sameColumn(a: ColumnState, b: ColumnState): boolean {
  return (
    a.attnum === b.attnum &&
    a.name === b.name &&
    a.pgType === b.pgType &&
    a.notNull === b.notNull &&
    a.defaultSql === b.defaultSql &&
    a.comment === b.comment
  )
}

function newColumn(column: ColumnState): NewColumn {
  const { name, pgType, notNull, defaultSql, comment } = column
  return { name, pgType, required: notNull, defaultSql, comment }
}

function lakeTable(lake: LakeSide, relation: RelationName): LakeTable {
  const table = lake('table', relation)
  if (table?.kind === 'table') return table
  // the twin was brought up to the lake before the statement: only a change made meanwhile gets here
  throw new PgError('40001', `relation "${relation.name}" was changed by another transaction`, { fault: 'lake' })
}
