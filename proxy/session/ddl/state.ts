import type { Pinned } from '../../compiler/compiler.ts'

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
}

export type ColumnState = {
  attnum: number
  name: string
  pgType: string
  notNull: boolean
  defaultSql: string | null
  comment: string | null
}

const USER_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

const NAMESPACES = `
SELECT n.oid, n.nspname, pg_catalog.obj_description(n.oid, 'pg_namespace')
FROM pg_catalog.pg_namespace n WHERE ${USER_SCHEMA}`

const RELATIONS = `
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.obj_description(c.oid, 'pg_class'),
       CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
       CASE c.relkind WHEN 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END,
       pg_catalog.array_to_json(c.reloptions)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v') ORDER BY c.oid`

const COLUMNS = `
SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`

/** One row per object that Iceberg cannot hold. A kind that is missing here would be lost silently: the list is closed over pg_class.relkind and every catalog with user objects. */
const REFUSED = `
SELECT CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion' WHEN 'c' THEN 'check' ELSE 'trigger' END
       || ' constraint "' || k.conname || '"'
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE ${USER_SCHEMA} AND k.contype <> 'n'
UNION ALL
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' ELSE 'index' END
       || ' "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND c.relkind NOT IN ('r', 'p', 'v')
UNION ALL
SELECT CASE c.relpersistence WHEN 't' THEN 'temporary' ELSE 'unlogged' END || ' table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND c.relpersistence <> 'p' AND n.nspname !~ '^pg_toast'
UNION ALL
SELECT 'inheritance of table "' || c.relname || '"'
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA}
UNION ALL
SELECT CASE WHEN a.attidentity <> '' THEN 'identity' ELSE 'generated' END || ' column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE ${USER_SCHEMA} AND (a.attidentity <> '' OR a.attgenerated <> '') AND NOT a.attisdropped
UNION ALL
SELECT 'collation of column "' || a.attname || '"'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND a.attcollation <> t.typcollation AND NOT a.attisdropped
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum type' WHEN 'r' THEN 'range type' ELSE 'type' END || ' "' || t.typname || '"'
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE ${USER_SCHEMA} AND t.typtype <> 'c' AND NOT (t.typtype = 'b' AND t.typelem <> 0 AND t.typlen = -1)
UNION ALL
SELECT 'function "' || p.proname || '"' FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE ${USER_SCHEMA}
UNION ALL
SELECT 'trigger "' || t.tgname || '"' FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule "' || r.rulename || '"' FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'policy "' || p.polname || '"' FROM pg_catalog.pg_policy p
UNION ALL
SELECT 'row security of table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION ALL
SELECT 'tablespace of table "' || c.relname || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND c.reltablespace <> 0
UNION ALL
SELECT 'statistics object "' || s.stxname || '"' FROM pg_catalog.pg_statistic_ext s
UNION ALL
SELECT 'operator "' || o.oprname || '"' FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE ${USER_SCHEMA}
UNION ALL
SELECT 'storage parameter "' || x.option || '"'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, LATERAL pg_catalog.unnest(c.reloptions) x(option)
WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p')`

/** Reads the state in the pinned transaction; the search path is emptied meanwhile so that view texts come out qualified. */
export async function readState(pinned: Pinned, signal: AbortSignal): Promise<TwinState> {
  await pinned.run('SAVEPOINT lakewire_state', signal)
  await pinned.run('SET LOCAL search_path TO pg_catalog', signal)
  const namespaces = new Map<string, NamespaceState>()
  for (const [oid, name, comment] of (await pinned.run(NAMESPACES, signal)).rows) {
    namespaces.set(oid!, { oid: oid!, name: name!, comment: comment ?? null })
  }
  const columns = new Map<string, ColumnState[]>()
  for (const [oid, attnum, name, pgType, notNull, defaultSql, comment] of (await pinned.run(COLUMNS, signal)).rows) {
    const list = columns.get(oid!) ?? []
    if (list.length === 0) columns.set(oid!, list)
    list.push({
      attnum: Number(attnum),
      name: name!,
      pgType: pgType!,
      notNull: notNull === 't',
      defaultSql: defaultSql ?? null,
      comment: comment ?? null,
    })
  }
  const relations = new Map<string, RelationState>()
  for (const [oid, schema, name, relkind, comment, partitionKey, viewSql, options] of (
    await pinned.run(RELATIONS, signal)
  ).rows) {
    relations.set(oid!, {
      oid: oid!,
      schema: schema!,
      name: name!,
      kind: relkind === 'v' ? 'view' : 'table',
      comment: comment ?? null,
      columns: columns.get(oid!) ?? [],
      partitionKey: partitionKey ?? null,
      viewSql: viewSql ?? null,
      options: options ? (JSON.parse(options) as string[]) : [],
    })
  }
  const refused = new Set((await pinned.run(REFUSED, signal)).rows.map((row) => row[0]!))
  await pinned.run('ROLLBACK TO SAVEPOINT lakewire_state', signal)
  await pinned.run('RELEASE SAVEPOINT lakewire_state', signal)
  return { namespaces, relations, refused }
}
