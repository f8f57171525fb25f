const NULLS = 'RETURNS NULL ON NULL INPUT'

/** Functions of floats that Java's library lacks. In degrees as float.c has them: exact where the outcome is a plain number. */
const ofFloat = (head: string, body: string) => `${head} RETURNS double ${NULLS} RETURN ${body}`
const RADIANS = '0.0174532925199432957692E0'

export const ANGLE_ROUTINES: readonly string[] = [
  // the error of 1 + x is taken back by the factor
  ofFloat(
    'pg_log1p(x double)',
    'CASE WHEN 1 + x = 1 OR is_infinite(x) THEN x ELSE ln(1 + x) * (x / ((1 + x) - 1)) END',
  ),
  ofFloat(
    'pg_asinh(x double)',
    'CASE WHEN x = 0 THEN x WHEN abs(x) > 1E150 THEN sign(x) * (ln(abs(x)) + ln(2E0)) ELSE sign(x) * pg_log1p(abs(x) + x * x / (1 + sqrt(1 + x * x))) END',
  ),
  ofFloat(
    'pg_acosh(x double)',
    'CASE WHEN x > 1E150 THEN ln(x) + ln(2E0) ELSE pg_log1p((x - 1) + sqrt((x - 1) * (x - 1) + 2 * (x - 1))) END',
  ),
  ofFloat('pg_atanh(x double)', 'CASE WHEN x = 0 THEN x ELSE sign(x) * pg_log1p(2 * abs(x) / (1 - abs(x))) / 2 END'),
  ofFloat('pg_sind_0_to_30(x double)', `sin(x * ${RADIANS}) / sin(30 * ${RADIANS}) / 2`),
  ofFloat('pg_cosd_0_to_60(x double)', `1 - (1 - cos(x * ${RADIANS})) / (1 - cos(60 * ${RADIANS})) / 2`),
  ofFloat('pg_sind_q1(x double)', 'CASE WHEN x <= 30 THEN pg_sind_0_to_30(x) ELSE pg_cosd_0_to_60(90 - x) END'),
  ofFloat('pg_cosd_q1(x double)', 'CASE WHEN x <= 60 THEN pg_cosd_0_to_60(x) ELSE pg_sind_0_to_30(90 - x) END'),
  // an angle as one of the first quadrant: beyond a half turn it is taken from the whole, beyond a quarter from the half
  ofFloat('pg_half_turn(x double)', 'CASE WHEN abs(x % 360) > 180 THEN 360 - abs(x % 360) ELSE abs(x % 360) END'),
  ofFloat(
    'pg_quadrant(x double)',
    'CASE WHEN pg_half_turn(x) > 90 THEN 180 - pg_half_turn(x) ELSE pg_half_turn(x) END',
  ),
  ofFloat('pg_sind_sign(x double)', 'CASE WHEN (x % 360 < 0) <> (abs(x % 360) > 180) THEN -1E0 ELSE 1E0 END'),
  ofFloat('pg_cosd_sign(x double)', 'CASE WHEN pg_half_turn(x) > 90 THEN -1E0 ELSE 1E0 END'),
  ofFloat('pg_sind(x double)', 'pg_sind_sign(x) * pg_sind_q1(pg_quadrant(x))'),
  ofFloat('pg_cosd(x double)', 'pg_cosd_sign(x) * pg_cosd_q1(pg_quadrant(x))'),
  // no zero has a sign
  ofFloat(
    'pg_tand(x double)',
    '0E0 + pg_sind_sign(x) * pg_cosd_sign(x) * (pg_sind_q1(pg_quadrant(x)) / pg_cosd_q1(pg_quadrant(x)) / (pg_sind_q1(45E0) / pg_cosd_q1(45E0)))',
  ),
  ofFloat(
    'pg_cotd(x double)',
    '0E0 + pg_sind_sign(x) * pg_cosd_sign(x) * (pg_cosd_q1(pg_quadrant(x)) / pg_sind_q1(pg_quadrant(x)) / (pg_cosd_q1(45E0) / pg_sind_q1(45E0)))',
  ),
  ofFloat(
    'pg_asind_q1(x double)',
    'CASE WHEN x <= 0.5E0 THEN asin(x) / asin(0.5E0) * 30 ELSE 90 - acos(x) / acos(0.5E0) * 60 END',
  ),
  ofFloat(
    'pg_acosd_q1(x double)',
    'CASE WHEN x <= 0.5E0 THEN 90 - asin(x) / asin(0.5E0) * 30 ELSE acos(x) / acos(0.5E0) * 60 END',
  ),
]
