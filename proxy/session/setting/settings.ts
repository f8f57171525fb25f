import type { Settings } from '../../compiler/compiler.ts'
import type { OutputStyle } from '../../engine/engine.ts'
import { dateStyleOf } from '../../type/date-style.ts'
import { SETTINGS, TWIN_SETTINGS } from './table.ts'
import { durationMs } from './value.ts'

type Values = ReadonlyMap<string, string>

/** What a transaction, or a savepoint, goes back to. Cheap: the maps are never changed in place. */
export type SettingsSnapshot = { readonly session: Values; readonly local: Values }

/**
 * The settings of one session, by lower-case name: what the client gave at startup (RESET goes back to it), what SET has
 * set, and what SET LOCAL has set for the transaction at hand.
 */
export class SessionSettings {
  private startup: Values = new Map()
  private session: Values = new Map()
  private local: Values = new Map()
  private twin: Settings | null = null
  private readonly announced = new Map<string, string>()
  private readonly user: string

  constructor(user: string) {
    this.user = user
  }

  get(name: string): string | undefined {
    const key = name.toLowerCase()
    const own = this.local.get(key) ?? this.session.get(key)
    if (own !== undefined) return own
    const row = SETTINGS.get(key)
    if (row?.transaction !== undefined) return this.get(row.transaction)
    return this.resetValue(key)
  }

  /** What RESET gives; undefined: only PostgreSQL knows, or nobody. */
  resetValue(name: string): string | undefined {
    const key = name.toLowerCase()
    if (key === 'session_authorization') return this.user
    return this.startup.get(key) ?? SETTINGS.get(key)?.default
  }

  /** `value` is canonical; null: RESET. */
  set(name: string, value: string | null, scope: 'session' | 'local'): void {
    const key = name.toLowerCase()
    const reset = value ?? this.resetValue(key)
    if (scope === 'local') {
      this.local = changed(this.local, key, reset ?? null)
    } else {
      this.session = changed(this.session, key, value === null ? null : value)
      this.local = changed(this.local, key, null)
    }
    this.twin = null
  }

  /** RESET ALL: what belongs to the transaction stays. */
  resetAll(): void {
    this.session = new Map()
    this.local = new Map([...this.local].filter(([key]) => SETTINGS.get(key)?.transaction !== undefined))
    this.twin = null
  }

  /** What is set now becomes what RESET goes back to. */
  endStartup(): void {
    this.startup = this.session
    this.session = new Map()
    this.twin = null
  }

  snapshot(): SettingsSnapshot {
    return { session: this.session, local: this.local }
  }

  restore(snapshot: SettingsSnapshot): void {
    if (this.session === snapshot.session && this.local === snapshot.local) return
    this.session = snapshot.session
    this.local = snapshot.local
    this.twin = null
  }

  /** SET LOCAL and SET TRANSACTION end with their transaction. */
  endLocal(): void {
    if (this.local.size === 0) return
    this.local = new Map()
    this.twin = null
  }

  /** All that have been given a value, by canonical name. */
  *entries(): Iterable<readonly [name: string, value: string]> {
    const keys = new Set([...this.startup.keys(), ...this.session.keys(), ...this.local.keys()])
    for (const key of keys) {
      const value = this.get(key)
      if (value !== undefined) yield [SETTINGS.get(key)?.name ?? key, value]
    }
  }

  /** For the tenant's PostgreSQL. The same map until something in it changes. */
  forTwin(): Settings {
    if (this.twin !== null) return this.twin
    const twin = new Map<string, string>()
    for (const row of SETTINGS.values()) {
      if (row.twin) twin.set(row.name, this.get(row.name) ?? row.default)
    }
    for (const [name, value] of this.entries()) {
      const custom = name.includes('.') && !name.startsWith('lakewire.')
      if (custom || TWIN_SETTINGS.has(name)) twin.set(name, value)
    }
    this.twin = twin
    return twin
  }

  /** The same as they are whenever it is looked at: for a backend that outlives the statement at hand. */
  liveForTwin(): Settings {
    return new LiveSettings(() => this.forTwin())
  }

  style(): OutputStyle {
    return {
      timeZone: this.get('TimeZone') ?? 'UTC',
      dateStyle: dateStyleOf(this.get('DateStyle') ?? 'ISO, MDY'),
      intervalStyle: (this.get('IntervalStyle') ?? 'postgres') as OutputStyle['intervalStyle'],
      byteaOutput: (this.get('bytea_output') ?? 'hex') as OutputStyle['byteaOutput'],
      extraFloatDigits: Number(this.get('extra_float_digits') ?? 1),
    }
  }

  isOn(name: string): boolean {
    return this.get(name) === 'on'
  }

  ms(name: string): number {
    return durationMs(this.get(name) ?? '0')
  }

  /** Reported settings whose value the client does not know yet. Asked for just before ReadyForQuery, as PostgreSQL ≥ 14. */
  *unannounced(): Iterable<readonly [name: string, value: string]> {
    for (const row of SETTINGS.values()) {
      if (!row.reported) continue
      const value = this.get(row.name) ?? row.default
      if (this.announced.get(row.name) === value) continue
      this.announced.set(row.name, value)
      yield [row.name, value]
    }
  }
}

class LiveSettings implements ReadonlyMap<string, string> {
  private readonly current: () => Settings

  constructor(current: () => Settings) {
    this.current = current
  }

  get size(): number {
    return this.current().size
  }

  get(name: string): string | undefined {
    return this.current().get(name)
  }

  has(name: string): boolean {
    return this.current().has(name)
  }

  entries(): MapIterator<[string, string]> {
    return this.current().entries()
  }

  keys(): MapIterator<string> {
    return this.current().keys()
  }

  values(): MapIterator<string> {
    return this.current().values()
  }

  forEach(visit: (value: string, name: string, settings: Settings) => void): void {
    for (const [name, value] of this.current()) visit(value, name, this)
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries()
  }
}

function changed(values: Values, key: string, value: string | null): Values {
  if (value === null && !values.has(key)) return values
  const copy = new Map(values)
  if (value === null) copy.delete(key)
  else copy.set(key, value)
  return copy
}
