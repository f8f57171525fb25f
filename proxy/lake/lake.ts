/**
 * The port through which the proxy sees the lake: what relations a tenant has, and changes to them. The adapter in
 * proxy/lake/rest speaks the Iceberg REST protocol; "transactions" are ours: an overlay of table pointers that engines
 * reach by the warehouse name `${tenant}~${transaction}` and that becomes visible at once, or not at all, by commit.
 * Errors are PgError with fault "lake": 40001 lost race, 42P01/42P06/42P07/3F000 as PostgreSQL names them.
 */
export interface Lake {
  /** Cheap enough to ask before each statement: changes whenever a relation, a column or a view of the tenant does. */
  schemaVersion(tenant: string, signal?: AbortSignal): Promise<number>
  /** All namespaces and relations at one version. */
  schema(tenant: string, transaction: string | null, signal?: AbortSignal): Promise<LakeSchema>
  /** What a session has in its temporary namespace; empty when that is not there. */
  temporaries(tenant: string, namespace: string, signal?: AbortSignal): Promise<LakeSchema['relations']>
  /** Full definitions, for the relations named. A relation that has gone meanwhile is left out. */
  load(
    tenant: string,
    transaction: string | null,
    names: readonly RelationName[],
    signal?: AbortSignal,
  ): Promise<LakeRelation[]>
  /** How much each scan would read, at most, in the order of the asks. A table that has gone meanwhile: nothing is known. */
  estimate(
    tenant: string,
    transaction: string | null,
    asks: readonly ScanAsk[],
    signal?: AbortSignal,
  ): Promise<ScanEstimate[]>
  /**
   * Applies all or none, in order; with `transaction` they become visible at its commit. Returns the new schema version.
   * While a transaction has changed definitions its version is negative: no committed state and no other transaction has it.
   */
  change(
    tenant: string,
    transaction: string | null,
    changes: readonly LakeChange[],
    signal?: AbortSignal,
  ): Promise<number>
  begin(tenant: string, signal?: AbortSignal): Promise<string>
  /** 40001 when a table that the transaction wrote has been written by another since it began. Returns the schema version. */
  commit(tenant: string, transaction: string, signal?: AbortSignal): Promise<number>
  rollback(tenant: string, transaction: string, signal?: AbortSignal): Promise<void>
  savepoint(
    tenant: string,
    transaction: string,
    action: 'set' | 'release' | 'rollback',
    name: string,
    signal?: AbortSignal,
  ): Promise<void>
}

/** One table read once by a statement: which columns, and what it asks of their rows. */
export type ScanAsk = RelationName & {
  /** field ids; null: all */
  readonly columns: readonly number[] | null
  readonly filter: ScanFilter | null
}

/**
 * Conditions on columns of a table, by field id. Rows for which one is not true are not wanted; leaving a condition out
 * only makes the estimate larger. Values are PostgreSQL's text of a value that can be compared with the column's:
 * of a timestamp, a date for a date, of any number for a number.
 */
export type ScanFilter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly ScanFilter[] }
  | {
      readonly kind: 'compare'
      readonly fieldId: number
      readonly operator: '=' | '<' | '<=' | '>' | '>='
      readonly value: string
    }
  | { readonly kind: 'in'; readonly fieldId: number; readonly values: readonly string[] }
  | { readonly kind: 'null' | 'notNull'; readonly fieldId: number }
  /** no row can be wanted */
  | { readonly kind: 'never' }

/** Null: not known. Without manifests at hand the numbers are the whole table's. */
export type ScanEstimate = {
  readonly rows: number | null
  readonly bytes: number | null
  /** data files that may hold rows that are wanted, and all of them */
  readonly files: number | null
  readonly filesTotal: number | null
}

export type RelationName = { schema: string; name: string }

export type LakeSchema = {
  version: number
  namespaces: readonly { name: string; comment: string | null }[]
  /** `signature` changes exactly when the definition that the twin holds would. */
  relations: readonly (RelationName & { kind: 'table' | 'view'; uuid: string; signature: string })[]
}

export type LakeRelation = LakeTable | LakeView

export type LakeTable = RelationName & {
  kind: 'table'
  uuid: string
  signature: string
  comment: string | null
  columns: readonly LakeColumn[]
  partition: readonly PartitionField[]
  /** estimate from the current snapshot's summary; 0 without a snapshot; null: not told */
  rowCount: number | null
  byteCount: number | null
}

export type LakeColumn = {
  name: string
  /** Iceberg field id */
  fieldId: number
  /** Iceberg type as in the spec's JSON: "long", "decimal(12, 2)", {type: 'list', …} */
  icebergType: IcebergType
  /** PostgreSQL type as format_type prints it ("character varying(20)", "jsonb"), kept in the table's properties where Iceberg has none */
  pgType: string
  required: boolean
  /** default expression in PostgreSQL's SQL, kept in the table's properties */
  defaultSql: string | null
  comment: string | null
}

export type IcebergType =
  | string
  | { type: 'list'; 'element-id': number; element: IcebergType; 'element-required': boolean }
  | {
      type: 'map'
      'key-id': number
      key: IcebergType
      'value-id': number
      value: IcebergType
      'value-required': boolean
    }
  | {
      type: 'struct'
      fields: readonly { id: number; name: string; type: IcebergType; required: boolean; doc?: string }[]
    }

export type PartitionField = {
  /** source column's field id */
  fieldId: number
  /** identity, bucket[16], truncate[4], year, month, day, hour, void */
  transform: string
}

export type LakeView = RelationName & {
  kind: 'view'
  uuid: string
  signature: string
  comment: string | null
  /** SELECT in PostgreSQL's SQL, every name qualified, as pg_get_viewdef prints it */
  sql: string
  columns: readonly { name: string; pgType: string; comment: string | null }[]
  /** security_barrier, security_invoker, check_option as in pg_class.reloptions */
  options: readonly string[]
}

/** Column identity for a change is the field id; a new column has none yet. */
export type NewColumn = Omit<LakeColumn, 'fieldId' | 'icebergType'>

export type LakeChange =
  | { kind: 'createNamespace'; name: string; comment: string | null }
  | { kind: 'dropNamespace'; name: string }
  | { kind: 'renameNamespace'; from: string; to: string }
  | { kind: 'commentNamespace'; name: string; comment: string | null }
  | {
      kind: 'createTable'
      table: RelationName
      columns: readonly NewColumn[]
      partition: readonly { column: string; transform: string }[]
      comment: string | null
      properties: Readonly<Record<string, string>>
    }
  /** A new column's default is for rows to come: the caller gives it to those that are there. */
  | {
      kind: 'alterTable'
      table: RelationName
      uuid: string
      columns: readonly (NewColumn & { fieldId: number | null })[]
      comment: string | null
    }
  | { kind: 'renameRelation'; relation: 'table' | 'view'; from: RelationName; to: RelationName }
  /** A session's temporary namespace is made, or said to be still in use. See temporary.ts. */
  | { kind: 'putTemporary'; name: string; expiresAt: string }
  /** ON COMMIT DROP and DELETE ROWS of what is in it. */
  | { kind: 'commitTemporary'; name: string }
  /** With all that is in it. */
  | { kind: 'dropTemporary'; name: string }
  | { kind: 'dropTable'; table: RelationName; uuid: string }
  | {
      kind: 'putView'
      view: RelationName
      uuid: string | null
      sql: string
      columns: LakeView['columns']
      comment: string | null
      options: readonly string[]
    }
  | { kind: 'dropView'; view: RelationName; uuid: string }
