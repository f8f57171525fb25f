import type { CatalogSnapshot, Relation, RelationColumn } from '../compiler/compiled.ts'
import { unsupported } from '../error.ts'
import type { Confined } from '../query/stage.ts'
import { DUCKDB } from './duckdb/dialect.ts'
import type { EngineSql } from './engine-sql.ts'
import * as oid from './oid.ts'

/** Rows that PostgreSQL has parsed (COPY … FROM STDIN) on their way into a table of the lake. */
export type Load = {
  /** For the engine: reads the table `staged` (RunOptions.staged), whose columns c1, c2 … are text. */
  readonly sql: EngineSql
  /** For the twin, one expression per column: the text that the engine reads back, of a value of the column */
  readonly texts: readonly string[]
}

/** The table that an INSERT of the same columns was confined to gets all its columns, in their order. */
export function printLoad(confined: Confined, lakeTransaction: string | null): Load {
  const { compiled } = confined
  const { query, catalog } = compiled
  const target = query.rtable[query.resultRelation - 1]
  const relation = target?.rtekind === 'relation' ? confined.tables.get(target.relid) : undefined
  if (relation === undefined) throw unsupported('COPY into this relation')
  const columns = relation.columns.filter((column) => column !== null)
  const values = columns.map((column, index) => loadColumn(catalog, relation, column, `c${index + 1}`))
  const name = DUCKDB.relationName(lakeTransaction, catalog.tenant, relation)
  const names = columns.map((column) => DUCKDB.identifier(column.name)).join(', ')
  const statement = `INSERT INTO ${name} (${names}) SELECT ${values.map(({ sql }) => sql).join(', ')} FROM staged`
  return {
    sql: { dialect: DUCKDB.name, statements: [statement], columns: null, countOf: 0 },
    texts: values.map(({ text }) => text),
  }
}

function loadColumn(
  catalog: CatalogSnapshot,
  relation: Relation,
  column: RelationColumn,
  staged: string,
): { sql: string; text: string } {
  const name = `"${column.name.replaceAll('"', '""')}"`
  const { sql, text } = carried(catalog, column, staged, name)
  const stored = relation.lake?.columns.find((candidate) => candidate.name === column.name)
  return { sql: DUCKDB.write(catalog, column, stored, sql), text }
}

/** How a value travels as text: PostgreSQL's own where the engine reads it, else a form that both know. */
function carried(
  catalog: CatalogSnapshot,
  column: RelationColumn,
  staged: string,
  name: string,
): { sql: string; text: string } {
  const { typeOid, typmod } = column
  if (typeOid === oid.BYTEA) return { sql: `from_hex(${staged})`, text: `pg_catalog.encode(${name}, 'hex')` }
  const type = catalog.type(typeOid)
  if (type !== undefined && type.element !== 0 && type.length === -1) {
    if (type.element === oid.BYTEA) return carriedBytes(staged, name)
    const list = DUCKDB.typeName(catalog, typeOid, typmod)
    const json = `pg_catalog.to_json(${name})`
    const text = BEFORE_CHRIST.has(type.element)
      ? eraFirst(json, '"(\\d+-\\d\\d-\\d\\d)([^"]*) BC"', '"\\1 (BC)\\2"')
      : type.element === oid.INTERVAL
        ? withoutPlus(json)
        : json
    return { sql: DUCKDB.cast(`CAST(${staged} AS JSON)`, list), text }
  }
  // PostgreSQL has read the client's text and written its own: the engine's plain cast reads that.
  if (type?.kind !== 'b') throw unsupported(`COPY into a column of type ${type?.name ?? typeOid}`)
  const sql = DUCKDB.cast(staged, DUCKDB.typeName(catalog, typeOid, typmod))
  if (typeOid === oid.INTERVAL) return { sql, text: withoutPlus(name) }
  return { sql, text: BEFORE_CHRIST.has(typeOid) ? eraFirst(name, '^(\\S+)(.*) BC$', '\\1 (BC)\\2') : name }
}

const BEFORE_CHRIST: ReadonlySet<number> = new Set([oid.DATE, oid.TIMESTAMP, oid.TIMESTAMPTZ])

/** DuckDB reads the era behind the date, "0044-03-15 (BC) 12:00:00", and takes PostgreSQL's " BC" at the end for nothing. */
function eraFirst(value: string, pattern: string, replacement: string): string {
  return `pg_catalog.regexp_replace((${value})::pg_catalog.text, '${pattern}', '${replacement}', 'g')`
}

/** "-1 days +02:00:00": PostgreSQL writes a plus behind a minus, DuckDB reads none. */
function withoutPlus(value: string): string {
  return `pg_catalog.replace((${value})::pg_catalog.text, '+', '')`
}

/** Every element in hex: within JSON PostgreSQL's own text of bytes would be taken for the bytes. */
function carriedBytes(staged: string, name: string): { sql: string; text: string } {
  const elements = `SELECT pg_catalog.encode(u.e, 'hex') FROM pg_catalog.unnest(${name}) WITH ORDINALITY u(e, i) ORDER BY u.i`
  return {
    sql: `list_transform(CAST(CAST(${staged} AS JSON) AS VARCHAR[]), lambda x: from_hex(x))`,
    text: `CASE WHEN pg_catalog.array_ndims(${name}) > 1 THEN pg_catalog.to_json(${name}) WHEN ${name} IS NOT NULL THEN pg_catalog.to_json(ARRAY(${elements})) END`,
  }
}
