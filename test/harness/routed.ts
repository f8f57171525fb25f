import type { EngineName } from '../../proxy/engine/engine.ts'
import { estimateBySummary } from '../../proxy/query/estimate.ts'
import { DEFAULT_THRESHOLDS, route } from '../../proxy/query/route.ts'
import type { Confined, Routed } from '../../proxy/query/stage.ts'

/** For tests that print for one engine. */
export function routedTo(engine: EngineName, confined: Confined): Routed {
  const [routed] = route(confined, {
    engine,
    engines: new Map([[engine, { problem: null, running: 0, queued: 0 }]]),
    estimate: estimateBySummary([...confined.tables.values()]),
    thresholds: DEFAULT_THRESHOLDS,
  })
  if (routed === undefined) throw new Error('no engine')
  return routed
}
