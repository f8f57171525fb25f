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
