-- What the statements beside this file need.
create type ct as (x int, y text); create domain posint as int check (value > 0); create type mood as enum ('x','y'); create domain cd as ct check ((value).x > 0);
create table t (a int primary key, b int, c bool, d text, arr int[], dm posint, js jsonb, cc ct, cca ct[], s serial, g int generated always as (a*2) stored, gv int generated always as (a*3) virtual, e int default 5 + 1);
create unique index on t ((lower(d)) collate "C" text_ops);
create table u (a int, b int); create table idt (i int generated always as identity, b int);
create table child () inherits (t); create table tcd (cd cd);
create view vw as select a, b from t where a > 0; create view vsb with (security_barrier) as select a, b from t where a > 0; create view vck as select a, b from t where a > 0 with check option;
create view rvw with (security_invoker) as select * from vw;
create table rl (a int, b int); alter table rl enable row level security; alter table rl force row level security; create role rluser; create policy p on rl using (a = 1) with check (b < 10); create policy p2 on rl as restrictive using (a in (select a from u));
grant all on all tables in schema public to rluser; 
create function f(a int, b int default 3) returns int language sql as 'select a+b'; create function tfn(int) returns table(a int, b text) language sql as $$select 1,'x'$$; create function rfn(int) returns setof record language sql as 'select 1'; create procedure pr(int) language sql as 'select 1';
create table part (a int, b int) partition by range (a); create table part1 partition of part for values from (1) to (5);
create view vexp as select a, b+1 as c from t;
grant all on all tables in schema public to rluser; grant all on schema public to rluser; grant usage on all sequences in schema public to rluser; alter role rluser login;
