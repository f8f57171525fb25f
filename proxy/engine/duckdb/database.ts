import duckdb from '@duckdb/node-bindings'
import { unsupported } from '../../error.ts'
import { catalogName } from '../../print/duckdb/catalog-name.ts'
import { NATIVES } from '../../print/duckdb/function/natives.ts'
import type { LakeStorage, StartRequest } from './frame.ts'
import { registerNative } from './native.ts'
import { NO_SECRETS, secretSweeper } from './secrets.ts'

/**
 * The one DuckDB of a child process: hardened first, then the tenant's lake is attached. Connections are kept by time
 * zone, since telling a connection its settings costs as much as a small statement.
 */
export type Database = {
  connect(timeZone: string): Promise<duckdb.Connection>
  /** `clean`: it holds no temporary tables and no open transaction, and may serve another statement. */
  release(connection: duckdb.Connection, timeZone: string, clean: boolean): void
  attach(transaction: string | null): Promise<void>
  detach(transaction: string): Promise<void>
}

const CONNECTIONS_KEPT_MAX = 8

export async function openDatabase(request: StartRequest): Promise<Database> {
  const config = duckdb.create_config()
  for (const [name, value] of Object.entries(openingOptions(request))) duckdb.set_config(config, name, value)
  const instance = await duckdb.open(':memory:', config)
  const main = await duckdb.connect(instance)
  const run = async (sql: string): Promise<void> => {
    await duckdb.query(main, sql)
  }
  for (const extension of request.extensions) await run(`LOAD ${quote(extension)}`)
  for (const native of NATIVES) registerNative(main, native)
  for (const macro of request.macros) await run(macro)
  await run(`CREATE SECRET lake_token (TYPE iceberg, TOKEN ${quote(request.token)})`)
  for (const statement of storageStatements(request)) await run(statement)
  await run(`SET allowed_directories = [${request.directories.map((folder) => quote(asFolder(folder))).join(', ')}]`)
  await run('SET enable_external_access = false')
  await run(`SET allowed_configs = [${settable(request).map(quote).join(', ')}]`)
  await run('SET lock_configuration = true')

  /** Attached catalogs by transaction; two statements of a transaction that come at once attach it once. */
  const attached = new Map<string, Promise<void>>()
  const attach = (transaction: string | null): Promise<void> => {
    const name = catalogName(transaction)
    const known = attached.get(name)
    if (known !== undefined) return known
    const attaching = run(
      `ATTACH ${quote(warehouseName(request.tenant, transaction))} AS ${identifier(name)} (TYPE iceberg, ENDPOINT ${quote(request.catalogUrl)}, ` +
        `SECRET lake_token, ACCESS_DELEGATION_MODE ${quote(delegationMode(request.storage))})`,
    )
    attached.set(name, attaching)
    attaching.catch(() => attached.delete(name))
    return attaching
  }

  const secrets = request.storage.kind === 'vended' ? secretSweeper(main) : NO_SECRETS
  const idle: { connection: duckdb.Connection; timeZone: string }[] = []
  return {
    attach,
    async detach(transaction) {
      const name = catalogName(transaction)
      const attaching = attached.get(name)
      if (attaching === undefined) return
      attached.delete(name)
      await attaching.catch(() => {})
      await run(`DETACH ${identifier(name)}`)
    },
    async connect(timeZone) {
      const found = idle.findIndex((one) => one.timeZone === timeZone)
      if (found >= 0) {
        const { connection } = idle.splice(found, 1)[0]!
        await secrets.began(connection)
        return connection
      }
      const connection = await duckdb.connect(instance)
      try {
        for (const setting of request.sessionSettings) await duckdb.query(connection, setting)
        await duckdb.query(connection, `SET TimeZone = ${quote(engineTimeZone(timeZone))}`)
      } catch (error) {
        duckdb.disconnect_sync(connection)
        throw error
      }
      await secrets.began(connection)
      return connection
    },
    release(connection, timeZone, clean) {
      if (clean && idle.length < CONNECTIONS_KEPT_MAX) idle.push({ connection, timeZone })
      else duckdb.disconnect_sync(connection)
      secrets.ended(connection)
    },
  }
}

/** https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview */
function openingOptions(request: StartRequest): Record<string, string> {
  return {
    threads: String(request.threads),
    memory_limit: `${Math.floor(request.memoryBytes / 1024)}KiB`,
    temp_directory: request.temporaryDirectory,
    max_temp_directory_size: `${Math.floor(request.temporaryBytesMax / 1024)}KiB`,
    secret_directory: request.temporaryDirectory,
    allow_persistent_secrets: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  }
}

/**
 * Names of files come from manifests, which tenants write: in them a query (?s3_endpoint=…) would lead to other servers, and
 * a * to other files. https://duckdb.org/docs/stable/core_extensions/httpfs/s3api
 */
function storageStatements({ storage, directories }: StartRequest): string[] {
  if (storage.kind === 'local') return []
  // GLOBAL, since a plain SET of an extension's setting is for its own connection only.
  const guard = 'SET GLOBAL s3_url_compatibility_mode = true'
  if (storage.kind === 'vended') return [guard]
  const { protocol, host } = new URL(storage.endpoint)
  const scopes = directories.filter((folder) => folder.startsWith('s3://')).map((folder) => quote(asFolder(folder)))
  const options = [
    `KEY_ID ${quote(storage.accessKeyId)}`,
    `SECRET ${quote(storage.secretAccessKey)}`,
    `REGION ${quote(storage.region)}`,
    `ENDPOINT ${quote(host)}`,
    `URL_STYLE ${quote(storage.pathStyle ? 'path' : 'vhost')}`,
    `USE_SSL ${protocol === 'https:'}`,
    `SCOPE [${scopes.join(', ')}]`,
  ]
  return [guard, `CREATE SECRET lake_files (TYPE s3, ${options.join(', ')})`]
}

function delegationMode({ kind }: LakeStorage): 'none' | 'vended_credentials' {
  return kind === 'vended' ? 'vended_credentials' : 'none'
}

/** Else a folder would stand for all whose names begin alike. */
function asFolder(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

/** The warehouse that the catalog server knows a lake transaction, or the committed state, by. */
function warehouseName(tenant: string, transaction: string | null): string {
  return transaction === null ? tenant : `${tenant}~${transaction}`
}

const SETTING = /^\s*SET\s+(?:SESSION\s+|LOCAL\s+)?"?(\w+)"?/i

/** What each connection must be able to set after the configuration is locked. */
function settable(request: StartRequest): string[] {
  const names = request.sessionSettings.map((setting) => SETTING.exec(setting)?.[1]?.toLowerCase())
  return ['timezone', ...names.filter((name) => name !== undefined)]
}

const FIXED_OFFSET = /^(?:<[^>]+>|[A-Za-z]{3,})([+-]?)(\d\d?)(?::(\d\d))?(?::(\d\d))?$/
const HOURS_EAST_MAX = 14
const HOURS_WEST_MAX = 12

/**
 * SET TIME ZONE 3 makes the POSIX zone <+03>-03, which DuckDB knows by another name with the same (western) sign: only whole
 * hours, and UTC+3 means the other direction to it.
 */
function engineTimeZone(name: string): string {
  const fixed = FIXED_OFFSET.exec(name)
  if (fixed === null) return name
  const hours = Number(fixed[2])
  const isEast = fixed[1] === '-'
  if (Number(fixed[3] ?? 0) !== 0 || Number(fixed[4] ?? 0) !== 0 || hours > (isEast ? HOURS_EAST_MAX : HOURS_WEST_MAX))
    throw unsupported(`time zone "${name}"`)
  return hours === 0 ? 'UTC' : `Etc/GMT${isEast ? '-' : '+'}${hours}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
