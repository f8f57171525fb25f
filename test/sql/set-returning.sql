-- gen_series
select g, g*2 from generate_series(1,5) g
----
same

-- gen_series_step
select * from generate_series(10,1,-3) as g(x)
----
same

-- gen_series_empty
select count(*) from generate_series(5,1)
----
same

-- gen_series_ts
select g from generate_series(timestamp '2020-01-31', timestamp '2020-05-31', interval '1 month') g
----
same

-- gen_series_days
select g::date from generate_series(date '2020-02-27', date '2020-03-02', interval '1 day') g
----
same

-- gen_series_lateral
select e.id, g from staff e, generate_series(1, e.id) g order by 1,2
----
same

-- srf_select
select generate_series(1,3) x
----
same

-- srf_select2
select id, unnest(tags) t from staff order by 1,2
----
same

-- unnest
select e.id, u.t from staff e, unnest(e.tags) u(t) order by 1,2
----
same

-- unnest_ord
select e.id, u.t, u.o from staff e cross join unnest(e.tags) with ordinality u(t,o) order by 1,3
----
same

-- unnest_left
select e.id, u.t from staff e left join unnest(e.tags) u(t) on true order by 1,2
----
same

-- unnest_const
select * from unnest(array[3,1,2]) with ordinality
----
same

-- grouped_by_a_set
select dept, unnest('{1,1,3}'::int[]) u, count(*), sum(sal) from staff where id < 5 group by dept, u order by 1, 2
----
same
trino: refused: ERROR 0A000: a set-returning function in the select list of a query with aggregates or windows is not supported

-- grouped_by_a_set_that_is_not_shown
select dept, count(*) c from staff group by dept, generate_series(1, id) having count(*) > 1 order by 1, 2
----
same
trino: refused: ERROR 0A000: a set-returning function in the select list of a query with aggregates or windows is not supported

-- grouped_by_a_set_of_each_row
select unnest(tags) tag, count(*), min(s.id), array_agg(p.amount order by p.id) from staff s left join payment p on p.id = s.id group by 1 order by 1
----
same
trino: refused: ERROR 0A000: a set-returning function in the select list of a query with aggregates or windows is not supported

-- cube_of_a_set
select dept, generate_series(1, 2) g, count(*), grouping(dept) from staff group by cube (dept, g) order by 1, 2, 4
----
same
trino: refused: ERROR 0A000: a set-returning function in the select list of a query with aggregates or windows is not supported

-- window_over_groups_of_a_set
select sum(count(*)) over (order by generate_series(1, 3)), generate_series(1, 3) g from staff group by g order by g
----
same
trino: refused: ERROR 0A000: a set-returning function in the select list of a query with aggregates or windows is not supported
