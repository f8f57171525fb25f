import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'
const ITEMS = 'array(row(k varchar, v varchar))'

/**
 * JSON on its text, since Trino's own JSON forgets PostgreSQL's: json keeps the text it was given, and the text of a jsonb is
 * canonical, so that what is cut out of it is canonical too.
 */
export const JSON_ROUTINES: readonly string[] = [
  `pg_json_quote(s varchar) RETURNS varchar ${NULLS} RETURN '"' || regexp_replace(s, '([\\x00-\\x1f"\\\\])', g -> CASE g[1] WHEN '"' THEN '\\"' WHEN '\\' THEN '\\\\' WHEN chr(8) THEN '\\b' WHEN chr(9) THEN '\\t' WHEN chr(10) THEN '\\n' WHEN chr(12) THEN '\\f' WHEN chr(13) THEN '\\r' ELSE '\\u00' || lpad(to_base(codepoint(CAST(g[1] AS varchar(1))), 16), 2, '0') END) || '"'`,
  `pg_json_string(t varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN strpos(t, '\\') > 0 THEN CAST(json_parse(t) AS varchar) ELSE substr(t, 2, length(t) - 2) END`,
  `pg_json_kind(j varchar) RETURNS varchar ${NULLS} RETURN CASE substr(ltrim(j), 1, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'boolean' WHEN 'f' THEN 'boolean' WHEN 'n' THEN 'null' ELSE 'number' END`,
  // the fields of an object, their names still in quotes, or the elements of an array
  `pg_json_items(j varchar) RETURNS ${ITEMS} ${NULLS} BEGIN
    DECLARE tokens array(varchar);
    DECLARE r ${ITEMS};
    DECLARE i bigint DEFAULT 1;
    DECLARE first_one bigint DEFAULT 1;
    DECLARE depth bigint DEFAULT 0;
    DECLARE t varchar;
    DECLARE k varchar;
    DECLARE v varchar;
    SET tokens = regexp_extract_all(j, '"(?:[^"\\\\]|\\\\.)*"|[\\[\\]{}:,]|[^"\\[\\]{}:,\\s]+|\\s+');
    SET r = ARRAY[];
    WHILE i <= cardinality(tokens) DO
      SET t = tokens[i];
      IF t IN ('{', '[') THEN
        SET depth = depth + 1;
        IF depth = 1 THEN SET first_one = i + 1; END IF;
      ELSEIF depth = 1 AND t = ':' THEN
        SET k = trim(array_join(slice(tokens, first_one, i - first_one), ''));
        SET first_one = i + 1;
      ELSEIF depth = 1 AND t IN (',', '}', ']') THEN
        SET v = trim(array_join(slice(tokens, first_one, i - first_one), ''));
        IF v <> '' THEN SET r = concat(r, ARRAY[CAST(ROW(k, v) AS row(k varchar, v varchar))]); END IF;
        SET k = NULL;
        SET first_one = i + 1;
      END IF;
      IF t IN ('}', ']') THEN SET depth = depth - 1; END IF;
      SET i = i + 1;
    END WHILE;
    RETURN r;
  END`,
  `pg_json_text(v varchar) RETURNS varchar ${NULLS} RETURN CASE pg_json_kind(v) WHEN 'null' THEN NULL WHEN 'string' THEN pg_json_string(v) ELSE v END`,
  `pg_json_field(j varchar, key varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN pg_json_kind(j) = 'object' THEN element_at(filter(pg_json_items(j), i -> pg_json_string(i.k) = key), -1).v END`,
  `pg_json_element(j varchar, n integer) RETURNS varchar ${NULLS} RETURN CASE WHEN pg_json_kind(j) = 'array' THEN element_at(pg_json_items(j), CASE WHEN n >= 0 THEN n + BIGINT '1' ELSE n END).v END`,
  // jsonb holds a scalar as an array of one
  `pg_jsonb_element(j varchar, n integer) RETURNS varchar ${NULLS} RETURN CASE WHEN pg_json_kind(j) NOT IN ('array', 'object') AND n IN (0, -1) THEN j ELSE pg_json_element(j, n) END`,
  `pg_json_path(j varchar, path array(varchar)) RETURNS varchar ${NULLS} BEGIN
    DECLARE v varchar;
    DECLARE i bigint DEFAULT 1;
    SET v = j;
    WHILE i <= cardinality(path) AND v IS NOT NULL DO
      SET v = CASE WHEN path[i] IS NULL THEN NULL
        WHEN pg_json_kind(v) = 'array' THEN CASE WHEN regexp_like(path[i], '^[-+]?[0-9]{1,9}\\z') THEN pg_json_element(v, CAST(path[i] AS integer)) END
        ELSE pg_json_field(v, path[i]) END;
      SET i = i + 1;
    END WHILE;
    RETURN v;
  END`,
  `pg_json_array_length(j varchar) RETURNS integer ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'array' THEN CAST(cardinality(pg_json_items(j)) AS integer) WHEN 'object' THEN ${raise('22023', 'cannot get array length of a non-array')} ELSE ${raise('22023', 'cannot get array length of a scalar')} END`,
  `pg_json_exists(j varchar, key varchar) RETURNS boolean ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'object' THEN any_match(pg_json_items(j), i -> pg_json_string(i.k) = key) WHEN 'array' THEN any_match(pg_json_items(j), i -> substr(i.v, 1, 1) = '"' AND pg_json_string(i.v) = key) WHEN 'string' THEN pg_json_string(j) = key ELSE false END`,
  `pg_json_exists_any(j varchar, keys array(varchar)) RETURNS boolean ${NULLS} RETURN any_match(filter(keys, e -> e IS NOT NULL), e -> pg_json_exists(j, e))`,
  `pg_json_exists_all(j varchar, keys array(varchar)) RETURNS boolean ${NULLS} RETURN all_match(filter(keys, e -> e IS NOT NULL), e -> pg_json_exists(j, e))`,
  `pg_json_list(items array(varchar)) RETURNS varchar ${NULLS} RETURN '[' || array_join(items, ', ') || ']'`,
  // keys once each, the last one's value, by length and then bytes; names are in quotes
  `pg_jsonb_of(items ${ITEMS}) RETURNS varchar ${NULLS} BEGIN
    DECLARE names array(varchar);
    DECLARE latest map(varchar, varchar);
    SET latest = reduce(items, map(CAST(ARRAY[] AS array(varchar)), CAST(ARRAY[] AS array(varchar))), (m, i) -> map_concat(m, map(ARRAY[i.k], ARRAY[i.v])), m -> m);
    SET names = array_sort(map_keys(latest), (a, b) -> CASE WHEN length(to_utf8(pg_json_string(a))) < length(to_utf8(pg_json_string(b))) THEN -1 WHEN length(to_utf8(pg_json_string(a))) > length(to_utf8(pg_json_string(b))) THEN 1 WHEN pg_json_string(a) < pg_json_string(b) THEN -1 WHEN pg_json_string(a) = pg_json_string(b) THEN 0 ELSE 1 END);
    RETURN '{' || array_join(transform(names, n -> n || ': ' || element_at(latest, n)), ', ') || '}';
  END`,
  `pg_json_keys_known(pairs ${ITEMS}) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN any_match(pairs, p -> p.k IS NULL) THEN ${raise('22004', 'null value not allowed for object key')} ELSE pairs END`,
  `pg_jsonb_keys_known(pairs ${ITEMS}) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN any_match(pairs, p -> p.k IS NULL) THEN ${raise('22023', 'field name must not be null')} ELSE pairs END`,
  `pg_json_keys_once(pairs ${ITEMS}) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN cardinality(array_distinct(transform(pairs, p -> p.k))) < cardinality(pairs) THEN ${raise('22030', 'duplicate JSON object key value')} ELSE pairs END`,
  `pg_jsonb_object(pairs ${ITEMS}) RETURNS varchar ${NULLS} RETURN pg_jsonb_of(transform(pg_jsonb_keys_known(pairs), p -> CAST(ROW(pg_json_quote(p.k), p.v) AS row(k varchar, v varchar))))`,
  `pg_json_object(pairs ${ITEMS}) RETURNS varchar ${NULLS} RETURN '{ ' || array_join(transform(pg_json_keys_known(pairs), p -> pg_json_quote(p.k) || ' : ' || p.v), ', ') || ' }'`,
  `pg_jsonb_concat(a varchar, b varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN pg_json_kind(a) = 'object' AND pg_json_kind(b) = 'object' THEN pg_jsonb_of(concat(pg_json_items(a), pg_json_items(b))) ELSE pg_json_list(concat(CASE pg_json_kind(a) WHEN 'array' THEN transform(pg_json_items(a), i -> i.v) ELSE ARRAY[a] END, CASE pg_json_kind(b) WHEN 'array' THEN transform(pg_json_items(b), i -> i.v) ELSE ARRAY[b] END)) END`,
  `pg_jsonb_delete(j varchar, keys array(varchar)) RETURNS varchar ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'object' THEN '{' || array_join(transform(filter(pg_json_items(j), i -> none_match(keys, e -> e IS NOT DISTINCT FROM pg_json_string(i.k))), i -> i.k || ': ' || i.v), ', ') || '}' WHEN 'array' THEN pg_json_list(transform(filter(pg_json_items(j), i -> substr(i.v, 1, 1) <> '"' OR none_match(keys, e -> e IS NOT DISTINCT FROM pg_json_string(i.v))), i -> i.v)) ELSE ${raise('22023', 'cannot delete from scalar')} END`,
  `pg_jsonb_delete_index(j varchar, n integer) RETURNS varchar ${NULLS} BEGIN
    DECLARE items array(varchar);
    DECLARE at bigint;
    IF pg_json_kind(j) = 'object' THEN RETURN CAST(${raise('22023', 'cannot delete from object using integer index')} AS varchar); END IF;
    IF pg_json_kind(j) <> 'array' THEN RETURN CAST(${raise('22023', 'cannot delete from scalar')} AS varchar); END IF;
    SET items = transform(pg_json_items(j), i -> i.v);
    SET at = CASE WHEN n < 0 THEN cardinality(items) + n ELSE n END;
    IF at < 0 OR at >= cardinality(items) THEN RETURN j; END IF;
    RETURN pg_json_list(concat(slice(items, 1, at), slice(items, at + 2, cardinality(items) - at - 1)));
  END`,
  // the same for numbers of different scales
  `pg_jsonb_key(j varchar) RETURNS varchar ${NULLS} RETURN regexp_replace(j, '("(?:[^"\\\\]|\\\\.)*")|(-?[0-9]+)(?:\\.([0-9]*[1-9])?0*)?', g -> coalesce(g[1], g[2] || coalesce('.' || g[3], '')))`,
  `pg_jsonb_bool(j varchar) RETURNS boolean ${NULLS} RETURN CASE j WHEN 'true' THEN true WHEN 'false' THEN false WHEN 'null' THEN NULL ELSE fail('@22023@cannot cast jsonb ' || CASE pg_json_kind(j) WHEN 'number' THEN 'numeric' ELSE pg_json_kind(j) END || ' to type boolean@@') END`,
  `pg_jsonb_number(j varchar, type varchar) RETURNS varchar ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'number' THEN j WHEN 'null' THEN NULL ELSE fail('@22023@cannot cast jsonb ' || CASE pg_json_kind(j) WHEN 'array' THEN 'array' WHEN 'object' THEN 'object' ELSE pg_json_kind(j) END || ' to type ' || type || '@@') END`,
  // half away from zero, as numeric rounds
  `pg_jsonb_int(j varchar, type varchar, least_value bigint, most bigint) RETURNS bigint ${NULLS} BEGIN
    DECLARE t varchar;
    DECLARE v decimal(38,0);
    SET t = pg_jsonb_number(j, type);
    IF t IS NULL THEN RETURN NULL; END IF;
    SET v = try(CAST(split_part(t, '.', 1) AS decimal(38,0)) + CASE WHEN substr(split_part(t, '.', 2), 1, 1) >= '5' THEN CASE WHEN substr(t, 1, 1) = '-' THEN -1 ELSE 1 END ELSE 0 END);
    IF v IS NULL OR v < least_value OR v > most THEN RETURN CAST(fail('@22003@' || type || ' out of range@@') AS bigint); END IF;
    RETURN CAST(v AS bigint);
  END`,
  `pg_json_float(t varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN regexp_like(t, 'N|I') THEN '"' || t || '"' ELSE t END`,
  `pg_jsonb_float(t varchar) RETURNS varchar ${NULLS} RETURN CASE WHEN strpos(t, 'e') > 0 THEN ${raise('0A000', 'a float with an exponent in jsonb is not supported')} ELSE pg_json_float(t) END`,
  `pg_json_time(t varchar) RETURNS varchar ${NULLS} RETURN '"' || regexp_replace(regexp_replace(t, '^([^ ]*) ', '$1T'), '(:[0-9.]+[-+][0-9]{2})( BC)?\\z', '$1:00$2') || '"'`,
  `pg_json_elements(j varchar) RETURNS array(varchar) ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'array' THEN transform(pg_json_items(j), i -> i.v) WHEN 'object' THEN ${raise('22023', 'cannot extract elements from an object')} ELSE ${raise('22023', 'cannot extract elements from a scalar')} END`,
  `pg_json_fields(j varchar, what varchar) RETURNS ${ITEMS} ${NULLS} RETURN CASE pg_json_kind(j) WHEN 'object' THEN transform(pg_json_items(j), i -> CAST(ROW(pg_json_string(i.k), i.v) AS row(k varchar, v varchar))) ELSE fail('@22023@cannot call ' || what || ' on ' || CASE pg_json_kind(j) WHEN 'array' THEN 'an array' ELSE 'a scalar' END || '@@') END`,
  `pg_jsonb_pretty(j varchar) RETURNS varchar ${NULLS} BEGIN
    DECLARE tokens array(varchar);
    DECLARE i bigint DEFAULT 1;
    DECLARE depth bigint DEFAULT 0;
    DECLARE r varchar DEFAULT '';
    SET tokens = regexp_extract_all(j, '"(?:[^"\\\\]|\\\\.)*"|[\\[\\]{}:,]|[^"\\[\\]{}:,\\s]+');
    WHILE i <= cardinality(tokens) DO
      IF tokens[i] IN ('}', ']') THEN SET depth = depth - 1; END IF;
      SET r = r || CASE WHEN tokens[i] IN ('}', ']') THEN chr(10) || lpad('', 4 * depth, ' ') ELSE '' END || tokens[i] || CASE WHEN tokens[i] = ':' THEN ' ' WHEN tokens[i] = ',' THEN chr(10) || lpad('', 4 * depth, ' ') ELSE '' END;
      IF tokens[i] IN ('{', '[') THEN
        SET depth = depth + 1;
        IF element_at(tokens, i + 1) NOT IN ('}', ']') THEN SET r = r || chr(10) || lpad('', 4 * depth, ' '); END IF;
      END IF;
      SET i = i + 1;
    END WHILE;
    RETURN r;
  END`,
]
