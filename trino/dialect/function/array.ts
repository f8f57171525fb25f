import type { Call } from '../../../proxy/print/answer.ts'
import { oneDimensionOf } from '../../../proxy/print/value/dimension.ts'
import { arrayElementText, ELEMENT, elementOf } from './conversion.ts'
import { bindOnce, constantText, each, fill, once, print, raise, same, sql, unsupported } from './helper.ts'

/**
 * Arrays: one dimension, subscripts from 1. An array of several dimensions, or with other bounds, is refused.
 * https://www.postgresql.org/docs/18/functions-array.html
 */

function elementTexts(call: Call): string {
  const element = elementOf(call.argTypeName(0))
  const text = element === null ? null : arrayElementText(element, ELEMENT, call.style)
  if (text === null) return call.unsupported('elements of this type')
  return text === ELEMENT ? call.arg(0) : `transform(${call.arg(0)}, ${ELEMENT} -> ${text})`
}

/** array_length, array_lower and array_upper of a constant dimension */
function ofDimension(value: string) {
  return print((call) => {
    const dimension = constantText(call, 1, 'a dimension')
    return dimension === '1' ? value.replaceAll('$1', () => call.arg(0)) : 'CAST(NULL AS integer)'
  })
}

const EMPTY_AS_NULL = 'CAST(nullif(cardinality($1), 0) AS integer)'

function flag(call: Call, index: number): boolean {
  const value = constantText(call, index, 'a flag')
  return value === 't' || value === 'true'
}

function sorted(call: Call, descending: boolean, nullsFirst: boolean): string {
  const element = elementOf(call.argTypeName(0)) ?? ''
  if (/^(array|row)\(/i.test(element)) return call.unsupported('elements of this type')
  if (!descending && !nullsFirst) return `array_sort(${call.arg(0)})`
  return bindOnce([call.arg(0)], ([a = '']) => {
    const values = `array_sort(filter(${a}, fn_e -> fn_e IS NOT NULL))`
    const ordered = descending ? `reverse(${values})` : values
    const nulls = `filter(${a}, fn_e -> fn_e IS NULL)`
    return nullsFirst ? `(${nulls} || ${ordered})` : `(${ordered} || ${nulls})`
  })
}

/** PostgreSQL takes a NULL array for an empty one when something is added to it. */
const orEmpty = (call: Call, index: number) => `coalesce(${call.arg(index)}, CAST(ARRAY[] AS ${call.resultTypeName()}))`
const single = (call: Call, index: number) => `CAST(ARRAY[${call.arg(index)}] AS ${call.resultTypeName()})`

/** Places of what is not distinct from `$2`. */
const PLACES =
  'CASE WHEN cardinality($1) > 0 THEN filter(sequence(1, cardinality($1)), fn_i -> element_at($1, fn_i) IS NOT DISTINCT FROM $2) WHEN $1 IS NOT NULL THEN ARRAY[] END'

const CONTAINS = (a: string, b: string) =>
  `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN none_match(${b}, fn_e -> fn_e IS NULL OR NOT coalesce(contains(${a}, fn_e), false)) END`

const ONE_DIMENSION = {
  array_append: print((call) => `concat(${orEmpty(call, 0)}, ${single(call, 1)})`),
  array_prepend: print((call) => `concat(${single(call, 0)}, ${orEmpty(call, 1)})`),
  array_cat: once('CASE WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 ELSE concat($1, $2) END'),
  array_length: ofDimension(EMPTY_AS_NULL),
  array_upper: ofDimension(EMPTY_AS_NULL),
  array_lower: ofDimension('CASE WHEN cardinality($1) > 0 THEN 1 END'),
  array_cardinality: sql('CAST(cardinality($1) AS integer)'),
  array_ndims: sql('CASE WHEN cardinality($1) > 0 THEN 1 END'),
  array_dims: once("CASE WHEN cardinality($1) > 0 THEN '[1:' || CAST(cardinality($1) AS varchar) || ']' END"),
  array_position: print((call) => {
    if (typeof call.constant(1) === 'string')
      return `CAST(nullif(array_position(${call.arg(0)}, ${call.arg(1)}), 0) AS integer)`
    return bindOnce(call.args(), (args) => `CAST(element_at(${fill(PLACES, args, () => '')}, 1) AS integer)`)
  }),
  array_position_start: once(`CAST(element_at(filter(${PLACES}, fn_p -> fn_p >= $3), 1) AS integer)`),
  array_positions: once(`CAST(${PLACES} AS array(integer))`),
  array_remove: once('filter($1, fn_e -> fn_e IS DISTINCT FROM $2)'),
  array_replace: once('transform($1, fn_e -> CASE WHEN fn_e IS NOT DISTINCT FROM $2 THEN $3 ELSE fn_e END)'),
  array_reverse: same('reverse'),
  array_sort: print((call) => sorted(call, false, false)),
  array_sort_order: print((call) => sorted(call, flag(call, 1), flag(call, 1))),
  array_sort_order_nulls_first: print((call) => sorted(call, flag(call, 1), flag(call, 2))),
  ...each(['array_sample', 'array_shuffle'], unsupported('random order')),
  array_to_text: print((call) => `array_join(${elementTexts(call)}, ${call.arg(1)})`),
  array_to_text_null: print((call) => {
    const shown = constantText(call, 2, 'a NULL text')
    const texts = elementTexts(call)
    return shown === null
      ? `array_join(${texts}, ${call.arg(1)})`
      : `array_join(${texts}, ${call.arg(1)}, ${call.quote(shown)})`
  }),
  // an element that is NULL is in no array
  arraycontains: once(CONTAINS('$1', '$2')),
  arraycontained: once(CONTAINS('$2', '$1')),
  arrayoverlap: once(
    'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN any_match($1, fn_e -> fn_e IS NOT NULL AND coalesce(contains($2, fn_e), false)) END',
  ),
  trim_array: once(
    "CASE WHEN $2 < 0 OR $2 > cardinality($1) THEN fail('@2202E@number of elements to trim must be between 0 and ' || CAST(cardinality($1) AS varchar) || '@@') ELSE slice($1, 1, cardinality($1) - $2) END",
  ),
  array_fill: print((call) => {
    const bounds = call.elements(1)
    if (bounds?.length !== 1) return call.unsupported('other than one dimension')
    return bindOnce(
      [bounds[0] ?? ''],
      ([n = '']) =>
        `CASE WHEN ${n} < 0 THEN ${raise('22023', 'array size must not be negative')} ELSE CAST(repeat(${call.arg(0)}, ${n}) AS ${call.resultTypeName()}) END`,
    )
  }),
  array_fill_with_lower_bounds: unsupported('lower bounds'),
}

const SUBSCRIPTS =
  'CASE WHEN cardinality($1) > 0 THEN CAST(sequence(1, cardinality($1)) AS array(integer)) WHEN $1 IS NOT NULL THEN CAST(ARRAY[] AS array(integer)) END'

const ONE_DIMENSION_SETS = {
  array_unnest: sql('$1'),
  generate_subscripts_nodir: print((call) => {
    if (constantText(call, 1, 'a dimension') !== '1') return 'CAST(ARRAY[] AS array(integer))'
    return bindOnce([call.arg(0)], (args) => fill(SUBSCRIPTS, args, () => ''))
  }),
  generate_subscripts: print((call) => {
    if (constantText(call, 1, 'a dimension') !== '1') return 'CAST(ARRAY[] AS array(integer))'
    const list = bindOnce([call.arg(0)], (args) => fill(SUBSCRIPTS, args, () => ''))
    return flag(call, 2) ? `reverse(${list})` : list
  }),
}

/** An array of arrays looks like any other here. */
const oneDimension = oneDimensionOf((typeName) => elementOf(typeName) !== null)

export const ARRAY = oneDimension(ONE_DIMENSION)
export const ARRAY_SETS = oneDimension(ONE_DIMENSION_SETS)
