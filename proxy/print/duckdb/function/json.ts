import type { OutputStyle } from '../../../engine/engine.ts'
import { ISO_DATES } from '../../../type/date-style.ts'
import type { Call } from '../../answer.ts'
import * as oid from '../../oid.ts'
import { quote } from '../quote.ts'
import { oidOfTypeName, scalarToText } from './conversion.ts'
import { each, once, print, same, sql, unsupported, withDefaults } from './helper.ts'
import { structFields } from './struct-type.ts'

/**
 * json and jsonb. DuckDB's own JSON functions lose PostgreSQL's text (spaces, key order, decimal places), so the work is done
 * by native/json.ts on JSON text: json keeps the text it was given, jsonb is written canonically.
 * https://www.postgresql.org/docs/18/functions-json.html
 */

/** JSON text of a value of a DuckDB type, NULL for NULL; null: it cannot be told. */
export function jsonText(typeName: string, value: string, style: OutputStyle, depth = 0): string | null {
  if (typeName.endsWith('[]')) {
    const element = `lw_j${depth}`
    const text = jsonText(typeName.slice(0, -2), element, style, depth + 1)
    if (text === null) return null
    return `('[' || array_to_string(list_transform(${value}, lambda ${element}: coalesce(${text}, 'null')), ',') || ']')`
  }
  const fields = structFields(typeName)
  if (fields !== null) return jsonOfStruct(fields, value, style, depth)
  const type = oidOfTypeName(typeName)
  if (type === null) return null
  switch (typeName.replace(/\(.*/, '')) {
    case 'BOOLEAN':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'DECIMAL':
    case 'JSON':
      return `CAST(${value} AS VARCHAR)`
    case 'DOUBLE':
    case 'FLOAT':
      return `pg_json_float(${scalarToText(type, value, style)})`
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
      return `pg_json_time(${scalarToText(type, value, style)})`
    default: {
      const text = scalarToText(type, value, style)
      return text === null ? null : `pg_json_quote(${text})`
    }
  }
}

function jsonOfStruct(
  fields: readonly { name: string; type: string }[],
  value: string,
  style: OutputStyle,
  depth: number,
): string | null {
  const row = `lw_r${depth}`
  const texts: string[] = []
  for (const { name, type } of fields) {
    const text = jsonText(type, `struct_extract(${row}, ${quote(name)})`, style, depth + 1)
    if (text === null) return null
    texts.push(`${quote(`${JSON.stringify(name)}:`)} || coalesce(${text}, 'null')`)
  }
  const object = `CASE WHEN ${row} IS NOT NULL THEN '{' || ${texts.join(` || ',' || `)} || '}' END`
  // the row is written once and named: it can be a subquery
  return `list_transform([${value}], lambda ${row}: ${object})[1]`
}

/** An argument as JSON text, NULL for NULL. */
export function jsonArgument(call: Call, index: number): string {
  if (call.type(index) === oid.NUMERIC) return call.text(index)
  // whatever DateStyle says, JSON has ISO dates
  const style = { ...call.style, dateStyle: ISO_DATES }
  return jsonText(call.argTypeName(index), call.arg(index), style) ?? call.unsupported('a value of this type')
}

function jsonList(call: Call, indexes: readonly number[]): string {
  return indexes.length === 0
    ? 'CAST([] AS VARCHAR[])'
    : `[${indexes.map((index) => `coalesce(${jsonArgument(call, index)}, 'null')`).join(', ')}]`
}

function refuseVariadic(call: Call): void {
  if ('funcvariadic' in call.node && call.node.funcvariadic === true) call.unsupported('VARIADIC')
}

function buildArray(format: 'json' | 'jsonb') {
  return print((call) => {
    refuseVariadic(call)
    return `pg_${format}_array(${jsonList(
      call,
      Array.from({ length: call.count }, (_, index) => index),
    )})`
  })
}

function buildObject(format: 'json' | 'jsonb') {
  return print((call) => {
    refuseVariadic(call)
    if (call.count % 2 === 1) return call.unsupported('an odd number of arguments')
    const even = Array.from({ length: call.count / 2 }, (_, index) => 2 * index)
    const keys = even.map((index) => call.text(index))
    const list = keys.length === 0 ? 'CAST([] AS VARCHAR[])' : `[${keys.join(', ')}]`
    return `pg_${format}_object(${list}, ${jsonList(
      call,
      even.map((index) => index + 1),
    )})`
  })
}

const toJson = print((call) => `pg_json_in(${jsonArgument(call, 0)})`)

/** A constant key of an object: nothing to quote wrongly, so DuckDB finds it itself where the value is a string. */
const fieldText = (format: 'json' | 'jsonb') => same(`pg_${format}_field_text`)

export const JSON_ANSWERS = {
  json_object_field: same('pg_json_field'),
  jsonb_object_field: same('pg_jsonb_field'),
  json_object_field_text: fieldText('json'),
  jsonb_object_field_text: fieldText('jsonb'),
  json_array_element: same('pg_json_element'),
  jsonb_array_element: same('pg_jsonb_element'),
  json_array_element_text: same('pg_json_element_text'),
  jsonb_array_element_text: same('pg_jsonb_element_text'),
  json_extract_path: same('pg_json_path'),
  jsonb_extract_path: same('pg_jsonb_path'),
  json_extract_path_text: same('pg_json_path_text'),
  jsonb_extract_path_text: same('pg_jsonb_path_text'),
  ...each(['json_array_length', 'jsonb_array_length'], same('pg_jsonb_array_length')),
  ...each(['json_typeof', 'jsonb_typeof'], same('pg_jsonb_typeof')),
  jsonb_exists: same('pg_jsonb_exists'),
  jsonb_exists_any: same('pg_jsonb_exists_any'),
  jsonb_exists_all: same('pg_jsonb_exists_all'),
  jsonb_contains: same('pg_jsonb_contains'),
  jsonb_contained: sql('pg_jsonb_contains($2, $1)'),
  jsonb_concat: same('pg_jsonb_concat'),
  jsonb_delete: sql('pg_jsonb_delete($1, [$2])'),
  jsonb_delete_array: same('pg_jsonb_delete'),
  jsonb_delete_idx: same('pg_jsonb_delete_index'),
  jsonb_delete_path: same('pg_jsonb_delete_path'),
  jsonb_set: withDefaults('pg_jsonb_set', ['true'], 4),
  jsonb_set_lax: withDefaults('pg_jsonb_set_lax', ['true', "'use_json_null'"], 5),
  jsonb_insert: withDefaults('pg_jsonb_insert', ['false'], 4),
  json_strip_nulls: withDefaults('pg_json_strip_nulls', ['false'], 2),
  jsonb_strip_nulls: withDefaults('pg_jsonb_strip_nulls', ['false'], 2),
  jsonb_pretty: same('pg_jsonb_pretty'),
  ...each(['json_build_array', 'json_build_array_noargs'], buildArray('json')),
  ...each(['jsonb_build_array', 'jsonb_build_array_noargs'], buildArray('jsonb')),
  ...each(['json_build_object', 'json_build_object_noargs'], buildObject('json')),
  ...each(['jsonb_build_object', 'jsonb_build_object_noargs'], buildObject('jsonb')),
  json_object: sql('pg_json_object_of_pairs($1)'),
  jsonb_object: sql('pg_jsonb_in(CAST(pg_json_object_of_pairs($1) AS VARCHAR))'),
  json_object_two_arg: sql('pg_json_object_of_lists($1, $2)'),
  jsonb_object_two_arg: sql('pg_jsonb_in(CAST(pg_json_object_of_lists($1, $2) AS VARCHAR))'),
  to_json: toJson,
  to_jsonb: print((call) => `pg_jsonb_in(${jsonArgument(call, 0)})`),
  array_to_json: toJson,
  row_to_json: toJson,
  ...each(
    ['array_to_json_pretty', 'row_to_json_pretty'],
    print((call) =>
      call.constant(1) === 'f' || call.constant(1) === 'false'
        ? `pg_json_in(${jsonArgument(call, 0)})`
        : call.unsupported('line feeds'),
    ),
  ),
  ...each(
    [
      'json_populate_record',
      'jsonb_populate_record',
      'jsonb_populate_record_valid',
      'json_to_record',
      'jsonb_to_record',
    ],
    unsupported('turning JSON into a row'),
  ),
}

export const JSON_SETS = {
  json_array_elements: sql('pg_json_elements($1)'),
  jsonb_array_elements: sql('pg_jsonb_elements($1)'),
  ...each(
    ['json_array_elements_text', 'jsonb_array_elements_text'],
    print((call) => `pg_${call.function.source.split('_')[0]}_elements_text(${call.arg(0)})`),
  ),
  ...each(
    ['json_object_keys', 'jsonb_object_keys'],
    print((call) => `pg_${call.function.source.split('_')[0]}_keys(${call.arg(0)})`),
  ),
  json_each: once('list_zip(pg_json_keys($1), pg_json_values($1))'),
  jsonb_each: once('list_zip(pg_jsonb_keys($1), pg_jsonb_values($1))'),
  json_each_text: once('list_zip(pg_json_keys($1), pg_json_values_text($1))'),
  jsonb_each_text: once('list_zip(pg_jsonb_keys($1), pg_jsonb_values_text($1))'),
  ...each(
    ['json_populate_recordset', 'jsonb_populate_recordset', 'json_to_recordset', 'jsonb_to_recordset'],
    unsupported('turning JSON into rows'),
  ),
}
