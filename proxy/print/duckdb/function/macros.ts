import { raise } from './helper.ts'

/** Changes whenever a macro or a native function does, for engines that keep a prepared database. */
export const FUNCTIONS_VERSION = 1

const OUT_OF_RANGE = raise('22003', 'input is out of range')
const OVERFLOW = raise('22003', 'value out of range: overflow')
const UNDERFLOW = raise('22003', 'value out of range: underflow')
const DIVISION = raise('22012', 'division by zero')

/**
 * A float result that became infinite out of finite operands overflowed; one that became zero underflowed. The usual case
 * comes first: later branches are computed only for the rows that get there.
 */
const checked = (result: string, underflow: string) =>
  `CASE WHEN isfinite(${result})${underflow === 'false' ? '' : ` AND ${result} <> 0`} THEN ${result} WHEN isinf(${result}) AND NOT isinf(a) AND NOT isinf(b) THEN ${OVERFLOW} WHEN ${underflow} THEN ${UNDERFLOW} ELSE ${result} END`

/**
 * What DuckDB's own functions do not do, in its SQL. Run in order at the start of a session, after the native functions
 * have been registered. Answers bind arguments that are long before they call a macro that repeats them.
 */
export const MACROS: readonly string[] = [
  ['pg_idiv(a, b)', `CASE WHEN b = 0 AND a IS NOT NULL THEN ${DIVISION} ELSE a // b END`],
  ['pg_imod(a, b)', `CASE WHEN b = 0 AND a IS NOT NULL THEN ${DIVISION} ELSE a % b END`],
  ['pg_fadd(a, b)', checked('(a + b)', 'false')],
  ['pg_fsub(a, b)', checked('(a - b)', 'false')],
  ['pg_fmul(a, b)', checked('(a * b)', 'a * b = 0 AND a <> 0 AND b <> 0')],
  [
    'pg_fdiv(a, b)',
    `CASE WHEN b = 0 AND NOT isnan(a) THEN ${DIVISION} ELSE ${checked('(a / b)', 'a / b = 0 AND a <> 0 AND NOT isinf(b)')} END`,
  ],
  [
    'pg_dtof(a)',
    `CASE WHEN isnan(a) THEN CAST(a AS FLOAT) WHEN NOT isinf(a) AND abs(a) > 3.4028235677973362e38 THEN ${OVERFLOW} WHEN a <> 0 AND abs(a) <= 7.006492321624085e-46 THEN ${UNDERFLOW} ELSE CAST(a AS FLOAT) END`,
  ],
  [
    'pg_dsqrt(a)',
    `CASE WHEN a < 0 THEN ${raise('2201F', 'cannot take square root of a negative number')} ELSE sqrt(a) END`,
  ],
  [
    'pg_dpow(a, b)',
    `CASE WHEN a = 0 AND b < 0 AND NOT isnan(b) THEN ${raise('2201F', 'zero raised to a negative power is undefined')} WHEN a < 0 AND NOT isinf(b) AND NOT isnan(b) AND floor(b) <> b THEN ${raise('2201F', 'a negative number raised to a non-integer power yields a complex result')} ELSE ${checked('pow(a, b)', 'pow(a, b) = 0 AND a <> 0 AND NOT isinf(a) AND NOT isinf(b)')} END`,
  ],
  [
    'pg_dexp(a)',
    `CASE WHEN isinf(exp(a)) AND NOT isinf(a) THEN ${OVERFLOW} WHEN exp(a) = 0 AND NOT isinf(a) THEN ${UNDERFLOW} ELSE exp(a) END`,
  ],
  [
    'pg_positive_log(a)',
    `CASE WHEN a = 0 THEN ${raise('2201E', 'cannot take logarithm of zero')} WHEN a < 0 THEN ${raise('2201E', 'cannot take logarithm of a negative number')} ELSE a END`,
  ],
  ['pg_dln(a)', 'ln(pg_positive_log(a))'],
  ['pg_dlog10(a)', 'log10(pg_positive_log(a))'],
  [
    'pg_degrees(a)',
    `CASE WHEN isinf(a / 0.017453292519943295e0) AND NOT isinf(a) THEN ${OVERFLOW} ELSE a / 0.017453292519943295e0 END`,
  ],
  ['pg_finite(a)', `CASE WHEN isinf(a) THEN ${OUT_OF_RANGE} ELSE a END`],
  ['pg_unit(a)', `CASE WHEN NOT isnan(a) AND (a < -1 OR a > 1) THEN ${OUT_OF_RANGE} ELSE a END`],
  ['pg_from_one(a)', `CASE WHEN a < 1 THEN ${OUT_OF_RANGE} ELSE a END`],
  [
    'pg_hdiv(n, d)',
    `CASE WHEN d = 0 AND n IS NOT NULL THEN ${DIVISION} ELSE ((abs(n) * 2 + abs(d)) // (abs(d) * 2)) * CAST(sign(n) * sign(d) AS HUGEINT) END`,
  ],
  [
    'pg_in_range(a, name)',
    `CASE WHEN isnan(a) OR isinf(a) OR abs(a) > 9.3e18 THEN error('@22003@' || name || ' out of range@@') ELSE a END`,
  ],
  ['pg_positive(a, state, message)', "CASE WHEN a <= 0 THEN error('@' || state || '@' || message || '@@') ELSE a END"],
  ['pg_not_negative(a)', `CASE WHEN a < 0 THEN ${raise('22023', 'array size must not be negative')} ELSE a END`],

  // 54000 as repeat has it; DuckDB cannot pad with nothing
  [
    'pg_pad_length(n)',
    `CASE WHEN n > 268435455 THEN ${raise('54000', 'requested length too large')} WHEN n < 0 THEN 0 ELSE n END`,
  ],
  ['pg_lpad(s, n, f)', "CASE WHEN f = '' THEN left(s, pg_pad_length(n)) ELSE lpad(s, pg_pad_length(n), f) END"],
  ['pg_rpad(s, n, f)', "CASE WHEN f = '' THEN left(s, pg_pad_length(n)) ELSE rpad(s, pg_pad_length(n), f) END"],
  [
    'pg_substr(s, f, n)',
    `CASE WHEN n < 0 THEN ${raise('22011', 'negative substring length not allowed')} WHEN f > 0 THEN substring(s, f, n) ELSE substring(s, 1, greatest(CAST(f AS BIGINT) + n - 1, 0)) END`,
  ],
  ['pg_substr1(s, f)', 'substring(s, CASE WHEN f < 1 THEN 1 ELSE f END)'],
  [
    'pg_repeat(s, n)',
    `CASE WHEN CAST(n AS BIGINT) * strlen(s) > 1073741823 THEN ${raise('54000', 'requested length too large')} ELSE repeat(s, n) END`,
  ],

  ['pg_date_add(d, n)', 'CASE WHEN isinf(d) THEN d ELSE CAST(d + CAST(n AS INTEGER) AS DATE) END'],
  [
    'pg_date_sub(a, b)',
    `CASE WHEN isinf(a) OR isinf(b) THEN ${raise('22008', 'cannot subtract infinite dates')} ELSE CAST(a - b AS INTEGER) END`,
  ],
  [
    'pg_timestamp_sub(a, b)',
    `CASE WHEN isinf(a) OR isinf(b) THEN ${raise('0A000', 'an infinite interval is not supported')} ELSE to_days(CAST((epoch_us(a) - epoch_us(b)) // 86400000000 AS INTEGER)) + to_microseconds((epoch_us(a) - epoch_us(b)) % 86400000000) END`,
  ],
  [
    'pg_age_of(a, b)',
    `CASE WHEN isinf(a) OR isinf(b) THEN ${raise('0A000', 'an infinite interval is not supported')} ELSE pg_age(epoch_us(a), epoch_us(b)) END`,
  ],
  [
    'pg_micros(a)',
    "CASE WHEN isinf(a) THEN CASE WHEN CAST(a AS VARCHAR) = 'infinity' THEN 9223372036854775807 ELSE -9223372036854775807 END ELSE epoch_us(a) END",
  ],
  [
    'pg_timestamp_bin(s, a, b)',
    `CASE WHEN isinf(a) THEN a WHEN isinf(b) THEN ${raise('22008', 'origin out of range')} ELSE make_timestamp(pg_bin(s, epoch_us(a), epoch_us(b))) END`,
  ],
  [
    'pg_timestamptz_bin(s, a, b)',
    `CASE WHEN isinf(a) THEN a WHEN isinf(b) THEN ${raise('22008', 'origin out of range')} ELSE make_timestamptz(pg_bin(s, epoch_us(a), epoch_us(b))) END`,
  ],
  [
    'pg_time_add(t, us)',
    "TIME '00:00:00' + to_microseconds((((epoch_us(t) + us) % 86400000000) + 86400000000) % 86400000000)",
  ],
  ['pg_round_micros(us, unit)', '((us + CASE WHEN us < 0 THEN - unit // 2 ELSE unit // 2 END) // unit) * unit'],
  [
    'pg_scale_timestamp(t, unit)',
    'CASE WHEN isinf(t) THEN t ELSE make_timestamp(pg_round_micros(epoch_us(t), unit)) END',
  ],
  [
    'pg_scale_timestamptz(t, unit)',
    'CASE WHEN isinf(t) THEN t ELSE make_timestamptz(pg_round_micros(epoch_us(t), unit)) END',
  ],
  [
    'pg_scale_time(t, unit)',
    "CASE WHEN pg_round_micros(epoch_us(t), unit) >= 86400000000 THEN CAST('24:00:00' AS TIME) ELSE pg_time_add(TIME '00:00:00', pg_round_micros(epoch_us(t), unit)) END",
  ],
  ['pg_year_start(y)', 'make_timestamp(y, 1, 1, 0, 0, 0.0)'],
  [
    'pg_to_timestamp(a)',
    `CASE WHEN isnan(a) THEN ${raise('22008', 'timestamp cannot be NaN')} WHEN isinf(a) THEN CASE WHEN a > 0 THEN TIMESTAMPTZ 'infinity' ELSE TIMESTAMPTZ '-infinity' END ELSE make_timestamptz(CAST(round_even(a * 1000000, 0) AS BIGINT)) END`,
  ],
  ['pg_step(n)', `CASE WHEN n = 0 THEN ${raise('22023', 'step size cannot equal zero')} ELSE n END`],
  ['pg_step_interval(i)', `CASE WHEN i = to_days(0) THEN ${raise('22023', 'step size cannot equal zero')} ELSE i END`],

  [
    'pg_array_contains(a, b)',
    'CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN len(list_filter(b, lambda lw_e: lw_e IS NULL OR NOT list_contains(a, lw_e))) = 0 END',
  ],
  [
    'pg_array_overlaps(a, b)',
    'CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN len(list_filter(a, lambda lw_e: lw_e IS NOT NULL AND list_contains(b, lw_e))) > 0 END',
  ],
  [
    'pg_position_from(a, x, n)',
    'CASE WHEN a IS NOT NULL AND n IS NOT NULL THEN list_filter(CAST(range(greatest(n, 1), len(a) + 1) AS INTEGER[]), lambda lw_i: a[lw_i] IS NOT DISTINCT FROM x)[1] END',
  ],
  [
    'pg_trim_array(a, n)',
    `CASE WHEN n < 0 OR n > len(a) THEN error('@2202E@number of elements to trim must be between 0 and ' || len(a) || '@@') ELSE a[1:len(a) - n] END`,
  ],
].map(([head, body]) => `CREATE OR REPLACE MACRO ${head} AS ${body}`)
