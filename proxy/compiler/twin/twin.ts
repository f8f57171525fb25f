import { existsSync, rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PgError } from '../../error.ts'
import type { Lake } from '../../lake/lake.ts'
import type { Identity } from '../../listen/identity.ts'
import { quoteIdentifier } from '../../quote.ts'
import { type BuiltIn, Catalog, readBuiltIn } from '../catalog.ts'
import { asSuperuser, Backend, RESERVED_ROLES } from './backend.ts'
import type { Binaries } from './binaries.ts'
import { cancelled } from './connection.ts'
import { type Server, startServer } from './server.ts'
import { heldVersion, syncTwin } from './sync.ts'
import { copyTemplate, nameDatabase, OWNER, type Template } from './template.ts'

/** Backends of one twin: PostgreSQL keeps a few of CONNECTIONS_MAX for the superuser. */
export const BACKENDS_MAX = 48
/** Of these so many may be held by open transactions. */
export const PINNED_MAX = 32
const IDLE_BACKENDS_PER_USER_MAX = 4
const BACKEND_IDLE_MS = 60_000
/** A statement waits so long for a backend. */
const BACKEND_WAIT_MS = 10_000
const FULL_RETRY_MS = 20
/** Longest that bringing a twin to the lake's schema may take. */
const SYNC_MS = 60_000

export type TwinOptions = { binaries: Binaries; template: Template; lake: Lake }

/** What holds a pinned backend as a cache. */
export type Kept = { readonly isFree: boolean; readonly usedAt: number; end(): void }

/** What all twins of a build have in common, by template. */
const builtIns = new Map<string, Promise<BuiltIn>>()

let incarnations = 0

const LOCK_NOT_AVAILABLE = '55P03'
const STAMP = 'lakewire-template'

/** The private PostgreSQL of one tenant while it is awake. */
export class Twin {
  readonly tenant: string
  readonly server: Server
  /** no two servers of this process have the same */
  readonly incarnation = ++incarnations
  readonly #options: TwinOptions
  readonly #idle: Backend[] = []
  readonly #users = new Map<string, Promise<void>>()
  readonly #waiters: (() => void)[] = []
  /** of #pinned those that can be given up, the longest unused first */
  readonly #kept = new Set<Kept>()
  #backends = 0
  #pinned = 0
  #version = -1
  #expected = 0
  #syncing: Promise<void> | null = null
  #catalog: Catalog | null = null
  /** statements and transactions under way: it is not put to sleep meanwhile */
  uses = 0
  usedAt = 0

  private constructor(tenant: string, server: Server, options: TwinOptions) {
    this.tenant = tenant
    this.server = server
    this.#options = options
  }

  /** Starts it on the data that it left when it last stopped in order; on any doubt it is made anew. */
  static async start(tenant: string, folder: string, options: TwinOptions): Promise<Twin> {
    const dataDir = join(folder, tenant)
    if (await isTrusted(dataDir, options.template)) {
      try {
        return await Twin.#awake(tenant, dataDir, options)
      } catch (error) {
        if (!(error instanceof PgError) || error.code === '57014') throw error
      }
    }
    await mkdir(folder, { recursive: true })
    await copyTemplate(options.template, dataDir)
    const twin = await Twin.#awake(tenant, dataDir, options, true)
    await writeFile(join(dataDir, STAMP), options.template.hash)
    return twin
  }

  static async #awake(tenant: string, dataDir: string, options: TwinOptions, isNew = false): Promise<Twin> {
    const server = await startServer(options.binaries, dataDir)
    try {
      if (isNew) await nameDatabase(server.socketPath, tenant)
      const twin = new Twin(tenant, server, options)
      twin.#version = await heldVersion(server, tenant)
      return twin
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  /** Its catalog at the lake's schema version: brings the twin there first. */
  async current(signal: AbortSignal): Promise<Catalog> {
    const version = await this.#options.lake.schemaVersion(this.tenant, signal)
    if (version !== this.#version || this.#expected > this.#version) {
      // One at a time, for all who wait, so under nobody's signal. One that began before our version was there is not enough.
      await this.#syncing
      if (version !== this.#version || this.#expected > this.#version) {
        this.#syncing ??= this.#sync().finally(() => {
          this.#syncing = null
        })
        await this.#syncing
      }
    }
    return await this.#snapshot()
  }

  async #sync(): Promise<void> {
    const signal = AbortSignal.timeout(SYNC_MS)
    const sync = () => syncTwin(this.server, this.tenant, this.#options.lake, signal)
    const version = await sync().catch(async (error) => {
      if (!(error instanceof PgError) || error.code !== LOCK_NOT_AVAILABLE) throw error
      // A transaction with DDL of its own stands in the way of everybody, and has lost its race already.
      await this.#endTransactions()
      return await sync()
    })
    if (version === this.#version) return
    this.#version = version
    this.#catalog = null
  }

  /** Ends the backends that hold locks on relations of the tenant over more than a statement. */
  async #endTransactions(): Promise<void> {
    await asSuperuser(this.server.socketPath, this.tenant, (run) =>
      run(`select pg_terminate_backend(l.pid) from pg_locks l
             join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
           where l.granted and l.pid <> pg_backend_pid() and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`),
    )
  }

  /** The lake is at this version at least, whatever it says when it is asked next. */
  expect(version: number): void {
    this.#expected = Math.max(this.#expected, version)
  }

  async #snapshot(): Promise<Catalog> {
    const builtIn = await this.builtIn()
    this.#catalog ??= new Catalog(this.tenant, this.#version, builtIn)
    return this.#catalog
  }

  /** A catalog that starts empty: for a transaction that sees what nobody else does. */
  async ownSnapshot(temporary: string): Promise<Catalog> {
    return new Catalog(this.tenant, this.#version, await this.builtIn(), temporary)
  }

  async builtIn(): Promise<BuiltIn> {
    const { hash } = this.#options.template
    let builtIn = builtIns.get(hash)
    if (!builtIn) {
      builtIn = asSuperuser(this.server.socketPath, this.tenant, (run) => readBuiltIn((sql) => run(sql)))
      builtIns.set(hash, builtIn)
      builtIn.catch(() => builtIns.delete(hash))
    }
    return await builtIn
  }

  /** A backend of the user's for one piece of work; thrown away afterwards if there is any doubt about it. */
  async withBackend<T>(
    user: Identity['user'],
    signal: AbortSignal,
    work: (backend: Backend) => Promise<T>,
  ): Promise<T> {
    const backend = await this.take(user, signal)
    try {
      return await work(backend)
    } finally {
      this.giveBack(backend)
    }
  }

  /** A backend for a whole transaction; `unpin` ends it, always. */
  async pin(user: Identity['user'], signal: AbortSignal): Promise<Backend> {
    if (this.#pinned >= PINNED_MAX) this.giveUpKept(1)
    if (this.#pinned >= PINNED_MAX) {
      throw new PgError('53300', 'too many open transactions that change the schema', { fault: 'limit' })
    }
    this.#pinned++
    try {
      return await this.take(user, signal)
    } catch (error) {
      this.#pinned--
      throw error
    }
  }

  /** A pinned backend that is not needed as long as nothing is under way in it. */
  keep(kept: Kept): void {
    this.#kept.add(kept)
  }

  unkeep(kept: Kept): void {
    this.#kept.delete(kept)
  }

  giveUpKept(most: number, unusedSince = Number.POSITIVE_INFINITY): void {
    const free = [...this.#kept].filter(({ isFree, usedAt }) => isFree && usedAt < unusedSince)
    for (const kept of free.sort((a, b) => a.usedAt - b.usedAt).slice(0, most)) kept.end()
  }

  unpin(backend: Backend): void {
    this.#pinned--
    backend.doubt()
    this.giveBack(backend)
  }

  /** For who can not do with `withBackend`; `giveBack` must follow. */
  async take(user: string, signal: AbortSignal): Promise<Backend> {
    await this.#ensureUser(user)
    const deadline = Date.now() + BACKEND_WAIT_MS
    for (;;) {
      if (signal.aborted) throw cancelled()
      const index = this.#idle.findLastIndex((backend) => backend.user === user)
      const [idle] = index < 0 ? [] : this.#idle.splice(index, 1)
      if (idle?.usable) return idle
      if (idle) this.#end(idle)
      if (this.#backends >= BACKENDS_MAX) {
        const other = this.#idle.shift()
        if (other) this.#end(other)
      }
      if (this.#backends < BACKENDS_MAX) {
        this.#backends++
        try {
          return await Backend.open({ socketPath: this.server.socketPath, user, database: this.tenant }, signal)
        } catch (error) {
          this.#backends--
          this.#waiters.shift()?.()
          // PostgreSQL has not yet seen the end of one that we have closed.
          const isFull = error instanceof PgError && error.code === '53300' && Date.now() < deadline
          if (!isFull) throw error
          await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS))
          continue
        }
      }
      await this.#freed(deadline, signal)
    }
  }

  /** Waits until a backend is given back. */
  async #freed(deadline: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        const index = this.#waiters.indexOf(done)
        if (index >= 0) this.#waiters.splice(index, 1)
        resolve()
      }
      const timer = setTimeout(
        () => {
          done()
          reject(new PgError('53300', 'too many statements at a time', { fault: 'limit' }))
        },
        Math.max(0, deadline - Date.now()),
      )
      signal.addEventListener('abort', done, { once: true })
      this.#waiters.push(done)
    })
    if (Date.now() >= deadline) throw new PgError('53300', 'too many statements at a time', { fault: 'limit' })
  }

  giveBack(backend: Backend): void {
    const idleOfUser = this.#idle.filter(({ user }) => user === backend.user).length
    if (backend.usable && idleOfUser < IDLE_BACKENDS_PER_USER_MAX) {
      backend.idleSince = Date.now()
      this.#idle.push(backend)
    } else this.#end(backend)
    this.#waiters.shift()?.()
  }

  #end(backend: Backend): void {
    this.#backends--
    if (backend.usable) backend.connection.close()
    else backend.connection.destroy()
  }

  /** Users become roles when they first come: who they are has been proven at the door. */
  async #ensureUser(user: string): Promise<void> {
    // Accounts can not have these names; should one have it all the same, it would be more than a user here.
    if (RESERVED_ROLES.has(user) || user === OWNER || user.startsWith('pg_')) {
      throw new PgError('28000', `role "${user}" is not permitted to log in`)
    }
    let made = this.#users.get(user)
    if (!made) {
      made = asSuperuser(this.server.socketPath, this.tenant, async (run) => {
        const known = await run('select 1 from pg_roles where rolname = $1', [user])
        if (known.length === 0) await run(`create role ${quoteIdentifier(user)} login in role ${OWNER}`)
      })
      this.#users.set(user, made)
      made.catch(() => this.#users.delete(user))
    }
    await made
  }

  /** Something may be in it that the lake does not hold: it dies, and is made anew from the template. */
  distrust(): void {
    rmSync(join(this.server.dataDir, STAMP), { force: true })
    this.server.kill()
  }

  /** Ends backends that nobody has needed for a while. */
  trim(now: number): void {
    this.giveUpKept(PINNED_MAX, now - BACKEND_IDLE_MS)
    while (this.#idle[0] && now - this.#idle[0].idleSince > BACKEND_IDLE_MS) {
      const backend = this.#idle.shift()
      if (backend) this.#end(backend)
    }
  }

  async stop(): Promise<void> {
    for (const backend of this.#idle.splice(0)) this.#end(backend)
    await this.server.stop()
  }
}

/** Made of this very template, and stopped in order: then there is no lock file. */
async function isTrusted(dataDir: string, template: Template): Promise<boolean> {
  if (existsSync(join(dataDir, 'postmaster.pid'))) return false
  const stamp = await readFile(join(dataDir, STAMP), 'utf8').catch(() => null)
  return stamp === template.hash
}
