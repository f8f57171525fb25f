import { expect, test } from 'vitest'
import type { Relation } from '../../proxy/compiler/compiled.ts'
import { SCHEMA } from '../../proxy/compiler/tree/schema.ts'
import type { EngineName, EngineStatus } from '../../proxy/engine/engine.ts'
import { estimateBySummary } from '../../proxy/query/estimate.ts'
import { DEFAULT_THRESHOLDS, instead, type RouteOptions, route } from '../../proxy/query/route.ts'
import type { Confined, Estimate, RouteReason } from '../../proxy/query/stage.ts'

type Shape = { tables?: number; commandType?: 'select' | 'insert'; groups?: boolean }

/** A query with nothing in it. */
const EMPTY = Object.fromEntries(
  Object.entries(SCHEMA.Query).map(([name, { read }]) => [name, /s$/.test(read) ? [] : null]),
)

function confined({ tables = 1, commandType = 'select', groups = false }: Shape = {}): Confined {
  const sortGroup = { kind: 'SortGroupClause', tleSortGroupRef: 1, eqop: 0, sortop: 0 }
  const query = { ...EMPTY, kind: 'Query', commandType, groupClause: groups ? [sortGroup] : [] }
  const relations = Array.from({ length: tables }, (_, oid) => [oid, { oid, lake: null }] as const)
  return { compiled: { query }, tables: new Map(relations) } as unknown as Confined
}

const WELL: EngineStatus = { problem: null, running: 0, queued: 0 }

function engines(all: Partial<Record<EngineName, Partial<EngineStatus>>>): RouteOptions['engines'] {
  const names = Object.keys(all) as EngineName[]
  return new Map(names.map((name) => [name, { ...WELL, ...all[name] }]))
}

const ALL = engines({ duckdb: {}, trino: {}, spark: {} })
const TWO = engines({ duckdb: {}, trino: {} })
const { scanBytesMax, joinBytesMax, queuedMax } = DEFAULT_THRESHOLDS

function reads(bytes: number | null): Estimate {
  return { bytes, rows: null, files: null, filesTotal: null }
}

type Case = {
  name: string
  shape?: Shape
  options: Partial<RouteOptions>
  order: readonly EngineName[]
  why: RouteReason
  reason: RegExp
}

// biome-ignore format: one row each
const CASES: readonly Case[] = [
  { name: 'the only engine', options: { engines: engines({ duckdb: {} }) }, order: ['duckdb'], why: 'only', reason: /^it is the only engine$/ },
  { name: 'a little is read', options: { estimate: reads(3 * 1024 ** 2) }, order: ['duckdb', 'trino', 'spark'], why: 'small', reason: /^it reads 3\.0 MiB, at most the 16384\.0 MiB for one process$/ },
  { name: 'just as much as one process may', options: { estimate: reads(scanBytesMax) }, order: ['duckdb', 'trino', 'spark'], why: 'small', reason: /at most/ },
  { name: 'a byte more', options: { estimate: reads(scanBytesMax + 1) }, order: ['trino', 'spark', 'duckdb'], why: 'large', reason: /more than/ },
  { name: 'a large write', shape: { commandType: 'insert' }, options: { estimate: reads(scanBytesMax + 1) }, order: ['spark', 'trino', 'duckdb'], why: 'large', reason: /more than/ },
  { name: 'joins have a limit of their own', shape: { tables: 2 }, options: { estimate: reads(joinBytesMax + 1) }, order: ['trino', 'spark', 'duckdb'], why: 'large', reason: /joins, groups or sorts/ },
  { name: 'so has GROUP BY', shape: { groups: true }, options: { estimate: reads(joinBytesMax + 1) }, order: ['trino', 'spark', 'duckdb'], why: 'large', reason: /joins, groups or sorts/ },
  { name: 'an unknown size', options: { estimate: reads(null) }, order: ['duckdb', 'trino', 'spark'], why: 'unknownSize', reason: /do not tell/ },
  { name: 'a wish has no other behind it', options: { engine: 'trino', estimate: reads(1) }, order: ['trino'], why: 'asked', reason: /asks for it/ },
  { name: 'a wish for a sick engine is a wish', options: { engine: 'trino', engines: engines({ duckdb: {}, trino: { problem: 'it does not answer' } }) }, order: ['trino'], why: 'asked', reason: /asks for it/ },
  { name: 'a sick engine comes last', options: { engines: engines({ duckdb: {}, trino: { problem: 'it does not answer' } }), estimate: reads(scanBytesMax + 1) }, order: ['duckdb', 'trino'], why: 'unhealthy', reason: /^trino is not well \(it does not answer\): duckdb$/ },
  { name: 'a queue', options: { engines: engines({ duckdb: {}, trino: { queued: queuedMax + 1 } }), estimate: reads(scanBytesMax + 1) }, order: ['duckdb', 'trino'], why: 'queue', reason: /^trino has 9 statements waiting, more than 8: duckdb$/ },
  { name: 'a queue that is short enough', options: { engines: engines({ duckdb: {}, trino: { queued: queuedMax } }), estimate: reads(scanBytesMax + 1) }, order: ['trino', 'duckdb'], why: 'large', reason: /more than/ },
  { name: 'when all are sick the size decides', options: { engines: engines({ duckdb: { problem: 'a' }, trino: { problem: 'b' } }), estimate: reads(1) }, order: ['duckdb', 'trino'], why: 'small', reason: /at most/ },
  { name: 'one that has failed is out', options: { engines: TWO, estimate: reads(scanBytesMax + 1), without: new Map([['trino', 'failed (it went away)']]) }, order: ['duckdb'], why: 'failed', reason: /^trino failed \(it went away\): duckdb$/ },
]

test.each(CASES)('$name', ({ shape, options, order, why, reason }) => {
  const routes = route(confined(shape), {
    engine: 'auto',
    engines: ALL,
    estimate: reads(1),
    thresholds: DEFAULT_THRESHOLDS,
    ...options,
  })
  expect(routes.map(({ engine }) => engine)).toEqual(order)
  expect(routes[0]).toMatchObject({ why, reason: expect.stringMatching(reason) })
})

test('an engine that is not configured is refused, with those that are', () => {
  const options = { engine: 'spark', engines: TWO, estimate: reads(1), thresholds: DEFAULT_THRESHOLDS } as const
  expect(() => route(confined(), options)).toThrowError(
    expect.objectContaining({ code: '22023', fields: { hint: 'Available: duckdb, trino.' } }),
  )
})

test('the next engine says what the better one could not', () => {
  const options = { engine: 'auto', engines: TWO, estimate: reads(scanBytesMax + 1), thresholds: DEFAULT_THRESHOLDS }
  const [trino, duckdb] = route(confined(), options as RouteOptions)
  if (trino === undefined || duckdb === undefined) throw new Error('two were expected')
  expect(instead(duckdb, trino, 'refused', 'cannot (timetz is not supported)')).toMatchObject({
    engine: 'duckdb',
    why: 'refused',
    reason: 'trino cannot (timetz is not supported): duckdb',
  })
})

test('summaries are added up, and unknown when one is', () => {
  const sized = (sizes: readonly (number | null)[]) =>
    sizes.map((size) => ({ lake: { byteCount: size, rowCount: size, columns: [] } }) as unknown as Relation)
  expect(estimateBySummary(sized([1, 2]))).toMatchObject({ bytes: 3, rows: 3 })
  expect(estimateBySummary(sized([1, null]))).toMatchObject({ bytes: null, rows: null })
})
