import type { EngineName } from '../engine/engine.ts'
import { unsupported } from '../error.ts'
import type { Dialect } from './dialect.ts'

/** The dialects of the engines that there are: the composition root knows them. */
export type Dialects = ReadonlyMap<EngineName, Dialect>

export function dialectOf(dialects: Dialects, engine: EngineName): Dialect {
  const dialect = dialects.get(engine)
  if (dialect === undefined) throw unsupported(`engine ${engine}`)
  return dialect
}
