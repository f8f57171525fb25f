-- distinct_on
select distinct on (dept) dept, id, sal from staff order by dept, sal desc, id
----
same

-- distinct_on2
select distinct on (dept) id, dept from staff order by dept desc, id limit 2
----
same

-- nulls_default
select id, i4 from sample order by i4 desc, id
----
same

-- nulls_asc
select id, i4 from sample order by i4, id
----
same

-- nulls_explicit
select id, i4 from sample order by i4 desc nulls last, id
----
same

-- values
values (1,'a',null),(2,null,1.5),(3,'c',2)
----
same

-- view
select * from dept_total order by dept
----
same

-- view2
select dept, s from large_dept order by dept
----
same

-- limit
select id from staff order by id limit 2 offset 1
----
same

-- limit_expr
select id from staff order by id limit 1+1
----
same
trino: refused: ERROR 0A000: LIMIT or OFFSET of an expression that is not constant is not supported

-- fetch_ties
select * from (select id, sal from staff order by sal desc fetch first 2 rows with ties) s order by id
----
same

-- tableoid
select tableoid::regclass from staff limit 1
----
differs: refused: the name of a table by its OID
postgres:
tableoid:2205
staff
SELECT 1
lakewire:
ERROR 0A000: tableoid::regclass is not supported

-- const_types
select 1, 1::bigint, 1.0, 'x', true, null, date '2020-01-01', 1e3, '\x01ff'::bytea, '11111111-2222-3333-4444-555555555555'::uuid
----
same

-- empty_select
select from staff
----
same

-- sort_expr
select id from staff order by sal*-1, id desc
----
same

-- order_alias
select id as x, sal as y from staff order by y desc, x
----
same

-- for_update
select id from staff where id=1 for update
----
same

-- tablesample
select count(*) from staff tablesample system (100)
----
same

-- distinct_order
select distinct dept from staff order by dept desc
----
same

-- distinct_two
select distinct dept, mgr is null from staff order by 1, 2
----
same

-- offset_only
select id from staff order by id offset 3
----
same

-- limit_null
select id from staff order by id limit null offset 1
----
same

-- limit_negative
select id from staff limit -1
----
same

-- offset_negative
select id from staff offset -2
----
same

-- limit_zero
select id from staff limit 0
----
same

-- limit_subquery
select id from staff order by id limit (select count(*) from payment) - 2
----
same
trino: refused: ERROR 0A000: LIMIT or OFFSET of an expression that is not constant is not supported

-- ties_offset
select * from (select id, sal from staff order by sal offset 1 fetch first 2 rows with ties) s order by id
----
same

-- ties_group
select count(*) from staff group by dept order by count(*) desc fetch first 1 row with ties
----
same

-- ties_expression
select * from (select id from staff order by sal * 2 desc fetch first 2 rows with ties) s order by id
----
same

-- ties_union
select sal from staff union all select sal from staff order by 1 fetch first 1 row with ties
----
same

-- order_using
select id from staff order by sal using >, id
----
same

-- order_collate
select dept from staff order by dept collate "C" desc nulls last
----
same

-- distinct_on_expression
select distinct on (id % 2) id % 2 as odd, id from staff order by id % 2, sal desc
----
same

-- nested_order
select * from (select id, sal from staff order by sal desc limit 3) x order by id
----
same

-- table_command
table dept_total order by dept
----
same

-- no_columns_where
select from staff where id = 1
----
same

-- duplicate_names
select id, id, id + 1 as id from staff order by 1 limit 1
----
same

-- quoted_names
select s."id" as "Id of "" it", count(*) as "select" from staff s group by 1 order by 1 limit 2
----
same

-- alias_columns
select a, b from staff as s(a, b) order by 1
----
same

-- tablesample_bernoulli
select count(*) from staff tablesample bernoulli (100) repeatable (3)
----
same
trino: refused: ERROR 0A000: TABLESAMPLE … REPEATABLE is not supported

-- for_share_nowait
select id from staff order by id for share nowait
----
same

-- for_update_skip
select id from staff order by id for update skip locked
----
differs: refused: nothing is locked, so no reader can be given other rows
postgres:
id:23
1
2
3
4
5
SELECT 5
lakewire:
ERROR 0A000: SKIP LOCKED is not supported

-- values_order
select * from (values (3, 'c'), (1, null), (2, 'b')) v(a, b) order by a
----
same

-- values_types
values (1, 2.5, 'x', null::date), (2, 3, null, '2020-01-01') order by 1
----
same
