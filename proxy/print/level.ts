import type { Node } from '../compiler/tree/node.ts'
import { children } from '../compiler/tree/walk.ts'

/** Every node below a query, or a part of one, and how many queries deep it is. */
export function walkLevels(query: Node, depth: number, enter: (node: Node, depth: number) => void): void {
  const below = (node: Node) => {
    enter(node, depth)
    if (node.kind === 'Query') walkLevels(node, depth + 1, enter)
    else for (const child of children(node)) below(child)
  }
  for (const child of children(query)) below(child)
}
