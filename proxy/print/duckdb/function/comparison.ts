import { family, mixed, type Operator } from '../../value/comparison.ts'
import { sql, unsupported } from './helper.ts'

/**
 * Comparisons. Text is compared by bytes on both sides (the twin's collation is C); NaN is the greatest float on both;
 * elements of arrays and fields of records that are NULL compare equal on both.
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
  'float4',
  'float8',
  'float48',
  'float84',
  'numeric_',
  'text_',
  'text',
  'bpchar',
  'name',
  'char',
  'bytea',
  'date_',
  'time_',
  'timetz_',
  'timestamp_',
  'interval_',
  'uuid_',
  'oid',
  'record_',
  'record_image_',
  'text_pattern_',
  'bpchar_pattern_',
] as const

const plain = (operator: Operator) => sql(`($1 ${operator} $2)`)

/**
 * DuckDB makes BETWEEN of two bounds of one value, which it cannot evaluate for lists. So an order of lists is a number
 * here, whose comparison it leaves alone; equality may stay.
 */
const ofLists = (operator: Operator) =>
  operator === '=' || operator === '<>'
    ? plain(operator)
    : sql(`CAST(CAST(($1 ${operator} $2) AS UTINYINT) AS BOOLEAN)`)

export const COMPARISON = {
  ...family(PLAIN, plain),
  ...family(['array_'], ofLists),
  ...mixed('name', 'text', plain),
  ...mixed('text', 'name', plain),
  ...mixed('date_', '_timestamp', (operator) => sql(`(CAST($1 AS TIMESTAMP) ${operator} $2)`)),
  ...mixed('timestamp_', '_date', (operator) => sql(`($1 ${operator} CAST($2 AS TIMESTAMP))`)),
  ...mixed('date_', '_timestamptz', (operator) => sql(`(CAST($1 AS TIMESTAMPTZ) ${operator} $2)`)),
  ...mixed('timestamptz_', '_date', (operator) => sql(`($1 ${operator} CAST($2 AS TIMESTAMPTZ))`)),
  ...mixed('timestamp_', '_timestamptz', (operator) => sql(`(CAST($1 AS TIMESTAMPTZ) ${operator} $2)`)),
  ...mixed('timestamptz_', '_timestamp', (operator) => sql(`($1 ${operator} CAST($2 AS TIMESTAMPTZ))`)),
  ...family(['jsonb_'], (operator) => sql(`(pg_jsonb_key($1) ${operator} pg_jsonb_key($2))`)),
  ts_match_tt: unsupported('full-text search'),
}
