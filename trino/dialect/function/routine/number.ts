import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'

const WHOLE = 'decimal(38,0)'

/** Whole numbers and numerics. */
export const NUMBER_ROUTINES: readonly string[] = [
  `pg_int2(n integer) RETURNS smallint ${NULLS} RETURN CAST(CASE WHEN bitwise_and(n, 65535) > 32767 THEN bitwise_and(n, 65535) - 65536 ELSE bitwise_and(n, 65535) END AS smallint)`,
  `pg_gcd(a ${WHOLE}, b ${WHOLE}) RETURNS ${WHOLE} ${NULLS} BEGIN
    DECLARE x ${WHOLE};
    DECLARE y ${WHOLE};
    DECLARE r ${WHOLE};
    SET x = abs(a);
    SET y = abs(b);
    WHILE y <> 0 DO SET r = x % y; SET x = y; SET y = r; END WHILE;
    RETURN x;
  END`,
  `pg_lcm(a ${WHOLE}, b ${WHOLE}) RETURNS ${WHOLE} ${NULLS} RETURN CASE WHEN a = 0 OR b = 0 THEN 0 ELSE abs(a) / pg_gcd(a, b) * abs(b) END`,
  // of the two's complement, whose top bit to_base would take for a sign
  `pg_to_base(n bigint, bits integer) RETURNS varchar ${NULLS} RETURN CASE WHEN n >= 0 THEN to_base(n, CAST(power(2, bits) AS bigint)) ELSE to_base(bitwise_right_shift(n, bits), CAST(power(2, bits) AS bigint)) || to_base(bitwise_and(n, CAST(power(2, bits) AS bigint) - 1), CAST(power(2, bits) AS bigint)) END`,
  `pg_width_bucket(x double, l double, h double, n integer) RETURNS integer ${NULLS} RETURN CASE WHEN n <= 0 THEN ${raise('2201G', 'count must be greater than zero')} WHEN is_nan(x) OR is_nan(l) OR is_nan(h) THEN ${raise('2201G', 'operand, lower bound, and upper bound cannot be NaN')} WHEN is_infinite(l) OR is_infinite(h) THEN ${raise('2201G', 'lower and upper bounds must be finite')} WHEN l = h THEN ${raise('2201G', 'lower bound cannot equal upper bound')} WHEN l < h THEN CASE WHEN x < l THEN 0 WHEN x >= h THEN n + 1 ELSE least(CAST(floor(n * ((x - l) / (h - l))) AS integer), n - 1) + 1 END ELSE CASE WHEN x > l THEN 0 WHEN x <= h THEN n + 1 ELSE least(CAST(floor(n * ((l - x) / (l - h))) AS integer), n - 1) + 1 END END`,
  // printf's %0*d: longer numbers are not cut
  `pg_pad(n bigint, width integer) RETURNS varchar ${NULLS} RETURN CASE WHEN length(CAST(n AS varchar)) >= width THEN CAST(n AS varchar) ELSE lpad(CAST(n AS varchar), width, '0') END`,
  `pg_pad_signed(n bigint, width integer) RETURNS varchar ${NULLS} RETURN CASE WHEN n < 0 THEN '-' || pg_pad(- n, width) ELSE pg_pad(n, width) END`,
  `pg_ordinal(t varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN regexp_like(t, '1[0-9]\\z') THEN 'TH' ELSE CASE substr(t, -1) WHEN '1' THEN 'ST' WHEN '2' THEN 'ND' WHEN '3' THEN 'RD' ELSE 'TH' END END`,
  `pg_factorial(n bigint) RETURNS ${WHOLE} ${NULLS} BEGIN
    DECLARE r ${WHOLE} DEFAULT 1;
    DECLARE i bigint DEFAULT 2;
    IF n < 0 THEN RETURN CAST(${raise('22003', 'factorial of a negative number is undefined')} AS ${WHOLE}); END IF;
    IF n > 33 THEN RETURN CAST(${raise('0A000', 'a numeric of more than 38 digits is not supported')} AS ${WHOLE}); END IF;
    WHILE i <= n DO SET r = r * i; SET i = i + 1; END WHILE;
    RETURN r;
  END`,
  // the digits after the point that are not zeros at its end
  `pg_min_scale(t varchar) RETURNS integer ${NULLS} RETURN CAST(coalesce(length(regexp_extract(t, '\\.([0-9]*[1-9])0*\\z', 1)), 0) AS integer)`,
  // a decimal with so many digits after the point: more are zeros, and fewer are only zeros left out
  `pg_scaled(t varchar, n integer) RETURNS varchar ${NULLS} RETURN CASE WHEN n <= 0 THEN regexp_replace(t, '\\.0*\\z') WHEN strpos(t, '.') = 0 THEN t || '.' || lpad('', n, '0') ELSE rpad(t, greatest(strpos(t, '.') + n, length(t)), '0') END`,
  // the quotient's whole part, without the rounding of a division
  `pg_width_bucket_numeric(x decimal(38,8), l decimal(38,8), h decimal(38,8), n integer) RETURNS integer ${NULLS} RETURN CASE WHEN n <= 0 THEN ${raise('2201G', 'count must be greater than zero')} WHEN l = h THEN ${raise('2201G', 'lower bound cannot equal upper bound')} WHEN l < h THEN CASE WHEN x < l THEN 0 WHEN x >= h THEN n + 1 ELSE CAST(((x - l) * n - (x - l) * n % (h - l)) / (h - l) AS integer) + 1 END ELSE CASE WHEN x > l THEN 0 WHEN x <= h THEN n + 1 ELSE CAST(((l - x) * n - (l - x) * n % (l - h)) / (l - h) AS integer) + 1 END END`,
  // Newton's step doubles the digits of the float's root
  `pg_numeric_sqrt(x decimal(38,20)) RETURNS decimal(38,20) ${NULLS} BEGIN
    DECLARE r decimal(38,20);
    IF x < 0 THEN RETURN CAST(${raise('2201F', 'cannot take square root of a negative number')} AS decimal(38,20)); END IF;
    IF x = 0 THEN RETURN 0; END IF;
    SET r = CAST(sqrt(CAST(CAST(x AS varchar) AS double)) AS decimal(38,20));
    SET r = (r + CAST(x / r AS decimal(38,20))) / 2;
    RETURN (r + CAST(x / r AS decimal(38,20))) / 2;
  END`,
  // float8 to numeric keeps 15 significant digits, float4 6. The shortest digits tell how to round, but for a tie
  `pg_float_numeric(t varchar, kept integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE digits varchar;
    DECLARE exponent integer;
    DECLARE sign varchar;
    IF NOT regexp_like(t, 'E') THEN RETURN CAST(${raise('0A000', 'NaN and infinity in a numeric are not supported')} AS varchar); END IF;
    SET sign = CASE WHEN substr(t, 1, 1) = '-' THEN '-' ELSE '' END;
    SET digits = regexp_replace(regexp_extract(t, '^-?([0-9](?:\\.[0-9]+)?)E', 1), '\\.|0+\\z');
    SET exponent = CAST(regexp_extract(t, 'E(.*)\\z', 1) AS integer);
    IF length(digits) > kept THEN
      IF regexp_like(substr(digits, kept + 1), '^50*\\z') THEN RETURN CAST(${raise('0A000', 'a float on the edge between two numerics is not supported')} AS varchar); END IF;
      IF substr(digits, kept + 1, 1) >= '5' THEN
        SET digits = CAST(CAST(substr(digits, 1, kept) AS bigint) + 1 AS varchar);
        IF length(digits) > kept THEN SET exponent = exponent + 1; END IF;
      ELSE SET digits = substr(digits, 1, kept); END IF;
      SET digits = regexp_replace(digits, '0+\\z');
    END IF;
    IF digits = '' OR digits = '0' THEN RETURN '0'; END IF;
    IF exponent > 21 OR length(digits) - 1 - exponent > 15 THEN RETURN CAST(${raise('0A000', 'a numeric of more than 38 digits is not supported')} AS varchar); END IF;
    IF exponent < 0 THEN RETURN sign || '0.' || lpad('', - exponent - 1, '0') || digits; END IF;
    IF length(digits) <= exponent + 1 THEN RETURN sign || rpad(digits, exponent + 1, '0'); END IF;
    RETURN sign || substr(digits, 1, exponent + 1) || '.' || substr(digits, exponent + 2);
  END`,
  `pg_percentile_cont(a array(double), f double) RETURNS double ${NULLS} BEGIN
    DECLARE at double;
    DECLARE low double;
    IF cardinality(a) = 0 THEN RETURN NULL; END IF;
    SET at = f * (cardinality(a) - 1);
    SET low = element_at(a, CAST(floor(at) AS integer) + 1);
    IF floor(at) = ceiling(at) THEN RETURN low; END IF;
    RETURN low + (at - floor(at)) * (element_at(a, CAST(ceiling(at) AS integer) + 1) - low);
  END`,
  `pg_fractions(all_of_them array(double)) RETURNS array(double) ${NULLS} RETURN transform(all_of_them, f -> CASE WHEN f < 0 OR f > 1 THEN fail('@22003@percentile value ' || CAST(f AS varchar) || ' is not between 0 and 1@@') ELSE f END)`,
  `pg_percentiles_cont(a array(double), fractions array(double)) RETURNS array(double) ${NULLS} RETURN transform(pg_fractions(fractions), f -> pg_percentile_cont(a, f))`,
  `pg_to_char_number(t varchar, negative boolean, wholes varchar, places varchar, point boolean, fill boolean) RETURNS varchar ${NULLS} BEGIN
    DECLARE w varchar;
    DECLARE f varchar;
    DECLARE c varchar;
    DECLARE blanks varchar DEFAULT '';
    DECLARE body varchar DEFAULT '';
    DECLARE room bigint;
    DECLARE kept bigint;
    DECLARE i bigint DEFAULT 1;
    SET room = length(regexp_replace(wholes, ','));
    SET w = split_part(t, '.', 1);
    SET f = coalesce(split_part(t, '.', 2), '');
    IF w = '0' AND point THEN SET w = ''; END IF;
    IF length(w) > room THEN
      RETURN CASE WHEN negative THEN '-' WHEN fill THEN '' ELSE ' ' END || regexp_replace(wholes, '[90]', '#') || CASE WHEN point THEN '.' || regexp_replace(places, '[90]', '#') ELSE '' END;
    END IF;
    WHILE i <= length(wholes) DO
      SET c = substr(wholes, i, 1);
      IF c <> ',' THEN SET room = room - 1; END IF;
      IF c = ',' THEN
        IF body <> '' THEN SET body = body || ','; ELSEIF NOT fill THEN SET blanks = blanks || ' '; END IF;
      ELSEIF room < length(w) THEN SET body = body || substr(w, length(w) - room, 1);
      ELSEIF c = '0' OR body <> '' THEN SET body = body || '0';
      ELSEIF NOT fill THEN SET blanks = blanks || ' '; END IF;
      SET i = i + 1;
    END WHILE;
    IF point THEN
      SET kept = greatest(length(regexp_extract(places, '^.*0')), length(regexp_replace(f, '0+\\z')));
      IF body = '' AND fill AND NOT regexp_like(t, '[1-9]') THEN SET body = '0'; END IF;
      SET body = body || '.' || CASE WHEN fill THEN substr(f, 1, coalesce(kept, length(regexp_replace(f, '0+\\z')))) ELSE f END;
    END IF;
    RETURN blanks || CASE WHEN negative AND regexp_like(t, '[1-9]') THEN '-' WHEN fill THEN '' ELSE ' ' END || body;
  END`,
  // numeric.c, select_div_scale: digits in groups of four, 16 significant ones at least
  `pg_weight(x decimal(38,0)) RETURNS integer ${NULLS} RETURN CASE WHEN x = 0 THEN 0 ELSE CAST((length(CAST(abs(x) AS varchar)) - 1) / 4 AS integer) END`,
  `pg_lead(x decimal(38,0)) RETURNS integer ${NULLS} RETURN CASE WHEN x = 0 THEN 0 ELSE CAST(substr(CAST(abs(x) AS varchar), 1, (length(CAST(abs(x) AS varchar)) - 1) % 4 + 1) AS integer) END`,
  // of n / 10^places divided by the whole number d; more than 20 digits after the point have no room
  `pg_div_scale(n decimal(38,0), places integer, d decimal(38,0)) RETURNS integer ${NULLS} BEGIN
    DECLARE t varchar;
    DECLARE zeros integer;
    DECLARE weight integer;
    DECLARE lead integer;
    DECLARE r integer;
    SET t = CAST(n AS varchar);
    IF length(t) > places THEN
      SET weight = pg_weight(CAST(substr(t, 1, length(t) - places) AS decimal(38,0)));
      SET lead = pg_lead(CAST(substr(t, 1, length(t) - places) AS decimal(38,0)));
    ELSE
      SET zeros = CAST((places - length(t)) / 4 AS integer);
      SET weight = -1 - zeros;
      SET lead = CAST(substr(rpad(lpad(t, places, '0'), places + 4, '0'), 4 * zeros + 1, 4) AS integer);
    END IF;
    SET r = greatest(16 - 4 * (weight - pg_weight(d) - CASE WHEN lead <= pg_lead(d) THEN 1 ELSE 0 END), places, 0);
    RETURN CASE WHEN r > 20 THEN ${raise('0A000', 'a result of so many decimal places is not supported')} ELSE r END;
  END`,
  // numeric_stddev_internal, from the count and the whole sums of x * 10^places and of its square; as text
  `pg_variance(n bigint, s ${WHOLE}, q ${WHOLE}, places integer, sample integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE v ${WHOLE};
    DECLARE w ${WHOLE};
    DECLARE f ${WHOLE};
    DECLARE unit ${WHOLE};
    DECLARE kept integer;
    IF n <= sample THEN RETURN NULL; END IF;
    SET v = try(n * q - s * s);
    IF v <= 0 THEN RETURN '0'; END IF;
    SET w = try(CAST(n AS ${WHOLE}) * (n - sample) * CAST(rpad('1', 2 * places + 1, '0') AS ${WHOLE}));
    SET f = try((v % w) * CAST('100000000000000000000' AS ${WHOLE}));
    IF v IS NULL OR w IS NULL OR f IS NULL THEN RETURN CAST(${raise('0A000', 'a sum of squares of more than 38 digits is not supported')} AS varchar); END IF;
    SET kept = pg_div_scale(v, 2 * places, CAST(n AS ${WHOLE}) * (n - sample));
    SET unit = CAST(rpad('1', 21 - kept, '0') AS ${WHOLE});
    SET f = (f - f % w) / w;
    SET f = f + CASE WHEN kept < 20 THEN unit / 2 ELSE 0 END;
    SET f = (f - f % unit) / unit;
    SET v = (v - v % w) / w;
    IF length(CAST(f AS varchar)) > kept AND f > 0 THEN SET v = v + 1; SET f = f - CAST(rpad('1', kept + 1, '0') AS ${WHOLE}); END IF;
    RETURN CAST(v AS varchar) || CASE WHEN kept = 0 THEN '' ELSE '.' || lpad(CAST(f AS varchar), kept, '0') END;
  END`,
  `pg_stddev(n bigint, s ${WHOLE}, q ${WHOLE}, places integer, sample integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE v varchar;
    DECLARE kept integer;
    SET v = pg_variance(n, s, q, places, sample);
    IF v IS NULL OR v = '0' THEN RETURN v; END IF;
    SET kept = pg_div_scale(n * q - s * s, 2 * places, CAST(n AS ${WHOLE}) * (n - sample));
    IF strpos(v || '.', '.') > 18 THEN
      RETURN CAST(round(pg_numeric_sqrt(CAST(CAST(v AS decimal(38,12)) * DECIMAL '0.00000001' AS decimal(38,20))) * 10000, kept) AS varchar);
    END IF;
    RETURN CAST(round(pg_numeric_sqrt(CAST(v AS decimal(38,20))), kept) AS varchar);
  END`,
]
