import { fail, lenient, type Native, strict } from './native.ts'

/** Bytes of a name, NAMEDATALEN - 1. */
const NAME_BYTES_MAX = 63

/** Code points, as PostgreSQL counts characters. */
export function characters(text: string): string[] {
  return Array.from(text)
}

function initcap(text: string): string {
  return text.replace(/[A-Za-z0-9]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
}

export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

export function asciiUpper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase())
}

function overlay(text: string, replacement: string, from: number, length: number): string {
  if (from <= 0) fail('22011', 'negative substring length not allowed')
  const chars = characters(text)
  return chars.slice(0, from - 1).join('') + replacement + chars.slice(Math.max(0, from - 1 + length)).join('')
}

function translate(text: string, from: string, to: string): string {
  const [source, target] = [characters(from), characters(to)]
  const map = new Map<string, string>()
  source.forEach((char, index) => {
    if (!map.has(char)) map.set(char, target[index] ?? '')
  })
  return characters(text)
    .map((char) => map.get(char) ?? char)
    .join('')
}

/** Words that quote_ident must quote: keywords of pg_get_keywords() that are not unreserved. */
const KEYWORDS = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
  character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
  current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
  else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
  in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists
  json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
  limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset
  on only or order out outer overlaps overlay placing position precision primary real references returning right row
  select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to
  trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes
  xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
)

function quoteIdent(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) && !KEYWORDS.has(text) ? text : `"${text.replaceAll('"', '""')}"`
}

function quoteLiteral(text: string): string {
  const body = text.replaceAll("'", "''").replaceAll('\\', '\\\\')
  return `${text.includes('\\') ? 'E' : ''}'${body}'`
}

/** format(): https://www.postgresql.org/docs/18/functions-string.html#FUNCTIONS-STRING-FORMAT */
function format(template: string, args: readonly (string | null)[]): string {
  let out = ''
  let next = 0
  for (let at = 0; at < template.length; at++) {
    const char = template[at]
    if (char !== '%') {
      out += char
      continue
    }
    if (template[at + 1] === '%') {
      out += '%'
      at++
      continue
    }
    const spec = /^%(?:(\d+)\$)?(-?)(?:(\d+)|\*(?:(\d+)\$)?)?(.)?/su.exec(template.slice(at))
    const type = spec?.[5]
    if (spec === null || type === undefined) return fail('22023', 'unterminated format() type specifier')
    const take = (position: string | undefined): string | null => {
      const index = position === undefined ? next : Number(position) - 1
      if (index < 0) return fail('22023', 'format specifies argument 0, but arguments are numbered from 1')
      if (index >= args.length) return fail('22023', 'too few arguments for format()')
      next = index + 1
      return args[index] ?? null
    }
    let left = spec[2] === '-'
    let width = Number(spec[3] ?? 0)
    if (spec[0].includes('*')) {
      width = Number(take(spec[4]) ?? 0)
      if (width < 0) [left, width] = [true, -width]
    }
    if (!'sIL'.includes(type)) fail('22023', `unrecognized format() type specifier "${type}"`)
    const value = take(spec[1])
    const text =
      type === 's'
        ? (value ?? '')
        : type === 'L'
          ? value === null
            ? 'NULL'
            : quoteLiteral(value)
          : value === null
            ? fail('22004', 'null values cannot be formatted as an SQL identifier')
            : quoteIdent(value)
    const blanks = ' '.repeat(Math.max(0, width - characters(text).length))
    out += left ? text + blanks : blanks + text
    at += spec[0].length - 1
  }
  return out
}

function parseIdent(text: string, strictly: boolean): string[] {
  const parts: string[] = []
  const invalid = () => fail('22023', `string is not a valid identifier: "${text}"`)
  let rest = text.replace(/^[ \t\n\r\f\v]+/, '')
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest)
    const plain = /^[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_$\u0080-\u{10ffff}]*/u.exec(rest)
    if (quoted !== null) {
      if (quoted[1] === '') invalid()
      parts.push((quoted[1] ?? '').replaceAll('""', '"'))
      rest = rest.slice(quoted[0].length)
    } else if (plain !== null) {
      parts.push(asciiLower(plain[0]))
      rest = rest.slice(plain[0].length)
    } else invalid()
    rest = rest.replace(/^[ \t\n\r\f\v]+/, '')
    if (rest.startsWith('.')) rest = rest.slice(1).replace(/^[ \t\n\r\f\v]+/, '')
    else if (rest === '') return parts
    else if (strictly) invalid()
    else return parts
  }
}

function stringToArray(text: string, separator: string | null, nullText: string | null): (string | null)[] {
  if (text === '') return []
  const parts = separator === null ? characters(text) : separator === '' ? [text] : text.split(separator)
  return nullText === null ? parts : parts.map((part) => (part === nullText ? null : part))
}

function truncateBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text)
  if (encoded.length <= bytes) return text
  let end = bytes
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--
  return encoded.subarray(0, end).toString()
}

function unistr(text: string): string {
  return text.replace(
    /\\(?:(\\)|u?([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6})|U([0-9A-Fa-f]{8})|)/g,
    (all, slash: string | undefined, four: string | undefined, six: string | undefined, eight: string | undefined) => {
      if (slash !== undefined) return '\\'
      const hex = four ?? six ?? eight
      if (hex === undefined || all === '\\') return fail('42601', 'invalid Unicode escape')
      const code = Number.parseInt(hex, 16)
      if (code > 0x10ffff || code === 0) return fail('42601', 'invalid Unicode escape value')
      return four === undefined ? String.fromCodePoint(code) : String.fromCharCode(code)
    },
  )
}

const FORMS = new Set(['NFC', 'NFD', 'NFKC', 'NFKD'])

function normalize(text: string, form: string): string {
  const name = form.toUpperCase()
  return FORMS.has(name) ? text.normalize(name) : fail('22023', `invalid normalization form: ${form}`)
}

function chr(code: number): string {
  if (code < 0) fail('22023', 'character number must be positive')
  if (code === 0) fail('54000', 'null character not permitted')
  if (code > 0x10ffff) fail('54000', `requested character too large for encoding: ${code}`)
  if (code >= 0xd800 && code <= 0xdfff) fail('54000', `requested character not valid for encoding: ${code}`)
  return String.fromCodePoint(code)
}

/** Assignment to varchar(n) or char(n): only blanks may be lost. */
function fit(text: string, length: number, type: string): string {
  const chars = characters(text)
  const blank = type === 'character'
  if (chars.length <= length) return blank ? text.replace(/ +$/, '') : text
  if (chars.slice(length).some((char) => char !== ' ')) fail('22001', `value too long for type ${type}(${length})`)
  const cut = chars.slice(0, length).join('')
  return blank ? cut.replace(/ +$/, '') : cut
}

function splitPart(text: string, separator: string, field: number): string {
  if (field === 0) fail('22023', 'field position must not be zero')
  const parts = separator === '' ? [text] : text.split(separator)
  return parts[field > 0 ? field - 1 : parts.length + field] ?? ''
}

export const TEXT_NATIVES: readonly Native[] = [
  strict('pg_initcap', ['VARCHAR'], 'VARCHAR', initcap),
  strict('pg_overlay', ['VARCHAR', 'VARCHAR', 'INTEGER', 'INTEGER'], 'VARCHAR', overlay),
  strict('pg_translate', ['VARCHAR', 'VARCHAR', 'VARCHAR'], 'VARCHAR', translate),
  strict('pg_reverse', ['VARCHAR'], 'VARCHAR', (text) => characters(text).reverse().join('')),
  strict('pg_split_part', ['VARCHAR', 'VARCHAR', 'INTEGER'], 'VARCHAR', splitPart),
  strict('pg_chr', ['INTEGER'], 'VARCHAR', chr),
  strict('pg_fit', ['VARCHAR', 'INTEGER', 'VARCHAR'], 'VARCHAR', fit),
  strict('pg_name', ['VARCHAR'], 'VARCHAR', (text) => truncateBytes(text, NAME_BYTES_MAX)),
  strict('pg_quote_ident', ['VARCHAR'], 'VARCHAR', quoteIdent),
  strict('pg_quote_literal', ['VARCHAR'], 'VARCHAR', quoteLiteral),
  strict('pg_format', ['VARCHAR', 'VARCHAR[]'], 'VARCHAR', format),
  strict('pg_parse_ident', ['VARCHAR', 'BOOLEAN'], 'VARCHAR[]', parseIdent),
  strict('pg_unistr', ['VARCHAR'], 'VARCHAR', unistr),
  strict('pg_normalize', ['VARCHAR', 'VARCHAR'], 'VARCHAR', normalize),
  strict('pg_is_normalized', ['VARCHAR', 'VARCHAR'], 'BOOLEAN', (text, form) => normalize(text, form) === text),
  lenient('pg_string_to_array', ['VARCHAR', 'VARCHAR'], 'VARCHAR[]', (text, separator) =>
    text === null ? null : stringToArray(text, separator, null),
  ),
  lenient('pg_string_to_array_null', ['VARCHAR', 'VARCHAR', 'VARCHAR'], 'VARCHAR[]', (text, separator, nullText) =>
    text === null ? null : stringToArray(text, separator, nullText),
  ),
]
