import type { Call } from '../../answer.ts'
import * as oid from '../../oid.ts'
import { lengthTypmod } from '../../value/typmod.ts'
import { outputText } from './conversion.ts'
import { each, FOLD, once, print, same, sql, unsupported, withDefaults } from './helper.ts'

/**
 * Strings. The twin's locale is C: upper, lower and initcap know ASCII letters only, as PostgreSQL's do there.
 * char(n) travels without its padding (duckdb/storage.ts), which is how PostgreSQL compares, measures and casts it.
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
  const rest: string[] = []
  for (let index = from; index < call.count; index++) {
    if (isVariadicArray(call, index)) return call.unsupported('VARIADIC')
    rest.push(shown(call, index))
  }
  return rest
}

/** VARIADIC "any" given an array to spread: the call's node says so. */
function isVariadicArray(call: Call, index: number): boolean {
  return index === call.count - 1 && 'funcvariadic' in call.node && call.node.funcvariadic === true
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

const TEXT = {
  textcat: sql('($1 || $2)'),
  'textanycat(text,anynonarray)': print((call) => `(${call.arg(0)} || ${call.text(1)})`),
  'anytextcat(anynonarray,text)': print((call) => `(${call.text(0)} || ${call.arg(1)})`),
  text_concat: print((call) => coalesced(variadic(call, 0))),
  text_concat_ws: print((call) => `concat_ws(${[call.arg(0), ...variadic(call, 1)].join(', ')})`),
  text_format: print((call) => `pg_format(${call.arg(0)}, [${variadic(call, 1).join(', ')}])`),
  text_format_nv: sql('pg_format($1, CAST([] AS VARCHAR[]))'),

  lower: print((call) => lowerAscii(call.arg(0))),
  upper: print((call) => `translate(${call.arg(0)}, '${LOWER}', '${UPPER}')`),
  casefold: print((call) => lowerAscii(call.arg(0))),
  initcap: same('pg_initcap'),

  ...each(['textlen', 'bpcharlen'], sql('CAST(length($1) AS INTEGER)')),
  textoctetlen: sql('CAST(strlen($1) AS INTEGER)'),
  bpcharoctetlen: print((call) => `CAST(strlen(${padded(call)}) AS INTEGER)`),
  'bit_length(text)': sql('CAST(8 * strlen($1) AS INTEGER)'),

  text_substr: once('pg_substr($1, $2, $3)'),
  text_substr_no_len: once('pg_substr1($1, $2)'),
  text_left: sql('left($1, CAST($2 AS BIGINT))'),
  text_right: sql('right($1, CAST($2 AS BIGINT))'),
  textoverlay: same('pg_overlay'),
  textoverlay_no_len: once('pg_overlay($1, $2, $3, CAST(length($2) AS INTEGER))'),
  textpos: sql('CAST(strpos($1, $2) AS INTEGER)'),
  text_starts_with: same('starts_with'),
  text_reverse: same('pg_reverse'),
  replace_text: once("CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 ELSE replace($1, $2, $3) END"),
  translate: same('pg_translate'),
  repeat: once('pg_repeat($1, $2)'),
  lpad: once('pg_lpad($1, $2, $3)'),
  rpad: once('pg_rpad($1, $2, $3)'),
  'lpad(text,int4)': once("pg_lpad($1, $2, ' ')"),
  'rpad(text,int4)': once("pg_rpad($1, $2, ' ')"),
  btrim: same('trim'),
  ltrim: same('ltrim'),
  rtrim: same('rtrim'),
  btrim1: sql("trim($1, ' ')"),
  ltrim1: sql("ltrim($1, ' ')"),
  rtrim1: sql("rtrim($1, ' ')"),
  split_part: once('pg_split_part($1, $2, $3)'),
  ascii: same('ascii'),
  chr: same('pg_chr'),
  md5_text: same('md5'),
  quote_ident: same('pg_quote_ident'),
  quote_literal: same('pg_quote_literal'),
  'quote_literal(anyelement)': print((call) => `pg_quote_literal(${call.text(0)})`),
  quote_nullable: sql("coalesce(pg_quote_literal($1), 'NULL')"),
  'quote_nullable(anyelement)': print((call) => `coalesce(pg_quote_literal(${call.text(0)}), 'NULL')`),
  parse_ident: withDefaults('pg_parse_ident', ['true'], 2),
  unistr: same('pg_unistr', FOLD),
  unicode_normalize_func: withDefaults('pg_normalize', ["'NFC'"], 2, FOLD),
  unicode_is_normalized: withDefaults('pg_is_normalized', ["'NFC'"], 2),
  unicode_assigned: unsupported('unicode_assigned'),
  ...each(['to_ascii_default', 'to_ascii_enc', 'to_ascii_encname'], unsupported('to_ascii')),
  text_to_array: same('pg_string_to_array'),
  text_to_array_null: same('pg_string_to_array_null'),
}

/** Casts between the string types. A name has 63 bytes at most. */
const TEXT_CAST = {
  ...each(['name_text', 'name_bpchar', 'char_text', 'char_bpchar'], sql('$1')),
  ...each(['text_name', 'bpchar_name'], same('pg_name')),
  text_char: once(
    'CASE WHEN ascii($1) > 127 THEN error(\'@0A000@a non-ASCII value of type "char" is not supported@@\') ELSE left($1, 1) END',
  ),
  i4tochar: unsupported('casting an integer to "char"'),
  chartoi4: sql('ascii($1)'),
  varchar: print((call) => limited(call, (arg, length) => `left(${arg}, ${length})`)),
  bpchar: print((call) => limited(call, (arg, length) => `rtrim(left(${arg}, ${length}), ' ')`)),
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
  return `pg_fit(${call.arg(0)}, ${length}, ${call.quote(name)})`
}

const BYTEA = {
  byteacat: sql('($1 || $2)'),
  byteaoctetlen: sql('CAST(octet_length($1) AS INTEGER)'),
  'bit_length(bytea)': sql('CAST(8 * octet_length($1) AS INTEGER)'),
  length_in_encoding: unsupported('length(bytea, name)'),
  bytea_substr: same('pg_bytea_substr'),
  bytea_substr_no_len: same('pg_bytea_substr1'),
  byteaoverlay: same('pg_bytea_overlay'),
  byteaoverlay_no_len: once('pg_bytea_overlay($1, $2, $3, CAST(octet_length($2) AS INTEGER))'),
  byteapos: same('pg_bytea_position'),
  byteatrim: sql("pg_bytea_trim($1, $2, 'both')"),
  bytealtrim: sql("pg_bytea_trim($1, $2, 'left')"),
  byteartrim: sql("pg_bytea_trim($1, $2, 'right')"),
  byteaGetBit: same('pg_get_bit'),
  byteaGetByte: same('pg_get_byte'),
  byteaSetBit: same('pg_set_bit'),
  byteaSetByte: same('pg_set_byte'),
  bytea_bit_count: same('pg_bit_count'),
  bytea_reverse: same('pg_bytea_reverse'),
  int2_bytea: sql("unhex(lpad(pg_to_base(CAST($1 AS BIGINT) & 65535, 16), 4, '0'))"),
  int4_bytea: sql("unhex(lpad(pg_to_base(CAST($1 AS BIGINT) & 4294967295, 16), 8, '0'))"),
  int8_bytea: sql("unhex(lpad(pg_to_base($1, 16), 16, '0'))"),
  ...each(
    ['bytea_int2', 'bytea_int4', 'bytea_int8'],
    print((call) => {
      const bytes = Number(call.function.source.slice(-1))
      return `CAST(pg_bytea_int(${call.arg(0)}, ${bytes}) AS ${call.resultTypeName()})`
    }),
  ),
  binary_encode: same('pg_encode'),
  binary_decode: same('pg_decode'),
  md5_bytea: same('md5'),
  sha224_bytea: sql("pg_sha($1, 'sha224')"),
  sha256_bytea: sql('unhex(sha256($1))'),
  sha384_bytea: sql("pg_sha($1, 'sha384')"),
  sha512_bytea: sql("pg_sha($1, 'sha512')"),
  crc32_bytea: same('pg_crc32'),
  crc32c_bytea: same('pg_crc32c'),
  pg_convert_from: print((call) =>
    isUtf8(call.constant(1)) ? `pg_utf8(${call.arg(0)})` : call.unsupported('an encoding other than UTF8'),
  ),
  pg_convert_to: print((call) =>
    isUtf8(call.constant(1)) ? `encode(${call.arg(0)})` : call.unsupported('an encoding other than UTF8'),
  ),
  pg_convert: unsupported('convert between encodings'),
  ...each(['bytealike', 'byteanlike', 'like_escape_bytea'], unsupported('LIKE over bytea')),
}

function isUtf8(name: string | null | undefined): boolean {
  return typeof name === 'string' && /^utf-?8$/i.test(name)
}

export const TEXT_ANSWERS = { ...TEXT, ...TEXT_CAST, ...BYTEA }
