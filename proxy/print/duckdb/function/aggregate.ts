import type { AggregateKey } from '../../../function/catalogue.ts'
import type { AggregateCall, Answer, NumericShape } from '../../answer.ts'
import { spreadShape } from '../../value/numeric-shape.ts'
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
const cast = (name: string, type: string): A => as((call) => `CAST(${call.apply(name)} AS ${type})`)

/** Distinct values, sorted as PostgreSQL has to sort them: an ORDER BY can only be by the value itself. */
function distinctList(call: AggregateCall): string {
  const nulls = call.order === '' ? 'LAST' : (/NULLS (FIRST|LAST)/.exec(call.order)?.[1] ?? 'LAST')
  return `list_sort(${call.apply('array_agg', { args: [call.arg(0)] })}, '${call.descending ? 'DESC' : 'ASC'}', 'NULLS ${nulls}')`
}

const SUM_DIGITS = 28

function average(call: AggregateCall): string {
  const scale = call.resultNumeric().scale
  const argument = call.numeric(0)
  const sum = call.apply('sum')
  const count = call.apply('count')
  return quotient(
    `CAST(${sum} AS ${decimal({ precision: 38, scale: argument.scale })})`,
    { precision: SUM_DIGITS, scale: argument.scale },
    `nullif(${count}, 0)`,
    { precision: 19, scale: 0 },
    scale,
  )
}

/** Exact sums of x and x², divided by native/numeric.ts by PostgreSQL's rule. */
function spread(kind: 'variance' | 'stddev', sample: boolean): A {
  return as((call) => {
    const argument = call.numeric(0)
    const square = `CAST(${call.arg(0)} AS ${decimal({ precision: 38, scale: argument.scale })})`
    if (argument.scale * 2 >= 38) return call.unsupported('so many decimal places')
    const sum = call.apply('sum')
    const squares = call.apply('sum', {
      args: [call.distinct ? call.unsupported('DISTINCT') : squared(call, argument, square)],
    })
    return `CAST(pg_numeric_${kind}(${call.apply('count')}, CAST(${sum} AS VARCHAR), CAST(${squares} AS VARCHAR), ${sample}, ${spreadShape(call).scale}) AS ${decimal(spreadShape(call))})`
  }, spreadShape)
}

function squared(call: AggregateCall, shape: NumericShape, wide: string): string {
  const half = Math.min(shape.precision, 19)
  if (shape.precision <= 19) {
    const own = (precision: number) => `CAST(${call.arg(0)} AS ${decimal({ precision, scale: shape.scale })})`
    // one side wider: DuckDB multiplies narrow decimals in 64 bits
    return `(${own(38 - half)} * ${own(half)})`
  }
  const narrow = `CAST(${call.arg(0)} AS ${decimal({ precision: 38 - 19, scale: Math.min(shape.scale, 18) })})`
  return shape.scale > 18 ? `(${wide} * ${wide})` : `(${narrow} * ${narrow})`
}

/** Regression of no variation in x (or y) is NULL in PostgreSQL; DuckDB says NaN. */
const regression = (name: string): A =>
  as((call) => `CASE WHEN ${call.apply('regr_sxx')} = 0 THEN NULL ELSE ${call.apply(name)} END`)

function fraction(call: AggregateCall): number | null {
  const text = call.directConstant(0)
  if (text === undefined) return call.unsupported('a fraction that is not a constant')
  if (text === null) return null
  return Number(text)
}

const outOfRange = (value: string) => raise('22003', `percentile value ${value} is not between 0 and 1`)

function percentile(kind: 'cont' | 'disc'): A {
  return as((call) => {
    const at = fraction(call)
    const type = kind === 'cont' ? 'DOUBLE' : call.argTypeName(0)
    if (at === null) return `CAST(NULL AS ${type})`
    if (!(at >= 0 && at <= 1)) return `CAST(${outOfRange(String(at))} AS ${type})`
    return call.apply(`quantile_${kind}`, { args: [call.arg(0), String(at)], order: true })
  })
}

/** A list of constants: DuckDB wants the fractions before the first row. A column's name would be quoted. */
function fractionsOf(call: AggregateCall): string {
  const printed = call.direct(0)
  return /["]|NULL/.test(printed) || !/^(\[|list_transform\(\[)/.test(printed)
    ? call.unsupported('fractions that are not constants')
    : printed
}

function percentiles(kind: 'cont' | 'disc'): A {
  return as((call) => {
    return call.apply(`quantile_${kind}`, { args: [call.arg(0), fractionsOf(call)], order: true })
  })
}

/** Rows that sort before (or with) the hypothetical one. */
function before(call: AggregateCall, included: boolean): { test: string; value: string } {
  if (call.count !== 1) return call.unsupported('several sort keys')
  const x = call.arg(0)
  const value = call.direct(0)
  const nullsFirst = /NULLS FIRST$/.test(call.order)
  const operator = (call.descending ? '>' : '<') + (included ? '=' : '')
  const test = nullsFirst
    ? `(${x} ${operator} ${value} OR (${x} IS NULL AND ${included ? 'true' : `${value} IS NOT NULL`}))`
    : `(${x} ${operator} ${value} OR (${value} IS NULL AND ${included ? 'true' : `${x} IS NOT NULL`}))`
  return { test, value: x }
}

function countOf(call: AggregateCall, test: string, counted = '1'): string {
  return call.apply('count', { args: [`CASE WHEN ${test} THEN ${counted} END`] })
}

function jsonArray(format: 'json' | 'jsonb', strict: boolean): A {
  return as((call) => {
    const text = jsonArgument(call, 0)
    if (call.distinct) return call.unsupported('DISTINCT')
    const list = call.apply('list', { args: [strict ? text : `coalesce(${text}, 'null')`], order: true })
    const values = strict ? `list_filter(${list}, lambda lw_e: lw_e IS NOT NULL)` : list
    const nested = format === 'json' && /\[\]$|^STRUCT/.test(call.argTypeName(0))
    return nested ? `pg_json_array_lines(${values})` : `pg_${format}_array(${values})`
  })
}

function jsonObject(format: 'json' | 'jsonb', strict: boolean, unique: boolean): A {
  return as((call) => {
    if (call.distinct) return call.unsupported('DISTINCT')
    const value = strict ? jsonArgument(call, 1) : `coalesce(${jsonArgument(call, 1)}, 'null')`
    const keys = call.apply('list', { args: [call.text(0)], order: true })
    const values = call.apply('list', { args: [value], order: true })
    return `pg_${format}_object_agg(${keys}, ${values}, ${unique})`
  })
}

const minMax = (name: 'min' | 'max') => applied(name)

const SUMS = {
  ...each(['sum(int2)', 'sum(int4)'], cast('sum', 'BIGINT')),
  ...each(
    ['sum(int8)'],
    as((call) => `CAST(${call.apply('sum')} AS DECIMAL(38,0))`),
  ),
  'sum(numeric)': as(
    (call) => `CAST(${call.apply('sum')} AS ${decimal({ precision: 38, scale: call.numeric(0).scale })})`,
  ),
  'sum(float4)': cast('sum', 'FLOAT'),
  'sum(float8)': applied('sum'),
  'sum(interval)': as((call) => {
    const part = (name: string) =>
      `CAST(${call.apply('sum', { args: [`pg_interval_${name}(${call.arg(0)})`] })} AS BIGINT)`
    return call.distinct
      ? call.unsupported('DISTINCT')
      : `(to_months(CAST(${part('months')} AS INTEGER)) + to_days(CAST(${part('days')} AS INTEGER)) + to_microseconds(${part('micros')}))`
  }),
  ...each(['avg(int2)', 'avg(int4)', 'avg(int8)', 'avg(numeric)'], as(average)),
  ...each(['avg(float4)', 'avg(float8)'], applied('avg')),
  'avg(interval)': as((call) => {
    if (call.distinct) return call.unsupported('DISTINCT')
    const part = (name: string) =>
      `CAST(${call.apply('sum', { args: [`pg_interval_${name}(${call.arg(0)})`] })} AS BIGINT)`
    const sum = `(to_months(CAST(${part('months')} AS INTEGER)) + to_days(CAST(${part('days')} AS INTEGER)) + to_microseconds(${part('micros')}))`
    return `pg_interval_div(${sum}, CAST(nullif(${call.apply('count')}, 0) AS DOUBLE))`
  }),
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
  ...each(['variance(float4)', 'variance(float8)', 'var_samp(float4)', 'var_samp(float8)'], applied('var_samp')),
  ...each(['var_pop(float4)', 'var_pop(float8)'], applied('var_pop')),
  ...each(['stddev(float4)', 'stddev(float8)', 'stddev_samp(float4)', 'stddev_samp(float8)'], applied('stddev_samp')),
  ...each(['stddev_pop(float4)', 'stddev_pop(float8)'], applied('stddev_pop')),
}

const EXTREMES = {
  ...each(
    [
      'min(anyarray)',
      'min(bpchar)',
      'min(bytea)',
      'min(date)',
      'min(float4)',
      'min(float8)',
      'min(int2)',
      'min(int4)',
      'min(int8)',
      'min(interval)',
      'min(numeric)',
      'min(oid)',
      'min(record)',
      'min(text)',
      'min(time)',
      'min(timestamp)',
      'min(timestamptz)',
      'min(timetz)',
    ],
    minMax('min'),
  ),
  ...each(
    [
      'max(anyarray)',
      'max(bpchar)',
      'max(bytea)',
      'max(date)',
      'max(float4)',
      'max(float8)',
      'max(int2)',
      'max(int4)',
      'max(int8)',
      'max(interval)',
      'max(numeric)',
      'max(oid)',
      'max(record)',
      'max(text)',
      'max(time)',
      'max(timestamp)',
      'max(timestamptz)',
      'max(timetz)',
    ],
    minMax('max'),
  ),
}

const REGRESSIONS = {
  'corr(float8,float8)': as(
    (call) =>
      `CASE WHEN ${call.apply('regr_sxx')} = 0 OR ${call.apply('regr_syy')} = 0 THEN NULL ELSE ${call.apply('corr')} END`,
  ),
  'covar_pop(float8,float8)': applied('covar_pop'),
  'covar_samp(float8,float8)': applied('covar_samp'),
  'regr_avgx(float8,float8)': applied('regr_avgx'),
  'regr_avgy(float8,float8)': applied('regr_avgy'),
  'regr_count(float8,float8)': cast('regr_count', 'BIGINT'),
  'regr_sxx(float8,float8)': applied('regr_sxx'),
  'regr_sxy(float8,float8)': applied('regr_sxy'),
  'regr_syy(float8,float8)': applied('regr_syy'),
  'regr_slope(float8,float8)': regression('regr_slope'),
  'regr_intercept(float8,float8)': regression('regr_intercept'),
  'regr_r2(float8,float8)': as(
    (call) =>
      `CASE WHEN ${call.apply('regr_sxx')} = 0 THEN NULL WHEN ${call.apply('regr_syy')} = 0 THEN 1 ELSE (${call.apply('regr_sxy')} * ${call.apply('regr_sxy')}) / (${call.apply('regr_sxx')} * ${call.apply('regr_syy')}) END`,
  ),
}

const ORDERED_SETS = {
  'percentile_cont(float8,float8)': percentile('cont'),
  'percentile_cont(_float8,float8)': percentiles('cont'),
  'percentile_disc(float8,anyelement)': percentile('disc'),
  'percentile_disc(_float8,anyelement)': percentiles('disc'),
  ...each(
    ['percentile_cont(float8,interval)', 'percentile_cont(_float8,interval)'],
    unsupported<AggregateCall>('percentile_cont of intervals'),
  ),
  // of the most frequent values the first in the given order
  'mode(anyelement)': as((call) => call.apply('mode', { order: true })),
  'rank(any)': as((call) => `(${countOf(call, before(call, false).test)} + 1)`),
  'dense_rank(any)': as((call) => {
    const { test, value } = before(call, false)
    return `(count(DISTINCT CASE WHEN ${test} THEN ${value} END)${call.filter} + 1)`
  }),
  'percent_rank(any)': as((call) => {
    const rows = call.apply('count', { args: ['*'] })
    return `CASE WHEN ${rows} = 0 THEN CAST(0 AS DOUBLE) ELSE ${countOf(call, before(call, false).test)} / CAST(${rows} AS DOUBLE) END`
  }),
  'cume_dist(any)': as(
    (call) =>
      `((${countOf(call, before(call, true).test)} + 1) / CAST(${call.apply('count', { args: ['*'] })} + 1 AS DOUBLE))`,
  ),
}

export const AGGREGATE_ANSWERS: Record<AggregateKey, A> = {
  ...SUMS,
  ...SPREADS,
  ...EXTREMES,
  ...REGRESSIONS,
  ...ORDERED_SETS,
  'count()': applied('count'),
  'count(any)': applied('count'),
  'any_value(anyelement)': applied('any_value'),
  ...each(['bool_and(bool)', 'every(bool)'], applied('bool_and')),
  'bool_or(bool)': applied('bool_or'),
  ...each(['bit_and(int2)', 'bit_and(int4)', 'bit_and(int8)'], applied('bit_and')),
  ...each(['bit_or(int2)', 'bit_or(int4)', 'bit_or(int8)'], applied('bit_or')),
  ...each(['bit_xor(int2)', 'bit_xor(int4)', 'bit_xor(int8)'], applied('bit_xor')),
  'array_agg(anynonarray)': as((call) =>
    call.distinct ? distinctList(call) : call.apply('array_agg', { order: true }),
  ),
  'array_agg(anyarray)': unsupported<AggregateCall>('an array of two dimensions'),
  'string_agg(text,text)': as((call) => {
    const separator = call.constant(1)
    if (separator === undefined) return call.unsupported('a separator that is not a constant')
    const quoted = call.quote(separator ?? '')
    if (!call.distinct) return call.apply('string_agg', { args: [call.arg(0), quoted], order: true })
    const values = `list_filter(${distinctList(call)}, lambda lw_e: lw_e IS NOT NULL)`
    return bindOnce(
      [values],
      ([list = '']) => `CASE WHEN len(${list}) > 0 THEN array_to_string(${list}, ${quoted}) END`,
    )
  }),
  'string_agg(bytea,bytea)': unsupported<AggregateCall>('string_agg of bytea'),
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
