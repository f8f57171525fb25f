import { expect, test } from 'vitest'
import type { CatalogSnapshot } from '../../proxy/compiler/compiled.ts'
import type { Node, Query } from '../../proxy/compiler/tree/node.ts'
import {
  EXPRESSIONS,
  type Field,
  RTE_FIRST,
  RTE_KINDS,
  RTE_LAST,
  SCHEMA,
  type Shape,
} from '../../proxy/compiler/tree/schema.ts'
import { confine } from '../../proxy/query/confine.ts'
import { compiledOf } from './snapshot.ts'

/** A tenant whose catalog knows one table; any other OID is somebody else's. */
const OWN = 1
const FOREIGN = 666
const ALICE = { oid: 10, superuser: false, privilegesOf: new Set([10]) }
const lake = {
  kind: 'table',
  schema: 'public',
  name: 'own',
  uuid: '',
  signature: '',
  comment: null,
  columns: [],
  partition: [],
  rowCount: null,
  byteCount: null,
} as const
const relation = { schema: 'public', kind: 'r', typeOid: 0, columns: [], owner: ALICE.oid, acl: [] } as const
const RELATIONS = new Map([
  [OWN, { ...relation, oid: OWN, name: 'own', lake }],
  [2, { ...relation, oid: 2, schema: 'pg_catalog', name: 'pg_class', lake: null }],
])
const catalog: CatalogSnapshot = {
  tenant: 'acme',
  version: 1,
  relation: (oid) => RELATIONS.get(oid),
  type: () => undefined,
  function: () => undefined,
  operator: () => undefined,
  role: (name) => (name === 'alice' ? ALICE : undefined),
  roleByOid: () => undefined,
}

type Draft = Record<string, unknown>

const EMPTY: Readonly<Record<string, unknown>> = { bool: false, int: 0, oid: 0, float: 0, name: '', userText: null }

function emptyField(field: Field): unknown {
  if (field.read in EMPTY) return EMPTY[field.read]
  return /s$/.test(field.read) ? [] : null
}

function emptyNode(kind: string, shape: Shape): Draft {
  const fields = Object.entries(shape).map(([name, field]) => [name, emptyField(field)])
  return { ...Object.fromEntries(fields), kind }
}

function rangeTableEntry(rtekind: keyof typeof RTE_KINDS): Draft {
  return { ...emptyNode('RangeTblEntry', { ...RTE_FIRST, ...RTE_KINDS[rtekind], ...RTE_LAST }), rtekind }
}

const relationEntry = (relid: number): Draft => ({ ...rangeTableEntry('relation'), relid, inFromCl: false })
const query = (fields: Draft): Draft => ({ ...emptyNode('Query', SCHEMA.Query), commandType: 'select', ...fields })
const foreignQuery = (): Draft => query({ rtable: [relationEntry(FOREIGN)] })
const foreignSubLink = (): Draft => ({ ...emptyNode('SubLink', SCHEMA.SubLink), subselect: foreignQuery() })

/** Something that may stand in a slot and holds a foreign relation, at any depth; null: it cannot hold one. */
function planted(slot: string, seen: readonly string[] = []): Draft | null {
  if (slot === 'Expr' || slot === 'SubLink') return foreignSubLink()
  if (slot === 'Query') return foreignQuery()
  if (slot === 'RangeTblEntry') return relationEntry(FOREIGN)
  if ((EXPRESSIONS as readonly string[]).includes(slot) || seen.includes(slot)) return null
  const shape: Shape = SCHEMA[slot as keyof typeof SCHEMA]
  for (const [name, field] of Object.entries(shape)) {
    const draft = plant(emptyNode(slot, shape), name, field, [...seen, slot])
    if (draft !== null) return draft
  }
  return null
}

function plant(node: Draft, name: string, field: Field, seen: readonly string[] = []): Draft | null {
  if (!('of' in field) || field.of === undefined || field.read === 'dropNode') return null
  for (const slot of field.of) {
    const inner = planted(slot, seen)
    if (inner === null) continue
    const value =
      field.read === 'node' || field.read === 'maybeNode' ? inner : field.read === 'nodeLists' ? [[inner]] : [inner]
    return { ...node, [name]: value }
  }
  return null
}

const SLOTS = [
  ...Object.entries(SCHEMA).flatMap(([kind, shape]) =>
    Object.entries(shape as Shape).map(([name, field]) => ({
      place: `${kind}.${name}`,
      node: plant(emptyNode(kind, shape), name, field),
    })),
  ),
  ...(Object.keys(RTE_KINDS) as (keyof typeof RTE_KINDS)[]).flatMap((rtekind) =>
    Object.entries({ ...RTE_FIRST, ...RTE_KINDS[rtekind], ...RTE_LAST } as Shape).map(([name, field]) => ({
      place: `RangeTblEntry ${rtekind}.${name}`,
      node: plant({ ...rangeTableEntry(rtekind), ...(rtekind === 'relation' ? { relid: OWN } : {}) }, name, field),
    })),
  ),
].filter(
  (slot): slot is { place: string; node: Draft } => slot.node !== null && slot.node.rtekind !== 'namedtuplestore',
)

test('there are slots to plant in', () => {
  expect(SLOTS.length).toBeGreaterThan(100)
})

test.each(SLOTS)('a foreign relation in $place is met', ({ node }) => {
  const root = node.kind === 'Query' ? node : query({ targetList: [node as unknown as Node] })
  expect(() => confine(compiledOf(catalog, root as unknown as Query), 'alice')).toThrowError(/relation does not exist/)
})

test('a transition table, which only triggers have, is refused whatever it holds', () => {
  const root = query({ rtable: [rangeTableEntry('namedtuplestore')] })
  expect(() => confine(compiledOf(catalog, root as unknown as Query), 'alice')).toThrowError(/transition table/)
})

test('an own table is confined, and listed', () => {
  const confined = confine(compiledOf(catalog, query({ rtable: [relationEntry(OWN)] }) as unknown as Query), 'alice')
  expect([...confined.tables.keys()]).toEqual([OWN])
})

test('a relation of the catalog beside tables is refused', () => {
  const mixed = query({ rtable: [relationEntry(OWN), relationEntry(2)] }) as unknown as Query
  expect(() => confine(compiledOf(catalog, mixed), 'alice')).toThrowError(/reads both "pg_catalog.pg_class" and tables/)
})

test('a relation without a permission entry is denied', () => {
  const entry = { ...relationEntry(OWN), inFromCl: true }
  expect(() => confine(compiledOf(catalog, query({ rtable: [entry] }) as unknown as Query), 'alice')).toThrowError(
    /permission denied/,
  )
})
