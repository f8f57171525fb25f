-- One statement a line: between them they bring every node of a query tree.
select 1
select a, b+1, t.*, t from t where a = 1 and b is null or not c
select 'x'::text, 1.50, null, array[1,2], row(1,2), row(1,'a')::ct, (row(1,'a')::ct).y, 'a' collate "C"
select count(*) filter (where a>1), sum(distinct b), string_agg(d,',' order by d desc nulls last), percentile_cont(0.5) within group (order by b), grouping(a) from t group by grouping sets ((a),(),rollup(a,b),cube(a)) having count(*)>1
select distinct on (a) a, row_number() over w, sum(b) over (partition by a order by b rows between 1 preceding and current row exclude ties), first_value(b) over (w range between unbounded preceding and 1 following) from t window w as (partition by a order by b) order by a, b desc limit 3 offset 2
select sum(b) over (order by b range between 1 preceding and 2 following) from t
select * from t order by a fetch first 2 rows with ties
select * from t x join u y using (a) left join (select a za,b from u) z on x.b=z.b full join (select a, 4 q from u) w using (a) natural right join (select 5 k) v cross join u uu
select * from (values (1,'a'),(2,'b')) v(x,y), lateral (select x+1) l, generate_series(1,3) with ordinality g(i,o), rows from (generate_series(1,2), json_to_record('{"a":1}') as (a int)) r
with recursive r(n) as (select 1 union all select n+1 from r where n<5) search depth first by n set o cycle n set c to true default false using p select * from r
with recursive r(n) as (select 1 union all select n+1 from r where n<5) search breadth first by n set o select * from r
with x as materialized (select 1 a), y as not materialized (select 2) select * from x, y union select 1,2 intersect all select 3,4 except select 5,6 order by 1
select case a when 1 then 'x' when 2 then 'y' else 'z' end, case when a>1 then 1 end, coalesce(a,b,1), greatest(a,b), least(a,b), nullif(a,b), a is distinct from b, a is not distinct from b, a between 1 and 2, a in (1,2,3), a = any(array[1,2]), a in (b, a+1), d like 'x%', c is true, c is not unknown, (a,b) < (1,2), (a,b) is null, (a, b) = (1,2) from t
select exists(select 1 from u where u.a=t.a), a in (select a from u), a = all(select a from u), (a,b) in (select a,b from u), (select max(a) from u), array(select a from u), (a,b) < (select a,b from u limit 1) from t
select a::text, d::varchar(3), arr[1], arr[1:2], arr::text[], b::int8, c::int, now()::date, dm, 1::posint, 'x'::mood, js->'a', js['a'], current_date, current_user, localtime(2), current_timestamp(3) from t
select xmlelement(name a, xmlattributes(d as x), d), xmlconcat('<a/>','<b/>'), xmlforest(a), xmlparse(content d), xmlpi(name x), xmlroot('<a/>', version '1.0'), xmlserialize(document '<a/>' as text indent), '<a/>' is document from t
select * from xmltable(xmlnamespaces('x' as y), '/r' passing '<r/>' columns a int path '@a' default 1 not null, o for ordinality)
select * from json_table('[{"a":1}]', '$[*]' as p passing 1 as x columns (id for ordinality, a int path '$.a' default 0 on empty error on error, e bool exists path '$.e', f text format json path '$.f' with wrapper, nested path '$.n[*]' as n columns (z int)) error on error)
select json_value('{"a":1}', '$.a' returning int default 1 on empty null on error), json_query('{"a":1}','$.a' with conditional wrapper keep quotes error on error), json_exists('{"a":1}','$.a' passing a as x unknown on error) from t
select json_object('a': 1 absent on null with unique keys), json_array(1,2 null on null returning jsonb), json_objectagg(d: a) , json_arrayagg(a order by a returning jsonb), json_array(select a from u), json('{}'), json_scalar(1), json_serialize('{}' returning bytea) from t
select json_objectagg(k: v) over (), json_arrayagg(v) filter (where v > 1) from (values ('a',1)) x(k,v) group by k, v
select '{}' is json object with unique keys, d is json from t
select json_object('a' value '[1]' format json returning bytea format json encoding utf8)
insert into t(a,b,d) values (1,2,'x'),(default,4,'y') returning a, old.b, new.b, t
insert into t(a,b) select a,b from u on conflict (a) where a > 0 do update set b = excluded.b where t.b > 1 returning *
insert into t(a) values (1) on conflict on constraint t_pkey do nothing
insert into t(a) values (1) on conflict (lower(d) collate "C" text_ops) do nothing
insert into t default values
insert into idt overriding system value values (1, 2)
insert into idt overriding user value values (1, 2)
insert into t(arr[1], cc.x) values (1, 2)
update t set b = 1, (a,d) = (select 1,'x'), arr[2]=3, cc.y='q', cc.x=1 from u where t.a=u.a returning with (old as o, new as n) o.a, n.a
update t set (a,b) = (1,2) where current of cur
delete from t using u where t.a=u.a
merge into t using u on t.a=u.a when matched and t.b>1 then update set b=u.b when matched then delete when not matched by source then do nothing when not matched then insert (a,b) values (u.a,u.b) returning merge_action(), t.*
merge into t using u on t.a=u.a when not matched by target then insert default values
with i as (insert into u values (1,2) returning *), d as (delete from u returning *) select * from i, d
select * from t for update of t nowait
select * from t for no key update skip locked
select * from t for share
select * from t tablesample bernoulli(10) repeatable (1)
select * from vw
select * from vsb where b > 1
insert into vck values (1, 2)
update vw set b = 3
select * from rl
update rl set b = 1
insert into rl(a,b) values (1,2)
select $1::int + $2, $3
select nextval('t_s_seq'), currval('t_s_seq')
select f(b => 1, a => 2), concat_ws(',', variadic array['a','b']), make_interval(days => 3), extract(year from now()), 'a' || 1, substring('abc' from 2 for 1), trim(both 'x' from 'xax'), position('a' in 'b'), overlay('a' placing 'b' from 1), normalize('x', nfc), now() at time zone 'utc', (now(), now()) overlaps (now(), interval '1 day'), 'x' similar to 'y', 'x' ilike 'X'
select (t.cc).x, (t.cc).*, (t.cca[1]).x from t
select child::t from child
select ctid, tableoid, xmin from t
select cd::ct, row(1,'a')::cd from tcd
update tcd set cd.x = 1
select count(*) from t group by ()
select a, count(*) from t group by all (a), b
select a, count(*) from t group by distinct rollup(a), rollup(a, b)
table t
values (1), (2) order by 1
select from t
select * from pg_class c join pg_namespace n on n.oid = c.relnamespace
select * from information_schema.columns
select 1 as ":quals", 2 as "{VAR", 3 as "<>", 4 as "true", 6 as """", 7 as "a b", 8 as "\", 9 as "("
select 1 as ":quals", 2 as "{VAR", 3 as "<>", 4 as "true", 6 as """", 7 as "a b", 8 as "\", 9 as "(", 11 as "1", 12 as "é", 14 as "-1", 15 as "+", 16 as """x"""
create table x as select * from t
explain select * from t
declare c cursor for select * from t
create table zz (a int)
create view zv as select * from t
copy t to stdout
copy (select * from t) to stdout
set x.y = 1
begin
prepare p as select 1
execute p
call pr(1)
select array[[1,2],[3,null]], '{1,null}'::int[], '{a,"b c"}'::text[], '{}'::int[], '[2:3]={1,2}'::int[], array[]::int[]
select count(distinct a), array_agg(distinct a order by a), mode() within group (order by a), rank(1) within group (order by a) from t
select * from unnest(array[1,2], array['a','b']) as x(a,b)
select * from json_to_recordset('[]') as x(a int, b text collate "C", c numeric(3,1))
select * from tfn(1) f, lateral rfn(f.a) as g(x int)
select current_catalog, current_schema, session_user, user, current_role, localtimestamp, current_time, current_time(2), localtime
select interval '1 month' day to second, interval '1' year, time '10:00', timetz '10:00+02', timestamp '2020-01-01 00:00', b'101', x'1F', '1.2.3.4'::inet, money '1', 'a'::"char", 'a'::name, point '(1,2)', int4range(1,2), 1e10, 1e400, -1, - 1.5, 'NaN'::float8, '\x00ff'::bytea, 'pg_class'::regclass
select * from t where not exists (select 1 from u where u.a = t.a and u.b in (select b from t t2 where t2.a = t.b))
select * from part
select * from only part
update vexp set a = 1 returning old.c, new.c, c
delete from vexp returning c
select * from rvw
select 1::posint, '1'::posint, cast('a' as varchar(2))
insert into vck(a) values (default)
select * from only t, u for update of t skip locked
select json_table.* from json_table('[]', '$' columns (nested '$.a' as aa columns (x int), nested '$.b' as bb columns (y int))) 
merge into t using (select * from u) s on t.a=s.a when matched then update set (b, d) = (1, 'x') when not matched by source and t.b>1 then update set b = default
insert into t(a, b) overriding system value select 1, 2 on conflict do nothing returning *
select xmlagg(x order by 1) filter (where true) from (values ('<a/>'::xml)) v(x)
select count(*) over w2 from t window w as (partition by a), w2 as (w order by b groups between unbounded preceding and unbounded following exclude group)
select t.* is null, t is not null, row(t.*) = row(t.*), t = t, (t).a, t::text from t
select arr[2:], arr[:2], arr[:], cca[1:2] from t
select a from t where b = any(array(select 1)) and d ~ any ('{a,b}') and a not in (1,null)
select exists(select from t), case when a = 1 then 'x' end || 'y' from t
with recursive x as (select 1 union select 2) , y as (select * from x) select * from y
select sum(a) over (partition by b order by a range '1' preceding) , ntile(4) over (order by a), lag(a, 1, 0) over (order by b) from t
select * from t natural join u as j
select j.* from (t join u using (a)) as j
select x.a from t join u using (a) as x
select 'x' as "order total	amount (usd) {1} with spaces", 2 as "a b c d e f g h i j k l m n o p q r s t u v w x y z"
with "cte with spaces (1)" as (select 1 as "a b") select json_agg(x) from "cte with spaces (1)" x
select date_trunc('month', now()), generate_series(1, 3), unnest(array[1,2])
