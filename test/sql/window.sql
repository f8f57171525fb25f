-- win_rank
select id, row_number() over (partition by dept order by sal), rank() over (order by sal), dense_rank() over (order by sal desc), ntile(2) over (order by id), percent_rank() over (order by id) from staff order by id
----
same

-- win_lag
select id, lag(sal) over (order by id), lead(sal,2,0) over (order by id), first_value(dept) over (order by id desc), last_value(id) over (order by id rows between unbounded preceding and unbounded following), nth_value(id,2) over (order by id) from staff order by id
----
same

-- win_frame
select id, sum(sal) over (order by id rows between 1 preceding and 1 following), avg(sal) over (order by id), count(*) over (), sum(id) over (order by sal range between unbounded preceding and current row) from staff order by id
----
same

-- win_range_iv
select id, count(*) over (order by d range between interval '1 year' preceding and current row) from sample where d is not null order by id
----
same

-- win_groups
select id, sum(id) over (order by sal groups between 1 preceding and current row exclude current row) from staff order by id
----
same

-- win_named
select id, sum(sal) over w, max(sal) over (w rows 1 preceding) from staff window w as (partition by mgr order by id) order by id
----
same

-- win_agg
select dept, sum(sum(sal)) over (order by dept) from staff group by dept order by dept
----
same
