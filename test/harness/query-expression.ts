/** Random expressions of a kind over the columns of a scope; see query-generator.ts. */
import { type Choices, chance, pick } from './query-choices.ts'

export type Kind = 'int' | 'big' | 'num' | 'text' | 'date' | 'ts' | 'bool'

/** A column that can be named; `plain` if it is no expression, and so can be named from below a GROUP BY. */
export type Column = { readonly sql: string; readonly kind: Kind; readonly plain: boolean }

export type Relation = { readonly name: string; readonly columns: readonly (readonly [name: string, kind: Kind])[] }

export type Scope = {
  readonly local: readonly Column[]
  readonly outer: readonly Column[]
  readonly ctes: readonly Relation[]
  /** subqueries that may still be nested */
  readonly depth: number
}

export type Generator = {
  readonly choices: Choices
  alias(): string
  subquery(scope: Scope, kinds: readonly Kind[]): string
  aggregate(scope: Scope, kind: Kind): string
}

const KINDS: readonly Kind[] = ['int', 'text', 'num', 'big', 'bool', 'date', 'ts']

export function kindOf(choices: Choices): Kind {
  return KINDS[choices.next(KINDS.length)] ?? 'int'
}

const LITERALS: Readonly<Record<Kind, readonly [string, ...string[]]>> = {
  int: ['1', '0', '(-1)', '2', '3', '7', 'null::integer'],
  big: ['1::bigint', '0::bigint', '(-3)::bigint', '40::bigint', 'null::bigint'],
  num: ['1.5', '0.0', '(-2.5)', '2.345', '100.005', 'null::numeric(12,3)'],
  text: [
    `'a'::text`,
    `''::text`,
    `'A'::text`,
    `'été_x%'::text`,
    `'日本'::text`,
    `' b '::text`,
    `'a''b'::text`,
    'null::text',
  ],
  date: [`date '2000-02-29'`, `date '1970-01-01'`, `date '1969-12-31'`, `date '9999-12-31'`, 'null::date'],
  ts: [`timestamp '2000-02-29 12:34:56.789'`, `timestamp '1969-12-31 23:59:59.999999'`, 'null::timestamp'],
  bool: ['true', 'false', 'null::boolean'],
}

const TYPE_NAMES: Readonly<Record<Kind, string>> = {
  int: 'integer',
  big: 'bigint',
  num: 'numeric(20,3)',
  text: 'text',
  date: 'date',
  ts: 'timestamp',
  bool: 'boolean',
}

export function literal(choices: Choices, kind: Kind): string {
  return pick(choices, LITERALS[kind])
}

/** `depth` of operators; subqueries have a depth of their own in the scope. */
export function expressionOf(g: Generator, scope: Scope, kind: Kind, depth: number): string {
  const { choices } = g
  if (depth <= 0) return leaf(g, scope, kind)
  const sub = (of: Kind) => expressionOf(g, scope, of, depth - 1)
  const forms: [number, () => string][] = [
    [kind === 'bool' ? 1 : 5, () => leaf(g, scope, kind)],
    [kind === 'bool' ? 8 : 5, () => pick(choices, operations(g, scope, sub))(kind)],
    [2, () => conditional(g, kind, sub)],
    ...(scope.depth > 0
      ? ([[kind === 'bool' ? 5 : 2, () => sublink(g, scope, kind, sub)]] as [number, () => string][])
      : []),
  ]
  let at = choices.next(forms.reduce((sum, [weight]) => sum + weight, 0))
  for (const [weight, make] of forms) {
    if (at < weight) return make()
    at -= weight
  }
  return leaf(g, scope, kind)
}

function leaf(g: Generator, scope: Scope, kind: Kind): string {
  const { choices } = g
  const of = (columns: readonly Column[]) => columns.filter((column) => column.kind === kind)
  const [local, outer] = [of(scope.local), of(scope.outer)]
  const far = outer.length > 0 && (local.length === 0 ? chance(choices, 80) : chance(choices, 35))
  const columns = far ? outer : local
  if (columns.length === 0 || chance(choices, 15)) return literal(choices, kind)
  return pick(choices, columns as [Column, ...Column[]]).sql
}

type Sub = (kind: Kind) => string

function conditional(g: Generator, kind: Kind, sub: Sub): string {
  const { choices } = g
  return pick(choices, [
    () => `coalesce(${sub(kind)}, ${sub(kind)})`,
    () => `case when ${sub('bool')} then ${sub(kind)} else ${sub(kind)} end`,
    () => `nullif(${sub(kind)}, ${sub(kind)})`,
    () => `${pick(choices, ['greatest', 'least'])}(${sub(kind)}, ${sub(kind)}, ${sub(kind)})`,
    () =>
      `case ${sub('int')} when ${literal(choices, 'int')} then ${sub(kind)} when ${sub('int')} then ${sub(kind)} end`,
    () => `(case when ${sub('bool')} then ${sub(kind)} end)`,
  ])()
}

function operations(g: Generator, scope: Scope, sub: Sub): [(kind: Kind) => string] {
  return [
    (kind) => {
      switch (kind) {
        case 'int':
          return integer(g, scope, sub)
        case 'big':
          return big(g, scope, sub)
        case 'num':
          return numeric(g, scope, sub)
        case 'text':
          return text(g, sub)
        case 'date':
          return date(g, sub)
        case 'ts':
          return timestamp(g, sub)
        case 'bool':
          return `(${boolean(g, scope, sub)})`
      }
    },
  ]
}

/** Products and shifts take columns and constants only, so that nothing overflows. */
function integer(g: Generator, scope: Scope, sub: Sub): string {
  const { choices } = g
  const small = () => leaf(g, scope, 'int')
  return pick(choices, [
    () => `(${sub('int')} ${pick(choices, ['+', '-'])} ${sub('int')})`,
    () => `(${small()} * ${small()})`,
    () => `(${sub('int')} / nullif(${sub('int')}, 0))`,
    () => `(${sub('int')} % nullif(${sub('int')}, 0))`,
    () => `length(${sub('text')})`,
    () => `abs(${sub('int')})`,
    () => `(- ${sub('int')})`,
    () => `(round(${leaf(g, scope, 'num')})::bigint % 1000)::integer`,
    () => `(${sub('date')} - ${literal(choices, 'date')})`,
    () =>
      `extract(${pick(choices, ['year', 'month', 'day', 'dow', 'doy', 'quarter', 'isodow', 'week', 'isoyear', 'decade', 'century'])} from ${sub('date')})::integer`,
    () => `${sub('bool')}::integer`,
    () => `strpos(${sub('text')}, ${sub('text')})`,
    () => `(${sub('int')} ${pick(choices, ['&', '|', '#'])} ${small()})`,
    () => `ascii(${sub('text')})`,
    () => `sign(${sub('num')})::integer`,
    () => `(${small()} << ${choices.next(4)})`,
    () => `octet_length(${sub('text')})`,
    () => `width_bucket(${sub('num')}, -3.0, 10.0, 4)`,
  ])()
}

function big(g: Generator, scope: Scope, sub: Sub): string {
  const { choices } = g
  const small = () => leaf(g, scope, 'big')
  return pick(choices, [
    () => `(${sub('big')} ${pick(choices, ['+', '-'])} ${sub('int')})`,
    () => `${sub('int')}::bigint`,
    () => `(${small()} * ${leaf(g, scope, 'int')})`,
    () => `(${sub('big')} / nullif(${sub('int')}, 0))`,
    () => `mod(${sub('big')}, nullif(${sub('big')}, 0))`,
    () => `abs(${sub('big')})`,
    () => `trunc(${sub('num')})::bigint`,
    () => `${sub('num')}::bigint`,
    () => `(${small()} >> ${choices.next(4)})`,
  ])()
}

function numeric(g: Generator, scope: Scope, sub: Sub): string {
  const { choices } = g
  const small = () => leaf(g, scope, 'num')
  return pick(choices, [
    () => `(${sub('num')} ${pick(choices, ['+', '-'])} ${sub('num')})`,
    () => `(${small()} * ${small()})`,
    () => `round(${sub('num')}, ${pick(choices, ['1', '0', '2', '(-1)'])})`,
    () => `${sub('int')}::numeric(12,3)`,
    () => `round(${small()} / nullif(${small()}, 0), 3)`,
    () => `(${sub('num')} % nullif(${small()}, 0))`,
    () => `abs(${sub('num')})`,
    () => `${pick(choices, ['ceil', 'floor', 'trunc'])}(${sub('num')})`,
    () => `(${sub('num')} ${pick(choices, ['+', '*'])} ${leaf(g, scope, 'int')})`,
    () => `${small()}::numeric(12,1)`,
    () => `div(${sub('num')}, nullif(${small()}, 0))`,
    () => `trunc(${sub('num')}, 1)`,
    () => `extract(epoch from ${sub('date')})::numeric(20,3)`,
  ])()
}

function text(g: Generator, sub: Sub): string {
  const { choices } = g
  const n = () => String(choices.next(4))
  return pick(choices, [
    () => `(${sub('text')} || ${sub('text')})`,
    () =>
      `${pick(choices, ['upper', 'lower', 'reverse', 'initcap', 'btrim', 'ltrim', 'rtrim', 'md5', 'quote_literal'])}(${sub('text')})`,
    () => `substr(${sub('text')}, ${choices.next(4) - 1}, ${n()})`,
    () => `${pick(choices, ['left', 'right'])}(${sub('text')}, ${choices.next(6) - 2})`,
    () => `replace(${sub('text')}, ${sub('text')}, ${sub('text')})`,
    () => `${sub(kindOf(choices) === 'big' ? 'big' : 'int')}::text`,
    () => `${sub('date')}::text`,
    () => `${pick(choices, ['lpad', 'rpad'])}(${sub('text')}, ${n()}, ${sub('text')})`,
    () => `repeat(${sub('text')}, ${n()})`,
    () => `split_part(${sub('text')}, ${literal(choices, 'text')}, ${1 + choices.next(2)})`,
    () => `concat(${sub('text')}, ${sub('int')}, ${sub('bool')})`,
    () => `concat_ws('-', ${sub('text')}, ${sub('int')}, ${sub('text')})`,
    () => `translate(${sub('text')}, 'abé', 'xy')`,
    () => `${sub('bool')}::text`,
    () => `overlay(${sub('text')} placing 'Z' from 2 for ${n()})`,
    () => `to_char(${sub('date')}, 'YYYY-MM-DD')`,
    () => `regexp_replace(${sub('text')}, '[a-c]', '<\\&>', 'g')`,
    () => `${sub('ts')}::text`,
  ])()
}

const FAR_PAST_AND_FUTURE_SAFE = ['1 day', '1 month', '-1 month', '1 year', '36 hours', '-1 day 02:00']

function date(g: Generator, sub: Sub): string {
  const { choices } = g
  const interval = FAR_PAST_AND_FUTURE_SAFE[choices.next(FAR_PAST_AND_FUTURE_SAFE.length)]
  return pick(choices, [
    () => `(${sub('date')} + ${sub('int')} % 50)`,
    () => `(${sub('date')} - ${choices.next(40)})`,
    () => `(${sub('date')} + interval '${interval}')::date`,
    () => `date_trunc('${pick(choices, ['month', 'year', 'week', 'quarter'])}', ${sub('date')})::date`,
    () => `${sub('ts')}::date`,
  ])()
}

function timestamp(g: Generator, sub: Sub): string {
  const { choices } = g
  const interval = FAR_PAST_AND_FUTURE_SAFE[choices.next(FAR_PAST_AND_FUTURE_SAFE.length)]
  return pick(choices, [
    () => `${sub('date')}::timestamp`,
    () => `(${sub('ts')} + interval '${interval}')`,
    () => `date_trunc('${pick(choices, ['day', 'hour', 'month', 'week', 'millisecond'])}', ${sub('ts')})`,
    () => `(${sub('date')} + interval '${interval}')`,
    () => `(${sub('ts')} - (${sub('ts')} - ${literal(choices, 'ts')}))`,
  ])()
}

const COMPARISONS = ['=', '<', '<>', '>=', '>', '<='] as const
const PATTERNS = [`'a%'`, `'%a%'`, `'_'`, `'%'`, `''`, `'%\\_%'`, `'A__ d%'`, `'%é%'`, `'%\\%'`] as const
const EXPRESSIONS = [`'^a'`, `'[[:upper:]]'`, `'b|x'`, `'^.$'`] as const

function boolean(g: Generator, scope: Scope, sub: Sub): string {
  const { choices } = g
  const kind = kindOf(choices)
  const number = (): Kind => pick(choices, ['int', 'big', 'num'])
  const compare = () => pick(choices, COMPARISONS)
  return pick(choices, [
    () => `${sub(kind)} ${compare()} ${sub(kind)}`,
    () => `${sub(kind)} ${compare()} ${sub(kind)}`,
    () => `${sub(number())} ${compare()} ${sub(number())}`,
    () => `${sub(kind)} is ${pick(choices, ['', 'not '])}null`,
    () => `(${sub('bool')}) and (${sub('bool')})`,
    () => `(${sub('bool')}) or (${sub('bool')})`,
    () => `not (${sub('bool')})`,
    () => `${sub(kind)} is ${pick(choices, ['', 'not '])}distinct from ${sub(kind)}`,
    () => `(${sub('bool')}) is ${pick(choices, ['true', 'not true', 'false', 'not false', 'unknown', 'not unknown'])}`,
    () =>
      `${sub(kind)} ${pick(choices, ['', 'not '])}between ${pick(choices, ['', 'symmetric '])}${sub(kind)} and ${sub(kind)}`,
    () => `${sub(kind)} ${pick(choices, ['', 'not '])}in (${sub(kind)}, ${literal(choices, kind)}, ${sub(kind)})`,
    () => `${sub('text')} ${pick(choices, ['', 'not '])}${pick(choices, ['like', 'ilike'])} ${pick(choices, PATTERNS)}`,
    () => `(${sub('int')}, ${sub(kind)}) ${compare()} (${sub('int')}, ${sub(kind)})`,
    () =>
      `${sub(kind)} ${compare()} ${pick(choices, ['any', 'all'])} (array[${literal(choices, kind)}, ${leaf(g, scope, kind)}])`,
    () => `${sub('text')} ${pick(choices, ['~', '!~', '~*'])} ${pick(choices, EXPRESSIONS)}`,
    () => `starts_with(${sub('text')}, ${sub('text')})`,
  ])()
}

function sublink(g: Generator, scope: Scope, kind: Kind, sub: Sub): string {
  const { choices } = g
  if (kind !== 'bool' || chance(choices, 15)) return scalar(g, scope, kind)
  const compared = kindOf(choices)
  const rows = (...kinds: Kind[]) => g.subquery(scope, kinds)
  const not = () => pick(choices, ['', 'not '])
  const test = pick(choices, [
    () => `${not()}exists (${rows(compared)})`,
    () => `${not()}exists (${rows(compared)})`,
    () => `${sub(compared)} ${not()}in (${rows(compared)})`,
    () => `${sub(compared)} ${not()}in (${rows(compared)})`,
    () => `${sub(compared)} ${pick(choices, COMPARISONS)} ${pick(choices, ['any', 'all'])} (${rows(compared)})`,
    () =>
      `${sub('int')} ${pick(choices, COMPARISONS)} ${pick(choices, ['any', 'all'])} (${rows(pick(choices, ['num', 'big']))})`,
    () => `(${sub('int')}, ${sub(compared)}) ${not()}in (${rows('int', compared)})`,
    () => `${sub(compared)} ${pick(choices, COMPARISONS)} ${scalar(g, scope, compared)}`,
    () => `${sub(compared)} = any (array(${rows(compared)}))`,
  ])()
  return `(${test})`
}

/** One row at most: an aggregate, or the first by all there is. */
function scalar(g: Generator, scope: Scope, kind: Kind): string {
  const { choices } = g
  const alias = g.alias()
  const rows = g.subquery(scope, [kind])
  const form = choices.next(3)
  if (form === 2)
    return `(select ${alias}.c1 from (${rows}) as ${alias} order by 1 ${pick(choices, ['', 'desc', 'nulls first'])} limit 1)`
  const local: Column[] = [{ sql: `${alias}.c1`, kind, plain: true }]
  const call = g.aggregate({ ...scope, local, outer: [], depth: 0 }, kind)
  return `(select ${call} from (${rows}) as ${alias})::${TYPE_NAMES[kind]}`
}
