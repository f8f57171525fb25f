import { PgError } from '../../proxy/error.ts'
import type {
  Lake,
  LakeChange,
  LakeRelation,
  LakeSchema,
  LakeTable,
  RelationName,
  ScanAsk,
  ScanEstimate,
} from '../../proxy/lake/lake.ts'

/** A lake without data: tables `numbers (n int)` and `words (w text)` in public, and a diary of what was asked of it. */
export class FakeLake implements Lake {
  readonly diary: string[] = []
  /** The next commits lose their race. */
  lostRaces = 0
  /** how large each table says that it is */
  bytes: number | null = null
  private count = 0
  private version = 1
  private tables = TABLES

  async schemaVersion(): Promise<number> {
    return this.version
  }

  /** `numbers.n` becomes a bigint. */
  widen(): void {
    const bigint = table('numbers', { name: 'n', fieldId: 1, icebergType: 'long', pgType: 'bigint' })
    this.become([{ ...bigint, signature: 'another' }, ...TABLES.slice(1)])
  }

  narrow(): void {
    this.become(TABLES)
  }

  private become(tables: readonly LakeTable[]): void {
    this.tables = tables
    this.version += 1
  }

  async schema(): Promise<LakeSchema> {
    return {
      version: this.version,
      namespaces: [{ name: 'public', comment: null }],
      relations: this.tables.map(({ schema, name, kind, uuid, signature }) => ({
        schema,
        name,
        kind,
        uuid,
        signature,
      })),
    }
  }

  async estimate(_tenant: string, _transaction: string | null, asks: readonly ScanAsk[]): Promise<ScanEstimate[]> {
    return asks.map(() => ({ rows: null, bytes: this.bytes, files: null, filesTotal: null }))
  }

  async temporaries(): Promise<LakeSchema['relations']> {
    return []
  }

  async load(_tenant: string, _transaction: string | null, names: readonly RelationName[]): Promise<LakeRelation[]> {
    return this.tables.filter((table) =>
      names.some(({ schema, name }) => schema === table.schema && name === table.name),
    )
  }

  async change(_tenant: string, transaction: string | null, changes: readonly LakeChange[]): Promise<number> {
    this.diary.push(`change ${transaction} ${changes.map(({ kind }) => kind).join(' ')}`)
    return this.version
  }

  async begin(): Promise<string> {
    const id = `t${++this.count}`
    this.diary.push(`begin ${id}`)
    return id
  }

  async commit(_tenant: string, transaction: string): Promise<number> {
    if (this.lostRaces > 0) {
      this.lostRaces -= 1
      this.diary.push(`lost ${transaction}`)
      throw new PgError('40001', 'could not serialize access due to concurrent update', { fault: 'lake' })
    }
    this.diary.push(`commit ${transaction}`)
    return this.version
  }

  async rollback(_tenant: string, transaction: string): Promise<void> {
    this.diary.push(`rollback ${transaction}`)
  }

  async savepoint(_tenant: string, transaction: string, action: string, name: string): Promise<void> {
    this.diary.push(`savepoint ${transaction} ${action} ${name}`)
  }

  /** What was asked since the last time. */
  took(): string[] {
    return this.diary.splice(0)
  }
}

const TABLES: readonly LakeTable[] = [
  table('numbers', { name: 'n', fieldId: 1, icebergType: 'int', pgType: 'integer' }),
  table('words', { name: 'w', fieldId: 1, icebergType: 'string', pgType: 'text' }),
]

function table(
  name: string,
  column: Pick<LakeTable['columns'][number], 'name' | 'fieldId' | 'icebergType' | 'pgType'>,
): LakeTable {
  return {
    kind: 'table',
    schema: 'public',
    name,
    uuid: `uuid-of-${name}`,
    signature: `signature-of-${name}`,
    comment: null,
    columns: [{ ...column, required: false, defaultSql: null, comment: null }],
    partition: [],
    rowCount: null,
    byteCount: null,
  }
}
