import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AGGREGATE_KEYS, groupReason, SCALAR_KEYS, SET_KEYS, WINDOW_KEYS } from '../../proxy/function/catalogue.ts'
import { CATALOGUE_QUERY, catalogueFiles } from '../../proxy/function/generate.ts'
import type { Answer } from '../../proxy/print/answer.ts'
import { AGGREGATE_ANSWERS } from '../../proxy/print/duckdb/function/aggregate.ts'
import { DUCKDB_ANSWERS, SCALAR_ANSWERS } from '../../proxy/print/duckdb/function/answers.ts'
import { MACROS } from '../../proxy/print/duckdb/function/macros.ts'
import { NATIVES } from '../../proxy/print/duckdb/function/natives.ts'
import { SET_ANSWERS } from '../../proxy/print/duckdb/function/set.ts'
import { WINDOW_ANSWERS } from '../../proxy/print/duckdb/function/window.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'

let server: RunningPostgres
let rows: Parameters<typeof catalogueFiles>[0]

beforeAll(async () => {
  server = await startPostgres()
  const { host, port, user, password, database } = server
  const client = new pg.Client({ host, port, user, password, database })
  await client.connect()
  rows = (await client.query(CATALOGUE_QUERY)).rows
  await client.end()
}, 120_000)

afterAll(() => server?.stop())

test('the catalogue is that of this PostgreSQL', () => {
  for (const [name, text] of Object.entries(catalogueFiles(rows))) {
    const path = new URL(`../../proxy/function/catalogue/${name}`, import.meta.url)
    expect(readFileSync(path, 'utf8'), `${name}: node proxy/function/generate.ts postgres://…`).toBe(text)
  }
})

test('every function of PostgreSQL has one answer, or one reason for none', () => {
  for (const { key, kind } of rows) {
    const answer =
      kind === 'a'
        ? DUCKDB_ANSWERS.aggregate(key)
        : kind === 'w'
          ? DUCKDB_ANSWERS.window(key)
          : DUCKDB_ANSWERS.scalar(key)
    expect(answer, key).toBeDefined()
  }
})

const TABLES = {
  scalar: { keys: SCALAR_KEYS, answers: SCALAR_ANSWERS },
  'set-returning': { keys: SET_KEYS, answers: SET_ANSWERS },
  aggregate: { keys: AGGREGATE_KEYS, answers: AGGREGATE_ANSWERS },
  window: { keys: WINDOW_KEYS, answers: WINDOW_ANSWERS },
} as const

test('a key that is answered is in no group that is refused', () => {
  for (const { keys } of Object.values(TABLES)) for (const key of keys) expect(groupReason(key), key).toBeUndefined()
})

function refused(answers: Readonly<Record<string, Answer<never>>>, keys: readonly string[]): string[] {
  return keys.filter((key) => 'unsupported' in (answers[key] as Answer))
}

test('how much is answered', () => {
  const counts = Object.entries(TABLES).map(([name, { keys, answers }]) => {
    const none = refused(answers as unknown as Record<string, Answer<never>>, keys)
    return [name, { keys: keys.length, refused: none.length }]
  })
  expect(Object.fromEntries(counts)).toMatchInlineSnapshot(`
    {
      "aggregate": {
        "keys": 140,
        "refused": 4,
      },
      "scalar": {
        "keys": 833,
        "refused": 52,
      },
      "set-returning": {
        "keys": 32,
        "refused": 5,
      },
      "window": {
        "keys": 15,
        "refused": 0,
      },
    }
  `)
})

test('native functions and macros have names of their own', () => {
  const macros = MACROS.map((sql) => /MACRO (\w+)\(/.exec(sql)?.[1])
  const names = [...NATIVES.map((native) => native.name), ...macros]
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^pg_/)
})
