import { type Json, numberText, parseWhole, TYPE_ORDER, uniqueEntries } from './json.ts'
import { type Native, strict } from './native.ts'
import { parseDecimal } from './number.ts'

/**
 * A text for each jsonb whose order, byte by byte, is PostgreSQL's order of jsonb, and which equal values share: what an
 * engine that takes jsonb for text can sort by. Every part ends below all that could follow in its place.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/jsonb_util.c, compareJsonbContainers
 */
const COUNT_DIGITS = 10
/** of numeric: 131072 digits before the point, 16383 after */
const EXPONENT_DIGITS = 7
const EXPONENT_ZERO = 1_000_000
const END = '\u0001'
/** Below it and END nothing stands in a text as it is. */
const ESCAPE = '\u0002'

function key(value: Json): string {
  const kind = String(1 + TYPE_ORDER.indexOf(value.kind))
  switch (value.kind) {
    case 'null':
      return kind
    case 'boolean':
      return kind + Number(value.value)
    case 'string':
      return kind + textKey(value.value)
    case 'number':
      return kind + numberKey(numberText(value.text))
    case 'array':
      // an empty one is least of all
      return value.items.length === 0 ? '0' : kind + count(value.items.length) + value.items.map(key).join('')
    case 'object': {
      const entries = uniqueEntries(value.entries)
      return kind + count(entries.length) + entries.map(([name, item]) => textKey(name) + key(item)).join('')
    }
  }
}

function count(size: number): string {
  return String(size).padStart(COUNT_DIGITS, '0')
}

function textKey(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return text.replace(/[\u0001\u0002]/g, (found) => ESCAPE + found) + END
}

/** Sign, exponent, digits; of what is below zero with each digit turned over. */
function numberKey(text: string): string {
  const { digits, scale } = parseDecimal(text)
  if (digits === 0n) return '1'
  const shown = String(digits < 0n ? -digits : digits)
  const exponent = String(EXPONENT_ZERO + shown.length - scale).padStart(EXPONENT_DIGITS, '0')
  const size = exponent + shown.replace(/0+$/, '')
  return digits > 0n ? `2${size}${END}` : `0${size.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`
}

export const JSONB_KEY_NATIVES: readonly Native[] = [
  strict('pg_jsonb_key', ['VARCHAR'], 'VARCHAR', (text) => key(parseWhole(text))),
]
