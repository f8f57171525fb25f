import type { Call } from '../../answer.ts'
import { oneDimensionOf } from '../../value/dimension.ts'
import { arrayElementText } from './conversion.ts'
import { bindOnce, constantText, each, once, print, same, sql, unsupported } from './helper.ts'

/**
 * Arrays are DuckDB lists: one dimension, subscripts from 1. An array of several dimensions, or with other bounds, has no
 * list; what would make or need one is refused.
 * https://www.postgresql.org/docs/18/functions-array.html
 */

function elementTexts(call: Call): string {
  const name = call.argTypeName(0)
  const text = name.endsWith('[]') ? arrayElementText(name.slice(0, -2), 'lw_e', call.style) : null
  return text === null
    ? call.unsupported('elements of this type')
    : `list_transform(${call.arg(0)}, lambda lw_e: ${text})`
}

/** array_length, array_lower and array_upper of a constant dimension */
function ofDimension(value: string) {
  return print((call) => {
    const dimension = constantText(call, 1, 'a dimension')
    return dimension === '1' ? value.replaceAll('$1', () => call.arg(0)) : 'CAST(NULL AS INTEGER)'
  })
}

const EMPTY_AS_NULL = 'nullif(CAST(len($1) AS INTEGER), 0)'

function flag(call: Call, index: number): boolean {
  const value = constantText(call, index, 'a flag')
  return value === 't' || value === 'true'
}

function sorted(call: Call, descending: boolean, nullsFirst: boolean): string {
  return `list_sort(${call.arg(0)}, '${descending ? 'DESC' : 'ASC'}', 'NULLS ${nullsFirst ? 'FIRST' : 'LAST'}')`
}

/** PostgreSQL takes a NULL array for an empty one when something is added to it. */
const orEmpty = (call: Call, index: number) => `coalesce(${call.arg(index)}, CAST([] AS ${call.resultTypeName()}))`

/** A separator that is NULL makes NULL. */
const joined = (list: string, separator: string) =>
  bindOnce([separator], ([x = '']) => `CASE WHEN ${x} IS NOT NULL THEN array_to_string(${list}, ${x}) END`)

const ONE_DIMENSION = {
  array_append: print((call) => `list_append(${orEmpty(call, 0)}, ${call.arg(1)})`),
  array_prepend: print((call) => `list_prepend(${call.arg(0)}, ${orEmpty(call, 1)})`),
  array_cat: once('CASE WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 ELSE list_concat($1, $2) END'),
  array_length: ofDimension(EMPTY_AS_NULL),
  array_upper: ofDimension(EMPTY_AS_NULL),
  array_lower: ofDimension('CASE WHEN len($1) > 0 THEN 1 END'),
  array_cardinality: sql('CAST(len($1) AS INTEGER)'),
  array_ndims: sql('CASE WHEN len($1) > 0 THEN 1 END'),
  array_dims: once("CASE WHEN len($1) > 0 THEN '[1:' || len($1) || ']' END"),
  array_position: sql('CAST(nullif(list_position($1, $2), 0) AS INTEGER)'),
  array_position_start: once('pg_position_from($1, $2, $3)'),
  array_positions: once(
    'CASE WHEN $1 IS NOT NULL THEN CAST(list_filter(range(1, len($1) + 1), lambda lw_i: $1[lw_i] IS NOT DISTINCT FROM $2) AS INTEGER[]) END',
  ),
  array_remove: once('list_filter($1, lambda lw_e: lw_e IS DISTINCT FROM $2)'),
  array_replace: once('list_transform($1, lambda lw_e: CASE WHEN lw_e IS NOT DISTINCT FROM $2 THEN $3 ELSE lw_e END)'),
  array_reverse: same('list_reverse'),
  array_sort: print((call) => sorted(call, false, false)),
  array_sort_order: print((call) => sorted(call, flag(call, 1), flag(call, 1))),
  array_sort_order_nulls_first: print((call) => sorted(call, flag(call, 1), flag(call, 2))),
  ...each(['array_sample', 'array_shuffle'], unsupported('random order')),
  array_to_text: print((call) => joined(elementTexts(call), call.arg(1))),
  array_to_text_null: print((call) => {
    const shown = constantText(call, 2, 'a NULL text')
    const texts = elementTexts(call)
    if (shown === null) return joined(texts, call.arg(1))
    return joined(`list_transform(${texts}, lambda lw_n: coalesce(lw_n, ${call.quote(shown)}))`, call.arg(1))
  }),
  // an element that is NULL is in no array
  arraycontains: once('pg_array_contains($1, $2)'),
  arraycontained: once('pg_array_contains($2, $1)'),
  arrayoverlap: once('pg_array_overlaps($1, $2)'),
  trim_array: once('pg_trim_array($1, $2)'),
  array_fill: print((call) => {
    const bounds = call.elements(1)
    if (bounds?.length !== 1) return call.unsupported('other than one dimension')
    return `CAST(list_transform(range(pg_not_negative(${bounds[0]})), lambda lw_i: ${call.arg(0)}) AS ${call.resultTypeName()})`
  }),
  array_fill_with_lower_bounds: unsupported('lower bounds'),
}

const ONE_DIMENSION_SETS = {
  array_unnest: sql('$1'),
  generate_subscripts_nodir: print((call) =>
    constantText(call, 1, 'a dimension') === '1'
      ? `CAST(range(1, len(${call.arg(0)}) + 1) AS INTEGER[])`
      : 'CAST([] AS INTEGER[])',
  ),
  generate_subscripts: print((call) => {
    if (constantText(call, 1, 'a dimension') !== '1') return 'CAST([] AS INTEGER[])'
    const list = `CAST(range(1, len(${call.arg(0)}) + 1) AS INTEGER[])`
    return flag(call, 2) ? `list_reverse(${list})` : list
  }),
}

/** A list of lists looks like any other here. */
const oneDimension = oneDimensionOf((typeName) => typeName.endsWith('[]'))

export const ARRAY = oneDimension(ONE_DIMENSION)
export const ARRAY_SETS = oneDimension(ONE_DIMENSION_SETS)
