-- array_agg
select array_agg(sal order by sal, id), array_agg(dept order by id) from staff
----
same

-- array_agg_empty
select array_agg(id) from staff where false
----
same

-- any_arr
select id from staff where id = any(array[1,3,9]) order by 1
----
same

-- any_arr_str
select id from staff where dept = any('{a,b}') order by 1
----
same

-- all_arr
select id from staff where id <> all(array[1,3]) order by 1
----
same

-- any_col
select id from staff where 'x' = any(tags) order by 1
----
same

-- all_col
select id, 'x' <> all(tags), 'x' = any(tags) from staff order by 1
----
same

-- lt_any
select id from staff where sal < any(array[100,95]) order by 1
----
same

-- like_any
select id from sample where t like any(array['a%','%e%']) order by 1
----
same

-- array_ops
select array[1,2]||3, array_length(tags,1), tags[1], tags[5], cardinality(tags), array_to_string(tags,'-') from staff order by id
----
same

-- array_ops2
select tags @> array['x'], tags && array['q'], array_position(tags,'x') from staff order by id
----
same

-- array_2d
select array[[1,2],[3,4]], '{1,NULL,3}'::int[]
----
same

-- in_list
select id from staff where dept in ('a','b') and id not in (1,2) order by 1
----
same

-- like_any_column
select id, 'x' like any (tags), 'x' like all (tags), 'xy' not like all (tags) from staff order by id
----
same

-- order_between_two_arrays
select id from staff where tags > '{a}' and tags <= '{y,a}' and tags between array['x'] and array['z', 'x', 'q'] order by id
----
same

-- several_dimensions_are_not_stored
insert into staff (tags) values ('{{a,b},{c,d}}')
----
differs: a column of the lake holds lists
postgres:
INSERT 1
lakewire:
ERROR 0A000: an array of several dimensions in a table is not supported

-- several_dimensions_in_one_of_rows
insert into staff (tags) values (array['a']), (array[['a', 'b']])
----
differs: a column of the lake holds lists
postgres:
INSERT 2
lakewire:
ERROR 0A000: an array of several dimensions in a table is not supported

-- several_dimensions_from_a_query
insert into staff (tags) select array[[dept, 'b']] from staff
----
differs: a column of the lake holds lists
postgres:
INSERT 5
lakewire:
ERROR 0A000: an array of several dimensions in a table is not supported

-- several_dimensions_by_update
update staff set tags = '{{1,2}}' where id = 1
----
differs: a column of the lake holds lists
postgres:
UPDATE 1
lakewire:
ERROR 0A000: an array of several dimensions in a table is not supported
