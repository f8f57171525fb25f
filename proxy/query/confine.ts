import type { Compiled, Relation } from '../compiler/compiled.ts'
import type { RangeTblEntry } from '../compiler/tree/node.ts'
import { nodesOf } from '../compiler/tree/walk.ts'
import { PgError, unsupported } from '../error.ts'
import { checkPrivileges } from './privilege.ts'
import type { Confined } from './stage.ts'

/**
 * The only maker of Confined: every relation in any slot of the tree (the walker is derived from the tree's schema and can
 * forget none) is a table of this tenant's lake or a view of this tenant, and `user` holds the privileges that the
 * tree lists. What is not known is refused.
 */
export function confine(compiled: Compiled, user: string): Confined {
  const tables = new Map<number, Relation>()
  for (const rte of nodesOf(compiled.query, 'RangeTblEntry')) {
    const table = tableOf(compiled, rte)
    if (table !== null) tables.set(table.oid, table)
  }
  checkPrivileges(compiled, user)
  return { compiled, tables } as unknown as Confined
}

/** The lake's table that an entry reads or writes; null for an entry that is no relation by itself. */
function tableOf(compiled: Compiled, rte: RangeTblEntry): Relation | null {
  switch (rte.rtekind) {
    case 'relation': {
      const relation = known(compiled, rte.relid)
      if (relation.lake !== null) return relation
      // A write to a view becomes one to its table, but the view keeps an entry, which nothing reads.
      if (relation.kind === 'v' && !rte.inFromCl && !isSystem(relation)) return null
      throw notInLake(relation)
    }
    case 'subquery': {
      // A view that has been expanded keeps its own OID: its body has been met already, or will be.
      if (rte.relid !== 0) known(compiled, rte.relid)
      return null
    }
    case 'namedtuplestore':
      throw unsupported('a transition table')
    case 'join':
    case 'function':
    case 'tablefunc':
    case 'values':
    case 'cte':
    case 'result':
    case 'group':
      return null
  }
}

function known(compiled: Compiled, oid: number): Relation {
  const relation = compiled.catalog.relation(oid)
  // As PostgreSQL says it of a relation that does not exist: the two must not be told apart.
  if (relation === undefined) throw new PgError('42P01', 'relation does not exist', { fault: 'policy' })
  return relation
}

function isSystem(relation: Relation): boolean {
  return relation.schema === 'pg_catalog' || relation.schema === 'information_schema'
}

function notInLake(relation: Relation): PgError {
  if (isSystem(relation))
    return unsupported(`a statement that reads both "${relation.schema}.${relation.name}" and tables`)
  return unsupported(`"${relation.name}" is not a table of the lake: reading or writing it`)
}
