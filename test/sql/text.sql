-- ilike
select id from sample where t ilike 'AB%' order by 1
----
same

-- like_esc
select id from sample where t like '%\_x\%' order by 1
----
same

-- like_esc2
select id from sample where t like 'a!bc' escape '!' order by 1
----
same

-- not_like
select id, t not like '%b%' from sample order by 1
----
same

-- similar
select id from sample where t similar to '(abc|x)' order by 1
----
same

-- regex
select id from sample where t ~ '^[a-c]+$' order by 1
----
same

-- regex_i
select id from sample where t ~* '^abc' order by 1
----
same

-- regex_cls
select id, t ~ '\d', t !~ 'e' from sample order by 1
----
same

-- to_char_num
select to_char(n,'999G999D99') from sample
----
same

-- concat
select concat(t,i4,null,bo), t||i4, t||'-'||n, concat_ws(',',t,null,i4) from sample order by id
----
same

-- str_fn
select upper(t), length(t), substr(t,2,2), substring(t from 0 for 2), left(t,-1), right(t,2), position('b' in t), replace(t,'b','_'), lpad(t,5,'*'), reverse(t), trim(both 'a' from t), split_part(t,' ',2), repeat('ab',2) from sample order by id
----
same

-- str_fn2
select initcap('hello wORLD'), md5('a'), ascii('a'), chr(65), btrim('  x '), octet_length('é'), strpos('abc','c'), overlay('abcdef' placing 'X' from 2 for 3)
----
same

-- regexp_replace
select regexp_replace(t,'[a-c]','#'), regexp_replace(t,'b(.)','<\1>','g') from sample order by id
----
same

-- text_cmp
select id from sample where t > 'B' order by t
----
same

-- text_order
select t from sample order by t desc
----
same
