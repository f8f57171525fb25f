/**
 * Interactive reads of small tables in S3 through the product: DuckDB against Trino, by turns on the same tables in one run.
 *
 *     npm run stack -- start
 *     node bench/against/small-reads.ts postgres://ann:ann-of-acme@127.0.0.1:PORT/acme [--rounds 7]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import postgres from 'postgres'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
})
const [url] = positionals
if (url === undefined) throw new Error('usage: node bench/against/small-reads.ts postgres://… [--rounds N]')
const ROUNDS = Number(options.rounds)
const WARM_UP_ROUNDS = 2
const ENGINES = ['duckdb', 'trino'] as const

const TABLES = [
  `create table if not exists small_orders as select i as id, i % 997 as customer, (i % 10000) * 0.01 as amount,
   date '2025-01-01' + i % 365 as day, 'note ' || i as note from generate_series(1, 100000) as g(i)`,
  `create table if not exists small_customers as select i as id, 'customer ' || i as name, i % 7 as region
   from generate_series(0, 996) as g(i)`,
]
const QUERIES = [
  'select * from small_orders where id = 4711',
  "select count(*), sum(amount) from small_orders where day between '2025-03-01' and '2025-03-31'",
  'select customer, count(*), avg(amount) from small_orders group by customer order by 2 desc, 1 limit 10',
  'select c.region, sum(o.amount) from small_orders o join small_customers c on c.id = o.customer group by 1 order by 1',
  "select name from small_customers where name like 'customer 9%' order by name limit 20",
  'select day, count(distinct customer) from small_orders group by day order by day limit 31',
]

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const sql = postgres(url, { max: 1, onnotice: () => {}, ssl: { rejectUnauthorized: false } })
try {
  for (const table of TABLES) await sql.unsafe(table)
  for (const query of QUERIES) {
    const ms: Record<(typeof ENGINES)[number], number[]> = { duckdb: [], trino: [] }
    const ratios: number[] = []
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? ENGINES : [...ENGINES].reverse()
      const took = { duckdb: 0, trino: 0 }
      for (const engine of order) {
        await sql.unsafe(`set lakewire.engine = ${engine}`)
        const begin = performance.now()
        await sql.unsafe(query)
        took[engine] = performance.now() - begin
      }
      if (round < 0) continue
      for (const engine of ENGINES) ms[engine].push(took[engine])
      ratios.push(took.trino / took.duckdb)
    }
    const figures = {
      query,
      duckdbMs: Math.round(median(ms.duckdb) * 10) / 10,
      trinoMs: Math.round(median(ms.trino) * 10) / 10,
      ratio: Math.round(median(ratios) * 10) / 10,
      ratioLeast: Math.round(Math.min(...ratios) * 10) / 10,
      ratioMost: Math.round(Math.max(...ratios) * 10) / 10,
      load: loadavg()[0],
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
  }
} finally {
  await sql.end()
}
