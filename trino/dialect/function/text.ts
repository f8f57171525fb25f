import type { Call } from '../../../proxy/print/answer.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { lengthTypmod } from '../../../proxy/print/value/typmod.ts'
import { outputText } from './conversion.ts'
import {
  bindOnce,
  each,
  FOLD,
  once,
  onlyConstant,
  print,
  quote,
  raise,
  refuseVariadic,
  same,
  sql,
  unsupported,
} from './helper.ts'
import { TEXT_CHARACTERS_MAX } from './routine/text.ts'

/**
 * Strings. The twin's locale is C: upper, lower and initcap know ASCII letters only, as PostgreSQL's do there.
 * char(n) travels without its padding, which is how PostgreSQL compares, measures and casts it.
 * https://www.postgresql.org/docs/18/functions-string.html
 */

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'

export function lowerAscii(text: string): string {
  return `translate(${text}, '${UPPER}', '${LOWER}')`
}

/** An argument as concat() and format() show it: booleans are t and f. */
function shown(call: Call, index: number): string {
  if (call.type(index) === oid.BPCHAR || call.type(index) === oid.NUMERIC) return call.text(index)
  return outputText(call, call.arg(index), call.type(index))
}

function variadic(call: Call, from: number): readonly string[] {
  refuseVariadic(call)
  return Array.from({ length: call.count - from }, (_, index) => shown(call, from + index))
}

function coalesced(texts: readonly string[]): string {
  return texts.length === 0 ? "''" : `(${texts.map((text) => `coalesce(${text}, '')`).join(' || ')})`
}

function padded(call: Call): string {
  const length = lengthTypmod(call.typmod(0))
  return length === null
    ? call.unsupported('octet_length of a character value of unknown length')
    : `rpad(${call.arg(0)}, ${length}, ' ')`
}

/** `%s` and `%L` of a constant format, without widths. */
function formatted(call: Call): string {
  const format = call.constant(0)
  if (format === undefined) return call.unsupported('a format that is not constant')
  if (format === null) return 'CAST(NULL AS varchar)'
  const values = variadic(call, 1)
  let next = 0
  const parts = format.split(/(%(?:\d+\$)?[sL]|%%)/).map((part) => {
    const found = /^%(?:(\d+)\$)?([sL])$/.exec(part)
    if (part === '%%') return quote('%')
    if (found === null) return part.includes('%') ? call.unsupported('this format') : quote(part)
    const at = found[1] === undefined ? next : Number(found[1]) - 1
    next = at + 1
    const value = values[at] ?? call.unsupported('too few arguments')
    return found[2] === 's' ? `coalesce(${value}, '')` : `coalesce(pg_quote_literal(${value}), 'NULL')`
  })
  return `(${parts.filter((part) => part !== "''").join(' || ') || "''"})`
}

const octets = (text: string) => `length(to_utf8(${text}))`

const TEXT = {
  textcat: sql('($1 || $2)'),
  'textanycat(text,anynonarray)': print((call) => `(${call.arg(0)} || ${call.text(1)})`),
  'anytextcat(anynonarray,text)': print((call) => `(${call.text(0)} || ${call.arg(1)})`),
  text_concat: print((call) => coalesced(variadic(call, 0))),
  text_concat_ws: print((call) => {
    const texts = variadic(call, 1)
    const list = texts.length === 0 ? 'CAST(ARRAY[] AS ARRAY(VARCHAR))' : `ARRAY[${texts.map(varchar).join(', ')}]`
    return `array_join(${list}, ${call.arg(0)})`
  }),
  text_format: print(formatted, FOLD),
  text_format_nv: onlyConstant('a format that is not constant'),

  lower: print((call) => lowerAscii(call.arg(0))),
  upper: print((call) => `translate(${call.arg(0)}, '${LOWER}', '${UPPER}')`),
  casefold: print((call) => lowerAscii(call.arg(0))),
  initcap: print(
    (call) =>
      `regexp_replace(${call.arg(0)}, '([A-Za-z0-9])([A-Za-z0-9]*)', lw_g -> translate(lw_g[1], '${LOWER}', '${UPPER}') || ${lowerAscii('lw_g[2]')})`,
  ),

  ...each(['textlen', 'bpcharlen'], sql('CAST(length($1) AS INTEGER)')),
  textoctetlen: print((call) => `CAST(${octets(call.arg(0))} AS INTEGER)`),
  bpcharoctetlen: print((call) => `CAST(${octets(padded(call))} AS INTEGER)`),
  'bit_length(text)': print((call) => `CAST(8 * ${octets(call.arg(0))} AS INTEGER)`),

  text_substr: once(
    `CASE WHEN $3 < 0 THEN ${raise('22011', 'negative substring length not allowed')} WHEN $2 > 0 THEN substr($1, $2, $3) ELSE substr($1, 1, greatest(CAST($2 AS BIGINT) + $3 - 1, 0)) END`,
  ),
  text_substr_no_len: sql('substr($1, greatest($2, 1))'),
  text_left: once('CASE WHEN $2 >= 0 THEN substr($1, 1, $2) ELSE substr($1, 1, greatest(length($1) + $2, 0)) END'),
  text_right: once(
    "CASE WHEN $2 = 0 AND $1 IS NOT NULL THEN '' WHEN $2 > 0 THEN substr($1, greatest(length($1) - $2 + 1, 1)) ELSE substr($1, 1 - CAST($2 AS BIGINT)) END",
  ),
  textoverlay: once('pg_overlay($1, $2, $3, $4)'),
  textoverlay_no_len: once('pg_overlay($1, $2, $3, CAST(length($2) AS INTEGER))'),
  textpos: sql('CAST(strpos($1, $2) AS INTEGER)'),
  text_starts_with: same('starts_with'),
  text_reverse: same('reverse'),
  replace_text: once("CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 ELSE replace($1, $2, $3) END"),
  translate: same('translate'),
  repeat: once(
    `CASE WHEN $2 <= 0 AND $1 IS NOT NULL THEN '' WHEN CAST($2 AS BIGINT) * ${octets('$1')} > ${4 * TEXT_CHARACTERS_MAX} THEN ${raise('54000', 'requested length too large')} ELSE lpad('', length($1) * $2, CASE WHEN $1 = '' THEN ' ' ELSE $1 END) END`,
  ),
  lpad: print((call) => filled('lpad', call, call.constant(2))),
  rpad: print((call) => filled('rpad', call, call.constant(2))),
  'lpad(text,int4)': print((call) => filled('lpad', call, ' ')),
  'rpad(text,int4)': print((call) => filled('rpad', call, ' ')),
  btrim: trimmed('BOTH'),
  ltrim: trimmed('LEADING'),
  rtrim: trimmed('TRAILING'),
  btrim1: sql("trim(BOTH ' ' FROM $1)"),
  ltrim1: sql("trim(LEADING ' ' FROM $1)"),
  rtrim1: sql("trim(TRAILING ' ' FROM $1)"),
  split_part: print(splitPart),
  ascii: once("CASE WHEN $1 = '' THEN 0 ELSE CAST(codepoint(CAST(substr($1, 1, 1) AS VARCHAR(1))) AS INTEGER) END"),
  chr: once('pg_chr($1)'),
  md5_text: sql('lower(to_hex(md5(to_utf8($1))))'),
  quote_ident: onlyConstant('an identifier that is not constant'),
  quote_literal: sql('pg_quote_literal($1)'),
  'quote_literal(anyelement)': print((call) => `pg_quote_literal(${call.text(0)})`),
  quote_nullable: sql("coalesce(pg_quote_literal($1), 'NULL')"),
  'quote_nullable(anyelement)': print((call) => `coalesce(pg_quote_literal(${call.text(0)}), 'NULL')`),
  parse_ident: onlyConstant('a text that is not constant'),
  unistr: onlyConstant('a text that is not constant'),
  unicode_normalize_func: print((call) => {
    const form = call.count === 1 ? 'NFC' : call.constant(1)
    return typeof form === 'string' && /^NFK?[CD]$/i.test(form)
      ? `normalize(${call.arg(0)}, ${form.toUpperCase()})`
      : call.unsupported('another form')
  }, FOLD),
  unicode_is_normalized: print((call) => {
    const form = call.count === 1 ? 'NFC' : call.constant(1)
    return typeof form === 'string' && /^NFK?[CD]$/i.test(form)
      ? `(normalize(${call.arg(0)}, ${form.toUpperCase()}) = ${call.arg(0)})`
      : call.unsupported('another form')
  }, FOLD),
  unicode_assigned: unsupported('unicode_assigned'),
  ...each(['to_ascii_default', 'to_ascii_enc', 'to_ascii_encname'], unsupported('to_ascii')),
  text_to_array: sql('pg_string_to_array($1, $2)'),
  text_to_array_null: sql('pg_string_to_array_null($1, $2, $3)'),
}

/** A plain length that PostgreSQL would not refuse. */
const LENGTH_MAX = 1_000_000

function isPlainCount(value: string | null | undefined): boolean {
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) && Number(value) <= LENGTH_MAX
}

function filled(name: 'lpad' | 'rpad', call: Call, fill: string | null | undefined): string {
  const [text, length] = [call.arg(0), call.arg(1)]
  const padding = call.count === 2 ? "' '" : call.arg(2)
  const isPlain = isPlainCount(call.constant(1)) && typeof fill === 'string' && fill !== ''
  return `${isPlain ? name : `pg_${name}`}(${text}, ${length}, ${padding})`
}

function splitPart(call: Call): string {
  const delimiter = call.constant(1)
  if (typeof delimiter !== 'string' || delimiter === '' || !isPlainCount(call.constant(2)))
    return `pg_split_part(${call.args().join(', ')})`
  return bindOnce(
    [call.arg(0)],
    ([text = '']) =>
      `CASE WHEN ${text} IS NOT NULL THEN coalesce(split_part(${text}, ${call.arg(1)}, ${call.arg(2)}), '') END`,
  )
}

/** Trino gives texts of known length types of their own, which arrays do not mix. */
function varchar(text: string): string {
  return `CAST(${text} AS VARCHAR)`
}

/** Each character of the second argument, at the ends named. */
function trimmed(where: 'BOTH' | 'LEADING' | 'TRAILING') {
  return sql(`trim(${where} $2 FROM $1)`)
}

/** Casts between the string types. A name has 63 bytes at most. */
const TEXT_CAST = {
  ...each(['name_text', 'name_bpchar', 'char_text', 'char_bpchar'], sql('$1')),
  ...each(
    ['text_name', 'bpchar_name'],
    once(
      `CASE WHEN ${octets('$1')} <= 63 THEN $1 WHEN $1 IS NOT NULL THEN ${raise('0A000', 'a name of more than 63 bytes is not supported')} END`,
    ),
  ),
  text_char: unsupported('casting to "char"'),
  i4tochar: unsupported('casting an integer to "char"'),
  chartoi4: unsupported('casting "char" to an integer'),
  varchar: print((call) => limited(call, (arg, length) => `substr(${arg}, 1, ${length})`)),
  bpchar: print((call) => limited(call, (arg, length) => `trim(TRAILING ' ' FROM substr(${arg}, 1, ${length}))`)),
}

/**
 * varchar(n) and char(n): the second argument is the typmod. An explicit cast cuts; an assignment fails with 22001
 * unless only blanks are lost.
 */
function limited(call: Call, cut: (arg: string, length: number) => string): string {
  const typmod = call.constant(1)
  const length = typmod === undefined || typmod === null ? null : lengthTypmod(Number(typmod))
  if (length === null) return call.arg(0)
  if (call.constant(2) === 'true' || call.constant(2) === 't') return cut(call.arg(0), length)
  const name = call.resultType === oid.BPCHAR ? 'character' : 'character varying'
  return `pg_fit(${call.arg(0)}, ${length}, ${quote(name)})`
}

const BYTEA = {
  byteacat: sql('($1 || $2)'),
  byteaoctetlen: sql('CAST(length($1) AS INTEGER)'),
  'bit_length(bytea)': sql('CAST(8 * length($1) AS INTEGER)'),
  length_in_encoding: unsupported('length(bytea, name)'),
  bytea_substr: once(
    `CASE WHEN $3 < 0 THEN ${raise('22011', 'negative substring length not allowed')} WHEN $2 > 0 THEN substr($1, $2, $3) ELSE substr($1, 1, greatest(CAST($2 AS BIGINT) + $3 - 1, 0)) END`,
  ),
  bytea_substr_no_len: sql('substr($1, greatest($2, 1))'),
  ...each(
    [
      'byteaoverlay',
      'byteaoverlay_no_len',
      'byteapos',
      'byteatrim',
      'bytealtrim',
      'byteartrim',
      'byteaSetBit',
      'byteaSetByte',
      'bytea_bit_count',
      'crc32c_bytea',
    ],
    unsupported('this function of bytea'),
  ),
  byteaGetBit: once('pg_get_bit($1, $2)'),
  byteaGetByte: once('pg_get_byte($1, $2)'),
  bytea_reverse: same('reverse'),
  int2_bytea: sql("from_hex(lpad(to_base(bitwise_and(CAST($1 AS BIGINT), 65535), 16), 4, '0'))"),
  int4_bytea: sql("from_hex(lpad(to_base(bitwise_and(CAST($1 AS BIGINT), 4294967295), 16), 8, '0'))"),
  int8_bytea: same('to_big_endian_64'),
  ...each(['bytea_int2', 'bytea_int4', 'bytea_int8'], unsupported('bytea as an integer')),
  binary_encode: print((call) => {
    const form = call.constant(1)?.toLowerCase()
    if (form === 'hex') return `lower(to_hex(${call.arg(0)}))`
    if (form === 'base64') return `regexp_replace(to_base64(${call.arg(0)}), '(.{76})(?=.)', '$1\n')`
    return call.unsupported('this format')
  }),
  binary_decode: onlyConstant('a text that is not constant'),
  md5_bytea: sql('lower(to_hex(md5($1)))'),
  sha224_bytea: unsupported('sha224'),
  sha256_bytea: same('sha256'),
  sha384_bytea: unsupported('sha384'),
  sha512_bytea: same('sha512'),
  crc32_bytea: same('crc32'),
  pg_convert_from: print((call) =>
    isUtf8(call.constant(1)) ? `pg_utf8(${call.arg(0)})` : call.unsupported('an encoding other than UTF8'),
  ),
  pg_convert_to: print((call) =>
    isUtf8(call.constant(1)) ? `to_utf8(${call.arg(0)})` : call.unsupported('an encoding other than UTF8'),
  ),
  pg_convert: unsupported('convert between encodings'),
  ...each(['bytealike', 'byteanlike', 'like_escape_bytea'], unsupported('LIKE over bytea')),
}

function isUtf8(name: string | null | undefined): boolean {
  return typeof name === 'string' && /^utf-?8$/i.test(name)
}

export const TEXT_ANSWERS = { ...TEXT, ...TEXT_CAST, ...BYTEA }
