import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, fixtureStatements, loginOf, say } from '../harness/differential.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { parseCases, rounded } from '../harness/sql-case.ts'

/**
 * No case of test/sql may depend on the order in which rows happen to lie, which no engine promises: ties in an ORDER BY,
 * a LIMIT without one. Such a case would fail once in a while, on another machine.
 */
const FOLDER = new URL('./', import.meta.url)
const FIXTURE = 'fixture.sql'
const SHUFFLES = 3

const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql') && name !== FIXTURE)
  .flatMap((file) => parseCases(readFileSync(new URL(file, FOLDER), 'utf8')))

let oracle: RunningPostgres
let client: pg.Client

beforeAll(async () => {
  oracle = await startPostgres()
  client = await connect(loginOf(oracle))
  for (const statement of await fixtureStatements(new URL(FIXTURE, FOLDER))) await client.query(statement)
})

afterAll(async () => {
  await client?.end()
  await oracle?.stop()
})

test("a case's answer is the same in whatever order the rows lie", async () => {
  const first = await answers()
  for (let shuffle = 1; shuffle <= SHUFFLES; shuffle++) {
    await relay(shuffle)
    expect(await answers()).toEqual(first)
  }
})

async function answers(): Promise<Record<string, string>> {
  const said: Record<string, string> = {}
  for (const one of cases) said[one.name] = rounded((await say(client, one)).lines)
  return said
}

async function relay(shuffle: number): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  await client.query(`select setseed(${shuffle / 10})`)
  for (const { name } of rows)
    await client.query(
      `create temp table relaid as select * from ${name};
       truncate ${name};
       insert into ${name} select * from relaid order by random();
       drop table relaid`,
    )
}
