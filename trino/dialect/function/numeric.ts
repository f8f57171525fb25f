import type { Call, NumericShape } from '../../../proxy/print/answer.ts'
import { scaleOfDivision } from '../../../proxy/print/scale.ts'
import { placesShape } from '../../../proxy/print/value/numeric-shape.ts'
import { DECIMAL_DIGITS_MAX, decimal } from '../type.ts'
import { bindOnce, each, FOLD, once, onlyConstant, print, raise, same, sql, unsupported } from './helper.ts'
import { toCharOfNumber } from './to-char-number.ts'

/**
 * numeric is decimal(p, s) with one scale per column and 38 digits; PostgreSQL has a scale per value. What is computed here
 * equals PostgreSQL's value; trailing zeros may differ.
 */

/** Digits after the point kept of square roots; PostgreSQL gives at least 16 significant digits. */
const IRRATIONAL: NumericShape = { precision: DECIMAL_DIGITS_MAX, scale: 20 }

/** Fewer places than are computed: those of quotients from 1, 10000, 10^8 … */
const FEWER_PLACES = [16, 12, 8, 4, 0]

/**
 * `a / b` rounded half away from zero to `scale` places, or to fewer where PostgreSQL does: its rule goes by the digits of
 * both operands, row by row. Rounding twice would not give its last digit.
 */
export function quotient(a: string, left: NumericShape, b: string, scale: number): string {
  const type = decimal({ precision: DECIMAL_DIGITS_MAX, scale })
  return bindOnce([a, b], ([x = '', y = '']) => {
    const whens = FEWER_PLACES.filter((places) => places < scale && places >= left.scale).map(
      (places) => `WHEN ${places} THEN CAST(${rounded(x, left, y, places)} AS ${type})`,
    )
    const otherwise = rounded(x, left, y, scale)
    return whens.length === 0 ? otherwise : `CASE ${scaleOfDivision(x, y).sql} ${whens.join(' ')} ELSE ${otherwise} END`
  })
}

function rounded(a: string, left: NumericShape, b: string, scale: number): string {
  const type = decimal({ precision: DECIMAL_DIGITS_MAX, scale })
  // Trino's quotient has the larger of both scales
  if (left.precision - left.scale + scale <= DECIMAL_DIGITS_MAX) return `CAST(CAST(${a} AS ${type}) / ${b} AS ${type})`
  // the dividend's whole digits leave no room for that: the whole part first, then what remains
  return bindOnce([a, b], ([x = '', y = '']) => {
    const rest = `CAST(CAST(${x} % ${y} AS ${type}) / ${y} AS ${type})`
    return `CAST(CAST((${x} - ${x} % ${y}) / ${y} AS ${type}) + ${rest} AS ${type})`
  })
}

function toPlaces(name: 'round' | 'truncate') {
  const shape = (call: Call) => placesShape(call, DECIMAL_DIGITS_MAX)
  return print(
    (call) => {
      const places = call.constant(1)
      const type = decimal(shape(call))
      if (places === null) return `CAST(NULL AS ${type})`
      if (places !== undefined && Number(places) >= call.numeric(0).scale) return `CAST(${call.arg(0)} AS ${type})`
      return `CAST(${name}(${call.arg(0)}, ${call.arg(1)}) AS ${type})`
    },
    { shape },
  )
}

function wholeShape(call: Call): NumericShape {
  const own = call.numeric(0)
  return { precision: Math.min(DECIMAL_DIGITS_MAX, Math.max(1, own.precision - own.scale + 1)), scale: 0 }
}

function widest(call: Call): NumericShape {
  const [left, right] = [call.numeric(0), call.numeric(1)]
  const scale = Math.max(left.scale, right.scale)
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  return { precision: Math.min(DECIMAL_DIGITS_MAX, whole + scale), scale }
}

const whole = (name: string) =>
  print((call) => `CAST(${name}(${call.arg(0)}) AS ${decimal(wholeShape(call))})`, { shape: wholeShape })

/** A function of whole numbers, of numerics with as many decimal places as the longer has. */
function ofWholes(name: string, shape: (call: Call) => NumericShape) {
  return print(
    (call) => {
      const { scale } = widest(call)
      const unit = `CAST('1${'0'.repeat(scale)}' AS decimal(${scale + 1}, 0))`
      const [a, b] = [0, 1].map((index) => `CAST(${call.arg(index)} * ${unit} AS decimal(38, 0))`)
      const type = decimal(shape(call))
      return scale === 0
        ? `CAST(${name}(${call.arg(0)}, ${call.arg(1)}) AS ${type})`
        : `CAST(${name}(${a}, ${b}) * DECIMAL '0.${'0'.repeat(scale - 1)}1' AS ${type})`
    },
    { shape },
  )
}

/** What rounds to less or more is out of range, which takes as many digits before the point to tell. */
function toInteger(name: string, digits: number, tooMuch: string, tooLittle: string) {
  return print((call) => {
    const own = call.numeric(0)
    if (own.precision - own.scale < digits) return `CAST(${call.arg(0)} AS ${name})`
    return bindOnce(
      [call.arg(0)],
      ([x = '']) =>
        `CASE WHEN ${x} >= ${tooMuch} OR ${x} <= ${tooLittle} THEN ${raise('22003', `${name} out of range`)} ELSE CAST(${x} AS ${name}) END`,
    )
  })
}

const toChar = print((call) => toCharOfNumber(call), FOLD)

export const NUMERIC = {
  numeric_add: sql('($1 + $2)'),
  numeric_sub: sql('($1 - $2)'),
  numeric_mul: print((call) => {
    if (call.numeric(0).scale + call.numeric(1).scale >= DECIMAL_DIGITS_MAX)
      return call.unsupported('numeric multiplication of so many decimal places')
    return `(${call.arg(0)} * ${call.arg(1)})`
  }),
  numeric_div: print((call) => quotient(call.arg(0), call.numeric(0), call.arg(1), call.resultNumeric().scale)),
  numeric_mod: sql('($1 % $2)', { shape: widest }),
  numeric_div_trunc: once('CAST(($1 - $1 % $2) / $2 AS decimal(38, 0))', {
    shape: () => ({ precision: DECIMAL_DIGITS_MAX, scale: 0 }),
  }),
  numeric_uminus: sql('(- $1)', { shape: (call) => call.numeric(0) }),
  numeric_uplus: sql('$1', { shape: (call) => call.numeric(0) }),
  numeric_abs: same('abs', { shape: (call) => call.numeric(0) }),
  numeric_sign: sql('CAST(sign($1) AS decimal(2, 0))', { shape: () => ({ precision: 2, scale: 0 }) }),
  numeric_round: toPlaces('round'),
  numeric_trunc: toPlaces('truncate'),
  'round(numeric)': whole('round'),
  'trunc(numeric)': whole('truncate'),
  numeric_ceil: whole('ceiling'),
  numeric_floor: whole('floor'),
  numeric_sqrt: print(
    (call) =>
      call.numeric(0).scale > 20
        ? call.unsupported('so many decimal places')
        : `pg_numeric_sqrt(CAST(${call.arg(0)} AS decimal(38, 20)))`,
    { shape: () => IRRATIONAL },
  ),
  ...each(
    ['numeric_exp', 'numeric_ln', 'numeric_log', 'log(numeric)', 'log10(numeric)', 'numeric_power'],
    onlyConstant('a value that is not constant: the last of its digits would not always be the same'),
  ),
  numeric_fac: sql('pg_factorial($1)', { shape: () => ({ precision: 38, scale: 0 }) }),
  numeric_gcd: ofWholes('pg_gcd', widest),
  numeric_lcm: ofWholes('pg_lcm', (call) => ({ precision: DECIMAL_DIGITS_MAX, scale: widest(call).scale })),
  numeric_min_scale: sql('pg_min_scale(CAST($1 AS varchar))'),
  numeric_scale: unsupported('scale(numeric): the lake keeps one scale per column'),
  numeric_trim_scale: unsupported('trim_scale(numeric): the lake keeps one scale per column'),
  width_bucket_numeric: print((call) => {
    const fits = [0, 1, 2].every((index) => call.numeric(index).scale <= 8)
    const args = [0, 1, 2].map((index) => `CAST(${call.arg(index)} AS decimal(38, 8))`)
    return fits
      ? `pg_width_bucket_numeric(${args.join(', ')}, ${call.arg(3)})`
      : call.unsupported('so many decimal places')
  }),
  width_bucket_array: unsupported('width_bucket over an array'),

  numeric: print((call) => {
    const [own, wanted] = [call.numeric(0), call.resultNumeric()]
    const type = call.resultTypeName()
    const room = wanted.precision - wanted.scale - (wanted.scale < own.scale ? 1 : 0)
    if (own.precision - own.scale <= room) return `CAST(${call.arg(0)} AS ${type})`
    return bindOnce(
      [call.arg(0)],
      ([x = '']) =>
        `coalesce(TRY_CAST(${x} AS ${type}), CASE WHEN ${x} IS NOT NULL THEN ${raise('22003', 'numeric field overflow')} END)`,
    )
  }),
  ...each(
    ['int2_numeric', 'int4_numeric', 'int8_numeric'],
    print((call) => `CAST(${call.arg(0)} AS ${decimal(call.numeric(0))})`, { shape: (call) => call.numeric(0) }),
  ),
  numeric_int2: toInteger('smallint', 5, "DECIMAL '32767.5'", "DECIMAL '-32768.5'"),
  numeric_int4: toInteger('integer', 10, "DECIMAL '2147483647.5'", "DECIMAL '-2147483648.5'"),
  numeric_int8: toInteger('bigint', 19, "DECIMAL '9223372036854775807.5'", "DECIMAL '-9223372036854775808.5'"),
  // 15 significant digits are exact in a double: more are parsed from text, which rounds correctly
  ...each(
    ['numeric_float8', 'numeric_float4'],
    print((call) => {
      const short = call.numeric(0).precision <= 15 && call.resultTypeName() === 'double'
      return `CAST(${short ? call.arg(0) : `CAST(${call.arg(0)} AS varchar)`} AS ${call.resultTypeName()})`
    }),
  ),
  float8_numeric: sql('CAST(pg_float_numeric(CAST($1 AS varchar), 15) AS decimal(38, 15))', {
    shape: () => ({ precision: 38, scale: 15 }),
  }),
  float4_numeric: sql('CAST(pg_float_numeric(CAST($1 AS varchar), 6) AS decimal(38, 15))', {
    shape: () => ({ precision: 38, scale: 15 }),
  }),
  numeric_to_number: onlyConstant('a text that is not constant'),
  ...each(['numeric_to_char', 'int4_to_char', 'int8_to_char'], toChar),
  ...each(['float8_to_char', 'float4_to_char'], onlyConstant('a float that is not constant')),
}
