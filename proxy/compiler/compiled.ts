import type { LakeTable } from '../lake/lake.ts'
import type { Query } from './tree/node.ts'

/** A statement that PostgreSQL has analysed and rewritten. Made only by the compiler. */
export type Compiled = {
  readonly sql: string
  readonly query: Query
  /** one OID per parameter, inferred by PostgreSQL */
  readonly parameterTypes: readonly number[]
  /** null: the statement returns no rows */
  readonly columns: readonly ResultColumn[] | null
  readonly catalog: CatalogSnapshot
}

/** A field of RowDescription. https://www.postgresql.org/docs/18/protocol-message-formats.html */
export type ResultColumn = {
  readonly name: string
  readonly tableOid: number
  readonly attnum: number
  readonly typeOid: number
  readonly typlen: number
  readonly typmod: number
}

/** What OIDs in a tree mean, as of one schema version of one tenant. */
export type CatalogSnapshot = {
  readonly tenant: string
  readonly version: number
  relation(oid: number): Relation | undefined
  type(oid: number): TypeInfo | undefined
  /** functions and operators of pg_catalog; a tenant can make none of its own */
  function(oid: number): FunctionInfo | undefined
  operator(oid: number): OperatorInfo | undefined
  /** a role of the tenant by name; undefined: there is none, and no privilege is granted */
  role(name: string): RoleInfo | undefined
  roleByOid(oid: number): RoleInfo | undefined
}

export type RoleInfo = {
  readonly oid: number
  readonly superuser: boolean
  /** itself and every role whose privileges it inherits, at any depth (has_privs_of_role) */
  readonly privilegesOf: ReadonlySet<number>
}

/** A relation of the tenant's private PostgreSQL, by its OID there. */
export type Relation = {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_class.relkind */
  readonly kind: 'r' | 'v' | 'p' | 'm' | 'f' | 'c' | 'S' | 'i' | 't'
  readonly typeOid: number
  /** index = attnum - 1; null: dropped */
  readonly columns: readonly (RelationColumn | null)[]
  /** pg_class.relowner and aclexplode(coalesce(relacl, acldefault('r', relowner))) / aclexplode(attacl), for the privilege check */
  readonly owner: number
  readonly acl: readonly AclItem[]
  /** the lake's table; null for views and for relations of pg_catalog and information_schema */
  readonly lake: LakeTable | null
}

export type RelationColumn = {
  readonly name: string
  readonly typeOid: number
  readonly typmod: number
  readonly notNull: boolean
  readonly acl: readonly AclItem[]
}

/** privilege: one letter as in aclitem text (r SELECT, a INSERT, w UPDATE, d DELETE, D TRUNCATE …); grantee 0 = PUBLIC */
export type AclItem = { readonly grantee: number; readonly privilege: string }

export type TypeInfo = {
  readonly oid: number
  readonly name: string
  /** pg_type.typtype: base, composite, domain, enum, pseudo, range, multirange */
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'p' | 'r' | 'm'
  readonly category: string
  readonly length: number
  readonly byValue: boolean
  readonly align: 'c' | 's' | 'i' | 'd'
  /** element type of a true array (typlen -1 and typelem), else 0 */
  readonly element: number
  readonly array: number
  readonly relation: number
  readonly base: number
}

export type FunctionInfo = {
  readonly oid: number
  readonly name: string
  /** C symbol for built-in functions (the stable key of an implementation); empty where SQL or PL */
  readonly source: string
  readonly arguments: readonly number[]
  readonly result: number
  readonly returnsSet: boolean
  /** pg_proc.prokind: function, procedure, aggregate, window */
  readonly kind: 'f' | 'p' | 'a' | 'w'
  readonly volatility: 'i' | 's' | 'v'
  readonly strict: boolean
}

export type OperatorInfo = {
  readonly oid: number
  readonly name: string
  readonly function: number
  readonly left: number
  readonly right: number
}
