import { type Int64, type JsonObject, sameJson } from '../json.ts'
import { badRequest, commitFailed } from '../problem.ts'
import { int, long, optional, text } from '../read.ts'
import type { TableMetadata } from './table-metadata.ts'

/** TableRequirement in rest-catalog-open-api.yaml: each says whether it holds of the table as it is. */
const REQUIREMENTS: Readonly<Record<string, (requirement: JsonObject, table: TableMetadata) => string | null>> = {
  'assert-create': () => 'table already exists',
  'assert-table-uuid': (requirement, table) => {
    const uuid = text(requirement.uuid, 'uuid')
    return uuid.toLowerCase() === table['table-uuid'].toLowerCase()
      ? null
      : `UUID does not match: expected ${table['table-uuid']} != ${uuid}`
  },
  'assert-ref-snapshot-id': (requirement, table) => {
    const name = text(requirement.ref, 'ref')
    const wanted = optional(requirement['snapshot-id'], long, 'snapshot-id') ?? null
    const ref = Object.hasOwn(table.refs, name) ? table.refs[name] : undefined
    const found = ref?.['snapshot-id'] ?? null
    if (found === wanted) return null
    if (found === null) return `branch or tag ${name} is missing, expected ${wanted}`
    return wanted === null
      ? `branch or tag ${name} was created concurrently`
      : `branch or tag ${name} has changed: expected id ${wanted} != ${found}`
  },
  'assert-last-assigned-field-id': equal(
    'last-assigned-field-id',
    (table) => table['last-column-id'],
    'last assigned field id',
  ),
  'assert-current-schema-id': equal('current-schema-id', (table) => table['current-schema-id'], 'current schema'),
  'assert-last-assigned-partition-id': equal(
    'last-assigned-partition-id',
    (table) => table['last-partition-id'],
    'last assigned partition id',
  ),
  'assert-default-spec-id': equal('default-spec-id', (table) => table['default-spec-id'], 'default partition spec'),
  'assert-default-sort-order-id': equal(
    'default-sort-order-id',
    (table) => table['default-sort-order-id'],
    'default sort order',
  ),
}

function equal(member: string, of: (table: TableMetadata) => Int64, what: string) {
  return (requirement: JsonObject, table: TableMetadata) => {
    const wanted = int(requirement[member], member)
    return wanted === of(table) ? null : `${what} changed: expected ${wanted} != ${of(table)}`
  }
}

/** `table` is null where the relation does not exist: then only assert-create may be asked. */
export function checkRequirements(requirements: readonly JsonObject[], table: TableMetadata | null): void {
  for (const requirement of requirements) {
    const type = text(requirement.type, 'requirement type')
    const check = Object.hasOwn(REQUIREMENTS, type) ? REQUIREMENTS[type] : undefined
    if (check === undefined) throw badRequest(`Cannot parse update requirement. Invalid type: ${type}`)
    if (table === null) continue
    const problem = check(requirement, table)
    if (problem !== null) throw commitFailed(`Requirement failed: ${problem}`)
  }
}

export function assertsCreate(requirements: readonly JsonObject[]): boolean {
  return requirements.some((requirement) => sameJson(requirement.type, 'assert-create'))
}
