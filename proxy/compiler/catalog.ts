import type { LakeTable } from '../lake/lake.ts'
import type {
  AclItem,
  CatalogSnapshot,
  FunctionInfo,
  OperatorInfo,
  Relation,
  RelationColumn,
  RoleInfo,
  TypeInfo,
} from './compiled.ts'

/** Runs one of our own queries; rows as text. */
export type Query = (sql: string) => Promise<readonly (readonly (string | null)[])[]>

/** Objects below this OID come with PostgreSQL (access/transam.h, FirstNormalObjectId): the same in every twin. */
export const FIRST_TENANT_OID = 16_384

export const isOfTenant = (oid: number): boolean => oid >= FIRST_TENANT_OID

/** pg_catalog's types, functions and operators: the same in all twins of one build, read once. */
export type BuiltIn = {
  readonly types: ReadonlyMap<number, TypeInfo>
  readonly functions: ReadonlyMap<number, FunctionInfo>
  readonly operators: ReadonlyMap<number, OperatorInfo>
}

const TYPE_COLUMNS = `oid, typname, typtype, typcategory, typlen, typbyval, typalign,
  case when typlen = -1 and typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc then typelem else 0 end,
  typarray, typrelid, typbasetype`

function typeOf(row: readonly (string | null)[]): TypeInfo {
  const [oid, name, kind, category, length, byValue, align, element, array, relation, base] = row
  return {
    oid: Number(oid),
    name: name ?? '',
    kind: kind as TypeInfo['kind'],
    category: category ?? '',
    length: Number(length),
    byValue: byValue === 't',
    align: align as TypeInfo['align'],
    element: Number(element),
    array: Number(array),
    relation: Number(relation),
    base: Number(base),
  }
}

export async function readBuiltIn(query: Query): Promise<BuiltIn> {
  const types = await query(`select ${TYPE_COLUMNS} from pg_catalog.pg_type where oid < ${FIRST_TENANT_OID}`)
  const functions = await query(
    `select p.oid, proname, case when l.lanname in ('internal', 'c') then prosrc else '' end, proargtypes, prorettype,
       proretset, prokind, provolatile, proisstrict
     from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang where p.oid < ${FIRST_TENANT_OID}`,
  )
  const operators = await query(
    `select oid, oprname, oprcode::pg_catalog.oid, oprleft, oprright from pg_catalog.pg_operator where oid < ${FIRST_TENANT_OID}`,
  )
  return {
    types: byOid(types.map(typeOf)),
    functions: byOid(
      functions.map(([oid, name, source, args, result, returnsSet, kind, volatility, strict]) => ({
        oid: Number(oid),
        name: name ?? '',
        source: source ?? '',
        arguments: args ? args.split(' ').map(Number) : [],
        result: Number(result),
        returnsSet: returnsSet === 't',
        kind: kind as FunctionInfo['kind'],
        volatility: volatility as FunctionInfo['volatility'],
        strict: strict === 't',
      })),
    ),
    operators: byOid(
      operators.map(([oid, name, code, left, right]) => ({
        oid: Number(oid),
        name: name ?? '',
        function: Number(code),
        left: Number(left),
        right: Number(right),
      })),
    ),
  }
}

function byOid<T extends { oid: number }>(items: readonly T[]): ReadonlyMap<number, T> {
  return new Map(items.map((item) => [item.oid, item]))
}

/** Row and byte counts change with every commit and only choose the engine: they may be so old. */
const STATISTICS_MS = 60_000
const TABLE_KINDS: ReadonlySet<string> = new Set(['r', 'p', 'f', 'm'])

/** What a snapshot knows of a tenant's own objects; filled as statements meet them, gone with the schema version. */
export class Catalog implements CatalogSnapshot {
  readonly tenant: string
  readonly version: number
  readonly #builtIn: BuiltIn
  /** the namespace in the lake of the session's temporary tables; null: shared by sessions */
  readonly #temporary: string | null
  readonly #relations = new Map<number, Relation>()
  readonly #types = new Map<number, TypeInfo>()
  readonly #loadedAt = new Map<number, number>()
  readonly #roles = new Map<string, RoleInfo>()
  readonly #rolesByOid = new Map<number, RoleInfo>()

  constructor(tenant: string, version: number, builtIn: BuiltIn, temporary: string | null = null) {
    this.tenant = tenant
    this.version = version
    this.#builtIn = builtIn
    this.#temporary = temporary
  }

  relation(oid: number): Relation | undefined {
    return this.#relations.get(oid)
  }

  type(oid: number): TypeInfo | undefined {
    return this.#builtIn.types.get(oid) ?? this.#types.get(oid)
  }

  function(oid: number): FunctionInfo | undefined {
    return this.#builtIn.functions.get(oid)
  }

  operator(oid: number): OperatorInfo | undefined {
    return this.#builtIn.operators.get(oid)
  }

  role(name: string): RoleInfo | undefined {
    return this.#roles.get(name)
  }

  roleByOid(oid: number): RoleInfo | undefined {
    return this.#rolesByOid.get(oid)
  }

  /** Reads the relations that are not known yet, with their row types, and the roles if `user` is new. */
  async know(oids: readonly number[], user: string, query: Query): Promise<void> {
    if (!this.#roles.has(user)) await this.#readRoles(query)
    const unknown = oids.filter((oid) => oid !== 0 && !this.#relations.has(oid))
    if (unknown.length > 0) await this.#readRelations(unknown, query)
  }

  /** The tables among these whose definition in the lake is not known, or known for so long that its row counts are old. */
  staleTables(oids: readonly number[], now: number): readonly Relation[] {
    return oids.flatMap((oid) => {
      const relation = this.#relations.get(oid)
      if (!relation || !isOfTenant(oid) || !TABLE_KINDS.has(relation.kind)) return []
      return now - (this.#loadedAt.get(oid) ?? Number.NEGATIVE_INFINITY) < STATISTICS_MS ? [] : [relation]
    })
  }

  setTable(relation: Relation, lake: LakeTable, now: number): void {
    this.#relations.set(relation.oid, { ...relation, lake })
    this.#loadedAt.set(relation.oid, now)
  }

  async #readRoles(query: Query): Promise<void> {
    // pg_has_role('USAGE'): privileges that count without SET ROLE.
    const rows = await query(
      `select r.oid, r.rolname, r.rolsuper, (select string_agg(m.oid::pg_catalog.text, ' ') from pg_catalog.pg_roles m
         where pg_catalog.pg_has_role(r.oid, m.oid, 'USAGE'))
       from pg_catalog.pg_roles r where r.rolname !~ '^pg_'`,
    )
    for (const [oid, name, superuser, roles] of rows) {
      const privilegesOf = new Set((roles ?? '').split(' ').filter(Boolean).map(Number))
      const role = { oid: Number(oid), superuser: superuser === 't', privilegesOf }
      this.#roles.set(name ?? '', role)
      this.#rolesByOid.set(role.oid, role)
    }
  }

  /** Where the lake has what PostgreSQL has in this schema; null: another session's temporary table, which nobody else knows. */
  #namespaceOf(schema: string): string | null {
    if (schema === 'pg_temp') return this.#temporary
    return schema.startsWith('pg_temp_') ? null : schema
  }

  async #readRelations(oids: readonly number[], query: Query): Promise<void> {
    const list = oids.join(', ')
    const acl = (column: string): string =>
      `(select string_agg(x.grantee || ':' || x.privilege_type, ' ') from pg_catalog.aclexplode(${column}) x)`
    const relations = await query(
      `select c.oid, case when n.oid = pg_catalog.pg_my_temp_schema() then 'pg_temp' else n.nspname end, c.relname, c.relkind, c.reltype, c.relowner,
         ${acl(`coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::pg_catalog."char", c.relowner))`)}
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid in (${list})`,
    )
    const columns = await query(
      `select a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attisdropped, ${acl('a.attacl')}
       from pg_catalog.pg_attribute a where a.attrelid in (${list}) and a.attnum > 0 order by a.attrelid, a.attnum`,
    )
    const types = await query(
      `select ${TYPE_COLUMNS} from pg_catalog.pg_type where typrelid in (${list}) or oid in
         (select t.typarray from pg_catalog.pg_type t where t.typrelid in (${list}))
         or oid in (select a.atttypid from pg_catalog.pg_attribute a where a.attrelid in (${list}) and a.attnum > 0)`,
    )
    for (const row of types) {
      const type = typeOf(row)
      this.#types.set(type.oid, type)
    }
    const columnsOf = Map.groupBy(columns, ([relation]) => Number(relation))
    for (const [oid, schema, name, kind, type, owner, privileges] of relations) {
      // Another statement may have read it, and its table in the lake, meanwhile.
      if (this.#relations.has(Number(oid))) continue
      const namespace = this.#namespaceOf(schema ?? '')
      if (namespace === null) continue
      this.#relations.set(Number(oid), {
        oid: Number(oid),
        schema: namespace,
        name: name ?? '',
        kind: kind as Relation['kind'],
        typeOid: Number(type),
        columns: (columnsOf.get(Number(oid)) ?? []).map(columnOf),
        owner: Number(owner),
        acl: aclOf(privileges ?? null),
        lake: null,
      })
    }
  }
}

function columnOf(row: readonly (string | null)[]): RelationColumn | null {
  const [, , name, type, typmod, notNull, dropped, privileges] = row
  if (dropped === 't') return null
  return {
    name: name ?? '',
    typeOid: Number(type),
    typmod: Number(typmod),
    notNull: notNull === 't',
    acl: aclOf(privileges ?? null),
  }
}

/** https://www.postgresql.org/docs/18/ddl-priv.html#PRIVILEGE-ABBREVS-TABLE */
const PRIVILEGE_LETTERS: Readonly<Record<string, string>> = {
  INSERT: 'a',
  SELECT: 'r',
  UPDATE: 'w',
  DELETE: 'd',
  TRUNCATE: 'D',
  REFERENCES: 'x',
  TRIGGER: 't',
  MAINTAIN: 'm',
  USAGE: 'U',
}

/** "grantee:PRIVILEGE grantee:PRIVILEGE …" */
function aclOf(text: string | null): AclItem[] {
  if (text === null) return []
  return text.split(' ').map((item) => {
    const [grantee, privilege = ''] = item.split(':')
    return { grantee: Number(grantee), privilege: PRIVILEGE_LETTERS[privilege] ?? privilege }
  })
}
