import type { Call } from '../../answer.ts'
import { ESCAPE, plainLike } from '../../value/like.ts'
import { each, FOLD, print, raise, same, sql } from './helper.ts'
import { engineRegex } from './native/regex-text.ts'
import { lowerAscii } from './text.ts'

/**
 * LIKE, SIMILAR TO and POSIX regular expressions. PostgreSQL's regular expressions differ from RE2's in syntax and in which
 * of several matches they prefer: a constant pattern that means the same in RE2 runs there (only "does it match" is asked);
 * everything else runs in native/regex.ts, which follows PostgreSQL's rules.
 * https://www.postgresql.org/docs/18/functions-matching.html
 */

/** A constant LIKE pattern without needless escapes, so that DuckDB can turn it into a prefix or equality search. */
function likePattern(call: Call, index: number, fold: boolean): { pattern: string; clause: string } {
  const text = call.constant(index)
  if (typeof text !== 'string') {
    const pattern = fold ? lowerAscii(call.arg(index)) : call.arg(index)
    return { pattern, clause: ` ESCAPE '${ESCAPE}'` }
  }
  const plain = plainLike(text, fold)
  if (plain === null) return { pattern: raise('22025', 'LIKE pattern must not end with escape character'), clause: '' }
  return { pattern: call.quote(plain.pattern), clause: plain.escapes ? ` ESCAPE '${ESCAPE}'` : '' }
}

function like(negated: boolean, fold: boolean) {
  return print((call) => {
    if (call.constant(1) === null) return 'CAST(NULL AS BOOLEAN)'
    const { pattern, clause } = likePattern(call, 1, fold)
    const subject = fold ? lowerAscii(call.arg(0)) : call.arg(0)
    return `(${subject} ${negated ? 'NOT LIKE' : 'LIKE'} ${pattern}${clause})`
  })
}

function matches(call: Call, flags: string, negated: boolean): string {
  const pattern = call.constant(1)
  const not = negated ? 'NOT ' : ''
  if (pattern === null) return 'CAST(NULL AS BOOLEAN)'
  if (pattern !== undefined) {
    const engine = engineRegex(pattern, flags)
    if (engine !== null) return `(${not}regexp_matches(${call.arg(0)}, ${call.quote(engine)}, 's'))`
  }
  return `(${not}pg_regexp_like(${call.arg(0)}, ${call.arg(1)}, ${call.quote(flags)}))`
}

const regex = (flags: string, negated: boolean) => print((call) => matches(call, flags, negated))

export const PATTERN = {
  ...each(['textlike', 'namelike'], like(false, false)),
  ...each(['textnlike', 'namenlike'], like(true, false)),
  ...each(['texticlike', 'nameiclike'], like(false, true)),
  ...each(['texticnlike', 'nameicnlike'], like(true, true)),
  like_escape: same('pg_like_escape', FOLD),
  ...each(['textregexeq', 'nameregexeq'], regex('', false)),
  ...each(['textregexne', 'nameregexne'], regex('', true)),
  ...each(['texticregexeq', 'nameicregexeq'], regex('i', false)),
  ...each(['texticregexne', 'nameicregexne'], regex('i', true)),
  similar_to_escape_1: sql("pg_similar_escape($1, '\\')", FOLD),
  similar_to_escape_2: same('pg_similar_escape', FOLD),
  similar_escape: sql("pg_similar_escape($1, coalesce($2, '\\'))", FOLD),
  'substring(text,text,text)': sql("pg_regexp_substring($1, pg_similar_escape($2, $3), '')"),
  textregexsubstr: sql("pg_regexp_substring($1, $2, '')"),
  regexp_like: same('pg_regexp_like'),
  regexp_like_no_flags: sql("pg_regexp_like($1, $2, '')"),
  regexp_match: same('pg_regexp_match'),
  regexp_match_no_flags: sql("pg_regexp_match($1, $2, '')"),
  regexp_count: same('pg_regexp_count'),
  regexp_count_no_flags: sql("pg_regexp_count($1, $2, $3, '')"),
  regexp_count_no_start: sql("pg_regexp_count($1, $2, 1, '')"),
  regexp_instr: same('pg_regexp_instr'),
  regexp_instr_no_subexpr: sql('pg_regexp_instr($1, $2, $3, $4, $5, $6, 0)'),
  regexp_instr_no_flags: sql("pg_regexp_instr($1, $2, $3, $4, $5, '', 0)"),
  regexp_instr_no_endoption: sql("pg_regexp_instr($1, $2, $3, $4, 0, '', 0)"),
  regexp_instr_no_n: sql("pg_regexp_instr($1, $2, $3, 1, 0, '', 0)"),
  regexp_instr_no_start: sql("pg_regexp_instr($1, $2, 1, 1, 0, '', 0)"),
  regexp_substr: same('pg_regexp_substr'),
  regexp_substr_no_subexpr: sql('pg_regexp_substr($1, $2, $3, $4, $5, 0)'),
  regexp_substr_no_flags: sql("pg_regexp_substr($1, $2, $3, $4, '', 0)"),
  regexp_substr_no_n: sql("pg_regexp_substr($1, $2, $3, 1, '', 0)"),
  regexp_substr_no_start: sql("pg_regexp_substr($1, $2, 1, 1, '', 0)"),
  textregexreplace_noopt: sql("pg_regexp_replace($1, $2, $3, 1, 1, '')"),
  // a flags argument without g replaces the first match, as N = 1 does; with g all of them, N = 0
  textregexreplace: sql('pg_regexp_replace($1, $2, $3, 1, -1, $4)'),
  textregexreplace_extended: same('pg_regexp_replace'),
  textregexreplace_extended_no_flags: sql("pg_regexp_replace($1, $2, $3, $4, $5, '')"),
  textregexreplace_extended_no_n: sql("pg_regexp_replace($1, $2, $3, $4, 1, '')"),
  regexp_split_to_array: same('pg_regexp_split'),
  regexp_split_to_array_no_flags: sql("pg_regexp_split($1, $2, '')"),
}
