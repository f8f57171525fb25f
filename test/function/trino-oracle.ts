/**
 * The rows of oracle.ts for Trino: what our compiler and its printer make of a statement, run by a Trino over rows that are
 * written into the statement. So it needs no catalog, and every answer is Trino's own.
 */
import type pg from 'pg'
import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import type { Expr } from '../../proxy/compiler/tree/node.ts'
import { DEFAULT_STYLE } from '../../proxy/engine/engine.ts'
import type { EngineSql } from '../../proxy/print/engine-sql.ts'
import { constantsToFold } from '../../proxy/print/fold.ts'
import * as oid from '../../proxy/print/oid.ts'
import { print } from '../../proxy/print/print.ts'
import { confine } from '../../proxy/query/confine.ts'
import { trinoDialect } from '../../trino/dialect/dialect.ts'
import { createTrinoEngine } from '../../trino/engine.ts'
import { openTestCompiler } from '../compiler/open-compiler.ts'
import { column, createTable } from '../harness/memory-lake.ts'
import { startPostgres } from '../harness/postgres.ts'
import { routedTo } from '../harness/routed.ts'
import { type Answer, answer, dataRows, type Oracle, postgresWith, type Table, type Value } from './oracle.ts'

const SCHEMA = 'public'
const TENANT = 'acme'
const USER = 'bo'
const NOW = '2024-06-15 12:34:56.789+00'
const RUN_MS_MAX = 60_000
const never = new AbortController().signal
const TRINO = trinoDialect('lake')

const OIDS: Readonly<Record<string, number>> = {
  boolean: oid.BOOL,
  smallint: oid.INT2,
  integer: oid.INT4,
  bigint: oid.INT8,
  real: oid.FLOAT4,
  'double precision': oid.FLOAT8,
  text: oid.TEXT,
  date: oid.DATE,
  time: oid.TIME,
  timestamp: oid.TIMESTAMP,
  timestamptz: oid.TIMESTAMPTZ,
  interval: oid.TEXT,
  bytea: oid.BYTEA,
  uuid: oid.UUID,
  json: oid.JSON_,
  jsonb: oid.JSONB,
  'integer[]': 1007,
  'text[]': 1009,
}

export type TrinoOracle = Oracle & { compile(sql: string): Promise<EngineSql>; run(sql: EngineSql): Promise<Answer> }

/** `tokenFor` null: a Trino that believes any name. */
export async function startTrinoOracle(
  url: string,
  tables: readonly Table[],
  timeZone: string,
  tokenFor: Parameters<typeof createTrinoEngine>[0]['tokenFor'] = null,
): Promise<TrinoOracle> {
  const server = await startPostgres()
  const test = await openTestCompiler()
  const settings = new Map([['TimeZone', timeZone]])
  const client = await postgresWith(server, tables, timeZone)
  const stored = await Promise.all(tables.map((table) => canonical(client, table)))
  const engine = createTrinoEngine({
    url,
    catalog: 'lake',
    tokenFor,
    runMsMax: RUN_MS_MAX,
    zoneDirectories: ['/usr/share/zoneinfo'],
  })
  await test.lake.change(
    TENANT,
    null,
    tables.map(({ name, columns }) =>
      createTable(
        SCHEMA,
        name,
        columns.map(([one, type]) => column(one, type)),
      ),
    ),
  )
  const front = test.compiler.open({ tenant: TENANT, user: USER })

  const style = { ...DEFAULT_STYLE, timeZone }
  const compile = async (sql: string): Promise<EngineSql> => {
    const analysis = await front.analyse(sql, [], settings, never)
    if (analysis.kind !== 'lake') throw new Error(`${analysis.kind}: ${sql}`)
    const routed = routedTo('trino', confine(analysis.compiled, USER))
    const folds = constantsToFold(routed, TRINO, [])
    const values = await front.evaluate(
      folds.map((fold) => fold.sql),
      settings,
      never,
    )
    const folded = new Map<Expr, Value>(folds.map((fold, index) => [fold.node, values[index] ?? null]))
    const printed = print(routed, TRINO, {
      lakeTransaction: null,
      parameters: [],
      folded,
      now: NOW,
      style,
      user: USER,
      sessionUser: USER,
      database: TENANT,
      currentSchema: SCHEMA,
    })
    const statements = printed.statements.map((one) => withRows(one, stored, analysis.compiled.catalog))
    return { ...printed, statements }
  }
  const run = (sql: EngineSql) =>
    answer(async () => {
      const { batches } = await engine.run(sql, {
        tenant: TENANT,
        user: USER,
        transaction: null,
        format: { kind: 'DataRow', formats: [] },
        style,
        rowsMax: 0,
        signal: never,
      })
      const parts: Uint8Array[] = []
      for await (const { bytes } of batches) parts.push(Uint8Array.from(bytes))
      return dataRows(Buffer.concat(parts))
    })

  return {
    compile,
    run,
    postgres: (sql) => answer(async () => (await client.query<Value[]>({ text: sql, rowMode: 'array' })).rows),
    ours: async (sql) => {
      let printed: EngineSql | undefined
      const compiled = await answer(async () => {
        printed = await compile(sql)
        return []
      })
      return printed === undefined ? compiled : run(printed)
    },
    printed: async (sql) => (await compile(sql)).statements.join(';\n'),
    stop: async () => {
      await engine.close()
      await client.end()
      await server.stop()
      await test.close()
    },
  }
}

/** jsonb as the lake has it: in PostgreSQL's own text. */
async function canonical(client: pg.Client, table: Table): Promise<Table> {
  if (!table.columns.some(([, type]) => type === 'jsonb')) return table
  const { rows } = await client.query<Value[]>({ text: `select * from ${table.name} order by k`, rowMode: 'array' })
  return { ...table, rows }
}

/** The lake's tables, as rows that are written down. */
function withRows(sql: string, tables: readonly Table[], catalog: CatalogSnapshot): string {
  return tables.reduce((text, table) => {
    const name = `"lake"."${TENANT}.${SCHEMA}"."${table.name}"`
    return text.includes(name) ? text.replaceAll(name, () => rowsOf(table, catalog)) : text
  }, sql)
}

function rowsOf({ columns, rows }: Table, catalog: CatalogSnapshot): string {
  const printed = rows.map(
    (row) => `ROW(${row.map((value, at) => literal(catalog, columns[at]?.[1] ?? '', value)).join(', ')})`,
  )
  return `(SELECT * FROM (VALUES ${printed.join(', ')}) AS v(${columns.map(([name]) => `"${name}"`).join(', ')}))`
}

function literal(catalog: CatalogSnapshot, pgType: string, value: Value): string {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(pgType)
  if (numeric !== null)
    return `CAST(${value === null ? 'NULL' : `'${value}'`} AS decimal(${numeric[1]}, ${numeric[2]}))`
  const type = /^(varchar|char)/.test(pgType) ? oid.TEXT : OIDS[pgType]
  if (type === undefined) throw new Error(`rows of type ${pgType}`)
  const text = value === null ? null : pgType === 'boolean' ? (value === 't' ? 'true' : 'false') : value
  const printed = TRINO.literal(catalog, type, /^char/.test(pgType) ? (text?.trimEnd() ?? null) : text)
  return type === oid.TEXT || type === oid.JSONB || type === oid.JSON_ ? `CAST(${printed} AS varchar)` : printed
}
