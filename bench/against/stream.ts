/**
 * `SELECT *` of a large table through psql to /dev/null, from us and from a plain PostgreSQL 18 with the same rows, by
 * turns in one run. Prints rows per second of both, their ratio round by round, and how much memory the proxy held.
 *
 *     node bench/against/stream.ts [rows, default 5000000] [rounds, default 3]
 */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { startPostgres } from '../../test/harness/postgres.ts'
import { startLakewire, urlOf } from '../../test/harness/start.ts'

const ROWS = Number(process.argv[2] ?? 5_000_000)
const ROUNDS = Number(process.argv[3] ?? 3)

/** The eight columns that every figure of ours is told in: about 138 bytes a row on the wire. */
const TABLE = `CREATE TABLE rows8 AS SELECT
  g::bigint AS id, (g % 1000)::int AS grp, g * 0.37::double precision AS score, (g % 100000)::numeric(12,2) AS amount,
  ('name of row ' || (g % 99991))::varchar(20) AS name, date '2020-01-01' + (g % 2000)::int AS day,
  timestamp '2024-01-01 00:00:00' + (g % 1000000) * interval '1 second' AS at, g % 3 = 0 AS flag
FROM generate_series(1, ${ROWS}) g`

async function psql(url: string, sql: string): Promise<number> {
  const begin = performance.now()
  const child = spawn('psql', ['-X', '-At', '-v', 'ON_ERROR_STOP=1', '-c', sql, url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const code = await new Promise<number | null>((done) => child.once('exit', done))
  if (code !== 0) throw new Error(`psql ended with ${code}`)
  return (performance.now() - begin) / 1000
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

const postgres = await startPostgres()
const lakewire = await startLakewire()
try {
  const ours = urlOf(await lakewire.makeUser('bench', 'bench'))
  const theirs = `postgres://${postgres.user}:${postgres.password}@${postgres.host}:${postgres.port}/${postgres.database}`
  console.log(
    `loading ${ROWS} rows: ours ${(await psql(ours, TABLE)).toFixed(1)} s, PostgreSQL ${(await psql(theirs, TABLE)).toFixed(1)} s`,
  )
  const ratios: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await residentBytes(lakewire.pid)
    let peak = before
    const watch = setInterval(async () => {
      peak = Math.max(peak, await residentBytes(lakewire.pid))
    }, 100)
    const mine = await psql(ours, 'SELECT * FROM rows8')
    clearInterval(watch)
    const other = await psql(theirs, 'SELECT * FROM rows8')
    ratios.push(other / mine)
    const rate = (seconds: number) => `${(ROWS / seconds / 1e6).toFixed(2)} M rows/s`
    const memory = `proxy ${(before / 2 ** 20).toFixed(0)} → peak ${(peak / 2 ** 20).toFixed(0)} MiB`
    console.log(
      `round ${round}: ours ${rate(mine)}, PostgreSQL ${rate(other)}, ratio ${(other / mine).toFixed(2)}; ${memory}`,
    )
  }
  ratios.sort((a, b) => a - b)
  console.log(
    `median ratio ${ratios[ratios.length >> 1]?.toFixed(2)} (${ratios[0]?.toFixed(2)}–${ratios.at(-1)?.toFixed(2)})`,
  )
} finally {
  await lakewire.stop()
  await postgres.stop()
}
