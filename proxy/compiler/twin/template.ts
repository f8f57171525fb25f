import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asSuperuser, SUPERUSER, SYNC_ROLE } from './backend.ts'
import { type Binaries, publish } from './binaries.ts'
import { REVOKED } from './revoked.ts'
import { SERVER_SETTINGS, startServer } from './server.ts'

/** The role that owns every relation of a twin; each user of the tenant is a member. */
export const OWNER = 'lakehouse'
/** Made by initdb; renamed to the tenant when a twin is made of the template. */
export const TEMPLATE_DATABASE = 'postgres'

/** Order and case as DuckDB has them: by code point, case by Unicode. */
const INITDB_FLAGS = [
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
  '--no-instructions',
  '--wal-segsize=1',
  `--username=${SUPERUSER}`,
]

const HBA = 'local all all trust\n'

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const revokedPatterns = REVOKED.map(({ names }) => literal(names.source)).join(', ')

/**
 * Iceberg's partition transforms, to be named in PARTITION BY RANGE (month(day), bucket(16, id)). Nothing is ever
 * partitioned in a twin, so what a bucket would be is not computed here. https://iceberg.apache.org/spec/#partition-transforms
 */
const PARTITION_TRANSFORMS: readonly string[] = [
  ...['year', 'month', 'day', 'hour'].flatMap((unit) =>
    (unit === 'hour' ? ['timestamp', 'timestamptz'] : ['date', 'timestamp', 'timestamptz']).map(
      (type) =>
        `create function pg_catalog.${unit}(${type}) returns integer language sql immutable strict parallel safe
         return extract(${unit} from ${type === 'timestamptz' ? "$1 at time zone 'UTC'" : '$1'})::integer`,
    ),
  ),
  `create function pg_catalog.bucket(integer, anynonarray) returns integer language sql immutable parallel safe
   as 'select case when $2 is not null then $1 end'`,
  `create function pg_catalog.truncate(integer, anynonarray) returns anynonarray language sql immutable strict parallel safe as 'select $2'`,
]

/**
 * Users read the catalog and run functions that only compute. They create nothing by themselves: DDL runs in a pinned
 * transaction, as the owner's role.
 */
const SCRIPT: readonly string[] = [
  `create role ${OWNER} nologin`,
  `create role ${SYNC_ROLE} login in role ${OWNER}`,
  // A twin has one database: less to copy for each tenant, and less to look around in.
  `update pg_database set datistemplate = false where datname <> '${TEMPLATE_DATABASE}'`,
  'drop database template1',
  'drop database template0',
  `revoke all on database ${TEMPLATE_DATABASE} from public`,
  `grant connect, create, temporary on database ${TEMPLATE_DATABASE} to ${OWNER}`,
  `grant connect, create on database ${TEMPLATE_DATABASE} to ${SYNC_ROLE}`,
  `alter schema public owner to ${OWNER}`,
  'revoke usage on language plpgsql, sql from public',
  `do $$
   declare function regprocedure;
   begin
     for function in
       select p.oid from pg_proc p
       where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.proname ~ any (array[${revokedPatterns}])
     loop
       execute format('revoke execute on function %s from public', function);
     end loop;
   end $$`,
  'drop extension plpgsql',
  // Where every tool leaves out what it finds: several list all schemas but pg_catalog and information_schema.
  'create table information_schema.lakewire_state (version bigint not null)',
  'insert into information_schema.lakewire_state values (-1)',
  `create table information_schema.lakewire_relation (
     schema text, name text, kind text not null, uuid text not null, signature text not null, oid oid, error text,
     primary key (schema, name))`,
  'create table information_schema.lakewire_namespace (name text primary key, comment text)',
  ...['state', 'relation', 'namespace'].map(
    (name) => `alter table information_schema.lakewire_${name} owner to ${SYNC_ROLE}`,
  ),
  ...PARTITION_TRANSFORMS,
  'comment on schema public is null',
  'checkpoint',
]

const run = promisify(execFile)

export type Template = { readonly path: string; readonly hash: string }

/** Made once for each version of PostgreSQL and of this script; two processes that make it at once do no harm. */
export async function prepareTemplate(binaries: Binaries, cacheDir: string): Promise<Template> {
  const hash = createHash('sha256')
    .update(JSON.stringify([binaries.version, INITDB_FLAGS, HBA, SCRIPT, SERVER_SETTINGS]))
    .digest('hex')
    .slice(0, 16)
  const path = join(cacheDir, `twin-template-${binaries.version}-${hash}`)
  if (existsSync(path)) return { path, hash }
  await mkdir(cacheDir, { recursive: true })
  const made = `${path}.${process.pid}.${Date.now()}`
  try {
    await mkdir(made, { mode: 0o700 })
    if (binaries.identity) await chown(made, binaries.identity.uid, binaries.identity.gid)
    await run(binaries.initdb, ['-D', made, ...INITDB_FLAGS], {
      ...binaries.identity,
      env: { TZ: 'UTC', LC_ALL: 'C', PATH: process.env.PATH },
    })
    await writeFile(join(made, 'pg_hba.conf'), HBA)
    const server = await startServer(binaries, made)
    try {
      await asSuperuser(server.socketPath, TEMPLATE_DATABASE, async (sql) => {
        for (const statement of SCRIPT) await sql(statement)
      })
    } finally {
      await server.stop()
    }
    await publish(made, path)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    throw error
  }
  return { path, hash }
}

/** A data folder for a tenant; owner, modes and, where the file system can, the blocks themselves are the template's. */
export async function copyTemplate(template: Template, dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true })
  await run('cp', ['-a', template.path, dataDir])
}

/** The first statement in a new twin. ALTER DATABASE can not rename the only database there is, which we are connected to. */
export async function nameDatabase(socketPath: string, tenant: string): Promise<void> {
  await asSuperuser(socketPath, TEMPLATE_DATABASE, async (run) => {
    await run('set allow_system_table_mods = on')
    await run('update pg_database set datname = $1 where datname = $2', [tenant, TEMPLATE_DATABASE])
  })
}
