-- row_cmp
select id from staff where (dept, sal) > ('a', 150) order by id
----
same

-- row_eq
select (1,2)=(1,2), (1,null)=(1,2), (1,null)<>(2,null), (1,2)<(1,3)
----
same

-- row_null
select row(1,null) is null, row(null,null) is null, row(1,2) is not null
----
same

-- whole_row
select e from (select id, dept from staff) e order by e.id
----
same

-- whole_row_tab
select x from payment x order by id
----
same

-- row_ctor
select row(id, dept, sal) from staff order by id
----
same

-- comp_field
select (x).dept, (x).sal from (select e as x from staff e) s order by 1,2
----
same
