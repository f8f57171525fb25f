import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'

/**
 * Longest text that a function may make of a number. PostgreSQL's own limit is 1 GB, but a Trino that runs out of memory
 * ends for all tenants, and it does not count what one function call takes.
 */
export const TEXT_CHARACTERS_MAX = 4 * 1024 * 1024

/** Strings. */
export const TEXT_ROUTINES: readonly string[] = [
  `pg_pad_length(n bigint) RETURNS bigint ${NULLS} RETURN CASE WHEN n > ${TEXT_CHARACTERS_MAX} THEN ${raise('54000', 'requested length too large')} WHEN n < 0 THEN 0 ELSE n END`,
  `pg_lpad(s varchar, n bigint, f varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN f = '' THEN substr(s, 1, pg_pad_length(n)) ELSE lpad(s, pg_pad_length(n), f) END`,
  `pg_rpad(s varchar, n bigint, f varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN f = '' THEN substr(s, 1, pg_pad_length(n)) ELSE rpad(s, pg_pad_length(n), f) END`,
  // an escape before what means nothing special is left out, which Trino would not have
  `pg_like_pattern(p varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN regexp_like(p, '^(?s:[^\\\\]|\\\\.)*\\\\\\z') THEN ${raise('22025', 'LIKE pattern must not end with escape character')} ELSE regexp_replace(p, '\\\\((?s:.))', g -> CASE WHEN g[1] IN ('%', '_', '\\') THEN '\\' || g[1] ELSE g[1] END) END`,
  `pg_overlay(s varchar, r varchar, f integer, n integer) RETURNS varchar ${NULLS} RETURN CASE WHEN f <= 0 THEN ${raise('22011', 'negative substring length not allowed')} ELSE substr(s, 1, f - 1) || r || substr(s, greatest(CAST(f AS bigint) + n, 1)) END`,
  `pg_split_part(s varchar, d varchar, n integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE parts array(varchar);
    IF n = 0 THEN RETURN CAST(${raise('22023', 'field position must not be zero')} AS varchar); END IF;
    IF s = '' THEN RETURN ''; END IF;
    IF d = '' THEN RETURN CASE WHEN n = 1 OR n = -1 THEN s ELSE '' END; END IF;
    SET parts = split(s, d);
    RETURN coalesce(element_at(parts, n), '');
  END`,
  `pg_chr(n integer) RETURNS varchar ${NULLS} RETURN CASE WHEN n < 0 THEN ${raise('22023', 'character number must be positive')} WHEN n = 0 THEN ${raise('54000', 'null character not permitted')} WHEN n > 1114111 OR n BETWEEN 55296 AND 57343 THEN fail('@54000@requested character not valid for encoding: ' || CAST(n AS varchar) || '@@') ELSE chr(n) END`,
  `pg_quote_literal(s varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN strpos(s, '\\') > 0 THEN 'E''' || replace(replace(s, '\\', '\\\\'), '''', '''''') || '''' ELSE '''' || replace(s, '''', '''''') || '''' END`,
  `pg_string_to_array(s varchar, d varchar) RETURNS array(varchar) RETURN CASE WHEN s IS NULL THEN NULL WHEN s = '' THEN ARRAY[] WHEN d IS NULL THEN regexp_extract_all(s, '(?s).') WHEN d = '' THEN ARRAY[s] ELSE split(s, d) END`,
  `pg_string_to_array_null(s varchar, d varchar, n varchar) RETURNS array(varchar) RETURN transform(pg_string_to_array(s, d), e -> CASE WHEN e = n THEN NULL ELSE e END)`,
  `pg_fit(s varchar, n integer, name varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN length(s) <= n THEN s WHEN trim(TRAILING ' ' FROM substr(s, n + 1)) = '' THEN substr(s, 1, n) ELSE fail('@22001@value too long for type ' || name || '(' || CAST(n AS varchar) || ')@@') END`,
  `pg_get_byte(b varbinary, n integer) RETURNS integer ${NULLS} RETURN CASE WHEN n < 0 OR n >= length(b) THEN fail('@2202E@index ' || CAST(n AS varchar) || ' out of valid range, 0..' || CAST(length(b) - 1 AS varchar) || '@@') ELSE CAST(from_base(to_hex(substr(b, n + 1, 1)), 16) AS integer) END`,
  `pg_get_bit(b varbinary, n bigint) RETURNS integer ${NULLS} RETURN CASE WHEN n < 0 OR n >= 8 * length(b) THEN fail('@2202E@index ' || CAST(n AS varchar) || ' out of valid range, 0..' || CAST(8 * length(b) - 1 AS varchar) || '@@') ELSE CAST(bitwise_and(bitwise_right_shift(from_base(to_hex(substr(b, n / 8 + 1, 1)), 16), CAST(n % 8 AS integer)), 1) AS integer) END`,
  `pg_utf8(b varbinary) RETURNS varchar ${NULLS} RETURN CASE WHEN to_utf8(from_utf8(b)) = b AND strpos(from_utf8(b), chr(0)) = 0 THEN from_utf8(b) ELSE ${raise('22021', 'invalid byte sequence for encoding "UTF8"')} END`,

  // what the input functions read
  `pg_trimmed(s varchar) RETURNS varchar ${NULLS} RETURN regexp_replace(s, '^[ \\t\\n\\x0b\\f\\r]+|[ \\t\\n\\x0b\\f\\r]+\\z')`,
  `pg_bool_in(s varchar) RETURNS boolean ${NULLS} RETURN CASE WHEN regexp_like(pg_trimmed(s), '^(?i)(t|tr|tru|true|y|ye|yes|on|1)\\z') THEN true WHEN regexp_like(pg_trimmed(s), '^(?i)(f|fa|fal|fals|false|n|no|of|off|0)\\z') THEN false ELSE fail('@22P02@invalid input syntax for type boolean: "' || s || '"@@') END`,
  // hexadecimal and underscores are read by PostgreSQL too: refused
  `pg_int_in(s varchar, name varchar, least_value bigint, most bigint) RETURNS bigint ${NULLS} BEGIN
    DECLARE t varchar;
    DECLARE v decimal(38,0);
    SET t = pg_trimmed(s);
    IF regexp_like(t, '^[-+]?0[xXoObB_]|^[-+]?[0-9]+(_[0-9]+)+\\z') THEN RETURN CAST(fail('@0A000@digits with a prefix or underscores are not supported@@') AS bigint); END IF;
    IF NOT regexp_like(t, '^[-+]?[0-9]+\\z') THEN RETURN CAST(fail('@22P02@invalid input syntax for type ' || name || ': "' || s || '"@@') AS bigint); END IF;
    SET v = try(CAST(t AS decimal(38,0)));
    IF v IS NULL OR v < least_value OR v > most THEN RETURN CAST(fail('@22003@value "' || s || '" is out of range for type ' || name || '@@') AS bigint); END IF;
    RETURN CAST(v AS bigint);
  END`,
  `pg_float_in(s varchar, name varchar) RETURNS double ${NULLS} BEGIN
    DECLARE t varchar;
    DECLARE v double;
    SET t = lower(pg_trimmed(s));
    IF t IN ('nan', '+nan', '-nan') THEN RETURN nan(); END IF;
    IF t IN ('inf', '+inf', 'infinity', '+infinity') THEN RETURN infinity(); END IF;
    IF t IN ('-inf', '-infinity') THEN RETURN - infinity(); END IF;
    IF regexp_like(t, '^[-+]?0x') THEN RETURN CAST(fail('@0A000@hexadecimal digits are not supported@@') AS double); END IF;
    IF NOT regexp_like(t, '^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)(e[-+]?[0-9]+)?\\z') THEN RETURN CAST(fail('@22P02@invalid input syntax for type ' || name || ': "' || s || '"@@') AS double); END IF;
    SET v = CAST(t AS double);
    IF is_infinite(v) OR (v = 0 AND regexp_like(t, '^[^e]*[1-9]')) THEN RETURN CAST(fail('@22003@"' || s || '" is out of range for type ' || name || '@@') AS double); END IF;
    RETURN v;
  END`,
  `pg_uuid_in(s varchar) RETURNS uuid ${NULLS} RETURN CASE WHEN regexp_like(s, '^(\\{[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7}\\}|[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7})\\z') THEN CAST(regexp_replace(regexp_replace(s, '[-{}]'), '^(.{8})(.{4})(.{4})(.{4})(.{12})\\z', '$1-$2-$3-$4-$5') AS uuid) ELSE fail('@22P02@invalid input syntax for type uuid: "' || s || '"@@') END`,
  `pg_bytea_in(s varchar) RETURNS varbinary ${NULLS} RETURN CASE WHEN regexp_like(s, '^\\\\x([0-9a-fA-F]{2}[ \\n\\t\\r]*)*\\z') THEN from_hex(regexp_replace(substr(s, 3), '[ \\n\\t\\r]+')) WHEN strpos(s, '\\') = 0 THEN to_utf8(s) ELSE fail('@0A000@this form of bytea is not supported@@') END`,
]
