import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Lakewire, type Login, startLakewire, urlOf } from '../harness/start.ts'

/**
 * kill -9 in the middle of writes. Each write puts ROWS rows into one table or, by a statement or a transaction, into two; what was
 * acknowledged must be there afterwards, and what is there must be there whole. KILL_ROUNDS sets how often.
 */

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20)
const ROWS = 200
const WRITERS = 2
const RECOVERY_MS = 60_000
const ROUND_MS = 4 * RECOVERY_MS
const TARGETS = ['proxy', 'twin', 'engine'] as const
type Target = (typeof TARGETS)[number]

let dataDir: string
let server: Lakewire
let login: Login
const acknowledged = new Set<number>()
let next = 0
let lastFailure: unknown

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lakewire-kill-'))
  server = await startLakewire({ dataDir })
  login = await server.makeUser('acme', 'alice')
  const client = await connected()
  await client.query('create table one (write int, row int)')
  await client.query('create table two (write int, row int)')
  await client.end()
})

afterAll(async () => {
  await server?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const inBoth = (write: number) => write % 3 !== 0

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(login), connectionTimeoutMillis: 20_000 })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Writes until the signal comes or something breaks, which is what the round is for. */
async function writeOn(signal: AbortSignal): Promise<void> {
  const rows = (write: number) => `select ${write}, g from generate_series(1, ${ROWS}) g`
  while (!signal.aborted) {
    const client = await connected().catch(() => null)
    if (client === null) {
      await sleep(50)
      continue
    }
    try {
      while (!signal.aborted) {
        const write = next++
        if (!inBoth(write)) await client.query(`insert into one ${rows(write)}`)
        else if (write % 3 === 1)
          await client.query(`with w as (insert into one ${rows(write)} returning *) insert into two select * from w`)
        else {
          await client.query('begin')
          await client.query(`insert into one ${rows(write)}`)
          await client.query(`insert into two ${rows(write)}`)
          await client.query('commit')
        }
        acknowledged.add(write)
      }
    } catch (error) {
      // unknown whether it was done: only that it was done whole will be asked
      lastFailure = error
    } finally {
      await client.end().catch(() => {})
    }
  }
}

async function moreAcknowledged(count: number): Promise<void> {
  const wanted = acknowledged.size + count
  const deadline = performance.now() + RECOVERY_MS
  while (acknowledged.size < wanted) {
    if (performance.now() > deadline) throw new Error(`no write was taken in ${RECOVERY_MS} ms`, { cause: lastFailure })
    await sleep(10)
  }
}

async function processes(target: Target): Promise<number[]> {
  if (target === 'proxy') return [server.pid]
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args='])
  const pattern = target === 'twin' ? /postgres -D / : /proxy\/engine\/duckdb\//
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) === server.pid && pattern.test(match[3] ?? ''))
    .map((match) => Number(match?.[1]))
}

async function check(): Promise<void> {
  const client = await connected()
  const count = async (table: string) => {
    const { rows } = await client.query(
      `select write, count(*)::int as rows, count(distinct row)::int as parts from ${table} group by write`,
    )
    return new Map((rows as { write: number; rows: number; parts: number }[]).map((row) => [row.write, row]))
  }
  const [one, two] = [await count('one'), await count('two')]
  await client.end()
  for (const [table, found] of Object.entries({ one, two })) {
    for (const row of found.values())
      expect([table, row.write, row.rows, row.parts]).toEqual([table, row.write, ROWS, ROWS])
  }
  for (const write of acknowledged)
    expect([write, one.has(write), two.has(write)]).toEqual([write, true, inBoth(write)])
  // both tables or neither
  for (const write of one.keys()) if (inBoth(write)) expect([write, two.has(write)]).toEqual([write, true])
  for (const write of two.keys()) expect([write, one.has(write)]).toEqual([write, true])
}

test.each(Array.from({ length: ROUNDS }, (_, round) => [round, TARGETS[round % TARGETS.length] ?? 'proxy'] as const))(
  'round %i: kill -9 of the %s loses no acknowledged row and shows no half write',
  async (_round, target) => {
    const stopping = new AbortController()
    const writers = Array.from({ length: WRITERS }, () => writeOn(stopping.signal))
    try {
      await moreAcknowledged(2)
      await sleep(Math.random() * 300)
      const victims = await processes(target)
      expect(victims.length).toBeGreaterThan(0)
      for (const pid of victims) process.kill(pid, 'SIGKILL')
      if (target === 'proxy') await server.exited
      // the same server goes on to serve
      else await moreAcknowledged(2)
    } finally {
      stopping.abort()
      await Promise.all(writers)
    }
    if (target === 'proxy') {
      server = await startLakewire({ dataDir })
      login = { ...login, ...server.pg }
    }
    await check()
  },
  ROUND_MS,
)
