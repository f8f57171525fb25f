/**
 * The same statements on a real PostgreSQL 18 and on Lakewire, as its users reach it: over the wire, on Iceberg tables.
 * Answers are compared as text, as psql prints it, with the names and types of their columns and their command tags.
 */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import postgres from 'postgres'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import type { SqlCase } from './sql-case.ts'
import { type Login, startLakewire } from './start.ts'
import type { BenchmarkTable } from './tpc.ts'

/** What a server said to one case, in lines. */
export type Said = {
  readonly lines: readonly string[]
  /** SQLSTATE of the error that ended it */
  readonly error: string | null
}

/** A statement, or several, as they are asked. */
export type Asked = Pick<SqlCase, 'sql' | 'parameters' | 'timeZone'>

export type Differential = {
  run(one: Asked): Promise<{ postgres: Said; lakewire: Said }>
  /** Statements that both must take. */
  prepare(statements: readonly string[]): Promise<void>
  /** A setting of Lakewire's alone. */
  set(name: string, value: string): Promise<void>
  /** The same rows on both sides. */
  load(table: BenchmarkTable): Promise<void>
  stop(): Promise<void>
}

const TENANT = 'acme'
const STATEMENT_TIMEOUT_MS = 60_000

/** Lakewire as it is to be compared: a user of it. */
export type Compared = { readonly login: Login; stop(): Promise<unknown> }

async function embedded(): Promise<Compared> {
  const lakewire = await startLakewire()
  return { login: await lakewire.makeUser(TENANT, 'alice'), stop: () => lakewire.stop() }
}

export async function startDifferential(compare: () => Promise<Compared> = embedded): Promise<Differential> {
  const oracle = await startPostgres({ database: TENANT })
  const lakewire = await compare()
  const logins = [loginOf(oracle), lakewire.login] as const
  const [ours, theirs] = await Promise.all([connect(logins[1]), connect(logins[0])])
  return {
    run: async (one) => ({ postgres: await say(theirs, one), lakewire: await say(ours, one) }),
    async prepare(statements) {
      for (const statement of statements) {
        await theirs.query(statement)
        await ours.query(statement)
      }
    },
    async set(name, value) {
      await ours.query(`set ${name} = ${value}`)
    },
    async load(table) {
      const columns = table.columns.map(({ name, type }) => `${name} ${type}`).join(', ')
      for (const client of [theirs, ours]) await client.query(`create table ${table.name} (${columns})`)
      for (const login of logins) await copyIn(login, table)
      // The oracle is slow without: nested loops over whole tables.
      for (const { name } of table.columns)
        if (/(_sk|key|_id|number)$/.test(name)) await theirs.query(`create index on ${table.name} (${name})`)
      await theirs.query(`analyze ${table.name}`)
    },
    async stop() {
      await Promise.all([ours.end(), theirs.end()])
      await Promise.all([lakewire.stop(), oracle.stop()])
    },
  }
}

export function loginOf(server: RunningPostgres): Login {
  const { host, port, database, user, password } = server
  return { host, port, database, user, password }
}

/** A client that takes every value as text. */
export async function connect(login: Login): Promise<pg.Client> {
  const client = new pg.Client({ ...login, types: { getTypeParser: () => (text: string) => text } })
  await client.connect()
  await client.query(`set timezone = 'UTC'`)
  await client.query(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`)
  return client
}

/**
 * One case. Several statements are run in a transaction that is rolled back, so that a case that writes or sets leaves
 * nothing behind, and sees what it has written itself.
 */
export async function say(client: pg.Client, one: Asked): Promise<Said> {
  const statements = one.sql.split(/;\n/)
  const leavesTraces = /^(insert|update|delete|merge|with|set local)\b/i.test(one.sql)
  const lines: string[] = []
  if (one.timeZone !== null) await client.query(`set timezone = '${one.timeZone}'`)
  if (leavesTraces) await client.query('begin')
  try {
    for (const statement of statements) lines.push(...(await answer(client, statement, one.parameters)))
    return { lines, error: null }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return { lines: [...lines, `ERROR ${error.code}: ${error.message}`], error: error.code ?? null }
  } finally {
    if (leavesTraces) await client.query('rollback')
    if (one.timeZone !== null) await client.query(`set timezone = 'UTC'`)
  }
}

async function answer(
  client: pg.Client,
  text: string,
  parameters: readonly (string | null)[] | null,
): Promise<string[]> {
  const result = await client.query({
    text,
    rowMode: 'array',
    ...(parameters === null ? {} : { values: [...parameters] }),
  })
  const rows = result.rows as (string | null)[][]
  const header = result.fields.map((field) => `${field.name}:${typeTag(field.dataTypeID)}`).join(' | ')
  const tag = `${result.command} ${result.rowCount ?? ''}`.trim()
  return [header, ...rows.map((row) => row.map((value) => value ?? 'NULL').join(' | ')), tag].filter(
    (line) => line !== '',
  )
}

/** OIDs below are the same in every PostgreSQL 18. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/access/transam.h */
const FIRST_NORMAL_OID = 16_384

function typeTag(oid: number): string {
  return oid < FIRST_NORMAL_OID ? String(oid) : 'own'
}

async function copyIn(login: Login, table: BenchmarkTable): Promise<void> {
  const { host, port, database, user, password } = login
  const sql = postgres({ host, port, database, user, password, max: 1, onnotice: () => {} })
  try {
    const sink = await sql.unsafe(`copy ${table.name} from stdin with (format csv)`).writable()
    await pipeline(createReadStream(table.file), sink)
  } finally {
    await sql.end()
  }
}

export async function fixtureStatements(file: URL): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  return text
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
