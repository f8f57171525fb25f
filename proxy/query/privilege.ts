import type { AclItem, Compiled, Relation, RoleInfo } from '../compiler/compiled.ts'
import type { RTEPermissionInfo } from '../compiler/tree/node.ts'
import { nodesOf, queries } from '../compiler/tree/walk.ts'
import { PgError } from '../error.ts'

/** ACL_ bits of parsenodes.h, and the letters that aclitem writes for them. */
const PRIVILEGE_BITS = {
  a: 1 << 0,
  r: 1 << 1,
  w: 1 << 2,
  d: 1 << 3,
  D: 1 << 4,
  x: 1 << 5,
  t: 1 << 6,
  m: 1 << 14,
} as const
const { r: SELECT, a: INSERT, w: UPDATE } = PRIVILEGE_BITS

/** FirstLowInvalidHeapAttributeNumber: column sets hold attribute numbers shifted by it. */
const ATTRIBUTE_SHIFT = 7
const WHOLE_ROW = 0
const PUBLIC = 0

/**
 * PostgreSQL's ExecCheckPermissions, which Parse does not reach: every RTEPermissionInfo of the tree, those of views'
 * bodies included, which are checked as their owner. Anything unknown is a denial.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/executor/execMain.c
 */
export function checkPrivileges(compiled: Compiled, user: string): void {
  const { catalog } = compiled
  const session = catalog.role(user)
  for (const query of queries(compiled.query)) {
    for (const info of query.rteperminfos) {
      const relation = catalog.relation(info.relid)
      const role = info.checkAsUser === 0 ? session : catalog.roleByOid(info.checkAsUser)
      if (relation === undefined || role === undefined || !isAllowed(relation, role, info)) throw denied(relation)
    }
  }
  for (const rte of nodesOf(compiled.query, 'RangeTblEntry')) {
    // EXCLUDED of ON CONFLICT has none, and is refused later; nothing else goes without.
    if (rte.rtekind === 'relation' && rte.perminfoindex === 0 && rte.inFromCl) throw denied(catalog.relation(rte.relid))
  }
}

function isAllowed(relation: Relation, role: RoleInfo, info: RTEPermissionInfo): boolean {
  if (role.superuser) return true
  const missing = info.requiredPerms & ~granted(relation, role)
  if (missing === 0) return true
  if ((missing & ~(SELECT | INSERT | UPDATE)) !== 0) return false
  return (
    ((missing & SELECT) === 0 || areColumnsAllowed(relation, role, 'r', info.selectedCols)) &&
    ((missing & INSERT) === 0 || areColumnsAllowed(relation, role, 'a', info.insertedCols)) &&
    ((missing & UPDATE) === 0 || areColumnsAllowed(relation, role, 'w', info.updatedCols))
  )
}

function granted(relation: Relation, role: RoleInfo): number {
  if (relation.acl.length === 0 && role.privilegesOf.has(relation.owner)) return ~0
  let bits = 0
  for (const [letter, bit] of Object.entries(PRIVILEGE_BITS)) if (holds(relation.acl, role, letter)) bits |= bit
  return bits
}

function holds(acl: readonly AclItem[], role: RoleInfo, privilege: string): boolean {
  return acl.some(
    (item) => item.privilege === privilege && (item.grantee === PUBLIC || role.privilegesOf.has(item.grantee)),
  )
}

function areColumnsAllowed(relation: Relation, role: RoleInfo, privilege: string, columns: readonly number[]): boolean {
  const allowed = relation.columns.map((column) => column === null || holds(column.acl, role, privilege))
  const live = relation.columns.flatMap((column, index) => (column === null ? [] : [allowed[index] === true]))
  // No column named (count(*)): one that is allowed is enough.
  if (columns.length === 0) return live.includes(true)
  return columns.every((member) => {
    const attno = member - ATTRIBUTE_SHIFT
    if (attno === WHOLE_ROW) return live.every(Boolean)
    return attno > 0 && relation.columns[attno - 1] !== null && allowed[attno - 1] === true
  })
}

function denied(relation: Relation | undefined): PgError {
  if (relation === undefined) return new PgError('42501', 'permission denied for relation', { fault: 'policy' })
  return new PgError('42501', `permission denied for ${relation.kind === 'v' ? 'view' : 'table'} ${relation.name}`)
}
