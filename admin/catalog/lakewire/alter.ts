import { PgError, unsupported } from '../../../proxy/error.ts'
import type { LakeChange, LakeColumn, NewColumn } from '../../../proxy/lake/lake.ts'
import { canPromote, canRetype, icebergTypeOf, sameShape } from '../../../proxy/lake/type-mapping.ts'
import type { JsonObject } from '../json.ts'
import { currentSchema, currentSnapshot, LAST_ADDED, type TableMetadata } from '../metadata/table-metadata.ts'
import type { Field } from '../metadata/type.ts'
import { COLUMN_PROPERTY, COMMENT, columnProperties, describeColumn, fieldOf } from './column.ts'

type Alter = Extract<LakeChange, { kind: 'alterTable' }>
type WantedColumn = Alter['columns'][number]

/**
 * ALTER TABLE as Iceberg's updates. Columns are the same when their field ids are; what Iceberg cannot do without writing
 * data anew is refused with its reason. https://iceberg.apache.org/spec/#schema-evolution
 */
export function alterUpdates(table: TableMetadata, change: Alter): JsonObject[] {
  const schema = currentSchema(table)
  const old = new Map((schema?.fields ?? []).map((field) => [field.id, field]))
  let last = table['last-column-id']
  const nextId = () => ++last
  const isEmpty = hasNoRows(table)
  const columns = change.columns.map((column) => {
    const before = column.fieldId === null ? null : old.get(column.fieldId)
    if (before === undefined)
      throw new PgError('40001', `column "${column.name}" was dropped by another transaction`, { fault: 'lake' })
    const field =
      before === null
        ? addColumn(change, column, isEmpty, nextId)
        : changeColumn(before, describeColumn(before, table.properties), column, isEmpty, nextId)
    return { field, column }
  })
  const fields = columns.map(({ field }) => field)
  checkPartitions(table, fields)
  const kept = schema?.['identifier-field-ids']?.filter((id) =>
    fields.some((field) => field.id === id && field.required),
  )
  const properties = Object.assign(
    { ...(change.comment === null ? {} : { [COMMENT]: change.comment }) },
    ...columns.map(({ field, column }) => columnProperties(field, column)),
  ) as Record<string, string>
  return [
    {
      action: 'add-schema',
      schema: {
        type: 'struct',
        fields,
        ...(kept === undefined ? {} : { 'identifier-field-ids': kept }),
      } as unknown as JsonObject,
    },
    { action: 'set-current-schema', 'schema-id': LAST_ADDED },
    ...propertyUpdates(table.properties, properties, (key) => key === COMMENT || COLUMN_PROPERTY.test(key)),
  ]
}

/** Makes the properties that `isOurs` names be exactly `wanted`. */
export function propertyUpdates(
  before: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  isOurs: (key: string) => boolean,
): JsonObject[] {
  const removals = Object.keys(before).filter((key) => isOurs(key) && !Object.hasOwn(wanted, key))
  return [
    ...(Object.keys(wanted).length === 0 ? [] : [{ action: 'set-properties', updates: wanted }]),
    ...(removals.length === 0 ? [] : [{ action: 'remove-properties', removals }]),
  ]
}

/** Certain, not estimated: without a snapshot there are no rows, nor where the summary counts none. */
function hasNoRows(table: TableMetadata): boolean {
  const snapshot = currentSnapshot(table)
  return snapshot === undefined || snapshot.summary?.['total-records'] === '0'
}

/** The default is for rows to come; those that are there read as null until the caller has given it to them. */
function addColumn(change: Alter, column: NewColumn, isEmpty: boolean, nextId: () => number): Field {
  if (!isEmpty && column.required && column.defaultSql !== null)
    throw unsupported('adding a NOT NULL column to a table that has rows', {
      hint: 'An Iceberg column that may hold nulls cannot be made required: leave NOT NULL out.',
    })
  if (!isEmpty && column.required)
    throw new PgError('23502', `column "${column.name}" of relation "${change.table.name}" contains null values`, {
      schema: change.table.schema,
      table: change.table.name,
      column: column.name,
    })
  return fieldOf(column, nextId(), nextId)
}

function changeColumn(
  field: Field,
  before: LakeColumn,
  column: WantedColumn,
  isEmpty: boolean,
  nextId: () => number,
): Field {
  if (column.required && !field.required && !isEmpty)
    throw unsupported('SET NOT NULL on a table that has rows', {
      hint: 'An Iceberg column that may hold nulls cannot be made required; make a new table with CREATE TABLE and INSERT … SELECT.',
    })
  const { doc: _, ...rest } = field
  const changed = {
    ...rest,
    name: column.name,
    required: column.required,
    ...(column.comment === null ? {} : { doc: column.comment }),
  }
  if (before.pgType === column.pgType) return changed
  const type = icebergTypeOf(column.pgType, nextId)
  const isStoredAlike = sameShape(type, field.type)
  if (canRetype(before.pgType, column.pgType) && (isStoredAlike || canPromote(field.type, type)))
    return { ...changed, type: isStoredAlike ? field.type : type }
  // Without rows nothing is lost when an other column takes its place.
  if (isEmpty) return fieldOf(column, nextId(), nextId)
  throw unsupported(`changing column "${column.name}" from ${before.pgType} to ${column.pgType}`, {
    hint: 'Without writing the data anew, Iceberg widens integer to bigint, real to double precision, and the precision of numeric.',
  })
}

/** Partition fields of the current spec stand on columns by id. */
function checkPartitions(table: TableMetadata, fields: readonly Field[]): void {
  const spec = table['partition-specs'].find((other) => other['spec-id'] === table['default-spec-id'])
  for (const partition of spec?.fields ?? [])
    if (partition.transform !== 'void' && !fields.some((field) => field.id === partition['source-id']))
      throw unsupported(`dropping or retyping a column that the table is partitioned by (${partition.name})`)
}
