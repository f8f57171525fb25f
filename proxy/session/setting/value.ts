import { PgError, type PgErrorFields } from '../../error.ts'
import { clientEncoding, ENCODING_HINT } from '../../wire/encoding.ts'

/**
 * How values of settings are read and shown, as PostgreSQL's guc.c does it. A parser gives the canonical text that SHOW
 * prints, or throws 22023; `current` is the value so far. https://www.postgresql.org/docs/18/config-setting.html
 */
export type Parse = (name: string, value: string, current?: string) => string

export function invalidValue(name: string, value: string, fields: PgErrorFields = {}): PgError {
  return new PgError('22023', `invalid value for parameter "${name}": "${value}"`, fields)
}

export const text: Parse = (_name, value) => value

/** Any unambiguous prefix of true, false, yes, no; on, off; 1, 0. */
export const boolean: Parse = (name, value) => {
  const word = value.trim().toLowerCase()
  if (word === '1' || word === 'on') return 'on'
  if (word === '0' || word === 'of' || word === 'off') return 'off'
  if (word !== '' && ('true'.startsWith(word) || 'yes'.startsWith(word))) return 'on'
  if (word !== '' && ('false'.startsWith(word) || 'no'.startsWith(word))) return 'off'
  throw new PgError('22023', `parameter "${name}" requires a Boolean value`)
}

export function oneOf(...values: readonly string[]): Parse {
  return (name, value) => {
    const found = values.find((candidate) => candidate === value.trim().toLowerCase())
    if (found !== undefined) return found
    throw invalidValue(name, value, { hint: `Available values: ${values.join(', ')}.` })
  }
}

export function integer(least: number, most: number): Parse {
  return (name, value) => {
    const trimmed = value.trim()
    if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(trimmed)) throw invalidValue(name, value)
    const number = Math.round(Number(trimmed))
    if (number < least || number > most) {
      throw new PgError('22023', `${number} is outside the valid range for parameter "${name}" (${least} .. ${most})`)
    }
    return String(number)
  }
}

const MS_OF_UNIT: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
]
const DURATION_MS_MAX = 2_147_483_647

/** A time in milliseconds; shown in the largest unit that divides it. */
export const duration: Parse = (name, value) => showDuration(readDuration(name, value))

export function durationMs(canonical: string): number {
  return readDuration('', canonical)
}

function readDuration(name: string, value: string): number {
  const match = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(value)
  const unit = match?.[2] ?? ''
  const factor = unit === '' ? 1 : unit === 'us' ? 0.001 : MS_OF_UNIT.find(([candidate]) => candidate === unit)?.[1]
  if (match === null || factor === undefined) {
    const hint =
      match === null ? {} : { hint: 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".' }
    throw invalidValue(name, value, hint)
  }
  const ms = Math.round(Number(match[1]) * factor)
  if (ms < 0 || ms > DURATION_MS_MAX) {
    throw new PgError(
      '22023',
      `${ms} ms is outside the valid range for parameter "${name}" (0 ms .. ${DURATION_MS_MAX} ms)`,
    )
  }
  return ms
}

function showDuration(ms: number): string {
  if (ms === 0) return '0'
  const [unit, factor] = MS_OF_UNIT.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / factor}${unit}`
}

/** Characters that are not printable ASCII are shown as \xHH, as PostgreSQL cleans application_name. */
export const printable: Parse = (_name, value) =>
  [...Buffer.from(value, 'utf8')]
    .map((byte) => (byte >= 32 && byte <= 126 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`))
    .join('')

export const encoding: Parse = (name, value) => {
  const known = clientEncoding(value)
  if (known === null) throw invalidValue(name, value, { hint: ENCODING_HINT })
  return known
}

const DATE_FORMS: readonly (readonly [RegExp, string])[] = [
  [/^iso$/, 'ISO'],
  [/^sql$/, 'SQL'],
  [/^german$/, 'German'],
  [/^postgres/, 'Postgres'],
]
const DATE_ORDERS: readonly (readonly [RegExp, string])[] = [
  [/^ymd$/, 'YMD'],
  [/^(dmy$|euro)/, 'DMY'],
  [/^(mdy$|us$|noneuro)/, 'MDY'],
]
const DATE_STYLE_DEFAULT = 'ISO, MDY'

/** How dates are written, and how ambiguous ones are read: what is not said stays as it is, as check_datestyle has it. */
export const dateStyle: Parse = (name, value, current = DATE_STYLE_DEFAULT) => {
  const said: { form?: string | undefined; order?: string | undefined } = {}
  const say = (part: 'form' | 'order', meant: string) => {
    if (said[part] !== undefined && said[part] !== meant)
      throw invalidValue(name, value, { detail: 'Conflicting "DateStyle" specifications.' })
    said[part] = meant
  }
  const [currentForm, currentOrder] = current.split(', ')
  const [defaultForm, defaultOrder] = DATE_STYLE_DEFAULT.split(', ')
  for (const word of value.split(',').map((part) => part.trim().toLowerCase())) {
    const form = DATE_FORMS.find(([pattern]) => pattern.test(word))?.[1]
    const order = DATE_ORDERS.find(([pattern]) => pattern.test(word))?.[1]
    if (form !== undefined) say('form', form)
    else if (order !== undefined) say('order', order)
    else if (word === 'default') {
      said.form ??= defaultForm
      said.order ??= defaultOrder
    } else throw invalidValue(name, value, { detail: `Unrecognized key word: "${word}".` })
  }
  const order = said.order ?? (said.form === 'German' ? 'DMY' : currentOrder)
  return `${said.form ?? currentForm}, ${order}`
}

export function only(fixed: string, parse: Parse, detail: string): Parse {
  return (name, value) => {
    if (parse(name, value) === fixed) return fixed
    throw invalidValue(name, value, { detail })
  }
}

/** A comma-separated list of identifiers. */
export const identifierList: Parse = (name, value) => {
  if (/^\s*$/.test(value)) return value.trim() === '' ? '' : value
  const element = String.raw`\s*(?:"(?:[^"]|"")+"|""|[^\s",]+)\s*`
  if (!new RegExp(`^${element}(?:,${element})*$`).test(value)) {
    throw invalidValue(name, value, { detail: 'List syntax is invalid.' })
  }
  return value
}

/** As SHOW gives a name in a list: quotes only where the name needs them. */
export function listedIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
