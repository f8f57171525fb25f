import { expect, test } from 'vitest'
import type { EngineName } from '../../proxy/engine/engine.ts'
import { type RouteOptions, route, SINGLE_PROCESS_BYTES_MAX } from '../../proxy/query/route.ts'
import type { Confined } from '../../proxy/query/stage.ts'

function confined(bytes: readonly (number | null)[], commandType: 'select' | 'insert' = 'select'): Confined {
  const tables = new Map(bytes.map((byteCount, oid) => [oid, { lake: { byteCount, rowCount: byteCount } }]))
  return { compiled: { query: { commandType } }, tables } as unknown as Confined
}

const ALL: readonly EngineName[] = ['duckdb', 'trino', 'spark']
const HUGE = SINGLE_PROCESS_BYTES_MAX + 1

const CASES: readonly {
  name: string
  confined: Confined
  options: RouteOptions
  engine: EngineName
  reason: RegExp
}[] = [
  {
    name: 'the only engine',
    confined: confined([HUGE]),
    options: { engine: 'auto', engines: ['duckdb'] },
    engine: 'duckdb',
    reason: /only engine/,
  },
  {
    name: 'small tables',
    confined: confined([1024, 2048]),
    options: { engine: 'auto', engines: ALL },
    engine: 'duckdb',
    reason: /at most/,
  },
  {
    name: 'large reads',
    confined: confined([HUGE]),
    options: { engine: 'auto', engines: ALL },
    engine: 'trino',
    reason: /more than/,
  },
  {
    name: 'large writes',
    confined: confined([HUGE], 'insert'),
    options: { engine: 'auto', engines: ALL },
    engine: 'spark',
    reason: /more than/,
  },
  {
    name: 'an unknown size',
    confined: confined([1, null]),
    options: { engine: 'auto', engines: ALL },
    engine: 'duckdb',
    reason: /do not tell/,
  },
  {
    name: 'a wish',
    confined: confined([1]),
    options: { engine: 'trino', engines: ALL },
    engine: 'trino',
    reason: /asks for it/,
  },
]

test.each(CASES)('$name', ({ confined, options, engine, reason }) => {
  const routed = route(confined, options)
  expect(routed.engine).toBe(engine)
  expect(routed.reason).toMatch(reason)
})

test('estimates are sums, and unknown when one is', () => {
  expect(route(confined([1, 2]), { engine: 'auto', engines: ALL })).toMatchObject({
    bytesEstimated: 3,
    rowsEstimated: 3,
  })
  expect(route(confined([1, null]), { engine: 'auto', engines: ALL })).toMatchObject({ bytesEstimated: null })
})

test('an engine that is not configured is refused', () => {
  expect(() => route(confined([1]), { engine: 'spark', engines: ['duckdb'] })).toThrowError(/not available/)
})
