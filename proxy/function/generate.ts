/**
 * Writes proxy/function/catalogue/*.ts from a running PostgreSQL 18:
 *
 *     node proxy/function/generate.ts postgres://postgres@127.0.0.1:5432/postgres
 *
 * test/function/catalogue.test.ts makes the same text again and compares, so the files cannot drift from the server.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

/** Types that a relation of the lake, or an expression over one, can have. `_x` is the array of x. */
const HELD_TYPES = (
  'bool int2 int4 int8 float4 float8 numeric text varchar bpchar name bytea date time timetz timestamp timestamptz ' +
  'interval uuid json jsonb oid char'
).split(' ')

/** Pseudo-types that stand for held ones in a signature. */
const OPEN_TYPES =
  'record unknown any anyelement anyarray anynonarray anycompatible anycompatiblearray anycompatiblenonarray void'.split(
    ' ',
  )

/** Types that only the server's own machinery can name. */
const INTERNAL_TYPES = (
  'internal cstring trigger event_trigger language_handler fdw_handler table_am_handler index_am_handler tsm_handler ' +
  'pg_ddl_command'
).split(' ')

/** Functions about the server, its sessions, files, catalogs and large objects: they mean something in the twin only. */
const SYSTEM_NAME = new RegExp(
  '^(pg_(?!typeof)|_pg_|has_|row_security|obj_description|col_description|shobj_description|lo_|loread|lowrite|' +
    'binary_upgrade|current_setting|set_config|inet_(client|server)|txid_|format_type|to_reg|query_to|table_to|' +
    'schema_to|database_to|cursor_to|amvalidate|acl|makeaclitem|nextval|currval|setval|lastval|version$|' +
    'current_query|getdatabaseencoding|satisfies_hash|fmgr_|plpgsql_|postgresql_fdw|icu_unicode|unicode_version|' +
    'ts_(?!rank|headline|delete|filter|rewrite)|gin_|gist_|brin_|hash|RI_|suppress_|information_|getpgusername|' +
    'xml_is_well|current_schemas|setseed|uuid_hash|interval_hash|time_hash|timetz_hash|timestamp_hash|' +
    'timestamptz_hash|jsonb_hash|numeric_hash)',
)
/** Of those, what a statement over the lake may well contain. */
const SYSTEM_EXCEPT = new Set(['pg_convert', 'pg_convert_from', 'pg_convert_to', 'pg_num_nulls', 'pg_num_nonnulls'])

const SUPPORT_NAME =
  /(send|recv)$|^in_range$|subdiff$|_hash(_extended)?$|^bt.*(cmp|image)$|_cmp(_|$)|cmp$|^(int2int4_sum|int8_avg|float8_\w+|int\w*_accum.*|int\w*_combine|int8inc\w*|int8dec\w*|int4inc|int[24]_sum|int8_sum|numeric_inc|float4_accum|bool(and|or)_statefunc|\w+_transfn|\w+_image_\w+|nameconcatoid|hashing|(\w+_)?(larger|smaller)|(float|int)\w+(larger|smaller))$/

type Row = {
  key: string
  kind: 'f' | 'p' | 'a' | 'w'
  name: string
  arguments: string[]
  result: string
  set: boolean
  types: string[]
  support: boolean
  operator: boolean
}

export const CATALOGUE_QUERY = `
  select case when l.lanname in ('internal', 'c') and p.prosrc <> 'aggregate_dummy' then p.prosrc
              else p.proname || '(' || array_to_string(array(select format_type_name from unnest(p.proargtypes) with ordinality u(t, i)
                   cross join lateral (select typname::text as format_type_name from pg_type where oid = t) n order by i), ',') || ')' end as key,
         p.prokind::text as kind, p.proname::text as name,
         array(select y.typname::text from unnest(p.proargtypes) with ordinality u(t, i) join pg_type y on y.oid = t order by i) as arguments,
         r.typname::text as result, p.proretset as set,
         array(select distinct y.typname::text from unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{}')) u(t)
               join pg_type y on y.oid = t) as types,
         exists (select from pg_amproc where amproc = p.oid) or exists (select from pg_aggregate a where p.oid in
           (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)) as support,
         exists (select from pg_operator where oprcode = p.oid) or exists (select from pg_cast where castfunc = p.oid) as operator
  from pg_proc p join pg_language l on l.oid = p.prolang join pg_type r on r.oid = p.prorettype
  where p.pronamespace = 'pg_catalog'::regnamespace and p.oid < 16384
  order by p.oid`

type Group = 'scalar' | 'set' | 'aggregate' | 'window' | 'foreignType' | 'system' | 'internal'

function groupOf(row: Row): Group {
  const held = (type: string) => HELD_TYPES.includes(type.replace(/^_/, '')) || OPEN_TYPES.includes(type)
  if (row.types.some((type) => INTERNAL_TYPES.includes(type)) || row.kind === 'p') return 'internal'
  const system = SYSTEM_NAME.test(row.name) && !SYSTEM_EXCEPT.has(row.key) && row.name !== 'num_nulls'
  if (!row.types.every(held)) return system ? 'system' : 'foreignType'
  if (row.kind === 'a') return 'aggregate'
  if (row.kind === 'w') return 'window'
  if (!row.operator && (row.support || SUPPORT_NAME.test(row.name))) return 'internal'
  if (system && !row.operator) return 'system'
  return row.set ? 'set' : 'scalar'
}

/** One key can have several signatures; it is as answerable as its most answerable one. */
const ORDER: readonly Group[] = ['scalar', 'set', 'aggregate', 'window', 'foreignType', 'system', 'internal']

export function catalogueFiles(rows: readonly Row[]): Record<string, string> {
  const signatures = new Map<string, string[]>()
  const group = new Map<string, Group>()
  for (const row of rows) {
    const own = groupOf(row)
    const before = group.get(row.key)
    if (before === undefined || ORDER.indexOf(own) < ORDER.indexOf(before)) group.set(row.key, own)
    const text = `${row.name}(${row.arguments.join(',')}) ${row.set ? 'setof ' : ''}${row.result}`
    signatures.set(row.key, [...(signatures.get(row.key) ?? []), text])
  }
  const keys = (wanted: Group) =>
    [...group]
      .filter(([, own]) => own === wanted)
      .map(([key]) => key)
      .sort()
  const property = (key: string) => (/^[A-Za-z_]\w*$/.test(key) ? key : quote(key))
  const head =
    '// Written by proxy/function/generate.ts from PostgreSQL 18. Do not edit.\n// biome-ignore-all format: generated\n\n'
  const answered = (constant: string, wanted: Group) =>
    `${head}/** key → signatures, in the words of pg_proc and pg_type */\nexport const ${constant} = {\n${keys(wanted)
      .map((key) => `  ${property(key)}: ${quote((signatures.get(key) ?? []).join('; '))},\n`)
      .join('')}} as const\n`
  const listed = (constant: string, wanted: Group) =>
    `${head}export const ${constant}: readonly string[] = \`\n${keys(wanted).join('\n')}\n\`.trim().split('\\n')\n`
  return {
    'scalar.ts': answered('SCALAR', 'scalar'),
    'set.ts': answered('SET_RETURNING', 'set'),
    'aggregate.ts': answered('AGGREGATE', 'aggregate'),
    'window.ts': answered('WINDOW', 'window'),
    'foreign-type.ts': listed('FOREIGN_TYPE', 'foreignType'),
    'system.ts': listed('SYSTEM', 'system'),
    'internal.ts': listed('INTERNAL', 'internal'),
  }
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const client = new pg.Client({ connectionString: process.argv[2] })
  await client.connect()
  const { rows } = await client.query<Row>(CATALOGUE_QUERY)
  await client.end()
  for (const [name, text] of Object.entries(catalogueFiles(rows)))
    writeFileSync(new URL(`catalogue/${name}`, import.meta.url), text)
}
