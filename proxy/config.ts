import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { LOG_LEVELS } from './observe/log.ts'

/**
 * The one schema of the configuration. Each leaf is a key of the YAML file (`pg.port`), an environment variable
 * (LAKEWIRE_PG_PORT) and a flag (--pg-port) alike; a flag goes before the environment, that before the file, that before the default.
 */

const PACKAGE_ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const Port = z.int().min(0).max(65_535)
const Milliseconds = z.int().min(0)
const Count = z.int().min(1)
const Mebibytes = z.int().min(64)

export const Config = z.strictObject({
  role: z
    .enum(['all', 'proxy', 'admin'])
    .default('all')
    .describe('what this process is: a proxy, an admin (API and catalog), or both'),
  pg: section({
    host: z.string().min(1).default('127.0.0.1').describe('address of the PostgreSQL port'),
    port: Port.default(5433).describe('PostgreSQL port (0: any free one)'),
    peerAddress: z
      .string()
      .regex(/^.+:\d+$/)
      .optional()
      .describe(
        'host:port under which other proxies reach this one, to hand on cancel requests (default: pg.host, pg.port)',
      ),
  }),
  http: section({
    host: z.string().min(1).default('127.0.0.1').describe('address of the catalog and the admin API'),
    port: Port.default(8181).describe('HTTP port (0: any free one)'),
  }),
  dataDir: z.string().min(1).default('./data').describe('folder of the tables and of the server’s own state'),
  cacheDir: z
    .string()
    .min(1)
    .default(resolve(PACKAGE_ROOT, '.cache'))
    .describe('folder of what can be made again: extensions of the engine, template of the tenants’ PostgreSQL'),
  extensionDir: z
    .string()
    .min(1)
    .optional()
    .describe('folder that holds DuckDB’s extensions already (default: fetched once into the cache folder)'),
  bucket: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,62}$/)
    .refine((name) => name !== 'system', 'is the folder of the server’s own state')
    .default('lake')
    .describe('folder in the data folder that holds all tables'),
  demo: z.enum(['on', 'off']).default('on').describe('tenants acme and globex with data to try'),
  adminToken: z
    .string()
    .min(32)
    .optional()
    .meta({ secret: true })
    .describe(
      'bearer token of the admin API, of this process (default: made at the first start and kept in the data folder)',
    ),
  store: section({
    url: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//)
      .optional()
      .meta({ secret: true })
      .describe('mongodb://… of the metadata store (default: SQLite in the data folder)'),
    database: z.string().min(1).default('lakewire').describe('database of the metadata store'),
  }),
  catalog: section({
    url: z
      .string()
      .refine((text) => text.split(',').every((url) => URL.canParse(url.trim())), 'is not an address')
      .optional()
      .describe(
        'address of the catalog, for a proxy and for the engines; several with commas between (default: the one of this process)',
      ),
  }),
  s3: section({
    endpoint: z
      .url()
      .optional()
      .describe('S3 server that holds the bucket (default: the tables lie in the data folder)'),
    region: z.string().min(1).default('us-east-1').describe('region of the bucket'),
    accessKeyId: z.string().min(1).optional().describe('key of the admin’s own access to the bucket'),
    secretAccessKey: z.string().min(1).optional().meta({ secret: true }).describe('secret of that key'),
    pathStyle: z.enum(['on', 'off']).default('on').describe('bucket in the path instead of the host name'),
    delegation: z
      .enum(['sts', 'signing'])
      .default('sts')
      .describe(
        'how engines and tools get at files: short-lived credentials of STS, or requests that the catalog signs',
      ),
    stsEndpoint: z.url().optional().describe('STS server (default: the S3 server)'),
    roleArn: z.string().min(1).optional().describe('role that AssumeRole asks for, where STS needs one'),
  }),
  trino: section({
    url: z.url().optional().describe('Trino coordinator (default: no Trino)'),
    catalog: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/)
      .default('lake')
      .describe('catalog in Trino that is our Iceberg catalog'),
  }),
  router: section({
    scanMib: z
      .int()
      .min(0)
      .default(16 * 1024)
      .describe('most that a statement may read for DuckDB to be preferred (MiB)'),
    joinMib: z
      .int()
      .min(0)
      .default(4 * 1024)
      .describe('the same for statements that join, group or sort'),
    queued: z.int().min(0).default(8).describe('statements waiting at an engine before another is preferred'),
  }),
  tenant: section({
    statements: Count.optional().describe(
      'sessions of a tenant that may run statements over tables at a time, per proxy (default: any number)',
    ),
    queued: z.int().min(0).default(100).describe('statements of a tenant that may wait for that'),
    queueMs: Milliseconds.default(60_000).describe('longest that such a statement waits'),
    statementMs: Count.optional().describe(
      'longest a statement of a tenant may run (default: limits.statementTimeoutMs)',
    ),
    scanMib: z.int().min(0).optional().describe('most that a statement of a tenant may read (default: any amount)'),
  }),
  history: section({
    days: Count.default(30).describe('days for which the statements of a tenant are remembered'),
    statements: Count.default(10_000).describe('statements of a tenant that are remembered'),
  }),
  metrics: section({
    tenants: z.enum(['on', 'off']).default('off').describe('tenant as a label of /metrics: only where tenants are few'),
  }),
  tls: section({
    certFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM certificate of the PostgreSQL port (default: one of our own making)'),
    keyFile: z.string().min(1).optional().describe('PEM key of that certificate'),
  }).refine((tls) => (tls.certFile === undefined) === (tls.keyFile === undefined), 'needs both certFile and keyFile'),
  limits: section({
    connections: Count.default(1000).describe('client connections in all'),
    statementTimeoutMs: Milliseconds.default(30 * 60_000).describe(
      'longest a statement may run (0: as long as it likes)',
    ),
    idleInTransactionMs: Milliseconds.default(10 * 60_000).describe('longest a transaction may sit idle (0: for ever)'),
    drainMs: Milliseconds.default(60_000).describe(
      'longest that running statements are waited for when the server stops',
    ),
    drainGraceMs: Milliseconds.default(0).describe(
      'how long a server that is told to stop still takes what comes, while /readyz says 503: what a balancer needs to notice',
    ),
    twinsAwake: Count.default(32).describe('private PostgreSQL servers running at a time'),
    twinIdleMs: Milliseconds.default(5 * 60_000).describe('idle time after which a tenant’s private PostgreSQL sleeps'),
    engines: Count.default(8).describe('engine processes running at a time'),
    engineIdleMs: Milliseconds.default(5 * 60_000).describe('idle time after which a tenant’s engine process ends'),
    engineMemoryMib: Mebibytes.default(1024).describe('memory one engine process may use'),
  }),
  logLevel: z.enum(LOG_LEVELS).default('warn').describe('least level that is logged'),
})
export type Config = z.infer<typeof Config>

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as z.input<z.ZodObject<Shape>>)
}

export type ConfigKey = {
  /** `limits.drainMs` */
  path: string
  /** LAKEWIRE_LIMITS_DRAIN_MS */
  env: string
  /** --limits-drain-ms */
  flag: string
  description: string
  isNumber: boolean
  isSecret: boolean
}

export const CONFIG_KEYS: readonly ConfigKey[] = leavesOf(Config, '')

/** Variables with our prefix that are not keys of the configuration. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['LAKEWIRE_CONFIG', 'LAKEWIRE_URL'])

function leavesOf(schema: z.core.$ZodType, path: string): ConfigKey[] {
  const bare = unwrapped(schema)
  if (bare instanceof z.ZodObject) {
    const shape: Record<string, z.core.$ZodType> = bare.shape
    return Object.entries(shape).flatMap(([name, child]) => leavesOf(child, path === '' ? name : `${path}.${name}`))
  }
  const words = path.replace(/\./g, '_').replace(/(?<=[a-z])(?=[A-Z])/g, '_')
  const meta = z.globalRegistry.get(schema)
  return [
    {
      path,
      env: `LAKEWIRE_${words.toUpperCase()}`,
      flag: `--${words.toLowerCase().replace(/_/g, '-')}`,
      description: meta?.description ?? '',
      isNumber: bare instanceof z.ZodNumber,
      isSecret: z.globalRegistry.get(bare)?.secret === true || meta?.secret === true,
    },
  ]
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.def.innerType)
  }
  return schema
}

/** What the person who started us has to put right; printed without a stack. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type ConfigSources = {
  /** by path; only those given */
  flags: ReadonlyMap<string, string>
  env: Readonly<Record<string, string | undefined>>
  /** --config; LAKEWIRE_CONFIG otherwise */
  file: string | undefined
}

export function loadConfig(sources: ConfigSources): Config {
  const input: Tree = {}
  const file = sources.file ?? sources.env.LAKEWIRE_CONFIG
  if (file !== undefined) put(input, [], readYaml(file))
  for (const key of CONFIG_KEYS) {
    const text = sources.flags.get(key.path) ?? sources.env[key.env]
    if (text === undefined) continue
    put(input, key.path.split('.'), key.isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)
  }
  const result = Config.safeParse(input)
  if (!result.success) throw new ConfigError(result.error.issues.map(issueText).join('\n'))
  const { dataDir, cacheDir } = result.data
  return { ...result.data, dataDir: resolve(dataDir), cacheDir: resolve(cacheDir) }
}

/** As YAML that can be given back with --config. */
export function printConfig(config: Config): string {
  const copy = structuredClone(config) as Tree
  for (const key of CONFIG_KEYS) {
    const path = key.path.split('.')
    if (key.isSecret && at(copy, path) !== undefined) put(copy, path, '********')
  }
  return stringify(copy)
}

type Tree = { [name: string]: unknown }

function at(tree: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Tree | undefined)?.[name], tree)
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path
  if (head === undefined) {
    Object.assign(tree, value)
    return
  }
  if (rest.length === 0) tree[head] = value
  else {
    const child = tree[head]
    const next: Tree = typeof child === 'object' && child !== null ? (child as Tree) : {}
    tree[head] = next
    put(next, rest, value)
  }
}

function readYaml(file: string): Tree {
  let value: unknown
  try {
    value = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(
      `cannot read the configuration file ${file}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw new ConfigError(`${file} does not hold keys and values`)
  return value as Tree
}

/** What to warn of: variables with our prefix that mean nothing to us. Not an error, as others' tools may set their own. */
export function strayVariables(env: ConfigSources['env']): string[] {
  const known = CONFIG_KEYS.map((key) => key.env)
  return Object.keys(env)
    .filter((name) => name.startsWith('LAKEWIRE_') && !OTHER_VARIABLES.has(name) && !known.includes(name))
    .map((name) => `unknown environment variable ${name}${suggestion(name, known)}`)
}

function issueText(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = CONFIG_KEYS.flatMap((key) => [key.path, key.path.split('.')[0] ?? ''])
    return issue.keys
      .map((key) => (path === '' ? key : `${path}.${key}`))
      .map((key) => `unknown key "${key}"${suggestion(key, known)}`)
      .join('\n')
  }
  return `${path}: ${issue.message}`
}

/** ` (did you mean "pg.port"?)` when some known name is close by. */
export function suggestion(given: string, known: readonly string[]): string {
  const nearest = known
    .map((name) => ({ name, edits: editsBetween(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)[0]
  return nearest !== undefined && nearest.edits <= Math.max(2, given.length / 4)
    ? ` (did you mean "${nearest.name}"?)`
    : ''
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
