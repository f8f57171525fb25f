-- to_char_ts
select id, to_char(ts,'YYYY-MM-DD HH24:MI:SS') from sample order by 1
----
same

-- to_char_mon
select to_char(ts,'Mon YYYY'), to_char(d,'DD/MM/YY') from sample where id=1
----
same

-- date_trunc
select date_trunc('month', ts), date_trunc('week', ts), date_trunc('quarter', d), date_trunc('hour', tz) from sample order by id
----
same

-- age
select age(timestamp '2020-03-01', timestamp '2019-12-31'), age(date '2021-01-31', date '2020-02-29')
----
same

-- interval_lit
select interval '1 year 2 mons 3 days 04:05:06.7', interval '-1 day', interval '90 min'
----
same

-- interval_math
select date '2020-01-31' + interval '1 month', timestamp '2020-03-31 10:00' - interval '1 mon 1 day', interval '1 day' * 3, interval '1 hour' / 2
----
same

-- ts_minus
select id, ts - timestamp '2000-01-01', tz - tz from sample order by id
----
same

-- date_minus
select id, d - date '2000-01-01', d + 7, d - 1 from sample order by id
----
same

-- extract
select extract(year from d), extract(dow from d), extract(doy from d), extract(week from d), extract(quarter from ts), extract(second from ts), extract(epoch from ts), extract(isodow from d), extract(hour from tz) from sample order by id
----
same

-- date_part
select date_part('year', d), date_part('second', ts), date_part('epoch', d) from sample order by id
----
same

-- at_tz
select ts at time zone 'America/New_York', tz at time zone 'Europe/Paris' from sample order by id
----
same

-- at_tz2
select (tz at time zone 'Asia/Tokyo')::date from sample order by id
----
same

-- tz_cmp
select id from sample where tz > '2000-01-01 00:00:00+00' and ts < '2021-01-01' order by 1
----
same

-- now
select now() > '2020-01-01', current_date > '2020-01-01'
----
same

-- date_bin
select date_bin('15 min', ts, timestamp '2000-01-01') from sample order by id
----
same

-- make_date
select make_date(2020,2,29), to_date('2020-03-01','YYYY-MM-DD')
----
same
