-- string_agg
select dept, string_agg(id::text, ',' order by id desc) from staff group by dept order by 1
----
same

-- string_agg_distinct
select string_agg(distinct dept, '-') from staff
----
same

-- filter
select count(*) filter (where sal>100), sum(sal) filter (where dept='a'), avg(sal) filter (where false) from staff
----
same

-- within_cont
select percentile_cont(0.5) within group (order by sal), percentile_cont(0.3) within group (order by id) from staff
----
same

-- within_disc
select percentile_disc(0.5) within group (order by sal), percentile_disc(0.9) within group (order by dept desc) from staff
----
same

-- mode
select mode() within group (order by sal) from staff
----
same

-- avg_types
select avg(i4), avg(i8), avg(n), avg(f), avg(i2), sum(i4), sum(i8), sum(f), sum(i2) from sample where id<5
----
same

-- avg_grp
select dept, avg(sal), avg(id) from staff group by dept order by dept
----
same

-- stddev
select stddev(f), var_pop(f) from sample where id<4
----
same

-- stddev_num
select stddev(sal), variance(id) from staff
----
same

-- bool_agg
select bool_and(bo), bool_or(bo), every(bo) from sample
----
same

-- rollup
select dept, mgr, count(*), grouping(dept,mgr) from staff group by rollup(dept,mgr) order by 4,1,2
----
same

-- cube
select dept, mgr, sum(sal) from staff group by cube(dept,mgr) order by 1,2,3
----
same

-- gsets_expr
select upper(dept), id%2, count(*) from staff group by grouping sets ((upper(dept)),(id%2),()) order by 1,2,3
----
same

-- group_expr
select id%2, sum(sal)+1 from staff group by id%2 having count(*)>1 order by 1
----
same

-- group_const
select 'x', count(*) from staff group by 1
----
same

-- group_ord
select extract(year from d), count(*) from sample group by 1 order by 1
----
same

-- sum_big
select sum(i8) + sum(i8) from sample
----
same

-- group_empty
select count(*), sum(id), max(dept) from staff where false
----
same

-- nested_agg
select max(c) from (select count(*) c from staff group by dept) x
----
same

-- count_distinct
select count(distinct dept), count(distinct (dept, mgr)) from staff
----
same
