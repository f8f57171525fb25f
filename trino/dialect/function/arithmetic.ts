import type { Answer } from '../../../proxy/print/answer.ts'
import { FLOAT_LIBRARY } from './float-library.ts'
import { bindOnce, each, once, print, raise, same, sql, unsupported } from './helper.ts'

/**
 * Integers and floats. Overflow of integers and division by zero are Trino's own errors (22003, 22012); float overflow is
 * raised here, since Trino answers Infinity as Java does.
 * https://www.postgresql.org/docs/18/functions-math.html
 */
const typed = (template: string) => sql(`CAST(${template} AS $T)`)
const operands = (operator: string) =>
  print((call) => {
    const type = call.resultTypeName()
    const side = (index: number) =>
      call.argTypeName(index) === type ? call.arg(index) : `CAST(${call.arg(index)} AS ${type})`
    return `(${side(0)} ${operator} ${side(1)})`
  })

/** The least number has no opposite: Trino's division by -1 does not say so as its subtraction does. */
const quotient = print((call) => {
  const type = call.resultTypeName()
  const divisor = call.constant(1)
  const [a, b] = [0, 1].map((index) =>
    call.argTypeName(index) === type ? call.arg(index) : `CAST(${call.arg(index)} AS ${type})`,
  )
  if (typeof divisor === 'string' && divisor !== '-1') return `(${a} / ${b})`
  return bindOnce(
    [a ?? '', b ?? ''],
    ([x = '', y = '']) => `CASE WHEN ${y} = -1 THEN CAST(0 AS ${type}) - ${x} ELSE ${x} / ${y} END`,
  )
})

const INTEGER = {
  ...each(
    ['int2pl', 'int4pl', 'int8pl', 'int24pl', 'int42pl', 'int28pl', 'int82pl', 'int48pl', 'int84pl'],
    operands('+'),
  ),
  ...each(
    ['int2mi', 'int4mi', 'int8mi', 'int24mi', 'int42mi', 'int28mi', 'int82mi', 'int48mi', 'int84mi'],
    operands('-'),
  ),
  ...each(
    ['int2mul', 'int4mul', 'int8mul', 'int24mul', 'int42mul', 'int28mul', 'int82mul', 'int48mul', 'int84mul'],
    operands('*'),
  ),
  ...each(
    ['int2div', 'int4div', 'int8div', 'int24div', 'int42div', 'int28div', 'int82div', 'int48div', 'int84div'],
    quotient,
  ),
  ...each(['int2mod', 'int4mod', 'int8mod'], operands('%')),
  ...each(['int2um', 'int4um', 'int8um'], sql('(CAST(0 AS $T) - $1)')),
  ...each(['int2up', 'int4up', 'int8up', 'float4up', 'float8up'], sql('$1')),
  ...each(['int2abs', 'int4abs', 'int8abs'], once('CASE WHEN $1 < 0 THEN CAST(0 AS $T) - $1 ELSE $1 END')),
  ...each(['float4abs', 'float8abs'], same('abs')),
  ...each(['int2and', 'int4and', 'int8and'], typed('bitwise_and($1, $2)')),
  ...each(['int2or', 'int4or', 'int8or'], typed('bitwise_or($1, $2)')),
  ...each(['int2xor', 'int4xor', 'int8xor'], typed('bitwise_xor($1, $2)')),
  ...each(['int2not', 'int4not', 'int8not'], typed('bitwise_not($1)')),
  // C shifts a smallint as an int, by the distance modulo the width
  int2shl: typed('pg_int2(bitwise_left_shift(CAST($1 AS INTEGER), CAST(bitwise_and($2, 31) AS integer)))'),
  int2shr: typed('bitwise_right_shift_arithmetic(CAST($1 AS INTEGER), CAST(bitwise_and($2, 31) AS integer))'),
  int4shl: typed('bitwise_left_shift($1, CAST(bitwise_and($2, 31) AS integer))'),
  int4shr: typed('bitwise_right_shift_arithmetic($1, CAST(bitwise_and($2, 31) AS integer))'),
  int8shl: typed('bitwise_left_shift($1, CAST(bitwise_and($2, 63) AS integer))'),
  int8shr: typed('bitwise_right_shift_arithmetic($1, CAST(bitwise_and($2, 63) AS integer))'),
  ...each(['int4gcd', 'int8gcd'], typed('pg_gcd($1, $2)')),
  ...each(['int4lcm', 'int8lcm'], typed('pg_lcm($1, $2)')),
  to_hex32: sql('to_base(bitwise_and(CAST($1 AS BIGINT), 4294967295), 16)'),
  to_oct32: sql('to_base(bitwise_and(CAST($1 AS BIGINT), 4294967295), 8)'),
  to_bin32: sql('to_base(bitwise_and(CAST($1 AS BIGINT), 4294967295), 2)'),
  to_hex64: sql('pg_to_base($1, 4)'),
  to_oct64: sql('pg_to_base($1, 3)'),
  to_bin64: sql('pg_to_base($1, 1)'),
}

const OVERFLOW = raise('22003', 'value out of range: overflow')
const UNDERFLOW = raise('22003', 'value out of range: underflow')
const DIVISION = raise('22012', 'division by zero')

/**
 * A float result that became infinite out of finite operands overflowed; one that became zero underflowed. The usual case
 * comes first.
 */
function checked(result: string, underflow: string | null): string {
  const usual = underflow === null ? `is_finite(${result})` : `is_finite(${result}) AND ${result} <> 0`
  const zero = underflow === null ? '' : ` WHEN ${underflow} THEN ${UNDERFLOW}`
  return `CASE WHEN ${usual} THEN ${result} WHEN is_infinite(${result}) AND NOT is_infinite($1) AND NOT is_infinite($2) THEN ${OVERFLOW}${zero} ELSE ${result} END`
}

function floats(write: (result: (operator: string) => string) => string): Answer {
  return once(write((operator) => `($1 ${operator} $2)`))
}

const one = (template: string) => once(`CASE ${template} END`)

const FLOAT = {
  ...each(
    ['float4pl', 'float8pl', 'float48pl', 'float84pl'],
    floats((r) => checked(r('+'), null)),
  ),
  ...each(
    ['float4mi', 'float8mi', 'float48mi', 'float84mi'],
    floats((r) => checked(r('-'), null)),
  ),
  ...each(
    ['float4mul', 'float8mul', 'float48mul', 'float84mul'],
    floats((r) => checked(r('*'), `${r('*')} = 0 AND $1 <> 0 AND $2 <> 0`)),
  ),
  ...each(
    ['float4div', 'float8div', 'float48div', 'float84div'],
    floats(
      (r) =>
        `CASE WHEN $2 = 0 AND NOT is_nan($1) THEN ${DIVISION} ELSE ${checked(r('/'), `${r('/')} = 0 AND $1 <> 0 AND NOT is_infinite($2)`)} END`,
    ),
  ),
  ...each(['float4um', 'float8um'], sql('(- $1)')),
  dround: once('CASE WHEN abs($1 - truncate($1)) = 0.5E0 THEN 2 * round($1 / 2) ELSE round($1) END'),
  dtrunc: same('truncate'),
  dceil: same('ceiling'),
  dfloor: same('floor'),
  dsign: once('CASE WHEN $1 > 0 THEN 1E0 WHEN $1 < 0 THEN -1E0 WHEN $1 IS NOT NULL THEN 0E0 END'),
  dsqrt: one(`WHEN $1 < 0 THEN ${raise('2201F', 'cannot take square root of a negative number')} ELSE sqrt($1)`),
  ...FLOAT_LIBRARY,
  dpi: sql('pi()'),
  degrees: one(
    `WHEN is_infinite($1 / 0.017453292519943295E0) AND NOT is_infinite($1) THEN ${OVERFLOW} ELSE $1 / 0.017453292519943295E0`,
  ),
  radians: sql('($1 * 0.017453292519943295E0)'),
  ...each(['dgamma', 'dlgamma', 'derf', 'derfc'], unsupported('gamma and error functions')),
  width_bucket_float8: once('pg_width_bucket($1, $2, $3, $4)'),
}

const RANDOM = {
  drandom: sql('random()'),
  drandom_normal: unsupported('random_normal'),
  int4random: unsupported('random over integer bounds'),
  int8random: unsupported('random over bigint bounds'),
  numeric_random: unsupported('random over numeric bounds'),
}

export const ARITHMETIC = { ...INTEGER, ...FLOAT, ...RANDOM }
