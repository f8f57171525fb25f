-- jsonb_arrow
select id, j->'b', j->>'a', j->'b'->>'c', j->'l'->0, j->'l'->>1 from document order by id
----
same

-- jsonb_path
select id, j #>> '{b,c}' from document order by id
----
same

-- jsonb_cast
select id, (j->>'a')::numeric + 1 from document where id <> 2 order by id
----
same

-- jsonb_num
select id, j->>'b' from document order by id
----
same

-- jsonb_elems
select id, x from document, jsonb_array_elements(j->'l') x order by 1,2
----
same

-- jsonb_const
select '{"b":1,"a":[1.50,null,"q"]}'::jsonb
----
same

-- jsonb_agg
select jsonb_agg(id order by id) from staff
----
same
