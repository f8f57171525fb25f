-- win_rank
select id, row_number() over (partition by dept order by sal, id), rank() over (order by sal), dense_rank() over (order by sal desc), ntile(2) over (order by id), percent_rank() over (order by id) from staff order by id
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
trino: refused: ERROR 0A000: EXCLUDE in the frame of a window is not supported

-- win_named
select id, sum(sal) over w, max(sal) over (w rows 1 preceding) from staff window w as (partition by mgr order by id) order by id
----
same

-- win_agg
select dept, sum(sum(sal)) over (order by dept) from staff group by dept order by dept
----
same

-- range_number
select id, sum(id) over (order by sal range between 50 preceding and 10 following) from staff order by id
----
same

-- exclude_ties
select id, count(*) over (order by sal groups between unbounded preceding and current row exclude ties) from staff order by id
----
same
trino: refused: ERROR 0A000: EXCLUDE in the frame of a window is not supported

-- exclude_group
select id, sum(id) over (order by sal rows between unbounded preceding and unbounded following exclude group) from staff order by id
----
same
trino: refused: ERROR 0A000: EXCLUDE in the frame of a window is not supported

-- rows_following
select id, max(id) over (order by id rows between 1 following and 2 following) from staff order by id
----
same

-- rows_shrinking
select id, count(*) over (order by id rows between current row and unbounded following) from staff order by id
----
same

-- cume_dist
select id, cume_dist() over (order by sal), percent_rank() over (partition by dept order by sal) from staff order by id
----
same

-- filter_window
select id, count(*) filter (where sal > 100) over (order by id) from staff order by id
----
same

-- lag_default
select id, lag(dept, 1, 'none') over (order by id), lead(sal) over (partition by dept order by id) from staff order by id
----
same

-- window_expression
select dept, sum(sal) / sum(sum(sal)) over () as share from staff group by dept order by dept
----
same

-- window_order_desc_nulls
select id, row_number() over (order by mgr desc nulls last, id) from staff order by id
----
same

-- window_in_subquery
select id from (select id, rank() over (partition by dept order by sal desc) as r from staff) x where r = 1 order by id
----
same

-- window_having
select dept, count(*), rank() over (order by count(*) desc) from staff group by dept having count(*) > 0 order by 1 nulls first
----
same

-- window_distinct_rows
select distinct dept, count(*) over (partition by dept) from staff order by 1
----
same

-- window_string_agg
select id, string_agg(dept, ',') over (order by id rows between 1 preceding and current row) from staff order by id
----
same

-- window_named_extended
select id, sum(id) over (w order by id), count(*) over w from staff window w as (partition by dept) order by id
----
same

-- window_last_range
select id, last_value(dept) over (order by dept), max(id) over (order by dept), nth_value(id, 2) over (order by id rows between unbounded preceding and unbounded following) from staff order by id
----
same

-- window_avg_null
select id, avg(i4) over (order by id rows 1 preceding), stddev(i2) over (order by id) from sample where id < 5 order by id
----
same

-- negative_range_offset
select id, sum(i4) over (order by i8 range between -1 preceding and 2 following) from sample where id < 4
----
same
