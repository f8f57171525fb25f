-- lateral
select e.id, x.m from staff e cross join lateral (select max(sal) m from staff f where f.mgr = e.id) x order by 1
----
same

-- lateral_left
select e.id, x.id from staff e left join lateral (select f.id from staff f where f.mgr = e.id order by f.sal desc, f.id limit 1) x on true order by 1
----
same

-- row_in
select id from staff where (dept, id) in (select dept, max(id) from staff group by dept) order by id
----
same

-- not_in_null
select id from staff where id not in (select mgr from staff) order by 1
----
same

-- not_in
select id from staff where id not in (select mgr from staff where mgr is not null) order by 1
----
same

-- gt_all
select id from staff where sal > all (select sal from staff where dept='b') order by 1
----
same

-- any_cast
select id from staff where id in (select i8/10 from sample) order by 1
----
same

-- any_num
select id from staff where sal = any (select i4 + 0.5 from sample) order by 1
----
same

-- array_sub
select array(select id from staff where dept = x.dept order by id) from (select distinct dept from staff) x order by x.dept
----
same

-- subq_scalar
select id, (select count(*) from staff f where f.mgr=e.id), (select max(sal) from staff) from staff e order by 1
----
same

-- subq_multi
select (select id from staff)
----
same

-- exists
select id from staff e where exists (select 1 from staff f where f.mgr=e.id) and not exists (select 1 from staff g where g.mgr=e.id and g.dept is null) order by 1
----
same

-- exists_inequality
with f(a, b, c) as (values (1, 1, 10), (2, 1, 20)) select a from f x where exists (select 1 from f y where y.b = x.b and y.a <> x.a and y.c < x.c)
----
same

-- exists_inequality_table
select x.id from payment x where exists (select 1 from payment y where y.tenant = x.tenant and y.id <> x.id and y.amount < x.amount)
----
same

-- row_not_in
select id from staff where (dept, id) not in (select dept, max(id) from staff where dept is not null group by dept) order by 1
----
same

-- row_any
select id from staff where (id, dept) = any (select 1, 'a') order by 1
----
same

-- like_any_subquery
select id from sample where t like any (select dept || '%' from staff where dept is not null) order by 1
----
same

-- less_all_empty
select id from staff where sal < all (select sal from staff where false) order by 1
----
same

-- greater_any
select id from staff where sal > any (select sal from staff where dept = 'b') order by 1
----
same

-- equals_all
select id from staff where dept = all (select 'a') order by 1
----
same

-- any_null
select id, id > any (select mgr from staff) from staff order by 1
----
same

-- in_null_left
select id, dept in (select dept from staff where dept = 'a') from staff order by 1
----
same

-- correlated_count
select id, (select count(*) from staff s where s.mgr = staff.id) as reports from staff order by 1
----
same

-- correlated_in_case
select id, case when exists (select 1 from staff s where s.mgr = staff.id) then 'boss' else 'worker' end from staff order by 1
----
same

-- scalar_empty
select (select id from staff where false) is null
----
same

-- scalar_in_group
select dept, (select max(amount) from payment) from staff group by dept order by 1
----
same

-- scalar_aggregate_outer
select dept, (select count(*) from payment p where p.amount < sum(s.sal)) from staff s group by dept order by 1
----
same
trino: refused: ERROR 0A000: an aggregate of an outer query in a subquery is not supported

-- aggregate_outer_over_subquery
select (select max((select p.amount from payment p where p.id = s.id))) from staff s
----
differs: DuckDB takes the aggregate for the inner query's own
postgres:
max:23
40
SELECT 1
lakewire:
ERROR 0A000: an aggregate of an outer query over a subquery is not supported
trino: refused: ERROR 0A000: an aggregate of an outer query in a subquery is not supported

-- having_subquery
select dept from staff group by dept having avg(sal) > (select avg(sal) from staff) order by 1
----
same

-- in_list_subquery
select id, id in (1, 2, null) from staff order by 1
----
same

-- array_subquery_any
select id from staff where id = any (array(select mgr from staff where mgr is not null)) order by 1
----
same

-- row_subquery
select id from staff where (dept, mgr) = (select dept, mgr from staff where id = 2) order by 1
----
same

-- row_less_subquery
select id from staff where (sal, id) < (select sal, id from staff where id = 3) order by 1
----
same

-- nested_exists
select id from staff a where exists (select 1 from staff b where b.mgr = a.id and exists (select 1 from staff c where c.mgr = b.id))
----
same

-- lateral_aggregate
select s.id, x.n from staff s, lateral (select count(*) as n from payment p where p.amount < s.sal and p.id <> s.id) x order by 1
----
same

-- lateral_limit
select s.id, p.id from staff s cross join lateral (select id from payment where id < s.id order by id desc limit 1) p order by 1
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- lateral_values
select s.id, v.k, v.x from staff s cross join lateral (values ('id', s.id), ('mgr', s.mgr)) v(k, x) order by 1, 2
----
same

-- correlated_having_without_aggregate
select id, (select 5 from payment where payment.id = staff.id + 2 having true), (select 6 from payment where payment.id = staff.id having staff.id > 2) from staff order by 1
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- correlated_rollup_without_aggregate
select id, (select 5 from payment where payment.id = staff.id + 100 group by rollup (payment.amount)) from staff order by 1
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- correlated_empty_grouping_set
select id, (select count(*) from (select 5 from payment where payment.id = staff.id group by grouping sets ((), (payment.amount))) g) from staff order by 1
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- grouped_expression_not_in
select sal % 3, dept from staff group by sal % 3, dept having (sal % 3, dept) not in (select 1, 'x') order by 1, 2
----
differs: refused: the engine does not know a computed key of GROUP BY inside a subquery
postgres:
?column?:1700 | dept:25
0.00 | NULL
0.25 | b
1.50 | a
2.00 | a
SELECT 4
lakewire:
ERROR 0A000: a comparison of an expression of GROUP BY, or of an aggregate, with the rows of a subquery is not supported

-- grouped_columns_not_in
select dept, mgr from staff group by dept, mgr having (dept, mgr) not in (select dept, mgr from staff where id = 2) order by 1, 2
----
same

-- correlated_row_in
select s.id from staff s where (s.id, s.mgr) in (select p.id, s.mgr from payment p where p.amount <> s.sal) order by 1
----
same

-- correlated_row_in_below_or
select s.id from staff s where s.id > 4 or (s.id, s.dept) in (select x.id, x.dept from staff x where x.mgr = s.mgr order by x.id desc limit 1) order by 1
----
same

-- limit_of_the_outer_row
select (select amount from payment where payment.id = s.id or payment.id = 1 order by 1 limit 1 offset s.id) from staff s where id = 1
----
differs: DuckDB has no LIMIT that depends on an outer row
postgres:
amount:23
NULL
SELECT 1
lakewire:
ERROR 0A000: a LIMIT or OFFSET that depends on an outer row is not supported
trino: refused: ERROR 0A000: LIMIT or OFFSET of an expression that is not constant is not supported
