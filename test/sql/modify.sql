-- insert_values
insert into payment values (5, 'c', 50), (6, null, null);
select * from payment order by id
----
same

-- insert_columns
insert into payment (amount, id) values (1 + 1, 7);
select * from payment where id = 7
----
same

-- insert_select
insert into payment select id + 10, upper(tenant), amount * 2 from payment where tenant is not null;
select * from payment order by id
----
same

-- insert_select_with
with big as (select * from payment where amount > 15) insert into payment select id + 100, tenant, amount from big;
select * from payment order by id
----
same

-- insert_default_values
insert into payment default values;
select * from payment order by id nulls first
----
same

-- insert_returning
insert into payment values (8, 'x', 3), (9, 'y', 4) returning id, amount + 1, upper(tenant)
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- insert_returning_star
insert into payment (id) values (8) returning *
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- insert_types
insert into sample values (9, 12::smallint, -1, 9223372036854775806, 1.2345, 0.1, 0.1, 'ü', '2024-02-29', '2024-02-29 01:02:03.000004', '2024-02-29 01:02:03+05:30', false);
select * from sample where id = 9
----
same

-- insert_array_jsonb
insert into staff (id, tags) values (9, array['a', null, 'c d']);
insert into document values (9, '{"b": [1, {"x": null}], "a": "q"}');
select s.tags, d.j from staff s join document d using (id) where id = 9
----
same

-- insert_char
insert into label values (9, 'q', 'toolo', '01:02:03.5', '1 mon 2 days -03:00:00');
select code, code || '|', length(code), octet_length(code), name, at, span from label order by id
----
same

-- insert_varchar_too_long
insert into label (id, name) values (9, 'far too long')
----
same

-- insert_varchar_blanks
insert into label (id, name) values (9, 'abcdefgh    ');
select name || '|' from label where id = 9
----
same

-- insert_numeric_overflow
insert into staff (id, sal) values (9, 123456789.123)
----
same

-- insert_numeric_rounds
insert into staff (id, sal) values (9, 1.005);
select sal from staff where id = 9
----
same

-- insert_smallint_overflow
insert into sample (id, i2) values (9, 40000)
----
same

-- update_simple
update payment set amount = amount + 1 where tenant = 'a';
select * from payment order by id
----
same

-- update_all
update payment set tenant = coalesce(tenant, 'none'), amount = null;
select * from payment order by id
----
same

-- update_swap
update payment set amount = id, id = amount;
select * from payment order by id
----
same

-- update_from
update payment p set amount = s.sal from staff s where s.id = p.id and s.dept = 'a';
select * from payment order by id
----
same

-- update_from_duplicates
update payment p set amount = 1000 from staff s where s.mgr = p.id;
select * from payment order by id
----
same

-- update_from_several
insert into payment values (1, 'a', 10), (1, 'a', 10), (70, null, null);
update payment p set amount = p.amount + s.mgr, tenant = s.dept || s.mgr
from (select mgr, 'd' as dept from staff) s where s.mgr = p.id and (p.amount > 0 or p.amount is null);
update payment p set tenant = p.tenant || v.t from (values ('!', 1), ('!', 2)) v(t, n) where p.tenant is null or length(p.tenant) > v.n - 2;
select * from payment order by id, tenant, amount
----
same

-- update_from_unrelated
update payment set tenant = v.t from (values ('q', 1), ('q', 2)) v(t, n) where v.n > 0;
update payment set tenant = v.t from (values ('z', 1)) v(t, n) where v.n > 1;
select * from payment order by id
----
same

-- update_subquery
update payment p set amount = (select max(sal) from staff s where s.mgr = p.id);
select * from payment order by id
----
same

-- update_multiple
update payment p set (tenant, amount) = (select dept, id * 100 from staff s where s.id = p.id);
select * from payment order by id
----
same

-- update_with
with top as (select id, sal from staff where sal > 150) update payment p set amount = t.sal from top t where t.id = p.id;
select * from payment order by id
----
same

-- update_returning
update payment set amount = amount * 2 where id = 2 returning id, amount, tenant || '!'
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- update_returning_old_new
update payment set amount = amount + 5 where id = 1 returning old.amount, new.amount, old.id = new.id
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- update_from_returning
update payment p set amount = 0 from staff s where s.id = p.id and s.id = 2 returning p.*, s.dept
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- update_nothing
update payment set amount = 0 where false;
select sum(amount) from payment
----
same

-- update_char
update label set code = 'x' where code = 'ab   ';
select id, code, code = 'x' from label order by id
----
same
trino: refused: ERROR 0A000: this function in UPDATE, DELETE or MERGE is not supported

-- delete_simple
delete from payment where amount > 15;
select * from payment order by id
----
same

-- delete_using
delete from payment p using staff s where s.mgr = p.id;
select * from payment order by id
----
same

-- delete_not_in
delete from payment where id not in (select mgr from staff where mgr is not null);
select * from payment order by id
----
same

-- delete_returning
delete from payment where tenant = 'b' returning *
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- delete_using_returning
delete from payment p using staff s where s.id = p.id and s.id = 3 returning p.id, s.sal
----
same
trino: refused: ERROR 0A000: RETURNING is not supported

-- delete_all
delete from payment;
select count(*) from payment
----
same

-- merge_upsert
merge into payment p using (values (1, 'z', 1), (9, 'n', 9)) v(id, tenant, amount) on p.id = v.id
when matched then update set tenant = v.tenant, amount = p.amount + v.amount
when not matched then insert (id, tenant, amount) values (v.id, v.tenant, v.amount);
select * from payment order by id
----
same

-- merge_conditions
merge into payment p using staff s on p.id = s.id
when matched and s.dept = 'b' then delete
when matched and p.amount > 15 then update set amount = 0
when matched then do nothing
when not matched and s.sal < 100 then insert values (s.id, 'new', s.sal);
select * from payment order by id
----
same

-- merge_by_source
merge into payment p using (select * from staff where id < 3) s on p.id = s.id
when not matched by source and p.tenant = 'a' then delete
when not matched by source then update set tenant = 'gone'
when matched then update set amount = s.sal;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: WHEN NOT MATCHED BY SOURCE is not supported

-- merge_twice
merge into payment p using staff s on p.id = s.mgr when matched then update set amount = 1
----
same

-- merge_returning
with merged as (
  merge into payment p using (values (1, 5), (2, 6), (9, 7)) v(id, n) on p.id = v.id
  when matched and v.n = 6 then delete
  when matched then update set amount = v.n
  when not matched then insert (id, amount) values (v.id, v.n)
  returning merge_action(), p.id, p.amount, v.n)
select * from merged order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- view_write
insert into positive_payment values (20, 'v', 5);
update positive_payment set amount = amount + 1 where id = 20;
select * from payment where id = 20
----
same
trino: refused: ERROR 0A000: writing to a table or view whose rows are checked is not supported

-- view_check_insert
insert into positive_payment values (20, 'v', -5)
----
same
trino: refused: ERROR 0A000: writing to a table or view whose rows are checked is not supported

-- view_check_update
update positive_payment set amount = -amount where id = 1
----
same
trino: refused: ERROR 0A000: writing to a table or view whose rows are checked is not supported

-- view_delete
delete from positive_payment where amount < 25;
select * from payment order by id
----
same

-- on_conflict
insert into payment values (1, 'a', 1) on conflict do nothing;
insert into payment select id + 100, tenant, amount from payment on conflict do nothing;
select count(*) from payment
----
same

-- on_conflict_target
insert into payment values (1, 'a', 1) on conflict (id) do nothing
----
same

-- on_conflict_update
insert into payment values (1, 'a', 1) on conflict (id) do update set amount = excluded.amount where payment.amount < 5
----
same

-- on_conflict_constraint
insert into payment values (1, 'a', 1) on conflict on constraint payment_pkey do nothing
----
same

-- insert_with_writing_cte
with gone as (delete from payment where id = 1 returning *) insert into payment select id + 50, tenant, amount from gone;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_read
with gone as (delete from payment where tenant = 'a' returning *) select id, amount, count(*) over () from gone order by id;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_sees_rows_as_before
with changed as (update payment set amount = amount * 2 where tenant = 'a' returning id, amount / 7.0 as seventh)
select id, p.amount, c.seventh, c is null from payment p left join changed c using (id) order by id;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_chain
with added as (insert into payment values (100, 'z', 1), (101, 'z', 2) returning *),
  total as (select sum(amount) as s from added),
  changed as (update payment set amount = (select s from total) where id < 3 returning id, amount)
delete from payment using changed where payment.id = changed.id + 2 and changed.id = 1 returning payment.*, changed.amount;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_unread
with gone as (delete from payment where id > 2), bad as (select 1 / 0 from payment), also as (insert into payment values (9, 'q', 9))
select count(*), (select sum(amount) from payment) from payment;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_two_tables
with moved as (delete from payment where amount >= 30 returning id, amount), noted as (insert into label (id, code) select id, 'm' from moved returning id)
select (select count(*) from moved), (select max(id) from noted);
select id, code from label order by id, code;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_check
with added as (insert into positive_payment values (7, 'a', -1) returning id) select * from added;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_merge
with done as (
  merge into payment using (values (1, 5), (77, 6)) as v (id, amount) on payment.id = v.id
  when matched then update set amount = v.amount when not matched then insert (id, amount) values (v.id, v.amount)
  returning merge_action(), payment.id)
select * from done order by id;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_recursive
with recursive n (i) as (select 1 union all select i + 1 from n where i < 4),
  added as (insert into payment select i + 10, 'n', i from n returning id)
update payment set amount = 0 where id in (select i from n) and exists (select from added where added.id > 13);
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_with_inside
with gone as (with old as (select id from payment where amount > 20) delete from payment using old where old.id = payment.id returning payment.id)
select array_agg(id order by id) from gone;
select * from payment order by id
----
same
trino: refused: ERROR 0A000: a data-modifying statement in WITH is not supported

-- writing_cte_by_parts
create table part (id int, tenant text) partition by (tenant);
insert into part select id, tenant from payment;
with gone as (delete from part where tenant = 'a' returning *) insert into part select id + 10, 'b' from gone;
select * from part order by id
----
same

-- merge_when_computed_or_of_a_query
merge into payment p using staff s on p.id = s.id when matched and p.id % 2 = 0 then delete when matched and (select count(*) > 2 from payment) then update set amount = p.amount / s.id when not matched then insert values (s.id, s.dept, 100 / s.id);
select * from payment order by id
----
same
