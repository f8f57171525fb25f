import { PgError } from '../error.ts'
import type { Lake } from '../lake/lake.ts'
import { newTemporaryName } from '../lake/temporary.ts'
import type { Identity } from '../listen/identity.ts'
import { type AnalysisRequest, analyseIn, checkText, loadTables } from './analyse.ts'
import type { Analysis, Bind, Compiler, Front, Pinned, Settings, TwinRun, TwinStatement } from './compiler.ts'
import { Home } from './home.ts'
import { canonicalValues, plainText } from './parameter.ts'
import { PinnedTransaction } from './pinned.ts'
import { isTaken, setStatement, settingName } from './setting.ts'
import { cacheKey, isCacheable, StatementCache } from './statement-cache.ts'
import type { Backend } from './twin/backend.ts'
import { Twins } from './twin/twins.ts'
import { runInTwin } from './twin-run.ts'

export type CompilerOptions = {
  lake: Lake
  /** Twins keep their data under it; private to this process. */
  dataDir: string
  /** What all twins are made of is kept under it, and may be shared. */
  cacheDir: string
  /** twins running at a time */
  twinsAwakeMax: number
  twinIdleMs: number
}

const CACHED_STATEMENTS_MAX = 2_000
const CACHE_BYTES_MAX = 64 * 1024 * 1024

type Services = { twins: Twins; lake: Lake; cache: StatementCache }

/** Finds the binaries, makes the template if there is none, and ends twins that an earlier process left behind. */
export async function openCompiler(options: CompilerOptions): Promise<Compiler> {
  const twins = await Twins.open({
    lake: options.lake,
    dataDir: options.dataDir,
    cacheDir: options.cacheDir,
    awakeMax: options.twinsAwakeMax,
    idleMs: options.twinIdleMs,
  })
  const cache = new StatementCache({ entriesMax: CACHED_STATEMENTS_MAX, bytesMax: CACHE_BYTES_MAX })
  const services = { twins, lake: options.lake, cache }
  return {
    open: (identity) => new TwinFront(identity, services),
    remove: (tenant) => twins.remove(tenant),
    close: () => twins.close(),
  }
}

class TwinFront implements Front {
  readonly #identity: Identity
  readonly temporary = newTemporaryName()
  readonly #services: Services
  #pinned: PinnedTransaction | null = null
  #usesTemporary = false
  #home: Home | null = null

  constructor(identity: Identity, services: Services) {
    this.#identity = identity
    this.#services = services
  }

  useTemporary(): void {
    this.#usesTemporary = true
  }

  close(): void {
    this.#usesTemporary = false
    this.#home?.end()
    this.#home = null
  }

  /** Where the session's temporary tables are, entered; null: it has none, and any backend is as good as another. */
  async #enterHome(signal: AbortSignal): Promise<Home | null> {
    if (!this.#usesTemporary) return null
    if (this.#home?.isLost) {
      this.#home.end()
      this.#home = null
    }
    this.#home ??= await this.#newHome(signal)
    this.#home.enter()
    return this.#home
  }

  async #newHome(signal: AbortSignal): Promise<Home> {
    const { twins, lake } = this.#services
    const { tenant, user } = this.#identity
    const twin = await twins.acquire(tenant)
    try {
      const backend = await twin.pin(user, signal)
      const ended = (): void => {
        twin.unkeep(home)
        twin.unpin(backend)
        twins.release(twin)
      }
      const home: Home = new Home({ twin, backend, lake, temporary: this.temporary, ended })
      twin.keep(home)
      return home
    } catch (error) {
      twins.release(twin)
      throw error
    }
  }

  async analyse(
    sql: string,
    parameterTypes: readonly number[],
    settings: Settings,
    signal: AbortSignal,
  ): Promise<Analysis> {
    checkText(sql)
    const { twins, lake, cache } = this.#services
    const { tenant, user } = this.#identity
    const request: AnalysisRequest = { sql, parameterTypes, settings, tenant, lake, lakeTransaction: null }
    if (this.#pinned) return (await this.#pinned.analyse(request, signal)).analysis
    const home = await this.#enterHome(signal)
    if (home) {
      try {
        const catalog = await home.current(settings, signal)
        return (await analyseIn(home.backend, catalog, request, signal)).analysis
      } finally {
        home.leave()
      }
    }
    return await twins.use(tenant, async (twin) => {
      const catalog = await twin.current(signal)
      const { incarnation } = twin
      const key = isCacheable(sql)
        ? cacheKey({ tenant, user, incarnation, version: catalog.version, sql, parameterTypes, settings })
        : null
      const kept = key === null ? undefined : cache.get(key)
      if (kept) {
        await loadTables(kept.catalog, kept.relations, request, signal)
        return kept.analysis
      }
      const analysed = await twin.withBackend(user, signal, (backend) => analyseIn(backend, catalog, request, signal))
      if (key !== null) cache.set(key, { ...analysed, catalog })
      return analysed.analysis
    })
  }

  async query(statement: TwinStatement, bind: Bind, settings: Settings, signal: AbortSignal): Promise<TwinRun> {
    const { twins } = this.#services
    const { tenant, user } = this.#identity
    if (this.#pinned) {
      const { backend } = this.#pinned
      return await runInTwin(backend, { statement, bind, settings, isPinned: true }, signal, () => {})
    }
    const home = await this.#enterHome(signal)
    if (home) return await this.#queryAtHome(home, { statement, bind, settings }, signal)
    const twin = await twins.acquire(tenant)
    let backend: Backend
    try {
      backend = await twin.take(user, signal)
    } catch (error) {
      twins.release(twin)
      throw error
    }
    return await runInTwin(backend, { statement, bind, settings, isPinned: false }, signal, () => {
      twin.giveBack(backend)
      twins.release(twin)
    })
  }

  async parameters(
    types: readonly number[],
    bind: Bind,
    settings: Settings,
    signal: AbortSignal,
  ): Promise<readonly (string | null)[]> {
    const plain = bind.values.map((value, index) => {
      if (value === null) return null
      const format = bind.formats.length === 1 ? bind.formats[0] : (bind.formats[index] ?? 0)
      return format === 0 ? plainText(types[index] ?? 0, utf8(value)) : undefined
    })
    if (plain.every((text) => text !== undefined)) return plain
    const sql = `select ${bind.values.map((_, index) => `$${index + 1}`).join(', ')}`
    return await this.#withBackend(signal, (backend) => canonicalValues(backend, sql, types, bind, settings, signal))
  }

  async evaluate(
    expressions: readonly string[],
    settings: Settings,
    signal: AbortSignal,
  ): Promise<readonly (string | null)[]> {
    if (expressions.length === 0) return []
    const sql = `select ${expressions.join(', ')}`
    const bind = { formats: [], values: [] }
    return await this.#withBackend(signal, (backend) => canonicalValues(backend, sql, [], bind, settings, signal))
  }

  async checkSetting(name: string, value: string | null, settings: Settings, signal: AbortSignal): Promise<string> {
    const sql = `begin; ${setStatement('SET LOCAL', name, value)}; show ${settingName(name)}; rollback`
    return await this.#oneValue(sql, settings, signal)
  }

  async showSetting(name: string, settings: Settings, signal: AbortSignal): Promise<string> {
    const lower = name.toLowerCase()
    const own = OWN_SETTINGS[lower]
    const given = [...settings].find(([key]) => key.toLowerCase() === lower)?.[1]
    // A backend runs under values of our own here, or does not take over the session's.
    if (given !== undefined && !isTaken(lower)) return await this.checkSetting(name, given, settings, signal)
    if (own !== undefined) return own
    return await this.#oneValue(`show ${settingName(name)}`, settings, signal)
  }

  async pin(settings: Settings, signal: AbortSignal, lakeTransaction: string | null = null): Promise<Pinned> {
    if (this.#pinned) throw new PgError('25001', 'there is already a transaction in progress', { fault: 'internal' })
    const { twins } = this.#services
    const home = await this.#enterHome(signal)
    if (home) return await this.#pinAtHome(home, { settings, lakeTransaction, temporary: this.temporary }, signal)
    const twin = await twins.acquire(this.#identity.tenant)
    try {
      await twin.current(signal)
      const backend = await twin.pin(this.#identity.user, signal)
      const ended = (): void => {
        this.#pinned = null
        twin.unpin(backend)
        twins.release(twin)
      }
      const pinned = new PinnedTransaction(twin, backend, {
        settings,
        lakeTransaction,
        temporary: this.temporary,
        ended,
      })
      try {
        await pinned.begin(signal)
      } catch (error) {
        twin.unpin(backend)
        throw error
      }
      this.#pinned = pinned
      return pinned
    } catch (error) {
      twins.release(twin)
      throw error
    }
  }

  async #queryAtHome(
    home: Home,
    request: { statement: TwinStatement; bind: Bind; settings: Settings },
    signal: AbortSignal,
  ): Promise<TwinRun> {
    const over = Promise.withResolvers<void>()
    try {
      await home.current(request.settings, signal)
      home.work(over.promise)
    } catch (error) {
      home.leave()
      throw error
    }
    return await runInTwin(home.backend, { ...request, isPinned: false, isKept: true }, signal, () => {
      home.leave()
      over.resolve()
    })
  }

  async #pinAtHome(
    home: Home,
    options: { settings: Settings; lakeTransaction: string | null; temporary: string },
    signal: AbortSignal,
  ): Promise<Pinned> {
    const ended = (): void => {
      this.#pinned = null
      home.rolledBack()
      home.leave()
    }
    try {
      await home.current(options.settings, signal)
      const pinned = new PinnedTransaction(home.twin, home.backend, { ...options, ended })
      await pinned.begin(signal)
      this.#pinned = pinned
      return pinned
    } catch (error) {
      home.backend.doubt()
      home.leave()
      throw error
    }
  }

  async #withBackend<T>(signal: AbortSignal, work: (backend: Backend) => Promise<T>): Promise<T> {
    const { tenant, user } = this.#identity
    const home = this.#pinned ? null : await this.#enterHome(signal)
    if (home) {
      try {
        await home.idle()
        return await work(home.backend)
      } finally {
        home.leave()
      }
    }
    return await this.#services.twins.use(tenant, (twin) => twin.withBackend(user, signal, work))
  }

  async #oneValue(sql: string, settings: Settings, signal: AbortSignal): Promise<string> {
    const rows = await this.#withBackend(signal, (backend) => backend.rows(sql, settings, signal))
    return rows[0]?.[0] ?? ''
  }
}

/** What a fresh session of PostgreSQL shows where our backends have something else. */
const OWN_SETTINGS: Readonly<Record<string, string>> = {
  client_min_messages: 'notice',
  debug_print_rewritten: 'off',
  debug_pretty_print: 'on',
  default_transaction_read_only: 'off',
  lock_timeout: '0',
  statement_timeout: '0',
  transaction_read_only: 'off',
}

const utf8 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
