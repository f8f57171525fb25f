create table sample (
  id integer,
  i2 smallint,
  i4 integer,
  i8 bigint,
  n numeric(12, 3),
  f double precision,
  r real,
  t text,
  d date,
  ts timestamp,
  tz timestamptz,
  bo boolean
);
insert into sample values
  (1, 1, 10, 100, 1.500, 1.5, 2.5, 'abc', '2020-02-29', '2020-02-29 12:34:56.789', '2020-02-29 12:34:56.5+00', true),
  (2, -7, -7, -70, -2.500, -0.1, 1e10, 'ABC def', '1999-12-31', '1999-12-31 23:59:59', '1999-12-31 23:59:59+00', false),
  (3, 0, 0, 0, 0.000, 0, 0, '', '2000-01-01', '2000-01-01 00:00:00', '2000-01-01 00:00:00+00', null),
  (4, null, null, null, null, null, null, null, null, null, null, true),
  (5, 32767, 2147483647, 9223372036854775807, 999999999.999, 1e20, 3.14159, 'été_x%', '2021-06-30', '2021-06-30 18:00:00.123456', '2021-06-30 18:00:00.123456+00', false);

create table staff (id integer, mgr integer, dept text, sal numeric(10, 2), tags text[]);
insert into staff values
  (1, null, 'a', 100.50, array['x', 'y']),
  (2, 1, 'a', 200, array['y']),
  (3, 1, 'b', 150.25, null),
  (4, 2, 'b', 150.25, '{}'),
  (5, 2, null, 90, array['z', 'x', 'q']);

create table document (id integer, j jsonb);
insert into document values
  (1, '{"a":1,"b":{"c":"x"},"l":[1,2,3]}'),
  (2, '{"a":null,"b":"str","l":[]}'),
  (3, '{"a":1.50,"z":true}'),
  (4, null);

create table payment (id integer, tenant text, amount integer);
insert into payment values (1, 'a', 10), (2, 'b', 20), (3, 'a', 30), (4, null, 40);

create table label (id integer, code char(5), name varchar(8), at time, span interval);
insert into label values
  (1, 'ab', 'ab', '10:20:30', '1 day 02:03:04'),
  (2, 'abc', 'ab ', '23:59:59.5', '1 year 2 mons'),
  (3, null, null, null, null),
  (4, 'zz', 'Zz', '00:00:00', '-3 days');

create table measure (id integer, f double precision, r real);
insert into measure values (1, 1, 1), (2, 'NaN', 'NaN'), (3, null, null);

create view dept_total as select dept, count(*) as n, sum(sal) as s from staff group by dept;
create view large_dept as select * from dept_total where n > 1;
create view positive_payment as select * from payment where amount > 0 with check option;
