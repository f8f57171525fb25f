import { PgError } from '../error.ts'
import type { Lake, RelationName, ScanAsk, ScanEstimate } from '../lake/lake.ts'
import type { Log } from '../observe/log.ts'
import { total } from '../query/estimate.ts'
import type { Estimate } from '../query/stage.ts'

/** What has been asked so long ago is asked again behind the statement's back, and after the longer time before it. */
const FRESH_MS = 2_000
const USABLE_MS = 30_000
const ANSWERS_MAX = 10_000
/** Whole tables: their manifests are soon at hand. Beyond it the statement goes on with what its analysis knew. */
const TABLE_WAIT_MS = 300
const SCAN_WAIT_MS = 3_000

type Answer = { askedMs: number; estimate: ScanEstimate }

/**
 * How large tables and scans are, as the catalog tells: remembered for some seconds, so that small statements do not wait
 * for it. Shared by all sessions of a process; nothing is told across tenants.
 */
export class Estimates {
  private readonly lake: Lake
  private readonly log: Log
  private readonly answers = new Map<string, Answer>()
  private readonly asking = new Map<string, Promise<ScanEstimate>>()

  constructor(lake: Lake, log: Log) {
    this.lake = lake
    this.log = log
  }

  /** Whole tables. Null: the catalog has not told in time. */
  async tables(tenant: string, transaction: string | null, tables: readonly RelationName[]): Promise<Estimate | null> {
    const asks = tables.map(({ schema, name }): ScanAsk => ({ schema, name, columns: null, filter: null }))
    return await this.sum(tenant, transaction, asks, TABLE_WAIT_MS)
  }

  /** What is left of them by their filters. */
  async scans(tenant: string, transaction: string | null, asks: readonly ScanAsk[]): Promise<Estimate | null> {
    return await this.sum(tenant, transaction, asks, SCAN_WAIT_MS)
  }

  /** As it is at this moment. */
  async now(
    tenant: string,
    transaction: string | null,
    asks: readonly ScanAsk[],
    signal: AbortSignal,
  ): Promise<Estimate> {
    return added(await this.lake.estimate(tenant, transaction, asks, signal))
  }

  private async sum(
    tenant: string,
    transaction: string | null,
    asks: readonly ScanAsk[],
    waitMs: number,
  ): Promise<Estimate | null> {
    const known: (ScanEstimate | Promise<ScanEstimate>)[] = asks.map((ask) => this.one(tenant, transaction, ask))
    if (known.every((estimate) => !(estimate instanceof Promise))) return added(known as ScanEstimate[])
    try {
      return added(await within(waitMs, Promise.all(known)))
    } catch (error) {
      // An estimate is no reason for a statement to fail.
      this.log.debug({ error: error instanceof PgError ? error.code : error }, 'sizes are not known')
      return null
    }
  }

  private one(tenant: string, transaction: string | null, ask: ScanAsk): ScanEstimate | Promise<ScanEstimate> {
    const key = `${tenant}~${transaction ?? ''} ${JSON.stringify(ask)}`
    const known = this.answers.get(key)
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.askedMs
    if (known !== undefined && ageMs < FRESH_MS) return known.estimate
    const asked = this.ask(key, tenant, transaction, ask)
    return known !== undefined && ageMs < USABLE_MS ? known.estimate : asked
  }

  private ask(key: string, tenant: string, transaction: string | null, ask: ScanAsk): Promise<ScanEstimate> {
    const running = this.asking.get(key)
    if (running !== undefined) return running
    const askedMs = performance.now()
    const asked = this.lake
      .estimate(tenant, transaction, [ask], AbortSignal.timeout(SCAN_WAIT_MS))
      .then(([estimate]) => {
        const answer = { askedMs, estimate: estimate ?? NOT_KNOWN }
        this.answers.delete(key)
        this.answers.set(key, answer)
        const [oldest] = this.answers.keys()
        if (this.answers.size > ANSWERS_MAX && oldest !== undefined) this.answers.delete(oldest)
        return answer.estimate
      })
      .finally(() => this.asking.delete(key))
    // Nobody may be waiting for it.
    asked.catch(() => {})
    this.asking.set(key, asked)
    return asked
  }
}

const NOT_KNOWN: ScanEstimate = { rows: null, bytes: null, files: null, filesTotal: null }

function added(estimates: readonly ScanEstimate[]): Estimate {
  const of = (name: keyof ScanEstimate) => total(estimates.map((estimate) => estimate[name]))
  return { bytes: of('bytes'), rows: of('rows'), files: of('files'), filesTotal: of('filesTotal') }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new DOMException('sizes were not told in time', 'TimeoutError')), ms)
  work.then(resolve, reject)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
