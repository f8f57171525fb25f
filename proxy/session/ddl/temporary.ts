import { PgError } from '../../error.ts'
import type { LakeChange, RelationName } from '../../lake/lake.ts'
import { ON_COMMIT, type OnCommit, temporaryExpiry } from '../../lake/temporary.ts'
import type { Session } from '../state.ts'
import { TokenReader } from '../token.ts'
import type { TwinState } from './state.ts'

/** Of one session. */
export const TEMPORARY_RELATIONS_MAX = 200

/** PostgreSQL's name of a session's temporary schema says which backend it is: none of the tenant's own is called so. */
const SCHEMA = /^pg_temp_\d+$/

/** What the twin calls pg_temp_3 and the lake by the session's own name. */
export class TemporarySide {
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  inLake({ schema, name }: RelationName): RelationName {
    return { schema: SCHEMA.test(schema) ? this.session.temporary.namespace : schema, name }
  }

  changes(changes: readonly LakeChange[], onCommit: OnCommit | null): readonly LakeChange[] {
    const { temporary } = this.session
    const inLake = changes.map((change) => this.change(change, onCommit))
    if (!inLake.some((change) => madeIn(change) === temporary.namespace)) return inLake
    temporary.use()
    if (onCommit !== null) temporary.actsOnCommit = true
    return [{ kind: 'putTemporary', name: temporary.namespace, expiresAt: temporaryExpiry() }, ...inLake]
  }

  private change(change: LakeChange, onCommit: OnCommit | null): LakeChange {
    switch (change.kind) {
      case 'createTable': {
        const table = this.inLake(change.table)
        const isOurs = table.schema !== change.table.schema && onCommit !== null
        return { ...change, table, ...(isOurs ? { properties: { ...change.properties, [ON_COMMIT]: onCommit } } : {}) }
      }
      case 'alterTable':
      case 'dropTable':
        return { ...change, table: this.inLake(change.table) }
      case 'putView':
      case 'dropView':
        return { ...change, view: this.inLake(change.view) }
      case 'renameRelation':
        return { ...change, from: this.inLake(change.from), to: this.inLake(change.to) }
      default:
        return change
    }
  }
}

export function refuseTooMany({ relations }: TwinState): void {
  const count = [...relations.values()].filter(({ schema }) => SCHEMA.test(schema)).length
  if (count <= TEMPORARY_RELATIONS_MAX) return
  throw new PgError('53400', 'too many temporary tables in this session', {
    detail: `At most ${TEMPORARY_RELATIONS_MAX} are kept.`,
    fault: 'limit',
  })
}

function madeIn(change: LakeChange): string | null {
  if (change.kind === 'createTable') return change.table.schema
  return change.kind === 'putView' ? change.view.schema : null
}

/** ON COMMIT of CREATE TABLE and CREATE TABLE AS. PRESERVE ROWS is what happens anyway. */
export function readOnCommit(sql: string): OnCommit | null {
  const reader = new TokenReader(sql)
  if (!reader.words('create')) return null
  let depth = 0
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    if (depth === 0 && reader.words('on', 'commit')) {
      if (reader.words('drop')) return 'drop'
      return reader.words('delete', 'rows') ? 'delete' : null
    }
    if (token.kind === 'symbol' && token.value === '(') depth += 1
    if (token.kind === 'symbol' && token.value === ')') depth -= 1
    reader.next()
  }
  return null
}
