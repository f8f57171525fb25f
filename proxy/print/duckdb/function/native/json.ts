import { fail, lenient, type Native, strict } from './native.ts'
import { decimalText, parseDecimal, rescale } from './number.ts'

/**
 * JSON as PostgreSQL holds it. jsonb: keys unique, ordered by length and then bytes; numbers are numeric, their decimal
 * places kept. json: the text as it was given, of which `start` and `end` cut a part.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/jsonb_util.c
 */
export type Json = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Json])[] }
)

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y
const BLANK = /[ \t\n\r]*/y
const DEPTH_MAX = 1000

/** The last text parsed: operators chain over the same column value. */
let parsedText = ''
let parsed: Json | null = null

function parse(text: string): Json {
  if (parsed !== null && text === parsedText) return parsed
  const value = parseWhole(text)
  parsedText = text
  parsed = value
  return value
}

export function parseWhole(text: string): Json {
  let at = 0
  const invalid = (): never => fail('22P02', 'invalid input syntax for type json')
  const blank = () => {
    BLANK.lastIndex = at
    BLANK.test(text)
    at = BLANK.lastIndex
  }
  const string = (): string => {
    STRING.lastIndex = at
    if (!STRING.test(text)) return invalid()
    const raw = text.slice(at, STRING.lastIndex)
    at = STRING.lastIndex
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
  }
  const word = <T extends Json>(expected: string, value: T): T => {
    if (!text.startsWith(expected, at)) return invalid()
    at += expected.length
    return value
  }
  const read = (depth: number): Json => {
    if (depth > DEPTH_MAX) return fail('54001', 'stack depth limit exceeded')
    blank()
    const start = at
    switch (text[at]) {
      case '{': {
        const entries: [string, Json][] = []
        at++
        blank()
        if (text[at] === '}') at++
        else
          for (;;) {
            blank()
            const key = string()
            blank()
            if (text[at++] !== ':') return invalid()
            entries.push([key, read(depth + 1)])
            blank()
            const next = text[at++]
            if (next === '}') break
            if (next !== ',') return invalid()
          }
        return { kind: 'object', entries, start, end: at }
      }
      case '[': {
        const items: Json[] = []
        at++
        blank()
        if (text[at] === ']') at++
        else
          for (;;) {
            items.push(read(depth + 1))
            blank()
            const next = text[at++]
            if (next === ']') break
            if (next !== ',') return invalid()
          }
        return { kind: 'array', items, start, end: at }
      }
      case '"': {
        const value = string()
        return { kind: 'string', value, start, end: at }
      }
      case 't':
        return word('true', { kind: 'boolean', value: true, start, end: at + 4 })
      case 'f':
        return word('false', { kind: 'boolean', value: false, start, end: at + 5 })
      case 'n':
        return word('null', { kind: 'null', start, end: at + 4 })
      default: {
        NUMBER.lastIndex = at
        if (!NUMBER.test(text)) return invalid()
        at = NUMBER.lastIndex
        return { kind: 'number', text: text.slice(start, at), start, end: at }
      }
    }
  }
  const value = read(0)
  blank()
  return at === text.length ? value : invalid()
}

function quoted(text: string): string {
  // escape_json: controls as \b \f \n \r \t or \u00xx, nothing else but " and \
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  return `"${text.replace(/["\\\u0000-\u001f]/g, (char) => JSON.stringify(char).slice(1, -1))}"`
}

/** A JSON number as numeric_out shows it: no exponent, decimal places kept. */
export function numberText(text: string): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (found === null) return text
  const [, sign = '', whole = '', fraction = '', exponent] = found
  if (exponent === undefined) return sign === '-' && /^0*$/.test(whole + fraction) ? text.slice(1) : text
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  if (places < -131072 || places > 16383) fail('22003', 'value overflows numeric format')
  const plain = places <= 0 ? (digits * 10n ** BigInt(-places)).toString() : decimalText({ digits, scale: places })
  return digits === 0n ? plain : sign + plain
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function keyOrder(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || byteOrder(a, b)
}

/** Keys once each, the last one's value, in jsonb's order. */
export function uniqueEntries(entries: readonly (readonly [string, Json])[]): (readonly [string, Json])[] {
  return [...new Map(entries)].sort(([a], [b]) => keyOrder(a, b))
}

function write(value: Json): string {
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'boolean':
      return String(value.value)
    case 'number':
      return numberText(value.text)
    case 'string':
      return quoted(value.value)
    case 'array':
      return `[${value.items.map(write).join(', ')}]`
    case 'object':
      return `{${uniqueEntries(value.entries)
        .map(([key, item]) => `${quoted(key)}: ${write(item)}`)
        .join(', ')}}`
  }
}

type Format = 'json' | 'jsonb'

function cut(format: Format, text: string, value: Json): string {
  return format === 'json' ? text.slice(value.start, value.end) : write(value)
}

/** ->> : a string's characters, NULL for null, JSON text for the rest */
function asText(format: Format, text: string, value: Json): string | null {
  if (value.kind === 'null') return null
  return value.kind === 'string' ? value.value : cut(format, text, value)
}

function field(value: Json, key: string): Json | undefined {
  if (value.kind !== 'object') return undefined
  return value.entries.findLast(([name]) => name === key)?.[1]
}

function element(value: Json, index: number): Json | undefined {
  if (value.kind !== 'array') return undefined
  return value.items.at(index)
}

/** jsonb holds a scalar as an array of one. */
function elementOf(format: Format, text: string, index: number): Json | undefined {
  const value = parse(text)
  const scalar = value.kind !== 'array' && value.kind !== 'object'
  return format === 'jsonb' && scalar && (index === 0 || index === -1) ? value : element(value, index)
}

/** A path step into an array must be an integer. */
function step(value: Json, key: string): Json | undefined {
  if (value.kind === 'array') return /^\s*[+-]?\d+$/.test(key) ? element(value, Number(key)) : undefined
  return field(value, key)
}

function follow(text: string, path: readonly (string | null)[]): Json | undefined {
  let value: Json | undefined = parse(text)
  for (const key of path) {
    if (key === null || value === undefined) return undefined
    value = step(value, key)
  }
  return value
}

export const TYPE_ORDER: readonly Json['kind'][] = ['null', 'string', 'number', 'boolean', 'array', 'object']

/** compareJsonbContainers: by kind, then arrays and objects by size first; an empty array is least of all */
function compare(a: Json, b: Json): number {
  if (a.kind !== b.kind) {
    if (a.kind === 'array' && a.items.length === 0) return -1
    if (b.kind === 'array' && b.items.length === 0) return 1
    return TYPE_ORDER.indexOf(a.kind) - TYPE_ORDER.indexOf(b.kind)
  }
  if (a.kind === 'boolean' && b.kind === 'boolean') return Number(a.value) - Number(b.value)
  if (a.kind === 'string' && b.kind === 'string') return byteOrder(a.value, b.value)
  if (a.kind === 'number' && b.kind === 'number') return compareNumbers(a.text, b.text)
  if (a.kind === 'array' && b.kind === 'array') {
    if (a.items.length !== b.items.length) return a.items.length - b.items.length
    return firstDifference(a.items.map((item, index) => [item, b.items[index]]))
  }
  if (a.kind === 'object' && b.kind === 'object') {
    const [left, right] = [uniqueEntries(a.entries), uniqueEntries(b.entries)]
    if (left.length !== right.length) return left.length - right.length
    for (const [index, [key, value]] of left.entries()) {
      const [otherKey, otherValue] = right[index] ?? [key, value]
      const difference = byteOrder(key, otherKey) || compare(value, otherValue)
      if (difference !== 0) return difference
    }
  }
  return 0
}

function firstDifference(pairs: readonly (readonly [Json, Json | undefined])[]): number {
  for (const [a, b] of pairs) {
    const difference = b === undefined ? 1 : compare(a, b)
    if (difference !== 0) return difference
  }
  return 0
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [parseDecimal(numberText(a)), parseDecimal(numberText(b))]
  const scale = Math.max(left.scale, right.scale)
  const difference = rescale(left, scale).digits - rescale(right, scale).digits
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** @> : a bare scalar is contained in an array that holds it, at the top only */
function contains(a: Json, b: Json, top: boolean): boolean {
  if (a.kind === 'object' && b.kind === 'object')
    return b.entries.every(([key, value]) => {
      const own = field(a, key)
      return own !== undefined && contains(own, value, false)
    })
  if (a.kind === 'array' && b.kind === 'array')
    return b.items.every((item) => a.items.some((own) => contains(own, item, false)))
  if (top && a.kind === 'array' && b.kind !== 'object') return a.items.some((own) => compare(own, b) === 0)
  return a.kind === b.kind && a.kind !== 'array' && a.kind !== 'object' && compare(a, b) === 0
}

function exists(value: Json, key: string): boolean {
  if (value.kind === 'object') return field(value, key) !== undefined
  if (value.kind === 'array') return value.items.some((item) => item.kind === 'string' && item.value === key)
  return value.kind === 'string' && value.value === key
}

const SPAN = { start: 0, end: 0 }
const array = (items: readonly Json[]): Json => ({ kind: 'array', items, ...SPAN })
const object = (entries: readonly (readonly [string, Json])[]): Json => ({ kind: 'object', entries, ...SPAN })

function concat(a: Json, b: Json): Json {
  if (a.kind === 'object' && b.kind === 'object') return object([...a.entries, ...b.entries])
  const items = (value: Json): readonly Json[] => (value.kind === 'array' ? value.items : [value])
  return array([...items(a), ...items(b)])
}

function remove(value: Json, keys: readonly (string | null)[]): Json {
  if (value.kind === 'object') return object(value.entries.filter(([key]) => !keys.includes(key)))
  if (value.kind === 'array')
    return array(value.items.filter((item) => !(item.kind === 'string' && keys.includes(item.value))))
  return fail('22023', 'cannot delete from scalar')
}

function removeIndex(value: Json, index: number): Json {
  if (value.kind === 'object') return fail('22023', 'cannot delete from object using integer index')
  if (value.kind !== 'array') return fail('22023', 'cannot delete from scalar')
  const at = index < 0 ? value.items.length + index : index
  return array(value.items.filter((_, position) => position !== at))
}

type Edit = 'set' | 'create' | 'delete' | 'before' | 'after'

/** setPath of jsonfuncs.c */
function edit(value: Json, path: readonly (string | null)[], at: number, replacement: Json | null, mode: Edit): Json {
  const key = path[at]
  if (key === undefined) return value
  if (key === null) return fail('22004', `path element at position ${at + 1} is null`)
  const last = at === path.length - 1
  if (value.kind === 'object') {
    const entries = uniqueEntries(value.entries)
    const own = field(value, key)
    if (own === undefined)
      return last && replacement !== null && mode !== 'set' && mode !== 'delete'
        ? object([...entries, [key, replacement]])
        : value
    if (!last)
      return object(
        entries.map(([name, item]) => [name, name === key ? edit(item, path, at + 1, replacement, mode) : item]),
      )
    if (mode === 'before' || mode === 'after') return fail('22023', 'cannot replace existing key')
    if (replacement === null) return object(entries.filter(([name]) => name !== key))
    return object(entries.map(([name, item]) => [name, name === key ? replacement : item]))
  }
  if (value.kind !== 'array') return value
  if (!/^\s*[+-]?\d+$/.test(key)) return fail('22P02', `path element at position ${at + 1} is not an integer: "${key}"`)
  const size = value.items.length
  const given = Number(key)
  const index = given < 0 ? size + given : given
  const inside = index >= 0 && index < size
  if (!last)
    return inside
      ? array(
          value.items.map((item, position) =>
            position === index ? edit(item, path, at + 1, replacement, mode) : item,
          ),
        )
      : value
  if (mode === 'before' || mode === 'after') {
    if (replacement === null) return value
    const place = Math.min(size, Math.max(0, inside && mode === 'after' ? index + 1 : index))
    return array([...value.items.slice(0, place), replacement, ...value.items.slice(place)])
  }
  if (!inside) {
    if (mode !== 'create' || replacement === null) return value
    return array(index < 0 ? [replacement, ...value.items] : [...value.items, replacement])
  }
  if (replacement === null) return array(value.items.filter((_, position) => position !== index))
  return array(value.items.map((item, position) => (position === index ? replacement : item)))
}

function editText(text: string, path: readonly (string | null)[], replacement: string | null, mode: Edit): string {
  const value = parse(text)
  if (value.kind !== 'object' && value.kind !== 'array')
    return fail('22023', mode === 'delete' ? 'cannot delete path in scalar' : 'cannot set path in scalar')
  return write(edit(value, path, 0, replacement === null ? null : parseWhole(replacement), mode))
}

function setLax(
  text: string | null,
  path: readonly (string | null)[] | null,
  value: string | null,
  create: boolean | null,
  treatment: string | null,
): string | null {
  if (text === null || path === null || create === null) return null
  if (treatment === null)
    return fail(
      '22023',
      'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
    )
  const mode = create ? 'create' : 'set'
  if (value !== null) return editText(text, path, value, mode)
  switch (treatment) {
    case 'raise_exception':
      return fail('22004', 'JSON value must not be null')
    case 'use_json_null':
      return editText(text, path, 'null', mode)
    case 'delete_key':
      return editText(text, path, null, 'delete')
    case 'return_target':
      return write(parse(text))
    default:
      return fail(
        '22023',
        'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
      )
  }
}

function stripNulls(value: Json, inArrays: boolean): Json {
  if (value.kind === 'object')
    return object(
      value.entries.filter(([, item]) => item.kind !== 'null').map(([key, item]) => [key, stripNulls(item, inArrays)]),
    )
  if (value.kind === 'array')
    return array(
      value.items.filter((item) => !inArrays || item.kind !== 'null').map((item) => stripNulls(item, inArrays)),
    )
  return value
}

/** json_strip_nulls writes compactly, with the scalars' own text and the keys as they came */
function writeCompact(text: string, value: Json): string {
  if (value.kind === 'array') return `[${value.items.map((item) => writeCompact(text, item)).join(',')}]`
  if (value.kind === 'object')
    return `{${value.entries.map(([key, item]) => `${quoted(key)}:${writeCompact(text, item)}`).join(',')}}`
  return value.kind === 'string' ? quoted(value.value) : text.slice(value.start, value.end)
}

function pretty(value: Json, indent: string): string {
  const inner = `${indent}    `
  if (value.kind === 'array')
    return value.items.length === 0
      ? `[\n${indent}]`
      : `[\n${value.items.map((item) => inner + pretty(item, inner)).join(',\n')}\n${indent}]`
  if (value.kind === 'object') {
    const entries = uniqueEntries(value.entries)
    if (entries.length === 0) return `{\n${indent}}`
    return `{\n${entries.map(([key, item]) => `${inner}${quoted(key)}: ${pretty(item, inner)}`).join(',\n')}\n${indent}}`
  }
  return write(value)
}

function items(text: string, wanted: string): readonly Json[] {
  const value = parse(text)
  if (value.kind === 'array') return value.items
  return fail('22023', value.kind === 'object' ? `cannot ${wanted} an object` : `cannot ${wanted} a scalar`)
}

function entriesOf(format: Format, text: string, name: string): readonly (readonly [string, Json])[] {
  const value = parse(text)
  if (value.kind !== 'object')
    return fail('22023', `cannot call ${name} on ${value.kind === 'array' ? 'an array' : 'a scalar'}`)
  return format === 'json' ? value.entries : uniqueEntries(value.entries)
}

function buildObject(format: Format, keys: readonly (string | null)[], values: readonly (string | null)[]): string {
  const entries = keys.map((key, index) => {
    if (key === null)
      return format === 'jsonb'
        ? fail('22023', `argument ${2 * index + 1}: key must not be null`)
        : fail('22004', 'null value not allowed for object key')
    return [key, values[index] ?? 'null'] as const
  })
  if (format === 'json') return `{${entries.map(([key, value]) => `${quoted(key)} : ${value}`).join(', ')}}`
  return write(object(entries.map(([key, value]) => [key, parseWhole(value)])))
}

function aggregateObject(
  format: Format,
  keys: readonly (string | null)[],
  values: readonly (string | null)[],
  unique: boolean,
): string {
  const entries: (readonly [string, string])[] = []
  const seen = new Set<string>()
  for (const [index, key] of keys.entries()) {
    if (key === null)
      return format === 'jsonb'
        ? fail('22023', 'field name must not be null')
        : fail('22004', 'null value not allowed for object key')
    const value = values[index]
    if (value === null || value === undefined) continue
    if (unique && seen.has(key)) fail('22030', `duplicate JSON object key value: ${quoted(key)}`)
    seen.add(key)
    entries.push([key, value])
  }
  if (format === 'json') return `{ ${entries.map(([key, value]) => `${quoted(key)} : ${value}`).join(', ')} }`
  return write(object(entries.map(([key, value]) => [key, parseWhole(value)])))
}

function objectOfPairs(pairs: readonly (string | null)[]): string {
  if (pairs.length % 2 === 1) return fail('2202E', 'array must have even number of elements')
  const even = pairs.filter((_, index) => index % 2 === 0)
  const odd = pairs.filter((_, index) => index % 2 === 1)
  return objectOfLists(even, odd)
}

function objectOfLists(keys: readonly (string | null)[], values: readonly (string | null)[]): string {
  if (keys.length !== values.length) return fail('2202E', 'mismatched array dimensions')
  return `{${keys
    .map((key, index) => {
      if (key === null) return fail('22004', 'null value not allowed for object key')
      const value = values[index] ?? null
      return `${quoted(key)} : ${value === null ? 'null' : quoted(value)}`
    })
    .join(', ')}}`
}

/** "2024-01-01 10:00:00+02" as JSON writes times: XSD dates, offsets with minutes */
function timeJson(text: string): string {
  const iso = text
    .replace(' ', 'T')
    .replace(/([+-]\d\d)( BC)?$/, (all, offset: string, bc: string | undefined) =>
      text.includes(':') ? `${offset}:00${bc ?? ''}` : all,
    )
  return `"${iso}"`
}

function integerOf(text: string, type: string): bigint | null {
  const value = scalarOf(text, 'number', type)
  if (value === null) return null
  const rounded = rescale(parseDecimal(numberText(value)), 0).digits
  const bits = { smallint: 15n, integer: 31n, bigint: 63n }[type] ?? 63n
  const limit = 2n ** bits
  return rounded >= limit || rounded < -limit ? fail('22003', `${type} out of range`) : rounded
}

const ARTICLES: Readonly<Record<Json['kind'], string>> = {
  null: 'null',
  boolean: 'boolean',
  number: 'numeric',
  string: 'string',
  array: 'array',
  object: 'object',
}

function scalarOf(text: string, kind: 'number' | 'boolean', type: string): string | null {
  const value = parse(text)
  if (value.kind === 'null') return null
  if (value.kind !== kind) return fail('22023', `cannot cast jsonb ${ARTICLES[value.kind]} to type ${type}`)
  return text.slice(value.start, value.end)
}

function both(make: (format: Format) => readonly Native[]): readonly Native[] {
  return [...make('json'), ...make('jsonb')]
}

const OPERATORS = both((format) => [
  strict(`pg_${format}_field`, ['VARCHAR', 'VARCHAR'], 'JSON', (text, key) =>
    part(format, text, field(parse(text), key)),
  ),
  strict(`pg_${format}_field_text`, ['VARCHAR', 'VARCHAR'], 'VARCHAR', (text, key) =>
    partText(format, text, field(parse(text), key)),
  ),
  strict(`pg_${format}_element`, ['VARCHAR', 'INTEGER'], 'JSON', (text, index) =>
    part(format, text, elementOf(format, text, index)),
  ),
  strict(`pg_${format}_element_text`, ['VARCHAR', 'INTEGER'], 'VARCHAR', (text, index) =>
    partText(format, text, elementOf(format, text, index)),
  ),
  strict(`pg_${format}_path`, ['VARCHAR', 'VARCHAR[]'], 'JSON', (text, path) => part(format, text, follow(text, path))),
  strict(`pg_${format}_path_text`, ['VARCHAR', 'VARCHAR[]'], 'VARCHAR', (text, path) =>
    partText(format, text, follow(text, path)),
  ),
  strict(`pg_${format}_elements`, ['VARCHAR'], 'JSON[]', (text) =>
    items(text, 'extract elements from').map((item) => cut(format, text, item)),
  ),
  strict(`pg_${format}_elements_text`, ['VARCHAR'], 'VARCHAR[]', (text) =>
    items(text, 'extract elements from').map((item) => asText(format, text, item)),
  ),
  strict(`pg_${format}_keys`, ['VARCHAR'], 'VARCHAR[]', (text) =>
    entriesOf(format, text, `${format}_object_keys`).map(([key]) => key),
  ),
  strict(`pg_${format}_values`, ['VARCHAR'], 'JSON[]', (text) =>
    entriesOf(format, text, `${format}_each`).map(([, item]) => cut(format, text, item)),
  ),
  strict(`pg_${format}_values_text`, ['VARCHAR'], 'VARCHAR[]', (text) =>
    entriesOf(format, text, `${format}_each_text`).map(([, item]) => asText(format, text, item)),
  ),
  strict(`pg_${format}_object`, ['VARCHAR[]', 'VARCHAR[]'], 'JSON', (keys, values) =>
    buildObject(format, keys, values),
  ),
  strict(`pg_${format}_object_agg`, ['VARCHAR[]', 'VARCHAR[]', 'BOOLEAN'], 'JSON', (keys, values, unique) =>
    aggregateObject(format, keys, values, unique),
  ),
  strict(`pg_${format}_array`, ['VARCHAR[]'], 'JSON', (values) =>
    format === 'json'
      ? `[${values.map((value) => value ?? 'null').join(', ')}]`
      : write(array(values.map((value) => parseWhole(value ?? 'null')))),
  ),
])

function part(format: Format, text: string, value: Json | undefined): string | null {
  return value === undefined ? null : cut(format, text, value)
}

function partText(format: Format, text: string, value: Json | undefined): string | null {
  return value === undefined ? null : asText(format, text, value)
}

export const JSON_NATIVES: readonly Native[] = [
  ...OPERATORS,
  strict('pg_json_in', ['VARCHAR'], 'JSON', (text) => {
    parseWhole(text)
    return text
  }),
  strict('pg_jsonb_in', ['VARCHAR'], 'JSON', (text) => write(parseWhole(text))),
  strict('pg_jsonb_out', ['VARCHAR'], 'VARCHAR', (text) => write(parse(text))),
  strict('pg_json_quote', ['VARCHAR'], 'VARCHAR', quoted),
  strict('pg_json_float', ['VARCHAR'], 'VARCHAR', (text) => (/[NI]/.test(text) ? `"${text}"` : text)),
  strict('pg_json_time', ['VARCHAR'], 'VARCHAR', timeJson),
  strict(
    'pg_json_array_lines',
    ['VARCHAR[]'],
    'JSON',
    (values) =>
      `[${values.map((value, index) => (index === 0 ? '' : value === 'null' ? ', ' : ', \n ') + value).join('')}]`,
  ),
  strict('pg_json_object_of_pairs', ['VARCHAR[]'], 'JSON', objectOfPairs),
  strict('pg_json_object_of_lists', ['VARCHAR[]', 'VARCHAR[]'], 'JSON', objectOfLists),
  strict('pg_jsonb_array_length', ['VARCHAR'], 'INTEGER', (text) => items(text, 'get array length of').length),
  strict('pg_jsonb_typeof', ['VARCHAR'], 'VARCHAR', (text) => parse(text).kind),
  strict('pg_jsonb_exists', ['VARCHAR', 'VARCHAR'], 'BOOLEAN', (text, key) => exists(parse(text), key)),
  strict('pg_jsonb_exists_any', ['VARCHAR', 'VARCHAR[]'], 'BOOLEAN', (text, keys) =>
    keys.some((key) => key !== null && exists(parse(text), key)),
  ),
  strict('pg_jsonb_exists_all', ['VARCHAR', 'VARCHAR[]'], 'BOOLEAN', (text, keys) =>
    keys.every((key) => key === null || exists(parse(text), key)),
  ),
  strict('pg_jsonb_contains', ['VARCHAR', 'VARCHAR'], 'BOOLEAN', (a, b) =>
    contains(parseWhole(a), parseWhole(b), true),
  ),
  strict('pg_jsonb_concat', ['VARCHAR', 'VARCHAR'], 'JSON', (a, b) => write(concat(parseWhole(a), parseWhole(b)))),
  strict('pg_jsonb_delete', ['VARCHAR', 'VARCHAR[]'], 'JSON', (text, keys) => write(remove(parse(text), keys))),
  strict('pg_jsonb_delete_index', ['VARCHAR', 'INTEGER'], 'JSON', (text, index) =>
    write(removeIndex(parse(text), index)),
  ),
  strict('pg_jsonb_delete_path', ['VARCHAR', 'VARCHAR[]'], 'JSON', (text, path) =>
    editText(text, path, null, 'delete'),
  ),
  strict('pg_jsonb_set', ['VARCHAR', 'VARCHAR[]', 'VARCHAR', 'BOOLEAN'], 'JSON', (text, path, value, create) =>
    editText(text, path, value, create ? 'create' : 'set'),
  ),
  lenient('pg_jsonb_set_lax', ['VARCHAR', 'VARCHAR[]', 'VARCHAR', 'BOOLEAN', 'VARCHAR'], 'JSON', setLax),
  strict('pg_jsonb_insert', ['VARCHAR', 'VARCHAR[]', 'VARCHAR', 'BOOLEAN'], 'JSON', (text, path, value, after) =>
    editText(text, path, value, after ? 'after' : 'before'),
  ),
  strict('pg_json_strip_nulls', ['VARCHAR', 'BOOLEAN'], 'JSON', (text, inArrays) =>
    writeCompact(text, stripNulls(parse(text), inArrays)),
  ),
  strict('pg_jsonb_strip_nulls', ['VARCHAR', 'BOOLEAN'], 'JSON', (text, inArrays) =>
    write(stripNulls(parse(text), inArrays)),
  ),
  strict('pg_jsonb_pretty', ['VARCHAR'], 'VARCHAR', (text) => pretty(parse(text), '')),
  strict('pg_jsonb_bool', ['VARCHAR'], 'BOOLEAN', (text) => {
    const value = scalarOf(text, 'boolean', 'boolean')
    return value === null ? null : value === 'true'
  }),
  strict('pg_jsonb_int', ['VARCHAR', 'VARCHAR'], 'BIGINT', integerOf),
  strict('pg_jsonb_float', ['VARCHAR', 'VARCHAR'], 'DOUBLE', (text, type) => {
    const value = scalarOf(text, 'number', type)
    return value === null ? null : Number(value)
  }),
]
