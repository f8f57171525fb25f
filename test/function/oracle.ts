/**
 * One table with the same rows on a real PostgreSQL 18 and in a DuckDB that runs what our compiler and printer make of a
 * statement: everything between a client's text and its rows but the lake.
 */
import duckdb from '@duckdb/node-bindings'
import pg from 'pg'
import type { Expr } from '../../proxy/compiler/tree/node.ts'
import { engineError } from '../../proxy/engine/duckdb/error.ts'
import { registerNative } from '../../proxy/engine/duckdb/native.ts'
import { startRun } from '../../proxy/engine/duckdb/run.ts'
import { DEFAULT_STYLE } from '../../proxy/engine/engine.ts'
import { PgError } from '../../proxy/error.ts'
import { DUCKDB } from '../../proxy/print/duckdb/dialect.ts'
import { MACROS } from '../../proxy/print/duckdb/function/macros.ts'
import { NATIVES } from '../../proxy/print/duckdb/function/natives.ts'
import { SESSION_SETTINGS } from '../../proxy/print/duckdb/session.ts'
import { constantsToFold } from '../../proxy/print/fold.ts'
import { print } from '../../proxy/print/print.ts'
import { confine } from '../../proxy/query/confine.ts'
import { openTestCompiler } from '../compiler/open-compiler.ts'
import { column, createTable } from '../harness/memory-lake.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { routedTo } from '../harness/routed.ts'

export type Value = string | null
export type Rows = readonly (readonly Value[])[]
/** Rows, or the error as `SQLSTATE message` */
export type Answer = { rows: Rows } | { error: string }

export type Table = {
  name: string
  columns: readonly (readonly [name: string, pgType: string, duckType: string])[]
  rows: Rows
}

export type Oracle = {
  postgres(sql: string): Promise<Answer>
  ours(sql: string): Promise<Answer>
  /** what ours() would run */
  printed(sql: string): Promise<string>
  stop(): Promise<void>
}

const SCHEMA = 'public'
const TENANT = 'acme'
const USER = 'bo'
const NOW = '2024-06-15 12:34:56.789+00'
const never = new AbortController().signal

export async function startOracle(tables: readonly Table[], timeZone = 'UTC'): Promise<Oracle> {
  const server = await startPostgres()
  const test = await openTestCompiler()
  const settings = new Map([['TimeZone', timeZone]])
  const client = await postgresWith(server, tables, timeZone)
  const instance = await duckdb.open(':memory:')
  const main = await duckdb.connect(instance)
  const run = async (sql: string): Promise<void> => {
    await duckdb.query(main, sql)
  }
  for (const native of NATIVES) registerNative(main, native)
  for (const macro of MACROS) await run(macro)
  await fillLake(run, tables, timeZone)
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
  const compile = async (sql: string) => {
    const analysis = await front.analyse(sql, [], settings, never)
    if (analysis.kind !== 'lake') throw new Error(`${analysis.kind}: ${sql}`)
    const routed = routedTo('duckdb', confine(analysis.compiled, USER))
    const folds = constantsToFold(routed, DUCKDB, [])
    const values = await front.evaluate(
      folds.map((fold) => fold.sql),
      settings,
      never,
    )
    const folded = new Map<Expr, Value>(folds.map((fold, index) => [fold.node, values[index] ?? null]))
    return print(routed, DUCKDB, {
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
  }
  const connection = await duckdb.connect(instance)
  for (const setting of SESSION_SETTINGS) await duckdb.query(connection, setting)
  await duckdb.query(connection, `SET TimeZone = '${timeZone}'`)

  return {
    postgres: (sql) => answer(async () => (await client.query<Value[]>({ text: sql, rowMode: 'array' })).rows),
    ours: (sql) =>
      answer(async () => {
        const parts: Uint8Array[] = []
        const control = startRun(
          { attach: async () => {}, detach: async () => {}, connect: async () => connection, release: () => {} },
          {
            sql: await compile(sql),
            transaction: null,
            format: { kind: 'DataRow', formats: [] },
            style,
            rowsMax: 0,
            staged: null,
          },
          ['/usr/share/zoneinfo'],
          (bytes) => {
            parts.push(Uint8Array.from(bytes))
            control.credit()
          },
        )
        await control.done
        return dataRows(Buffer.concat(parts))
      }),
    printed: async (sql) => (await compile(sql)).statements.join(';\n'),
    stop: async () => {
      await client.end()
      await server.stop()
      await test.close()
      duckdb.disconnect_sync(connection)
      duckdb.disconnect_sync(main)
      duckdb.close_sync(instance)
    },
  }
}

export async function answer(rows: () => Promise<Rows>): Promise<Answer> {
  try {
    return { rows: await rows() }
  } catch (error) {
    return { error: errorText(error) }
  }
}

function errorText(error: unknown): string {
  if (error instanceof PgError) return `${error.code} ${error.message}`
  if (error instanceof pg.DatabaseError) return `${error.code} ${error.message}`
  const message = error instanceof Error ? error.message : String(error)
  const mapped = engineError(message)
  return mapped.code === 'XX000' ? `XX000 ${message}` : `${mapped.code} ${mapped.message}`
}

/** pg gives text for every type when told so. */
const asText = { getTypeParser: () => (text: string) => text }

export async function postgresWith(
  server: RunningPostgres,
  tables: readonly Table[],
  timeZone: string,
): Promise<pg.Client> {
  const { host, port, user, password, database } = server
  const client = new pg.Client({
    host,
    port,
    user,
    password,
    database,
    types: asText as unknown as pg.CustomTypesConfig,
  })
  await client.connect()
  await client.query(`set timezone = '${timeZone}'`)
  for (const { name, columns, rows } of tables) {
    await client.query(`create table ${name} (${columns.map(([one, type]) => `${one} ${type}`).join(', ')})`)
    for (const row of rows)
      await client.query(`insert into ${name} values (${row.map((_, i) => `$${i + 1}`).join(', ')})`, [...row])
  }
  return client
}

async function fillLake(
  run: (sql: string) => Promise<void>,
  tables: readonly Table[],
  timeZone: string,
): Promise<void> {
  await run(`SET TimeZone = '${timeZone}'`)
  await run("ATTACH ':memory:' AS lake")
  await run(`CREATE SCHEMA lake."${TENANT}.${SCHEMA}"`)
  for (const { name, columns, rows } of tables) {
    const table = `lake."${TENANT}.${SCHEMA}"."${name}"`
    await run(`CREATE TABLE ${table} (${columns.map(([one, , type]) => `"${one}" ${type}`).join(', ')})`)
    for (const row of rows)
      await run(
        `INSERT INTO ${table} VALUES (${row.map((value, i) => duckLiteral(value, columns[i]?.[2] ?? '')).join(', ')})`,
      )
  }
}

function duckLiteral(value: Value, type: string): string {
  if (value === null) return 'NULL'
  const text = `'${value.replaceAll("'", "''")}'`
  if (type === 'INTERVAL') return `pg_interval_in(${text})`
  if (type === 'BLOB') return `unhex('${value.slice(2)}')`
  if (type.endsWith('[]')) return `CAST(${listText(value)} AS ${type})`
  return `CAST(${text.replace(/^'(\S+)(.*) BC'$/, "'$1 (BC)$2'")} AS ${type})`
}

function listText(value: string): string {
  const items = value === '{}' ? [] : value.slice(1, -1).split(',')
  return `[${items.map((item) => (item === 'NULL' ? 'NULL' : `'${item.replace(/^"(.*)"$/, '$1').replaceAll("'", "''")}'`)).join(', ')}]`
}

export function dataRows(buffer: Buffer): Value[][] {
  const rows: Value[][] = []
  for (let at = 0; at < buffer.length; at += 1 + buffer.readInt32BE(at + 1)) {
    const row: Value[] = []
    let value = at + 7
    for (let left = buffer.readInt16BE(at + 5); left > 0; left--) {
      const length = buffer.readInt32BE(value)
      value += 4
      row.push(length < 0 ? null : buffer.toString('utf8', value, value + length))
      value += Math.max(0, length)
    }
    rows.push(row)
  }
  return rows
}
