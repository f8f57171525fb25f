import type { Answer, Call } from '../../../proxy/print/answer.ts'
import { family, mixed, type Operator } from '../../../proxy/print/value/comparison.ts'
import { bindOnce, each, print, sql, unsupported } from './helper.ts'
import { instantOf } from './zone.ts'

/**
 * Comparisons. Text is compared by code points on both sides (the twin's collation is C). NaN equals itself and is the
 * greatest float in PostgreSQL; in Trino it compares with nothing. NULLs within arrays and rows are equal in PostgreSQL, and
 * the greatest; Trino answers NULL or fails.
 */
const PLAIN = [
  'bool',
  'int2',
  'int4',
  'int8',
  'int24',
  'int42',
  'int28',
  'int82',
  'int48',
  'int84',
  'numeric_',
  'text_',
  'text',
  'bpchar',
  'name',
  'char',
  'bytea',
  'date_',
  'time_',
  'timestamp_',
  'oid',
  'text_pattern_',
  'bpchar_pattern_',
] as const

const FLOATS = ['float4', 'float8', 'float48', 'float84'] as const

const plain = (operator: Operator) => sql(`($1 ${operator} $2)`)

/** A constant that is no NaN: then only the other side can be one, and that is the greater. */
function isNumber(call: Call, index: number): boolean {
  const value = call.constant(index)
  return typeof value === 'string' && value.toLowerCase() !== 'nan'
}

/** As a text of `a` and `b`, floats. */
export function compareFloats(operator: Operator, a: string, b: string): string {
  switch (operator) {
    case '=':
      return `(${a} = ${b} OR (is_nan(${a}) AND is_nan(${b})))`
    case '<>':
      return `(${a} <> ${b} AND NOT (is_nan(${a}) AND is_nan(${b})))`
    case '<':
      return `(${a} < ${b} OR (is_nan(${b}) AND NOT is_nan(${a})))`
    case '>':
      return `(${a} > ${b} OR (is_nan(${a}) AND NOT is_nan(${b})))`
    case '<=':
      return `(${a} <= ${b} OR is_nan(${b}))`
    case '>=':
      return `(${a} >= ${b} OR is_nan(${a}))`
  }
}

function floats(operator: Operator): Answer {
  return print((call) => {
    const [a, b] = [call.arg(0), call.arg(1)]
    if (isNumber(call, 1)) {
      if (operator === '>') return `(NOT (${a} <= ${b}))`
      if (operator === '>=') return `(NOT (${a} < ${b}))`
      return `(${a} ${operator} ${b})`
    }
    if (isNumber(call, 0)) {
      if (operator === '<') return `(NOT (${a} >= ${b}))`
      if (operator === '<=') return `(NOT (${a} > ${b}))`
      return `(${a} ${operator} ${b})`
    }
    // a NULL beside a NaN is NULL all the same
    const strict = (x: string, y: string) =>
      operator === '<=' || operator === '>='
        ? `CASE WHEN ${x} IS NOT NULL AND ${y} IS NOT NULL THEN ${compareFloats(operator, x, y)} END`
        : compareFloats(operator, x, y)
    return bindOnce([a, b], ([x = '', y = '']) => strict(x, y))
  })
}

/** Intervals compare by length: months of 30 days, days of 24 hours. */
const intervals = (operator: Operator) =>
  print((call) => `(pg_interval_length(${call.arg(0)}) ${operator} pg_interval_length(${call.arg(1)}))`)

/** Element by element; NULLs equal each other and are greater than all else, and of two arrays that agree the longer is. */
function arrays(operator: Operator): Answer {
  return print((call) => {
    const element = /^ARRAY\((.*)\)$/i.exec(call.argTypeName(0))?.[1] ?? ''
    if (/^(ARRAY|ROW)\b/i.test(element)) return call.unsupported('nested elements')
    return bindOnce([call.arg(0), call.arg(1)], ([a = '', b = '']) => {
      const both = `${a} IS NOT NULL AND ${b} IS NOT NULL`
      if (operator === '=' || operator === '<>')
        return `CASE WHEN ${both} THEN ${a} IS ${operator === '=' ? 'NOT ' : ''}DISTINCT FROM ${b} END`
      const less = /^(DOUBLE|REAL)$/i.test(element) ? compareFloats('<', 'lw_x', 'lw_y') : 'lw_x < lw_y'
      const step = `CASE WHEN lw_x IS NOT DISTINCT FROM lw_y THEN 0 WHEN lw_x IS NULL THEN 1 WHEN lw_y IS NULL THEN -1 WHEN ${less} THEN -1 ELSE 1 END`
      const shared = `least(cardinality(${a}), cardinality(${b}))`
      const steps = `zip_with(slice(${a}, 1, ${shared}), slice(${b}, 1, ${shared}), (lw_x, lw_y) -> ${step})`
      const first = `element_at(filter(${steps}, lw_s -> lw_s <> 0), 1)`
      return `CASE WHEN ${both} THEN coalesce(${first}, CAST(sign(cardinality(${a}) - cardinality(${b})) AS INTEGER)) ${operator} 0 END`
    })
  })
}

/** Rows that hold NULLs: Trino answers NULL for equality and fails for order; so only equality is answered. */
function records(operator: Operator): Answer {
  if (operator !== '=' && operator !== '<>') return unsupported('the order of rows')
  return print((call) =>
    bindOnce(
      [call.arg(0), call.arg(1)],
      ([a = '', b = '']) =>
        `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${a} IS ${operator === '=' ? 'NOT ' : ''}DISTINCT FROM ${b} END`,
    ),
  )
}

const zoned = (left: 'local' | 'instant', right: 'local' | 'instant') => (operator: Operator) =>
  print((call) => {
    const side = (index: number, kind: 'local' | 'instant') =>
      kind === 'instant' ? call.arg(index) : instantOf(call, `CAST(${call.arg(index)} AS TIMESTAMP(6))`)
    return `(${side(0, left)} ${operator} ${side(1, right)})`
  })

/** jsonb in canonical text is equal when the text is, but for numbers of different scales. */
const jsonb = (operator: Operator) =>
  operator === '=' || operator === '<>'
    ? sql(`(pg_jsonb_key($1) ${operator} pg_jsonb_key($2))`)
    : unsupported('the order of jsonb')

export const COMPARISON = {
  ...family(PLAIN, plain),
  ...family(FLOATS, floats),
  ...family(['uuid_'], (operator) =>
    operator === '=' || operator === '<>'
      ? plain(operator)
      : sql(`(CAST($1 AS VARCHAR) ${operator} CAST($2 AS VARCHAR))`),
  ),
  ...family(['interval_'], intervals),
  ...family(['array_'], arrays),
  ...family(['record_', 'record_image_'], records),
  ...family(['timetz_'], () => unsupported('time with time zone')),
  ...mixed('name', 'text', plain),
  ...mixed('text', 'name', plain),
  ...mixed('date_', '_timestamp', (operator) => sql(`(CAST($1 AS TIMESTAMP(6)) ${operator} $2)`)),
  ...mixed('timestamp_', '_date', (operator) => sql(`($1 ${operator} CAST($2 AS TIMESTAMP(6)))`)),
  ...mixed('date_', '_timestamptz', zoned('local', 'instant')),
  ...mixed('timestamptz_', '_date', zoned('instant', 'local')),
  ...mixed('timestamp_', '_timestamptz', zoned('local', 'instant')),
  ...mixed('timestamptz_', '_timestamp', zoned('instant', 'local')),
  ...family(['jsonb_'], jsonb),
  ...each(['ts_match_tt'], unsupported('full-text search')),
}
