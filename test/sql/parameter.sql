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
