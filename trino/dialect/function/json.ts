import type { OutputStyle } from '../../../proxy/engine/engine.ts'
import type { Call } from '../../../proxy/print/answer.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { ISO_DATES } from '../../../proxy/type/date-style.ts'
import { elementOf, oidOfTypeName, scalarToText } from './conversion.ts'
import {
  bindOnce,
  each,
  FOLD,
  onlyConstant,
  positional,
  print,
  quote,
  raise,
  refuseVariadic,
  sql,
  unsupported,
  withDefaults,
} from './helper.ts'

/**
 * json and jsonb, on their texts: routine/json.ts. Changes inside of a jsonb: routine/json-edit.ts.
 * https://www.postgresql.org/docs/18/functions-json.html
 */
type Format = 'json' | 'jsonb'

/** OIDs of json[] and jsonb[] in pg_type. */
const JSON_ARRAYS: ReadonlySet<number> = new Set([199, 3807])

/** JSON text of a scalar, NULL for NULL; null: it cannot be told. */
function scalarText(type: number, value: string, format: Format, style: OutputStyle): string | null {
  // whatever DateStyle says, JSON has ISO dates
  const text = scalarToText(type, value, { ...style, dateStyle: ISO_DATES })
  if (text === null) return null
  switch (type) {
    case oid.BOOL:
    case oid.INT2:
    case oid.INT4:
    case oid.INT8:
    case oid.NUMERIC:
      return text
    case oid.FLOAT8:
    case oid.FLOAT4:
      return `pg_${format}_float(${text})`
    case oid.TIMESTAMP:
    case oid.TIMESTAMPTZ:
      return `pg_json_time(${text})`
    default:
      return `pg_json_quote(${text})`
  }
}

/** An argument as JSON text, NULL for NULL. */
export function jsonArgument(call: Call, index: number, format: Format): string {
  const type = call.type(index)
  if (type === oid.NUMERIC) return call.text(index)
  if (type === oid.JSONB) return call.arg(index)
  if (type === oid.JSON_) return format === 'json' ? call.arg(index) : call.unsupported('json as jsonb')
  const scalar = scalarText(type, call.arg(index), format, call.style)
  if (scalar !== null) return scalar
  const element = elementOf(call.argTypeName(index))
  const elementType = element === null ? null : oidOfTypeName(element)
  if (elementType === null || JSON_ARRAYS.has(type)) return call.unsupported('a value of this type')
  const text = scalarText(elementType, 'fn_j', format, call.style)
  if (text === null) return call.unsupported('a value of this type')
  const items = `transform(${call.arg(index)}, fn_j -> coalesce(${text}, 'null'))`
  return `('[' || array_join(${items}, '${format === 'json' ? ',' : ', '}') || ']')`
}

const orNull = (call: Call, index: number, format: Format) => `coalesce(${jsonArgument(call, index, format)}, 'null')`

function buildArray(format: Format) {
  return print((call) => {
    refuseVariadic(call)
    const items = Array.from({ length: call.count }, (_, index) => orNull(call, index, format))
    return items.length === 0 ? "'[]'" : `('[' || ${items.join(" || ', ' || ")} || ']')`
  })
}

function keyText(call: Call, index: number, format: Format): string {
  const missing =
    format === 'json'
      ? raise('22004', 'null value not allowed for object key')
      : raise('22023', `argument ${index + 1}: key must not be null`)
  return `pg_json_quote(coalesce(${call.text(index)}, CAST(${missing} AS varchar)))`
}

function buildObject(format: Format) {
  return print((call) => {
    refuseVariadic(call)
    if (call.count % 2 === 1) return call.unsupported('an odd number of arguments')
    if (call.count === 0) return "'{}'"
    const even = Array.from({ length: call.count / 2 }, (_, index) => 2 * index)
    if (format === 'json') {
      const pairs = even.map(
        (index) => `${keyText(call, index, 'json')} || ' : ' || ${orNull(call, index + 1, 'json')}`,
      )
      return `('{' || ${pairs.join(" || ', ' || ")} || '}')`
    }
    const rows = even.map(
      (index) =>
        `CAST(ROW(${keyText(call, index, 'jsonb')}, ${orNull(call, index + 1, 'jsonb')}) AS row(k varchar, v varchar))`,
    )
    return `pg_jsonb_of(ARRAY[${rows.join(', ')}])`
  })
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const CONSTANT_DEPTH_MAX = 8

/** `value @> constant`, spelled out, over texts of pg_jsonb_key; null: a number that JavaScript would write in another way. */
function contains(value: string, constant: Json, depth: number): string | null {
  if (depth > CONSTANT_DEPTH_MAX) return null
  if (isArray(constant)) {
    const item = `fn_c${depth}`
    const tests = constant.map((one) => contains(`${item}.v`, one, depth + 1))
    return tests.includes(null)
      ? null
      : and([
          `pg_json_kind(${value}) = 'array'`,
          ...tests.map((test) => `any_match(pg_json_items(${value}), ${item} -> ${test})`),
        ])
  }
  if (typeof constant === 'object' && constant !== null) {
    const tests = Object.entries(constant).map(([key, one]) =>
      contains(`pg_json_field(${value}, ${quote(key)})`, one, depth + 1),
    )
    return tests.includes(null)
      ? null
      : and([`pg_json_kind(${value}) = 'object'`, ...tests.map((test) => `coalesce(${test}, false)`)])
  }
  const scalar = scalarConstant(constant)
  if (scalar === null) return null
  const same = `${value} = ${quote(scalar)}`
  // a bare scalar is contained in an array that holds it, at the top only
  return depth > 0
    ? `(${same})`
    : `(${same} OR (pg_json_kind(${value}) = 'array' AND any_match(pg_json_items(${value}), fn_c -> fn_c.v = ${quote(scalar)})))`
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function and(tests: readonly string[]): string {
  return `(${tests.join(' AND ')})`
}

function scalarConstant(value: null | boolean | number | string): string | null {
  if (typeof value === 'number') return /^-?\d{1,15}(\.\d{1,15})?$/.test(String(value)) ? String(value) : null
  if (typeof value !== 'string') return String(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${value.replace(/["\\\u0000-\u001f]/g, (char) => JSON.stringify(char).slice(1, -1))}"`
}

/** More digits than a float holds are lost by JavaScript's parser. */
const LONG_NUMBER = /\d[\d.]{15,}/

function containment(call: Call, outer: number, inner: number): string {
  const text = call.constant(inner)
  if (text === undefined) return call.unsupported('a side that is not constant')
  if (text === null) return 'CAST(NULL AS boolean)'
  const test = LONG_NUMBER.test(text)
    ? null
    : (j: string) => contains(j, JSON.parse(text) as Json, 0) ?? call.unsupported('this constant')
  if (test === null) return call.unsupported('this constant')
  return bindOnce(
    [`pg_jsonb_key(${call.arg(outer)})`],
    ([j = '']) => `CASE WHEN ${j} IS NOT NULL THEN coalesce(${test(j)}, false) END`,
  )
}

/** jsonb_set and jsonb_insert, whose last argument chooses between two modes of pg_jsonb_edit. */
function edit(byDefault: string, chosen: string, otherwise: string) {
  return print((call) => {
    const [target, path, value, flag = ''] = positional(call, [byDefault], 4)
    const mode =
      flag === 'true' || flag === 'false'
        ? quote(flag === 'true' ? chosen : otherwise)
        : `CASE ${flag} WHEN true THEN ${quote(chosen)} WHEN false THEN ${quote(otherwise)} END`
    return `pg_jsonb_edit(${target}, ${path}, ${value}, ${mode})`
  }, FOLD)
}

const toJson = print((call) => jsonArgument(call, 0, 'json'))
const field = sql('pg_json_field($1, $2)')
const fieldText = sql('pg_json_text(pg_json_field($1, $2))')
const path = sql('pg_json_path($1, $2)')
const pathText = sql('pg_json_text(pg_json_path($1, $2))')

export const JSON_ANSWERS = {
  ...each(['json_object_field', 'jsonb_object_field'], field),
  ...each(['json_object_field_text', 'jsonb_object_field_text'], fieldText),
  json_array_element: sql('pg_json_element($1, $2)'),
  jsonb_array_element: sql('pg_jsonb_element($1, $2)'),
  json_array_element_text: sql('pg_json_text(pg_json_element($1, $2))'),
  jsonb_array_element_text: sql('pg_json_text(pg_jsonb_element($1, $2))'),
  ...each(['json_extract_path', 'jsonb_extract_path'], path),
  ...each(['json_extract_path_text', 'jsonb_extract_path_text'], pathText),
  ...each(['json_array_length', 'jsonb_array_length'], sql('pg_json_array_length($1)')),
  ...each(['json_typeof', 'jsonb_typeof'], sql('pg_json_kind($1)')),
  jsonb_exists: sql('pg_json_exists($1, $2)'),
  jsonb_exists_any: sql('pg_json_exists_any($1, $2)'),
  jsonb_exists_all: sql('pg_json_exists_all($1, $2)'),
  jsonb_contains: print((call) => containment(call, 0, 1)),
  jsonb_contained: print((call) => containment(call, 1, 0)),
  jsonb_concat: sql('pg_jsonb_concat($1, $2)'),
  jsonb_delete: sql('pg_jsonb_delete($1, ARRAY[$2])'),
  jsonb_delete_array: sql('pg_jsonb_delete($1, $2)'),
  jsonb_delete_idx: sql('pg_jsonb_delete_index($1, $2)'),
  jsonb_pretty: sql('pg_jsonb_pretty($1)'),
  ...each(['json_build_array', 'json_build_array_noargs'], buildArray('json')),
  ...each(['jsonb_build_array', 'jsonb_build_array_noargs'], buildArray('jsonb')),
  ...each(['json_build_object', 'json_build_object_noargs'], buildObject('json')),
  ...each(['jsonb_build_object', 'jsonb_build_object_noargs'], buildObject('jsonb')),
  to_json: toJson,
  array_to_json: toJson,
  to_jsonb: print((call) => jsonArgument(call, 0, 'jsonb')),
  jsonb_delete_path: sql("pg_jsonb_edit($1, $2, 'null', 'delete')", FOLD),
  jsonb_set: edit('true', 'create', 'set'),
  jsonb_insert: edit('false', 'after', 'before'),
  jsonb_set_lax: withDefaults('pg_jsonb_set_lax', ['true', "'use_json_null'"], 5, FOLD),
  jsonb_strip_nulls: withDefaults('pg_jsonb_strip_nulls', ['false'], 2, FOLD),
  json_strip_nulls: onlyConstant('a change inside of a value'),
  json_object: sql('pg_json_of(pg_json_keyed(pg_json_pairs($1)))', FOLD),
  jsonb_object: sql('pg_jsonb_of(pg_json_keyed(pg_json_pairs($1)))', FOLD),
  json_object_two_arg: sql('pg_json_of(pg_json_keyed(pg_json_zipped($1, $2)))', FOLD),
  jsonb_object_two_arg: sql('pg_jsonb_of(pg_json_keyed(pg_json_zipped($1, $2)))', FOLD),
  ...each(['row_to_json', 'row_to_json_pretty', 'array_to_json_pretty'], unsupported('rows and line feeds in JSON')),
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

const keys = (name: string) => sql(`transform(pg_json_fields($1, '${name}'), fn_f -> fn_f.k)`)
const pairsAsText = (name: string) =>
  sql(
    `transform(pg_json_fields($1, '${name}'), fn_f -> CAST(ROW(fn_f.k, pg_json_text(fn_f.v)) AS row(k varchar, v varchar)))`,
  )

export const JSON_SETS = {
  ...each(['json_array_elements', 'jsonb_array_elements'], sql('pg_json_elements($1)')),
  ...each(
    ['json_array_elements_text', 'jsonb_array_elements_text'],
    sql('transform(pg_json_elements($1), fn_f -> pg_json_text(fn_f))'),
  ),
  json_object_keys: keys('json_object_keys'),
  jsonb_object_keys: keys('jsonb_object_keys'),
  json_each: sql("pg_json_fields($1, 'json_each')"),
  jsonb_each: sql("pg_json_fields($1, 'jsonb_each')"),
  json_each_text: pairsAsText('json_each_text'),
  jsonb_each_text: pairsAsText('jsonb_each_text'),
  ...each(
    ['json_populate_recordset', 'jsonb_populate_recordset', 'json_to_recordset', 'jsonb_to_recordset'],
    unsupported('turning JSON into rows'),
  ),
}
