import type { Call, NumericShape } from '../../answer.ts'
import { placesShape } from '../../value/numeric-shape.ts'
import { DECIMAL_DIGITS_MAX, decimal } from '../type.ts'
import { bindOnce, each, FOLD, print, raise, same, sql, unsupported } from './helper.ts'

/**
 * numeric is DECIMAL(p,s) with one scale per column and 38 digits; PostgreSQL has a scale per value. What is computed here
 * equals PostgreSQL's value; trailing zeros may differ. What DECIMAL cannot do exactly is done on the decimal text by native/numeric.ts.
 */

/** DuckDB adds and multiplies DECIMALs of up to 18 digits in 64 bits, and fails where the result needs more. */
const NARROW_DIGITS = 18

/** Digits after the point kept of irrational results; PostgreSQL gives at least 16 significant digits. */
const IRRATIONAL: NumericShape = { precision: DECIMAL_DIGITS_MAX, scale: 20 }

function widened(call: Call, index: number, digits: number): string {
  const own = call.numeric(index)
  return `CAST(${call.arg(index)} AS ${decimal({ precision: Math.max(digits, own.precision), scale: own.scale })})`
}

function sum(operator: '+' | '-') {
  return print((call) => {
    const [left, right] = [call.numeric(0), call.numeric(1)]
    const scale = Math.max(left.scale, right.scale)
    const digits = Math.max(left.precision - left.scale, right.precision - right.scale) + scale + 1
    const narrow = left.precision <= NARROW_DIGITS && right.precision <= NARROW_DIGITS && digits > NARROW_DIGITS
    return `(${narrow ? widened(call, 0, NARROW_DIGITS + 1) : call.arg(0)} ${operator} ${call.arg(1)})`
  })
}

const MULTIPLY = print((call) => {
  const [left, right] = [call.numeric(0), call.numeric(1)]
  if (left.scale + right.scale >= DECIMAL_DIGITS_MAX)
    return call.unsupported('numeric multiplication of so many decimal places')
  const digits = left.precision + right.precision
  if (digits > DECIMAL_DIGITS_MAX) {
    // the operands' declared digits do not fit together: leave each its scale and share the digits before the point
    const whole = DECIMAL_DIGITS_MAX - left.scale - right.scale
    const rightWhole = Math.min(right.precision - right.scale, Math.ceil(whole / 2))
    const leftWhole = Math.min(left.precision - left.scale, whole - rightWhole)
    const cast = (index: number, shape: NumericShape) => `CAST(${call.arg(index)} AS ${decimal(shape)})`
    const l = cast(0, { precision: leftWhole + left.scale, scale: left.scale })
    const r = cast(1, { precision: DECIMAL_DIGITS_MAX - leftWhole - left.scale, scale: right.scale })
    return `(${l} * ${r})`
  }
  const narrow = left.precision <= NARROW_DIGITS && right.precision <= NARROW_DIGITS && digits > NARROW_DIGITS
  return `(${narrow ? widened(call, 0, DECIMAL_DIGITS_MAX - right.precision) : call.arg(0)} * ${call.arg(1)})`
})

/** `a / b` rounded half away from zero to `scale` places. */
export function quotient(a: string, left: NumericShape, b: string, right: NumericShape, scale: number): string {
  const type = decimal({ precision: DECIMAL_DIGITS_MAX, scale })
  const shift = scale - left.scale + right.scale
  // HUGEINT holds 38 digits; the macro doubles the dividend to round
  const fits =
    shift >= 0 &&
    left.precision + shift < DECIMAL_DIGITS_MAX &&
    left.precision + left.scale <= DECIMAL_DIGITS_MAX &&
    right.precision + right.scale < DECIMAL_DIGITS_MAX
  if (!fits) return `CAST(pg_numeric_div(CAST(${a} AS VARCHAR), CAST(${b} AS VARCHAR), ${scale}) AS ${type})`
  const whole = (sql: string, shape: NumericShape) =>
    `CAST(CAST(${sql} AS ${decimal({ precision: DECIMAL_DIGITS_MAX, scale: shape.scale })}) * CAST('${power(shape.scale)}' AS DECIMAL(38,0)) AS HUGEINT)`
  const unit = scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`
  return `(CAST(pg_hdiv(${whole(a, left)} * CAST('${power(shift)}' AS HUGEINT), ${whole(b, right)}) AS DECIMAL(38,0)) * CAST('${unit}' AS DECIMAL(${scale + 1},${scale})))`
}

function power(exponent: number): string {
  return `1${'0'.repeat(exponent)}`
}

/** round(x, n) and trunc(x, n) */
function toPlaces(name: 'round' | 'trunc') {
  const shape = (call: Call) => placesShape(call, DECIMAL_DIGITS_MAX)
  return print(
    (call) => {
      const places = call.constant(1)
      const type = decimal(shape(call))
      if (places === null) return `CAST(NULL AS ${type})`
      if (places === undefined)
        return `CAST(pg_numeric_${name}(CAST(${call.arg(0)} AS VARCHAR), ${call.arg(1)}) AS ${type})`
      const own = call.numeric(0)
      const digits = Number(places)
      if (digits >= own.scale) return `CAST(${call.arg(0)} AS ${type})`
      if (digits < 0) return `CAST(pg_numeric_${name}(CAST(${call.arg(0)} AS VARCHAR), ${digits}) AS ${type})`
      const room = decimal({ precision: Math.min(DECIMAL_DIGITS_MAX, own.precision + 1), scale: own.scale })
      return `CAST(${name}(CAST(${call.arg(0)} AS ${room}), ${digits}) AS ${type})`
    },
    { shape },
  )
}

function wholeShape(call: Call): NumericShape {
  const own = call.numeric(0)
  return { precision: Math.min(DECIMAL_DIGITS_MAX, Math.max(1, own.precision - own.scale + 1)), scale: 0 }
}

/** A function of native/numeric.ts over decimal texts. */
function onText(name: string, shape: (call: Call) => NumericShape) {
  return print(
    (call) =>
      `CAST(${name}(${call
        .args()
        .map((arg) => `CAST(${arg} AS VARCHAR)`)
        .join(', ')}) AS ${decimal(shape(call))})`,
    { shape },
  )
}

const irrational = () => IRRATIONAL

function widest(call: Call): NumericShape {
  const [left, right] = [call.numeric(0), call.numeric(1)]
  const scale = Math.max(left.scale, right.scale)
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  return { precision: Math.min(DECIMAL_DIGITS_MAX, whole + scale), scale }
}

/** What rounds to less or more is out of range, which takes as many digits before the point to tell. */
function toInteger(name: string, digits: number, tooMuch: string, tooLittle: string) {
  return print((call) => {
    const own = call.numeric(0)
    if (own.precision - own.scale < digits) return `CAST(${call.arg(0)} AS ${call.resultTypeName()})`
    return bindOnce(
      [call.arg(0)],
      ([x = '']) =>
        `CASE WHEN ${x} >= ${tooMuch} OR ${x} <= ${tooLittle} THEN ${raise('22003', `${name} out of range`)} ELSE CAST(${x} AS ${call.resultTypeName()}) END`,
    )
  })
}

export const NUMERIC = {
  numeric_add: sum('+'),
  numeric_sub: sum('-'),
  numeric_mul: MULTIPLY,
  numeric_div: print((call) =>
    quotient(call.arg(0), call.numeric(0), call.arg(1), call.numeric(1), call.resultNumeric().scale),
  ),
  numeric_mod: onText('pg_numeric_mod', widest),
  numeric_div_trunc: onText('pg_numeric_div_trunc', (call) => {
    const [left, right] = [call.numeric(0), call.numeric(1)]
    return { precision: Math.min(DECIMAL_DIGITS_MAX, left.precision - left.scale + right.scale + 1), scale: 0 }
  }),
  numeric_uminus: sql('(- $1)', { shape: (call) => call.numeric(0) }),
  numeric_uplus: sql('$1', { shape: (call) => call.numeric(0) }),
  numeric_abs: same('abs', { shape: (call) => call.numeric(0) }),
  numeric_sign: sql('CAST(sign($1) AS DECIMAL(2,0))', { shape: () => ({ precision: 2, scale: 0 }) }),
  numeric_round: toPlaces('round'),
  numeric_trunc: toPlaces('trunc'),
  'round(numeric)': print(
    (call) => `CAST(round(${widened(call, 0, call.numeric(0).precision + 1)}) AS ${decimal(wholeShape(call))})`,
    { shape: wholeShape },
  ),
  'trunc(numeric)': print((call) => `CAST(trunc(${call.arg(0)}) AS ${decimal(wholeShape(call))})`, {
    shape: wholeShape,
  }),
  numeric_ceil: print(
    (call) => `CAST(ceil(${widened(call, 0, call.numeric(0).precision + 1)}) AS ${decimal(wholeShape(call))})`,
    { shape: wholeShape },
  ),
  numeric_floor: print(
    (call) => `CAST(floor(${widened(call, 0, call.numeric(0).precision + 1)}) AS ${decimal(wholeShape(call))})`,
    { shape: wholeShape },
  ),
  numeric_sqrt: onText('pg_numeric_sqrt', irrational),
  numeric_exp: onText('pg_numeric_exp', irrational),
  numeric_ln: onText('pg_numeric_ln', irrational),
  numeric_log: onText('pg_numeric_log', irrational),
  'log(numeric)': onText('pg_numeric_log10', irrational),
  'log10(numeric)': onText('pg_numeric_log10', irrational),
  numeric_power: onText('pg_numeric_power', irrational),
  numeric_fac: print((call) => `CAST(pg_factorial(${call.arg(0)}) AS DECIMAL(38,0))`, {
    shape: () => ({ precision: 38, scale: 0 }),
  }),
  numeric_gcd: onText('pg_numeric_gcd', widest),
  numeric_lcm: onText('pg_numeric_lcm', (call) => ({ precision: DECIMAL_DIGITS_MAX, scale: widest(call).scale })),
  numeric_min_scale: sql('pg_numeric_min_scale(CAST($1 AS VARCHAR))'),
  numeric_scale: unsupported('scale(numeric): the lake keeps one scale per column'),
  numeric_trim_scale: unsupported('trim_scale(numeric): the lake keeps one scale per column'),
  width_bucket_numeric: sql(
    'pg_width_bucket_numeric(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR), CAST($3 AS VARCHAR), $4)',
  ),
  ...each(['width_bucket_array'], unsupported('width_bucket over an array')),

  numeric: print((call) => `CAST(${call.arg(0)} AS ${call.resultTypeName()})`),
  ...each(
    ['int2_numeric', 'int4_numeric', 'int8_numeric'],
    print((call) => `CAST(${call.arg(0)} AS ${decimal(call.numeric(0))})`, { shape: (call) => call.numeric(0) }),
  ),
  numeric_int2: toInteger('smallint', 5, '32767.5', '-32768.5'),
  numeric_int4: toInteger('integer', 10, '2147483647.5', '-2147483648.5'),
  numeric_int8: toInteger('bigint', 19, '9223372036854775807.5', '-9223372036854775808.5'),
  // 15 significant digits are exact in a double: more are parsed from text, which rounds correctly
  ...each(
    ['numeric_float8', 'numeric_float4'],
    print((call) => {
      const arg = call.numeric(0).precision <= 15 ? call.arg(0) : `CAST(${call.arg(0)} AS VARCHAR)`
      return `CAST(${arg} AS ${call.resultTypeName()})`
    }),
  ),
  float8_numeric: sql('CAST(pg_float8_numeric($1) AS DECIMAL(38,15))', { shape: () => ({ precision: 38, scale: 15 }) }),
  float4_numeric: sql('CAST(pg_float4_numeric($1) AS DECIMAL(38,15))', { shape: () => ({ precision: 38, scale: 15 }) }),
  numeric_to_number: print(
    (call) => {
      const format = call.constant(1)
      const scale = typeof format === 'string' ? (/[.dD]([09]+)/.exec(format)?.[1]?.length ?? 0) : 9
      return `CAST(pg_to_number(${call.arg(0)}, ${call.arg(1)}) AS ${decimal({ precision: 38, scale })})`
    },
    {
      ...FOLD,
      shape: (call) => {
        const format = call.constant(1)
        return {
          precision: 38,
          scale: typeof format === 'string' ? (/[.dD]([09]+)/.exec(format)?.[1]?.length ?? 0) : 9,
        }
      },
    },
  ),
  numeric_to_char: sql('pg_to_char_numeric(CAST($1 AS VARCHAR), $2)', FOLD),
  int4_to_char: sql('pg_to_char_numeric(CAST($1 AS VARCHAR), $2)', FOLD),
  int8_to_char: sql('pg_to_char_numeric(CAST($1 AS VARCHAR), $2)', FOLD),
  float8_to_char: sql('pg_to_char_float8($1, $2)', FOLD),
  float4_to_char: sql('pg_to_char_float4($1, $2)', FOLD),
}
