import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROUTINES, withRoutines } from '../../trino/dialect/function/routine.ts'

const FOLDER = new URL('../../trino/dialect/function/', import.meta.url)
const NAMES = new Set(ROUTINES.map(({ name }) => name))

test('a routine calls only those that are declared before it', () => {
  const declared = new Set<string>()
  for (const { name, calls } of ROUTINES) {
    expect(calls.filter((called) => !declared.has(called))).toEqual([])
    declared.add(name)
  }
  expect(declared.size).toBe(ROUTINES.length)
})

test('answers call routines that there are', () => {
  const called = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.ts') && name !== 'routine.ts')
    .flatMap((name) => [...readFileSync(new URL(name, FOLDER), 'utf8').matchAll(/\b(pg_[a-z0-9_]+)\(/g)])
    .map((found) => found[1] ?? '')
  expect(called.length).toBeGreaterThan(100)
  expect(called.filter((name) => !NAMES.has(name))).toEqual([])
})

describe('routines are declared in front of the query', () => {
  const declaration = /WITH FUNCTION pg_json_string\(.*?FUNCTION pg_json_text\(.* SELECT pg_json_text/s

  test('of a SELECT', () => expect(withRoutines('SELECT pg_json_text(t1.c1)')).toMatch(declaration))

  test('of what is inserted', () =>
    expect(withRoutines('INSERT INTO "lake"."a.b"."t" ("x", "y z") SELECT pg_json_text(t1.c1)')).toMatch(
      /^INSERT INTO "lake"\."a\.b"\."t" \("x", "y z"\) WITH FUNCTION /,
    ))

  test('those that are called by others too, each once', () => {
    const printed = withRoutines('SELECT pg_json_text(pg_json_field(t1.c1, t1.c2)), pg_json_text(t1.c3)')
    expect(printed.match(/FUNCTION pg_json_items\(/g)).toHaveLength(1)
  })

  test('not for what a text says', () =>
    expect(withRoutines(`SELECT 'pg_json_text(', "pg_json_text(x)"`)).toBe(`SELECT 'pg_json_text(', "pg_json_text(x)"`))

  test('and nowhere in UPDATE, DELETE and MERGE', () => {
    for (const sql of ['UPDATE t SET c = pg_json_text(c)', 'DELETE FROM t WHERE pg_json_text(c) IS NULL'])
      expect(() => withRoutines(sql)).toThrow('UPDATE, DELETE or MERGE')
  })
})

test('a statement that is longer than Trino takes is left to the other engine, whatever stands in it', () => {
  for (const text of ['a', "''", '""', '(']) {
    const long = `SELECT '${text.repeat(16_000_000 / text.length)}'`
    expect(() => withRoutines(long)).toThrow('a statement of so many characters is not supported')
  }
  expect(withRoutines(`SELECT '${'a'.repeat(900_000)}'`)).toHaveLength(900_009)
})
