import type { OutputStyle } from '../../proxy/engine/engine.ts'

/** One value, said to PostgreSQL and to DuckDB. `engine` is null where both understand the same words. */
export type EncodingCase = {
  name: string
  postgres: string
  engine: string | null
  style: Partial<OutputStyle>
}

function both(
  name: string,
  postgres: string,
  engine: string | null = null,
  style: Partial<OutputStyle> = {},
): EncodingCase {
  return { name, postgres, engine, style }
}

const integers = [
  ...['-32768', '-1', '0', '1', '32767'].map((value) =>
    both(`int2 ${value}`, `'${value}'::int2`, `'${value}'::smallint`),
  ),
  ...['-2147483648', '-10', '0', '9', '10', '99', '100', '2147483647'].map((value) =>
    both(`int4 ${value}`, `'${value}'::int4`),
  ),
  ...[
    '-9223372036854775808',
    '-9007199254740993',
    '-1',
    '0',
    '4294967295',
    '4294967296',
    '9007199254740992',
    '9223372036854775807',
  ].map((value) => both(`int8 ${value}`, `'${value}'::int8`)),
  both('int8 out of a hugeint', `'42'::int8`, `'42'::hugeint`),
  both('int4 out of a bigint', `'-42'::int4`, `'-42'::bigint`),
  both('oid', `4294967295::oid`, `4294967295::bigint`),
]

const numerics = [
  ...[
    '0',
    '0.00',
    '-0.01',
    '1',
    '1.50',
    '12345.6789',
    '-99999999.99',
    '10000',
    '100000000.0001',
    '0.0001',
    '0.00001',
  ].map((value) => {
    const scale = value.split('.')[1]?.length ?? 0
    return both(`numeric ${value}`, `'${value}'::numeric`, `'${value}'::decimal(18,${scale})`)
  }),
  both('numeric of 16 bits', `'12.3'::numeric`, `'12.3'::decimal(4,1)`),
  both('numeric of 32 bits', `'-1234567.89'::numeric`, `'-1234567.89'::decimal(9,2)`),
  both('numeric of 64 bits', `'9999999999999999.99'::numeric`, `'9999999999999999.99'::decimal(18,2)`),
  both(
    'numeric of 128 bits',
    `'12345678901234567890123456789012345.678'::numeric`,
    `'12345678901234567890123456789012345.678'::decimal(38,3)`,
  ),
  both(
    'negative numeric of 128 bits',
    `'-99999999999999999999999999999999999999'::numeric`,
    `'-99999999999999999999999999999999999999'::decimal(38,0)`,
  ),
  both('small numeric of 128 bits', `'-1.0000000000'::numeric`, `'-1.0000000000'::decimal(38,10)`),
  both('numeric with 20 decimals', `'0.00000000000000000001'::numeric`, `'0.00000000000000000001'::decimal(38,20)`),
  both('numeric out of a bigint', `'42'::numeric`, `42::bigint`),
  both('numeric out of a double', `'0.1'::float8::numeric`, `0.1::double`),
  both('numeric out of a large double', `'1e20'::float8::numeric`, `1e20::double`),
  both('numeric NaN', `'NaN'::numeric`, `'NaN'::varchar`),
  both('numeric Infinity', `'Infinity'::numeric`, `'Infinity'::varchar`),
  both('numeric -Infinity', `'-Infinity'::numeric`, `'-Infinity'::double`),
  both('numeric(10,4) out of fewer decimals', `'1.5'::numeric(10,4)`, `'1.5'::decimal(5,1)`),
]

const floats = [
  ...[
    '0',
    '-0',
    '1',
    '-1.5',
    '0.1',
    '100',
    '1e15',
    '123456789012345',
    '1e-5',
    '0.0001',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e23',
    '5e-324',
    '1.7976931348623157e308',
    '0.30000000000000004',
  ].map((value) => both(`float8 ${value}`, `'${value}'::float8`, `'${value}'::double`)),
  ...[
    '0',
    '-0',
    '1',
    '0.1',
    '1e6',
    '123456',
    '1234567',
    '1e-5',
    '3.4028235e38',
    '1e-45',
    '16777216',
    '33554432',
    'NaN',
    'Infinity',
  ].map((value) => both(`float4 ${value}`, `'${value}'::float4`, `'${value}'::float`)),
  ...[0, -3, -15, 3].flatMap((extraFloatDigits) => [
    both(`float8 with ${extraFloatDigits} extra digits`, `0.1::float8 + 0.2::float8`, `0.1::double + 0.2::double`, {
      extraFloatDigits,
    }),
    both(
      `float8 e with ${extraFloatDigits} extra digits`,
      `1.2345678901234567e18::float8`,
      `1.2345678901234567e18::double`,
      { extraFloatDigits },
    ),
    both(`float4 with ${extraFloatDigits} extra digits`, `'3.14159274'::float4`, `'3.14159274'::float`, {
      extraFloatDigits,
    }),
  ]),
]

const texts = [
  both('text', `'hello'::text`, `'hello'`),
  both('empty text', `''::text`, `''`),
  both('text of 12 bytes', `'abcdefghijkl'::text`, `'abcdefghijkl'`),
  both('text of 13 bytes', `'abcdefghijklm'::text`, `'abcdefghijklm'`),
  both('long text', `repeat('grüße ', 100)`, `repeat('grüße ', 100)`),
  both('text of astral characters', `'𝄞 ünï'::text`, `'𝄞 ünï'`),
  both('varchar', `'abc'::varchar(10)`, `'abc'`),
  both('char(n)', `'abc'::char(6)`, `'abc'`),
  both('char(n) of long characters', `'grüße𝄞'::char(8)`, `'grüße𝄞'`),
  both('char(n) full', `'abcdef'::char(6)`, `'abcdef'`),
  both('name', `'abc'::name`, `'abc'`),
  both('"char"', `'x'::"char"`, `'x'`),
  both('enum as text', `'sad'::text`, `'sad'::enum('happy', 'sad')`),
  both('bool true', 'true'),
  both('bool false', 'false'),
  both('bytea', `'\\x00017f80ff5c27'::bytea`, `unhex('00017f80ff5c27')`),
  both('bytea escape', `'\\x00017f80ff5c2741'::bytea`, `unhex('00017f80ff5c2741')`, { byteaOutput: 'escape' }),
  both('empty bytea', `'\\x'::bytea`, `unhex('')`),
  both('long bytea', `decode(repeat('00ff61', 50), 'hex')`, `unhex(repeat('00ff61', 50))`),
  both('uuid', `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid`),
  both('uuid below', `'00000000-0000-0000-0000-000000000001'::uuid`),
  both('uuid above', `'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`),
  both('json', `'{"b": 1,  "a":2}'::json`, `'{"b": 1,  "a":2}'::json`),
]

const jsonb = [
  '{"b": 1, "a": 2, "aa": 3, "b": 4}',
  '[1.50, 1e2, -0, 1E-3, 12345678901234567890.10]',
  '{"":{"k":[]},"x":{}}',
  '"\\u00e9\\n\\"\\\\/\\/\\u0001\\ud834\\udd1e"',
  '{"é":1,"z":2,"ab":3}',
  ' [ true , false,null ] ',
  '3',
].map((value) => both(`jsonb ${value}`, `'${value}'::jsonb`, `'${value}'`))

const dates = [
  '2026-11-22',
  '1970-01-01',
  '1969-12-31',
  '0001-01-01',
  '10000-01-01',
  '5874897-12-31',
  '2000-02-29',
  '1900-02-28',
  'infinity',
  '-infinity',
]
const timestamps = [
  '2026-11-22 10:11:12',
  '2026-11-22 10:11:12.5',
  '2026-11-22 10:11:12.000001',
  '1969-12-31 23:59:59.999999',
  '0001-01-01 00:00:00',
  '1500-06-15 12:00:00',
  '12345-06-07 08:09:10.111',
  '2000-01-01 00:00:00',
  'infinity',
  '-infinity',
]
const datetimes = [
  ...dates.map((value) => both(`date ${value}`, `'${value}'::date`)),
  both('date 1 BC', `'0001-12-31 BC'::date`, `'0001-12-31 (BC)'::date`),
  both('date 4714 BC', `'4714-11-24 BC'::date`, `'4714-11-24 (BC)'::date`),
  both('timestamp BC', `'0044-03-15 12:30:00.25 BC'::timestamp`, `'0044-03-15 (BC) 12:30:00.25'::timestamp`),
  ...timestamps.map((value) => both(`timestamp ${value}`, `'${value}'::timestamp`)),
  both(
    'timestamp out of nanoseconds',
    `'2026-11-22 10:11:12.123456'::timestamp`,
    `'2026-11-22 10:11:12.123456789'::timestamp_ns`,
  ),
  both(
    'timestamp out of milliseconds',
    `'2026-11-22 10:11:12.123'::timestamp`,
    `'2026-11-22 10:11:12.123'::timestamp_ms`,
  ),
  both('timestamp out of seconds', `'2026-11-22 10:11:12'::timestamp`, `'2026-11-22 10:11:12'::timestamp_s`),
  ...[
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    '<+03>-03',
    '<-05>+05',
    'Africa/Monrovia',
    'America/Caracas',
  ].flatMap((timeZone) =>
    timestamps.map((value) =>
      both(
        `timestamptz ${value} in ${timeZone}`,
        `'${value}'::timestamp at time zone 'UTC'`,
        `('${value}'::timestamp at time zone 'UTC')`,
        { timeZone },
      ),
    ),
  ),
  ...['00:00:00', '23:59:59.999999', '12:34:56.7', '24:00:00'].map((value) =>
    both(`time ${value}`, `'${value}'::time`),
  ),
  ...['00:00:00+00', '23:59:59.999999-05', '12:34:56.7+05:30', '01:02:03+01:02:03', '01:02:03-15:59:59'].map((value) =>
    both(`timetz ${value}`, `'${value}'::timetz`),
  ),
]

const dateStyles = (['SQL', 'German', 'Postgres'] as const).flatMap((form) =>
  [false, true].flatMap((dayFirst) => {
    const dateStyle = { form, dayFirst }
    const name = `${form}, ${dayFirst ? 'DMY' : 'MDY'}`
    return [
      ...['2024-02-03', '0001-01-01', '19999-12-31', '-infinity'].map((value) =>
        both(`date ${value} ${name}`, `'${value}'::date`, null, { dateStyle }),
      ),
      both(`date BC ${name}`, `'0044-03-15 BC'::date`, `'0044-03-15 (BC)'::date`, { dateStyle }),
      ...['2024-02-29 13:14:15.1234', '1969-12-31 23:59:59.5', 'infinity'].map((value) =>
        both(`timestamp ${value} ${name}`, `'${value}'::timestamp`, null, { dateStyle }),
      ),
      both(`timestamp BC ${name}`, `'0044-03-15 12:30:00 BC'::timestamp`, `'0044-03-15 (BC) 12:30:00'::timestamp`, {
        dateStyle,
      }),
      ...['UTC', 'GMT', 'Europe/Berlin', 'America/Caracas', '<+0530>-05:30', 'PST8PDT'].flatMap((timeZone) =>
        ['1880-01-01 00:00:00', '2024-01-03 23:30:00', '2024-07-03 23:30:00', '2090-07-03 23:30:00.25'].map((value) =>
          both(
            `timestamptz ${value} in ${timeZone} ${name}`,
            `'${value}'::timestamp at time zone 'UTC'`,
            `('${value}'::timestamp at time zone 'UTC')`,
            { timeZone, dateStyle },
          ),
        ),
      ),
      both(`date[] ${name}`, `array['2024-02-03'::date, null]`, `['2024-02-03'::date, null]`, { dateStyle }),
      both(`timestamp[] ${name}`, `array['2024-02-03 04:05:06'::timestamp]`, `['2024-02-03 04:05:06'::timestamp]`, {
        dateStyle,
      }),
    ]
  }),
)

/** months, days, microseconds */
const intervalParts = [
  [0, 0, 0],
  [14, 3, 14_706_789_000],
  [-14, -3, -14_706_789_000],
  [-14, 3, -14_706_000_000],
  [14, -3, 4_000_000],
  [0, 0, -500_000],
  [0, 0, 1_000_000],
  [0, 0, 1],
  [1, 0, 0],
  [-1, 0, 0],
  [0, 1, 0],
  [0, -1, 0],
  [25, 0, 0],
  [0, 10, 36_000_000_000],
  [0, -10, 36_000_000_000],
  [12, 0, 60_000_000],
  [0, 0, 359_999_999_999_999],
  [-13, 0, 1_500_000],
  [0, -1, -3_661_000_000],
] as const
const intervals = (['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'] as const).flatMap((intervalStyle) =>
  intervalParts.map(([months, days, micros]) =>
    both(
      `interval ${months}/${days}/${micros} ${intervalStyle}`,
      `make_interval(months => ${months}, days => ${days}, secs => 0) + ${micros} * interval '1 microsecond'`,
      `to_months(${months}) + to_days(${days}) + to_microseconds(${micros})`,
      { intervalStyle },
    ),
  ),
)

const arrays = [
  both('int4[]', 'array[1, null, 3]', '[1, null, 3]'),
  both('empty int4[]', `'{}'::int4[]`, '[]::integer[]'),
  both('int8[][]', 'array[[1, 2], [3, 4], [5, null]]::int8[]', '[[1, 2], [3, 4], [5, null]]::bigint[][]'),
  both(
    'text[]',
    `array['a', '', 'NULL', 'null', 'nUlL', 'x,y', 'q"q', 'b\\b', ' s', 'br{ace}', 'a	b', null, 'grüße grüße grüße']`,
    `['a', '', 'NULL', 'null', 'nUlL', 'x,y', 'q"q', 'b\\b', ' s', 'br{ace}', 'a	b', null, 'grüße grüße grüße']`,
  ),
  both('float8[]', `array[1.5, 'NaN', 1e20]::float8[]`, `[1.5, 'NaN', 1e20]::double[]`),
  both('numeric[]', `array[1.50, -2.25]`, `[1.50, -2.25]::decimal(5,2)[]`),
  both('timestamp[]', `array['2026-01-02 03:04:05'::timestamp, null]`, `['2026-01-02 03:04:05'::timestamp, null]`),
  both('date[]', `array['2026-01-02'::date]`, `['2026-01-02'::date]`),
  both('bool[]', `array[true, false, null]`, `[true, false, null]`),
  both('jsonb[]', `array['{"b":1,"a":"x"}'::jsonb]`, `['{"b":1,"a":"x"}']`),
  both('bytea[]', `array['\\x0102'::bytea]`, `[unhex('0102')]`),
  both('int4[] of an ARRAY', 'array[1, 2, 3]', 'array_value(1, 2, 3)'),
  both('text[][]', `array[['a', 'b c'], ['', null]]`, `[['a', 'b c'], ['', null]]`),
  both('char(n)[]', `array['a', 'bc']::char(3)[]`, `['a', 'bc']`),
]

const records = [
  both(
    'record',
    `row(1, 'a b'::text, null::text, true, 1.5::float8)`,
    `struct_pack(a := 1, b := 'a b', c := null::varchar, d := true, e := 1.5::double)`,
  ),
  both(
    'record with quotes',
    `row('q"q'::text, 'b\\b'::text, ''::text, '(x)'::text, 'p,q'::text)`,
    `struct_pack(a := 'q"q', b := 'b\\b', c := '', d := '(x)', e := 'p,q')`,
  ),
  both('record with an array', `row(array[1, 2], 'x'::text)`, `struct_pack(a := [1, 2], b := 'x')`),
  both(
    'record in a record',
    `row(row(1, 'a,b'::text), 2)`,
    `struct_pack(a := struct_pack(x := 1, y := 'a,b'), b := 2)`,
  ),
]

export const ENCODING_CASES: readonly EncodingCase[] = [
  ...integers,
  ...numerics,
  ...floats,
  ...texts,
  ...jsonb,
  ...datetimes,
  ...dateStyles,
  ...intervals,
  ...arrays,
  ...records,
]
