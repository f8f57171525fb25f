-- recursive
with recursive r(n,f) as (select 1, 1::bigint union all select n+1, f*(n+1) from r where n<10) select * from r order by n
----
same

-- recursive_tree
with recursive r as (select id, mgr, 0 as lvl, id::text as path from staff where mgr is null union all select e.id, e.mgr, r.lvl+1, r.path||'/'||e.id from staff e join r on e.mgr=r.id) select * from r order by id
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- recursive_union
with recursive r(n) as (select 1 union select (n%3)+1 from r) select * from r order by 1
----
same

-- cte
with a as (select * from staff where sal>100), b as (select dept, count(*) c from a group by dept) select a.id, b.c from a left join b on a.dept is not distinct from b.dept order by 1
----
same

-- cte_shadow
with e as (select 1 id) select * from e, (with e as (select 2 id) select * from e) x
----
same

-- materialized
with a as materialized (select * from staff), b as not materialized (select id from a) select count(*) from a, b
----
same

-- nested_with
with a as (with b as (select 1 as x) select x + 1 as y from b) select y from a
----
same

-- used_twice
with a as (select dept, sum(sal) as s from staff group by dept) select x.dept, y.s from a x join a y on x.dept = y.dept order by 1
----
same

-- in_subquery
select id from staff where id in (with t as (select max(id) as m from staff) select m from t)
----
same

-- recursive_numeric
with recursive r(n, v) as (select 1, 1.5::numeric union all select n + 1, v * 1.1 from r where n < 4) select n, round(v, 3) from r order by n
----
same

-- recursive_text
with recursive r(n, s) as (select 1, 'a' union all select n + 1, s || 'b' from r where n < 4) select * from r order by n
----
same

-- recursive_join
with recursive t(id, depth) as (select id, 1 from staff where mgr is null union all select s.id, t.depth + 1 from staff s, t where s.mgr = t.id) select depth, count(*) from t group by depth order by depth
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- recursive_limit
with recursive r(n) as (select 1 union all select n + 1 from r where n < 100) select sum(n) from r
----
same

-- search_depth
with recursive t as (select id, mgr from staff where mgr is null union all select s.id, s.mgr from staff s join t on s.mgr = t.id) search depth first by id set ord select id from t order by ord
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- cycle
with recursive t as (select id, mgr from staff where id = 1 union all select s.id, s.mgr from staff s join t on s.mgr = t.id) cycle id set looped using path select id, looped from t order by id
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- unused
with unused as (select 1 / 0) select 1 from payment where id = 1
----
same

-- recursive_read_further_inside
select id, (with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) select count(*) from payment c, lateral (select s.id as y, c.id as z from r, r r2) l) from staff s order by 1
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- correlated_read_further_inside
select id, (with r as (select s.id + p.id as n, s.dept as t from payment p) select count(*) from payment c, lateral (select s.id as y, c.id as z from r, r r2) l) from staff s order by 1
----
same

-- correlated_upon_correlated
select id, (with r as (select s.id + p.id as n from payment p), q as materialized (select n from r where n > s.id) select sum(q.n + r.n) from q, r) from staff s order by 1
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- lateral_reads_earlier_tables
with a as (select id, sal from staff) select s.id, x.n from staff s, lateral (with b as (select id from a where sal > 0), c as (select id from b) select count(*) as n from c, b where c.id < s.id) x order by 1
----
same

-- lateral_recursive_of_outer_column
select s.id, x.n from staff s, lateral (with recursive r(n) as (select s.id union all select n + 1 from r where n < 4) select sum(n) as n from r) x order by 1
----
same
trino: refused: ERROR 0A000: a recursive query is not supported

-- recursive_of_outer_column_read_further_inside
select s.id, (with recursive r(n) as (select s.id union all select n + 1 from r where n < 4) select count(*) from payment c, lateral (select c.id + s.id as z from r) l) from staff s order by 1
----
differs: refused: the engine multiplies the rows of such a table
postgres:
id:23 | count:20
1 | 16
2 | 12
3 | 8
4 | 4
5 | 4
SELECT 5
lakewire:
ERROR 0A000: a recursive WITH that names columns of an outer query, read in a subquery is not supported

-- inside_recursive
with recursive r(n) as (select 1 union all select * from (with q as (select n + 1 as m from r where n < 5) select m from q) z) select count(*), sum(n) from r
----
same

-- inside_from_of_with
with a as (with b as (select id from staff) select id, (with c as (select max(id) as m from b) select m from c) as m from b) select * from a order by 1
----
same
