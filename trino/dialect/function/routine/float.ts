import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'

/**
 * Floats as text. Trino writes the shortest digits that read back as the same float, as PostgreSQL does, but always with
 * an exponent. Below 1e-300 (1e-43) it may write a digit more than PostgreSQL: refused.
 */
export const FLOAT_ROUTINES: readonly string[] = [
  `pg_scientific(t varchar, plain integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE sign varchar;
    DECLARE digits varchar;
    DECLARE exponent integer;
    IF regexp_like(t, '^-?Infinity\\z|^NaN\\z') THEN RETURN t; END IF;
    SET sign = CASE WHEN substr(t, 1, 1) = '-' THEN '-' ELSE '' END;
    SET digits = regexp_replace(regexp_extract(t, '^-?([0-9](?:\\.[0-9]+)?)E', 1), '\\.|0+\\z');
    SET exponent = CAST(regexp_extract(t, 'E(.*)\\z', 1) AS integer);
    IF digits = '' OR digits = '0' THEN RETURN sign || '0'; END IF;
    IF exponent < -4 OR exponent >= plain THEN
      RETURN sign || substr(digits, 1, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
        || CASE WHEN exponent < 0 THEN 'e-' ELSE 'e+' END || CASE WHEN abs(exponent) < 10 THEN '0' ELSE '' END || CAST(abs(exponent) AS varchar);
    END IF;
    IF exponent < 0 THEN RETURN sign || '0.' || lpad('', - exponent - 1, '0') || digits; END IF;
    IF length(digits) <= exponent + 1 THEN RETURN sign || rpad(digits, exponent + 1, '0'); END IF;
    RETURN sign || substr(digits, 1, exponent + 1) || '.' || substr(digits, exponent + 2);
  END`,
  `pg_float8_out(x double) RETURNS varchar ${NULLS} RETURN CASE WHEN abs(x) < 1E-300 AND x <> 0 THEN ${raise('0A000', 'a float so small as text is not supported')} ELSE pg_scientific(CAST(x AS varchar), 15) END`,
  `pg_float4_out(x real) RETURNS varchar ${NULLS} RETURN CASE WHEN abs(x) < 1E-37 AND x <> REAL '0' THEN ${raise('0A000', 'a float so small as text is not supported')} ELSE pg_scientific(CAST(x AS varchar), 6) END`,
  `pg_array_out(items array(varchar)) RETURNS varchar ${NULLS} RETURN '{' || array_join(transform(items, e -> CASE WHEN e IS NULL THEN 'NULL' WHEN e = '' OR regexp_like(e, '[{}",\\\\ \\t\\n\\x0b\\f\\r]|^(?i)null\\z') THEN '"' || replace(replace(e, '\\', '\\\\'), '"', '\\"') || '"' ELSE e END), ',') || '}'`,
  // plain elements; quotes, and arrays of arrays, are refused
  `pg_array_in(t varchar) RETURNS array(varchar) ${NULLS} RETURN CASE WHEN regexp_like(t, '^\\s*\\{\\s*\\}\\s*\\z') THEN ARRAY[] WHEN regexp_like(t, '^\\s*\\{[^{}"\\\\,]*[^{}"\\\\,\\s][^{}"\\\\,]*(,[^{}"\\\\,]*[^{}"\\\\,\\s][^{}"\\\\,]*)*\\}\\s*\\z') THEN transform(split(regexp_replace(t, '^\\s*\\{|\\}\\s*\\z'), ','), e -> CASE WHEN lower(trim(e)) = 'null' THEN NULL ELSE trim(e) END) ELSE ${raise('0A000', 'this text of an array is not supported')} END`,
  // a numeric of so many places: what would lose digits is refused
  `pg_numeric_in(t varchar, places integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE s varchar;
    SET s = regexp_replace(t, '^[ \\t\\n\\x0b\\f\\r]+|[ \\t\\n\\x0b\\f\\r]+\\z');
    IF regexp_like(s, '^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)\\z') THEN
      IF length(regexp_extract(s, '\\.([0-9]*[1-9])0*\\z', 1)) > places THEN RETURN CAST(${raise('0A000', 'a numeric of so many decimal places made of text is not supported')} AS varchar); END IF;
      RETURN s;
    END IF;
    IF regexp_like(s, '^(?i)[-+]?(nan|inf(inity)?|0[xob].*|[0-9._]+e[-+]?[0-9_]+|[0-9._]*_[0-9._]*)\\z') THEN RETURN CAST(${raise('0A000', 'this form of a numeric is not supported')} AS varchar); END IF;
    RETURN CAST(fail('@22P02@invalid input syntax for type numeric: "' || t || '"@@') AS varchar);
  END`,
]
