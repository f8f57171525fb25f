import type { Call } from '../../../proxy/print/answer.ts'
import { ESCAPE, plainLike } from '../../../proxy/print/value/like.ts'
import { constantText, each, onlyConstant, print, quote, raise, unsupported } from './helper.ts'
import { checkedReplacement, flagsOf, found, nothing, replacement } from './pattern-part.ts'
import { PLACED } from './pattern-place.ts'
import { matchedRegex } from './regex.ts'
import { lowerAscii } from './text.ts'

/**
 * LIKE, SIMILAR TO and POSIX regular expressions. A constant pattern is written anew in the syntax of Trino's engine, which
 * prefers other matches than PostgreSQL's: what asks for more than whether there is one is answered only for patterns of
 * which there is but one division. https://www.postgresql.org/docs/18/functions-matching.html
 */

/** A constant LIKE pattern without needless escapes, so that Trino can turn it into a prefix or equality search. */
function likePattern(call: Call, index: number, fold: boolean): { pattern: string; clause: string } {
  const text = call.constant(index)
  if (typeof text !== 'string') {
    const pattern = fold ? lowerAscii(call.arg(index)) : call.arg(index)
    return { pattern: `pg_like_pattern(${pattern})`, clause: ` ESCAPE '${ESCAPE}'` }
  }
  const plain = plainLike(text, fold)
  if (plain === null) return { pattern: raise('22025', 'LIKE pattern must not end with escape character'), clause: '' }
  return { pattern: quote(plain.pattern), clause: plain.escapes ? ` ESCAPE '${ESCAPE}'` : '' }
}

function like(negated: boolean, fold: boolean) {
  return print((call) => {
    if (call.constant(1) === null) return 'CAST(NULL AS boolean)'
    const { pattern, clause } = likePattern(call, 1, fold)
    const subject = fold ? lowerAscii(call.arg(0)) : call.arg(0)
    return `(${subject} ${negated ? 'NOT LIKE' : 'LIKE'} ${pattern}${clause})`
  })
}

function matches(call: Call, flags: string, negated: boolean): string {
  const pattern = constantText(call, 1, 'a regular expression')
  if (pattern === null) return 'CAST(NULL AS boolean)'
  const engine = matchedRegex(pattern, flags)
  if (engine === null) return call.unsupported('this regular expression')
  return `(${negated ? 'NOT ' : ''}regexp_like(${call.arg(0)}, ${quote(engine)}))`
}

const regex = (flags: string, negated: boolean) => print((call) => matches(call, flags, negated))

/** The match, or what its first group holds. */
function substring(call: Call, flags: string, group?: number): string {
  const one = found(call, flags)
  if (one === null) return nothing(call)
  return `regexp_extract(${call.arg(0)}, ${quote(one.engine)}, ${group ?? (one.groups > 0 ? 1 : 0)})`
}

/** An array of the groups of the first match, or of the whole of it. */
function groups(call: Call, flags: string): string {
  const one = found(call, flags)
  if (one === null) return nothing(call)
  const places = one.groups === 0 ? [0] : Array.from({ length: one.groups }, (_, index) => index + 1)
  const parts = places.map((place) => `regexp_extract(${call.arg(0)}, ${quote(one.engine)}, ${place})`)
  return `CASE WHEN regexp_like(${call.arg(0)}, ${quote(one.engine)}) THEN ARRAY[${parts.join(', ')}] END`
}

function replaced(call: Call, flags: string): string {
  const one = found(call, flags)
  if (one === null || call.constant(2) === null) return nothing(call)
  if (flags.includes('g')) {
    if (one.matchesNothing) return call.unsupported('a regular expression that matches nothing')
    return `regexp_replace(${call.arg(0)}, ${quote(one.engine)}, ${quote(checkedReplacement(call, replacement(call, one, 0)))})`
  }
  // the first match only: what comes before it and after it stays
  const text = checkedReplacement(call, replacement(call, one, 2))
  const whole = `\\A((?s:.*?))(${one.engine})((?s:.*))\\z`
  return `regexp_replace(${call.arg(0)}, ${quote(whole)}, ${quote(`$1${text}$${one.groups + 3}`)})`
}

function split(call: Call, flags: string): string {
  const one = found(call, flags)
  if (one === null) return nothing(call)
  if (one.matchesNothing) return call.unsupported('a regular expression that matches nothing')
  return `regexp_split(${call.arg(0)}, ${quote(one.engine)})`
}

function counted(call: Call, flags: string): string {
  const one = found(call, flags)
  if (one === null) return nothing(call)
  if (one.matchesNothing) return call.unsupported('a regular expression that matches nothing')
  return `CAST(regexp_count(${call.arg(0)}, ${quote(one.engine)}) AS integer)`
}

export const PATTERN = {
  ...each(['textlike', 'namelike'], like(false, false)),
  ...each(['textnlike', 'namenlike'], like(true, false)),
  ...each(['texticlike', 'nameiclike'], like(false, true)),
  ...each(['texticnlike', 'nameicnlike'], like(true, true)),
  like_escape: onlyConstant('a pattern that is not constant'),
  ...each(['textregexeq', 'nameregexeq'], regex('', false)),
  ...each(['textregexne', 'nameregexne'], regex('', true)),
  ...each(['texticregexeq', 'nameicregexeq'], regex('i', false)),
  ...each(['texticregexne', 'nameicregexne'], regex('i', true)),
  ...each(
    ['similar_to_escape_1', 'similar_to_escape_2', 'similar_escape'],
    onlyConstant('a pattern that is not constant'),
  ),
  'substring(text,text,text)': unsupported('SUBSTRING … SIMILAR'),
  textregexsubstr: print((call) => substring(call, '')),
  regexp_like: print((call) => matches(call, flagsOf(call, 2), false)),
  regexp_like_no_flags: regex('', false),
  regexp_match: print((call) => groups(call, flagsOf(call, 2))),
  regexp_match_no_flags: print((call) => groups(call, '')),
  regexp_instr_no_start: print((call) => {
    const one = found(call, '')
    return one === null
      ? nothing(call)
      : `CAST(greatest(regexp_position(${call.arg(0)}, ${quote(one.engine)}), 0) AS integer)`
  }),
  regexp_count_no_start: print((call) => counted(call, '')),
  regexp_substr_no_start: print((call) => substring(call, '', 0)),
  textregexreplace_noopt: print((call) => replaced(call, '')),
  textregexreplace: print((call) => replaced(call, flagsOf(call, 3))),
  regexp_split_to_array: print((call) => split(call, flagsOf(call, 2))),
  regexp_split_to_array_no_flags: print((call) => split(call, '')),
  ...PLACED,
}

/** zip() takes so many arrays. */
const GROUPS_MAX = 5

/** The groups of each match, or with no flag g of the first. */
function allGroups(call: Call, flags: string): string {
  const one = found(call, flags)
  if (one === null) return `CAST(NULL AS array(array(varchar)))`
  if (!flags.includes('g')) return `filter(ARRAY[${groups(call, flags)}], fn_m -> fn_m IS NOT NULL)`
  if (one.matchesNothing) return call.unsupported('a regular expression that matches nothing')
  if (one.groups > GROUPS_MAX) return call.unsupported('so many groups')
  const all = (group: number) => `regexp_extract_all(${call.arg(0)}, ${quote(one.engine)}, ${group})`
  if (one.groups <= 1) return `transform(${all(one.groups)}, fn_m -> ARRAY[fn_m])`
  const places = Array.from({ length: one.groups }, (_, index) => index + 1)
  return `transform(zip(${places.map(all).join(', ')}), fn_m -> ARRAY[${places.map((place) => `fn_m[${place}]`).join(', ')}])`
}

export const SPLITS = {
  regexp_split_to_table: print((call) => split(call, flagsOf(call, 2))),
  regexp_split_to_table_no_flags: print((call) => split(call, '')),
  regexp_matches: print((call) => allGroups(call, flagsOf(call, 2))),
  regexp_matches_no_flags: print((call) => allGroups(call, '')),
}
