import type { EngineName } from '../engine/engine.ts'
import { unsupported } from '../error.ts'
import type { Dialect } from './dialect.ts'
import { DUCKDB } from './duckdb/dialect.ts'

const DIALECTS: Readonly<Partial<Record<EngineName, Dialect>>> = { duckdb: DUCKDB }

export function dialectOf(engine: EngineName): Dialect {
  const dialect = DIALECTS[engine]
  if (dialect === undefined) throw unsupported(`engine ${engine}`)
  return dialect
}
