import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { TrinoTokens } from './admin/api/trino.ts'
import { add, type OptionSpec } from './cli.ts'
import { writePrivate } from './data-dir.ts'
import { type Config, ConfigError } from './proxy/config.ts'
import { catalogUrls } from './role.ts'
import { TRINO_LIMITS, trinoFiles } from './trino/config/files.ts'

/** `lakewire trino config`: the etc/ folder of a Trino that serves this installation. */

const OUT: OptionSpec = { flags: '--out <folder>', text: 'the etc folder to write', mandatory: true }
const ADMIN_URL: OptionSpec = {
  flags: '--admin-url <url>',
  text: 'address under which Trino reaches an admin, or a balancer before several (default: catalog.url)',
}
const HOST: OptionSpec = { flags: '--host <address>', text: 'address that Trino announces (default: 127.0.0.1)' }
const PORT: OptionSpec = { flags: '--port <number>', text: 'port that Trino listens on (default: 8080)' }
const HEAP: OptionSpec = { flags: '--heap-mib <number>', text: `memory of Trino (default: ${TRINO_LIMITS.heapMib})` }
const DAYS: OptionSpec = { flags: '--days <number>', text: 'days until its tokens expire (default: 365)' }

const SHARED_SECRET_BYTES = 32
const PORT_DEFAULT = 8080
const HEAP_MIB_MIN = 1024
/** Shares of the heap, as in TRINO_LIMITS. */
const QUERIES_SHARE = TRINO_LIMITS.queryMemoryMib / TRINO_LIMITS.heapMib
const NODE_SHARE = TRINO_LIMITS.queryMemoryPerNodeMib / TRINO_LIMITS.heapMib

export function addTrinoCommands(program: Command): void {
  const trino = program.command('trino').description('what Trino has to be told')
  add(trino, 'config', [OUT, ADMIN_URL, HOST, PORT, HEAP, DAYS], async ({ call, config, options, print }) => {
    const heapMib = whole(options.heapMib, '--heap-mib', TRINO_LIMITS.heapMib, HEAP_MIB_MIN)
    const given = {
      host: options.host ?? '127.0.0.1',
      port: whole(options.port, '--port', PORT_DEFAULT, 1),
      adminUrl: adminUrlOf(config, options.adminUrl),
      storage: storageOf(config),
    }
    const days = options.days === undefined ? {} : { days: whole(options.days, '--days', 0, 1) }
    const tokens = (await call('POST', '/trino-tokens', days)) as TrinoTokens
    const files = trinoFiles({
      ...given,
      environment: 'lakewire',
      catalog: config.trino.catalog,
      publicKey: tokens.publicKey,
      serviceToken: tokens.serviceToken,
      accessToken: tokens.accessToken,
      sharedSecret: randomBytes(SHARED_SECRET_BYTES).toString('base64url'),
      limits: {
        ...TRINO_LIMITS,
        heapMib,
        queryMemoryMib: Math.floor(heapMib * QUERIES_SHARE),
        queryMemoryPerNodeMib: Math.floor(heapMib * NODE_SHARE),
      },
    })
    const folder = resolve(options.out ?? '')
    const names = Object.keys(files).map((name) => join(folder, name))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 })
      writePrivate(join(folder, name), text)
    }
    print({ files: names, expiresAt: tokens.expiresAt }, () =>
      [...names, `its tokens expire at ${tokens.expiresAt}; make the folder anew before then`].join('\n'),
    )
  })
}

function adminUrlOf(config: Config, given: string | undefined): string {
  const url = given ?? catalogUrls(config)[0]?.href
  if (url === undefined) throw new ConfigError('--admin-url is needed: the address under which Trino reaches the admin')
  if (!URL.canParse(url)) throw new ConfigError(`--admin-url: ${url} is not an address`)
  return url.replace(/\/+$/, '')
}

function storageOf({ s3 }: Config) {
  if (s3.endpoint === undefined)
    throw new ConfigError('s3.endpoint is needed: Trino reaches no tables that lie in a data folder')
  return { endpoint: s3.endpoint, region: s3.region, pathStyle: s3.pathStyle === 'on' }
}

function whole(text: string | undefined, name: string, otherwise: number, least: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < least)
    throw new ConfigError(`${name}: ${text} is not a number from ${least} on`)
  return value
}
