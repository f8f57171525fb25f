-- char_compare
select id, code = 'ab', code = 'ab ', code < 'b', code in ('zz', 'q') from label order by id
----
same

-- char_text
select id, code::text || '|', code || '|', length(code), upper(code), concat(code, '|') from label order by id
----
same

-- char_like
select id from label where code like 'ab%' order by id
----
same

-- char_group
select code, count(*) from label group by code order by code
----
same

-- varchar_trailing
select id, name = 'ab', name || '|' from label order by id
----
same

-- varchar_cast
select 'abcdefghij'::varchar(4), cast('ab' as char(4)) || '|', 'abcdef'::char(3) from label where id = 1
----
same

-- time_math
select at + interval '2 hours', at - time '01:00', extract(minute from at), at > '12:00' from label order by id
----
same

-- interval_columns
select span, span * 2, span + interval '1 day', extract(epoch from span), -span, span > interval '1 day' from label order by id
----
same

-- interval_sum_group
select span > interval '0' as positive, sum(span), count(*) from label group by 1 order by 1
----
same

-- smallint_math
select i2 + 1::smallint, i2 * 2, i2 / 2::smallint, -i2 from sample where id < 4 order by id
----
same

-- smallint_overflow
select i2 + 1::smallint from sample where id = 5
----
same

-- real_columns
select r, r + 1, r::float8, r::numeric, r = 3.14159::real from sample order by id
----
same

-- float_special
select f / 3, 'NaN'::float8 > f, 'Infinity'::float8, -f from sample order by id
----
same

-- float_order_nan
select x from (values (1::float8), ('NaN'), ('-Infinity'), (null)) v(x), payment where payment.id = 1 order by x
----
same

-- bytea_literals
select '\x01ff'::bytea, length('\x01ff'::bytea), encode('\x01ff'::bytea, 'hex'), '\x01'::bytea < '\x02'::bytea from payment where id = 1
----
same

-- uuid_compare
select '11111111-2222-3333-4444-555555555555'::uuid = '11111111222233334444555555555555'::uuid, max('aaaaaaaa-2222-3333-4444-555555555555'::uuid::text) from payment
----
same

-- date_special
select d, d + 1, d - interval '1 year', date '0044-03-15 BC', 'infinity'::date > d from sample where id = 1
----
same
trino: refused: ERROR 0A000: the date infinity is not supported

-- timestamp_precision
select ts::timestamp(0), ts::timestamp(3), tz::timestamptz(1) from sample where id in (1, 5) order by id
----
same

-- boolean_text
select bo::text, bo::int, not bo, bo or null, bo and null from sample order by id
----
same

-- oid_cast
select id::oid, (id::bigint + 4000000000)::oid from payment where id = 1
----
same

-- numeric_cast_overflow
select n::numeric(5, 2) from sample where id = 5
----
same

-- numeric_strings
select '1.50'::numeric + n, '  7 '::int + id, '1e2'::numeric from sample where id = 1
----
same

-- integer_text_error
select t::int from sample where id = 1
----
same

-- date_text_error
select t::date from sample where id = 1
----
same

-- array_of_array
select array[tags, tags] from staff where id = 1
----
same

-- array_slice
select tags[1:2], tags[2:], tags[:1], tags[5:6] from staff order by id
----
same

-- array_compare
select tags = array['x', 'y'], tags < array['y'], tags || 'n', 'n' || tags, tags || array['k'] from staff order by id
----
same

-- array_numeric
select array[1.5, 2, null], array[1, 2]::numeric[], array[id, mgr] from staff order by id
----
differs: the elements of an array have one scale
postgres:
array:1231 | array:1231 | array:1007
{1.5,2,NULL} | {1,2} | {1,NULL}
{1.5,2,NULL} | {1,2} | {2,1}
{1.5,2,NULL} | {1,2} | {3,1}
{1.5,2,NULL} | {1,2} | {4,2}
{1.5,2,NULL} | {1,2} | {5,2}
SELECT 5
lakewire:
array:1231 | array:1231 | array:1007
{1.5,2.0,NULL} | {1,2} | {1,NULL}
{1.5,2.0,NULL} | {1,2} | {2,1}
{1.5,2.0,NULL} | {1,2} | {3,1}
{1.5,2.0,NULL} | {1,2} | {4,2}
{1.5,2.0,NULL} | {1,2} | {5,2}
SELECT 5

-- array_functions
select array_remove(tags, 'x'), array_replace(tags, 'x', 'X'), array_positions(tags, 'x'), array_to_string(tags, ',', '*'), array_upper(tags, 1), array_ndims(tags) from staff order by id
----
same

-- array_unnest_two
select * from staff s, unnest(s.tags, array[1, 2]) u(a, b) order by id, b, a
----
same

-- array_agg_nested
select array_agg(array[id, mgr] order by id) from staff where mgr is not null
----
differs: refused: arrays of arrays by aggregation
postgres:
array_agg:1007
{{2,1},{3,1},{4,2},{5,2}}
SELECT 1
lakewire:
ERROR 0A000: function array_agg(anyarray) is not supported

-- jsonb_contains
select id, j @> '{"a": 1}', j ? 'b', j ?| array['z', 'q'], j ?& array['a', 'b'] from document order by id
----
same

-- jsonb_build
select jsonb_build_object('id', id, 'amount', amount), jsonb_build_array(id, tenant) from payment order by id
----
same

-- jsonb_each
select d.id, e.key, e.value from document d, jsonb_each(d.j) e where d.id < 4 order by 1, 2
----
same

-- jsonb_keys
select id, k from document, jsonb_object_keys(j) k order by 1, 2
----
same

-- jsonb_path_operator
select id, j #> '{l,1}', j #>> '{l,-1}', j -> 'l' -> -1, jsonb_array_length(j -> 'l') from document where id < 3 order by id
----
same

-- jsonb_typeof
select id, jsonb_typeof(j), jsonb_typeof(j -> 'a'), j ->> 'a' is null from document order by id
----
same

-- jsonb_compare
select id from document where j -> 'a' = '1'::jsonb or j ->> 'b' = 'str' order by id
----
same

-- jsonb_concat
select j || '{"n": 1}', j - 'a' from document order by id
----
same

-- jsonb_set
select jsonb_set(j, '{a}', '99'), jsonb_strip_nulls(j) from document where id < 3 order by id
----
same

-- jsonb_to_text
select j::text, length(j::text) from document order by id
----
same

-- row_to_json
select row_to_json(p), to_jsonb(p) from payment p where id = 1
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- array_two_dimensions
select array[[1, 2], [3, id]] from payment order by id
----
same

-- array_two_dimensions_element
select (array[[1, 2], [3, id]])[2][2] from payment order by id
----
differs: refused: a list of lists has no elements by two subscripts
postgres:
array:23
1
2
3
4
SELECT 4
lakewire:
ERROR 0A000: a subscript of an array of several dimensions is not supported

-- array_two_dimensions_row
select (array[[1, 2], [3, 4]])[1] from payment order by id
----
differs: refused: a list of lists gives a list where PostgreSQL gives NULL
postgres:
array:23
NULL
NULL
NULL
NULL
SELECT 4
lakewire:
ERROR 0A000: a subscript of an array of several dimensions is not supported

-- array_two_dimensions_any
select 3 = any (array[[1, 2], [3, id]]) from payment order by id
----
differs: refused: ANY goes through all elements, a list of lists has lists
postgres:
?column?:16
t
t
t
t
SELECT 4
lakewire:
ERROR 0A000: ANY or ALL of an array of several dimensions is not supported

-- array_two_dimensions_cast
select array[[1, 2], [3, id]]::text[] from payment order by id
----
same

-- array_two_dimensions_text
select array[[1, 2], [3, id]]::text from payment order by id
----
differs: refused: the text of arrays of several dimensions inside a statement
postgres:
array:25
{{1,2},{3,1}}
{{1,2},{3,2}}
{{1,2},{3,3}}
{{1,2},{3,4}}
SELECT 4
lakewire:
ERROR 0A000: a cast of an array of several dimensions is not supported

-- names_of_lambdas
select array[e, 2]::text, array[e]::text[], (avg(o) over ())::int, ((o::text || '.6')::numeric)::int from (select id as e, id * 10 as o from payment) o order by e
----
same
