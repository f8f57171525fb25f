import type { Call } from '../../../proxy/print/answer.ts'
import { parseFormat } from '../../../proxy/print/duckdb/function/native/format-time.ts'
import { bindOnce, constantText, quote, raise } from './helper.ts'

/**
 * to_date and to_timestamp by a constant format of plain numbers, for texts that follow it closely. DCH_from_char reads
 * much else; such texts are refused when they come. https://www.postgresql.org/docs/18/functions-formatting.html
 */
const WIDTHS: Readonly<Record<string, number>> = { YYYY: 4, MM: 2, DD: 2, HH24: 2, HH: 2, MI: 2, SS: 2, MS: 3, US: 6 }
/** What may be missing, and what it is then. */
const DEFAULTS: Readonly<Record<string, string>> = { MM: '1', DD: '1', HH24: '0', MI: '0', SS: '0', MS: '0', US: '0' }

/** A timestamp, as the clocks show it. */
export function fromCharOf(call: Call): string {
  const format = constantText(call, 1, 'a format')
  if (format === null) return 'CAST(NULL AS timestamp(6))'
  const { pattern, places } = readerOf(format) ?? call.unsupported('this format')
  return bindOnce([call.arg(0)], ([x = '']) => {
    const part = (key: string) => {
      const place = places.get(key)
      return place === undefined
        ? (DEFAULTS[key] ?? '0')
        : `CAST(regexp_extract(${x}, ${quote(pattern)}, ${place}) AS integer)`
    }
    const fraction = `${part('MS')} * 1000 + ${part('US')}`
    const made = `pg_read_timestamp(${x}, ${['YYYY', 'MM', 'DD', 'HH24', 'MI', 'SS'].map(part).join(', ')}, ${fraction})`
    return `CASE WHEN regexp_like(${x}, ${quote(pattern)}) THEN ${made} WHEN ${x} IS NOT NULL THEN ${raise('0A000', 'a text that does not follow its format closely is not supported')} END`
  })
}

/** A regular expression with a group for each number. */
function readerOf(format: string): { pattern: string; places: Map<string, number> } | null {
  const tokens = tokensOf(format)
  if (tokens === null) return null
  const places = new Map<string, number>()
  let pattern = '\\A'
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'text') {
      // separators stand for each other in PostgreSQL: here each for itself
      pattern += token.text.replace(/[^A-Za-z0-9]/g, '\\$&')
      continue
    }
    const key = token.key.toUpperCase() === 'HH' ? '' : token.key.toUpperCase()
    const width = WIDTHS[key]
    if (width === undefined || token.ordinal !== '' || token.fill || places.has(key)) return null
    places.set(key, places.size + 1)
    const next = tokens[index + 1]
    const isApart = next === undefined || (next.kind === 'text' && !/^\d/.test(next.text))
    pattern += width === 2 && isApart ? '([0-9]{1,2})' : `([0-9]{${width}})`
  }
  return places.has('YYYY') ? { pattern: `${pattern}\\z`, places } : null
}

function tokensOf(format: string): ReturnType<typeof parseFormat> | null {
  try {
    return parseFormat(format)
  } catch (_) {
    return null
  }
}
