import type { Call } from '../answer.ts'
import { constantText } from '../answer-parts.ts'

/** Names that datetktbl and deltatktbl of datetime.c accept for a unit. */
export const UNITS: readonly (readonly [string, RegExp])[] = [
  ['microseconds', /^(us|usec|usecs|usecond|useconds|microsecon|microsecond|microseconds)$/],
  ['milliseconds', /^(ms|msec|msecs|msecond|mseconds|millisecon|millisecond|milliseconds)$/],
  ['second', /^(s|sec|secs|second|seconds)$/],
  ['minute', /^(m|min|mins|minute|minutes)$/],
  ['hour', /^(h|hr|hrs|hour|hours)$/],
  ['day', /^(d|day|days)$/],
  ['week', /^(w|week|weeks)$/],
  ['month', /^(mon|mons|month|months)$/],
  ['quarter', /^(qtr|quarter)$/],
  ['year', /^(y|yr|yrs|year|years)$/],
  ['decade', /^(dec|decs|decade|decades)$/],
  ['century', /^(c|cent|century|centuries)$/],
  ['millennium', /^(mil|mils|millennia|millennium)$/],
  ['epoch', /^epoch$/],
  ['dow', /^dow$/],
  ['isodow', /^isodow$/],
  ['doy', /^doy$/],
  ['isoyear', /^isoyear$/],
  ['julian', /^(j|jd|julian)$/],
  ['timezone', /^timezone$/],
  ['timezone_hour', /^timezone_h(our)?$/],
  ['timezone_minute', /^timezone_m(inute)?$/],
]

/** The unit that a constant argument names, by its full name; what is none stays as it is. Null: NULL. */
export function unitOf(call: Call, index: number): string | null {
  const text = constantText(call, index, 'a unit')
  if (text === null) return null
  const lower = text.toLowerCase()
  return UNITS.find(([, names]) => names.test(lower))?.[0] ?? lower
}
