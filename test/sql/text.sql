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
select to_char(n,'999G999D99') from sample order by id
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

-- format_text
select format('%s-%L-%I', tenant, tenant, 'Col') from payment order by id
----
same
trino: refused: ERROR 0A000: function format(text, any) with this format is not supported

-- string_functions
select left(t, 2), right(t, -1), lpad(t, 6, 'xy'), rpad(t, 2), overlay(t placing '##' from 2), translate(t, 'abc', '12') from sample order by id
----
same

-- unicode_functions
select length(t), octet_length(t), upper(t), lower(t), reverse(t), ascii(t), t like '%é%' from sample order by id
----
same

-- initcap_quote
select initcap(t), quote_literal(t), quote_ident(t), quote_nullable(t) from sample order by id
----
same
trino: refused: ERROR 0A000: function quote_ident(text) with an identifier that is not constant is not supported

-- regexp_functions
select regexp_replace(t, '[aeiou]', '<\&>', 'gi'), regexp_match(t, '(\w)(\w)'), regexp_count(t, '[a-c]'), regexp_like(t, '^a', 'i'), regexp_substr(t, '[a-z]+') from sample order by id
----
same

-- regexp_split
select regexp_split_to_array(t, '\s+'), string_to_array(t, 'b'), split_part(t, ' ', -1) from sample order by id
----
same

-- regexp_set
select id, m from sample, regexp_matches(t, '[a-c]', 'g') m order by 1, 2
----
same

-- position_functions
select strpos(t, 'b'), position('' in t), starts_with(t, 'a'), substr(t, -1, 3), substring(t from 2) from sample order by id
----
same

-- substring_pattern
select substring(t from 'b.') , substring(t similar '%#"b_#"%' escape '#') from sample order by id
----
same
trino: refused: ERROR 0A000: function substring(text, text, text) is not supported

-- trim_functions
select trim(leading 'a' from t), trim(trailing 'f' from t), btrim(t, 'abf'), ltrim(t, 'A') from sample order by id
----
same

-- repeat_chr
select repeat(t, id), chr(64 + id), to_hex(id * 20), md5(t) from sample order by id
----
same

-- like_special
select id, t like 'a_c', t like 'abc', t like '%', t like '', t not like '%x\%' from sample order by id
----
same

-- like_column
select s.id, p.tenant from sample s, payment p where s.t like p.tenant || '%' order by 1, 2
----
same

-- concat_types
select t || id, id || t, concat(d, '|', bo, '|', n), concat_ws('-', id, d, null, f) from sample order by id
----
same

-- compare_text
select t < 'b', t >= 'ABC', t between 'a' and 'b', greatest(t, 'm'), t collate "C" < 'a' from sample order by id
----
same

-- to_char_numbers
select to_char(n, 'FM999990.00'), to_char(i4, '9,999'), to_char(f, '9.99EEEE'), to_char(id, '000') from sample where id < 4 order by id
----
same
trino: refused: ERROR 0A000: function to_char(float8, text) with a float that is not constant is not supported

-- to_number_text
select to_number('1,234.50', '9G999D99') from payment where id = 1
----
same

-- encode_text
select encode(t::bytea, 'base64'), convert_from(t::bytea, 'UTF8'), sha256(t::bytea) from sample where id < 3 order by id
----
same
