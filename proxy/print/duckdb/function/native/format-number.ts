import { cached, fail, type Native, refuse, strict } from './native.ts'
import { type Decimal, decimalText, parseDecimal, rescale } from './number.ts'

/**
 * to_char of numbers and to_number: NUMDesc_prepare and NUM_processor of formatting.c, step for step, in the C locale
 * (decimal point ".", group ",", no currency symbol).
 * https://www.postgresql.org/docs/18/functions-formatting.html
 */

type Token = { readonly key: Key } | { readonly text: string }
type Key =
  | ','
  | '.'
  | '0'
  | '9'
  | 'B'
  | 'C'
  | 'D'
  | 'EEEE'
  | 'FM'
  | 'G'
  | 'L'
  | 'MI'
  | 'PL'
  | 'PR'
  | 'RN'
  | 'SG'
  | 'SP'
  | 'S'
  | 'TH'
  | 'th'
  | 'V'

const KEYS: readonly Key[] = [
  ',',
  '.',
  '0',
  '9',
  'B',
  'C',
  'D',
  'EEEE',
  'FM',
  'G',
  'L',
  'MI',
  'PL',
  'PR',
  'RN',
  'SG',
  'SP',
  'S',
  'V',
]

type Description = {
  pre: number
  post: number
  multi: number
  zeroStart: number
  zeroEnd: number
  lsign: 'none' | 'pre' | 'post'
  preLsign: number
  zero: boolean
  decimal: boolean
  fill: boolean
  minus: boolean
  plus: boolean
  bracket: boolean
  multiply: boolean
  scientific: boolean
  roman: 'upper' | 'lower' | null
}

type Format = { readonly tokens: readonly Token[]; readonly description: Readonly<Description> }

function tokenize(format: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < format.length; ) {
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"?/.exec(format.slice(at))
    if (quoted !== null) {
      tokens.push({ text: (quoted[1] ?? '').replace(/\\([\s\S])/g, '$1') })
      at += quoted[0].length
      continue
    }
    const rest = format.slice(at, at + 4)
    if (/^th/i.test(rest)) {
      tokens.push({ key: rest.startsWith('TH') ? 'TH' : 'th' })
      at += 2
      continue
    }
    const key = KEYS.find((one) => rest.startsWith(one) || rest.startsWith(one.toLowerCase()))
    if (key !== undefined) tokens.push({ key })
    else
      tokens.push({ text: format[at] === '\\' && format[at + 1] === '"' ? (format[++at] ?? '') : (format[at] ?? '') })
    at += key?.length ?? 1
  }
  return tokens
}

function bad(message: string): never {
  return fail('42601', message)
}

const parseFormat = cached((text: string): Format => {
  const tokens = tokenize(text)
  const d: Description = {
    pre: 0,
    post: 0,
    multi: 0,
    zeroStart: 0,
    zeroEnd: 0,
    lsign: 'none',
    preLsign: 0,
    zero: false,
    decimal: false,
    fill: false,
    minus: false,
    plus: false,
    bracket: false,
    multiply: false,
    scientific: false,
    roman: null,
  }
  let lsign = false
  for (const token of tokens) {
    if (!('key' in token)) continue
    switch (token.key) {
      case '9':
        if (d.bracket) bad('"9" must be ahead of "PR"')
        if (d.multiply) d.multi++
        else if (d.decimal) d.post++
        else d.pre++
        break
      case '0':
        if (d.bracket) bad('"0" must be ahead of "PR"')
        if (!d.zero && !d.decimal) {
          d.zero = true
          d.zeroStart = d.pre + 1
        }
        if (d.decimal) d.post++
        else d.pre++
        d.zeroEnd = d.pre + d.post
        break
      case 'D':
      case '.':
        if (d.decimal) bad('multiple decimal points')
        if (d.multiply) bad('cannot use "V" and decimal point together')
        d.decimal = true
        break
      case 'FM':
        d.fill = true
        break
      case 'S':
        if (lsign) bad('cannot use "S" twice')
        if (d.plus || d.minus || d.bracket) bad('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
        lsign = true
        d.lsign = d.decimal ? 'post' : 'pre'
        if (!d.decimal) d.preLsign = d.pre
        break
      case 'MI':
        if (lsign) bad('cannot use "S" and "MI" together')
        d.minus = true
        break
      case 'PL':
        if (lsign) bad('cannot use "S" and "PL" together')
        d.plus = true
        break
      case 'SG':
        if (lsign) bad('cannot use "S" and "SG" together')
        d.minus = true
        d.plus = true
        break
      case 'PR':
        if (lsign || d.plus || d.minus) bad('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
        d.bracket = true
        break
      case 'V':
        if (d.decimal) bad('cannot use "V" and decimal point together')
        d.multiply = true
        break
      case 'EEEE':
        d.scientific = true
        break
      case 'RN':
        d.roman = text.includes('RN') ? 'upper' : 'lower'
        break
      case 'L':
      case 'C':
      case 'B':
      case 'SP':
        return refuse(`the pattern ${token.key}`)
      default:
    }
  }
  return { tokens, description: d }
})

/** What is left of trailing zeros under FM: the index of the last digit to show, or of the point when none is. */
function lastRelevant(number: string, d: Description): number | null {
  const point = number.indexOf('.')
  if (!d.fill || !d.decimal || point < 0) return null
  let last = point
  for (let at = point + 1; at < number.length; at++) if (number[at] !== '0') last = at
  if (d.zeroEnd > d.pre) last = Math.max(last, Math.min(number.length - 1, point + (d.zeroEnd - d.pre)))
  return last
}

const ORDINALS = ['TH', 'ST', 'ND', 'RD']

function ordinal(digits: string): string {
  const last = Number(digits.slice(-1))
  return digits.length > 1 && digits.at(-2) === '1' ? 'TH' : (ORDINALS[last] ?? 'TH')
}

/** `number`: digits without sign, with `post` decimals */
function write(format: Format, negative: boolean, digits: string, preDigits: number): string {
  const d: Description = { ...format.description }
  const pre = d.pre + (d.multiply ? d.multi : 0)
  let number = digits
  let spaces = 0
  if (preDigits < pre) spaces = pre - preDigits
  else if (preDigits > pre) number = `${'#'.repeat(pre)}${d.decimal ? `.${'#'.repeat(d.post)}` : ''}`
  const positive = !negative
  let signWritten: boolean
  if (d.plus || d.minus) signWritten = !(d.plus && !d.minus)
  else {
    if (positive && d.fill) d.bracket = false
    signWritten = positive && d.fill && d.lsign === 'none'
    if (d.lsign === 'pre' && d.pre === d.preLsign) d.lsign = 'post'
  }
  const zeroStart = d.zeroStart > 0 ? d.zeroStart - 1 : 0
  let count = d.post + pre - 1
  if (!signWritten && spaces === 0) count++
  const last = lastRelevant(number, d)
  let out = ''
  let at = 0
  let current = 0
  let inNumber = false
  const predecimalSpace = () => !d.zero && at === 0 && number[0] === '0' && d.post !== 0
  const part = (key: '9' | '0' | '.') => {
    inNumber = false
    if (
      !signWritten &&
      (current >= spaces || (d.zero && zeroStart === current)) &&
      (!predecimalSpace() || (last !== null && number[last] === '.'))
    ) {
      if (d.lsign !== 'none') {
        if (d.lsign === 'pre') {
          out += positive ? '+' : '-'
          signWritten = true
        }
      } else if (d.bracket) {
        out += positive ? ' ' : '<'
        signWritten = true
      } else if (positive) {
        if (!d.fill) out += ' '
        signWritten = true
      } else {
        out += '-'
        signWritten = true
      }
    }
    if (current < spaces && (zeroStart > current || !d.zero)) {
      if (!d.fill) out += ' '
    } else if (d.zero && current < spaces && zeroStart <= current) {
      out += '0'
      inNumber = true
    } else {
      const char = number[at]
      if (char === '.') {
        out += '.'
      } else if (last !== null && at > last && key !== '0') {
        // a zero that FM drops
      } else if (predecimalSpace()) {
        if (!d.fill) out += ' '
        else if (last !== null && number[last] === '.') out += '0'
      } else if (char !== undefined) {
        out += char
        inNumber = true
      }
      if (at < number.length) at++
    }
    let end = count + (spaces > 0 ? 1 : 0) + (d.decimal ? 1 : 0)
    if (last !== null && last === at) end = current
    if (current + 1 === end) {
      if (signWritten && d.bracket) out += positive ? ' ' : '>'
      else if (d.lsign === 'post') out += positive ? '+' : '-'
    }
    current++
  }
  for (const token of format.tokens) {
    if (!('key' in token)) {
      out += token.text
      continue
    }
    switch (token.key) {
      case '9':
      case '0':
        part(token.key)
        break
      case '.':
      case 'D':
        part('.')
        break
      case ',':
      case 'G':
        if (inNumber) out += ','
        else if (!d.fill) out += ' '
        break
      case 'MI':
        if (negative) out += '-'
        else if (!d.fill) out += ' '
        break
      case 'PL':
        if (positive) out += '+'
        else if (!d.fill) out += ' '
        break
      case 'SG':
        out += positive ? '+' : '-'
        break
      case 'TH':
      case 'th':
        if (number.startsWith('#') || negative || d.decimal) break
        out += token.key === 'TH' ? ordinal(number) : ordinal(number).toLowerCase()
        break
      default:
    }
  }
  return out
}

/** d.ddde+xx, half away from zero. Where rounding carries, PostgreSQL shows 10e+08 and not 1e+09, and so do we. */
function scientific(value: Decimal, places: number): string {
  const digits = (value.digits < 0n ? -value.digits : value.digits).toString()
  const exponent = digits === '0' ? 0 : digits.length - 1 - value.scale
  const mantissa = decimalText(rescale({ digits: BigInt(digits), scale: digits.length - 1 }, places))
  const size = Math.abs(exponent).toString().padStart(2, '0')
  return `${value.digits < 0n ? '-' : ' '}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
]
const ROMAN_WIDTH = 15

function roman(value: Decimal, { fill, roman: style }: Readonly<Description>): string {
  let rest = Number(rescale(value, 0).digits)
  if (rest < 1 || rest > 3999) return '#'.repeat(ROMAN_WIDTH)
  let out = ''
  for (const [size, letters] of ROMAN) {
    for (; rest >= size; rest -= size) out += letters
  }
  const shown = style === 'lower' ? out.toLowerCase() : out
  return fill ? shown : shown.padStart(ROMAN_WIDTH)
}

function numberToChar(value: Decimal, format: string): string {
  const parsed = parseFormat(format)
  if (parsed.description.scientific) return scientific(value, parsed.description.post)
  if (parsed.description.roman !== null) return roman(value, parsed.description)
  const { post, multi, multiply } = parsed.description
  const scaled = multiply ? { digits: value.digits * 10n ** BigInt(multi), scale: value.scale } : value
  const rounded = rescale(scaled, post)
  const negative = rounded.digits < 0n
  const text = decimalText({ digits: negative ? -rounded.digits : rounded.digits, scale: post })
  return write(parsed, negative, text, text.split('.')[0]?.length ?? 0)
}

/** printf's %.*f: exact, ties to even */
function fixed(value: number, places: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${places === 0 ? '' : `.${'0'.repeat(places)}`}`
  const longer = value.toFixed(Math.min(100, places + 1))
  if (!longer.endsWith('5') || Number(longer) !== value) return value.toFixed(places)
  const decimal = parseDecimal(longer)
  const floor = decimal.digits / 10n
  return decimalText({ digits: floor % 2n === 0n ? floor : floor + (decimal.digits < 0n ? -1n : 1n), scale: places })
}

/** DBL_DIG and FLT_DIG: digits beyond them are not shown */
function floatToChar(value: number, format: string, digitsMax: number): string {
  if (!Number.isFinite(value)) return refuse('to_char of NaN or infinity')
  const parsed = parseFormat(format)
  if (parsed.description.scientific)
    return `${value < 0 || Object.is(value, -0) ? '-' : ' '}${Math.abs(value)
      .toExponential(parsed.description.post)
      .replace(/e([+-])(\d)$/, 'e$10$2')}`
  if (parsed.description.roman !== null) return roman(parseDecimal(fixed(value, 0)), parsed.description)
  const scaled = parsed.description.multiply ? value * 10 ** parsed.description.multi : value
  const whole = fixed(Math.abs(scaled), 0).length
  const post = whole >= digitsMax ? 0 : Math.min(parsed.description.post, digitsMax - whole)
  const shown = fixed(scaled, post)
  const negative = scaled < 0 || Object.is(scaled, -0)
  const format2: Format = { tokens: parsed.tokens, description: { ...parsed.description, post } }
  const text = shown.replace(/^-/, '')
  return write(format2, negative, text, text.split('.')[0]?.length ?? 0)
}

/** to_number: digits where the template has them, group and other characters skipped */
function toNumber(text: string, format: string): string {
  const { tokens, description } = parseFormat(format)
  if (description.scientific || description.roman !== null) return refuse('the pattern EEEE or RN for reading')
  if (description.multiply) return refuse('the pattern V')
  let at = 0
  let negative = false
  let out = ''
  const sign = () => {
    if (text[at] === '-' || (description.bracket && text[at] === '<')) {
      negative = true
      at++
    } else if (text[at] === '+') at++
  }
  for (const token of tokens) {
    if (at >= text.length) break
    if (!('key' in token)) {
      at += token.text.length
      continue
    }
    switch (token.key) {
      case '9':
      case '0':
      case '.':
      case 'D':
        if (!/\d/.test(out)) {
          while (text[at] === ' ') at++
          if (description.lsign !== 'post' || description.lsign === 'post') sign()
        }
        if (/\d/.test(text[at] ?? '')) {
          if (token.key === '9' || token.key === '0') out += text[at++]
        } else if (text[at] === '.' && !out.includes('.') && description.decimal) {
          out += '.'
          at++
          if ((token.key === '9' || token.key === '0') && /\d/.test(text[at] ?? '')) out += text[at++]
        }
        break
      case ',':
      case 'G':
        if (text[at] === ',') at++
        break
      case 'S':
      case 'MI':
      case 'PL':
      case 'SG':
        while (text[at] === ' ') at++
        sign()
        break
      case 'TH':
      case 'th':
        at += 2
        break
      default:
    }
  }
  if (/^\s*-/.test(text.slice(at)) && description.lsign === 'post') negative = true
  if (!/\d/.test(out)) return fail('22P02', 'invalid input syntax for type numeric: " "')
  return `${negative ? '-' : ''}${out.startsWith('.') ? '0' : ''}${out.replace(/\.$/, '')}`
}

export const FORMAT_NUMBER_NATIVES: readonly Native[] = [
  strict('pg_to_char_numeric', ['VARCHAR', 'VARCHAR'], 'VARCHAR', (value, format) =>
    numberToChar(parseDecimal(value), format),
  ),
  strict('pg_to_char_float8', ['DOUBLE', 'VARCHAR'], 'VARCHAR', (value, format) => floatToChar(value, format, 15)),
  strict('pg_to_char_float4', ['DOUBLE', 'VARCHAR'], 'VARCHAR', (value, format) => floatToChar(value, format, 6)),
  strict('pg_to_number', ['VARCHAR', 'VARCHAR'], 'VARCHAR', toNumber),
]
