import { describe, expect, it } from 'vitest'
import type { Node } from '../../proxy/compiler/tree/node.ts'
import { EXPRESSIONS, RTE_FIRST, RTE_KINDS, RTE_LAST, SCHEMA, type Shape } from '../../proxy/compiler/tree/schema.ts'
import { children, transform, visit } from '../../proxy/compiler/tree/walk.ts'

const RTE_SHAPES: [string, Shape][] = Object.entries(RTE_KINDS).map(([kind, shape]) => [
  kind,
  { ...RTE_FIRST, ...shape, ...RTE_LAST },
])

/** A node whose slots are all empty. */
function emptyNode(kind: string): Record<string, unknown> {
  if (kind === 'RangeTblEntry') return empty({ kind, rtekind: 'relation', relid: 4711 }, RTE_SHAPES[0]?.[1] ?? {})
  return empty({ kind }, SCHEMA[kind as keyof typeof SCHEMA])
}

function empty(node: Record<string, unknown>, shape: Shape): Record<string, unknown> {
  for (const [name, field] of Object.entries(shape)) {
    if (field.read === 'node' || field.read === 'maybeNode') node[name] = null
    else if (/^(nodes|maybeNodes|nodeLists|nodesOrInts)$/.test(field.read)) node[name] = []
  }
  return node
}

type Planting = { slot: string; parent: Node; planted: Node }

/** Every kind in every slot in which the schema lets it stand. */
function* plantings(): Generator<Planting> {
  const shapes: [string, () => Record<string, unknown>, Shape][] = [
    ...Object.entries(SCHEMA).map(([kind, shape]): [string, () => Record<string, unknown>, Shape] => [
      kind,
      () => empty({ kind }, shape),
      shape,
    ]),
    ...RTE_SHAPES.map(([rtekind, shape]): [string, () => Record<string, unknown>, Shape] => [
      `RangeTblEntry ${rtekind}`,
      () => empty({ kind: 'RangeTblEntry', rtekind }, shape),
      shape,
    ]),
  ]
  for (const [owner, make, shape] of shapes) {
    for (const [name, field] of Object.entries(shape)) {
      if (!('of' in field) || field.read === 'dropNode') continue
      for (const kind of field.of.flatMap((slot) => (slot === 'Expr' ? [...EXPRESSIONS] : [slot]))) {
        const parent = make()
        const planted = emptyNode(kind)
        if (field.read === 'node' || field.read === 'maybeNode') parent[name] = planted
        else if (field.read === 'nodeLists') parent[name] = [[], [planted]]
        else parent[name] = field.read === 'maybeNodes' ? [null, planted] : [planted]
        yield {
          slot: `${owner}.${name} ← ${kind}`,
          parent: parent as unknown as Node,
          planted: planted as unknown as Node,
        }
      }
    }
  }
}

describe('the walkers meet whatever is planted in any slot', () => {
  const all = [...plantings()]

  it('children and visit', () => {
    expect(all.length).toBeGreaterThan(1000)
    for (const { slot, parent, planted } of all) {
      expect([...children(parent)], slot).toContain(planted)
      const met: Node[] = []
      visit(parent, (node) => {
        met.push(node)
      })
      expect(met, slot).toContain(planted)
    }
  })

  it('transform puts another in its place, and shares what stays', () => {
    for (const { slot, parent, planted } of all) {
      const other = { ...planted }
      const changed = transform(parent, (node) => (node === planted ? other : node))
      expect(changed, slot).not.toBe(parent)
      expect([...children(changed)], slot).toContain(other)
      expect([...children(parent)], slot).toContain(planted)
      expect(
        transform(parent, (node) => node),
        slot,
      ).toBe(parent)
    }
  })

  it('visit leaves out what is below when it is told so', () => {
    for (const { slot, parent, planted } of all) {
      visit(parent, (node) => {
        expect(node, slot).not.toBe(planted)
        return false
      })
    }
  })
})
