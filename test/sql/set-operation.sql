-- union
select id from staff union select i4 from sample order by 1
----
same

-- union_types
select id, 'a' from staff where id=1 union all select 2.50, null union all select i8, t from sample where id=1 order by 1
----
same

-- intersect
select id from staff intersect select id+2 from staff order by 1
----
same

-- except_all
select mgr from staff except all select 1 order by 1
----
same

-- setop_nest
(select 1 union all select 2) except select 2 union select 5 order by 1
----
same
