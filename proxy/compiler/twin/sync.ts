import { PgError } from '../../error.ts'
import type { Lake, LakeRelation, LakeTable, LakeView, RelationName } from '../../lake/lake.ts'
import { quoteIdentifier, quoteLiteral } from '../../quote.ts'
import { isBalanced } from '../split.ts'
import { asRole, type RunOwn, SYNC_ROLE } from './backend.ts'
import type { Server } from './server.ts'
import { OWNER } from './template.ts'

/** A sync waits so long for a transaction of a user that changes the same relation. */
const SYNC_LOCK_MS = 1_000

type Held = RelationName & { kind: string; uuid: string; signature: string }

const keyOf = ({ schema, name }: RelationName): string => JSON.stringify([schema, name])
const quoted = ({ schema, name }: RelationName): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

/** The schema version that the twin holds; -1: a new twin. */
export async function heldVersion(server: Server, tenant: string): Promise<number> {
  return await asRole(SYNC_ROLE, { socketPath: server.socketPath, database: tenant }, async (run) => {
    const [row] = await run('select version from information_schema.lakewire_state')
    return Number(row?.[0] ?? -1)
  })
}

/**
 * Brings the twin to the lake's schema: namespaces, tables as empty tables, views. Only relations whose signature differs
 * are made anew, and the views that stand on them; all in one transaction, so that nobody sees half of it. Text out of the
 * lake (types, defaults, view definitions) is run as the relations' owner, one command each, in a session of no superuser.
 * Returns the version.
 */
export async function syncTwin(server: Server, tenant: string, lake: Lake, signal: AbortSignal): Promise<number> {
  const schema = await lake.schema(tenant, null, signal)
  return await asRole(
    SYNC_ROLE,
    { socketPath: server.socketPath, database: tenant },
    async (run) => {
      await run(`begin; set local lock_timeout = ${SYNC_LOCK_MS}; set local search_path = pg_catalog`)
      const held = await heldRelations(run)
      const wanted = new Map(schema.relations.map((relation) => [keyOf(relation), relation]))
      const stale = [...held.values()].filter((relation) => {
        const now = wanted.get(keyOf(relation))
        return now?.signature !== relation.signature || now.kind !== relation.kind || now.uuid !== relation.uuid
      })
      const dropped = await dropRelations(run, stale, held)
      await syncNamespaces(run, schema.namespaces)
      const missing = schema.relations.filter((relation) => !held.has(keyOf(relation)) || dropped.has(keyOf(relation)))
      const loaded = missing.length > 0 ? await lake.load(tenant, null, missing, signal) : []
      const tables = loaded.filter((relation) => relation.kind === 'table')
      for (const table of tables) await attempt(run, table, () => createTable(run, table))
      await createViews(
        run,
        loaded.filter((relation) => relation.kind === 'view'),
      )
      await run('update information_schema.lakewire_state set version = $1::bigint', [String(schema.version)])
      await run('commit')
      return schema.version
    },
    signal,
  )
}

async function heldRelations(run: RunOwn): Promise<Map<string, Held>> {
  const rows = await run('select schema, name, kind, uuid, signature from information_schema.lakewire_relation')
  const held = rows.map(([schema, name, kind, uuid, signature]) => ({
    schema: schema ?? '',
    name: name ?? '',
    kind: kind ?? '',
    uuid: uuid ?? '',
    signature: signature ?? '',
  }))
  return new Map(held.map((relation) => [keyOf(relation), relation]))
}

/** Drops relations with all views above them; gives the keys of everything that is gone now. */
async function dropRelations(
  run: RunOwn,
  stale: readonly Held[],
  held: Map<string, Held>,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>()
  for (const relation of stale) {
    await run(`drop ${relation.kind} if exists ${quoted(relation)} cascade`)
    gone.add(keyOf(relation))
  }
  if (stale.length > 0) {
    // A view that failed to be made may succeed now, and views above what was dropped are gone with it.
    const rows = await run(
      `select schema, name from information_schema.lakewire_relation r where to_regclass(format('%I.%I', schema, name)) is null`,
    )
    for (const [schema, name] of rows) gone.add(keyOf({ schema: schema ?? '', name: name ?? '' }))
  } else {
    const rows = await run('select schema, name from information_schema.lakewire_relation where error is not null')
    for (const [schema, name] of rows) gone.add(keyOf({ schema: schema ?? '', name: name ?? '' }))
  }
  for (const key of gone) {
    const relation = held.get(key)
    if (relation)
      await run('delete from information_schema.lakewire_relation where schema = $1 and name = $2', [
        relation.schema,
        relation.name,
      ])
  }
  return gone
}

async function syncNamespaces(
  run: RunOwn,
  namespaces: readonly { name: string; comment: string | null }[],
): Promise<void> {
  const held = new Map(
    (await run('select name, comment from information_schema.lakewire_namespace')).map(([name, comment]) => [
      name,
      comment ?? null,
    ]),
  )
  for (const { name, comment } of namespaces) {
    if (held.get(name) === comment) continue
    await run(`create schema if not exists ${quoteIdentifier(name)} authorization ${OWNER}`)
    await run(`comment on schema ${quoteIdentifier(name)} is ${comment === null ? 'null' : quoteLiteral(comment)}`)
    await run(
      `insert into information_schema.lakewire_namespace values ($1, $2) on conflict (name) do update set comment = excluded.comment`,
      [name, comment],
    )
  }
  const wanted = new Set(namespaces.map(({ name }) => name))
  for (const name of held.keys()) {
    if (name === null || name === undefined || wanted.has(name)) continue
    await run(`drop schema if exists ${quoteIdentifier(name)} cascade`)
    await run('delete from information_schema.lakewire_namespace where name = $1', [name])
  }
}

/** A relation that PostgreSQL refuses does not keep the others from being there: it is noted, and missing from the twin. */
async function attempt(run: RunOwn, relation: LakeRelation, create: () => Promise<void>): Promise<PgError | null> {
  await run(`savepoint relation`)
  let failure: PgError | null = null
  try {
    await run(`set local role ${OWNER}`)
    await create()
    await run('reset role')
    await run('release savepoint relation')
  } catch (error) {
    if (!(error instanceof PgError) || !isRefusal(error)) throw error
    failure = error
    await run('rollback to savepoint relation')
  }
  await run(
    `insert into information_schema.lakewire_relation values ($1, $2, $3, $4, $5, to_regclass(format('%I.%I', $1::text, $2::text)), $6)
     on conflict (schema, name) do update set kind = excluded.kind, uuid = excluded.uuid, signature = excluded.signature,
       oid = excluded.oid, error = excluded.error`,
    [relation.schema, relation.name, relation.kind, relation.uuid, relation.signature, failure?.message ?? null],
  )
  return failure
}

/** The definition is at fault, not the server. */
export function isRefusal(error: PgError): boolean {
  return /^(0A|22|23|42|2B|3F|54)/.test(error.code)
}

/**
 * A type as format_type prints it, of pg_catalog: words, a modifier, brackets. What comes out of a table's properties may have
 * been written by anyone, so nothing else gets into the statement.
 */
const TYPE = /^(?:[a-z][a-z0-9_]*(?: [a-z]+)*|"char")(?: ?\(\d+(?:, ?-?\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*$/

export async function createTable(
  run: RunOwn,
  table: LakeTable,
  kind: 'table' | 'temporary table' = 'table',
): Promise<void> {
  for (const pgType of new Set(table.columns.map((column) => column.pgType))) await expectType(run, pgType)
  const columns = table.columns.map(({ name, pgType, required }) => {
    return `${quoteIdentifier(name)} ${pgType}${required ? ' not null' : ''}`
  })
  await run(`create ${kind} ${quoted(table)} (${columns.join(', ')})`, [])
  for (const { name, defaultSql } of table.columns) {
    if (defaultSql === null) continue
    await run(
      `alter table ${quoted(table)} alter column ${quoteIdentifier(name)} set default (${oneExpression(defaultSql)})`,
      [],
    )
  }
  await comments(run, table)
}

/** What is put between parentheses must not close them: a default out of a table's properties may have been written by anyone. */
function oneExpression(sql: string): string {
  if (!isBalanced(sql)) throw new PgError('42601', 'syntax error in a default of the lake')
  return sql
}

async function expectType(run: RunOwn, pgType: string): Promise<void> {
  // Words could still be a constraint ("int primary key"): PostgreSQL says whether they are a type.
  const [row] = TYPE.test(pgType) ? await run('select to_regtype($1)', [pgType]) : []
  if (row?.[0] === undefined || row[0] === null) throw new PgError('42704', `type "${pgType}" does not exist`)
}

/** Views may stand on each other in any order: those that fail are tried again as long as others succeed. */
async function createViews(run: RunOwn, views: readonly LakeView[]): Promise<void> {
  let left = views
  for (;;) {
    const failed: LakeView[] = []
    for (const view of left) {
      if (await attempt(run, view, () => createView(run, view))) failed.push(view)
    }
    if (failed.length === 0 || failed.length === left.length) return
    left = failed
  }
}

const OPTION = /^(security_barrier|security_invoker|check_option)=(\w+)$/

export async function createView(run: RunOwn, view: LakeView, kind: 'view' | 'temporary view' = 'view'): Promise<void> {
  const options = view.options.filter((option) => OPTION.test(option))
  if (!options.some((option) => option.startsWith('security_invoker='))) options.push('security_invoker=true')
  const columns = view.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  await run(
    `create ${kind} ${quoted(view)}${columns === '' ? '' : ` (${columns})`} with (${options.join(', ')}) as ${view.sql.replace(/;\s*$/, '')}`,
    [],
  )
  await comments(run, view)
}

async function comments(run: RunOwn, relation: LakeRelation): Promise<void> {
  if (relation.comment !== null)
    await run(`comment on ${relation.kind} ${quoted(relation)} is ${quoteLiteral(relation.comment)}`, [])
  for (const { name, comment } of relation.columns) {
    if (comment === null) continue
    await run(`comment on column ${quoted(relation)}.${quoteIdentifier(name)} is ${quoteLiteral(comment)}`, [])
  }
}
