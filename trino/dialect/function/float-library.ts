import { FOLD, once, raise } from './helper.ts'

/**
 * What PostgreSQL leaves to its host's mathematics library is left to Java's here: the last digit may be another, as it may on
 * another host. Errors, infinities and NaN are PostgreSQL's. https://www.postgresql.org/docs/18/functions-math.html
 */
const OVERFLOW = raise('22003', 'value out of range: overflow')
const UNDERFLOW = raise('22003', 'value out of range: underflow')
const RANGE = raise('22003', 'input is out of range')

const library = (template: string) => once(template, FOLD)
const cases = (...whens: readonly string[]) => library(`CASE ${whens.join(' ')} END`)

const logarithm = (name: string) =>
  cases(
    `WHEN $1 = 0 THEN ${raise('2201E', 'cannot take logarithm of zero')}`,
    `WHEN $1 < 0 THEN ${raise('2201E', 'cannot take logarithm of a negative number')}`,
    `ELSE ${name}($1)`,
  )
const finite = (result: string) => cases(`WHEN is_infinite($1) THEN ${RANGE}`, `ELSE ${result}`)
const unit = (result: string) => cases(`WHEN $1 < -1 OR $1 > 1 THEN ${RANGE}`, `ELSE ${result}`)

export const FLOAT_LIBRARY = {
  dcbrt: library('cbrt($1)'),
  dpow: cases(
    'WHEN $1 IS NULL OR $2 IS NULL THEN NULL',
    'WHEN $1 = 1 OR $2 = 0 THEN 1E0',
    'WHEN is_nan($1) OR is_nan($2) THEN nan()',
    `WHEN $1 = 0 AND $2 < 0 THEN ${raise('2201F', 'zero raised to a negative power is undefined')}`,
    `WHEN $1 < 0 AND floor($2) <> $2 THEN ${raise('2201F', 'a negative number raised to a non-integer power yields a complex result')}`,
    'WHEN $1 = -1 AND is_infinite($2) THEN 1E0',
    'WHEN is_infinite($1) OR is_infinite($2) OR $1 = 0 THEN power($1, $2)',
    `WHEN is_infinite(power($1, $2)) THEN ${OVERFLOW}`,
    `WHEN power($1, $2) = 0 THEN ${UNDERFLOW}`,
    'ELSE power($1, $2)',
  ),
  dexp: cases(
    'WHEN is_infinite($1) THEN exp($1)',
    `WHEN is_infinite(exp($1)) THEN ${OVERFLOW}`,
    `WHEN exp($1) = 0 THEN ${UNDERFLOW}`,
    'ELSE exp($1)',
  ),
  dlog1: logarithm('ln'),
  dlog10: logarithm('log10'),
  dsin: finite('sin($1)'),
  dcos: finite('cos($1)'),
  dtan: finite('tan($1)'),
  dcot: finite('1E0 / tan($1)'),
  dasin: unit('asin($1)'),
  dacos: unit('acos($1)'),
  datan: library('atan($1)'),
  datan2: library('atan2($1, $2)'),
  dsinh: library('sinh($1)'),
  dcosh: library('cosh($1)'),
  dtanh: library('tanh($1)'),
  // Java has no inverses of these: by ln(1 + x), which keeps the digits of a small x
  dasinh: library('pg_asinh($1)'),
  dacosh: cases(`WHEN $1 < 1 THEN ${RANGE}`, 'ELSE pg_acosh($1)'),
  datanh: unit('pg_atanh($1)'),
  dsind: finite('pg_sind($1)'),
  dcosd: finite('pg_cosd($1)'),
  dtand: finite('pg_tand($1)'),
  dcotd: finite('pg_cotd($1)'),
  dasind: unit('CASE WHEN $1 >= 0 THEN pg_asind_q1($1) ELSE - pg_asind_q1(- $1) END'),
  dacosd: unit('CASE WHEN $1 >= 0 THEN pg_acosd_q1($1) ELSE 90 + pg_asind_q1(- $1) END'),
  datand: library('(atan($1) / atan(1E0) * 45)'),
  datan2d: library('(atan2($1, $2) / atan(1E0) * 45)'),
}
