import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { split } from '../../proxy/compiler/split.ts'
import type { Node } from '../../proxy/compiler/tree/node.ts'
import { readDump, TREE_BYTES_MAX, TREE_DEPTH_MAX } from '../../proxy/compiler/tree/reader.ts'
import {
  type Field,
  LABELS,
  RTE_FIRST,
  RTE_KINDS,
  RTE_LAST,
  SCHEMA,
  type Shape,
} from '../../proxy/compiler/tree/schema.ts'
import { visit } from '../../proxy/compiler/tree/walk.ts'
import { Backend, type Described } from '../../proxy/compiler/twin/backend.ts'
import { utilityNode } from '../../proxy/compiler/utility.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'

const CORPUS = join(import.meta.dirname, 'corpus')
const SQL = join(import.meta.dirname, '..', 'sql')
const SUITES = ['tpch', 'tpcds']

let server: RunningPostgres
let backend: Backend

beforeAll(async () => {
  server = await startPostgres()
  const { default: pg } = await import('pg')
  const client = new pg.Client({ host: server.socketDir, port: server.port, user: server.user, database: 'postgres' })
  await client.connect()
  await client.query(await readFile(join(CORPUS, 'schema.sql'), 'utf8'))
  for (const suite of SUITES) {
    const tables = await readFile(join(CORPUS, `${suite}-schema.sql`), 'utf8')
    await client.query(`create schema ${suite}; set search_path to ${suite}; ${tables}`)
    await client.query(`grant usage on schema ${suite} to rluser; reset search_path`)
  }
  await client.end()
  // A role that row security holds for.
  backend = await Backend.open({
    socketPath: `${server.socketDir}/.s.PGSQL.${server.port}`,
    user: 'rluser',
    database: 'postgres',
  })
})

afterAll(async () => {
  backend.connection.close()
  await server.stop()
})

async function dumpOf(sql: string, searchPath = 'public'): Promise<Described & { tree: Uint8Array }> {
  const described = await backend.describe(sql, [], new Map([['search_path', searchPath]]))
  if (described.tree === null) throw new Error(`no tree: ${sql}`)
  return { ...described, tree: described.tree }
}

async function corpus(): Promise<string[]> {
  const text = await readFile(join(CORPUS, 'constructs.sql'), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('--'))
}

/** A reader that knows no schema: node → fields in order, each a node, a list or a token. */
type Raw = string | null | Raw[] | { node: string; fields: [string, Raw][] }

function rawTree(text: string): Raw {
  let at = 0
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const token = (): string => {
    const start = at
    while (at < text.length && !/[\s(){}]/.test(text[at] ?? '')) at += text[at] === '\\' ? 2 : 1
    return text.slice(start, at)
  }
  const value = (): Raw => {
    space()
    if (text[at] === '(') {
      const list: Raw[] = []
      for (at++; ; ) {
        space()
        if (text[at] === ')') break
        list.push(value())
      }
      at++
      return list
    }
    if (text[at] !== '{') {
      const word = token()
      space()
      if (text[at] !== '[') return word === '<>' ? null : word
      const end = text.indexOf(']', at)
      const datum = text.slice(at + 1, end).trim()
      at = end + 1
      return datum.split(/\s+/)
    }
    at++
    const fields: [string, Raw][] = []
    const node = token()
    for (;;) {
      space()
      if (text[at] === '}') break
      if (text[at] !== ':') throw new Error(`field expected at ${at}`)
      at++
      const name = token()
      fields.push([name, value()])
    }
    at++
    return { node, fields }
  }
  return value()
}

/** Holds what the reader made of a node against the dump, field by field. */
function compare(raw: Raw, node: unknown, seen: Set<string>): void {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw new Error('not a node')
  const found = node as Record<string, unknown>
  expect(raw.node).toBe(String(found.kind).toUpperCase())
  const shape: Shape =
    found.kind === 'RangeTblEntry'
      ? {
          ...RTE_FIRST,
          rtekind: { read: 'enum', values: Object.keys(RTE_KINDS) },
          ...RTE_KINDS[found.rtekind as keyof typeof RTE_KINDS],
          ...RTE_LAST,
        }
      : SCHEMA[found.kind as keyof typeof SCHEMA]
  seen.add(found.kind === 'RangeTblEntry' ? `rte ${found.rtekind}` : String(found.kind))
  expect(raw.fields.map(([name]) => name)).toEqual(Object.keys(shape).map((name) => LABELS[name] ?? name))
  for (const [index, name] of Object.keys(shape).entries()) {
    compareField(shape[name] as Field, raw.fields[index]?.[1] ?? null, found[name], seen)
  }
}

function compareField(field: Field, raw: Raw, found: unknown, seen: Set<string>): unknown {
  switch (field.read) {
    case 'node':
    case 'maybeNode':
      if (raw === null) expect(found).toBeNull()
      else compare(raw, found, seen)
      return undefined
    case 'nodes':
    case 'maybeNodes':
    case 'nodeLists':
    case 'nodesOrInts': {
      const list = (raw ?? []) as Raw[]
      if (list[0] === 'i') return expect(found).toEqual(list.slice(1).map(Number))
      expect(found).toHaveLength(list.length)
      list.forEach((member, index) => {
        const value = (found as unknown[])[index]
        if (member === null) expect(value).toBeNull()
        else if (Array.isArray(member)) compareField({ read: 'nodes', of: [] }, member, value, seen)
        else compare(member, value, seen)
      })
      return undefined
    }
    case 'ints':
    case 'oids':
    case 'bits':
      return expect(found).toEqual(((raw ?? []) as string[]).slice(1).map(Number))
    case 'int':
    case 'oid':
    case 'float':
      return expect(found).toBe(Number(raw))
    case 'bool':
      return expect(found).toBe(raw === 'true')
    case 'enum':
      return expect(found).toBe(field.values[Number(raw)])
    case 'datum':
      return expect(found === null ? null : [...(found as Uint8Array)]).toEqual(
        raw === null ? null : (raw as string[]).map((byte) => Number(byte) & 255),
      )
    case 'word':
      return expect(found).toBe(raw)
    case 'dropNode':
    case 'dropToken':
    case 'dropTexts':
      return expect(found).toBeUndefined()
    default:
      // Texts: held against what was written in the cases of their own.
      return expect(found).toBeDefined()
  }
}

/** Nodes that no statement brings, and why they are in the schema all the same. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  CoerceToDomainValue: 'stands in the constraint of a domain',
  'rte namedtuplestore': 'a transition table, seen by triggers only',
  'rte result': 'made by the planner',
  SetToDefault: 'replaced by the rewriter',
  WindowFuncRunCondition: 'made by the planner',
}

describe('the reader and the schema', () => {
  it('read every construct as the server wrote it, and no node is missing', async () => {
    const seen = new Set<string>()
    for (const sql of await corpus()) {
      const { tree } = await dumpOf(sql).catch((error) => {
        throw new Error(`${error.message}: ${sql}`)
      })
      const dump = readDump(tree)
      if (dump.kind === 'utility') {
        expect(utilityNode(dump.node), sql).toBeDefined()
        continue
      }
      const raw = rawTree(Buffer.from(tree).toString('utf8')) as Raw[]
      try {
        compare(raw[0] as Raw, dump.query, seen)
      } catch (error) {
        throw new Error(`${sql}: ${(error as Error).message}`)
      }
    }
    const all = [...Object.keys(SCHEMA), ...Object.keys(RTE_KINDS).map((kind) => `rte ${kind}`)]
    expect(all.filter((kind) => !seen.has(kind)).sort()).toEqual(Object.keys(NOT_SEEN).sort())
  })

  it.each(SUITES)('read all of %s', async (suite) => {
    const names = (await readdir(join(SQL, suite))).filter((name) => name.endsWith('.sql'))
    expect(names).toHaveLength(suite === 'tpch' ? 22 : 99)
    for (const name of names) {
      const [{ sql } = { sql: '' }] = split(await readFile(join(SQL, suite, name), 'utf8'))
      const { tree } = await dumpOf(sql, suite)
      const dump = readDump(tree)
      if (dump.kind !== 'query') throw new Error(name)
      compare((rawTree(Buffer.from(tree).toString('utf8')) as Raw[])[0] as Raw, dump.query, new Set())
    }
  })

  it('take names and texts for what they are', async () => {
    const { tree } = await dumpOf(
      `with "cte :quals {VAR (1)" as (select 1 as "a \\ b", 2 as "<>", 3 as "", 4 as "ü 🦆")
      select row_to_json(x) from "cte :quals {VAR (1)" x`.replace('3 as ""', '3 as "true"'),
    )
    const dump = readDump(tree)
    if (dump.kind !== 'query') throw new Error()
    expect(dump.query.cteList[0]?.ctename).toBe('cte :quals {VAR (1)')
    expect(dump.query.rtable[0]?.eref?.colnames.map(({ userText }) => userText)).toEqual([
      'a \\ b',
      '<>',
      'true',
      'ü 🦆',
    ])
  })

  it('tell a broken line from a line break in a name, wherever the line is broken', async () => {
    for (let width = 1; width <= 60; width++) {
      for (const name of [`${'x'.repeat(width)} y`, `${'x'.repeat(width)}\ny`]) {
        const { tree } = await dumpOf(`select json_agg(t) from (select 1 as "${name}") t`)
        const dump = readDump(tree)
        if (dump.kind !== 'query') throw new Error()
        expect(dump.query.rtable[0]?.eref?.colnames).toEqual([{ userText: name }])
      }
    }
  })
})

describe('the reader refuses', () => {
  const change = async (from: string | RegExp, to: string): Promise<() => unknown> => {
    const { tree } = await dumpOf('select a from t where b = 1')
    // On one line, so that the change moves no line break.
    const text = Buffer.from(tree).toString('utf8').trim().replaceAll('\n', ' ')
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    const lines = changed.replace(/(.{1,70}) /g, '$1\n')
    return () => readDump(Buffer.from(lines))
  }

  it.each([
    ['an unknown node', '{OPEXPR', '{NEWEXPR'],
    ['an unknown field', ':varlevelsup', ':varnew 1 :varlevelsup'],
    ['a missing field', / :varreturningtype \d/, ''],
    ['fields out of order', ':varattno 2 :vartype 23', ':vartype 23 :varattno 2'],
    ['an unknown enumerator', /:varreturningtype 0/, ':varreturningtype 7'],
    ['an unknown kind of range table entry', ':rtekind 0', ':rtekind 11'],
    ['a node where another belongs', /:jointree \{FROMEXPR/, ':jointree {OPEXPR'],
    ['a number that is none', ':varno 1 ', ':varno 1x '],
    ['an end too early', /\}\)$/, ''],
    ['text behind the end', /$/, ' x'],
    ['no list', /^\(/, ''],
  ])('%s', async (_, from, to) => {
    const read = await change(from, to)
    expect(read).toThrow(expect.objectContaining({ name: 'PgError' }))
  })

  it('the same tree changed in nothing is read', async () => {
    const read = await change(/ /, '\n')
    expect(read()).toMatchObject({ kind: 'query' })
  })

  it('two trees', async () => {
    const { tree } = await dumpOf('select 1')
    const text = Buffer.from(tree).toString('utf8').trim()
    expect(() => readDump(Buffer.from(`${text.slice(0, -1)}\n${text.slice(1)}`))).toThrow(/several/)
  })

  it('a dump that is too large, and one nested too deep', async () => {
    expect(() => readDump(new Uint8Array(TREE_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: '54001' }))
    const { tree } = await dumpOf(`select ${"'x'::text || ".repeat(TREE_DEPTH_MAX + 10)} 'x'`)
    expect(() => readDump(tree)).toThrow(expect.objectContaining({ code: '54001' }))
  })

  it('names that break a line inside, and never takes them for structure', async () => {
    for (const name of ['('.repeat(63), '{'.repeat(63), '\\'.repeat(63), `${'x'.repeat(20)}${')'.repeat(43)}`]) {
      const { tree } = await dumpOf(`select 1 as "${name}" from (select 1 as "${name}") t`)
      try {
        const dump = readDump(tree)
        if (dump.kind !== 'query') throw new Error()
        const kinds = new Map<string, number>()
        visit(dump.query, (node: Node) => kinds.set(node.kind, (kinds.get(node.kind) ?? 0) + 1))
        expect(Object.fromEntries(kinds)).toMatchObject({ Query: 2, TargetEntry: 2, RangeTblEntry: 1, Const: 2 })
      } catch (error) {
        expect(error).toMatchObject({ code: '0A000' })
      }
    }
  })
})
