-- zone_output
-- time zone: America/New_York
select tz from sample order by id
----
same

-- zone_cast_date
-- time zone: America/New_York
select tz::date, tz::time, tz::timestamp from sample order by id
----
same

-- zone_extract
-- time zone: America/New_York
select extract(hour from tz), extract(epoch from tz), date_part('day', tz) from sample order by id
----
same

-- zone_trunc
-- time zone: America/New_York
select date_trunc('day', tz), date_trunc('month', tz) from sample order by id
----
same

-- zone_literal
-- time zone: Asia/Tokyo
select id from sample where tz > '2000-01-01 00:00:00' order by id
----
same

-- zone_from_timestamp
-- time zone: Asia/Tokyo
select ts::timestamptz, ts at time zone 'UTC' from sample where id < 4 order by id
----
same

-- zone_day_over_dst
-- time zone: America/New_York
select timestamptz '2021-03-13 12:00' + interval '1 day', timestamptz '2021-03-13 12:00' + interval '24 hours' from sample where id = 1
----
same

-- zone_series
-- time zone: Europe/Paris
select g from sample, generate_series(timestamptz '2021-03-27', timestamptz '2021-03-29', interval '1 day') g where id = 1 order by 1
----
same

-- zone_text
-- time zone: Asia/Kolkata
select tz::text, to_char(tz, 'YYYY-MM-DD HH24:MI TZH:TZM') from sample where id = 1
----
same

-- zone_group
-- time zone: Asia/Tokyo
select tz::date, count(*) from sample group by 1 order by 1
----
same

-- zone_current
-- time zone: Pacific/Auckland
select current_date - (now() at time zone 'Pacific/Auckland')::date from sample where id = 1
----
same
