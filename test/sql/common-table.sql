-- recursive
with recursive r(n,f) as (select 1, 1::bigint union all select n+1, f*(n+1) from r where n<10) select * from r order by n
----
same

-- recursive_tree
with recursive r as (select id, mgr, 0 as lvl, id::text as path from staff where mgr is null union all select e.id, e.mgr, r.lvl+1, r.path||'/'||e.id from staff e join r on e.mgr=r.id) select * from r order by id
----
same

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
