import type { BatchQuestion, Question, Resource } from './question.ts'

/**
 * The second gate: what Trino itself lets a principal do, should a statement ever get past our own confinement. Closed by
 * default: what stands in no table here is refused, operations that a later Trino may add among it.
 *
 * A principal is `tenant/user`. Of the one catalog it may read and write tables in schemas whose first level is its tenant, or
 * a lake transaction of its tenant. Definitions, views above all, are the lake's and never Trino's: so none of them is made
 * here, and none runs with another's rights. Nothing of Trino's own is to be seen: `system` tells of everybody's queries.
 */
export type Policy = {
  /** name of the catalog in Trino */
  catalog: string
}

/** Whose question it is: everything a rule may go by. */
type Asker = { user: string; tenant: string; catalog: string }
type Rule = (asker: Asker, resource: Resource) => boolean

const always: Rule = () => true
const ownQuery: Rule = (asker, { user }) => user?.user === asker.user
const theCatalog: Rule = (asker, { catalog }) => catalog?.name === asker.catalog
const ownSchema: Rule = (asker, { schema }) => schema != null && isOwn(asker, schema.catalogName, schema.schemaName)
const ownTable: Rule = (asker, { table }) => table != null && isOwn(asker, table.catalogName, table.schemaName)
const harmlessProperty: Rule = (_asker, { systemSessionProperty }) =>
  SESSION_PROPERTIES.has(systemSessionProperty?.name ?? '')

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['ExecuteQuery', always],
  ['AccessCatalog', theCatalog],
  ['ShowSchemas', theCatalog],
  ['ShowTables', ownSchema],
  ['ShowColumns', ownTable],
  ['SelectFromColumns', ownTable],
  ['InsertIntoTable', ownTable],
  ['UpdateTableColumns', ownTable],
  ['DeleteFromTable', ownTable],
  ['TruncateTable', ownTable],
  ['ViewQueryOwnedBy', ownQuery],
  ['KillQueryOwnedBy', ownQuery],
  ['SetSystemSessionProperty', harmlessProperty],
])

const FILTERS: ReadonlyMap<string, Rule> = new Map([
  ['FilterCatalogs', theCatalog],
  ['FilterSchemas', ownSchema],
  ['FilterTables', ownTable],
  ['FilterColumns', ownTable],
  ['FilterViewQueryOwnedBy', ownQuery],
])

/** How long a statement may run, and choices of the planner: nothing that leads to other data or more memory. */
const SESSION_PROPERTIES: ReadonlySet<string> = new Set([
  'query_max_run_time',
  'query_max_execution_time',
  'query_max_planning_time',
  'query_max_cpu_time',
  'query_max_scan_physical_bytes',
  'join_distribution_type',
  'join_reordering_strategy',
])

export function isAllowed(policy: Policy, { input }: Question): boolean {
  const { operation, resource, targetResource } = input.action
  const asker = askerOf(policy, input.context.identity.user)
  const rule = RULES.get(operation) ?? FILTERS.get(operation)
  // Nothing that is allowed has a second resource.
  if (asker === null || rule === undefined || targetResource != null) return false
  return rule(asker, resource ?? {})
}

/** Indices of what may be seen. Of columns there is one table, and the indices are its columns'. */
export function allowedOf(policy: Policy, { input }: BatchQuestion): number[] {
  const { operation, filterResources } = input.action
  const asker = askerOf(policy, input.context.identity.user)
  const rule = FILTERS.get(operation)
  if (asker === null || rule === undefined) return []
  if (operation === 'FilterColumns') {
    const [resource, ...others] = filterResources
    if (resource === undefined || others.length > 0 || !rule(asker, resource)) return []
    return (resource.table?.columns ?? []).map((_, index) => index)
  }
  return filterResources.flatMap((resource, index) => (rule(asker, resource) ? [index] : []))
}

/** Null: no principal of ours. */
function askerOf({ catalog }: Policy, user: string): Asker | null {
  const tenant = /^([a-z][a-z0-9_]*)\/./.exec(user)?.[1]
  return tenant === undefined ? null : { user, tenant, catalog }
}

const TRANSACTION = /^[0-9a-f]{24}$/

/** `acme.sales`, or `acme~0123456789abcdef01234567.sales` inside a lake transaction. */
function isOwn(asker: Asker, catalogName: string, schemaName: string): boolean {
  if (catalogName !== asker.catalog) return false
  const [first = '', ...below] = schemaName.split('.')
  if (below.length === 0) return false
  const [tenant, transaction, ...rest] = first.split('~')
  if (tenant !== asker.tenant || rest.length > 0) return false
  return transaction === undefined || TRANSACTION.test(transaction)
}
