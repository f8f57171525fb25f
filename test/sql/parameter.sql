-- params
-- parameters: ["a","1.5","2020-01-01","50"]
select id, sal * $2, $3::date + 1 from staff where dept = $1 and sal > $4 order by id
----
same

-- params_arr
-- parameters: ["{1,2,3}","3","1"]
select id from staff where id = any($1::int[]) and id < $2 order by 1 limit $3
----
same

-- params_infer
-- parameters: ["q","7","a"]
select $1 || 'x', coalesce($2, 5), $3 = any(array['a','b'])
----
same

-- param_types
-- parameters: ["2020-02-29","1.5","t","abc"]
select id from sample where d = $1 and n = $2 and bo = $3 and t = $4
----
same

-- param_null
-- parameters: [null]
select id, $1::int from staff where mgr is not distinct from $1 order by id
----
same

-- param_array_text
-- parameters: ["{a,\"b\",NULL}"]
select id from staff where dept = any($1) order by id
----
same

-- param_like
-- parameters: ["%b%"]
select id from sample where t like $1 order by id
----
same

-- param_limit
-- parameters: ["2","1"]
select id from staff order by id limit $1 offset $2
----
same

-- param_in
-- parameters: ["1","3"]
select dept from staff where id in ($1, $2) order by id
----
same

-- param_interval
-- parameters: ["1 mon 2 days 03:04:05"]
select d + $1::interval from sample where id = 1
----
same

-- param_jsonb
-- parameters: ["{\"b\": 2, \"a\": [1, null]}"]
select $1::jsonb from document where id = 1
----
same

-- param_expression
-- parameters: ["3"]
select id * $1, $1 || 'x' from staff where id = 1
----
same

-- param_uuid_bytea
-- parameters: ["11111111-2222-3333-4444-555555555555","\\x00ff"]
select $1::uuid, $2::bytea from staff where id = 1
----
same

-- param_group
-- parameters: ["10"]
select id % $1::int, count(*) from staff group by id % $1::int order by 1
----
same

-- param_case
-- parameters: ["a","first"]
select case when dept = $1 then $2 else 'other' end from staff order by id
----
same

-- param_quote
-- parameters: ["it's -- \\ \"x\"; drop table staff"]
select $1::text, length($1) from staff where id = 1
----
same

-- param_timestamptz
-- parameters: ["2020-02-29 13:34:56.5+01"]
select id from sample where tz = $1
----
same

-- param_date_math
-- parameters: ["5"]
select d + $1::int, d - $1::int from sample where id = 1
----
same
