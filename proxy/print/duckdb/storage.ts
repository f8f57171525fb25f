import type { CatalogSnapshot, RelationColumn } from '../../compiler/compiled.ts'
import type { IcebergType, LakeColumn } from '../../lake/lake.ts'
import * as oid from '../oid.ts'
import { typeName } from './type.ts'

/**
 * The one place where what the lake stores meets what PostgreSQL thinks a column is. Types without a home in Iceberg are
 * stored in the nearest one and cast at every scan; char(n) is stored, and travels through a statement, without its
 * padding, so that comparisons are plain and reach the scan: PostgreSQL ignores those blanks wherever they do not show.
 */
export function readColumn(
  catalog: CatalogSnapshot,
  column: RelationColumn,
  stored: LakeColumn | undefined,
  sql: string,
): string {
  if (stored === undefined) return sql
  const wanted = typeName(catalog, column.typeOid, column.typmod)
  const value = mayBeNan(stored.icebergType) ? `(${sql} * 1)` : sql
  return storedTypeName(stored.icebergType) === wanted ? value : `CAST(${value} AS ${wanted})`
}

/**
 * NaN is in no bound that a data file has, so DuckDB would pass over files for what only their NaN fulfils: `x > 5`,
 * a join, IN. A product is no column, and meets no bounds. https://iceberg.apache.org/spec/#manifests
 */
function mayBeNan(type: IcebergType): boolean {
  return type === 'float' || type === 'double'
}

/** A value of the column's PostgreSQL type, as the lake stores it. */
export function writeColumn(
  catalog: CatalogSnapshot,
  column: RelationColumn,
  stored: LakeColumn | undefined,
  sql: string,
): string {
  const wanted =
    stored === undefined ? typeName(catalog, column.typeOid, column.typmod) : storedTypeName(stored.icebergType)
  const value = column.typeOid === oid.BPCHAR ? `rtrim(${sql}, ' ')` : sql
  return `CAST(${value} AS ${wanted})`
}

/** https://iceberg.apache.org/spec/#primitive-types, as DuckDB's iceberg extension reads them */
const STORED: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  timestamp_ns: 'TIMESTAMP_NS',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
}

export function storedTypeName(type: IcebergType): string {
  if (typeof type === 'string') {
    const decimal = /^decimal\((\d+), ?(\d+)\)$/.exec(type)
    if (decimal !== null) return `DECIMAL(${decimal[1]},${decimal[2]})`
    return STORED[type] ?? (type.startsWith('fixed') ? 'BLOB' : 'VARCHAR')
  }
  switch (type.type) {
    case 'list':
      return `${storedTypeName(type.element)}[]`
    case 'map':
      return `MAP(${storedTypeName(type.key)}, ${storedTypeName(type.value)})`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `"${field.name.replaceAll('"', '""')}" ${storedTypeName(field.type)}`).join(', ')})`
  }
}
