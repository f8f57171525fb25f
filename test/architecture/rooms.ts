/** ARCHITECTURE.md, "Rooms and who builds on whom", as data. A file that stands here by itself is a port: others may know it and not its room. */

/** What every room may use. */
export const BASE: readonly string[] = ['proxy/error.ts', 'proxy/assert.ts', 'proxy/quote.ts']

/** What may use every room, and is used by none. */
export const ABOVE: readonly string[] = ['bench']

/** room → the rooms it may import from */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'proxy/observe': [],
  'proxy/config.ts': ['proxy/observe'],

  'proxy/wire': [],
  'proxy/type': [],
  'proxy/function': ['proxy/type'],

  'proxy/store': [],
  'proxy/store/sqlite': ['proxy/store'],

  'proxy/store/mongo': ['proxy/store'],

  'proxy/token': ['proxy/store'],

  'proxy/cluster': ['proxy/store', 'proxy/observe'],

  'proxy/lake/lake.ts': [],
  'proxy/lake/lower-name.ts': [],
  'proxy/lake/temporary.ts': [],
  'proxy/lake/type-mapping.ts': ['proxy/lake/lake.ts'],
  'proxy/lake/rest': ['proxy/lake/lake.ts', 'proxy/type'],

  'proxy/history': ['proxy/store', 'proxy/observe'],

  'proxy/listen/identity.ts': ['proxy/store'],
  'proxy/listen/connection.ts': ['proxy/listen/identity.ts', 'proxy/wire'],

  'proxy/compiler/tree': [],
  'proxy/compiler/compiled.ts': ['proxy/compiler/tree', 'proxy/lake/lake.ts'],
  'proxy/compiler/compiler.ts': ['proxy/compiler/compiled.ts', 'proxy/engine/engine.ts', 'proxy/listen/identity.ts'],
  'proxy/compiler/datum.ts': [
    'proxy/compiler/compiled.ts',
    'proxy/compiler/tree',
    'proxy/compiler/datum',
    'proxy/type',
  ],
  'proxy/compiler/datum': ['proxy/type'],
  'proxy/compiler/split.ts': [],
  'proxy/compiler': [
    'proxy/wire',
    'proxy/type',
    'proxy/function',
    'proxy/lake/lake.ts',
    'proxy/lake/temporary.ts',
    'proxy/store',
    'proxy/observe',
    'proxy/engine/engine.ts',
    'proxy/listen/identity.ts',
    'proxy/compiler/compiled.ts',
    'proxy/compiler/compiler.ts',
    'proxy/compiler/tree',
    'proxy/compiler/datum.ts',
    'proxy/compiler/datum',
    'proxy/compiler/split.ts',
  ],

  'proxy/query/stage.ts': ['proxy/compiler/compiled.ts', 'proxy/engine/engine.ts'],
  'proxy/query': [
    'proxy/query/stage.ts',
    'proxy/compiler/compiled.ts',
    'proxy/compiler/datum.ts',
    'proxy/compiler/tree',
    'proxy/engine/engine.ts',
    'proxy/lake/lake.ts',
    'proxy/type',
    'proxy/function',
  ],

  'proxy/print/engine-sql.ts': [],
  'proxy/print/raise.ts': [],
  'proxy/print/duckdb/catalog-name.ts': [],
  'proxy/print/duckdb/function/natives.ts': ['proxy/print/duckdb/function/native'],
  'proxy/print/duckdb/function/native': ['proxy/print/raise.ts', 'proxy/type'],
  'proxy/print': [
    'proxy/print/engine-sql.ts',
    'proxy/print/raise.ts',
    'proxy/print/duckdb/function/native',
    'proxy/print/duckdb/function/natives.ts',
    'proxy/print/duckdb/catalog-name.ts',
    'proxy/engine/engine.ts',
    'proxy/query/stage.ts',
    'proxy/compiler/compiled.ts',
    'proxy/compiler/tree',
    'proxy/compiler/datum.ts',
    'proxy/lake/lake.ts',
    'proxy/type',
    'proxy/function',
  ],

  'proxy/engine/engine.ts': ['proxy/print/engine-sql.ts', 'proxy/type'],
  'proxy/engine/encode': ['proxy/engine/engine.ts', 'proxy/print/engine-sql.ts', 'proxy/type'],
  'proxy/engine/duckdb': [
    'proxy/engine/engine.ts',
    'proxy/engine/encode',
    'proxy/print/engine-sql.ts',
    'proxy/print/raise.ts',
    'proxy/print/duckdb/function/native',
    'proxy/print/duckdb/function/natives.ts',
    'proxy/print/duckdb/catalog-name.ts',
    'proxy/type',
    'proxy/observe',
  ],

  'proxy/session': [
    'proxy/wire',
    'proxy/compiler/compiled.ts',
    'proxy/compiler/compiler.ts',
    'proxy/compiler/split.ts',
    'proxy/compiler/tree',
    'proxy/query',
    'proxy/query/stage.ts',
    'proxy/print',
    'proxy/print/duckdb/catalog-name.ts',
    'proxy/print/engine-sql.ts',
    'proxy/type',
    'proxy/engine/engine.ts',
    'proxy/lake/lake.ts',
    'proxy/lake/temporary.ts',
    'proxy/listen/identity.ts',
    'proxy/listen/connection.ts',
    'proxy/observe',
  ],
  'proxy/listen': [
    'proxy/wire',
    'proxy/store',
    'proxy/listen/identity.ts',
    'proxy/listen/connection.ts',
    'proxy/observe',
  ],

  // Everything that knows Trino. Its rooms know the ports of the proxy, never its sessions.
  'trino/client': ['trino/encode'],
  'trino/dialect': [
    'proxy/engine/engine.ts',
    'proxy/print',
    'proxy/print/duckdb/function/native',
    'proxy/print/raise.ts',
    'proxy/print/engine-sql.ts',
    'proxy/compiler/compiled.ts',
    'proxy/compiler/tree',
    'proxy/lake/lake.ts',
    'proxy/lake/lower-name.ts',
    'proxy/function',
    'proxy/type',
  ],
  'trino/encode': ['proxy/engine/engine.ts', 'proxy/engine/encode', 'proxy/print/engine-sql.ts', 'proxy/type'],
  'trino/error.ts': ['trino/client', 'trino/encode', 'proxy/print/raise.ts'],
  'trino/engine.ts': [
    'trino/client',
    'trino/encode',
    'trino/error.ts',
    'proxy/type',
    'proxy/engine/engine.ts',
    'proxy/print/engine-sql.ts',
    'proxy/print/raise.ts',
    'proxy/observe',
  ],
  'trino/config': [],
  'trino/access': ['proxy/token', 'proxy/observe'],

  // Real servers for tests. Our own processes are told by their command line, as users tell them.
  'infra/stack': ['trino/config'],

  'admin/catalog': [
    'proxy/token',
    'proxy/store',
    'proxy/lake/lake.ts',
    'proxy/lake/lower-name.ts',
    'proxy/lake/temporary.ts',
    'proxy/lake/type-mapping.ts',
    'proxy/observe',
  ],
  'admin/api': ['proxy/token', 'proxy/store', 'proxy/observe'],
}
