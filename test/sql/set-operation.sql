-- union
select id from staff union select i4 from sample order by 1
----
same

-- union_types
select id, 'a' from staff where id=1 union all select 2.50, null union all select i8, t from sample where id=1 order by 1
----
differs: one column has one scale: UNION gives each row the widest
postgres:
id:1700 | ?column?:25
1 | a
2.50 | NULL
100 | abc
SELECT 3
lakewire:
id:1700 | ?column?:25
1.00 | a
2.50 | NULL
100.00 | abc
SELECT 3

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

-- union_limit
(select id from staff order by id limit 2) union all (select id from payment order by id desc limit 1) order by 1
----
same

-- intersect_all
select dept from staff intersect all select unnest(array['a', 'a', 'a', 'b']) order by 1
----
same

-- except_distinct
select dept from staff except select 'a' order by 1
----
same

-- union_null
select null union all select 1 order by 1
----
same

-- union_text
select 'a' union select t from sample where id = 1 order by 1
----
same

-- union_char
select code from label union select 'zz' order by 1
----
differs: char(n) without its length has no padding
postgres:
code:1042
ab   
abc  
zz   
NULL
SELECT 4
lakewire:
code:1042
ab
abc
zz
NULL
SELECT 4

-- union_numeric
select 1.5 union all select 2 union all select 3.25 order by 1
----
same

-- union_date
select d from sample where id = 1 union select ts from sample where id = 1 order by 1
----
same

-- union_distinct_nulls
select mgr from staff union select null order by 1
----
same

-- union_in_from
select count(*), sum(x) from (select id as x from staff union all select amount from payment) u
----
same

-- union_cte
with a as (select 1 as x union select 2) select * from a union all select x + 10 from a order by 1
----
same

-- union_order_expression
select id as x from staff union select id + 3 from staff order by x desc limit 3
----
same

-- set_precedence
select 1 union select 2 intersect select 2 order by 1
----
same

-- union_jsonb
select j from document where id = 4 union all select '{"z": 1}'::jsonb
----
same

-- union_array
select tags from staff where id = 1 union all select array['n'] order by 1
----
same
