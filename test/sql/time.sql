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

-- make_functions
select make_date(2020, id, 1), make_time(id, 2, 3.5), make_interval(days => id, hours => 2), make_timestamp(2020, 1, id, 0, 0, 1.5) from payment order by id
----
same

-- extract_all
select extract(century from d), extract(decade from d), extract(millennium from d), extract(isoyear from d), extract(julian from d), extract(milliseconds from ts), extract(microseconds from ts) from sample order by id
----
same

-- extract_interval
select extract(day from span), extract(month from span), extract(hour from span), date_part('epoch', span) from label order by id
----
same

-- trunc_all
select date_trunc('second', ts), date_trunc('minute', ts), date_trunc('decade', ts), date_trunc('year', d), date_trunc('day', tz, 'Asia/Tokyo') from sample order by id
----
same

-- age_columns
select age(ts, timestamp '1999-01-31'), age(d), justify_days(ts - timestamp '2000-01-01') from sample where id = 3
----
same

-- overlaps
select (d, d + 5) overlaps (date '2020-03-01', date '2020-03-10') from sample order by id
----
same

-- date_compare
select d = '2020-02-29', d > ts, ts::date = d, d < current_date, d between '2000-01-01' and '2020-12-31' from sample order by id
----
same

-- date_difference
select d - '2000-01-01'::date, ts - '2000-01-01', (ts - '2000-01-01') / 2, extract(day from ts - '2000-01-01') from sample order by id
----
same

-- interval_division
select interval '1 month' * 1.5, interval '10 days' / 3, interval '1 year' - interval '1 month', interval '25 hours' from payment where id = 1
----
same

-- timestamp_parts
select to_char(ts, 'Day DD Month YYYY HH12:MI:SS.US AM'), to_char(d, 'IYYY-IW Q DDD J'), to_char(ts, 'FMHH:MI Dy') from sample order by id
----
same

-- to_timestamp_epoch
select to_timestamp(id * 86400), to_timestamp('2020-01-0' || id, 'YYYY-MM-DD') from payment order by id
----
same

-- date_add_month_end
select d + interval '1 month', d - interval '1 month', d + interval '1 year' from sample order by id
----
same

-- date_bin_column
select date_bin('1 hour', ts, timestamp '2000-01-01 00:30') from sample order by id
----
same

-- time_zone_function
select timezone('Europe/Paris', ts), ts at time zone 'Asia/Tokyo' at time zone 'UTC' from sample order by id
----
same

-- now_functions
select now() = current_timestamp, now()::date = current_date, localtimestamp = now()::timestamp, transaction_timestamp() = now() from payment where id = 1
----
same

-- named_arguments
select make_date(month => 2, year => 2020, day => id), make_interval(days => id), make_interval(1, days => 3), make_time(hour => 1, min => id, sec => 3.5) from payment order by id
----
same

-- named_timestamp
select make_timestamp(mday => id, month => 5, year => 2020, hour => 1, min => 2, sec => 3.5) from payment order by id
----
same

-- before_christ
select id, date '0044-03-15 BC' + id, timestamp '0044-03-15 10:00:00 BC', timestamptz '0044-03-15 10:00:00 BC' from payment order by id
----
same
trino: refused: ERROR 0A000: the time 0044-03-15 10:00:00+00 BC is not supported
