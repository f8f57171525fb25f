-- int_div
select 7/2, -7/2, 7/-2, 7%3, -7%3, i4/2, i4%2 from sample order by id
----
same

-- int_div0
select i4/0 from sample
----
same

-- mod_neg
select mod(-7,3), mod(7.5,-2), abs(-3), sign(-2.5)
----
same

-- int_ovf
select i4+1 from sample
----
same

-- int_ovf8
select i8*2 from sample
----
same

-- int_ovf_small
select i2*i2 from sample where id < 4 order by id
----
same

-- num_div
select 1/3.0, 100.0/3, 2.00/7.000, n/3, n/7.5 from sample order by id
----
same

-- num_div_nested
select round(n/3, 5), (n/3)*3, 1.0/n from sample where id in (1,2) order by id
----
same

-- num_div0
select n/0 from sample
----
same

-- num_scale
select 1.10+2.205, 1.10*2.20, n*n, n+1, -n, 5.00-5.0 from sample order by id
----
same

-- num_round
select round(2.5), round(-2.5), round(1.005,2), trunc(-1.79,1), ceil(1.2), floor(-1.2), round(n,1) from sample order by id
----
same

-- f_round
select round(2.5::float8), round(-0.5::float8), ceil(f), floor(f) from sample order by id
----
same

-- f_math
select f/3, f*2, sqrt(2.0::float8), power(2,10), exp(1.0::float8), ln(10.0::float8) from sample order by id
----
same

-- f_div0
select f/0 from sample
----
same

-- f_out
select 0.1::float8+0.2, 1e15::float8, 1e-5::float8, 123456789012345678::float8, 'NaN'::float8, r, r*2 from sample order by id
----
same

-- neg_zero
select -0.0, 0.000, 1000000.000, -5 % 3
----
same

-- num_big
select 12345678901234567890123456789.123 * 1000
----
same

-- num_huge
select 99999999999999999999999999999999999999999.5 + 1
----
same

-- bitops
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 3
----
same

-- integer_functions
select abs(i4), sign(i4), mod(i4, 3), gcd(id, 12), lcm(id, 4), factorial(id), div(i8::numeric, 3) from sample where id < 4 order by id
----
same

-- integer_min
select -2147483648, -9223372036854775808, (-32768)::smallint from payment where id = 1
----
same

-- integer_division_negative
select -7 / 2, 7 / -2, -7 % 3, i4 / -3, i4 % -3 from sample where id < 4 order by id
----
same

-- bigint_sum
select sum(i8), sum(i4), sum(i2), avg(i8) from sample where id < 5
----
same

-- numeric_exact
select n * 1.1, n / 0.3, n % 0.7, n ^ 2, n - 0.0005 from sample where id < 4 order by id
----
same
trino: refused: ERROR 0A000: function numeric_power(numeric, numeric) with a value that is not constant: the last of its digits would not always be the same is not supported

-- numeric_functions
select round(n, 2), round(n, -1), trunc(n, 2), ceil(n), floor(n), abs(n), sign(n), sqrt(abs(n)) from sample where id < 4 order by id
----
same

-- numeric_big_math
select 99999999999999999999.99 * 3, 12345678901234567890 / 7, 1e20::numeric + 0.1 from payment where id = 1
----
same

-- numeric_compare
select n = 1.5, n > 0, n in (0, -2.5), n between -3 and 0 from sample where id < 5 order by id
----
same

-- numeric_group
select round(n), count(*) from sample group by 1 order by 1
----
same

-- numeric_power
select power(2.0, 10), power(n, 2), exp(1.0), ln(10.0), log(100.0), log(2.0, 64.0) from sample where id = 1
----
same
trino: refused: ERROR 0A000: function power(numeric, numeric) with a value that is not constant: the last of its digits would not always be the same is not supported

-- float_functions
select cbrt(27::float8), exp(f::numeric), power(f, 2), atan2(f, 1), degrees(pi()), trunc(f), round(f) from sample where id < 4 order by id
----
same
trino: refused: ERROR 0A000: function exp(numeric) with a value that is not constant: the last of its digits would not always be the same is not supported

-- float_text
select (f * 3)::text, (r * 3)::text, 1e16::float8::text, 0.1::real::text from sample where id < 4 order by id
----
same

-- width_bucket
select width_bucket(sal, 50, 250, 4) from staff order by id
----
same

-- bit_operations
select i4 & 6, i4 | 1, i4 # 3, ~i4, i4 << 2, i4 >> 1 from sample where id < 4 order by id
----
same

-- case_mixed_scale
select case when id = 1 then 1 when id = 2 then 2.50 else n end from sample where id < 5 order by id
----
same

-- coalesce_scale
select coalesce(n, 0), coalesce(n * 2, 1.25) from sample where id in (1, 4) order by id
----
same

-- sum_case_scale
select sum(case when id = 1 then n else 0 end), sum(case when id = 9 then n else 0 end) from sample where id < 4
----
same

-- greatest_scale
select greatest(n, 0), least(n, 1.25) from sample where id < 4 order by id
----
same

-- division_chain
select n / 3 * 2, n / 3 + 1, (n + 1) / 7 / 2, 1 / n from sample where id < 3 order by id
----
same

-- division_round
select round(sal / 3, 2), round(100.0 * sal / sum(sal) over (), 1) from staff order by id
----
same

-- average_chain
select avg(sal) + 1, avg(sal) * 2, avg(sal) / 2, -avg(sal), round(avg(sal), 2) from staff
----
same

-- average_sub
select dept, a, a - 100 from (select dept, avg(sal) as a from staff group by dept) x order by 1
----
same

-- average_division
select sum(sal) / nullif(count(*), 0), 100.0 * count(*) filter (where dept = 'a') / count(*) from staff
----
same

-- numeric_text
select id, (n / 3)::text, json_build_object('a', n / 3), to_json(n / 7), (n * n)::text, sqrt(n)::text, n / 7 || '' from sample where n > 0 order by id
----
same
trino: refused: ERROR 0A000: a quotient as text is not supported

-- numeric_text_avg
select dept, avg(sal)::text || '!', format('%s', avg(sal)), concat(avg(sal), '|'), json_build_object('avg', avg(sal), 'sum', sum(sal)) from staff group by dept order by dept
----
same
trino: refused: ERROR 0A000: a quotient as text is not supported

-- numeric_text_nested
select (n / 3 / 7)::text, (avg(n) / 3)::text, coalesce(avg(n), 0)::text from sample where n <> 0 group by n, id order by id
----
differs: the digits of an average inside COALESCE follow from its value alone, which does not tell sum and count
postgres:
text:25 | text:25 | coalesce:25
0.07142857142857142857 | 0.50000000000000000000 | 1.50000000000000000000
-0.11904761904761904762 | -0.83333333333333333333 | -2.5000000000000000
47619047.619000000000 | 333333333.33300000 | 999999999.99900000
SELECT 3
lakewire:
text:25 | text:25 | coalesce:25
0.07142857142857142857 | 0.50000000000000000000 | 1.5000000000000000
-0.11904761904761904762 | -0.83333333333333333333 | -2.5000000000000000
47619047.619000000000 | 333333333.33300000 | 999999999.999000000000
SELECT 3
trino: refused: ERROR 0A000: a quotient as text is not supported

-- numeric_to_integer_range
select (i4 + 0.4)::integer, (i4 - 0.4)::integer, n::bigint from sample order by id
----
same

-- numeric_integer_overflow
select (i4 + 0.5)::integer from sample order by id
----
same

-- numeric_smallint_overflow
select (n * 1000)::smallint from sample order by id
----
same

-- numeric_bigint_overflow
select (1e19 * id)::bigint from payment
----
same

-- division_of_quotients
select sum(n) / nullif(sum(i4), 0) / nullif(sum(n), 0), 100.0 * sum(n) / sum(n), 100.0 * (sum(n) / 3) / sum(n) from sample where id < 3
----
same

-- nan_is_above_all_bounds_of_a_file
select id from measure where f > 5 union all select id from measure where r >= 5::real union all select id from measure where not f <= 1
----
same

-- nan_is_found_by_itself
select id, f = 'NaN', r = 'NaN'::real from measure where f = 'NaN' and r = 'NaN' and f <> 1
----
same

-- nan_is_found_in_lists
select id from measure where f in ('NaN', 7) union all select id from measure where r = any(array['NaN', 7]::real[])
----
same

-- nan_joins_nan
select a.id from measure a join measure b on a.f = b.f and b.id = 2 where a.f in (select f from measure where id = 2)
----
same

-- nan_group_having
select f, count(*) from measure group by f having f > 1
----
same

-- nan_is_changed_and_deleted
update measure set id = 20 where f > 5;
delete from measure where r = 'NaN';
select id from measure order by id
----
same

-- smallint_and_constant
select id, i2 * 2000, 2000 * i2, i2 + 32767, 32767 + i2, i2 - 32767, -32767 - i2, i2 / 2 * 60000, 7 / (i2 + 40000) from sample where i2 is not null order by id
----
same
