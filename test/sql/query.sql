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

-- fetch_ties
select id, sal from staff order by sal desc fetch first 2 rows with ties
----
same

-- tableoid
select tableoid::regclass from staff limit 1
----
same

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
