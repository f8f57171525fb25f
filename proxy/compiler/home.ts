import { PgError } from '../error.ts'
import type { Lake, LakeRelation, LakeView } from '../lake/lake.ts'
import { quoteIdentifier } from '../quote.ts'
import type { SendableMessage } from '../wire/client.ts'
import { decodeBackend } from '../wire/client.ts'
import type { Catalog } from './catalog.ts'
import type { Settings } from './compiler.ts'
import { type Backend, type RunOwn, textOf } from './twin/backend.ts'
import { createTable, createView, isRefusal } from './twin/sync.ts'
import type { Twin } from './twin/twin.ts'

export type HomeOptions = { twin: Twin; backend: Backend; lake: Lake; temporary: string; ended: () => void }

type Held = { readonly kind: 'table' | 'view'; readonly uuid: string; readonly signature: string }

/**
 * The backend of a session that has temporary tables. There they are PostgreSQL's own, so that names are found, and hide
 * others, as in PostgreSQL. Like the twin it is a cache: what the session has is told by the lake, and made anew in another
 * backend when this one is lost.
 */
export class Home {
  readonly twin: Twin
  readonly backend: Backend
  readonly #lake: Lake
  readonly #temporary: string
  readonly #ended: () => void
  readonly #held = new Map<string, Held>()
  #catalog: Catalog | null = null
  #isStale = true
  #uses = 0
  #hasEnded = false
  usedAt = Date.now()
  #busy: Promise<void> = Promise.resolve()

  constructor({ twin, backend, lake, temporary, ended }: HomeOptions) {
    this.twin = twin
    this.backend = backend
    this.#lake = lake
    this.#temporary = temporary
    this.#ended = ended
  }

  get isLost(): boolean {
    return this.#hasEnded || !this.twin.server.running() || (this.#uses === 0 && !this.backend.usable)
  }

  /** Nothing is under way in it: others may have its place. */
  get isFree(): boolean {
    return this.#uses === 0
  }

  /** `leave` must follow. */
  enter(): void {
    this.#uses++
  }

  leave(): void {
    this.#uses--
    this.usedAt = Date.now()
  }

  /** Resolves when what was asked of it before has been answered: rows of a portal may still be on their way. */
  async idle(): Promise<void> {
    await this.#busy
  }

  work(until: Promise<unknown>): void {
    this.#busy = until.then(
      () => {},
      () => {},
    )
  }

  /** As the lake has it now: the tenant's relations, and the session's own. */
  async current(settings: Settings, signal: AbortSignal): Promise<Catalog> {
    const { version } = await this.twin.current(signal)
    await this.idle()
    // A view goes with a table of the tenant's that it reads, and comes back with it.
    if (this.#isStale || (this.#catalog?.version !== version && this.#hasViews())) await this.#follow(settings, signal)
    if (this.#catalog?.version !== version) this.#catalog = await this.twin.ownSnapshot(this.#temporary)
    return this.#catalog
  }

  /** A transaction in it has been rolled back, and the lake may have taken over what it did. */
  rolledBack(): void {
    this.backend.forgetSettings()
    this.#isStale = true
  }

  #hasViews(): boolean {
    return [...this.#held.values()].some(({ kind }) => kind === 'view')
  }

  /** Makes what the lake says that the session has, and drops what it has no more. Views are made anew: they may read any of it. */
  async #follow(settings: Settings, signal: AbortSignal): Promise<void> {
    const { tenant } = this.twin
    const relations = await this.#lake.temporaries(tenant, this.#temporary, signal)
    const wanted = new Map(relations.map((relation) => [relation.name, relation]))
    const isKept = (name: string): boolean => {
      const [held, now] = [this.#held.get(name), wanted.get(name)]
      return held?.kind === 'table' && now?.uuid === held.uuid && now.signature === held.signature
    }
    const gone = [...this.#held].filter(([name]) => !isKept(name))
    const missing = relations.filter(({ name }) => !isKept(name))
    if (gone.length > 0 || missing.length > 0) {
      const loaded = await this.#lake.load(tenant, null, missing, signal)
      await this.#make(gone, loaded, settings, signal)
      for (const [name] of gone) this.#held.delete(name)
      for (const { name, kind, uuid, signature } of missing) this.#held.set(name, { kind, uuid, signature })
    }
    this.#catalog = null
    this.#isStale = false
  }

  async #make(
    gone: readonly (readonly [string, Held])[],
    relations: readonly LakeRelation[],
    settings: Settings,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend } = this
    const run: RunOwn = (sql, parameters) => runIn(backend, { sql, parameters: parameters ?? [], settings }, signal)
    try {
      await backend.rows(`BEGIN READ WRITE; ${AS_WRITTEN}`, settings, signal)
      for (const [name, { kind }] of gone) await run(`DROP ${kind} IF EXISTS pg_temp.${quoteIdentifier(name)} CASCADE`)
      const here = relations.map((relation) => ({ ...relation, schema: 'pg_temp' }))
      for (const table of here) if (table.kind === 'table') await createTable(run, table, 'temporary table')
      await this.#makeViews(
        run,
        here.filter((relation) => relation.kind === 'view'),
      )
      await backend.rows('COMMIT', settings, signal)
    } catch (error) {
      backend.doubt()
      throw error
    }
  }

  /** In any order, as they may read each other; one that reads what is no more is not there until that is back. */
  async #makeViews(run: RunOwn, views: readonly LakeView[]): Promise<void> {
    const failed: LakeView[] = []
    for (const view of views) {
      await run('SAVEPOINT view')
      try {
        await createView(run, view, 'temporary view')
        await run('RELEASE SAVEPOINT view')
      } catch (error) {
        if (!(error instanceof PgError) || !isRefusal(error)) throw error
        await run('ROLLBACK TO SAVEPOINT view')
        failed.push(view)
      }
    }
    if (failed.length > 0 && failed.length < views.length) await this.#makeViews(run, failed)
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#ended()
  }
}

/** As the definitions were read: see proxy/session/ddl/state.ts. */
const AS_WRITTEN = `SET LOCAL search_path TO pg_catalog, pg_temp; SET LOCAL standard_conforming_strings TO on;
  SET LOCAL DateStyle TO 'ISO, MDY'; SET LOCAL IntervalStyle TO postgres`

/** One statement by itself, as the lake's text must be run. */
async function runIn(
  backend: Backend,
  statement: { sql: string; parameters: readonly (string | null)[]; settings: Settings },
  signal: AbortSignal,
): Promise<(string | null)[][]> {
  const { sql, parameters, settings } = statement
  const rows: (string | null)[][] = []
  const values = parameters.map((value) => (value === null ? null : Buffer.from(value)))
  const messages: SendableMessage[] = [
    { kind: 'Parse', statement: '', sql, parameterTypes: [] },
    { kind: 'Bind', portal: '', statement: '', formats: [], values, resultFormats: [] },
    { kind: 'Execute', portal: '', rowsMax: 0 },
    { kind: 'Sync' },
  ]
  await backend.send(
    messages,
    1,
    settings,
    (frame) => {
      const message = decodeBackend(frame)
      if (message.kind === 'DataRow') rows.push(message.values.map(textOf))
    },
    signal,
  )
  return rows
}
