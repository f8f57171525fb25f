/** A catalog snapshot of a plain PostgreSQL, and trees as it dumps them: for passes that need no lake. */
import type pg from 'pg'
import type { AclItem, CatalogSnapshot, Compiled, Relation, RoleInfo } from '../../proxy/compiler/compiled.ts'
import type { Query } from '../../proxy/compiler/tree/node.ts'
import { readDump } from '../../proxy/compiler/tree/reader.ts'

const ACL = `coalesce((select array_agg(grantee::text || privilege_type) from aclexplode(%)), '{}')`

export async function snapshotOf(client: pg.Client): Promise<CatalogSnapshot> {
  const relations = new Map<number, Relation>()
  const columns = await client.query(
    `select c.oid::int, n.nspname, c.relname, c.relkind, c.reltype::int, c.relowner::int, a.attname, a.atttypid::int,
       a.atttypmod, a.attnotnull, a.attisdropped,
       ${ACL.replace('%', `coalesce(c.relacl, acldefault('r', c.relowner))`)} as acl, ${ACL.replace('%', 'a.attacl')} as column_acl
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = 'public' and c.relkind in ('r', 'v') and a.attnum > 0 order by c.oid, a.attnum`,
  )
  for (const row of columns.rows) {
    const { oid, relname: name, relkind: kind } = row
    const known = relations.get(oid) ?? {
      oid,
      schema: row.nspname,
      name,
      kind,
      typeOid: row.reltype,
      columns: [],
      owner: row.relowner,
      acl: aclItems(row.acl),
      lake: kind === 'r' ? lakeTable(name) : null,
    }
    const column = row.attisdropped
      ? null
      : {
          name: row.attname,
          typeOid: row.atttypid,
          typmod: row.atttypmod,
          notNull: row.attnotnull,
          acl: aclItems(row.column_acl),
        }
    relations.set(oid, { ...known, columns: [...known.columns, column] })
  }
  const roles = await client.query(
    `select r.oid::int, r.rolname, r.rolsuper,
       (select array_agg(m.oid::int) from pg_roles m where pg_has_role(r.oid, m.oid, 'usage')) as privileges_of
     from pg_roles r`,
  )
  const known: RoleInfo[] = roles.rows.map((row) => ({
    oid: row.oid,
    superuser: row.rolsuper,
    privilegesOf: new Set<number>(row.privileges_of ?? []),
  }))
  const byName = new Map(roles.rows.map((row, index) => [row.rolname as string, known[index]]))
  return {
    tenant: 'acme',
    version: 1,
    relation: (oid) => relations.get(oid),
    type: () => undefined,
    function: () => undefined,
    operator: () => undefined,
    role: (name) => byName.get(name),
    roleByOid: (oid) => known.find((role) => role.oid === oid),
  }
}

/** aclexplode's privilege names, as letters. */
const LETTERS: Readonly<Record<string, string>> = {
  SELECT: 'r',
  INSERT: 'a',
  UPDATE: 'w',
  DELETE: 'd',
  TRUNCATE: 'D',
  REFERENCES: 'x',
  TRIGGER: 't',
  MAINTAIN: 'm',
}

function aclItems(texts: readonly string[]): AclItem[] {
  return texts.map((text) => {
    const [, grantee, privilege] = /^(\d+)(\w+)$/.exec(text) ?? []
    return { grantee: Number(grantee), privilege: LETTERS[privilege ?? ''] ?? '?' }
  })
}

function lakeTable(name: string): Relation['lake'] {
  const empty = { uuid: '', signature: '', comment: null, columns: [], partition: [], rowCount: null, byteCount: null }
  return { kind: 'table', schema: 'public', name, ...empty }
}

/** What PostgreSQL makes of a statement: run in a transaction that is rolled back. */
export async function compiledBy(client: pg.Client, catalog: CatalogSnapshot, sql: string): Promise<Compiled> {
  const details: string[] = []
  const listen = (notice: { message?: string | undefined; detail?: string | undefined }) => {
    if (notice.message === 'rewritten parse tree:' && notice.detail !== undefined) details.push(notice.detail)
  }
  await client.query('begin')
  await client.query('set local client_min_messages = log')
  await client.query('set local debug_pretty_print = off')
  await client.query('set local debug_print_rewritten = on')
  client.on('notice', listen)
  try {
    await client.query(sql)
  } catch (error) {
    // What only running it found wrong does not matter: the tree came before.
    if (details.length === 0) throw error
  } finally {
    client.off('notice', listen)
    await client.query('rollback')
  }
  const dump = readDump(Buffer.from(details[0] ?? ''))
  if (dump.kind !== 'query') throw new Error(`no query: ${sql}`)
  return compiledOf(catalog, dump.query, sql)
}

export function compiledOf(catalog: CatalogSnapshot, query: Query, sql = ''): Compiled {
  return { sql, query, parameterTypes: [], columns: null, catalog }
}
