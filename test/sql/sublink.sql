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
