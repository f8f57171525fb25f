import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'
const IV = 'row(months integer, days integer, micros bigint)'
const TS = 'timestamp(6)'
const TZ = 'timestamp(6) with time zone'
const DAY = '86400000000'
const OUT_OF_RANGE = raise('22008', 'interval out of range')

/** rint: ties to even */
const even = (x: string) => `CASE WHEN abs(${x} - truncate(${x})) = 0.5E0 THEN 2 * round(${x} / 2) ELSE round(${x}) END`

/**
 * Dates, times and intervals by timestamp.c. Trino's own arithmetic stops at milliseconds: microseconds since 1970 are
 * counted instead.
 */
const CLOCK: readonly string[] = [
  `pg_micros(x ${TS}) RETURNS bigint ${NULLS} RETURN date_diff('second', TIMESTAMP '1970-01-01 00:00:00', date_trunc('second', x)) * 1000000 + CAST(substr(CAST(x AS varchar), -6) AS bigint)`,
  `pg_instant_micros(x ${TZ}) RETURNS bigint ${NULLS} RETURN pg_micros(CAST(x AS ${TS}))`,
  `pg_timestamp(us bigint) RETURNS ${TS} ${NULLS} RETURN CAST(at_timezone(from_unixtime_nanos(CAST(us AS decimal(38,0)) * 1000), 'UTC') AS ${TS})`,
  `pg_time_micros(t time(6)) RETURNS bigint ${NULLS} RETURN hour(t) * 3600000000 + minute(t) * 60000000 + second(t) * 1000000 + CAST(substr(CAST(t AS varchar), -6) AS bigint)`,
  `pg_time(us bigint) RETURNS time(6) ${NULLS} RETURN CAST(pg_timestamp(us) AS time(6))`,
  // Trino's own cast is a second off before 1970
  `pg_time_of(x ${TS}) RETURNS time(6) ${NULLS} RETURN CAST(substr(CAST(x AS varchar), -15) AS time(6))`,
  `pg_midnight_time(us bigint) RETURNS time(6) ${NULLS} RETURN CASE WHEN us >= ${DAY} THEN ${raise('0A000', 'the time 24:00:00 is not supported')} ELSE pg_time(us) END`,
  // of an hour that the clocks repeat, the later one
  `pg_instant(x ${TS}, zone varchar) RETURNS ${TZ} ${NULLS} BEGIN
    DECLARE first_one ${TZ};
    DECLARE other ${TZ};
    DECLARE ahead bigint;
    SET first_one = at_timezone(with_timezone(x, zone), 'UTC');
    SET ahead = date_diff('second', CAST(first_one + INTERVAL '1' DAY AS ${TS}), CAST(at_timezone(first_one + INTERVAL '1' DAY, zone) AS ${TS}));
    SET other = with_timezone(date_add('second', - ahead, x), 'UTC');
    RETURN CASE WHEN other > first_one AND CAST(at_timezone(other, zone) AS ${TS}) = x THEN other ELSE first_one END;
  END`,
]

const OUT: readonly string[] = [
  `pg_date_out(d date) RETURNS varchar ${NULLS} RETURN CASE WHEN year(d) BETWEEN 1 AND 9999 THEN CAST(d AS varchar) WHEN year(d) > 9999 THEN regexp_replace(CAST(d AS varchar), '^\\+') ELSE lpad(CAST(1 - year(d) AS varchar), 4, '0') || substr(CAST(d AS varchar), -6) || ' BC' END`,
  `pg_clock_out(t varchar) RETURNS varchar ${NULLS} RETURN regexp_replace(regexp_replace(t, '(\\.[0-9]*[1-9])0+\\z', '$1'), '\\.0+\\z')`,
  `pg_time_out(t time(6)) RETURNS varchar ${NULLS} RETURN pg_clock_out(CAST(t AS varchar))`,
  `pg_moment_out(x ${TS}) RETURNS varchar ${NULLS} RETURN CASE WHEN year(x) > 0 THEN '' ELSE lpad(CAST(1 - year(x) AS varchar), 4, '0') END || regexp_replace(pg_clock_out(CAST(x AS varchar)), CASE WHEN year(x) > 0 THEN '^\\+' ELSE '^-?[0-9]+(?=-)' END)`,
  `pg_timestamp_out(x ${TS}) RETURNS varchar ${NULLS} RETURN pg_moment_out(x) || CASE WHEN year(x) > 0 THEN '' ELSE ' BC' END`,
  `pg_offset_out(s bigint) RETURNS varchar ${NULLS} RETURN CASE WHEN s < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(s) / 3600 AS varchar), 2, '0') || CASE WHEN abs(s) % 3600 = 0 THEN '' ELSE ':' || lpad(CAST(abs(s) % 3600 / 60 AS varchar), 2, '0') END || CASE WHEN abs(s) % 60 = 0 THEN '' ELSE ':' || lpad(CAST(abs(s) % 60 AS varchar), 2, '0') END`,
  `pg_timestamptz_out(x ${TS}, instant ${TZ}) RETURNS varchar ${NULLS} RETURN pg_moment_out(x) || pg_offset_out(date_diff('second', CAST(instant AS ${TS}), x)) || CASE WHEN year(x) > 0 THEN '' ELSE ' BC' END`,
  `pg_interval_field(n bigint, unit varchar, plus boolean) RETURNS varchar ${NULLS} RETURN CASE WHEN n = 0 THEN '' ELSE CASE WHEN plus AND n > 0 THEN '+' ELSE '' END || CAST(n AS varchar) || ' ' || unit || CASE WHEN n = 1 THEN ' ' ELSE 's ' END END`,
  `pg_interval_out(i ${IV}) RETURNS varchar ${NULLS} BEGIN
    DECLARE r varchar;
    DECLARE y bigint;
    DECLARE m bigint;
    DECLARE d bigint;
    DECLARE u bigint;
    DECLARE negative boolean;
    SET y = i.months / 12;
    SET m = i.months % 12;
    SET d = i.days;
    SET u = abs(i.micros);
    SET r = pg_interval_field(y, 'year', false) || pg_interval_field(m, 'mon', y < 0) || pg_interval_field(d, 'day', m < 0 OR (m = 0 AND y < 0));
    SET negative = d < 0 OR (d = 0 AND (m < 0 OR (m = 0 AND y < 0)));
    IF i.micros = 0 AND r <> '' THEN RETURN trim(r); END IF;
    RETURN r || CASE WHEN i.micros < 0 THEN '-' WHEN negative THEN '+' ELSE '' END
      || CASE WHEN u / 3600000000 < 10 THEN '0' ELSE '' END || CAST(u / 3600000000 AS varchar) || ':' || lpad(CAST(u / 60000000 % 60 AS varchar), 2, '0') || ':' || lpad(CAST(u / 1000000 % 60 AS varchar), 2, '0')
      || CASE WHEN u % 1000000 = 0 THEN '' ELSE '.' || regexp_replace(lpad(CAST(u % 1000000 AS varchar), 6, '0'), '0+\\z') END;
  END`,
]

const SPACE = '[ \\t\\n\\x0b\\f\\r]'

/** ISO 8601 dates and clocks; other orders, month names, words and offsets need PostgreSQL's whole parser. */
const IN: readonly string[] = [
  `pg_moment_refused(s varchar, type varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN regexp_like(s, '[0-9]|^(?i)${SPACE}*([-+]?infinity|epoch|now|today|tomorrow|yesterday|allballs)${SPACE}*\\z') THEN fail('@0A000@' || type || ' input in this form is not supported@@') ELSE fail('@22007@invalid input syntax for type ' || type || ': "' || s || '"@@') END`,
  `pg_date_in(s varchar) RETURNS date ${NULLS} BEGIN
    DECLARE parts array(varchar);
    DECLARE d date;
    IF NOT regexp_like(s, '^${SPACE}*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{0,6})?)?)?${SPACE}*\\z') THEN RETURN CAST(pg_moment_refused(s, 'date') AS date); END IF;
    SET parts = regexp_extract_all(s, '[0-9]+');
    SET d = try(CAST(parts[1] || '-' || lpad(parts[2], 2, '0') || '-' || lpad(parts[3], 2, '0') AS date));
    IF d IS NULL OR parts[1] = '0000' THEN RETURN CAST(fail('@22008@date/time field value out of range: "' || s || '"@@') AS date); END IF;
    RETURN d;
  END`,
  `pg_time_in(s varchar) RETURNS time(6) ${NULLS} BEGIN
    DECLARE parts array(varchar);
    IF NOT regexp_like(s, '^${SPACE}*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{0,6})?)?${SPACE}*\\z') THEN RETURN CAST(pg_moment_refused(s, 'time') AS time(6)); END IF;
    SET parts = regexp_extract_all(s, '[0-9]+');
    IF CAST(parts[1] AS bigint) > 24 OR CAST(parts[2] AS bigint) > 59 OR CAST(coalesce(element_at(parts, 3), '0') AS bigint) > 59 THEN RETURN CAST(fail('@22008@date/time field value out of range: "' || s || '"@@') AS time(6)); END IF;
    IF parts[1] = '24' THEN RETURN CAST(${raise('0A000', 'the time 24:00:00 is not supported')} AS time(6)); END IF;
    RETURN CAST(lpad(parts[1], 2, '0') || ':' || parts[2] || ':' || coalesce(element_at(parts, 3), '00') || '.' || rpad(coalesce(element_at(parts, 4), ''), 6, '0') AS time(6));
  END`,
  `pg_timestamp_in(s varchar) RETURNS ${TS} ${NULLS} BEGIN
    DECLARE d date;
    IF NOT regexp_like(s, '^${SPACE}*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ]([01]?[0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\\.[0-9]{0,6})?)?)?${SPACE}*\\z') THEN RETURN CAST(pg_moment_refused(s, 'timestamp') AS ${TS}); END IF;
    SET d = pg_date_in(s);
    RETURN CASE WHEN strpos(s, ':') = 0 THEN CAST(d AS ${TS}) ELSE CAST(CAST(d AS varchar) || ' ' || CAST(pg_time_in(regexp_extract(s, '[0-9]+:.*')) AS varchar) AS ${TS}) END;
  END`,
  `pg_timestamptz_in(s varchar, zone varchar) RETURNS ${TZ} ${NULLS} BEGIN
    DECLARE o varchar;
    DECLARE ahead bigint DEFAULT 0;
    SET o = regexp_extract(s, ':[0-9]{2}(?:\\.[0-9]*)? ?([-+][0-9]{1,2}(?::?[0-9]{2})?|[zZ])${SPACE}*\\z', 1);
    IF o IS NULL THEN RETURN pg_instant(pg_timestamp_in(s), zone); END IF;
    IF lower(o) <> 'z' THEN
      SET ahead = CAST(regexp_extract(o, '^.([0-9]{1,2})', 1) AS bigint) * 3600 + CAST(coalesce(regexp_extract(o, '^.[0-9]{2}:?([0-9]{2})\\z', 1), '0') AS bigint) * 60;
      IF ahead > 57599 THEN RETURN CAST(fail('@22009@time zone displacement out of range: "' || s || '"@@') AS ${TZ}); END IF;
      IF substr(o, 1, 1) = '-' THEN SET ahead = - ahead; END IF;
    END IF;
    RETURN with_timezone(date_add('second', - ahead, pg_timestamp_in(regexp_replace(s, ' ?([-+][0-9]{1,2}(?::?[0-9]{2})?|[zZ])${SPACE}*\\z'))), 'UTC');
  END`,
  // whole numbers of units, and a clock, as interval_out writes them
  `pg_interval_unit(s varchar, unit varchar) RETURNS bigint ${NULLS} RETURN reduce(regexp_extract_all(s, '([-+]?[0-9]+) ?' || unit || '(?=[ ]|\\z)', 1), CAST(0 AS bigint), (t, e) -> t + CAST(e AS bigint), t -> t)`,
  `pg_interval_in(s varchar) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE t varchar;
    DECLARE c varchar;
    DECLARE parts array(varchar);
    DECLARE u bigint DEFAULT 0;
    SET t = lower(regexp_replace(s, '^${SPACE}+|${SPACE}+\\z'));
    IF NOT regexp_like(t, '^([-+]?[0-9]{1,9} ?(years?|mons?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)( (?=.)|\\z))*([-+]?[0-9]{1,9}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?\\z') OR t = '' THEN
      RETURN CAST(ROW(CAST(CASE WHEN NOT regexp_like(t, '[0-9]') AND NOT regexp_like(t, 'infinity') THEN fail('@22007@invalid input syntax for type interval: "' || s || '"@@') ELSE ${raise('0A000', 'interval input in this form is not supported')} END AS integer), 0, 0) AS ${IV});
    END IF;
    SET c = regexp_extract(t, '[-+]?[0-9]+:.*\\z');
    IF c IS NOT NULL THEN
      SET parts = regexp_extract_all(c, '[0-9]+');
      SET u = CAST(parts[1] AS bigint) * 3600000000 + CAST(parts[2] AS bigint) * 60000000 + CAST(coalesce(element_at(parts, 3), '0') AS bigint) * 1000000 + CAST(rpad(coalesce(element_at(parts, 4), ''), 6, '0') AS bigint);
      IF CAST(parts[2] AS bigint) > 59 OR CAST(coalesce(element_at(parts, 3), '0') AS bigint) > 59 THEN RETURN CAST(ROW(CAST(fail('@22008@interval field value out of range: "' || s || '"@@') AS integer), 0, 0) AS ${IV}); END IF;
      IF substr(c, 1, 1) = '-' THEN SET u = - u; END IF;
    END IF;
    RETURN CAST(ROW(pg_interval_unit(t, 'years?') * 12 + pg_interval_unit(t, '(?:mons?|months?)'), pg_interval_unit(t, 'weeks?') * 7 + pg_interval_unit(t, 'days?'),
      u + pg_interval_unit(t, '(?:hours?|hrs?)') * 3600000000 + pg_interval_unit(t, '(?:minutes?|mins?)') * 60000000 + pg_interval_unit(t, '(?:seconds?|secs?)') * 1000000) AS ${IV});
  END`,
]

const INTERVAL: readonly string[] = [
  `pg_interval(m decimal(38,0), d decimal(38,0), u decimal(38,0)) RETURNS ${IV} ${NULLS} RETURN CASE WHEN abs(m) > 2147483647 OR abs(d) > 2147483647 OR abs(u) > 9223372036854775807 THEN CAST(ROW(CAST(${OUT_OF_RANGE} AS integer), 0, 0) AS ${IV}) ELSE CAST(ROW(CAST(m AS integer), CAST(d AS integer), CAST(u AS bigint)) AS ${IV}) END`,
  // a field of a row that is NULL fails in Trino 476
  `pg_interval_months(i ${IV}) RETURNS integer ${NULLS} RETURN i.months`,
  `pg_interval_days(i ${IV}) RETURNS integer ${NULLS} RETURN i.days`,
  `pg_interval_micros(i ${IV}) RETURNS bigint ${NULLS} RETURN i.micros`,
  `pg_interval_length(i ${IV}) RETURNS decimal(38,0) ${NULLS} RETURN (CAST(i.months AS decimal(38,0)) * 30 + i.days) * ${DAY} + i.micros`,
  `pg_interval_pl(a ${IV}, b ${IV}) RETURNS ${IV} ${NULLS} RETURN pg_interval(CAST(a.months AS bigint) + b.months, CAST(a.days AS bigint) + b.days, CAST(a.micros AS decimal(38,0)) + b.micros)`,
  `pg_interval_mi(a ${IV}, b ${IV}) RETURNS ${IV} ${NULLS} RETURN pg_interval(CAST(a.months AS bigint) - b.months, CAST(a.days AS bigint) - b.days, CAST(a.micros AS decimal(38,0)) - b.micros)`,
  `pg_interval_um(a ${IV}) RETURNS ${IV} ${NULLS} RETURN pg_interval(- CAST(a.months AS bigint), - CAST(a.days AS bigint), - CAST(a.micros AS decimal(38,0)))`,
  `pg_even(x double) RETURNS double ${NULLS} RETURN ${even('x')}`,
  // fractions of months cascade into days, those of days into time
  `pg_interval_spill(mo double, da double, us double) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE d double;
    DECLARE r double;
    DECLARE s double;
    DECLARE u double;
    IF is_nan(mo) OR is_nan(da) OR abs(mo) > 2147483647 OR abs(da) > 2147483647 THEN RETURN CAST(ROW(CAST(${OUT_OF_RANGE} AS integer), 0, 0) AS ${IV}); END IF;
    SET d = truncate(da);
    SET r = pg_even((mo - truncate(mo)) * 30 * 1E6) / 1E6;
    SET s = pg_even((da - d + r - truncate(r)) * 86400 * 1E6) / 1E6;
    IF abs(s) >= 86400 THEN
      SET d = d + truncate(s / 86400);
      SET s = s - truncate(s / 86400) * 86400;
    END IF;
    SET d = d + truncate(r);
    SET u = pg_even(us + s * 1E6);
    IF NOT is_finite(u) OR abs(u) >= 9223372036854775807 OR abs(d) > 2147483647 THEN RETURN CAST(ROW(CAST(${OUT_OF_RANGE} AS integer), 0, 0) AS ${IV}); END IF;
    RETURN CAST(ROW(CAST(truncate(mo) AS integer), CAST(d AS integer), CAST(u AS bigint)) AS ${IV});
  END`,
  `pg_interval_mul(i ${IV}, f double) RETURNS ${IV} ${NULLS} RETURN CASE WHEN is_infinite(f) THEN CAST(ROW(CAST(${raise('0A000', 'an infinite interval is not supported')} AS integer), 0, 0) AS ${IV}) ELSE pg_interval_spill(i.months * f, i.days * f, i.micros * f) END`,
  `pg_interval_div(i ${IV}, f double) RETURNS ${IV} ${NULLS} RETURN CASE WHEN f = 0 THEN CAST(ROW(CAST(${raise('22012', 'division by zero')} AS integer), 0, 0) AS ${IV}) ELSE pg_interval_spill(i.months / f, i.days / f, i.micros / f) END`,
  `pg_justify_hours(i ${IV}) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE d bigint;
    DECLARE u bigint;
    SET d = i.days + i.micros / ${DAY};
    SET u = i.micros % ${DAY};
    IF d > 0 AND u < 0 THEN SET u = u + ${DAY}; SET d = d - 1;
    ELSEIF d < 0 AND u > 0 THEN SET u = u - ${DAY}; SET d = d + 1; END IF;
    RETURN pg_interval(i.months, d, u);
  END`,
  `pg_justify_days(i ${IV}) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE m bigint;
    DECLARE d bigint;
    SET m = i.months + i.days / 30;
    SET d = i.days % 30;
    IF m > 0 AND d < 0 THEN SET d = d + 30; SET m = m - 1;
    ELSEIF m < 0 AND d > 0 THEN SET d = d - 30; SET m = m + 1; END IF;
    RETURN pg_interval(m, d, i.micros);
  END`,
  `pg_justify_interval(i ${IV}) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE m bigint;
    DECLARE d bigint;
    DECLARE u bigint;
    SET d = i.days + i.micros / ${DAY};
    SET u = i.micros % ${DAY};
    SET m = i.months + d / 30;
    SET d = d % 30;
    IF m > 0 AND (d < 0 OR (d = 0 AND u < 0)) THEN SET d = d + 30; SET m = m - 1;
    ELSEIF m < 0 AND (d > 0 OR (d = 0 AND u > 0)) THEN SET d = d - 30; SET m = m + 1; END IF;
    IF d > 0 AND u < 0 THEN SET u = u + ${DAY}; SET d = d - 1;
    ELSEIF d < 0 AND u > 0 THEN SET u = u - ${DAY}; SET d = d + 1; END IF;
    RETURN pg_interval(m, d, u);
  END`,
  `pg_make_interval(y integer, m integer, w integer, d integer, h integer, n integer, s double) RETURNS ${IV} ${NULLS} RETURN CASE WHEN NOT is_finite(s) THEN CAST(ROW(CAST(${OUT_OF_RANGE} AS integer), 0, 0) AS ${IV}) ELSE pg_interval(CAST(y AS bigint) * 12 + m, CAST(w AS bigint) * 7 + d, CAST(h AS decimal(38,0)) * 3600000000 + CAST(n AS decimal(38,0)) * 60000000 + CAST(pg_even(s * 1E6) AS bigint)) END`,
  `pg_interval_cut(i ${IV}, unit bigint) RETURNS ${IV} ${NULLS} RETURN pg_interval(i.months, i.days, i.micros - i.micros % unit)`,
  `pg_interval_round(i ${IV}, unit bigint) RETURNS ${IV} ${NULLS} RETURN pg_interval(i.months, i.days, (i.micros + CASE WHEN i.micros < 0 THEN - unit / 2 ELSE unit / 2 END) / unit * unit)`,
  `pg_zone_micros(i ${IV}) RETURNS bigint ${NULLS} RETURN CASE WHEN i.months <> 0 OR i.days <> 0 THEN ${raise('22023', 'interval time zone must not include months or days')} ELSE i.micros END`,
]

const ARITHMETIC: readonly string[] = [
  `pg_add_months(x ${TS}, m integer, d integer) RETURNS ${TS} ${NULLS} RETURN date_add('day', d, date_add('month', m, x))`,
  `pg_timestamp_pl(x ${TS}, i ${IV}) RETURNS ${TS} ${NULLS} RETURN CASE WHEN i.micros = 0 THEN pg_add_months(x, i.months, i.days) ELSE pg_timestamp(pg_micros(pg_add_months(x, i.months, i.days)) + i.micros) END`,
  `pg_timestamp_mi(x ${TS}, i ${IV}) RETURNS ${TS} ${NULLS} RETURN pg_timestamp_pl(x, pg_interval_um(i))`,
  // months, then days, are added to what the clocks show; the rest to the instant
  `pg_timestamptz_pl(x ${TZ}, i ${IV}, zone varchar) RETURNS ${TZ} ${NULLS} BEGIN
    DECLARE r ${TZ};
    SET r = x;
    IF i.months <> 0 THEN SET r = pg_instant(date_add('month', i.months, CAST(at_timezone(r, zone) AS ${TS})), zone); END IF;
    IF i.days <> 0 THEN SET r = pg_instant(date_add('day', i.days, CAST(at_timezone(r, zone) AS ${TS})), zone); END IF;
    IF i.micros <> 0 THEN SET r = with_timezone(pg_timestamp(pg_instant_micros(r) + i.micros), 'UTC'); END IF;
    RETURN r;
  END`,
  `pg_micros_interval(u bigint) RETURNS ${IV} ${NULLS} RETURN pg_interval(0, u / ${DAY}, u % ${DAY})`,
  `pg_timestamp_diff(a ${TS}, b ${TS}) RETURNS ${IV} ${NULLS} RETURN pg_micros_interval(pg_micros(a) - pg_micros(b))`,
  // symbolic years, months and days, borrowing days from the month of the earlier date
  `pg_age(a ${TS}, b ${TS}) RETURNS ${IV} ${NULLS} BEGIN
    DECLARE negative boolean;
    DECLARE y bigint;
    DECLARE m bigint;
    DECLARE d bigint;
    DECLARE u bigint;
    DECLARE s bigint;
    SET negative = a < b;
    SET s = CASE WHEN negative THEN -1 ELSE 1 END;
    SET y = s * (year(a) - year(b));
    SET m = s * (month(a) - month(b));
    SET d = s * (day(a) - day(b));
    SET u = s * (pg_micros(a) - pg_micros(CAST(CAST(a AS date) AS ${TS})) - pg_micros(b) + pg_micros(CAST(CAST(b AS date) AS ${TS})));
    IF u < 0 THEN SET u = u + ${DAY}; SET d = d - 1; END IF;
    WHILE d < 0 DO
      SET d = d + CASE WHEN negative THEN day(last_day_of_month(a)) ELSE day(last_day_of_month(b)) END;
      SET m = m - 1;
    END WHILE;
    WHILE m < 0 DO SET m = m + 12; SET y = y - 1; END WHILE;
    RETURN pg_interval(s * (y * 12 + m), s * d, s * u);
  END`,
  `pg_date_time(d date, t time(6)) RETURNS ${TS} ${NULLS} RETURN pg_timestamp(date_diff('day', DATE '1970-01-01', d) * ${DAY} + pg_time_micros(t))`,
  `pg_round_micros(u bigint, unit bigint) RETURNS bigint ${NULLS} RETURN (u + CASE WHEN u < 0 THEN - unit / 2 ELSE unit / 2 END) / unit * unit`,
  // timestamps are rounded from 2000 on, the epoch that PostgreSQL counts from
  `pg_scale(x ${TS}, unit bigint) RETURNS ${TS} ${NULLS} RETURN pg_timestamp(pg_round_micros(pg_micros(x) - 946684800000000, unit) + 946684800000000)`,
  `pg_bin(i ${IV}, x bigint, o bigint) RETURNS bigint ${NULLS} BEGIN
    DECLARE size bigint;
    IF i.months <> 0 THEN RETURN CAST(${raise('0A000', 'timestamps cannot be binned into intervals containing months or years')} AS bigint); END IF;
    SET size = i.days * ${DAY} + i.micros;
    IF size <= 0 THEN RETURN CAST(${raise('22008', 'stride must be greater than zero')} AS bigint); END IF;
    RETURN x - (x - o) % size - CASE WHEN (x - o) % size < 0 THEN size ELSE 0 END;
  END`,
  `pg_time_add(t time(6), u bigint) RETURNS time(6) ${NULLS} RETURN pg_time(((pg_time_micros(t) + u % ${DAY}) % ${DAY} + ${DAY}) % ${DAY})`,
  `pg_year_start(y bigint) RETURNS ${TS} ${NULLS} RETURN date_add('year', y - 1970, TIMESTAMP '1970-01-01 00:00:00.000000')`,
  `pg_make_date(y integer, m integer, d integer) RETURNS date ${NULLS} BEGIN
    DECLARE r date;
    SET r = CASE WHEN y = 0 OR m NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31 OR y NOT BETWEEN -4713 AND 99999 THEN NULL ELSE date_add('day', d - 1, date_add('month', (CASE WHEN y < 0 THEN y + 1 ELSE y END - 1970) * 12 + m - 1, DATE '1970-01-01')) END;
    IF r IS NULL OR day(r) <> d THEN RETURN CAST(fail('@22008@date field value out of range: ' || CAST(y AS varchar) || '-' || CASE WHEN abs(m) < 10 THEN '0' ELSE '' END || CAST(m AS varchar) || '-' || CASE WHEN abs(d) < 10 THEN '0' ELSE '' END || CAST(d AS varchar) || '@@') AS date); END IF;
    RETURN r;
  END`,
  `pg_make_micros(h integer, m integer, s double) RETURNS bigint ${NULLS} RETURN CASE WHEN is_nan(s) OR h < 0 OR m < 0 OR m > 59 OR s < 0 OR s > 60 OR h > 24 OR (h * 3600E0 + m * 60E0) * 1E6 + pg_even(s * 1E6) > 86400E6 THEN fail('@22008@time field value out of range: ' || CAST(h AS varchar) || ':' || CAST(m AS varchar) || ':' || CAST(s AS varchar) || '@@') ELSE (CAST(h AS bigint) * 3600 + m * 60) * 1000000 + CAST(pg_even(s * 1E6) AS bigint) END`,
  `pg_make_timestamp(y integer, m integer, d integer, h integer, n integer, s double) RETURNS ${TS} ${NULLS} RETURN pg_timestamp(pg_micros(CAST(pg_make_date(y, m, d) AS ${TS})) + pg_make_micros(h, n, s))`,
  `pg_read_timestamp(t varchar, y integer, m integer, d integer, h integer, n integer, s integer, f integer) RETURNS ${TS} ${NULLS} RETURN CASE WHEN y = 0 OR m NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31 OR h > 23 OR n > 59 OR s > 59 OR day(date_add('day', d - 1, date_add('month', (y - 1970) * 12 + m - 1, DATE '1970-01-01'))) <> d THEN fail('@22008@date/time field value out of range: "' || t || '"@@') ELSE pg_timestamp(pg_micros(CAST(pg_make_date(y, m, d) AS ${TS})) + (CAST(h AS bigint) * 3600 + n * 60 + s) * 1000000 + f) END`,
  `pg_to_timestamp(x double) RETURNS ${TZ} ${NULLS} RETURN CASE WHEN is_nan(x) THEN ${raise('22008', 'timestamp cannot be NaN')} WHEN is_infinite(x) THEN ${raise('0A000', 'an infinite timestamp is not supported')} WHEN abs(x) > 2E11 THEN ${raise('0A000', 'a timestamp so far away is not supported')} ELSE with_timezone(pg_timestamp(CAST(pg_even(x * 1E6) AS bigint)), 'UTC') END`,
  // the ends of a pair may be given in either order; NULL where the answer hangs on one
  `pg_overlaps(a1 bigint, a2 bigint, b1 bigint, b2 bigint) RETURNS boolean BEGIN
    DECLARE s bigint;
    DECLARE e bigint;
    DECLARE t bigint;
    DECLARE f bigint;
    SET s = CASE WHEN a1 IS NULL THEN a2 WHEN a2 IS NULL THEN a1 ELSE least(a1, a2) END;
    SET e = CASE WHEN a1 IS NULL OR a2 IS NULL THEN NULL ELSE greatest(a1, a2) END;
    SET t = CASE WHEN b1 IS NULL THEN b2 WHEN b2 IS NULL THEN b1 ELSE least(b1, b2) END;
    SET f = CASE WHEN b1 IS NULL OR b2 IS NULL THEN NULL ELSE greatest(b1, b2) END;
    IF s IS NULL OR t IS NULL THEN RETURN NULL; END IF;
    IF s > t THEN RETURN CASE WHEN f IS NULL THEN NULL WHEN s < f THEN true WHEN e IS NULL THEN NULL ELSE false END; END IF;
    IF s < t THEN RETURN CASE WHEN e IS NULL THEN NULL WHEN t < e THEN true WHEN f IS NULL THEN NULL ELSE false END; END IF;
    RETURN CASE WHEN e IS NULL OR f IS NULL THEN NULL ELSE true END;
  END`,
]

const SERIES: readonly string[] = [
  `pg_step(s bigint) RETURNS bigint ${NULLS} RETURN CASE WHEN s = 0 THEN ${raise('22023', 'step size cannot equal zero')} ELSE s END`,
  `pg_series(a bigint, b bigint, s bigint) RETURNS array(bigint) ${NULLS} RETURN CASE
    WHEN pg_step(s) > 0 AND a > b OR s < 0 AND a < b THEN ARRAY[]
    WHEN (CAST(b AS decimal(38,0)) - a) / s > 20000000 THEN ${raise('54000', 'a series of more than 20000000 rows is not supported')}
    WHEN (CAST(b AS decimal(38,0)) - a) / s < 10000 THEN sequence(a, b, s)
    ELSE flatten(transform(sequence(0, (b - a) / s / 10000), i -> sequence(a + i * 10000 * s, CASE WHEN s > 0 THEN least(b, a + (i * 10000 + 9999) * s) ELSE greatest(b, a + (i * 10000 + 9999) * s) END, s))) END`,
  // months are added one after the other, and so days of the month that are cut stay cut
  `pg_series_timestamp(a ${TS}, b ${TS}, i ${IV}) RETURNS array(${TS}) ${NULLS} BEGIN
    DECLARE r array(${TS});
    DECLARE x ${TS};
    DECLARE step bigint;
    SET step = pg_step(CASE WHEN pg_interval_length(i) < 0 THEN -1 WHEN pg_interval_length(i) > 0 THEN 1 ELSE 0 END);
    IF i.months = 0 THEN RETURN transform(pg_series(pg_micros(a), pg_micros(b), i.days * ${DAY} + i.micros), u -> pg_timestamp(u)); END IF;
    IF i.days = 0 AND i.micros = 0 AND day(a) <= 28 THEN
      RETURN filter(transform(pg_series(0, CASE WHEN (b >= a) = (step > 0) THEN abs(date_diff('month', a, b) / i.months) + 1 ELSE 0 END, 1), n -> date_add('month', n * i.months, a)), x -> CASE WHEN step > 0 THEN x <= b ELSE x >= b END);
    END IF;
    SET r = ARRAY[];
    SET x = a;
    WHILE CASE WHEN step > 0 THEN x <= b ELSE x >= b END DO
      SET r = concat(r, ARRAY[x]);
      SET x = pg_timestamp_pl(x, i);
    END WHILE;
    RETURN r;
  END`,
  `pg_series_timestamptz(a ${TZ}, b ${TZ}, i ${IV}, zone varchar) RETURNS array(${TZ}) ${NULLS} BEGIN
    DECLARE r array(${TZ});
    DECLARE x ${TZ};
    DECLARE step bigint;
    SET step = pg_step(CASE WHEN pg_interval_length(i) < 0 THEN -1 WHEN pg_interval_length(i) > 0 THEN 1 ELSE 0 END);
    IF zone = 'UTC' OR (i.months = 0 AND i.days = 0) THEN RETURN transform(pg_series_timestamp(CAST(a AS ${TS}), CAST(b AS ${TS}), i), t -> with_timezone(t, 'UTC')); END IF;
    SET r = ARRAY[];
    SET x = a;
    WHILE CASE WHEN step > 0 THEN x <= b ELSE x >= b END DO
      SET r = concat(r, ARRAY[x]);
      SET x = pg_timestamptz_pl(x, i, zone);
    END WHILE;
    RETURN r;
  END`,
]

export const TIME_ROUTINES: readonly string[] = [...CLOCK, ...OUT, ...IN, ...INTERVAL, ...ARITHMETIC, ...SERIES]
