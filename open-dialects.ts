import type { Config } from './proxy/config.ts'
import type { Dialects } from './proxy/print/dialects.ts'
import { DUCKDB } from './proxy/print/duckdb/dialect.ts'
import { trinoDialect } from './trino/dialect/dialect.ts'

/** How to write the SQL of every engine that there can be. */
export function openDialects({ trino }: Pick<Config, 'trino'>): Dialects {
  return new Map([
    ['duckdb', DUCKDB],
    ['trino', trinoDialect(trino.catalog)],
  ])
}
