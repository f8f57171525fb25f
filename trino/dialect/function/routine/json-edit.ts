import { raise } from '../helper.ts'

const NULLS = 'RETURNS NULL ON NULL INPUT'
const ITEMS = 'array(row(k varchar, v varchar))'
const NO_PATH_ELEMENT = "fail('@22004@path element at position ' || CAST(i AS varchar) || ' is null@@')"
const NO_INTEGER =
  "fail('@22P02@path element at position ' || CAST(i AS varchar) || ' is not an integer: \"' || path[i] || '\"@@')"

/**
 * A jsonb with one value changed inside of it, by what stands before that value and behind it: setPath of jsonfuncs.c. Modes are
 * `set`, `create`, `delete`, `before` and `after`. https://www.postgresql.org/docs/18/functions-json.html
 */
export const JSON_EDIT_ROUTINES: readonly string[] = [
  `pg_json_parts(items ${ITEMS}) RETURNS array(varchar) ${NULLS} RETURN transform(items, i -> coalesce(i.k || ': ', '') || i.v)`,
  // the elements up to a place, and those from a place on, with the commas between them and the rest
  `pg_json_upto(parts array(varchar), place bigint) RETURNS varchar ${NULLS} RETURN array_join(concat(slice(parts, 1, place), ARRAY['']), ', ')`,
  `pg_json_from(parts array(varchar), place bigint) RETURNS varchar ${NULLS} RETURN array_join(concat(ARRAY[''], slice(parts, place, greatest(cardinality(parts) - place + 1, 0))), ', ')`,
  `pg_jsonb_edit(j varchar, path array(varchar), value varchar, mode varchar) RETURNS varchar ${NULLS} BEGIN
    DECLARE items ${ITEMS};
    DECLARE parts array(varchar);
    DECLARE names array(varchar);
    DECLARE head varchar DEFAULT '';
    DECLARE tail varchar DEFAULT '';
    DECLARE kind varchar;
    DECLARE v varchar;
    DECLARE i bigint DEFAULT 1;
    DECLARE place bigint DEFAULT 0;
    DECLARE size bigint DEFAULT 0;
    IF pg_json_kind(j) NOT IN ('object', 'array') THEN
      RETURN CAST(CASE mode WHEN 'delete' THEN ${raise('22023', 'cannot delete path in scalar')} ELSE ${raise('22023', 'cannot set path in scalar')} END AS varchar);
    END IF;
    IF cardinality(path) = 0 THEN RETURN j; END IF;
    SET v = j;
    WHILE i <= cardinality(path) DO
      IF path[i] IS NULL THEN RETURN CAST(${NO_PATH_ELEMENT} AS varchar); END IF;
      SET kind = pg_json_kind(v);
      IF kind NOT IN ('object', 'array') THEN RETURN j; END IF;
      SET items = pg_json_items(v);
      SET parts = pg_json_parts(items);
      SET size = cardinality(items);
      IF kind = 'object' THEN
        SET names = transform(items, x -> pg_json_string(x.k));
        SET place = array_position(names, path[i]);
      ELSE
        IF NOT regexp_like(path[i], '^\\s*[-+]?[0-9]+\\z') THEN RETURN CAST(${NO_INTEGER} AS varchar); END IF;
        SET place = TRY_CAST(trim(path[i]) AS integer);
        IF place IS NULL THEN RETURN CAST(${NO_INTEGER} AS varchar); END IF;
        SET place = CASE WHEN place < 0 THEN size + place + 1 ELSE place + 1 END;
      END IF;
      IF i < cardinality(path) THEN
        IF place < 1 OR place > size THEN RETURN j; END IF;
        SET head = head || CASE kind WHEN 'object' THEN '{' ELSE '[' END || pg_json_upto(parts, place - 1) || coalesce(items[place].k || ': ', '');
        SET tail = pg_json_from(parts, place + 1) || CASE kind WHEN 'object' THEN '}' ELSE ']' END || tail;
        SET v = items[place].v;
      END IF;
      SET i = i + 1;
    END WHILE;
    SET i = cardinality(path);
    IF kind = 'object' THEN
      IF place > 0 AND mode IN ('before', 'after') THEN RETURN CAST(${raise('22023', 'cannot replace existing key')} AS varchar); END IF;
      IF place = 0 AND mode IN ('set', 'delete') THEN RETURN j; END IF;
      IF mode = 'delete' THEN RETURN head || '{' || array_join(concat(slice(parts, 1, place - 1), slice(parts, place + 1, size - place)), ', ') || '}' || tail; END IF;
      RETURN head || pg_jsonb_of(concat(items, ARRAY[CAST(ROW(pg_json_quote(path[i]), value) AS row(k varchar, v varchar))])) || tail;
    END IF;
    IF mode IN ('before', 'after') THEN
      SET place = CASE WHEN mode = 'after' AND place BETWEEN 1 AND size THEN place + 1 ELSE least(greatest(place, 1), size + 1) END;
      RETURN head || pg_json_list(concat(slice(parts, 1, place - 1), ARRAY[value], slice(parts, place, size - place + 1))) || tail;
    END IF;
    IF place < 1 OR place > size THEN
      RETURN CASE WHEN mode <> 'create' THEN j WHEN place < 1 THEN head || pg_json_list(concat(ARRAY[value], parts)) || tail ELSE head || pg_json_list(concat(parts, ARRAY[value])) || tail END;
    END IF;
    RETURN head || pg_json_list(concat(slice(parts, 1, place - 1), CASE mode WHEN 'delete' THEN ARRAY[] ELSE ARRAY[value] END, slice(parts, place + 1, size - place))) || tail;
  END`,
  `pg_jsonb_set_lax(j varchar, path array(varchar), value varchar, created boolean, treatment varchar) RETURNS varchar BEGIN
    IF j IS NULL OR path IS NULL OR created IS NULL THEN RETURN NULL; END IF;
    IF treatment IS NULL OR treatment NOT IN ('raise_exception', 'use_json_null', 'delete_key', 'return_target') THEN
      RETURN CAST(${raise('22023', 'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"')} AS varchar);
    END IF;
    IF value IS NULL AND treatment = 'raise_exception' THEN RETURN CAST(${raise('22004', 'JSON value must not be null')} AS varchar); END IF;
    IF value IS NULL AND treatment = 'return_target' THEN RETURN j; END IF;
    RETURN pg_jsonb_edit(j, path, coalesce(value, 'null'), CASE WHEN value IS NULL AND treatment = 'delete_key' THEN 'delete' WHEN created THEN 'create' ELSE 'set' END);
  END`,
  // what goes is marked by a character that no JSON text holds; a string that a colon follows is a key
  `pg_jsonb_unmarked(j varchar) RETURNS varchar ${NULLS} RETURN replace(replace(replace(j, chr(1) || ', ', ''), ', ' || chr(1), ''), chr(1), '')`,
  `pg_jsonb_fields_stripped(j varchar) RETURNS varchar ${NULLS} RETURN pg_jsonb_unmarked(regexp_replace(j, '("(?:[^"\\\\]|\\\\.)*")(: null)?', g -> CASE WHEN g[2] IS NULL THEN g[1] ELSE chr(1) END))`,
  `pg_jsonb_strip_nulls(j varchar, in_arrays boolean) RETURNS varchar ${NULLS} RETURN CASE WHEN NOT in_arrays OR j = 'null' THEN pg_jsonb_fields_stripped(j) ELSE pg_jsonb_unmarked(regexp_replace(pg_jsonb_fields_stripped(j), '("(?:[^"\\\\]|\\\\.)*")|null', g -> coalesce(g[1], chr(1)))) END`,
  `pg_json_pairs(list array(varchar)) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN cardinality(list) % 2 = 1 THEN ${raise('2202E', 'array must have even number of elements')} WHEN cardinality(list) = 0 THEN ARRAY[] ELSE transform(sequence(1, cardinality(list) / 2), n -> CAST(ROW(element_at(list, 2 * n - 1), coalesce(pg_json_quote(element_at(list, 2 * n)), 'null')) AS row(k varchar, v varchar))) END`,
  `pg_json_zipped(names array(varchar), list array(varchar)) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN cardinality(names) <> cardinality(list) THEN ${raise('2202E', 'mismatched array dimensions')} ELSE zip_with(names, list, (k, v) -> CAST(ROW(k, coalesce(pg_json_quote(v), 'null')) AS row(k varchar, v varchar))) END`,
  `pg_json_keyed(pairs ${ITEMS}) RETURNS ${ITEMS} ${NULLS} RETURN CASE WHEN any_match(pairs, p -> p.k IS NULL) THEN ${raise('22004', 'null value not allowed for object key')} ELSE transform(pairs, p -> CAST(ROW(pg_json_quote(p.k), p.v) AS row(k varchar, v varchar))) END`,
  `pg_json_of(pairs ${ITEMS}) RETURNS varchar ${NULLS} RETURN '{' || array_join(transform(pairs, p -> p.k || ' : ' || p.v), ', ') || '}'`,
]
