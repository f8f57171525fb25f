import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { openAccounts } from './accounts.ts'
import { type Call, callOverHttp } from './admin/api/client.ts'
import type { HistoryPage, TenantList, TokenList, TokenMade, UserList, UserMade } from './admin/api/model.ts'
import { type DataDir, keptAdminToken, lockDataDir, openDataDir, runningServer } from './data-dir.ts'
import { CONFIG_KEYS, type Config, ConfigError, type ConfigKey, loadConfig, strayVariables } from './proxy/config.ts'
import { cleaned } from './proxy/observe/log.ts'
import type { HistoryEntry } from './proxy/store/history.ts'
import { isShared } from './role.ts'

/**
 * The commands for tenants, users and tokens. They speak to the admin API: of the server that --url names, else of the one
 * that runs on the data folder, else (no server runs, or the store is shared) to the same API inside this process.
 */

/** Keys of the configuration that these commands need. */
const ACCOUNT_KEYS: ReadonlySet<string> = new Set([
  'dataDir',
  'bucket',
  'adminToken',
  'pg.host',
  'pg.port',
  'store.url',
  'store.database',
  's3.endpoint',
  's3.region',
  's3.accessKeyId',
  's3.secretAccessKey',
  's3.pathStyle',
  'catalog.url',
  'trino.catalog',
])

export function addAccountCommands(program: Command): void {
  const tenant = program.command('tenant').description('create, list and drop tenants')
  add(tenant, 'create <name>', [], async ({ call, names, print }) => {
    print(await call('POST', '/tenants', { name: names[0] }), () => `created tenant ${names[0]}`)
  })
  add(tenant, 'list', [], async ({ call, print }) => {
    const { tenants } = (await call('GET', '/tenants')) as z.infer<typeof TenantList>
    print(tenants, () => lines(tenants.map((one) => one.name)))
  })
  add(tenant, 'drop <name>', [FILES], async ({ call, names, options, print }) => {
    await call('DELETE', `/tenants/${segment(names[0])}?files=${options.files === 'true'}`)
    print({ dropped: names[0] }, () => `dropped tenant ${names[0]}`)
  })

  add(tenant, 'limit <name>', LIMITS, async ({ call, names, options, print }) => {
    const limits = Object.fromEntries(
      LIMITS.flatMap(({ flags }) => {
        const name = new Option(flags).attributeName()
        const text = options[name]
        return text === undefined ? [] : [[name, text === 'none' ? null : Number(text)]]
      }),
    )
    await call('PUT', `/tenants/${segment(names[0])}/limits`, limits)
    print({ tenant: names[0], limits }, () => `tenant ${names[0]} has limits ${JSON.stringify(limits)}`)
  })

  add(program, 'history', [TENANT, LIMIT, AFTER], async ({ call, options, print }) => {
    const query = new URLSearchParams()
    if (options.limit !== undefined) query.set('limit', options.limit)
    if (options.after !== undefined) query.set('after', options.after)
    const page = (await call('GET', `${tenantPath(options)}/history?${query}`)) as z.infer<typeof HistoryPage>
    print(page, () =>
      [lines(page.statements.map(historyLine)), ...(page.next === null ? [] : [`more: --after ${page.next}`])].join(
        '\n',
      ),
    )
  })

  const user = program.command('user').description('create, list and drop users of a tenant, and set their passwords')
  add(user, 'create <name>', [TENANT, PASSWORD], async ({ call, pg, names, options, print }) => {
    const body = { name: names[0], password: options.password }
    const made = (await call('POST', `${tenantPath(options)}/users`, body)) as z.infer<typeof UserMade>
    print(made, () => `created user ${made.name}\n${psqlLine(pg, made, options.password)}`)
  })
  add(user, 'list', [TENANT], async ({ call, options, print }) => {
    const { users } = (await call('GET', `${tenantPath(options)}/users`)) as z.infer<typeof UserList>
    print(users, () => lines(users.map((one) => one.name)))
  })
  add(user, 'drop <name>', [TENANT], async ({ call, names, options, print }) => {
    await call('DELETE', `${tenantPath(options)}/users/${segment(names[0])}`)
    print({ dropped: names[0], tenant: options.tenant }, () => `dropped user ${names[0]}`)
  })
  add(user, 'password <name>', [TENANT, PASSWORD], async ({ call, pg, names, options, print }) => {
    const path = `${tenantPath(options)}/users/${segment(names[0])}/password`
    const made = (await call('PUT', path, { password: options.password })) as z.infer<typeof UserMade>
    print(made, () => `changed the password of ${made.name}\n${psqlLine(pg, made, options.password)}`)
  })

  const token = program.command('token').description('create, list and drop tokens for the catalog of a tenant')
  add(token, 'create', [TENANT, DESCRIPTION, DAYS, READ_ONLY, SCHEMA], async ({ call, options, print }) => {
    const body = {
      description: options.description,
      ...(options.days === undefined ? {} : { days: Number(options.days) }),
      readOnly: options.readOnly === 'true',
      schemas: options.schema === undefined ? null : options.schema.split(','),
    }
    const made = (await call('POST', `${tenantPath(options)}/tokens`, body)) as z.infer<typeof TokenMade>
    print(made, () => made.token)
  })
  add(token, 'list', [TENANT], async ({ call, options, print }) => {
    const { tokens } = (await call('GET', `${tenantPath(options)}/tokens`)) as z.infer<typeof TokenList>
    print(tokens, () =>
      lines(
        tokens.map((one) =>
          [
            one.id,
            one.expiresAt ?? 'never expires',
            ...(one.readOnly ? ['read only'] : []),
            ...(one.schemas === null ? [] : [`schemas ${one.schemas.join(', ')}`]),
            one.description,
          ].join('  '),
        ),
      ),
    )
  })
  add(token, 'drop <id>', [TENANT], async ({ call, names, options, print }) => {
    await call('DELETE', `${tenantPath(options)}/tokens/${segment(names[0])}`)
    print({ dropped: names[0], tenant: options.tenant }, () => 'dropped the token')
  })
}

export type OptionSpec = { flags: string; text: string; mandatory?: boolean; boolean?: boolean }

const TENANT: OptionSpec = { flags: '--tenant <name>', text: 'whose', mandatory: true }
const PASSWORD: OptionSpec = { flags: '--password <password>', text: 'default: one is made' }
const FILES: OptionSpec = { flags: '--files', text: 'delete the files of its tables too', boolean: true }
const DESCRIPTION: OptionSpec = { flags: '--description <text>', text: 'what it is for' }
const DAYS: OptionSpec = { flags: '--days <number>', text: 'days until it expires (default: never)' }

const READ_ONLY: OptionSpec = { flags: '--read-only', text: 'for reading only', boolean: true }
const SCHEMA: OptionSpec = {
  flags: '--schema <names>',
  text: 'the only schemas that it reaches, with commas between (default: all)',
}

const LIMIT: OptionSpec = { flags: '--limit <number>', text: 'how many statements, the latest first (default: 100)' }
const AFTER: OptionSpec = { flags: '--after <id>', text: 'go on after the last of a page' }
/** Each a number, or `none`; those left out go back to the configuration's defaults. */
const LIMITS: readonly OptionSpec[] = [
  { flags: '--statements <number>', text: 'sessions that may run statements over tables at a time' },
  { flags: '--queued <number>', text: 'statements that may wait for that' },
  { flags: '--queue-ms <number>', text: 'longest that such a statement waits' },
  { flags: '--statement-ms <number>', text: 'longest a statement may run' },
  { flags: '--scan-mib <number>', text: 'most that a statement may read' },
]

/** One line each, whatever stands in the statement. */
function historyLine({ startedAt, user, engine, durationMs, rows, code, text, reason }: HistoryEntry): string {
  const end = code === null ? `${rows} rows` : code
  const why = reason === null ? '' : ` (${reason})`
  return `${startedAt}  ${user}  ${engine}${why}  ${durationMs.toFixed(1)} ms  ${end}  ${cleaned(text.replace(/\s+/g, ' '))}`
}

type Options = Readonly<Record<string, string | undefined>>

type Run = (given: {
  call: Call
  config: Config
  /** where psql finds the tenants */
  pg: PgAddress
  names: readonly string[]
  options: Options
  /** As JSON with --json, else in words. */
  print(value: unknown, words: () => string): void
}) => Promise<void>

/** A command that speaks to the admin API. */
export function add(parent: Command, usage: string, specs: readonly OptionSpec[], run: Run): void {
  const command = parent.command(usage)
  for (const spec of specs)
    command.addOption(new Option(spec.flags, spec.text).makeOptionMandatory(spec.mandatory === true))
  command.option('--json', 'print JSON')
  command.option('--url <url>', 'address of a running server (LAKEWIRE_URL)')
  addConfigOptions(command, (key) => ACCOUNT_KEYS.has(key.path))
  command.action(async () => {
    const all: Readonly<Record<string, unknown>> = command.opts()
    const options = Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
    )
    const config = configOf(command)
    const { call, close, pg } = await connect(config, options.url ?? process.env.LAKEWIRE_URL)
    try {
      await run({
        call,
        config,
        pg: pg ?? config.pg,
        names: command.args,
        options,
        print: (value, words) => process.stdout.write(`${options.json === 'true' ? JSON.stringify(value) : words()}\n`),
      })
    } finally {
      await close()
    }
  })
}

/** The configuration's keys as options of a command. */
export function addConfigOptions(command: Command, wanted: (key: ConfigKey) => boolean): void {
  command.option('--config <file>', 'YAML file of configuration (LAKEWIRE_CONFIG)')
  for (const key of CONFIG_KEYS)
    if (wanted(key)) command.option(`${key.flag} <value>`, `${key.description} (${key.env})`)
}

export function configOf(command: Command): Config {
  const given: Readonly<Record<string, unknown>> = command.opts()
  const flags = new Map<string, string>()
  for (const key of CONFIG_KEYS) {
    const value = given[new Option(key.flag).attributeName()]
    if (typeof value === 'string') flags.set(key.path, value)
  }
  for (const warning of strayVariables(process.env)) process.stderr.write(`lakewire: ${warning}\n`)
  return loadConfig({ flags, env: process.env, file: typeof given.config === 'string' ? given.config : undefined })
}

type PgAddress = { readonly host: string; readonly port: number }
type Connected = { call: Call; close(): Promise<void>; pg?: PgAddress | null }

async function connect(config: Config, url: string | undefined): Promise<Connected> {
  const dir = openDataDir(config)
  const nothing = async () => {}
  if (url !== undefined) return { call: callOverHttp(url, adminToken(config, dir)), close: nothing }
  // Nobody owns a shared store, so what runs meanwhile is in nobody's way.
  if (isShared(config)) return openAccounts(config, dir)
  const lock = lockDataDir(dir)
  if (lock === null) {
    const running = runningServer(dir)
    if (running === null)
      throw new ConfigError(`${dir.root} is in use by a server that is starting or stopping; try again`)
    return { call: callOverHttp(running.url, adminToken(config, dir)), close: nothing, pg: running.pg }
  }
  const accounts = await openAccounts(config, dir)
  return {
    call: accounts.call,
    close: async () => {
      await accounts.close()
      lock.release()
    },
  }
}

function adminToken(config: Config, dir: DataDir): string {
  const token = config.adminToken ?? keptAdminToken(dir)
  if (token === null)
    throw new ConfigError(`the admin token is needed (--admin-token, LAKEWIRE_ADMIN_TOKEN): ${dir.root} holds none`)
  return token
}

function tenantPath(options: Options): string {
  return `/tenants/${segment(options.tenant)}`
}

function segment(name: string | undefined): string {
  return encodeURIComponent(name ?? '')
}

function lines(texts: readonly string[]): string {
  return texts.length === 0 ? '(none)' : texts.join('\n')
}

function psqlLine(pg: PgAddress, user: z.infer<typeof UserMade>, given: string | undefined): string {
  return psqlUrl({
    host: pg.host,
    port: pg.port,
    tenant: user.tenant,
    user: user.name,
    password: user.password ?? given ?? '',
  })
}

export function psqlUrl(to: { host: string; port: number; tenant: string; user: string; password: string }): string {
  return `psql postgres://${encodeURIComponent(to.user)}:${encodeURIComponent(to.password)}@${to.host}:${to.port}/${to.tenant}`
}
