/**
 * How fast rows leave: DuckDB's vectors to DataRow bytes in one process, the same through the engine's child process, and
 * PostgreSQL's own SELECT of the same rows, in turns within one run, so that only the ratios matter.
 * node bench/micro/encode.ts [rows] [rounds]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import duckdb from '@duckdb/node-bindings'
import { VECTORS } from '../../proxy/engine/duckdb/encode/cell.ts'
import { BoundVector, vectorTypeOf } from '../../proxy/engine/duckdb/encode/vector.ts'
import { createDuckdbEngine } from '../../proxy/engine/duckdb/engine.ts'
import { findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { rowWriter } from '../../proxy/engine/encode/row.ts'
import { DEFAULT_STYLE } from '../../proxy/engine/engine.ts'
import type { OutputColumn } from '../../proxy/print/engine-sql.ts'
import { ByteWriter } from '../../proxy/type/byte-writer.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { startStubCatalog } from '../../test/engine/stub-catalog.ts'
import { startPostgres } from '../../test/harness/postgres.ts'

const ROWS = Number(process.argv[2] ?? 500_000)
const ROUNDS = Number(process.argv[3] ?? 5)
const BATCH_BYTES = 128 * 1024
const BUFFER_BYTES = BATCH_BYTES + 16 * 1024
const COLUMNS: readonly OutputColumn[] = [20, 23, 701, 1700, 1082, 1114, 25, 25].map((typeOid, index) => ({
  typeOid,
  typmod: -1,
  source: { kind: 'column', index },
}))
const FORMAT = { kind: 'DataRow', formats: COLUMNS.map(() => 0 as const) } as const

/** Eight columns, some 140 bytes a row on the wire. */
const TABLE = {
  duckdb: `SELECT i AS id, CAST(i * 7919 % 100000 AS INTEGER) AS a, i * 1.25::DOUBLE AS d,
      CAST(CAST(i * 31 % 1000000 AS DECIMAL(18,2)) / 100 AS DECIMAL(12,2)) AS x, DATE '2020-01-01' + CAST(i % 1000 AS INTEGER) AS dd,
      TIMESTAMP '2020-01-01' + to_microseconds(i * 1234567) AS ts, 'customer number ' || i || ' of many customers' AS s,
      CASE WHEN i % 3 = 0 THEN NULL ELSE 'abc' || (i % 100) END AS t FROM range(${ROWS}) r(i)`,
  postgres: `SELECT i AS id, (i * 7919 % 100000)::int AS a, i * 1.25::float8 AS d, ((i * 31 % 1000000)::numeric / 100)::numeric(12,2) AS x,
      date '2020-01-01' + (i % 1000)::int AS dd, timestamp '2020-01-01' + i * interval '1.234567 seconds' AS ts,
      'customer number ' || i || ' of many customers' AS s, CASE WHEN i % 3 = 0 THEN NULL ELSE 'abc' || (i % 100) END AS t
      FROM generate_series(0::bigint, ${ROWS - 1}) i`,
}

type Measured = { rowsPerSecond: number; bytes: number }

async function measured(run: () => Promise<number>): Promise<Measured> {
  const began = performance.now()
  const bytes = await run()
  return { rowsPerSecond: (ROWS * 1000) / (performance.now() - began), bytes }
}

async function encodeHere(connection: duckdb.Connection): Promise<number> {
  const prepared = await duckdb.prepare(connection, 'SELECT * FROM rows')
  const result = await duckdb.execute_prepared_streaming(prepared)
  const vectors = COLUMNS.map((_, i) => new BoundVector(vectorTypeOf(duckdb.column_logical_type(result, i))))
  const write = rowWriter(VECTORS, vectors, COLUMNS, FORMAT, DEFAULT_STYLE, timeZone('UTC', []))
  const out = new ByteWriter(BUFFER_BYTES)
  let bytes = 0
  for (;;) {
    const chunk = await duckdb.fetch_chunk(result)
    const size = chunk === null ? 0 : duckdb.data_chunk_get_size(chunk)
    if (chunk === null || size === 0) break
    for (const [i, vector] of vectors.entries()) vector.bind(duckdb.data_chunk_get_vector(chunk, i), size)
    for (let row = 0; row < size; row++) {
      write(out, row)
      if (out.at >= BATCH_BYTES) bytes += out.take(BUFFER_BYTES).length
    }
  }
  return bytes + out.at
}

/** The simple protocol as a client that only counts. */
function selectAll(socketPath: string): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect(socketPath)
    let bytes = 0
    let tail = Buffer.alloc(0)
    let asked = false
    const startup = Buffer.from('\0\0\0\0\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')
    startup.writeInt32BE(startup.length, 0)
    const text = Buffer.from('SELECT * FROM rows\0')
    const query = Buffer.concat([Buffer.from('Q\0\0\0\0'), text])
    query.writeInt32BE(text.length + 4, 1)
    socket.on('error', fail)
    socket.write(startup)
    socket.on('data', (chunk) => {
      if (asked) bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-6)]).subarray(-6)
      // ReadyForQuery ends the greeting, and the answer
      if (tail.toString('latin1') !== 'Z\0\0\0\x05I') return
      if (asked) {
        socket.end()
        done(bytes)
      } else {
        asked = true
        socket.write(query)
      }
    })
  })
}

const postgres = await startPostgres()
const home = await mkdtemp(join(tmpdir(), 'lakewire-bench-'))
const catalog = await startStubCatalog()
const cacheDir = resolve(fileURLToPath(new URL('../../.cache', import.meta.url)))
const engine = createDuckdbEngine({
  catalogUrl: catalog.url,
  tokenFor: async () => 'none',
  storage: { kind: 'local' },
  lifeMs: 3_600_000,
  foldersOf: () => [home],
  extensions: await findExtensions({ folder: null, cacheDir }, () => {}, AbortSignal.timeout(300_000)),
  macros: [],
  sessionSettings: [],
  temporaryDirectory: join(home, 'temporary'),
  temporaryBytesMax: 1e9,
  memoryBytesMax: 2e9,
  threads: 2,
  zoneDirectories: [],
  childrenMax: 1,
  idleMs: 60_000,
})
try {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    host: postgres.socketDir,
    port: postgres.port,
    user: 'postgres',
    database: 'postgres',
  })
  await client.connect()
  await client.query(`CREATE TABLE rows AS ${TABLE.postgres}`)
  await client.query('VACUUM ANALYZE rows')
  await client.end()
  const file = join(home, 'rows.parquet')
  const connection = await duckdb.connect(await duckdb.open(':memory:'))
  await duckdb.query(connection, `CREATE TABLE rows AS ${TABLE.duckdb}`)
  await duckdb.query(connection, `COPY rows TO '${file}' (FORMAT parquet)`)

  const throughEngine = async () => {
    const run = await engine.run(
      { dialect: 'duckdb', statements: [`SELECT * FROM read_parquet('${file}')`], columns: COLUMNS, countOf: null },
      {
        tenant: 'bench',
        user: 'bench',
        transaction: null,
        format: FORMAT,
        style: DEFAULT_STYLE,
        rowsMax: 0,
        signal: new AbortController().signal,
      },
    )
    let bytes = 0
    for await (const batch of run.batches) bytes += batch.bytes.length
    return bytes
  }
  const socketPath = join(postgres.socketDir, `.s.PGSQL.${postgres.port}`)
  const contestants = {
    'PostgreSQL SELECT': () => selectAll(socketPath),
    'encoder alone': () => encodeHere(connection),
    'engine, from Parquet': throughEngine,
  }
  const rates = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const { rowsPerSecond } = await measured(run)
      if (round >= 0) rates.get(name)?.push(rowsPerSecond)
    }
  }
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
  const base = median(rates.get('PostgreSQL SELECT') ?? [])
  for (const [name, values] of rates) {
    const rate = median(values)
    console.log(`${name.padEnd(22)} ${(rate / 1e6).toFixed(2)} M rows/s  ${(rate / base).toFixed(2)} x PostgreSQL`)
  }
} finally {
  await engine.close()
  await catalog.close()
  await postgres.stop()
  await rm(home, { recursive: true, force: true })
}
