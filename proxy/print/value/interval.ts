/** The three fields of PostgreSQL's interval, which it never mixes: months, days, microseconds. */
export type IntervalValue = { readonly months: number; readonly days: number; readonly micros: bigint }

const FIELD = /([+-]?\d+) (year|mon|day)s?/g
const CLOCK = /([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/

/** Reads what interval_out writes under IntervalStyle `postgres`: `1 year 2 mons -3 days +04:05:06.7`. */
export function parseInterval(text: string): IntervalValue | null {
  let months = 0
  let days = 0
  for (const [, count, unit] of text.matchAll(FIELD)) {
    if (unit === 'year') months += Number(count) * 12
    else if (unit === 'mon') months += Number(count)
    else days += Number(count)
  }
  const clock = CLOCK.exec(text)
  const rest = text.replace(FIELD, '').replace(CLOCK, '').trim()
  if (rest !== '') return null
  if (clock === null) return { months, days, micros: 0n }
  const [, sign, hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)
  const micros = whole * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return { months, days, micros: sign === '-' ? -micros : micros }
}
