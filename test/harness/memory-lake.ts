/** A lake without tables' data, in memory: for tests of what only needs to know which relations there are. */
import { randomUUID } from 'node:crypto'
import { PgError } from '../../proxy/error.ts'
import type {
  IcebergType,
  Lake,
  LakeChange,
  LakeRelation,
  LakeSchema,
  LakeTable,
  LakeView,
  NewColumn,
  RelationName,
  ScanAsk,
  ScanEstimate,
} from '../../proxy/lake/lake.ts'
import { isTemporary } from '../../proxy/lake/temporary.ts'
import { icebergTypeOf } from '../../proxy/lake/type-mapping.ts'

type Content = { namespaces: Map<string, string | null>; relations: Map<string, LakeRelation> }
type Tenant = { version: number; committed: Content; overlays: Map<string, Content> }

const keyOf = ({ schema, name }: RelationName): string => JSON.stringify([schema, name])
const copyOf = (content: Content): Content => ({
  namespaces: new Map(content.namespaces),
  relations: new Map(content.relations),
})

export class MemoryLake implements Lake {
  readonly #tenants = new Map<string, Tenant>()
  /** how often schema() and load() were asked */
  readonly asked = { schema: 0, load: 0 }

  #tenant(name: string): Tenant {
    let tenant = this.#tenants.get(name)
    if (!tenant) {
      tenant = {
        version: 1,
        committed: { namespaces: new Map([['public', null]]), relations: new Map() },
        overlays: new Map(),
      }
      this.#tenants.set(name, tenant)
    }
    return tenant
  }

  #content(name: string, transaction: string | null): Content {
    const tenant = this.#tenant(name)
    const content = transaction === null ? tenant.committed : tenant.overlays.get(transaction)
    if (!content) throw new PgError('25P01', 'there is no such transaction', { fault: 'lake' })
    return content
  }

  async schemaVersion(tenant: string): Promise<number> {
    return this.#tenant(tenant).version
  }

  async schema(tenant: string, transaction: string | null): Promise<LakeSchema> {
    this.asked.schema++
    const { namespaces, relations } = this.#content(tenant, transaction)
    return {
      version: this.#tenant(tenant).version,
      namespaces: [...namespaces].map(([name, comment]) => ({ name, comment })),
      relations: [...relations.values()]
        .filter(({ schema }) => !isTemporary(schema))
        .map(({ schema, name, kind, uuid, signature }) => ({
          schema,
          name,
          kind,
          uuid,
          signature,
        })),
    }
  }

  async estimate(_tenant: string, _transaction: string | null, asks: readonly ScanAsk[]): Promise<ScanEstimate[]> {
    return asks.map(() => ({ rows: null, bytes: null, files: null, filesTotal: null }))
  }

  async temporaries(tenant: string, namespace: string): Promise<LakeSchema['relations']> {
    return [...this.#content(tenant, null).relations.values()].filter(({ schema }) => schema === namespace)
  }

  async load(tenant: string, transaction: string | null, names: readonly RelationName[]): Promise<LakeRelation[]> {
    this.asked.load++
    const { relations } = this.#content(tenant, transaction)
    return names.flatMap((name) => relations.get(keyOf(name)) ?? [])
  }

  async change(tenant: string, transaction: string | null, changes: readonly LakeChange[]): Promise<number> {
    const owner = this.#tenant(tenant)
    const next = copyOf(this.#content(tenant, transaction))
    for (const change of changes) apply(next, change)
    if (transaction === null) {
      owner.committed = next
      owner.version++
    } else owner.overlays.set(transaction, next)
    return owner.version
  }

  async begin(tenant: string): Promise<string> {
    const transaction = randomUUID()
    this.#tenant(tenant).overlays.set(transaction, copyOf(this.#tenant(tenant).committed))
    return transaction
  }

  async commit(tenant: string, transaction: string): Promise<number> {
    const owner = this.#tenant(tenant)
    owner.committed = this.#content(tenant, transaction)
    owner.overlays.delete(transaction)
    return ++owner.version
  }

  async rollback(tenant: string, transaction: string): Promise<void> {
    this.#tenant(tenant).overlays.delete(transaction)
  }

  async savepoint(): Promise<void> {
    throw new PgError('0A000', 'savepoints are not supported by the lake in memory')
  }
}

function apply({ namespaces, relations }: Content, change: LakeChange): void {
  switch (change.kind) {
    case 'createNamespace':
    case 'commentNamespace':
      namespaces.set(change.name, change.comment)
      return
    case 'dropNamespace':
      namespaces.delete(change.name)
      return
    case 'renameNamespace':
      namespaces.set(change.to, namespaces.get(change.from) ?? null)
      namespaces.delete(change.from)
      for (const relation of [...relations.values()]) {
        if (relation.schema !== change.from) continue
        relations.delete(keyOf(relation))
        put(relations, { ...relation, schema: change.to })
      }
      return
    case 'createTable':
      put(relations, {
        ...change.table,
        kind: 'table',
        uuid: randomUUID(),
        signature: '',
        comment: change.comment,
        columns: change.columns.map((column, index) => ({
          ...column,
          fieldId: index + 1,
          icebergType: storedAs(column.pgType),
        })),
        partition: [],
        rowCount: null,
        byteCount: null,
      })
      return
    case 'alterTable': {
      const table = relations.get(keyOf(change.table)) as LakeTable
      put(relations, {
        ...table,
        comment: change.comment,
        columns: change.columns.map((column, index) => ({
          ...column,
          fieldId: column.fieldId ?? 1000 + index,
          icebergType: 'string',
        })),
      })
      return
    }
    case 'renameRelation': {
      const relation = relations.get(keyOf(change.from)) as LakeRelation
      relations.delete(keyOf(change.from))
      put(relations, { ...relation, ...change.to })
      return
    }
    case 'dropTable':
      relations.delete(keyOf(change.table))
      return
    case 'putView': {
      const { sql, columns, comment, options } = change
      const view: LakeView = {
        ...change.view,
        kind: 'view',
        uuid: randomUUID(),
        signature: '',
        sql,
        columns,
        comment,
        options,
      }
      put(relations, view)
      return
    }
    case 'putTemporary':
    case 'commitTemporary':
      return
    case 'dropTemporary':
      for (const relation of [...relations.values()])
        if (relation.schema === change.name) relations.delete(keyOf(relation))
      return
    case 'dropView':
      relations.delete(keyOf(change.view))
      return
  }
}

function put(relations: Content['relations'], relation: LakeRelation): void {
  relations.set(keyOf(relation), { ...relation, signature: JSON.stringify({ ...relation, signature: '' }) })
}

/** `column('id', 'bigint', { required: true })` */
/** PostgreSQL's short names of types, which format_type writes out. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
}

function storedAs(pgType: string): IcebergType {
  const name = pgType.replace(/^varchar/, 'character varying').replace(/^char\b/, 'character')
  let id = FIELD_ID_OF_ELEMENTS
  try {
    return icebergTypeOf(LONG_NAMES[name] ?? name, () => id++)
  } catch (error) {
    if (error instanceof PgError) return 'string'
    throw error
  }
}

const FIELD_ID_OF_ELEMENTS = 1000

export function column(name: string, pgType: string, more: Partial<NewColumn> = {}): NewColumn {
  return { name, pgType, required: false, defaultSql: null, comment: null, ...more }
}

export function createTable(schema: string, name: string, columns: readonly NewColumn[]): LakeChange {
  return { kind: 'createTable', table: { schema, name }, columns, partition: [], comment: null, properties: {} }
}

export function createView(schema: string, name: string, sql: string, columns: readonly string[]): LakeChange {
  return {
    kind: 'putView',
    view: { schema, name },
    uuid: null,
    sql,
    columns: columns.map((column) => ({ name: column, pgType: 'text', comment: null })),
    comment: null,
    options: [],
  }
}
