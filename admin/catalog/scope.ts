import { lowerName, nameOfLower } from '../../proxy/lake/lower-name.ts'
import type { Access } from './access.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { LEVEL_SEPARATOR } from './name.ts'
import { badRequest } from './problem.ts'
import type { Workspace } from './workspace.ts'

/**
 * What a request works on, and how it spells names. The prefix of its path says which:
 *   `acme`    one tenant; the first level of every namespace is the tenant: acme.sales
 *   `~acme`   the same, and namespaces are told from the tenant on: sales
 *   `~`       all tenants, for engines that serve them all; the first level says which: acme.sales. Such engines know names
 *             in lower case only: proxy/lake/lower-name.ts
 * A lake transaction is named after its tenant wherever that is named: `acme~0123456789abcdef01234567`.
 */
export type Scope = Workspace & {
  /** The levels that stand before those that we keep. */
  readonly head: readonly string[]
  /** The schemas that may be reached, or null: all. */
  readonly schemas: ReadonlySet<string> | null
  /** A name of ours as the prefix spells it. */
  spell(name: string): string
  /** Whether the temporary tables of sessions may be reached: by our own proxies and engines only. */
  readonly temporary: boolean
}

export const SERVICE_PREFIX = '~'
const SIGN = '~'
const TRANSACTION_ID = /^[0-9a-f]{24}$/

type Prefix = Workspace & { isRelative: boolean }

function readPrefix(text: string): Prefix | null {
  const isRelative = text.startsWith(SIGN)
  const [tenant, transaction, ...more] = (isRelative ? text.slice(SIGN.length) : text).split(SIGN)
  if (tenant === undefined || tenant === '' || more.length > 0) return null
  if (transaction !== undefined && !TRANSACTION_ID.test(transaction)) return null
  return { tenant, transaction: transaction ?? null, isRelative }
}

/** Null: nothing that this tenant could name. Another tenant's prefix, and nobody's, are alike. */
export function tenantScope(who: Extract<Access, { kind: 'tenant' }>, prefix: string): Scope | null {
  const read = readPrefix(prefix)
  if (read?.tenant !== who.tenant) return null
  const { tenant, transaction, isRelative } = read
  const head = isRelative ? [] : [tenant]
  return { tenant, transaction, head, schemas: who.schemas, spell: (name) => name, temporary: who.isOurs }
}

/** Of the first level of a namespace below `~`; whether there is such a tenant is for the caller to ask. */
export function serviceScope(level: string): Scope | null {
  const read = readPrefix(level)
  if (read === null || read.isRelative) return null
  return {
    tenant: read.tenant,
    transaction: read.transaction,
    head: [level],
    schemas: null,
    spell: (name) => lowerName(name) ?? name,
    temporary: true,
  }
}

/** Where a request says names. */
export type Named = { params: Readonly<Record<string, string>>; query: URLSearchParams; body: Json | undefined }

/** A request below `~` with the names that it means. */
export function withNamesOfLower({ params, query, body }: Named): Named {
  const levels = (text: string) => text.split(LEVEL_SEPARATOR).map(nameOfLower).join(LEVEL_SEPARATOR)
  const read: Readonly<Record<string, (text: string) => string>> = {
    namespace: levels,
    table: nameOfLower,
    view: nameOfLower,
  }
  const parent = query.get('parent')
  const asked = new URLSearchParams(query)
  if (parent !== null) asked.set('parent', levels(parent))
  const told = (value: Json | undefined) => (isObject(value) ? { ...value, ...namesIn(value) } : value)
  const identified = (value: JsonObject) =>
    value.identifier === undefined ? value : { ...value, identifier: told(value.identifier) }
  const inside = (value: JsonObject) => {
    const changes = value['table-changes']
    const members = IDENTIFIERS.flatMap((name) => (value[name] === undefined ? [] : [[name, told(value[name])]]))
    const each = Array.isArray(changes)
      ? { 'table-changes': changes.map((one: Json) => (isObject(one) ? identified(one) : one)) }
      : {}
    return { ...value, ...namesIn(value), ...Object.fromEntries(members), ...each } as JsonObject
  }
  return {
    params: Object.fromEntries(Object.entries(params).map(([key, text]) => [key, read[key]?.(text) ?? text])),
    query: asked,
    body: isObject(body) ? inside(body) : body,
  }
}

/** Members of a body that are identifiers. */
const IDENTIFIERS = ['source', 'destination', 'identifier']

function namesIn(value: JsonObject): JsonObject {
  const { name, namespace } = value
  return {
    ...(typeof name === 'string' ? { name: nameOfLower(name) } : {}),
    ...(Array.isArray(namespace)
      ? { namespace: namespace.map((level: Json) => (typeof level === 'string' ? nameOfLower(level) : level)) }
      : {}),
  }
}

/** The prefix that a warehouse is told to have. */
export function prefixOf(who: Access, warehouse: string | null): string {
  if (warehouse !== null && warehouse !== '') return warehouse
  return who.kind === 'service' ? SERVICE_PREFIX : who.tenant
}

/** The first levels of all namespaces that a request names, wherever the standard's routes have them. */
export function firstLevels(
  params: Readonly<Record<string, string>>,
  query: URLSearchParams,
  body: Json | undefined,
): ReadonlySet<string> {
  const parent = query.get('parent')
  const fromPath = [params.namespace, parent === '' ? null : parent].flatMap((levels) =>
    levels === undefined || levels === null ? [] : [levels.split(LEVEL_SEPARATOR)[0]!],
  )
  const member = (value: unknown, name: string) => (isObject(value) ? value[name] : undefined)
  const changes = member(body, 'table-changes')
  const holders: readonly (Json | undefined)[] = [
    ...(params.namespace === undefined ? [body] : []),
    ...IDENTIFIERS.map((name) => member(body, name)),
    ...(Array.isArray(changes) ? changes.map((change: Json) => member(change, 'identifier')) : []),
  ]
  const fromBody = holders.flatMap((holder) => {
    const levels = member(holder, 'namespace')
    return Array.isArray(levels) && typeof levels[0] === 'string' ? [levels[0]] : []
  })
  return new Set([...fromPath, ...fromBody])
}

export function onlyLevel(levels: ReadonlySet<string>): string {
  const [first, ...others] = levels
  if (first === undefined) throw badRequest('A namespace is needed')
  if (others.length > 0) throw badRequest('All names of one request must be of one tenant, and of one transaction')
  return first
}
