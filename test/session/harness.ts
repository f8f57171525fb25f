import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCompiler } from '../../proxy/compiler/front.ts'
import { Config } from '../../proxy/config.ts'
import type { Engine, EngineName } from '../../proxy/engine/engine.ts'
import type { Lake } from '../../proxy/lake/lake.ts'
import { type Log, SILENT_LOG } from '../../proxy/observe/log.ts'
import type { StatementRecord } from '../../proxy/observe/record.ts'
import type { Dialect } from '../../proxy/print/dialect.ts'
import { DUCKDB } from '../../proxy/print/duckdb/dialect.ts'
import { DEFAULT_THRESHOLDS } from '../../proxy/query/route.ts'
import { Estimates } from '../../proxy/session/estimates.ts'
import { Admission, type AdmissionStatus, type LimitsOfTenants, NO_LIMITS } from '../../proxy/session/limit.ts'
import { sessionHandler } from '../../proxy/session/session.ts'
import type { RouterServices, SessionLimits } from '../../proxy/session/state.ts'
import { PASSWORD, startServer, type TestServer } from '../wire/server.ts'
import { WireClient } from '../wire/wire-client.ts'
import { FakeEngine } from './fake-engine.ts'
import { FakeLake } from './fake-lake.ts'

export type RunningLakewire = {
  readonly server: TestServer
  readonly engine: FakeEngine
  readonly lake: FakeLake
  readonly port: number
  /** of the statements that have ended */
  readonly records: StatementRecord[]
  admission(): AdmissionStatus
  login(parameters?: Record<string, string>): Promise<WireClient>
  stop(): Promise<void>
}

/** Engines beside the one that is always there, and how to write for them. */
export type MoreEngines = {
  readonly engines: readonly Engine[]
  readonly dialects: readonly (readonly [EngineName, Dialect])[]
  readonly router: Partial<RouterServices>
}

const DUCKDB_DIALECT: readonly [EngineName, Dialect] = ['duckdb', DUCKDB]

/** Everything real from the socket to the printed SQL; the lake and the engine do as they are told. */
export async function startLakewire(
  limits: Partial<SessionLimits> = {},
  log: Log = SILENT_LOG,
  more: MoreEngines = { engines: [], dialects: [], router: {} },
): Promise<RunningLakewire> {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-session-'))
  const lake = new FakeLake()
  const engine = new FakeEngine()
  const compiler = await openCompiler({
    lake,
    dataDir: folder,
    cacheDir: Config.parse({}).cacheDir,
    twinsAwakeMax: 4,
    twinIdleMs: 60_000,
  })
  const noLimits: LimitsOfTenants = { of: () => NO_LIMITS }
  const admission = more.router.admission ?? new Admission(noLimits)
  const records: StatementRecord[] = []
  const server = await startServer(
    {},
    sessionHandler({
      compiler,
      lake: lake satisfies Lake,
      engines: new Map<EngineName, Engine>([engine, ...more.engines].map((one) => [one.name, one])),
      dialects: new Map([DUCKDB_DIALECT, ...more.dialects]),
      router: {
        thresholds: DEFAULT_THRESHOLDS,
        estimates: new Estimates(lake, log),
        limits: noLimits,
        admission,
        ...more.router,
      },
      record: (record) => records.push(record),
      log,
      limits: { statementTimeoutMs: 0, idleInTransactionMs: 0, ...limits },
    }),
  )
  return {
    server,
    engine,
    lake,
    port: server.port,
    records,
    admission: () => admission.status(),
    login: (parameters = {}) =>
      WireClient.login(server.port, { user: 'alice', password: PASSWORD, database: 'acme' }, parameters),
    stop: async () => {
      await server.stop()
      await compiler.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
