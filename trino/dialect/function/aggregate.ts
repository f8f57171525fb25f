import type { AggregateKey } from '../../../proxy/function/catalogue.ts'
import type { AggregateCall, Answer, NumericShape } from '../../../proxy/print/answer.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { spreadShape } from '../../../proxy/print/value/numeric-shape.ts'
import { decimal } from '../type.ts'
import { bindOnce, each, raise, unsupported } from './helper.ts'
import { jsonArgument } from './json.ts'
import { quotient } from './numeric.ts'

/**
 * Aggregates, as such and over windows. Results of counts and sums are cast to PostgreSQL's types.
 * https://www.postgresql.org/docs/18/functions-aggregate.html
 */
type A = Answer<AggregateCall>

const as = (write: (call: AggregateCall) => string, shape?: (call: AggregateCall) => NumericShape): A =>
  shape === undefined ? { print: write } : { print: write, shape: shape as NonNullable<A['shape']> }

const applied = (name: string): A => as((call) => call.apply(name))
const cast = (name: string): A => as((call) => `CAST(${call.apply(name)} AS ${call.resultTypeName()})`)
const refused = (reason: string): A => unsupported<AggregateCall>(reason)

/** The aggregate of rows whose argument is not NULL. */
function known(call: AggregateCall, name: string, args: readonly string[], order: boolean): string {
  const inner = `${call.arg(0)} IS NOT NULL`
  const condition =
    call.filter === '' ? inner : `(${call.filter.replace(/^ FILTER \(WHERE /, '').slice(0, -1)}) AND ${inner}`
  const by = order && call.order !== '' ? ` ORDER BY ${call.order}` : ''
  if (call.over !== '') return call.unsupported('OVER')
  return `${name}(${call.distinct ? 'DISTINCT ' : ''}${args.join(', ')}${by}) FILTER (WHERE ${condition})`
}

const SUM_DIGITS = 28

function wide(call: AggregateCall): string {
  return call.numeric(0).scale === 0 ? `CAST(${call.arg(0)} AS decimal(38, 0))` : call.arg(0)
}

function average(call: AggregateCall): string {
  const scale = call.resultNumeric().scale
  return quotient(
    call.apply('sum', { args: [wide(call)] }),
    { precision: SUM_DIGITS, scale: call.numeric(0).scale },
    `nullif(${call.apply('count')}, 0)`,
    scale,
  )
}

/** Exact sums of x and x², divided by PostgreSQL's rule. */
function spread(kind: 'variance' | 'stddev', sample: boolean): A {
  return as((call) => {
    const { precision, scale } = call.numeric(0)
    if (call.distinct) return call.unsupported('DISTINCT')
    if (scale > 6 || precision > 19) return call.unsupported('so many digits')
    const value = `CAST(${call.arg(0)} AS decimal(19, ${scale}))`
    const sum = call.apply('sum', { args: [wide(call)] })
    const squares = call.apply('sum', { args: [`(${value} * ${value})`] })
    const unit = `1${'0'.repeat(scale)}`
    const wholes = `CAST(${sum} * ${unit} AS decimal(38, 0)), CAST(${squares} * ${unit}${'0'.repeat(scale)} AS decimal(38, 0))`
    return `CAST(pg_${kind}(${call.apply('count')}, ${wholes}, ${scale}, ${sample ? 1 : 0}) AS ${decimal(spreadShape(call))})`
  }, spreadShape)
}

/** A pair counts when neither side is NULL. PostgreSQL's functions of (Y, X). */
function paired(call: AggregateCall): { x: string; y: string } {
  const [y, x] = [call.arg(0), call.arg(1)]
  return { x: `CASE WHEN ${y} IS NOT NULL THEN ${x} END`, y: `CASE WHEN ${x} IS NOT NULL THEN ${y} END` }
}

const over = (call: AggregateCall, name: string, arg: string) => call.apply(name, { args: [arg] })
const squaresOf = (call: AggregateCall, arg: string) => `(${over(call, 'var_pop', arg)} * ${over(call, 'count', arg)})`
const flat = (call: AggregateCall, arg: string) => `${over(call, 'var_pop', arg)} = 0E0`

const REGRESSIONS = {
  'corr(float8,float8)': as((call) => {
    const { x, y } = paired(call)
    return `CASE WHEN ${flat(call, x)} OR ${flat(call, y)} THEN NULL ELSE ${call.apply('corr')} END`
  }),
  'covar_pop(float8,float8)': applied('covar_pop'),
  'covar_samp(float8,float8)': applied('covar_samp'),
  'regr_avgx(float8,float8)': as((call) => over(call, 'avg', paired(call).x)),
  'regr_avgy(float8,float8)': as((call) => over(call, 'avg', paired(call).y)),
  'regr_count(float8,float8)': as((call) => over(call, 'count', paired(call).x)),
  'regr_sxx(float8,float8)': as((call) => squaresOf(call, paired(call).x)),
  'regr_syy(float8,float8)': as((call) => squaresOf(call, paired(call).y)),
  'regr_sxy(float8,float8)': as((call) => `(${call.apply('covar_pop')} * ${over(call, 'count', paired(call).x)})`),
  'regr_slope(float8,float8)': as(
    (call) => `CASE WHEN ${flat(call, paired(call).x)} THEN NULL ELSE ${call.apply('regr_slope')} END`,
  ),
  'regr_intercept(float8,float8)': as(
    (call) => `CASE WHEN ${flat(call, paired(call).x)} THEN NULL ELSE ${call.apply('regr_intercept')} END`,
  ),
  'regr_r2(float8,float8)': as((call) => {
    const { x, y } = paired(call)
    return `CASE WHEN ${flat(call, x)} THEN NULL WHEN ${flat(call, y)} THEN 1E0 ELSE power(${call.apply('corr')}, 2) END`
  }),
}

function fraction(call: AggregateCall): number | null {
  const text = call.directConstant(0)
  if (text === undefined) return call.unsupported('a fraction that is not a constant')
  return text === null ? null : Number(text)
}

const outOfRange = (value: string) => raise('22003', `percentile value ${value} is not between 0 and 1`)

function percentile(kind: 'cont' | 'disc'): A {
  return as((call) => {
    const at = fraction(call)
    const type = kind === 'cont' ? 'double' : call.argTypeName(0)
    if (at === null) return `CAST(NULL AS ${type})`
    if (!(at >= 0 && at <= 1)) return `CAST(${outOfRange(String(at))} AS ${type})`
    const list = known(call, 'array_agg', [call.arg(0)], true)
    if (kind === 'cont') return `pg_percentile_cont(${list}, ${at}E0)`
    return bindOnce(
      [list],
      ([a = '']) => `element_at(${a}, greatest(1, CAST(ceiling(${at}E0 * cardinality(${a})) AS integer)))`,
    )
  })
}

function percentiles(kind: 'cont' | 'disc'): A {
  return as((call) => {
    const values = known(call, 'array_agg', [call.arg(0)], true)
    const fractions = call.direct(0)
    if (kind === 'cont') return `pg_percentiles_cont(${values}, ${fractions})`
    return bindOnce([values, fractions], ([a = '', all = '']) => {
      const place = `greatest(1, CAST(ceiling(fn_p * cardinality(${a})) AS integer))`
      return `CASE WHEN ${a} IS NOT NULL THEN transform(pg_fractions(${all}), fn_p -> element_at(${a}, ${place})) END`
    })
  })
}

/** Rows that sort before (or with) the hypothetical one. */
function before(call: AggregateCall, included: boolean): { test: string; value: string } {
  if (call.count !== 1) return call.unsupported('several sort keys')
  if (call.type(0) === oid.FLOAT8 || call.type(0) === oid.FLOAT4) return call.unsupported('floats')
  const x = call.arg(0)
  const value = call.direct(0)
  const nullsFirst = /NULLS FIRST$/.test(call.order)
  const operator = (call.descending ? '>' : '<') + (included ? '=' : '')
  const test = nullsFirst
    ? `(${x} ${operator} ${value} OR (${x} IS NULL AND ${included ? 'true' : `${value} IS NOT NULL`}))`
    : `(${x} ${operator} ${value} OR (${value} IS NULL AND ${included ? 'true' : `${x} IS NOT NULL`}))`
  return { test, value: x }
}

function countOf(call: AggregateCall, test: string): string {
  return call.apply('count', { args: [`CASE WHEN ${test} THEN 1 END`] })
}

const ORDERED_SETS = {
  'percentile_cont(float8,float8)': percentile('cont'),
  'percentile_disc(float8,anyelement)': percentile('disc'),
  'percentile_cont(_float8,float8)': percentiles('cont'),
  'percentile_disc(_float8,anyelement)': percentiles('disc'),
  ...each(
    ['percentile_cont(float8,interval)', 'percentile_cont(_float8,interval)'],
    refused('percentile_cont of intervals'),
  ),
  // of the most frequent values the first in the given order
  'mode(anyelement)': as((call) => {
    if (/^(array|row)\(|^double|^real/i.test(call.argTypeName(0))) return call.unsupported('values of this type')
    const entries = `map_entries(${known(call, 'histogram', [call.arg(0)], false)})`
    const first = call.descending ? '>' : '<'
    return `element_at(array_sort(${entries}, (fn_a, fn_b) -> CASE WHEN fn_a[2] > fn_b[2] THEN -1 WHEN fn_a[2] < fn_b[2] THEN 1 WHEN fn_a[1] ${first} fn_b[1] THEN -1 ELSE 1 END), 1)[1]`
  }),
  'rank(any)': as((call) => `(${countOf(call, before(call, false).test)} + 1)`),
  'dense_rank(any)': as((call) => {
    const { test, value } = before(call, false)
    return `(count(DISTINCT CASE WHEN ${test} THEN ${value} END)${call.filter} + 1)`
  }),
  'percent_rank(any)': as((call) => {
    const rows = `count(*)${call.filter}`
    return `CASE WHEN ${rows} = 0 THEN 0E0 ELSE ${countOf(call, before(call, false).test)} / CAST(${rows} AS double) END`
  }),
  'cume_dist(any)': as(
    (call) => `((${countOf(call, before(call, true).test)} + 1) / CAST(count(*)${call.filter} + 1 AS double))`,
  ),
}

/** What array_agg has in an order of its own: DISTINCT sorts. */
function list(call: AggregateCall, value: string): string {
  const order = call.distinct && call.order === '' ? `${call.arg(0)} ASC NULLS LAST` : true
  return call.apply('array_agg', { args: [value], order })
}

function jsonArray(format: 'json' | 'jsonb', strict: boolean): A {
  return as((call) => {
    if (call.distinct) return call.unsupported('DISTINCT')
    const text = jsonArgument(call, 0, format)
    // json_agg gives each array but the first a line of its own
    const lines = format === 'json' && /^array\(/i.test(call.argTypeName(0))
    const shown = lines ? `(chr(10) || ' ' || ${text})` : text
    const value = strict ? shown : `coalesce(${shown}, 'null')`
    const list = `array_join(${call.apply('array_agg', { args: [value], order: true })}, ', ')`
    return `('[' || ${lines ? `regexp_replace(${list}, '\\A\\n ')` : list} || ']')`
  })
}

function jsonObject(format: 'json' | 'jsonb', strict: boolean, unique: boolean): A {
  return as((call) => {
    if (call.distinct) return call.unsupported('DISTINCT')
    if (strict && unique) return call.unsupported('both leaving out and refusing keys')
    const text = jsonArgument(call, 1, format)
    const value = strict ? text : `coalesce(${text}, 'null')`
    const pairs = call.apply('array_agg', { args: [`ROW(${call.text(0)}, ${value})`], order: true })
    if (strict) return `pg_${format}_object(filter(pg_${format}_keys_known(${pairs}), fn_p -> fn_p[2] IS NOT NULL))`
    return `pg_${format}_object(${unique ? `pg_json_keys_once(${pairs})` : pairs})`
  })
}

const intervalSum = (call: AggregateCall, parts: (part: string) => string) => {
  if (call.distinct) return call.unsupported('DISTINCT')
  const [m, d, u] = ['months', 'days', 'micros'].map((field) =>
    parts(call.apply('sum', { args: [`CAST(pg_interval_${field}(${call.arg(0)}) AS decimal(38, 0))`] })),
  )
  return `pg_interval(${m}, ${d}, ${u})`
}

const SUMS = {
  ...each(['sum(int2)', 'sum(int4)'], cast('sum')),
  'sum(int8)': as((call) => call.apply('sum', { args: [wide(call)] })),
  'sum(numeric)': as((call) => call.apply('sum')),
  'sum(float4)': refused('a sum that is kept as real from row to row'),
  'sum(float8)': applied('sum'),
  'sum(interval)': as((call) => intervalSum(call, (part) => part)),
  ...each(['avg(int2)', 'avg(int4)', 'avg(int8)', 'avg(numeric)'], as(average)),
  'avg(float4)': as((call) => call.apply('avg', { args: [`CAST(${call.arg(0)} AS double)`] })),
  'avg(float8)': applied('avg'),
  'avg(interval)': as(
    (call) =>
      `pg_interval_div(${intervalSum(call, (part) => part)}, CAST(nullif(${call.apply('count')}, 0) AS double))`,
  ),
}

const SPREADS = {
  ...each(['variance(int2)', 'variance(int4)', 'variance(int8)', 'variance(numeric)'], spread('variance', true)),
  ...each(['var_samp(int2)', 'var_samp(int4)', 'var_samp(int8)', 'var_samp(numeric)'], spread('variance', true)),
  ...each(['var_pop(int2)', 'var_pop(int4)', 'var_pop(int8)', 'var_pop(numeric)'], spread('variance', false)),
  ...each(['stddev(int2)', 'stddev(int4)', 'stddev(int8)', 'stddev(numeric)'], spread('stddev', true)),
  ...each(
    ['stddev_samp(int2)', 'stddev_samp(int4)', 'stddev_samp(int8)', 'stddev_samp(numeric)'],
    spread('stddev', true),
  ),
  ...each(['stddev_pop(int2)', 'stddev_pop(int4)', 'stddev_pop(int8)', 'stddev_pop(numeric)'], spread('stddev', false)),
  ...each(['variance(float4)', 'variance(float8)', 'var_samp(float4)', 'var_samp(float8)'], double('var_samp')),
  ...each(['var_pop(float4)', 'var_pop(float8)'], double('var_pop')),
  ...each(['stddev(float4)', 'stddev(float8)', 'stddev_samp(float4)', 'stddev_samp(float8)'], double('stddev_samp')),
  ...each(['stddev_pop(float4)', 'stddev_pop(float8)'], double('stddev_pop')),
}

function double(name: string): A {
  return as((call) => call.apply(name, { args: [`CAST(${call.arg(0)} AS double)`] }))
}

const ORDERED_TYPES = [
  'bytea',
  'date',
  'int2',
  'int4',
  'int8',
  'numeric',
  'oid',
  'text',
  'time',
  'timestamp',
  'timestamptz',
] as const
const ODD_TYPES = ['anyarray', 'bpchar', 'record', 'timetz'] as const

function extremes<const N extends 'min' | 'max'>(name: N) {
  const keys = <const T extends string>(types: readonly T[]) => types.map((type) => `${name}(${type})` as const)
  return {
    ...each(keys(ORDERED_TYPES), applied(name)),
    ...each(keys(ODD_TYPES), refused('values of this type')),
    // NaN is the greatest in PostgreSQL, and passed over here
    ...each(
      keys(['float4', 'float8']),
      as((call) =>
        name === 'min'
          ? call.apply(name)
          : `CASE WHEN ${call.apply('bool_or', { args: [`is_nan(${call.arg(0)})`] })} THEN CAST(nan() AS ${call.resultTypeName()}) ELSE ${call.apply(name)} END`,
      ),
    ),
    ...each(
      keys(['interval']),
      as((call) => call.apply(`${name}_by`, { args: [call.arg(0), `pg_interval_length(${call.arg(0)})`] })),
    ),
  }
}

export const AGGREGATE_ANSWERS: Record<AggregateKey, A> = {
  ...SUMS,
  ...SPREADS,
  ...extremes('min'),
  ...extremes('max'),
  ...REGRESSIONS,
  ...ORDERED_SETS,
  'count()': applied('count'),
  'count(any)': applied('count'),
  'any_value(anyelement)': applied('any_value'),
  ...each(['bool_and(bool)', 'every(bool)'], applied('bool_and')),
  'bool_or(bool)': applied('bool_or'),
  ...each(['bit_and(int2)', 'bit_and(int4)', 'bit_and(int8)'], cast('bitwise_and_agg')),
  ...each(['bit_or(int2)', 'bit_or(int4)', 'bit_or(int8)'], cast('bitwise_or_agg')),
  ...each(['bit_xor(int2)', 'bit_xor(int4)', 'bit_xor(int8)'], cast('bitwise_xor_agg')),
  'array_agg(anynonarray)': as((call) => list(call, call.arg(0))),
  'array_agg(anyarray)': refused('an array of two dimensions'),
  // array_join passes over NULLs
  'string_agg(text,text)': as((call) => {
    const separator = call.constant(1)
    if (separator === undefined) return call.unsupported('a separator that is not a constant')
    const texts = list(call, call.arg(0))
    const count = call.apply('count', { args: [call.arg(0)] })
    return `CASE WHEN ${count} > 0 THEN array_join(${texts}, ${call.quote(separator ?? '')}) END`
  }),
  'string_agg(bytea,bytea)': refused('string_agg of bytea'),
  'json_agg(anyelement)': jsonArray('json', false),
  'json_agg_strict(anyelement)': jsonArray('json', true),
  'jsonb_agg(anyelement)': jsonArray('jsonb', false),
  'jsonb_agg_strict(anyelement)': jsonArray('jsonb', true),
  'json_object_agg(any,any)': jsonObject('json', false, false),
  'json_object_agg_strict(any,any)': jsonObject('json', true, false),
  'json_object_agg_unique(any,any)': jsonObject('json', false, true),
  'json_object_agg_unique_strict(any,any)': jsonObject('json', true, true),
  'jsonb_object_agg(any,any)': jsonObject('jsonb', false, false),
  'jsonb_object_agg_strict(any,any)': jsonObject('jsonb', true, false),
  'jsonb_object_agg_unique(any,any)': jsonObject('jsonb', false, true),
  'jsonb_object_agg_unique_strict(any,any)': jsonObject('jsonb', true, true),
}
