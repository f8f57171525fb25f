import { bindOnce, each, once, print, same, sql, unsupported } from './helper.ts'

/**
 * Integers and floats. Overflow of integers is DuckDB's own error (22003); division by zero and float overflow are
 * raised by macros, since DuckDB answers NULL and Infinity.
 * https://www.postgresql.org/docs/18/functions-math.html
 */
const INTEGER = {
  ...each(
    ['int2pl', 'int4pl', 'int8pl', 'int24pl', 'int42pl', 'int28pl', 'int82pl', 'int48pl', 'int84pl'],
    sql('($1 + $2)'),
  ),
  ...each(
    ['int2mi', 'int4mi', 'int8mi', 'int24mi', 'int42mi', 'int28mi', 'int82mi', 'int48mi', 'int84mi'],
    sql('($1 - $2)'),
  ),
  ...each(
    ['int2mul', 'int4mul', 'int8mul', 'int24mul', 'int42mul', 'int28mul', 'int82mul', 'int48mul', 'int84mul'],
    sql('($1 * $2)'),
  ),
  ...each(
    ['int2div', 'int4div', 'int8div', 'int24div', 'int42div', 'int28div', 'int82div', 'int48div', 'int84div'],
    once('pg_idiv($1, $2)'),
  ),
  ...each(['int2mod', 'int4mod', 'int8mod'], once('CAST(pg_imod($1, $2) AS $T)')),
  ...each(['int2um', 'int4um', 'int8um'], sql('(CAST(0 AS $T) - $1)')),
  ...each(['int2up', 'int4up', 'int8up', 'float4up', 'float8up'], sql('(+ $1)')),
  ...each(['int2abs', 'int4abs', 'int8abs'], once('CASE WHEN $1 < 0 THEN CAST(0 AS $T) - $1 ELSE $1 END')),
  ...each(['float4abs', 'float8abs'], same('abs')),
  ...each(['int2and', 'int4and', 'int8and'], sql('($1 & $2)')),
  ...each(['int2or', 'int4or', 'int8or'], sql('($1 | $2)')),
  ...each(['int2xor', 'int4xor', 'int8xor'], same('xor')),
  ...each(['int2not', 'int4not', 'int8not'], sql('(~ $1)')),
  ...each(
    ['int2shl', 'int2shr', 'int4shl', 'int4shr'],
    print((call) => `CAST(pg_${call.function.source}(${call.arg(0)}, ${call.arg(1)}) AS ${call.resultTypeName()})`),
  ),
  int8shl: same('pg_int8shl'),
  int8shr: same('pg_int8shr'),
  ...each(['int4gcd', 'int8gcd'], sql('CAST(pg_gcd($1, $2) AS $T)')),
  ...each(['int4lcm', 'int8lcm'], sql('CAST(pg_lcm($1, $2) AS $T)')),
  ...each(['to_hex32'], sql('pg_to_base(CAST($1 AS BIGINT) & 4294967295, 16)')),
  to_hex64: sql('pg_to_base($1, 16)'),
  to_oct32: sql('pg_to_base(CAST($1 AS BIGINT) & 4294967295, 8)'),
  to_oct64: sql('pg_to_base($1, 8)'),
  to_bin32: sql('pg_to_base(CAST($1 AS BIGINT) & 4294967295, 2)'),
  to_bin64: sql('pg_to_base($1, 2)'),
}

const FLOAT = {
  ...each(['float4pl', 'float8pl', 'float48pl', 'float84pl'], once('pg_fadd($1, $2)')),
  ...each(['float4mi', 'float8mi', 'float48mi', 'float84mi'], once('pg_fsub($1, $2)')),
  ...each(['float4mul', 'float8mul', 'float48mul', 'float84mul'], once('pg_fmul($1, $2)')),
  ...each(['float4div', 'float8div', 'float48div', 'float84div'], once('pg_fdiv($1, $2)')),
  ...each(['float4um', 'float8um'], sql('(- $1)')),
  dround: sql('round_even($1, 0)'),
  dtrunc: same('trunc'),
  dceil: same('ceil'),
  dfloor: same('floor'),
  dsign: sql('CAST(sign($1) AS DOUBLE)'),
  dsqrt: once('pg_dsqrt($1)'),
  dcbrt: same('cbrt'),
  dpow: once('pg_dpow($1, $2)'),
  dexp: once('pg_dexp($1)'),
  dlog1: once('pg_dln($1)'),
  dlog10: once('pg_dlog10($1)'),
  dpi: sql('pi()'),
  degrees: once('pg_degrees($1)'),
  radians: same('radians'),
  ...each(
    ['dsin', 'dcos', 'dtan', 'dcot'],
    print((call) => bindOnce(call.args(), ([x = '']) => `${call.function.source.slice(1)}(pg_finite(${x}))`)),
  ),
  dcot: once('(1 / tan(pg_finite($1)))'),
  ...each(
    ['dasin', 'dacos', 'datanh'],
    print((call) => bindOnce(call.args(), ([x = '']) => `${call.function.source.slice(1)}(pg_unit(${x}))`)),
  ),
  dacosh: once('acosh(pg_from_one($1))'),
  datan: same('atan'),
  datan2: same('atan2'),
  dsinh: same('sinh'),
  dcosh: same('cosh'),
  dtanh: same('tanh'),
  dasinh: same('asinh'),
  dsind: same('pg_sind'),
  dcosd: same('pg_cosd'),
  dtand: same('pg_tand'),
  dcotd: same('pg_cotd'),
  dasind: same('pg_asind'),
  dacosd: same('pg_acosd'),
  datand: sql('(atan($1) / atan(CAST(1 AS DOUBLE)) * 45)'),
  datan2d: sql('(atan2($1, $2) / atan(CAST(1 AS DOUBLE)) * 45)'),
  dgamma: unsupported('gamma'),
  dlgamma: unsupported('lgamma'),
  derf: unsupported('erf'),
  derfc: unsupported('erfc'),
  width_bucket_float8: sql('CAST(pg_width_bucket($1, $2, $3, $4) AS INTEGER)'),
}

const RANDOM = {
  drandom: sql('random()'),
  drandom_normal: unsupported('random_normal'),
  int4random: unsupported('random over integer bounds'),
  int8random: unsupported('random over bigint bounds'),
  numeric_random: unsupported('random over numeric bounds'),
}

export const ARITHMETIC = { ...INTEGER, ...FLOAT, ...RANDOM }
