/**
 * A large result of one Trino, through our engine and through Trino's own clients, by turns in one run: rows per second and
 * the ratios round by round, the CPU of our gateway, and how much later than Trino itself it gives the first row.
 *
 *     node bench/against/trino.ts http://127.0.0.1:8080 [--quick] [--rows 1000000] [--rounds 5]
 *
 * The Trino must let anybody in and let catalogs be made (catalog.management=dynamic): not the one of `npm run stack`, which
 * lets in nobody without a token. The clients come from Maven and PyPI, once, into the cache folder: it needs mvn, java,
 * javac, python3 with pip, and psql.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, rows: { type: 'string' }, rounds: { type: 'string' } },
})
const TRINO = positionals[0] ?? 'http://127.0.0.1:8080'
const ROWS = Number(options.rows ?? (options.quick ? 200_000 : 1_000_000))
const ROUNDS = Number(options.rounds ?? (options.quick ? 2 : 5))
const FIRST_ROW_PAIRS = options.quick ? 10 : 40

const CACHE = fileURLToPath(new URL('../../.cache/bench-trino', import.meta.url))
const CLI = join(CACHE, 'trino-cli-476-executable.jar')
const JDBC = join(CACHE, 'trino-jdbc-476.jar')
const PYTHON = join(CACHE, 'python')
const JAVA_SOURCE = fileURLToPath(new URL('./TrinoJdbc.java', import.meta.url))
const GATEWAY = fileURLToPath(new URL('./trino-gateway.ts', import.meta.url))
const CLOCK_TICKS_PER_S = 100

const CATALOG = 'lakewire_bench'
const TABLE = `${CATALOG}.default.rows_${ROWS}`
const ALL = `SELECT * FROM ${TABLE}`
/** The eight columns that every figure of ours is told in. */
const MAKE_TABLE = `CREATE TABLE IF NOT EXISTS ${TABLE} AS SELECT x AS id, cast(x % 1000 AS integer) AS grp, x * 0.37e0 AS score,
  cast(x % 100000 AS decimal(12, 2)) AS amount, cast('name of row ' || cast(x % 99991 AS varchar) AS varchar(20)) AS name,
  date '2020-01-01' + interval '1' day * (x % 2000) AS day, cast(timestamp '2024-01-01 00:00:00.123' + interval '1' second * (x % 1000000) AS timestamp(6)) AS at,
  x % 3 = 0 AS flag
  FROM (SELECT a.x * 10000 + b.x AS x FROM unnest(sequence(bigint '0', ${ROWS / 10_000 - 1})) a(x) CROSS JOIN unnest(sequence(bigint '0', 9999)) b(x))`
const PYTHON_CLIENT = `import sys, trino
cursor = trino.dbapi.connect(host=sys.argv[1], port=int(sys.argv[2]), user='bench').cursor()
cursor.execute(sys.argv[3])
rows = 0
while True:
    some = cursor.fetchmany(10000)
    if not some: break
    rows += len(some)
print(rows)`

async function execute(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: CACHE,
    env: { ...process.env, ...env },
  })
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done))
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
}

async function fetchClients(): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const copy = (artifact: string) =>
    execute('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`])
  if (!existsSync(CLI)) await copy('io.trino:trino-cli:476:jar:executable')
  if (!existsSync(JDBC)) await copy('io.trino:trino-jdbc:476')
  if (!existsSync(join(CACHE, 'TrinoJdbc.class'))) await execute('javac', ['-d', CACHE, JAVA_SOURCE])
  if (!existsSync(PYTHON)) await execute('python3', ['-m', 'pip', 'install', '-q', '--target', PYTHON, 'trino'])
}

/** The statement protocol at its barest: bodies are received and thrown away but for where the next one is. */
async function rawTrino(sql: string): Promise<{ firstMs: number }> {
  const began = performance.now()
  let firstMs = Number.NaN
  let response = await fetch(`${TRINO}/v1/statement`, {
    method: 'POST',
    body: sql,
    headers: { 'x-trino-user': 'bench', 'accept-encoding': 'identity' },
  })
  for (;;) {
    const body = Buffer.from(await response.arrayBuffer())
    if (Number.isNaN(firstMs) && body.includes('"data":[')) firstMs = performance.now() - began
    const tail = body.includes('"error":') ? body.toString('utf8', 0, 2000) : null
    if (tail !== null && /"errorName"/.test(tail)) throw new Error(tail)
    const next = /"nextUri":"([^"]+)"/.exec(body.toString('latin1', 0, 2048))?.[1]
    if (next === undefined) return { firstMs }
    response = await fetch(next, { headers: { 'accept-encoding': 'identity' } })
  }
}

/** A client of PostgreSQL's that only counts bytes. */
async function readWire(port: number, sql: string): Promise<{ firstMs: number }> {
  const began = { at: 0 }
  return new Promise((done, fail) => {
    let firstMs = Number.NaN
    let tail = Buffer.alloc(0)
    let isAsked = false
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const startup = Buffer.from('\0\0\0\x14\0\x03\0\0user\0bench\0\0', 'latin1')
    const query = Buffer.from(`Q\0\0\0\0${sql}\0`)
    query.writeInt32BE(query.length - 1, 1)
    startup.writeInt32BE(startup.length, 0)
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the gateway hung up')))
    socket.write(startup)
    socket.on('data', (bytes: Buffer) => {
      if (isAsked && Number.isNaN(firstMs)) firstMs = performance.now() - began.at
      tail = Buffer.concat([tail, bytes.subarray(-6)]).subarray(-6)
      if (tail.toString('latin1') !== 'Z\0\0\0\x05I') return
      if (isAsked) {
        socket.destroy()
        done({ firstMs })
      } else {
        isAsked = true
        began.at = performance.now()
        socket.write(query)
      }
    })
  })
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S
}

async function startGateway(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [GATEWAY, TRINO], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((done) => child.stdout?.once('data', (bytes: Buffer) => done(Number(bytes))))
  return { child, port }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const range = (values: readonly number[], digits = 2) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

await fetchClients()
await rawTrino(`CREATE CATALOG IF NOT EXISTS ${CATALOG} USING memory WITH ("memory.max-data-per-node" = '512MB')`)
await rawTrino(MAKE_TABLE)
const gateway = await startGateway()
const { hostname, port } = new URL(TRINO)
const cpu: number[] = []
/** Seconds each; the first is what the others are measured against. */
const CONTESTANTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'psql, our gateway': () =>
    execute('psql', ['-X', '-At', '-c', ALL, `postgres://bench@127.0.0.1:${gateway.port}/bench?sslmode=disable`]),
  'wire reader, our gateway': async () => {
    const before = await cpuSeconds(gateway.child.pid ?? 0)
    await readWire(gateway.port, ALL)
    cpu.push((((await cpuSeconds(gateway.child.pid ?? 0)) - before) * 1e6) / ROWS)
  },
  'Trino itself, drained': () => rawTrino(ALL),
  'trino-cli': () =>
    execute('java', ['-jar', CLI, '--server', TRINO, '--user', 'bench', '--output-format', 'TSV', '--execute', ALL]),
  'trino-jdbc': () =>
    execute('java', ['-cp', `${CACHE}:${JDBC}`, 'TrinoJdbc', `jdbc:trino://${hostname}:${port}`, ALL]),
  'trino (PyPI)': () => execute('python3', ['-c', PYTHON_CLIENT, hostname, port, ALL], { PYTHONPATH: PYTHON }),
}
try {
  const names = Object.keys(CONTESTANTS)
  const seconds = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round++) {
    // the order turns, so that nobody is always the one after the heaviest
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + Math.max(round, 0)) % names.length] ?? ''
      if (round < 0 && i > 2) continue
      const began = performance.now()
      await CONTESTANTS[name]?.()
      if (round >= 0) seconds.get(name)?.push((performance.now() - began) / 1000)
    }
    if (round < 0) cpu.length = 0
  }
  console.log(`${ROWS} rows of 8 columns, ${ROUNDS} rounds; median (least–most)`)
  const ours = seconds.get(names[0] ?? '') ?? []
  for (const [name, values] of seconds) {
    const ratios = values.map((value, i) => value / (ours[i] ?? Number.NaN))
    const rates = values.map((value) => ROWS / value / 1000)
    console.log(
      `${name.padEnd(26)} ${range(rates, 0).padEnd(18)} k rows/s   takes ${range(ratios)} times as long as ours by psql`,
    )
  }
  console.log(`CPU of our gateway           ${range(cpu)} s per million rows`)

  const later: number[] = []
  const raw: number[] = []
  for (let pair = 0; pair < FIRST_ROW_PAIRS; pair++) {
    const sql = `SELECT ${pair}`
    const [mine, theirs] =
      pair % 2 === 0
        ? [await readWire(gateway.port, sql), await rawTrino(sql)]
        : await rawTrino(sql).then(async (first) => [await readWire(gateway.port, sql), first] as const)
    raw.push(theirs.firstMs)
    later.push(mine.firstMs - theirs.firstMs)
  }
  console.log(`first row                    Trino itself ${range(raw, 1)} ms, ours later by ${range(later)} ms`)
} finally {
  gateway.child.kill()
  await rawTrino(`DROP TABLE IF EXISTS ${TABLE}`)
  await rawTrino(`DROP CATALOG ${CATALOG}`)
}
