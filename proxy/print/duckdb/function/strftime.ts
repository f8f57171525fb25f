/** Patterns of to_char whose text strftime writes alike, longest first. https://duckdb.org/docs/stable/sql/functions/dateformat */
const PATTERNS: readonly (readonly [string, string])[] = [
  ['FMMonth', '%B'],
  ['FMDay', '%A'],
  ['IYYY', '%G'],
  ['YYYY', '%Y'],
  ['HH24', '%H'],
  ['HH12', '%I'],
  ['DDD', '%j'],
  ['Mon', '%b'],
  ['MM', '%m'],
  ['DD', '%d'],
  ['Dy', '%a'],
  ['HH', '%I'],
  ['MI', '%M'],
  ['SS', '%S'],
  ['MS', '%g'],
  ['US', '%f'],
  ['YY', '%y'],
  ['IW', '%V'],
  ['AM', '%p'],
  ['PM', '%p'],
]

/** null: something in it strftime does not have, or would write in another way. */
export function strftimeFormat(format: string): string | null {
  let out = ''
  for (let at = 0; at < format.length; ) {
    const rest = format.slice(at)
    const pattern = PATTERNS.find(([name]) => rest.startsWith(name))
    if (pattern !== undefined) {
      const after = rest.slice(pattern[0].length)
      // a suffix, or more of a longer pattern (SSSS, DDTH, YYYYY)
      if (/^(TH|th|SP|[YDSMIHU])/.test(after) && !PATTERNS.some(([name]) => after.startsWith(name))) return null
      if (/^(TH|th|SP)/.test(after) || rest.startsWith('SSSS')) return null
      out += pattern[1]
      at += pattern[0].length
      continue
    }
    const char = format[at] ?? ''
    if (/[A-Za-z"\\\u0080-\uffff]/.test(char)) return null
    out += char === '%' ? '%%' : char
    at++
  }
  return out
}
