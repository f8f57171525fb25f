import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PgError } from '../../error.ts'
import type { Lake } from '../../lake/lake.ts'
import { everyoneMayEnter, findBinaries } from './binaries.ts'
import { endOrphan } from './server.ts'
import { prepareTemplate } from './template.ts'
import { PINNED_MAX, Twin, type TwinOptions } from './twin.ts'

export type TwinsOptions = {
  lake: Lake
  /** where twins keep their data: a cache, private to this process */
  dataDir: string
  /** where what all twins are made of is kept */
  cacheDir: string
  awakeMax: number
  idleMs: number
}

const SWEEP_MS = 5_000
/** How long a tenant waits for its twin to start while all that may be awake are in use. */
const ROOM_WAIT_MS = 10_000
const ROOM_POLL_MS = 20
/** Others may pass through, as the unprivileged user does, but cannot list what is in it: the names of tenants. */
const PASSABLE = 0o711

/** The twins that are awake. Each is started when a statement of its tenant comes, and put to sleep when none does. */
export class Twins {
  readonly #options: TwinsOptions
  readonly #folder: string
  readonly #isTemporary: boolean
  readonly #twin: TwinOptions
  readonly #awake = new Map<string, Promise<Twin>>()
  /** of those in #awake the ones that have started */
  readonly #ready = new Map<string, Twin>()
  /** of those that are being put to sleep: the data folder is theirs until then */
  readonly #stopping = new Map<string, Promise<void>>()
  readonly #sweeper: NodeJS.Timeout
  #closed = false

  private constructor(options: TwinsOptions, folder: string, twin: TwinOptions, isTemporary: boolean) {
    this.#options = options
    this.#isTemporary = isTemporary
    this.#folder = folder
    this.#twin = twin
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP_MS, Math.max(50, options.idleMs / 2)))
    this.#sweeper.unref()
  }

  static async open(options: TwinsOptions): Promise<Twins> {
    const cacheDir = resolve(options.cacheDir)
    await mkdir(cacheDir, { recursive: true })
    const binaries = await findBinaries(await roomFor(cacheDir, process.getuid?.() === 0))
    const template = await prepareTemplate(binaries, await roomFor(cacheDir, binaries.identity !== null))
    const wanted = join(resolve(options.dataDir), 'twin')
    await mkdir(wanted, { recursive: true })
    await chmod(wanted, PASSABLE)
    const folder = await roomFor(wanted, binaries.identity !== null)
    for (const tenant of await readdir(folder)) await endOrphan(join(folder, tenant))
    return new Twins(options, folder, { binaries, template, lake: options.lake }, folder !== wanted)
  }

  /** The tenant's twin, awake at least until `work` has ended. */
  async use<T>(tenant: string, work: (twin: Twin) => Promise<T>): Promise<T> {
    const twin = await this.acquire(tenant)
    try {
      return await work(twin)
    } finally {
      this.release(twin)
    }
  }

  async acquire(tenant: string): Promise<Twin> {
    if (this.#closed) throw new PgError('57P01', 'the server is shutting down', { severity: 'FATAL' })
    for (;;) {
      await this.#stopping.get(tenant)
      const twin = await (this.#awake.get(tenant) ?? this.#wake(tenant))
      // It may have died, or have been put to sleep, while we waited.
      if (!twin.server.running()) {
        this.#forget(twin)
        continue
      }
      if (this.#stopping.has(tenant)) continue
      twin.uses++
      return twin
    }
  }

  release(twin: Twin): void {
    twin.uses--
    twin.usedAt = Date.now()
  }

  #wake(tenant: string): Promise<Twin> {
    const starting = this.#start(tenant)
    this.#awake.set(tenant, starting)
    starting.catch(() => {
      if (this.#awake.get(tenant) === starting) this.#awake.delete(tenant)
    })
    return starting
  }

  async #start(tenant: string): Promise<Twin> {
    await this.#makeRoom()
    await endOrphan(join(this.#folder, tenant))
    const twin = await Twin.start(tenant, this.#folder, this.#twin)
    twin.usedAt = Date.now()
    this.#ready.set(tenant, twin)
    // However it ends, the next statement starts it anew; if that was not in order, from the template.
    void twin.server.exited.then(() => this.#bury(twin))
    return twin
  }

  #forget(twin: Twin): void {
    if (this.#ready.get(twin.tenant) !== twin) return
    this.#ready.delete(twin.tenant)
    this.#awake.delete(twin.tenant)
  }

  /** Its postmaster has died: backends that still work on statements are ended, too. Nobody starts it anew meanwhile. */
  #bury(twin: Twin): void {
    if (this.#ready.get(twin.tenant) !== twin) return
    this.#forget(twin)
    const buried = endOrphan(twin.server.dataDir).then(
      () => {},
      () => {},
    )
    this.#stopping.set(
      twin.tenant,
      buried.finally(() => this.#stopping.delete(twin.tenant)),
    )
  }

  /** Puts the longest unused one to sleep when too many are awake; waits a while for one that is not used. */
  async #makeRoom(): Promise<void> {
    const deadline = Date.now() + ROOM_WAIT_MS
    while (this.#ready.size >= this.#options.awakeMax) {
      const [oldest] = [...this.#ready.values()].filter(({ uses }) => uses === 0).sort((a, b) => a.usedAt - b.usedAt)
      if (oldest) await this.#sleep(oldest)
      else if (Date.now() >= deadline) {
        throw new PgError('53300', 'too many databases are in use', {
          hint: 'Try again when others have ended their statements.',
          fault: 'limit',
        })
      } else {
        for (const twin of this.#ready.values()) twin.giveUpKept(PINNED_MAX)
        await new Promise((resolve) => setTimeout(resolve, ROOM_POLL_MS))
      }
    }
  }

  async #sleep(twin: Twin): Promise<void> {
    const stopped = twin.stop().finally(() => {
      this.#stopping.delete(twin.tenant)
    })
    this.#stopping.set(twin.tenant, stopped)
    this.#forget(twin)
    await stopped
  }

  /** The tenant is no more: nothing of its twin stays, running or on disk. */
  async remove(tenant: string): Promise<void> {
    const twin = await this.#awake.get(tenant)?.catch(() => null)
    if (twin) await this.#sleep(twin)
    await this.#stopping.get(tenant)
    await rm(join(this.#folder, tenant), { recursive: true, force: true })
  }

  #sweep(): void {
    const now = Date.now()
    for (const twin of this.#ready.values()) {
      twin.trim(now)
      if (twin.uses === 0 && now - twin.usedAt >= this.#options.idleMs) this.#sleep(twin).catch(() => {})
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeper)
    const twins = await Promise.all([...this.#awake.values()].map((twin) => twin.catch(() => null)))
    await Promise.all([...twins.map((twin) => twin?.stop()), ...this.#stopping.values()])
    this.#awake.clear()
    // In the system's temporary folder nothing is left: twins are made anew in no time.
    if (this.#isTemporary) await rm(this.#folder, { recursive: true, force: true })
  }
}

/**
 * `folder`, or when root runs the twins as nobody, who can not enter it (a home of root's), one of the same purpose under
 * the system's temporary folder.
 */
async function roomFor(folder: string, unprivileged: boolean): Promise<string> {
  if (!unprivileged || (await everyoneMayEnter(folder))) return folder
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  const room = join(tmpdir(), `lakewire-${hash}`)
  await mkdir(room, { recursive: true })
  // Anybody may have made something of this name there, a link too.
  const found = await lstat(room)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${room} belongs to somebody else`)
  await chmod(room, PASSABLE)
  return room
}
