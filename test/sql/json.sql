-- jsonb_arrow
select id, j->'b', j->>'a', j->'b'->>'c', j->'l'->0, j->'l'->>1 from document order by id
----
same

-- jsonb_path
select id, j #>> '{b,c}' from document order by id
----
same

-- jsonb_subscript
select id, j['b'], j['b']['c'], j['l'][0], j['l'][-1]['x'], j['l'][id] is null, j[null], (j['a'])::text from document order by id
----
same

-- jsonb_subscript_parameter_like
select id, d.j[d.k] from (select id, j, case when id < 3 then 'a' else 'b' end as k from document) d
where d.j['a'] = '1' or d.j['b'] is not null order by id
----
same

-- jsonb_cast
select id, (j->>'a')::numeric + 1 from document where id <> 2 order by id
----
same

-- jsonb_num
select id, j->>'b' from document order by id
----
same

-- jsonb_elems
select id, x from document, jsonb_array_elements(j->'l') x order by 1,2
----
same
trino: refused: ERROR 0A000: ORDER BY of a value of this type is not supported

-- jsonb_const
select '{"b":1,"a":[1.50,null,"q"]}'::jsonb
----
same

-- jsonb_agg
select jsonb_agg(id order by id) from staff
----
same

-- json_agg_subquery
select json_agg(t) from (select id, dept, sal, tags from staff order by id) t
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- row_to_json_subquery
select row_to_json(t) from (select id, dept from staff) t order by t.id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- row_to_json_row
select row_to_json(row(id, dept, sal)) from staff order by id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- json_of_row_in_object
select json_build_object('a', t, 'b', row(1, 'x')) from (select id, dept from staff) t order by id
----
same
trino: refused: ERROR 0A000: function json_build_object(any) with a value of this type is not supported

-- json_of_scalar_row
select coalesce(json_agg("root"), '[]') as "root" from (select row_to_json((select "_e" from (select b.id as "id", b.dept as "name") as "_e")) as "root" from (select * from staff order by id) as b) as "_root"
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- json_nested_rows
select json_agg(d) from (select dept, (select json_agg(s) from (select id, sal from staff where dept = o.dept order by id) s) as people from (select distinct dept from staff) o order by dept) d
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- json_row_in_row
select row_to_json(o) from (select id, i as inner_row from (select id, dept from staff) i) o order by id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- json_outer_join_row
select s.id, row_to_json(m), to_jsonb(m) from staff s left join staff m on m.id = s.mgr order by s.id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- json_outer_join_subquery
select p.id, row_to_json(s) from payment p left join (select id, nullif(id, 3) as x from staff where id > 2) s on s.id = p.id order by p.id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- count_of_outer_row
select count(m), count(*) from staff s left join staff m on m.id = s.mgr
----
same

-- json_lateral_rows
select d.dept, x.people from (select distinct dept from staff) d left join lateral (select json_agg(s order by s.id) as people from (select id, tags from staff where dept = d.dept) s) x on true order by 1
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- json_agg_cte
with q as (select dept, count(*) as n from staff group by dept) select json_agg(q order by q.dept), count(q) from q
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- json_agg_values
select json_agg(v) from (values (1, 'a'), (2, null)) v(n, t)
----
same

-- jsonb_agg_view
select jsonb_agg(v order by v.dept) from dept_total v
----
same
trino: refused: ERROR 0A000: function jsonb_agg(anyelement) with a value of this type is not supported

-- json_array_of_rows
select to_json(array_agg(t order by t.id)) from (select id, dept from staff) t
----
same
trino: refused: ERROR 0A000: function to_json(anyelement) with a value of this type is not supported

-- json_row_by_case
select row_to_json(case when id > 2 then t end) from (select id, dept from staff) t order by t.id
----
same
trino: refused: ERROR 0A000: function row_to_json(record) is not supported

-- postgrest
with pgrst_source as (select id, dept from staff order by id) select null::bigint as total_result_set, pg_catalog.count(_postgrest_t) as page_total, coalesce(json_agg(_postgrest_t), '[]') as body from (select * from pgrst_source) _postgrest_t
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- jsonb_set_named
select jsonb_set(j, path => '{a}', replacement => '5'), jsonb_set(jsonb_in => j, path => '{q}', replacement => '5', create_if_missing => false) from document order by id
----
same

-- json_agg_averages
select json_agg(t) from (select dept, avg(sal) as a, sum(sal) / 3 as q from staff group by dept order by dept) t
----
differs: a quotient inside a row has the digits of its column; by itself it has its own
postgres:
json_agg:114
[{"dept":"a","a":150.2500000000000000,"q":100.1666666666666667}, 
 {"dept":"b","a":150.2500000000000000,"q":100.1666666666666667}, 
 {"dept":null,"a":90.0000000000000000,"q":30.0000000000000000}]
SELECT 1
lakewire:
json_agg:114
[{"dept":"a","a":150.25000000000000000000,"q":100.16666666666666670000}, 
 {"dept":"b","a":150.25000000000000000000,"q":100.16666666666666670000}, 
 {"dept":null,"a":90.00000000000000000000,"q":30.00000000000000000000}]
SELECT 1
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- jsonb_order
select x::jsonb from (values ('10'), ('9'), ('-1.5'), ('-1'), ('-10'), ('0.001'), ('0'), ('"x"'), ('""'), ('"xy"'), ('[]'), ('[1]'), ('[1, 2]'), ('[0, 9]'), ('{}'), ('true'), ('false'), ('null'), ('{"a": 1}'), ('{"b": 0}'), ('{"a": 1, "b": 2}'), ('{"bb": 0}'), ('1e3'), ('{"a": [1]}'), (null)) v(x), payment where payment.id = 1 order by x::jsonb
----
same
trino: refused: ERROR 0A000: a cast from text to jsonb is not supported

-- jsonb_order_of_window_and_aggregate
select id, row_number() over (order by j desc nulls last), (select array_agg(d.id order by d.j, d.id) from document d) from document order by id
----
same
trino: refused: ERROR 0A000: ORDER BY of a value of this type is not supported

-- jsonb_equal_by_value
select a.id, b.id from document a join document b on a.j -> 'a' = b.j -> 'a' where a.j -> 'a' in ('1.0', '1.5', 'null') order by 1, 2
----
same

-- key_of_an_object_is_null
select json_object_agg(tenant, amount) from payment
----
same

-- key_of_a_built_object_is_null
select json_build_object(tenant, amount) from payment
----
same

-- key_of_a_jsonb_object_is_null
select jsonb_object_agg(tenant, amount) from payment
----
same
