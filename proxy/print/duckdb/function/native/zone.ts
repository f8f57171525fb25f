/** A time zone as SQL names it: a rule set of the IANA database, or a fixed offset east of UTC. */
export type Zone =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'offset'; readonly seconds: number }

const HOUR = 3600

/** Abbreviations of PostgreSQL's default set (timezonesets/Default) that people write; each is one fixed offset there. */
const ABBREVIATIONS: ReadonlyMap<string, number> = new Map([
  ['ACDT', 10.5],
  ['ACST', 9.5],
  ['AEDT', 11],
  ['AEST', 10],
  ['AKDT', -8],
  ['AKST', -9],
  ['AST', -4],
  ['ADT', -3],
  ['AWST', 8],
  ['BST', 1],
  ['CDT', -5],
  ['CEST', 2],
  ['CET', 1],
  ['CST', -6],
  ['EDT', -4],
  ['EEST', 3],
  ['EET', 2],
  ['EST', -5],
  ['HKT', 8],
  ['HST', -10],
  ['IDT', 3],
  ['JST', 9],
  ['KST', 9],
  ['MDT', -6],
  ['MST', -7],
  ['NDT', -2.5],
  ['NST', -3.5],
  ['NZDT', 13],
  ['NZST', 12],
  ['PDT', -7],
  ['PKT', 5],
  ['PST', -8],
  ['SGT', 8],
  ['WET', 0],
  ['WEST', 1],
  ['UTC', 0],
  ['GMT', 0],
  ['UT', 0],
  ['Z', 0],
  ['ZULU', 0],
  ['UCT', 0],
])

/**
 * PostgreSQL asks, in this order: an abbreviation, a name of the database, a POSIX specification (whose sign is the other
 * way round: "+3" is west). null: none of them, or a POSIX rule with daylight saving.
 */
export function zoneNamed(text: string): Zone | null {
  const hours = ABBREVIATIONS.get(text.toUpperCase())
  if (hours !== undefined)
    return hours === 0 ? { kind: 'name', name: 'UTC' } : { kind: 'offset', seconds: hours * HOUR }
  const posix = /^(?:[A-Za-z]{3,}|<[^>]+>)?([+-]?)(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text)
  if (posix !== null && !/^Etc\//i.test(text)) {
    const seconds = Number(posix[2]) * HOUR + Number(posix[3] ?? 0) * 60 + Number(posix[4] ?? 0)
    return { kind: 'offset', seconds: posix[1] === '-' ? seconds : seconds === 0 ? 0 : -seconds }
  }
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return null
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions()
    return { kind: 'name', name: timeZone }
  } catch (_) {
    return null
  }
}
