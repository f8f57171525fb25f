import type { Pinned } from '../../compiler/compiler.ts'
import { quoteLiteral } from '../../quote.ts'

/**
 * What the twin's catalog says a tenant has, read before and after a DDL statement. The difference of two states is what the
 * lake must change; whatever a lake cannot hold shows up in `refused`.
 */
export type TwinState = {
  namespaces: ReadonlyMap<string, NamespaceState>
  /** by pg_class.oid, so that a rename is seen as one */
  relations: ReadonlyMap<string, RelationState>
  /** objects of kinds that have no home in Iceberg, in words: "unique constraint \"t_pkey\"" */
  refused: ReadonlySet<string>
}

export type NamespaceState = { oid: string; name: string; comment: string | null }

export type RelationState = {
  oid: string
  schema: string
  name: string
  kind: 'table' | 'view'
  comment: string | null
  columns: readonly ColumnState[]
  /** PARTITION BY as pg_get_partkeydef prints it; null: not partitioned, or partitioned in the lake only */
  partitionKey: string | null
  /** a view's SELECT with every name qualified */
  viewSql: string | null
  options: readonly string[]
  owner: string
}

export type ColumnState = {
  attnum: number
  name: string
  pgType: string
  notNull: boolean
  defaultSql: string | null
  comment: string | null
}

/** "C": the twin's own default, so a column of it is as any other; a query over the catalog yields such. */
const C_COLLATION = 950

/** Below are PostgreSQL's own objects (FirstNormalObjectId, access/transam.h): a tenant's are found by the indexes on OIDs. */
const FIRST = 16_384

const LASTING_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`
/** Nobody else's temporary tables are of interest, or to be seen. */
const USER_SCHEMA = `(${LASTING_SCHEMA} OR n.oid = pg_catalog.pg_my_temp_schema())`

/** One query for all: its first column says what a row is. */
const NAMESPACES = `
SELECT 'namespace', n.oid::text, n.nspname::text, pg_catalog.obj_description(n.oid, 'pg_namespace'), NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_namespace n WHERE ${LASTING_SCHEMA}`

const RELATIONS = `
SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, c.oid::text, n.nspname::text, c.relname::text,
       pg_catalog.obj_description(c.oid, 'pg_class'),
       CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
       CASE c.relkind WHEN 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END,
       pg_catalog.array_to_json(c.reloptions)::text, c.relowner::pg_catalog.regrole::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v')`

const COLUMNS = `
SELECT 'column', a.attrelid::text, a.attnum::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(a.attrelid, a.attnum), NULL
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE a.attrelid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped`

/** One row per object that Iceberg cannot hold. A kind that is missing here would be lost silently: the list is closed over pg_class.relkind and every catalog with user objects. */
const REFUSED = `
SELECT CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion' WHEN 'c' THEN 'check' ELSE 'trigger' END
       || ' constraint "' || k.conname || '"'
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE k.oid >= ${FIRST} AND ${USER_SCHEMA} AND k.contype <> 'n'
UNION ALL
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' ELSE 'index' END
       || ' "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind NOT IN ('r', 'p', 'v')
UNION ALL
SELECT 'unlogged table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND c.relpersistence = 'u'
UNION ALL
SELECT 'inheritance of table "' || c.relname || '"'
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.inhrelid >= ${FIRST} AND ${USER_SCHEMA}
UNION ALL
SELECT CASE WHEN a.attidentity <> '' THEN 'identity' ELSE 'generated' END || ' column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attrelid >= ${FIRST} AND ${USER_SCHEMA} AND (a.attidentity <> '' OR a.attgenerated <> '') AND NOT a.attisdropped
UNION ALL
SELECT 'default of view column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attrelid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind = 'v' AND a.atthasdef
UNION ALL
SELECT 'storage of column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.attstorage <> t.typstorage OR a.attcompression <> '' OR a.attstattarget IS NOT NULL OR a.attoptions IS NOT NULL)
UNION ALL
SELECT 'replica identity of table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND c.relreplident <> 'd'
UNION ALL
SELECT 'privileges of "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relacl IS NOT NULL
UNION ALL
SELECT 'collation of column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND a.attcollation NOT IN (t.typcollation, ${C_COLLATION}) AND NOT a.attisdropped
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum type' WHEN 'r' THEN 'range type' ELSE 'type' END || ' "' || t.typname || '"'
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid >= ${FIRST} AND ${USER_SCHEMA} AND t.typtype <> 'c' AND NOT (t.typtype = 'b' AND t.typelem <> 0 AND t.typlen = -1)
UNION ALL
SELECT 'function "' || p.proname || '"' FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= ${FIRST} AND ${USER_SCHEMA}
UNION ALL
SELECT 'trigger "' || t.tgname || '"' FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule "' || r.rulename || '"' FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.oid >= ${FIRST} AND ${USER_SCHEMA} AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'policy "' || p.polname || '"' FROM pg_catalog.pg_policy p
UNION ALL
SELECT 'row security of table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION ALL
SELECT 'tablespace of table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.reltablespace <> 0
UNION ALL
SELECT 'statistics object "' || s.stxname || '"' FROM pg_catalog.pg_statistic_ext s
UNION ALL
SELECT 'operator "' || o.oprname || '"' FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= ${FIRST} AND ${USER_SCHEMA}
UNION ALL
SELECT 'storage parameter "' || x.option || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, LATERAL pg_catalog.unnest(c.reloptions) x(option)
WHERE c.oid >= ${FIRST} AND ${USER_SCHEMA} AND c.relkind IN ('r', 'p')`

const STATE = `${[NAMESPACES, RELATIONS, COLUMNS].join('\nUNION ALL')}
UNION ALL SELECT 'refused', r.object, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM (${REFUSED}) r(object)`

type Row = readonly (string | null)[]

/** Under these, constants in the texts of views and defaults mean the same to whoever reads them, in whatever session. */
const CANONICAL: readonly (readonly [name: string, value: string])[] = [
  ['DateStyle', 'ISO, MDY'],
  ['IntervalStyle', 'postgres'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
]

/** Reads the state in the pinned transaction; the search path is emptied meanwhile so that view texts come out qualified. */
export async function readState(pinned: Pinned, signal: AbortSignal): Promise<TwinState> {
  const names = ['search_path', ...CANONICAL.map(([name]) => name)]
  const shown = await pinned.run(
    `SELECT ${names.map((name) => `pg_catalog.current_setting('${name}')`).join(', ')}`,
    signal,
  )
  // As SET takes it again: a list of names, quoted where they must be.
  const [path, ...values] = shown.rows[0] ?? []
  const others = CANONICAL.flatMap(([name, canonical], index) => {
    const value = values[index]
    return value === canonical ? [] : [{ name, canonical, value: value ?? canonical }]
  })
  // A temporary table would hide what is called the same: last, it does so nowhere.
  await pinned.run('SET LOCAL search_path TO pg_catalog, pg_temp', signal)
  for (const { name, canonical } of others) await pinned.run(`SET LOCAL ${name} TO ${quoteLiteral(canonical)}`, signal)
  const { rows } = await pinned.run(STATE, signal)
  for (const { name, value } of others) await pinned.run(`SET LOCAL ${name} TO ${quoteLiteral(value)}`, signal)
  await pinned.run(`SET LOCAL search_path TO ${path || "''"}`, signal)
  return stateOf(rows)
}

/** From the rows of the one query, in any order. */
export function stateOf(rows: readonly Row[]): TwinState {
  const namespaces = new Map<string, NamespaceState>()
  const relations = new Map<string, RelationState & { columns: ColumnState[] }>()
  const columns: { oid: string; column: ColumnState }[] = []
  const refused = new Set<string>()
  for (const [kind, ...values] of rows) {
    const [first, second, third] = values
    switch (kind) {
      case 'namespace':
        namespaces.set(first!, { oid: first!, name: second!, comment: third ?? null })
        break
      case 'table':
      case 'view':
        relations.set(first!, relationOf(kind, values))
        break
      case 'column':
        columns.push({ oid: first!, column: columnOf(values) })
        break
      default:
        refused.add(first!)
    }
  }
  for (const { oid, column } of columns) relations.get(oid)?.columns.push(column)
  for (const relation of relations.values()) relation.columns.sort((a, b) => a.attnum - b.attnum)
  const inOrder = [...relations].sort(([a], [b]) => Number(a) - Number(b))
  return { namespaces, relations: new Map(inOrder), refused }
}

function relationOf(kind: 'table' | 'view', values: Row): RelationState & { columns: ColumnState[] } {
  const [oid, schema, name, comment, partitionKey, viewSql, options, owner] = values
  return {
    oid: oid!,
    schema: schema!,
    name: name!,
    kind,
    comment: comment ?? null,
    columns: [],
    partitionKey: partitionKey ?? null,
    viewSql: viewSql ?? null,
    options: options ? (JSON.parse(options) as string[]) : [],
    owner: owner!,
  }
}

function columnOf(values: Row): ColumnState {
  const [, attnum, name, pgType, notNull, defaultSql, comment] = values
  return {
    attnum: Number(attnum),
    name: name!,
    pgType: pgType!,
    notNull: notNull === 'true',
    defaultSql: defaultSql ?? null,
    comment: comment ?? null,
  }
}
