import type { Table } from './oracle.ts'

/** Values at the edges of their types; `k` numbers the rows. */
const INT: Table = {
  name: 'i',
  columns: [['k', 'integer', 'INTEGER'], ['s', 'smallint', 'SMALLINT'], ['a', 'integer', 'INTEGER'], ['b', 'integer', 'INTEGER'], ['l', 'bigint', 'BIGINT'], ['bo', 'boolean', 'BOOLEAN']],
  rows: [
    ['1', '1', '10', '3', '100', 't'],
    ['2', '-7', '-7', '2', '-70', 'f'],
    ['3', '0', '0', '0', '0', null],
    ['4', null, null, null, null, 't'],
    ['5', '32767', '2147483647', '-1', '9223372036854775807', 'f'],
    ['6', '-32768', '-2147483648', '1', '-9223372036854775808', 't'],
    ['7', '12', '255', '-4', '65', 'f'],
  ],
}

const NUMBER: Table = {
  name: 'n',
  columns: [['k', 'integer', 'INTEGER'], ['x', 'numeric(12,3)', 'DECIMAL(12,3)'], ['y', 'numeric(20,6)', 'DECIMAL(20,6)'], ['f', 'double precision', 'DOUBLE'], ['g', 'double precision', 'DOUBLE'], ['r', 'real', 'FLOAT'], ['m', 'integer', 'INTEGER']],
  rows: [
    ['1', '1.500', '2.250000', '1.5', '0.5', '2.5', '2'],
    ['2', '-2.500', '7.000001', '-2.5', '3', '-0.1', '-1'],
    ['3', '0.000', '0.000000', '0', '-0', '0', '0'],
    ['4', null, null, null, null, null, null],
    ['5', '999999999.999', '12345678901234.567891', '1e20', '1e-7', '3.14159', '1'],
    ['6', '-0.001', '-3.000000', '1e308', '1e308', '1e38', '3'],
    ['7', '123456.789', '1.000000', 'NaN', '1', 'NaN', '-3'],
    ['8', '2.000', '0.333333', 'Infinity', '-Infinity', '-Infinity', '10'],
    ['9', '0.500', '100.000000', '123456789012345680', '0.1', '1e10', '4'],
  ],
}

const TEXT: Table = {
  name: 't',
  columns: [['k', 'integer', 'INTEGER'], ['a', 'text', 'VARCHAR'], ['b', 'text', 'VARCHAR'], ['v', 'varchar(20)', 'VARCHAR'], ['c', 'char(5)', 'VARCHAR'], ['n', 'integer', 'INTEGER'], ['m', 'integer', 'INTEGER']],
  rows: [
    ['1', 'abc', 'b', 'Hello World', 'ab', '2', '1'],
    ['2', 'ABC def', ' ', '  padded  ', 'abcde', '-1', '3'],
    ['3', '', '', '', '', '0', '0'],
    ['4', null, 'x', null, null, '1', null],
    ['5', 'été_x%', 'é', 'a.b*c', 'é', '5', '2'],
    ['6', 'a,b,,c', ',', "it's \\ \"q\"", 'x y', '-3', '-2'],
    ['7', 'foo123bar45', 'o', 'one two  three', '', '100', '10'],
    ['8', 'line1\nline2', '\n', 'ABCabc', 'A', '3', '-1'],
    ['9', '日本語テキスト', '語', '12345', '12', '4', '1'],
  ],
}

const TIME: Table = {
  name: 'd',
  columns: [['k', 'integer', 'INTEGER'], ['d', 'date', 'DATE'], ['e', 'date', 'DATE'], ['ts', 'timestamp', 'TIMESTAMP'], ['us', 'timestamp', 'TIMESTAMP'], ['tz', 'timestamptz', 'TIMESTAMPTZ'], ['uz', 'timestamptz', 'TIMESTAMPTZ'], ['ti', 'time', 'TIME'], ['iv', 'interval', 'INTERVAL'], ['jv', 'interval', 'INTERVAL'], ['m', 'integer', 'INTEGER'], ['f', 'double precision', 'DOUBLE']],
  rows: [
    ['1', '2020-02-29', '2019-12-31', '2020-02-29 12:34:56.789', '2019-01-31 23:00:00', '2020-02-29 12:34:56.5+00', '2019-01-31 23:00:00+00', '10:20:30', '1 year 2 mons', '1 day', '1', '1.5'],
    ['2', '1999-12-31', '2000-01-01', '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00', '2024-03-10 06:59:59+00', '2024-03-11 07:00:00+00', '23:59:59.999999', '-3 days', '25:30:00', '-2', '0.3'],
    ['3', '2000-01-01', '2000-01-01', '2000-01-01 00:00:00', '2000-01-01 00:00:00', '2000-01-01 00:00:00+00', '2000-01-01 00:00:00+00', '00:00:00', '00:00:00', '00:00:00', '0', '0'],
    ['4', null, '2020-01-01', null, null, null, null, null, null, '1 mon', null, null],
    ['5', '0044-03-15 BC', '0001-01-01', '0044-03-15 10:00:00 BC', '0001-01-01 00:00:00', '1901-01-01 00:00:00+00', '1800-06-15 12:00:00+00', '12:00:00.5', '1 mon -1 days +02:03:04.5', '-00:00:01', '13', '-2.5'],
    ['6', '1970-01-01', '1969-12-31', '1969-12-31 23:59:59.5', '1900-02-28 00:00:00', '1969-12-31 23:59:59.5+00', '1883-11-18 12:00:00+00', '08:00:00', '-1 years -2 mons +3 days -04:05:06.7', '40 days 30:00:00', '100', '1e6'],
    ['7', '2024-12-30', '2025-01-01', '2024-11-03 05:30:00', '2024-11-03 06:30:00', '2024-11-03 05:30:00+00', '2024-11-03 06:30:00.123456+00', '15:45:00', '100 years', '2 mons 20 days', '12', '7'],
    ['8', '2021-06-30', '2021-01-31', '2021-06-30 18:00:00.123456', '2022-05-01 06:07:08.9', '2021-06-30 18:00:00.123456+00', '2020-02-29 12:00:00+00', '18:00:00.123456', '36 days 26:10:10.25', '33 days', '5', '100'],
  ],
}

/** The same columns where time has no end. */
const ENDLESS: Table = {
  name: 'e',
  columns: TIME.columns,
  rows: [
    ['1', 'infinity', '-infinity', 'infinity', '-infinity', 'infinity', '-infinity', '08:00:00', '1 day', '1 mon', '1', 'Infinity'],
    ['2', '-infinity', 'infinity', '-infinity', 'infinity', '-infinity', 'infinity', '24:00:00', '00:00:00', '-1 days', '-1', '-Infinity'],
    ['3', 'infinity', '2020-01-01', 'infinity', '2020-01-01 00:00:00', '2020-01-01 00:00:00+00', 'infinity', '00:00:00', '1 year', '1 day', '0', 'NaN'],
  ],
}

const JSON_ROWS: Table = {
  name: 'j',
  columns: [['k', 'integer', 'INTEGER'], ['j', 'jsonb', 'JSON'], ['p', 'jsonb', 'JSON'], ['o', 'json', 'JSON'], ['t', 'text', 'VARCHAR'], ['n', 'integer', 'INTEGER'], ['l', 'text[]', 'VARCHAR[]']],
  rows: [
    ['1', '{"a": 1, "b": {"c": "x"}, "l": [1, 2, 3]}', '{"a": 1}', '{"a":1,"b":{"c":"x"},"l":[1, 2,3]}', 'a', '0', '{a,b}'],
    ['2', '{"a": null, "b": "str", "l": []}', '{"b": "str"}', '{"b" : "s\\"tr", "a":null}', 'b', '1', '{b,c}'],
    ['3', '{"a": 1.50, "z": true}', '[]', '{"a":1.50, "a":2}', 'z', '-1', '{}'],
    ['4', null, null, null, null, null, null],
    ['5', '[1, "two", null, {"x": [1, 2]}, 1.0]', '["two", 1]', '[1, "two", null, {"x":[1,2]}]', 'two', '3', '{3,x,0}'],
    ['6', '"scalar"', '"scalar"', '"sc\\u00e9\\n"', 'scalar', '0', '{0}'],
    ['7', '12.30', '1e2', '-0.0', '', '5', '{a}'],
    ['8', '{"": 0, "aa": "é\\t", "b": [[]], "c": {}}', '{"c": {}, "b": [[]]}', '{}', '', '-5', '{b,0}'],
  ],
}

const ARRAY: Table = {
  name: 'a',
  columns: [['k', 'integer', 'INTEGER'], ['x', 'integer[]', 'INTEGER[]'], ['y', 'integer[]', 'INTEGER[]'], ['s', 'text[]', 'VARCHAR[]'], ['n', 'integer', 'INTEGER'], ['t', 'text', 'VARCHAR']],
  rows: [
    ['1', '{1,2,3}', '{2}', '{a,b,c}', '2', 'b'],
    ['2', '{}', '{1}', '{}', '1', 'x'],
    ['3', null, '{1,2}', null, '0', null],
    ['4', '{1,NULL,3,1}', '{NULL}', '{a,NULL,"x y"}', null, 'a'],
    ['5', '{5,4,5}', null, '{"","NULL"}', '5', ''],
    ['6', '{3,1,2}', '{1,2,3}', '{z,Z,é}', '-1', 'Z'],
  ],
}

const BYTES: Table = {
  name: 'b',
  columns: [['k', 'integer', 'INTEGER'], ['x', 'bytea', 'BLOB'], ['y', 'bytea', 'BLOB'], ['u', 'uuid', 'UUID'], ['n', 'integer', 'INTEGER']],
  rows: [
    ['1', '\\x0102ff', '\\x02', '11111111-2222-3333-4444-555555555555', '1'],
    ['2', '\\x', '\\x', '00000000-0000-0000-0000-000000000000', '0'],
    ['3', null, '\\x61', null, '2'],
    ['4', '\\x68656c6c6f5c00', '\\x6c6c', 'ffffffff-ffff-7fff-bfff-ffffffffffff', '3'],
    ['5', '\\xc3a9', '\\xa9', '018f0000-0000-7000-8000-000000000001', '-1'],
  ],
}

export const TABLES: readonly Table[] = [INT, NUMBER, TEXT, TIME, ENDLESS, JSON_ROWS, ARRAY, BYTES]
