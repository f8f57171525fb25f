-- metabase_count_by_month
SELECT DATE_TRUNC('month', "public"."sample"."ts") AS "ts", COUNT(*) AS "count" FROM "public"."sample" GROUP BY DATE_TRUNC('month', "public"."sample"."ts") ORDER BY DATE_TRUNC('month', "public"."sample"."ts") ASC
----
same

-- metabase_week_starting_sunday
SELECT (CAST(DATE_TRUNC('week', ("public"."sample"."ts" + INTERVAL '1 day')) AS timestamp) + INTERVAL '-1 day') AS "week", SUM("public"."sample"."i4") AS "sum" FROM "public"."sample" WHERE "public"."sample"."i4" < 1000 GROUP BY 1 ORDER BY 1
----
same

-- metabase_extract_parts
SELECT CAST(EXTRACT(YEAR FROM "source"."ts") AS integer) AS "year", ((CAST(EXTRACT(DOW FROM "source"."ts") AS integer)) + 1) AS "dow", COUNT(*) AS "count" FROM (SELECT "public"."sample"."ts" AS "ts" FROM "public"."sample" WHERE "public"."sample"."ts" IS NOT NULL) AS "source" GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1048575
----
same

-- metabase_nested_question
SELECT "source"."dept" AS "dept", "source"."avg" AS "avg" FROM (SELECT "public"."staff"."dept" AS "dept", AVG("public"."staff"."sal") AS "avg" FROM "public"."staff" GROUP BY "public"."staff"."dept" ORDER BY "public"."staff"."dept" ASC) AS "source" WHERE "source"."avg" > 100 LIMIT 2000
----
same

-- metabase_between_dates
SELECT COUNT(*) AS "count" FROM "public"."sample" WHERE ("public"."sample"."tz" >= CAST('2000-01-01T00:00:00Z' AS timestamptz)) AND ("public"."sample"."tz" < CAST((CAST('2021-01-01T00:00:00Z' AS timestamptz) + (INTERVAL '1 year')) AS timestamptz))
----
same

-- metabase_string_filter
SELECT "public"."staff"."id" AS "id", "public"."staff"."dept" AS "dept" FROM "public"."staff" WHERE (LOWER("public"."staff"."dept") LIKE '%a%') OR ("public"."staff"."dept" IS NULL) ORDER BY "public"."staff"."id" ASC
----
same

-- metabase_distinct_values
SELECT "public"."staff"."dept" AS "dept" FROM "public"."staff" GROUP BY "public"."staff"."dept" ORDER BY "public"."staff"."dept" ASC LIMIT 1000
----
same

-- metabase_custom_expression
SELECT CASE WHEN "public"."staff"."sal" > 150 THEN 'high' WHEN "public"."staff"."sal" > 95 THEN 'middle' ELSE 'low' END AS "band", COUNT(DISTINCT "public"."staff"."dept") AS "depts", CAST(SUM(CASE WHEN "public"."staff"."dept" = 'a' THEN 1 ELSE 0.0 END) AS double precision) / NULLIF(COUNT(*), 0) AS "share" FROM "public"."staff" GROUP BY 1 ORDER BY 1
----
same

-- metabase_binning
SELECT ((FLOOR((("public"."staff"."sal" - 0.0) / 50.0)) * 50.0) + 0.0) AS "sal", COUNT(*) AS "count" FROM "public"."staff" GROUP BY ((FLOOR((("public"."staff"."sal" - 0.0) / 50.0)) * 50.0) + 0.0) ORDER BY 1
----
same

-- metabase_join
SELECT "public"."staff"."id" AS "id", "Boss"."id" AS "Boss__id", "Boss"."dept" AS "Boss__dept" FROM "public"."staff" LEFT JOIN "public"."staff" AS "Boss" ON "public"."staff"."mgr" = "Boss"."id" WHERE "Boss"."dept" = 'a' ORDER BY 1 LIMIT 1048575
----
same

-- metabase_cumulative_sum
SELECT "source"."dept", SUM("source"."sum") OVER (ORDER BY "source"."dept" ASC ROWS UNBOUNDED PRECEDING) AS "sum" FROM (SELECT "public"."staff"."dept" AS "dept", SUM("public"."staff"."sal") AS "sum" FROM "public"."staff" GROUP BY 1) AS "source" ORDER BY 1
----
same

-- metabase_relative_date
SELECT COUNT(*) AS "count" FROM "public"."sample" WHERE "public"."sample"."ts" < DATE_TRUNC('day', NOW()) AND "public"."sample"."ts" >= DATE_TRUNC('day', (NOW() + INTERVAL '-100 year'))
----
same

-- superset_time_series
SELECT DATE_TRUNC('year', ts) AS __timestamp, dept AS dept, sum(sal) AS "SUM(sal)" FROM (SELECT s.ts, e.dept, e.sal FROM sample s JOIN staff e USING (id)) AS virtual_table WHERE ts >= TO_TIMESTAMP('1990-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ts < TO_TIMESTAMP('2030-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('year', ts), dept ORDER BY "SUM(sal)" DESC LIMIT 10000
----
same

-- superset_series_limit
SELECT dept AS dept, COUNT(*) AS count FROM staff JOIN (SELECT dept AS dept__, COUNT(*) AS mme_inner__ FROM staff GROUP BY dept ORDER BY mme_inner__ DESC, dept LIMIT 1) AS series_limit ON dept = dept__ GROUP BY dept LIMIT 50000
----
same

-- superset_percentage
SELECT dept, COUNT(*) * 100.0 / SUM(COUNT(*)) OVER () AS pct FROM staff GROUP BY dept ORDER BY 2 DESC, 1
----
same

-- superset_sample
SELECT * FROM staff LIMIT 0
----
same

-- superset_epoch
SELECT id, (timestamp 'epoch' + id * interval '1 second')::date AS day, EXTRACT(epoch FROM ts)::bigint AS seconds FROM sample WHERE ts IS NOT NULL ORDER BY id
----
same

-- superset_histogram
SELECT width_bucket(sal, 0, 300, 3) AS bin, count(*) FROM staff GROUP BY 1 ORDER BY 1
----
same

-- tableau_custom_sql
SELECT SUM("Custom SQL Query"."sal") AS "sum:sal:ok", "Custom SQL Query"."dept" AS "dept" FROM (SELECT * FROM staff) "Custom SQL Query" GROUP BY 2 ORDER BY 2
----
same

-- tableau_trunc_cast
SELECT (CAST(TRUNC(EXTRACT(YEAR FROM "sample"."d")) AS INTEGER)) AS "yr:d:ok", SUM(1) AS "sum:Number of Records:ok" FROM "public"."sample" "sample" WHERE (NOT ("sample"."d" IS NULL)) GROUP BY 1 ORDER BY 1
----
same

-- tableau_set_filter
SELECT "staff"."dept" AS "dept", AVG(CAST("staff"."sal" AS DOUBLE PRECISION)) AS "avg:sal:ok" FROM "public"."staff" "staff" INNER JOIN (SELECT "staff"."dept" AS "dept", COUNT(DISTINCT "staff"."id") AS "$__alias__0" FROM "public"."staff" "staff" GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 2) "t0" ON ("staff"."dept" IS NOT DISTINCT FROM "t0"."dept") GROUP BY 1 ORDER BY 1
----
same

-- tableau_month_start
SELECT DATE_TRUNC('MONTH', CAST("sample"."d" AS DATE)) AS "tmn:d:ok", MIN("sample"."t") AS "min", MAX("sample"."t") AS "max" FROM "public"."sample" "sample" GROUP BY 1 ORDER BY 1 NULLS FIRST
----
same

-- tableau_text_cast
SELECT CAST("sample"."i8" AS TEXT) AS "a", CAST(CAST("sample"."f" AS NUMERIC(20, 4)) AS TEXT) AS "b", COALESCE("sample"."t", '') || '-' || CAST("sample"."id" AS TEXT) AS "c" FROM "public"."sample" "sample" WHERE "sample"."id" < 4 ORDER BY "sample"."id"
----
same

-- tableau_having
SELECT "staff"."mgr" AS "mgr" FROM "public"."staff" "staff" GROUP BY 1 HAVING ((SUM("staff"."sal") >= 100.0) AND (COUNT(1) > 1)) ORDER BY 1
----
same

-- powerbi_folding
select "rows"."dept" as "dept", sum(cast("rows"."sal" as decimal)) as "a0", count(*) as "a1" from (select "_"."id", "_"."dept", "_"."sal" from "public"."staff" "_" where not "_"."dept" is null) "rows" group by "dept" order by "dept" limit 1000001
----
same

-- powerbi_top
select "_"."id", "_"."sal" from "public"."staff" "_" order by "_"."sal" desc, "_"."id" limit 3
----
same

-- powerbi_outer_join
select "$Outer"."id", "$Inner"."n" from "public"."staff" "$Outer" left outer join "public"."dept_total" "$Inner" on ("$Outer"."dept" = "$Inner"."dept" or "$Outer"."dept" is null and "$Inner"."dept" is null) order by 1
----
same

-- dbt_staging
with source as (select * from staff), renamed as (select id as employee_id, coalesce(dept, 'none') as department, sal::double precision as salary from source) select department, min(salary), max(salary), count(*) from renamed group by 1 order by 1
----
same

-- dbt_deduplicate
select id, dept from (select *, row_number() over (partition by dept order by sal desc, id) as rn from staff) ranked where rn = 1 order by id
----
same

-- dbt_not_null_test
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (select dept from staff where dept is null) dbt_internal_test
----
same

-- dbt_accepted_values
with all_values as (select dept as value_field, count(*) as n_records from staff group by dept) select * from all_values where value_field not in ('a', 'b')
----
same

-- dbt_surrogate_key
select md5(cast(coalesce(cast(id as text), '_null_') || '-' || coalesce(cast(dept as text), '_null_') as text)) as key from staff order by id
----
same

-- looker_pivot
SELECT * FROM (SELECT *, DENSE_RANK() OVER (ORDER BY z___min_rank) as z___pivot_row_rank FROM (SELECT *, MIN(z___rank) OVER (PARTITION BY "dept") as z___min_rank FROM (SELECT *, RANK() OVER (ORDER BY "count" DESC, "dept", "mgr") AS z___rank FROM (SELECT dept AS "dept", mgr AS "mgr", COUNT(*) AS "count" FROM staff GROUP BY 1, 2) ww) bb) aa) xx WHERE z___pivot_row_rank <= 500 ORDER BY z___rank
----
same

-- superset_five_minutes
SELECT DATE_TRUNC('minute', ts) + ROUND(EXTRACT(MINUTE FROM ts)::int / 5) * INTERVAL '5 minute' AS __timestamp, count(*) FROM sample GROUP BY 1 ORDER BY 1
----
same

-- superset_week_starting_sunday
SELECT DATE_TRUNC('week', d + INTERVAL '1 day') - INTERVAL '1 day' AS __timestamp, MAX(i4) FROM sample GROUP BY 1 ORDER BY 1
----
same

-- grafana_time_group
SELECT floor(extract(epoch from tz)/300)*300 AS "time", avg(n) AS value FROM sample WHERE tz BETWEEN '1999-01-01T00:00:00Z' AND '2030-01-01T01:00:00Z' GROUP BY 1 ORDER BY 1
----
same

-- grafana_time_epoch
SELECT extract(epoch from tz) AS "time", bo AS metric FROM sample WHERE extract(epoch from tz) >= 946684799 AND extract(epoch from tz) <= 1893456000 ORDER BY 1
----
same

-- grafana_date_bin
SELECT date_bin('15 minutes', ts, timestamp '2001-01-01') AS "time", count(*) FROM sample WHERE ts IS NOT NULL GROUP BY 1 ORDER BY 1
----
same

-- drizzle_relation
select "e"."id", "e_boss"."data" as "boss" from "staff" "e" left join lateral (select json_build_array("e_boss"."id", "e_boss"."dept") as "data" from (select * from "staff" "e_boss" where "e_boss"."id" = "e"."mgr" limit 1) "e_boss") "e_boss" on true order by "e"."id"
----
same
trino: refused: ERROR 0A000: the statement uses something that is not supported

-- drizzle_relations
select "e"."id", "e_staff"."data" as "staff" from "staff" "e" left join lateral (select coalesce(json_agg(json_build_array("e_staff"."id", "e_staff"."sal") order by "e_staff"."id"), '[]'::json) as "data" from "staff" "e_staff" where "e_staff"."mgr" = "e"."id") "e_staff" on true order by "e"."id"
----
same

-- kysely_json_array_from
select "e"."id", (select coalesce(json_agg(agg), '[]') from (select s.id, s.sal from staff s where s.mgr = e.id order by s.id limit 2) as agg) as "staff" from staff as "e" order by "e"."id"
----
same
trino: refused: ERROR 0A000: function json_agg(anyelement) with a value of this type is not supported

-- kysely_json_object_from
select "e"."id", (select to_json(obj) from (select b.id, b.dept from staff b where b.id = e.mgr) as obj) as "boss" from staff as "e" order by "e"."id"
----
same
trino: refused: ERROR 0A000: function to_json(anyelement) with a value of this type is not supported

-- typeorm_take
SELECT DISTINCT "distinctAlias"."e_id" AS "ids_e_id", "distinctAlias"."e_id" FROM (SELECT "e"."id" AS "e_id", "e"."dept" AS "e_dept", "s"."id" AS "s_id" FROM "staff" "e" LEFT JOIN "staff" "s" ON "s"."mgr"="e"."id") "distinctAlias" ORDER BY "distinctAlias"."e_id" ASC, "e_id" ASC LIMIT 2
----
same

-- sqlalchemy_values
SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b) JOIN staff ON staff.id = v.a WHERE (staff.id, staff.dept) IN ((1, 'a'), (2, 'a')) ORDER BY v.a
----
same

-- peewee_json_key
SELECT t1.id, t1.j -> 'b' FROM document AS t1 WHERE (t1.j ->> 'a' = '1') ORDER BY t1.id
----
same
