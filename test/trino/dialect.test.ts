import { describe, expect, test } from 'vitest'
import type { CatalogSnapshot, Relation } from '../../proxy/compiler/compiled.ts'
import type { Call } from '../../proxy/print/answer.ts'
import * as oid from '../../proxy/print/oid.ts'
import { trinoDialect } from '../../trino/dialect/dialect.ts'
import { fill } from '../../trino/dialect/function/helper.ts'
import { toCharOf } from '../../trino/dialect/function/to-char.ts'

const trino = trinoDialect('lake')
const catalog = { type: () => undefined } as unknown as CatalogSnapshot
const relation = (schema: string, name: string) => ({ schema, name }) as Relation
const literal = (type: number, value: string | null) => trino.literal(catalog, type, value)

describe('names', () => {
  test('a table is found below its tenant, or below a transaction of it', () => {
    expect(trino.relationName(null, 'acme', relation('sales', 'orders'))).toBe('"lake"."acme.sales"."orders"')
    expect(trino.relationName('0123456789abcdef01234567', 'acme', relation('sales', 'orders'))).toBe(
      '"lake"."acme~0123456789abcdef01234567.sales"."orders"',
    )
  })

  test('quotes within a name are doubled', () => {
    expect(trino.relationName(null, 'acme', relation('public', 'a"; drop table x; --'))).toBe(
      '"lake"."acme.public"."a""; drop table x; --"',
    )
    expect(trino.identifier('a"b')).toBe('"a""b"')
  })

  // Trino reads orders$files as a view of the metadata of orders, and orders@1 as a version of it.
  test.each([
    ['orders$files', 'orders^4files'],
    ['orders@1', 'orders^21'],
    ['Orders', '^orders'],
  ])('%s is %s', (name, lower) => {
    expect(trino.relationName(null, 'acme', relation('public', name))).toBe(`"lake"."acme.public"."${lower}"`)
  })

  test('a capital without a small letter of its own is refused', () => {
    expect(() => trino.relationName(null, 'acme', relation('public', 'İ'))).toThrow('the name "İ" is not supported')
  })

  test('columns of the engine cannot be named', () => {
    expect(() => trino.identifier('$path')).toThrow('the column name "$path" is not supported')
  })
})

describe('literals', () => {
  test.each([
    ['a quote', oid.TEXT, "it's", "'it''s'"],
    ['a backslash', oid.TEXT, '\\', "'\\'"],
    ['char(n) without its blanks', oid.BPCHAR, 'ab   ', "'ab'"],
    ['the least integer', oid.INT4, '-2147483648', "INTEGER '-2147483648'"],
    ['the least bigint', oid.INT8, '-9223372036854775808', "BIGINT '-9223372036854775808'"],
    ['a float', oid.FLOAT8, '1e-05', "DOUBLE '1e-05'"],
    ['not a number', oid.FLOAT8, 'NaN', 'nan()'],
    ['minus infinity', oid.FLOAT4, '-Infinity', 'CAST(-infinity() AS real)'],
    ['a numeric keeps its scale', oid.NUMERIC, '-1.50', "CAST('-1.50' AS decimal(3, 2))"],
    ['bytes', oid.BYTEA, '\\x00ff', "X'00ff'"],
    ['a date before Christ', oid.DATE, '0044-03-15 BC', "DATE '-0043-03-15'"],
    ['the year before the first', oid.DATE, '0001-12-31 BC', "DATE '0000-12-31'"],
    ['a date far away', oid.DATE, '12024-01-01', "DATE '+12024-01-01'"],
    ['a timestamp', oid.TIMESTAMP, '2024-01-02 03:04:05.6', "TIMESTAMP '2024-01-02 03:04:05.600000'"],
    ['a moment in UTC', oid.TIMESTAMPTZ, '2024-01-01 01:00:00+05:30', "TIMESTAMP '2023-12-31 19:30:00.000000 UTC'"],
    [
      'an offset of seconds',
      oid.TIMESTAMPTZ,
      '1880-01-01 00:00:00-04:56:02',
      "TIMESTAMP '1880-01-01 04:56:02.000000 UTC'",
    ],
    [
      'an interval in three parts',
      oid.INTERVAL,
      '1 year 2 mons -3 days +04:05:06.7',
      'CAST(ROW(14, -3, 14706700000) AS row(months integer, days integer, micros bigint))',
    ],
    ['NULL has a type', oid.TEXT, null, 'CAST(NULL AS varchar)'],
  ])('%s', (_, type, value, printed) => {
    expect(literal(type, value)).toBe(printed)
  })

  test.each([
    ['infinity', oid.DATE],
    ['infinity', oid.TIMESTAMPTZ],
    ['24:00:00', oid.TIME],
    ['NaN', oid.NUMERIC],
    ['1'.repeat(39), oid.NUMERIC],
  ])('%s is refused', (value, type) => {
    expect(() => literal(type, value)).toThrow('is not supported')
  })
})

test('floats sort as PostgreSQL has them: NaN last', () => {
  expect(trino.sortKey(oid.FLOAT8, 't1.c1')).toBe('(CASE WHEN t1.c1 IS NOT NULL THEN ROW(is_nan(t1.c1), t1.c1) END)')
})

describe('texts that look like places of a template stay texts', () => {
  test('in an argument', () => {
    expect(fill('CAST(f($1, $2) AS $T)', ["'$T$2$&'", "'$1'"], () => 'varchar')).toBe(
      "CAST(f('$T$2$&', '$1') AS varchar)",
    )
  })

  test('in a format, and in what is formatted', () => {
    const call = { constant: () => '"$x$o"FMYYYY' } as unknown as Call
    const printed = toCharOf(call, "f('$o$x')", "g('$')")
    expect(printed).toContain("'$x$o'")
    expect(printed.replaceAll("f('$o$x')", '').replace("'$x$o'", '')).not.toMatch(/\$|date_diff/)
  })
})
