import type { LakeColumn, LakeTable, LakeView, NewColumn } from '../../../proxy/lake/lake.ts'
import { columnPgType, icebergTypeOf, mustBeKept } from '../../../proxy/lake/type-mapping.ts'
import { currentSchema, currentSnapshot, defaultSpec, type TableMetadata } from '../metadata/table-metadata.ts'
import type { Field } from '../metadata/type.ts'
import { currentVersion, type ViewMetadata } from '../metadata/view-metadata.ts'
import type { Pointer } from '../state.ts'

/** What PostgreSQL knows of a relation and Iceberg has no place for is kept in the relation's properties. */
export const COMMENT = 'comment'
export const VIEW_OPTIONS = 'lakewire.view.options'
export const VIEW_DIALECT = 'postgresql'
const typeKey = (id: number) => `lakewire.column.${id}.type`
const defaultKey = (id: number) => `lakewire.column.${id}.default`
export const COLUMN_PROPERTY = /^lakewire\.column\./

type Properties = Readonly<Record<string, string>>

export function describeTable(schema: string, name: string, pointer: Pointer, table: TableMetadata): LakeTable {
  const snapshot = currentSnapshot(table)
  const summary = snapshot?.summary
  const isEmpty = snapshot === undefined
  const records = isEmpty ? 0 : count(summary?.['total-records'])
  const deleted = count(summary?.['total-position-deletes']) ?? 0
  return {
    kind: 'table',
    schema,
    name,
    uuid: pointer.uuid,
    signature: pointer.signature,
    comment: table.properties[COMMENT] ?? null,
    columns: (currentSchema(table)?.fields ?? []).map((field) => describeColumn(field, table.properties)),
    partition: (defaultSpec(table)?.fields ?? [])
      .filter(({ transform }) => transform !== 'void')
      .map((field) => ({ fieldId: field['source-id'], transform: field.transform })),
    rowCount: records === null ? null : Math.max(0, records - deleted),
    byteCount: isEmpty ? 0 : count(summary?.['total-files-size']),
  }
}

export function describeColumn(field: Field, properties: Properties): LakeColumn {
  return {
    name: field.name,
    fieldId: field.id,
    icebergType: field.type,
    pgType: columnPgType(field.type, properties[typeKey(field.id)]),
    required: field.required,
    defaultSql: properties[defaultKey(field.id)] ?? null,
    comment: field.doc ?? null,
  }
}

/** Null for a view that has no definition in PostgreSQL's SQL: another engine's. */
export function describeView(schema: string, name: string, pointer: Pointer, view: ViewMetadata): LakeView | null {
  const version = currentVersion(view)
  const representation = version?.representations.find(({ dialect }) => dialect.toLowerCase() === VIEW_DIALECT)
  if (version === undefined || representation === undefined) return null
  const fields = view.schemas.find((other) => other['schema-id'] === version['schema-id'])?.fields ?? []
  return {
    kind: 'view',
    schema,
    name,
    uuid: pointer.uuid,
    signature: pointer.signature,
    comment: view.properties[COMMENT] ?? null,
    sql: representation.sql,
    columns: fields.map((field) => ({
      name: field.name,
      pgType: view.properties[typeKey(field.id)] ?? columnPgType(field.type, undefined),
      comment: field.doc ?? null,
    })),
    options: readOptions(view.properties[VIEW_OPTIONS]),
  }
}

function readOptions(text: string | undefined): string[] {
  if (text === undefined) return []
  try {
    const options = JSON.parse(text) as unknown
    return Array.isArray(options) ? options.filter((option) => typeof option === 'string') : []
  } catch {
    // Another tool wrote there what is no list.
    return []
  }
}

function count(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

export function fieldOf(column: NewColumn, id: number, nextId: () => number): Field {
  return {
    id,
    name: column.name,
    required: column.required,
    type: icebergTypeOf(column.pgType, nextId),
    ...(column.comment === null ? {} : { doc: column.comment }),
  }
}

/** The properties that say about a column what its field cannot. */
export function columnProperties(field: Field, column: Pick<NewColumn, 'pgType' | 'defaultSql'>): Properties {
  return {
    ...(mustBeKept(column.pgType, field.type) ? { [typeKey(field.id)]: column.pgType } : {}),
    ...(column.defaultSql === null ? {} : { [defaultKey(field.id)]: column.defaultSql }),
  }
}
