/**
 * Random SELECT statements that are valid and have one answer: every column of a result is ordered by, what depends on the
 * order of rows is given one, nothing is volatile, and nothing adds up floats. The text is a function of the choices alone.
 *
 * Operands are kept small, so that no statement overflows on one side only because the other did not compute a row.
 */
import { type Choices, chance, pick } from './query-choices.ts'
import {
  type Column,
  expressionOf,
  type Generator,
  type Kind,
  kindOf,
  literal,
  type Relation,
  type Scope,
} from './query-expression.ts'

/** Beside the fixture of test/sql: little tables that meet in their values, and differ in their NULLs. */
export const FUZZ_FIXTURE: readonly string[] = [
  'create table fa (k integer, v integer, b bigint, n numeric(12, 3), s text, d date, p boolean)',
  `insert into fa values (1, 1, 1, 1.500, 'a', '2000-02-29', true), (2, -2, 40, -2.500, '', '1970-01-01', false),
   (3, 3, null, 0.000, 'été_x%', '1969-12-31', null), (3, 3, null, 0.000, 'été_x%', '1969-12-31', null),
   (4, null, -3, 2.345, 'ABC def', null, true), (null, 0, 0, null, null, '9999-12-31', false),
   (5, 5, 7, 100.005, 'a_b', '2020-12-31', true)`,
  'create table fb (k integer, v integer, m numeric(12, 3), s text, t timestamp, d date, q boolean)',
  `insert into fb values (1, 3, 1.500, 'a', '2000-02-29 12:34:56.789', '2000-02-29', true), (1, -1, 0.500, 'B', null, null, null),
   (3, null, -0.001, '日本', '1969-12-31 23:59:59.999999', '1970-01-01', false),
   (null, 2, null, 'a', '2020-12-31 00:00:00', '2020-12-31', true), (6, 7, 12.000, null, '1999-01-31 00:00:00', '0001-01-01', false),
   (4, 0, 2.345, '', '2000-02-29 12:34:56.789', '2000-03-01', null)`,
  'create table fc (k integer, g text, x bigint)',
  `insert into fc values (1, 'a', 2), (2, 'a', null), (3, 'b', -2), (4, null, 3), (null, 'b', 3)`,
  'create table fe (k integer, s text, n numeric(12, 3), d date)',
]

const TABLES: readonly Relation[] = [
  {
    name: 'fa',
    columns: [
      ['k', 'int'],
      ['v', 'int'],
      ['b', 'big'],
      ['n', 'num'],
      ['s', 'text'],
      ['d', 'date'],
      ['p', 'bool'],
    ],
  },
  {
    name: 'fb',
    columns: [
      ['k', 'int'],
      ['v', 'int'],
      ['m', 'num'],
      ['s', 'text'],
      ['t', 'ts'],
      ['d', 'date'],
      ['q', 'bool'],
    ],
  },
  {
    name: 'fc',
    columns: [
      ['k', 'int'],
      ['g', 'text'],
      ['x', 'big'],
    ],
  },
  {
    name: 'fe',
    columns: [
      ['k', 'int'],
      ['s', 'text'],
      ['n', 'num'],
      ['d', 'date'],
    ],
  },
  {
    name: 'staff',
    columns: [
      ['id', 'int'],
      ['mgr', 'int'],
      ['dept', 'text'],
      ['sal', 'num'],
    ],
  },
  {
    name: 'payment',
    columns: [
      ['id', 'int'],
      ['tenant', 'text'],
      ['amount', 'int'],
    ],
  },
  {
    name: 'sample',
    columns: [
      ['id', 'int'],
      ['n', 'num'],
      ['t', 'text'],
      ['d', 'date'],
      ['ts', 'ts'],
      ['bo', 'bool'],
    ],
  },
  {
    name: 'dept_total',
    columns: [
      ['dept', 'text'],
      ['n', 'big'],
      ['s', 'num'],
    ],
  },
]

const NUMBERS: readonly Kind[] = ['int', 'big', 'num']
const DEPTH_MAX = 3

export function generateQuery(choices: Choices): string {
  let aliases = 0
  const generator: Generator = {
    choices,
    alias: () => `x${++aliases}`,
    subquery: (scope, kinds) => select(generator, inner(scope), kinds),
    aggregate: (scope, kind) => aggregate(generator, scope, kind),
  }
  const kinds = times(1 + choices.next(4), () => kindOf(choices))
  const scope = { local: [], outer: [], ctes: [], depth: DEPTH_MAX }
  const body = select(generator, scope, kinds)
  const whole = choices.next(5) === 4 ? `select * from (${body}) as ${generator.alias()}` : body
  return `${whole}${/ order by [^()]*$/.test(whole) ? '' : orderBy(choices, kinds.length)}`
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** What a query inside of this one can name. */
function inner(scope: Scope): Scope {
  const outer = [...scope.local, ...scope.outer].filter((column) => column.plain)
  return { local: [], outer, ctes: scope.ctes, depth: scope.depth - 1 }
}

function orderBy(choices: Choices, width: number): string {
  return ` order by ${times(width, (index) => `${index + 1}${direction(choices)}`).join(', ')}`
}

function direction(choices: Choices): string {
  return chance(choices, 30) ? pick(choices, ['', ' desc', ' nulls first', ' desc nulls last']) : ''
}

/** A query with columns of these kinds, called c1, c2, …; its rows are in no order unless it is limited. */
function select(g: Generator, scope: Scope, kinds: readonly Kind[]): string {
  const { choices } = g
  const body = selectBody(g, scope, kinds)
  if (!chance(choices, 15) || / order by [^()]*$/.test(body)) return body
  const offset = chance(choices, 40) ? ` offset ${choices.next(4)}` : ''
  return `${body}${orderBy(choices, kinds.length)} limit ${choices.next(6)}${offset}`
}

function selectBody(g: Generator, scope: Scope, kinds: readonly Kind[]): string {
  const shapes = [
    plain,
    plain,
    plain,
    grouped,
    aggregated,
    distinct,
    windowed,
    distinctOn,
    groupedWindowed,
    setOperation,
    withTable,
    recursive,
  ] as const
  const shape = scope.depth <= 0 ? plain : pick(g.choices, shapes)
  return shape(g, scope, kinds)
}

function items(g: Generator, scope: Scope, kinds: readonly Kind[], make = expressionOf): string {
  return kinds.map((kind, index) => `${make(g, scope, kind, 2)} as c${index + 1}`).join(', ')
}

function plain(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const list = items(g, scope, kinds)
  return `select ${list}${sql}${where(g, scope)}`
}

function distinct(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  return plain(g, outside, kinds).replace(/^select /, 'select distinct ')
}

function distinctOn(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const listed = items(g, scope, kinds)
  const keys = 1 + g.choices.next(Math.min(2, kinds.length))
  const names = times(keys, (index) => `c${index + 1}`).join(', ')
  const alias = g.alias()
  return `select distinct on (${names}) * from (select ${listed}${sql}${where(g, scope)}) as ${alias}${orderBy(g.choices, kinds.length)}`
}

function where(g: Generator, scope: Scope): string {
  return chance(g.choices, 60) ? ` where ${expressionOf(g, scope, 'bool', 3)}` : ''
}

type From = { readonly sql: string; readonly scope: Scope }

function from(g: Generator, outside: Scope): From {
  const { choices } = g
  const first = item(g, outside)
  let sql = ` from ${first.sql}`
  let scope: Scope = { ...outside, local: first.columns }
  for (let more = pick(choices, [0, 0, 1, 1, 2]); more > 0; more--) {
    const lateral = scope.depth > 0 && chance(choices, 20)
    const join = pick(choices, joinsOf(g, scope, lateral))
    const right = lateral ? lateralItem(g, scope) : item(g, outside)
    const both: Scope = { ...scope, local: [...scope.local, ...right.columns] }
    sql += ` ${join} ${right.sql}${join === 'cross join' ? '' : ` on ${on(g, join, scope.local, right.columns, both)}`}`
    scope = both
  }
  return { sql, scope }
}

/** The engine refuses most outer joins whose sides name columns from outside, so that few of them are worth their time. */
function joinsOf({ choices }: Generator, scope: Scope, lateral: boolean): readonly [string, ...string[]] {
  if (scope.outer.length > 0 && !chance(choices, 5)) return ['join', 'cross join', 'join']
  if (lateral) return chance(choices, 10) ? ['left join'] : ['cross join']
  return ['left join', 'join', 'cross join', 'join', 'right join', 'left join', 'full join']
}

/** PostgreSQL does a full join only by an equality of both sides. */
function on(g: Generator, join: string, left: readonly Column[], right: readonly Column[], both: Scope): string {
  const { choices } = g
  const pairs = left.flatMap((one) =>
    right.filter((other) => other.kind === one.kind).map((other) => `${one.sql} = ${other.sql}`),
  )
  const equal = pairs[choices.next(Math.max(pairs.length, 1))]
  if (join === 'full join') return equal ?? 'true'
  const form = choices.next(4)
  if (form === 0 && equal !== undefined) return equal
  const any = expressionOf(g, form === 3 && join === 'join' ? both : { ...both, depth: 0 }, 'bool', 2)
  return form === 1 && equal !== undefined ? `${equal} and ${any}` : any
}

type Item = { readonly sql: string; readonly columns: readonly Column[] }

function item(g: Generator, outside: Scope): Item {
  const { choices } = g
  const form = choices.next(10)
  if (form >= 8 && outside.depth > 0) return derived(g, '', { ...outside, depth: outside.depth - 1 })
  if (form === 7) return values(g)
  if (form >= 5 && outside.ctes.length > 0) return named(g, pick(choices, outside.ctes as [Relation, ...Relation[]]))
  return named(g, pick(choices, TABLES as readonly [Relation, ...Relation[]]))
}

function named(g: Generator, relation: Relation): Item {
  const alias = g.alias()
  const columns = relation.columns.map(([name, kind]) => ({ sql: `${alias}.${name}`, kind, plain: true }))
  return { sql: `${relation.name} as ${alias}`, columns }
}

function derived(g: Generator, prefix: string, scope: Scope): Item {
  const kinds = times(1 + g.choices.next(3), () => kindOf(g.choices))
  const body = select(g, scope, kinds)
  const { sql, columns } = named(g, {
    name: `${prefix}(${body})`,
    columns: kinds.map((kind, index) => [`c${index + 1}`, kind]),
  })
  return { sql, columns }
}

function lateralItem(g: Generator, scope: Scope): Item {
  const { choices } = g
  if (choices.next(4) < 3) return derived(g, 'lateral ', inner(scope))
  const alias = g.alias()
  const bound = `least(${expressionOf(g, { ...scope, depth: 0 }, 'int', 1)}, 4)`
  return {
    sql: `generate_series(1, ${bound}) as ${alias}(c1)`,
    columns: [{ sql: `${alias}.c1`, kind: 'int', plain: true }],
  }
}

function values(g: Generator): Item {
  const { choices } = g
  const kinds = times(1 + choices.next(3), () => kindOf(choices))
  const rows = times(1 + choices.next(3), () => `(${kinds.map((kind) => literal(choices, kind)).join(', ')})`)
  const alias = g.alias()
  const names = kinds.map((_, index) => `c${index + 1}`)
  return {
    sql: `(values ${rows.join(', ')}) as ${alias}(${names.join(', ')})`,
    columns: kinds.map((kind, index) => ({ sql: `${alias}.c${index + 1}`, kind, plain: true })),
  }
}

/** Arguments name nothing outside: an aggregate of outer columns alone would be the outer query's. */
function aggregate(g: Generator, scope: Scope, kind: Kind): string {
  const { choices } = g
  const own: Scope = { ...scope, outer: [], depth: Math.min(scope.depth, choices.next(8) === 7 ? 1 : 0) }
  const argument = (of: Kind, depth = 1) => expressionOf(g, own, of, depth)
  const call = () => {
    switch (kind) {
      case 'big':
        return pick(choices, [
          () => 'count(*)',
          () => `count(${argument(kindOf(choices))})`,
          () => `sum(${argument('int')})`,
          () => `count(distinct ${argument(kindOf(choices))})`,
          () => `sum(distinct ${argument('int')})`,
          () => `max(${argument('big')})`,
        ])()
      case 'num':
        return pick(choices, [
          () => `sum(${argument('num')})`,
          () => `max(${argument('num')})`,
          () => `sum(${argument('big')})`,
          () => `avg(${argument(pick(choices, ['int', 'num', 'big']), 0)})`,
          () => `round(avg(${argument('num')}), 2)`,
          () => `sum(distinct ${argument('num')})`,
        ])()
      case 'bool':
        return `${pick(choices, ['bool_or', 'bool_and', 'every'])}(${argument('bool', 2)})`
      case 'text': {
        if (chance(choices, 40)) {
          const text = argument('text')
          return pick(choices, [
            `string_agg(${text}, ',' order by ${text})`,
            `string_agg(distinct ${text}, '-' order by ${text} desc)`,
          ])
        }
        return `${pick(choices, ['min', 'max'])}(${argument('text')})`
      }
      case 'int':
      case 'date':
      case 'ts':
        return `${pick(choices, ['min', 'max'])}(${argument(kind)})`
    }
  }
  const made = call()
  const plainCall = made.startsWith('round(')
  return chance(choices, 15) && !plainCall ? `${made} filter (where ${argument('bool', 2)})` : made
}

/** The scope of a grouped query's HAVING and select list: its keys, and aggregates through `aggregates`. */
type Keys = { readonly keys: readonly Column[]; readonly clause: string; readonly total: boolean }

function groupKeys(g: Generator, scope: Scope): Keys {
  const { choices } = g
  const keys = times(1 + choices.next(3), () => key(g, scope))
  const unique = keys.filter((one, index) => keys.findIndex((other) => other.sql === one.sql) === index)
  const list = unique.map((one) => one.sql).join(', ')
  const form = choices.next(8)
  if (form === 6) return { keys: unique, clause: `rollup (${list})`, total: false }
  if (form === 7) return { keys: unique, clause: `cube (${list})`, total: false }
  if (form === 5) return { keys: unique, clause: `grouping sets ((${list}), (${unique[0]?.sql}), ())`, total: false }
  return { keys: unique, clause: list, total: true }
}

function key(g: Generator, scope: Scope): Column {
  const column = pick(g.choices, scope.local as [Column, ...Column[]])
  const form = g.choices.next(3)
  if (form < 2 || !column.plain) return column
  const wrapped = {
    int: '(# % 3)',
    big: '(# % 2)',
    num: 'round(#)',
    text: 'upper(#)',
    date: '(# - 1)',
    ts: "date_trunc('year', #)",
    bool: '(not #)',
  }
  return { sql: wrapped[column.kind].replace('#', column.sql), kind: column.kind, plain: false }
}

function groupedItem(aggregated: Scope, share: number) {
  return (g: Generator, scope: Scope, kind: Kind, depth: number): string => {
    if (chance(g.choices, share)) return g.aggregate(aggregated, kind)
    if (chance(g.choices, 30)) return expressionOf(g, withAggregates(g, scope, aggregated), kind, depth)
    const same = scope.local.filter((column) => column.kind === kind)
    return same.length === 0 ? g.aggregate(aggregated, kind) : pick(g.choices, same as [Column, ...Column[]]).sql
  }
}

/** Some aggregates, as if they were columns. */
function withAggregates(g: Generator, scope: Scope, aggregated: Scope): Scope {
  const made = times(1 + g.choices.next(2), (): Column => {
    const kind = kindOf(g.choices)
    return { sql: g.aggregate(aggregated, kind), kind, plain: false }
  })
  return { ...scope, local: [...scope.local, ...made] }
}

function having(g: Generator, scope: Scope, aggregated: Scope): string {
  return chance(g.choices, 30) ? ` having ${expressionOf(g, withAggregates(g, scope, aggregated), 'bool', 2)}` : ''
}

function grouped(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const condition = where(g, scope)
  const { keys, clause } = groupKeys(g, scope)
  const after: Scope = { ...scope, local: keys }
  const list = items(g, after, kinds, groupedItem(scope, 50))
  return `select ${list}${sql}${condition} group by ${clause}${having(g, after, scope)}`
}

function aggregated(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const condition = where(g, scope)
  const after: Scope = { ...scope, local: [] }
  const list = items(g, after, kinds, groupedItem(scope, 60))
  return `select ${list}${sql}${condition}${having(g, after, scope)}`
}

function windowed(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const condition = where(g, scope)
  const list = items(g, scope, kinds, (_, own, kind) => windowCall(g, own, kind))
  return `select ${list}${sql}${condition}`
}

function groupedWindowed(g: Generator, outside: Scope, kinds: readonly Kind[]): string {
  const { sql, scope } = from(g, outside)
  const condition = where(g, scope)
  const { keys, clause, total } = groupKeys(g, scope)
  const after: Scope = { ...scope, local: keys }
  const list = items(g, after, kinds, (_, own, kind, depth) => {
    if (!total || chance(g.choices, 50)) return groupedItem(scope, 50)(g, own, kind, depth)
    return windowCall(g, withAggregates(g, own, scope), kind)
  })
  return `select ${list}${sql}${condition} group by ${clause}`
}

/** Rows that are the same in every column may change places: what is computed for them is the same set. */
function windowCall(g: Generator, scope: Scope, kind: Kind): string {
  const { choices } = g
  const flat: Scope = { ...scope, outer: [], depth: 0 }
  const argument = (of: Kind) => expressionOf(g, flat, of, 1)
  const local = scope.local as readonly Column[]
  const some = () => local[choices.next(local.length)]?.sql ?? '1'
  const partition = chance(choices, 50) ? `partition by ${some()} ` : ''
  const all = `order by ${[...new Set([some(), ...local.map((column) => column.sql)])].map((sql) => `${sql}${direction(choices)}`).join(', ')}`
  const byRow: [() => string, ...(() => string)[]] = [
    () => `first_value(${argument(kind)}) over (${partition}${all}${rowsFrame(choices)})`,
    () => `last_value(${argument(kind)}) over (${partition}${all}${rowsFrame(choices)})`,
    () => `nth_value(${argument(kind)}, ${1 + choices.next(3)}) over (${partition}${all}${rowsFrame(choices)})`,
    () =>
      `lag(${argument(kind)}${choices.next(2) === 1 ? `, ${choices.next(3)}, ${literal(choices, kind)}` : ''}) over (${partition}${all})`,
    () => `lead(${argument(kind)}) over (${partition}${all})`,
    () => `${aggregateOf(kind)} over (${partition}${all}${rowsFrame(choices)})`,
    () => `${aggregateOf(kind)} over (${partition}order by ${some()}${direction(choices)}${groupsFrame(choices)})`,
    () => `${aggregateOf(kind)} over (${partition.trim()})`,
    () => rangeCall() ?? expressionOf(g, scope, kind, 2),
  ]
  const numbering: (() => string)[] = [
    () => `row_number() over (${partition}${all})`,
    () => `${pick(choices, ['rank', 'dense_rank'])}() over (${partition}order by ${some()}${direction(choices)})`,
    () => `ntile(${1 + choices.next(4)}) over (${partition}${all})::bigint`,
  ]
  if (chance(choices, 25)) return expressionOf(g, scope, kind, 2)
  return pick(choices, kind === 'big' ? [numbering[0] ?? (() => '1'), ...numbering, ...byRow] : byRow)()

  function aggregateOf(of: Kind): string {
    switch (of) {
      case 'big':
        return pick(choices, ['count(*)', `sum(${argument('int')})`, `count(${argument('text')})`])
      case 'num':
        return `${pick(choices, ['sum', 'min', 'max'])}(${argument('num')})`
      case 'bool':
        return `${pick(choices, ['bool_or', 'bool_and'])}(${argument('bool')})`
      default:
        return `${pick(choices, ['min', 'max'])}(${argument(of)})`
    }
  }

  function rangeCall(): string | null {
    const by = local.find((column) => column.kind === 'int' || column.kind === 'big' || column.kind === 'num')
    if (by === undefined) return null
    return `${aggregateOf(kind)} over (${partition}order by ${by.sql}${direction(choices)} range between ${choices.next(3)} preceding and ${choices.next(3)} following${exclude(choices)})`
  }
}

const FRAME_STARTS = ['unbounded preceding', '2 preceding', '1 preceding', 'current row'] as const
const FRAME_ENDS = ['current row', '1 following', '2 following', 'unbounded following'] as const

function rowsFrame(choices: Choices): string {
  return chance(choices, 60) ? frame(choices, 'rows') : ''
}

function groupsFrame(choices: Choices): string {
  return chance(choices, 60) ? frame(choices, 'groups') : ''
}

function frame(choices: Choices, mode: string): string {
  return ` ${mode} between ${pick(choices, FRAME_STARTS)} and ${pick(choices, FRAME_ENDS)}${exclude(choices)}`
}

function exclude(choices: Choices): string {
  return chance(choices, 25) ? pick(choices, [' exclude current row', ' exclude ties', ' exclude group']) : ''
}

/** Columns of numbers may be of other kinds on the other side. */
function setOperation(g: Generator, scope: Scope, kinds: readonly Kind[]): string {
  const { choices } = g
  const below: Scope = { ...scope, depth: scope.depth - 1 }
  const narrower = (kind: Kind): Kind =>
    chance(choices, 30) ? (NUMBERS[choices.next(NUMBERS.indexOf(kind) + 1)] ?? kind) : kind
  const left = select(g, below, kinds)
  const right = select(g, below, kinds.map(narrower))
  const operator = `${pick(choices, ['union', 'intersect', 'except'])}${pick(choices, [' all', ''])}`
  const two = `(${left}) ${operator} (${right})`
  const body = chance(choices, 20)
    ? `(${two}) ${pick(choices, ['union all', 'except', 'union'])} (${select(g, below, kinds)})`
    : two
  const alias = g.alias()
  return `select ${kinds.map((_, index) => `${alias}.c${index + 1}`).join(', ')} from (${body}) as ${alias}`
}

function withTable(g: Generator, scope: Scope, kinds: readonly Kind[]): string {
  const { choices } = g
  const name = g.alias()
  const own = times(1 + choices.next(3), () => kindOf(choices))
  const below: Scope = { ...scope, depth: scope.depth - 1 }
  const body = select(g, below, own)
  const materialized = pick(choices, ['', '', ' materialized', ' not materialized'])
  const relation: Relation = { name, columns: own.map((kind, index) => [`c${index + 1}`, kind]) }
  const rest = plain(g, { ...below, ctes: [relation, relation, ...scope.ctes] }, kinds)
  return `with ${name} as${materialized} (${body}) ${rest}`
}

function recursive(g: Generator, scope: Scope, kinds: readonly Kind[]): string {
  const { choices } = g
  const name = g.alias()
  const below: Scope = { ...scope, depth: scope.depth - 1 }
  const all = pick(choices, [' all', ''])
  const [body, columns]: [string, Relation['columns']] = pick(choices, [
    [
      `select 1, 'a'::text union${all} select n + 1, t || n from ${name} where n < ${2 + choices.next(4)}`,
      [
        ['n', 'int'],
        ['t', 'text'],
      ],
    ],
    [
      `select id, dept from staff where mgr is null union${all} select x0.id, coalesce(x0.dept, ${name}.t) from staff x0 join ${name} on x0.mgr = n`,
      [
        ['n', 'int'],
        ['t', 'text'],
      ],
    ],
    [
      `select k, v from fa where k = 1 union select x0.k, x0.v from fb x0, ${name} where x0.v > ${name}.n or x0.k = ${name}.t`,
      [
        ['n', 'int'],
        ['t', 'int'],
      ],
    ],
  ])
  const relation: Relation = { name, columns }
  const rest = plain(g, { ...below, ctes: [relation, relation, ...scope.ctes] }, kinds)
  return `with recursive ${name}(n, t) as (${body}) ${rest}`
}
