import type { GroupingSet } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { constantOf } from './constant.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'
import { notOrdinal, targetOf } from './sort.ts'

/** ` GROUP BY …`, or nothing. The GROUP entry has printed each expression once, so that the texts match the select list's. */
export function groupBy(scope: Scope): string {
  const { query } = scope
  const key = (reference: number) =>
    notOrdinal(expression(scope, targetOf(query.targetList, { tleSortGroupRef: reference }).expr))
  if (query.groupingSets.length > 0) {
    refuseConstantKey(scope)
    const { groupingSetsOfExpressions } = scope.printer.dialect.abilities
    if (!groupingSetsOfExpressions && !query.groupDistinct) return ` GROUP BY ${plainSets(query.groupingSets, key)}`
    const sets = query.groupingSets.map((set) => groupingSet(set, key))
    return ` GROUP BY ${query.groupDistinct ? distinctSets(query.groupingSets, key) : sets.join(', ')}`
  }
  if (query.groupClause.length === 0) return ''
  return ` GROUP BY ${query.groupClause.map((clause) => key(clause.tleSortGroupRef)).join(', ')}`
}

/** Where a condition from outside asks for the constant, DuckDB answers also from the sets that lack it. */
function refuseConstantKey(scope: Scope): void {
  const group = scope.entries.find(({ rte }) => rte.rtekind === 'group')
  if (scope.parent === null || group?.rte.rtekind !== 'group') return
  if (group.rte.groupexprs.some((key) => constantOf(scope.printer, key) !== undefined))
    throw unsupported('a constant in the grouping sets of a subquery')
}

const SET_KINDS = { rollup: 'ROLLUP ', cube: 'CUBE ', sets: 'GROUPING SETS ' } as const

type Key = (reference: number) => string

function groupingSet(set: GroupingSet, key: Key): string {
  const { members, references } = contents(set)
  if (set.setKind === 'empty') return '()'
  if (set.setKind === 'simple') {
    const keys = references.map(key)
    return keys.length === 1 ? (keys[0] ?? '') : `(${keys.join(', ')})`
  }
  return `${SET_KINDS[set.setKind]}(${members.map((member) => groupingSet(member, key)).join(', ')})`
}

function contents(set: GroupingSet): { members: GroupingSet[]; references: number[] } {
  const members: GroupingSet[] = []
  const references: number[] = []
  for (const one of set.content) {
    if (typeof one === 'number') references.push(one)
    else members.push(one)
  }
  return { members, references }
}

/** Every combination written out: some engines nest neither ROLLUP nor CUBE. */
function plainSets(sets: readonly GroupingSet[], key: Key): string {
  return `GROUPING SETS (${product(sets)
    .map((set) => `(${[...new Set(set.map(key))].join(', ')})`)
    .join(', ')})`
}

/** GROUP BY DISTINCT: the product of all sets, each combination once. */
function distinctSets(sets: readonly GroupingSet[], key: Key): string {
  const texts = new Set(
    product(sets).map(
      (set) =>
        `(${[...set]
          .sort((a, b) => a - b)
          .map(key)
          .join(', ')})`,
    ),
  )
  return `GROUPING SETS (${[...texts].join(', ')})`
}

function product(sets: readonly GroupingSet[]): number[][] {
  const all = sets
    .map(expand)
    .reduce<number[][]>(
      (done, next) => done.flatMap((left) => next.map((right) => [...new Set([...left, ...right])])),
      [[]],
    )
  if (all.length > GROUPING_SETS_MAX) throw unsupported(`more than ${GROUPING_SETS_MAX} grouping sets`)
  return all
}

/** As PostgreSQL's own limit of expanded sets. */
const GROUPING_SETS_MAX = 4096

/** What sets a ROLLUP, a CUBE or GROUPING SETS stands for, as lists of references. */
function expand(set: GroupingSet): number[][] {
  const { members, references } = contents(set)
  switch (set.setKind) {
    case 'empty':
      return [[]]
    case 'simple':
      return [references]
    case 'sets':
      return members.flatMap(expand)
    case 'rollup': {
      const parts = members.map((member) => contents(member).references)
      return [...parts.keys(), parts.length].map((count) => parts.slice(0, parts.length - count).flat())
    }
    case 'cube': {
      const parts = members.map((member) => contents(member).references)
      return Array.from({ length: 2 ** parts.length }, (_, mask) => parts.filter((_, bit) => mask & (1 << bit)).flat())
    }
  }
}
