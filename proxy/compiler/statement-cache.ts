import type { Analysed } from './analyse.ts'
import type { Catalog } from './catalog.ts'
import type { Settings } from './compiler.ts'
import { analysisKey } from './setting.ts'

export type CacheLimits = { entriesMax: number; bytesMax: number }

/**
 * Text that PostgreSQL turns into another constant each time: 'now' and its kin are evaluated when they are analysed. Escapes
 * and literals in pieces could spell them, too. `now()` is no such thing.
 */
const MOMENTARY = /\bnow\b(?!\s*\()|\b(?:today|tomorrow|yesterday)\b|\\|'\s*[\r\n]\s*'/i

export function isCacheable(sql: string): boolean {
  return !MOMENTARY.test(sql)
}

export type CacheKey = {
  tenant: string
  user: string
  /** of the twin's server: a new one may number its relations otherwise */
  incarnation: number
  version: number
  sql: string
  parameterTypes: readonly number[]
  settings: Settings
}

export function cacheKey({ tenant, user, incarnation, version, sql, parameterTypes, settings }: CacheKey): string {
  return [tenant, user, incarnation, version, parameterTypes.join(), analysisKey(settings), sql].join('\u0001')
}

export type Kept = Analysed & { catalog: Catalog }

/** Analyses by text and everything they depend on, the least recently used thrown out first. */
export class StatementCache {
  readonly #limits: CacheLimits
  readonly #entries = new Map<string, Kept>()
  #bytes = 0

  constructor(limits: CacheLimits) {
    this.#limits = limits
  }

  get(key: string): Kept | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set(key: string, kept: Kept): void {
    const { bytes } = kept
    if (bytes > this.#limits.bytesMax / 4) return
    this.#remove(key)
    this.#entries.set(key, kept)
    this.#bytes += bytes
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#limits.bytesMax && this.#entries.size <= this.#limits.entriesMax) return
      this.#remove(oldest)
    }
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
