import { queries } from '../compiler/tree/walk.ts'
import type { EngineName, EngineStatus } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import type { Confined, Estimate, Routed, RouteReason } from './stage.ts'

export type RouteOptions = {
  /** the session's setting lakewire.engine */
  readonly engine: 'auto' | EngineName
  /** those that are configured, the one that is always there first, and how they are */
  readonly engines: ReadonlyMap<EngineName, EngineStatus>
  readonly estimate: Estimate
  readonly thresholds: RouteThresholds
  /** Why an engine that is configured is out of the question for this statement, in words. */
  readonly without?: ReadonlyMap<EngineName, string>
}

/** Configuration keys router.*: what one process does in reasonable time; beyond it an engine of many is better. */
export type RouteThresholds = {
  readonly scanBytesMax: number
  /** for statements that join, group or sort: these hold rows in memory */
  readonly joinBytesMax: number
  /** statements that wait at an engine before others are preferred */
  readonly queuedMax: number
}

export const DEFAULT_THRESHOLDS: RouteThresholds = {
  scanBytesMax: 16 * 1024 ** 3,
  joinBytesMax: 4 * 1024 ** 3,
  queuedMax: 8,
}

/**
 * The engines that may run the statement, best first, each with the reason why it comes before the next, in words that
 * EXPLAIN and the history show. One that was asked for by name has no other behind it.
 */
export function route(confined: Confined, options: RouteOptions): readonly Routed[] {
  const { estimate } = options
  return choose({ ...options, ...factsOf(confined) }).map(
    ({ engine, why, reason }) => ({ confined, engine, why, reason, estimate }) as Routed,
  )
}

/** The same statement at another engine than `routed`'s, which could not take it. */
export function instead(routed: Routed, refused: Routed, why: RouteReason, words: string): Routed {
  return { ...routed, why, reason: `${refused.engine} ${words}: ${routed.engine}` }
}

/** What matters of a statement's shape. */
type Facts = { readonly writes: boolean; readonly holdsRows: boolean }
type Input = RouteOptions & Facts
type Choice = { readonly engine: EngineName; readonly why: RouteReason; readonly reason: string }

function factsOf(confined: Confined): Facts {
  const { query } = confined.compiled
  let holdsRows = confined.tables.size > 1
  for (const part of queries(query)) {
    holdsRows ||= part.groupClause.length > 0 || part.windowClause.length > 0 || part.sortClause.length > 0
    holdsRows ||= part.distinctClause.length > 0
  }
  return { writes: query.hasModifyingCTE || query.commandType !== 'select', holdsRows }
}

/** Orders of preference by how much is read and what is done with it. */
const ORDERS: Readonly<Record<'small' | 'largeRead' | 'largeWrite', readonly EngineName[]>> = {
  small: ['duckdb', 'trino', 'spark'],
  largeRead: ['trino', 'spark', 'duckdb'],
  largeWrite: ['spark', 'trino', 'duckdb'],
}

function choose(input: Input): readonly Choice[] {
  const { engine, engines, without } = input
  if (engine !== 'auto') {
    if (engines.has(engine)) return [{ engine, why: 'asked', reason: 'lakewire.engine asks for it' }]
    throw new PgError('22023', `engine "${engine}" is not available`, {
      hint: `Available: ${[...engines.keys()].join(', ')}.`,
    })
  }
  const able = [...engines.keys()].filter((name) => without?.has(name) !== true)
  const [only, ...others] = able
  if (only === undefined) throw new PgError('57P03', 'no engine is available', { fault: 'engine' })
  if (others.length === 0) return [onlyChoice(only, input)]

  const { why, reason, order } = bySize(input)
  const known = order.filter((name) => able.includes(name))
  const fit = known.filter((name) => obstacle(name, input) === null)
  // When none is fit the order by size stands: the engine itself gives the error, or has recovered meanwhile.
  const [best, second] = fit.length === 0 ? known : fit
  if (best === undefined) return [onlyChoice(only, input)]
  const passedOver = known.slice(0, known.indexOf(best))
  const choices: Choice[] = [
    passedOver.length === 0
      ? { engine: best, why, reason }
      : { engine: best, ...passed(passedOver, input), reason: `${passed(passedOver, input).reason}: ${best}` },
  ]
  if (second !== undefined) choices.push({ engine: second, why, reason })
  for (const name of known) {
    if (!choices.some((choice) => choice.engine === name)) choices.push({ engine: name, why, reason })
  }
  return choices
}

function onlyChoice(engine: EngineName, { without }: Input): Choice {
  const reasons = [...(without ?? [])].map(([name, words]) => `${name} ${words}`)
  return reasons.length === 0
    ? { engine, why: 'only', reason: 'it is the only engine' }
    : { engine, why: 'failed', reason: `${reasons.join('; ')}: ${engine}` }
}

function passed(names: readonly EngineName[], input: Input): { why: RouteReason; reason: string } {
  const obstacles = names.map((name) => ({ name, ...obstacle(name, input) }))
  return {
    why: obstacles[0]?.why ?? 'unhealthy',
    reason: obstacles.map(({ name, words }) => `${name} ${words}`).join('; '),
  }
}

function obstacle(name: EngineName, { engines, thresholds }: Input): { why: RouteReason; words: string } | null {
  const status = engines.get(name)
  if (status === undefined) return null
  if (status.problem !== null) return { why: 'unhealthy', words: `is not well (${status.problem})` }
  if (status.queued > thresholds.queuedMax) {
    return { why: 'queue', words: `has ${status.queued} statements waiting, more than ${thresholds.queuedMax}` }
  }
  return null
}

function bySize({ estimate, thresholds, writes, holdsRows }: Input): Omit<Choice, 'engine'> & {
  order: readonly EngineName[]
} {
  const { bytes } = estimate
  if (bytes === null) {
    return { order: ORDERS.small, why: 'unknownSize', reason: 'the tables do not tell how large they are' }
  }
  const limit = holdsRows ? thresholds.joinBytesMax : thresholds.scanBytesMax
  const [read, most] = [mebibytes(bytes), mebibytes(limit)]
  const kind = holdsRows ? 'one process that joins, groups or sorts' : 'one process'
  if (bytes <= limit) {
    return { order: ORDERS.small, why: 'small', reason: `it reads ${read}, at most the ${most} for ${kind}` }
  }
  const order = writes ? ORDERS.largeWrite : ORDERS.largeRead
  return { order, why: 'large', reason: `it reads ${read}, more than the ${most} for ${kind}` }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
