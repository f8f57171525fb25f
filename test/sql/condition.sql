-- greatest
select greatest(1,null,3), least(null,2), greatest(i4,0,5), least(t,'b') from sample order by id
----
same

-- coalesce
select coalesce(i4,0), coalesce(n,1.5), nullif(i4,10), nullif(t,'') from sample order by id
----
same

-- distinct_from
select i4 is distinct from 10, i4 is not distinct from null from sample order by id
----
same

-- bool_test
select bo is true, bo is not true, bo is unknown, not bo from sample order by id
----
same

-- case_simple
select case i4 when 10 then 'ten' when 0 then 'zero' else 'other' end, case when i4>5 then 1 else 2.50 end from sample order by id
----
same

-- case_null
select case i4 when null then 1 end from sample order by id
----
same

-- between
select id from sample where d between '2000-01-01' and '2020-12-31' and i4 between symmetric 20 and 0 order by 1
----
same
