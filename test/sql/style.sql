-- dates_as_text
set local datestyle = 'German';
select d, d::text, 'on ' || d, concat(d, '!'), array[d]::text, to_json(d) from sample order by id;
set local datestyle = 'SQL, DMY';
select d, d::text, (d + time '10:11:12.5')::text from sample order by id;
set local datestyle = 'Postgres, MDY';
select d, d::text, (d + time '10:11:12.5')::text, to_json(d + time '10:11') from sample order by id
----
same
trino: refused: ERROR 0A000: a cast from date to text is not supported

-- timestamptz_as_text
set local datestyle = 'Postgres';
select tz, tz::text from sample order by id
----
same
trino: refused: ERROR 0A000: a cast from timestamptz to text is not supported

-- intervals_as_text
set local intervalstyle = 'iso_8601';
select ts - timestamp '2020-01-01 12:00', (ts - timestamp '2020-01-01 12:00')::text from sample order by id;
set local intervalstyle = 'postgres_verbose';
select (ts - timestamp '2020-01-01 12:00')::text, to_json(ts - timestamp '2020-01-01 12:00') from sample order by id;
set local intervalstyle = 'sql_standard';
select 'for ' || (ts - timestamp '2020-01-01 12:00') from sample order by id
----
same
trino: refused: ERROR 0A000: a cast from interval to text is not supported

-- floats_as_text
set local extra_float_digits = 0;
select (id / 7::float8)::text, (id / 7::float4)::text, array_to_string(array[id / 7::float8], ','), to_json(id / 7::float8) from sample order by id;
set local extra_float_digits = -10;
select (id / 7::float8)::text, id / 7::float8 from sample order by id
----
same
trino: refused: ERROR 0A000: a cast from float8 to text is not supported

-- bytea_as_text
set local bytea_output = 'escape';
select decode('00' || lpad(id::text, 2, '0') || 'ff5c41', 'hex')::text, decode('5c' || lpad(id::text, 2, '0'), 'hex') from sample order by id
----
same
trino: refused: ERROR 0A000: function decode(text, text) with a text that is not constant is not supported
