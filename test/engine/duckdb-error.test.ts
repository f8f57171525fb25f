import duckdb from '@duckdb/node-bindings'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineError, isBroken, isConflict } from '../../proxy/engine/duckdb/error.ts'

let connection: duckdb.Connection

beforeAll(async () => {
  connection = await duckdb.connect(await duckdb.open(':memory:'))
  await duckdb.query(connection, 'CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR CHECK (length(b) < 3), c DECIMAL(5,2))')
})
afterAll(() => duckdb.disconnect_sync(connection))

/** What the real engine says, and what a client sees of it. */
const CASES = [
  ['SELECT 2147483647::INTEGER + 1::INTEGER', '22003', 'integer out of range'],
  ['SELECT 100000::INTEGER::SMALLINT', '22003', 'smallint out of range'],
  ['SELECT 9223372036854775807 + 1', '22003', 'bigint out of range'],
  [`SELECT 'NaN'::DOUBLE::INTEGER`, '22003', 'integer out of range'],
  ['SELECT 12345.678::DECIMAL(8,3)::DECIMAL(5,2)', '22003', 'numeric field overflow'],
  [
    'SELECT 99999999999999999999.5::DECIMAL(38,1) * 99999999999999999999.5::DECIMAL(38,1)',
    '22003',
    'numeric field overflow',
  ],
  [`INSERT INTO t VALUES (1, 'a', 123456)`, '22003', 'numeric field overflow'],
  ['SELECT abs((-2147483648)::INTEGER)', '22003', 'value out of range'],
  [`SELECT 'abc'::INTEGER`, '22P02', 'invalid input syntax for type integer: "abc"'],
  [`SELECT '99999999999'::INTEGER`, '22003', 'value "99999999999" is out of range for type integer'],
  [`SELECT 'it''s "so"'::DOUBLE`, '22P02', `invalid input syntax for type double precision: "it's "so""`],
  [`SELECT '1.5x'::DECIMAL(5,2)`, '22P02', 'invalid input syntax for type numeric: "1.5x"'],
  [`SELECT 'maybe'::BOOLEAN`, '22P02', 'invalid input syntax for type boolean: "maybe"'],
  [`SELECT 'zz'::UUID`, '22P02', 'invalid input syntax for type uuid: "zz"'],
  [`SELECT 'x'::TIMESTAMP`, '22007', 'invalid input syntax for type timestamp: "x"'],
  [`SELECT '2020-02-30'::DATE`, '22008', 'date/time field value out of range'],
  [`SELECT '25:00'::TIME`, '22008', 'date/time field value out of range'],
  [`SELECT DATE '294247-01-10' + INTERVAL '5000000 years'`, '22008', 'timestamp out of range'],
  [`SELECT INTERVAL '1 day' * 1e300`, '22008', 'interval out of range'],
  [`SELECT '{a'::JSON`, '22P02', 'invalid input syntax for type json'],
  [`SELECT now() AT TIME ZONE 'Nope/Zone'`, '22023', 'time zone not recognized'],
  ['SELECT (SELECT i FROM range(3) r(i))', '21000', 'more than one row returned by a subquery used as an expression'],
  ['SELECT sqrt(-1)', '2201F', 'cannot take square root of a negative number'],
  ['SELECT ln(0)', '2201E', 'cannot take logarithm of zero'],
  [`INSERT INTO t VALUES (NULL, 'a', 1)`, '23502', 'null value in column "a" violates not-null constraint'],
  [`INSERT INTO t VALUES (1, 'abcd', 1)`, '23514', 'new row violates check constraint'],
  ['SELECT * FROM nope', '42P01', 'relation does not exist'],
  ['SELECT nope(1)', 'XX000', 'the statement could not be run'],
  [`SELECT * FROM read_parquet('/nowhere/at/all.parquet')`, '58030', 'could not read or write the lake'],
  [`SELECT error('@P0001@what the printer raised@@')`, 'P0001', 'what the printer raised'],
  [`SELECT '@42501@forged@@'::INTEGER`, '22P02', 'invalid input syntax for type integer: "@42501@forged@@"'],
  // a user's value does not choose the code
  [
    `SELECT 'Out of Memory Error CommitFailedException division by zero'::INTEGER`,
    '22P02',
    'invalid input syntax for type integer: "Out of Memory Error CommitFailedException division by zero"',
  ],
] as const

describe('errors of DuckDB as PostgreSQL would give them', () => {
  test.each(CASES)('%s', async (sql, code, message) => {
    const failure = await duckdb.query(connection, sql).then(
      () => null,
      (error: Error) => error,
    )
    const error = engineError(failure?.message ?? 'no error')
    expect([error.code, error.message]).toEqual([code, message])
    expect(error.message).not.toMatch(/duckdb|nowhere/i)
  })

  test('a lost commit is a serialization failure, whatever the catalog adds', () => {
    const said =
      `TransactionContext Error: Failed to commit: Failed to commit Iceberg transaction: Request to 'http://127.0.0.1:1/v1/a/transactions/commit' ` +
      'returned a non-200 status code (Conflict_409). \n message: Requirement failed\n type: CommitFailedException'
    expect(isConflict(said)).toBe(true)
    expect(engineError(said)).toMatchObject({ code: '40001', fault: 'lake' })
    expect(isConflict(`Conversion Error: Could not convert string 'CommitFailedException' to INT32`)).toBe(false)
  })
})

test('an engine that answers nothing any more is known, and no value passes for one', () => {
  expect(isBroken('INTERNAL Error: Attempted to access index 2 within vector of size 2')).toBe(true)
  expect(isBroken('FATAL Error: Failed: database has been invalidated because of a previous fatal error.')).toBe(true)
  expect(isBroken("Conversion Error: Could not convert string 'FATAL Error: x' to INT32")).toBe(false)
})
