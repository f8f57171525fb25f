import type { Call } from '../../../proxy/print/answer.ts'
import { bindOnce, print, quote } from './helper.ts'
import { checkedReplacement, flagsOf, found, nothing, replacement } from './pattern-part.ts'
import type { FoundRegex } from './regex.ts'

/**
 * Regular expressions from a place on, and their second and later matches. The text before the place is cut off, so a pattern
 * that would look at it is refused. https://www.postgresql.org/docs/18/functions-matching.html
 */
type Place = { readonly one: FoundRegex; readonly start: number; readonly text: string; readonly engine: string }

/** Null: the pattern is NULL. */
function placed(call: Call, start: number, flags: string): Place | null {
  const one = found(call, flags)
  if (one === null) return null
  if (one.matchesNothing) return call.unsupported('a regular expression that matches nothing')
  if (start > 1 && one.looksAround) return call.unsupported('a regular expression that looks around')
  const text = start === 1 ? call.arg(0) : `substr(${call.arg(0)}, ${start})`
  return { one, start, text, engine: quote(one.engine) }
}

/** A constant argument, of which less would be an error. Null: NULL. */
function number(call: Call, index: number, least: number): number | null {
  const text = call.constant(index)
  if (text === null) return null
  const value = Number(text)
  return text === undefined || value < least ? call.unsupported('such a number') : value
}

type Asked = { readonly place: Place; readonly nth: number; readonly option: number; readonly group: number }

/** Where the arguments of a function stand; left out, they are 1, 1, 0, no flags and 0. */
type Places = {
  readonly start: number
  readonly nth?: number
  readonly option?: number
  readonly flags?: number
  readonly group?: number
}

function answer(places: Places, nthLeast: 0 | 1, write: (call: Call, asked: Asked) => string) {
  return print((call) => {
    const ask = (index: number | undefined, least: number, otherwise: number) =>
      index === undefined ? otherwise : number(call, index, least)
    const start = number(call, places.start, 1)
    const nth = ask(places.nth, nthLeast, 1)
    const [option, group] = [ask(places.option, 0, 0), ask(places.group, 0, 0)]
    const flags = places.flags === undefined ? '' : flagsOf(call, places.flags)
    if (start === null || nth === null || option === null || group === null) return nothing(call)
    const place = placed(call, start, flags)
    return place === null ? nothing(call) : write(call, { place, nth, option, group })
  })
}

const matchAt = ({ text, engine }: Place, nth: number, group: number) =>
  `element_at(regexp_extract_all(${text}, ${engine}, ${group}), ${nth})`
const positionOf = ({ text, engine }: Place, nth: number) => `regexp_position(${text}, ${engine}, 1, ${nth})`

const count = (places: Places) =>
  answer(places, 1, (_, { place }) => `CAST(regexp_count(${place.text}, ${place.engine}) AS integer)`)

const substring = (places: Places) =>
  answer(places, 1, (call, { place, nth, group }) =>
    group > place.one.groups ? nothing(call) : matchAt(place, nth, group),
  )

const position = (places: Places) =>
  answer(places, 1, (call, { place, nth, option, group }) => {
    if (group > 0) return call.unsupported('the place of a group')
    if (option > 1) return call.unsupported('such an option')
    const end = option === 1 ? ` + length(${matchAt(place, nth, 0)})` : ''
    const skipped = place.start === 1 ? '' : ` + ${place.start - 1}`
    return bindOnce(
      [positionOf(place, nth)],
      ([at = '']) =>
        `CAST(CASE WHEN ${at} > 0 THEN ${at}${skipped}${end} WHEN ${at} IS NOT NULL THEN 0 END AS integer)`,
    )
  })

/** The whole of a match is a match by itself where the pattern looks at nothing around it. */
const replaced = (places: Places) =>
  answer(places, 0, (call, { place, nth }) => {
    if (call.constant(2) === null) return nothing(call)
    const text = quote(checkedReplacement(call, replacement(call, place.one, 0)))
    const before = place.start === 1 ? '' : `substr(${call.arg(0)}, 1, ${place.start - 1}) || `
    if (nth === 0) return `(${before}regexp_replace(${place.text}, ${place.engine}, ${text}))`
    if (place.one.looksAround) return call.unsupported('a regular expression that looks around')
    return bindOnce([place.text, positionOf(place, nth), matchAt(place, nth, 0)], ([all = '', at = '', match = '']) => {
      const changed = `substr(${all}, 1, ${at} - 1) || regexp_replace(${match}, ${place.engine}, ${text}) || substr(${all}, ${at} + length(${match}))`
      return `(${before}CASE WHEN ${at} > 0 THEN ${changed} ELSE ${all} END)`
    })
  })

export const PLACED = {
  regexp_count_no_flags: count({ start: 2 }),
  regexp_count: count({ start: 2, flags: 3 }),
  regexp_substr_no_n: substring({ start: 2 }),
  regexp_substr_no_flags: substring({ start: 2, nth: 3 }),
  regexp_substr_no_subexpr: substring({ start: 2, nth: 3, flags: 4 }),
  regexp_substr: substring({ start: 2, nth: 3, flags: 4, group: 5 }),
  regexp_instr_no_n: position({ start: 2 }),
  regexp_instr_no_endoption: position({ start: 2, nth: 3 }),
  regexp_instr_no_flags: position({ start: 2, nth: 3, option: 4 }),
  regexp_instr_no_subexpr: position({ start: 2, nth: 3, option: 4, flags: 5 }),
  regexp_instr: position({ start: 2, nth: 3, option: 4, flags: 5, group: 6 }),
  textregexreplace_extended_no_n: replaced({ start: 3 }),
  textregexreplace_extended_no_flags: replaced({ start: 3, nth: 4 }),
  textregexreplace_extended: replaced({ start: 3, nth: 4, flags: 5 }),
}
