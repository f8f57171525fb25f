import type { Node, NodeKind, Query } from './node.ts'
import { type Field, RTE_FIRST, RTE_KINDS, RTE_LAST, SCHEMA, type Shape } from './schema.ts'

/**
 * Walkers that cannot forget a child: the slots come from SCHEMA. Order is that of the fields in the tree, so a query's
 * CTEs and range table come before its target list.
 */
type SlotForm = 'one' | 'list' | 'lists'
type ChildSlot = { name: string; form: SlotForm }

const FORM_OF_READ: Readonly<Partial<Record<Field['read'], SlotForm>>> = {
  node: 'one',
  maybeNode: 'one',
  nodes: 'list',
  maybeNodes: 'list',
  nodesOrInts: 'list',
  nodeLists: 'lists',
}

function slotsOf(shape: Shape): ChildSlot[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const form = FORM_OF_READ[field.read]
    return form ? [{ name, form }] : []
  })
}

const SLOTS: ReadonlyMap<string, readonly ChildSlot[]> = new Map([
  ...Object.entries(SCHEMA).map(([kind, shape]) => [kind, slotsOf(shape)] as const),
  ...Object.entries(RTE_KINDS).map(
    ([kind, shape]) => [`rte ${kind}`, slotsOf({ ...RTE_FIRST, ...shape, ...RTE_LAST })] as const,
  ),
])

/** The fields of a node that hold nodes. */
export function slots(node: Node): readonly ChildSlot[] {
  const found = SLOTS.get(node.kind === 'RangeTblEntry' ? `rte ${node.rtekind}` : node.kind)
  if (!found) throw new Error(`no such node: ${node.kind}`)
  return found
}

/** The nodes right below a node. */
export function* children(node: Node): Generator<Node> {
  for (const { name, form } of slots(node)) {
    const value = (node as unknown as Record<string, unknown>)[name]
    if (form === 'one') {
      if (value !== null) yield value as Node
    } else if (form === 'list') {
      yield* members(value)
    } else {
      for (const list of value as readonly unknown[]) yield* members(list)
    }
  }
}

function* members(list: unknown): Generator<Node> {
  for (const member of list as readonly unknown[])
    if (member !== null && typeof member === 'object') yield member as Node
}

/** Every node, parents before their children. Return false to leave out what is below a node. */
export function visit(node: Node, enter: (node: Node) => unknown): void {
  if (enter(node) === false) return
  for (const { name, form } of slots(node)) {
    const value = (node as unknown as Record<string, unknown>)[name]
    if (form === 'one') {
      if (value !== null) visit(value as Node, enter)
    } else if (form === 'list') {
      visitMembers(value, enter)
    } else {
      for (const list of value as readonly unknown[]) visitMembers(list, enter)
    }
  }
}

function visitMembers(list: unknown, enter: (node: Node) => unknown): void {
  for (const member of list as readonly unknown[]) {
    if (member !== null && typeof member === 'object') visit(member as Node, enter)
  }
}

/** Every Query in the tree, the outermost first: CTEs, subqueries in FROM, sublinks. */
export function queries(root: Node): Query[] {
  const found: Query[] = []
  visit(root, (node) => {
    if (node.kind === 'Query') found.push(node)
  })
  return found
}

/** Every node of one kind. */
export function nodesOf<K extends NodeKind>(root: Node, kind: K): Extract<Node, { kind: K }>[] {
  const found: Extract<Node, { kind: K }>[] = []
  visit(root, (node) => {
    if (node.kind === kind) found.push(node as Extract<Node, { kind: K }>)
  })
  return found
}

/**
 * A new tree in which each node is what `change` makes of it, children first. What does not change is shared with the old
 * tree, so a pass that changes nothing costs no memory. `change` must give a node that may stand where the old one stood.
 */
export function transform<N extends Node>(node: N, change: (node: Node) => Node): N {
  let copy: Record<string, unknown> | null = null
  for (const { name, form } of slots(node)) {
    const value = (node as unknown as Record<string, unknown>)[name]
    const made = transformSlot(value, form, change)
    if (made !== value) {
      copy ??= { ...(node as unknown as Record<string, unknown>) }
      copy[name] = made
    }
  }
  return change((copy ?? node) as Node) as N
}

function transformSlot(value: unknown, form: SlotForm, change: (node: Node) => Node): unknown {
  if (form === 'one') return value === null ? null : transform(value as Node, change)
  let list: unknown[] | null = null
  const old = value as readonly unknown[]
  for (let i = 0; i < old.length; i++) {
    const member = old[i]
    const made =
      form === 'lists'
        ? transformSlot(member, 'list', change)
        : member !== null && typeof member === 'object'
          ? transform(member as Node, change)
          : member
    if (made !== member) {
      list ??= [...old]
      list[i] = made
    }
  }
  return list ?? value
}
