import type { CatalogSnapshot, RelationColumn } from '../../proxy/compiler/compiled.ts'
import { DEFAULT_STYLE } from '../../proxy/engine/engine.ts'
import { unsupported } from '../../proxy/error.ts'
import type { IcebergType, LakeColumn } from '../../proxy/lake/lake.ts'
import { lowerName } from '../../proxy/lake/lower-name.ts'
import * as oid from '../../proxy/print/oid.ts'
import { fromText, toText } from './function/text-form.ts'
import { identifier } from './quote.ts'
import { arrayTypeName, typeName } from './type.ts'

/**
 * What the lake stores and what PostgreSQL thinks a column is, as proxy/print/duckdb/storage.ts has it: the same tables.
 */
export function readColumn(
  catalog: CatalogSnapshot,
  column: RelationColumn,
  stored: LakeColumn | undefined,
  sql: string,
): string {
  if (stored === undefined) return sql
  const from = storedTypeName(stored.icebergType)
  const wanted = typeName(catalog, column.typeOid, column.typmod)
  if (from === wanted) return sql
  if (from === 'varchar') return textual(column, fromText(catalog, column.typeOid, column.typmod, sql, STORED_ZONE))
  return isText(from) ? textual(column, null) : `CAST(${sql} AS ${wanted})`
}

/** A value of the column's PostgreSQL type, as the lake stores it. */
export function writeColumn(
  catalog: CatalogSnapshot,
  column: RelationColumn,
  stored: LakeColumn | undefined,
  sql: string,
): string {
  const wanted = typeName(catalog, column.typeOid, column.typmod)
  const to = stored === undefined ? wanted : storedTypeName(stored.icebergType)
  if (to !== wanted && to === 'varchar') {
    const text = textual(column, toText(catalog, column.typeOid, column.typmod, sql, DEFAULT_STYLE))
    // DuckDB reads no plus, which PostgreSQL writes behind a minus.
    return column.typeOid === oid.INTERVAL ? `replace(${text}, '+', '')` : text
  }
  if (to !== wanted && isText(to)) return textual(column, null)
  const value = column.typeOid === oid.BPCHAR ? `trim(TRAILING ' ' FROM ${sql})` : sql
  return `CAST(${value} AS ${to})`
}

/** No type that is stored as text knows zones. */
const STORED_ZONE = 'UTC'

function isText(typeName: string): boolean {
  return typeName.replace(/^(array\()+|\)+$/g, '') === 'varchar'
}

function textual(column: RelationColumn, printed: string | null): string {
  if (printed === null) throw unsupported(`column "${column.name}", which is stored as text,`)
  return printed
}

/** https://trino.io/docs/current/connector/iceberg.html#iceberg-to-trino-type-mapping */
const STORED: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'bigint',
  float: 'real',
  double: 'double',
  date: 'date',
  time: 'time(6)',
  timestamp: 'timestamp(6)',
  timestamptz: 'timestamp(6) with time zone',
  string: 'varchar',
  uuid: 'uuid',
  binary: 'varbinary',
}

function storedTypeName(type: IcebergType): string {
  if (typeof type === 'string') {
    const decimal = /^decimal\((\d+), ?(\d+)\)$/.exec(type)
    if (decimal !== null) return `decimal(${decimal[1]}, ${decimal[2]})`
    const known = STORED[type] ?? (type.startsWith('fixed') ? 'varbinary' : undefined)
    if (known === undefined) throw unsupported(`a column of Iceberg's type ${type}`)
    return known
  }
  switch (type.type) {
    case 'list':
      return arrayTypeName(storedTypeName(type.element))
    case 'map':
    case 'struct':
      throw unsupported(`a column of Iceberg's type ${type.type}`)
  }
}

/** How a column of a table is written: Trino has names in lower case, and takes `$` for columns of its own. */
export function columnIdentifier(name: string): string {
  if (name.startsWith('$')) throw unsupported(`the column name "${name}"`)
  return identifier(name)
}

/** A table or schema, as the catalog spells it for engines that know lower case only. */
export function tableName(name: string): string {
  const lower = lowerName(name)
  if (lower === null) throw unsupported(`the name "${name}"`)
  return lower
}
