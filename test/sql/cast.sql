-- cast_int
select i8::int, i4::smallint, i2::bigint from sample where id<4 order by id
----
same

-- cast_int_ovf
select i8::int from sample
----
same

-- cast_num_int
select 1.5::int, 2.5::int, -1.5::int, (-2.5)::bigint, n::int from sample where id<5 order by id
----
same

-- cast_f_int
select 1.5::float8::int, 2.5::float8::int, -0.5::float8::int, f::int from sample where id<4 order by id
----
same

-- cast_num
select 1.23456::numeric(5,2), i4::numeric(12,1), f::numeric from sample where id<4 order by id
----
same

-- cast_text
select i4::text, n::text, f::text, bo::text, d::text, ts::text, tz::text from sample order by id
----
same

-- cast_from_text
select '42'::int, ' 7 '::bigint, '1e3'::float8, '2020-01-02'::date, 't'::bool, '1.10'::numeric
----
same

-- cast_col_text
select (i4::text)::int, (d::text)::date, (n::text)::numeric from sample where id < 4 order by id
----
same

-- cast_bool
select true::int, 1::bool, 0::bool
----
same

-- cast_date
select ts::date, d::timestamp, tz::date, ts::time from sample order by id
----
same

-- cast_varchar
select 'abcdef'::varchar(3), 'ab'::char(4) || 'x'
----
same
