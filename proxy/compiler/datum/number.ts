import { view } from './bytes.ts'

const SHORT = 0x8000
const SPECIAL = 0xc000
const DIGITS_PER_GROUP = 4

/**
 * numeric as stored (a group of four decimal digits in two bytes, behind a short or a long header), with its display scale.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c
 */
export function numericText(value: Uint8Array): string {
  const data = view(value)
  const header = data.getUint16(0, true)
  if ((header & SPECIAL) === SPECIAL) {
    const special = header & 0xf000
    return special === 0xc000 ? 'NaN' : special === 0xd000 ? 'Infinity' : '-Infinity'
  }
  const short = (header & SHORT) !== 0
  const negative = short ? (header & 0x2000) !== 0 : (header & SPECIAL) === 0x4000
  const scale = short ? (header & 0x1f80) >> 7 : header & 0x3fff
  const weight = short ? (header & 0x40 ? ~0x3f : 0) | (header & 0x3f) : data.getInt16(2, true)
  const groupsAt = short ? 2 : 4
  const group = (index: number): string => {
    const at = groupsAt + 2 * index
    const digits = index >= 0 && at + 1 < value.length ? data.getInt16(at, true) : 0
    return String(digits).padStart(DIGITS_PER_GROUP, '0')
  }
  let whole = ''
  for (let index = 0; index <= weight; index++) whole += group(index)
  whole = whole.replace(/^0+(?=\d)/, '') || '0'
  let fraction = ''
  for (let index = weight + 1; fraction.length < scale; index++) fraction += group(index)
  return `${negative ? '-' : ''}${whole}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`
}

/** money in lc_monetary C, which is what a twin has. */
export function moneyText(cents: bigint): string {
  const size = cents < 0n ? -cents : cents
  const whole = String(size / 100n).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${cents < 0n ? '-' : ''}$${whole}.${String(size % 100n).padStart(2, '0')}`
}
