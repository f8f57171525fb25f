import { raiseText } from '../../proxy/print/raise.ts'
import type { ContractSql } from '../engine/contract.ts'

/** `sequence` makes 10000 elements at most. */
const SEQUENCE_MAX = 10_000
const MANY = `unnest(sequence(1, ${SEQUENCE_MAX}))`

/** What the contract asks of every engine, in Trino's SQL. */
export const TRINO_CONTRACT_SQL: ContractSql = {
  dialect: 'trino',
  threeRows: `SELECT i, CASE WHEN i <> 2 THEN element_at(ARRAY['one', 'two', 'three'], i) END, timestamp '2025-12-31 00:00:00.000000 UTC' + interval '1' day * i FROM unnest(sequence(1, 3)) t(i) ORDER BY i`,
  rows: (count) =>
    `SELECT i, cast(i AS varchar) FROM (SELECT a.x * ${SEQUENCE_MAX} + b.x AS i FROM unnest(sequence(bigint '0', ${Math.floor(count / SEQUENCE_MAX)})) a(x) CROSS JOIN unnest(sequence(bigint '0', ${SEQUENCE_MAX - 1})) b(x)) t WHERE i < ${count}`,
  endless: `SELECT count(*) FROM ${MANY} a(x), ${MANY} b(x), ${MANY} c(x), ${MANY} d(x) WHERE a.x + b.x + c.x + d.x < 0`,
  memoryBomb: `SELECT cast(cardinality(array_agg(rpad(cast(a.x AS varchar), 100000, 'x'))) AS varchar) FROM ${MANY} a(x), unnest(sequence(1, 10)) b(x)`,
  divisionByZero: 'SELECT 1 / (i - 1) FROM unnest(sequence(1, 3)) t(i)',
  raised: `SELECT cast(fail('${raiseText('22023', 'LIMIT must not be negative')}') AS integer)`,
  badInput: `SELECT cast(x AS integer) FROM (SELECT 'a' || cast(i AS varchar) AS x FROM unnest(sequence(1, 3)) t(i))`,
  readsFile: `SELECT content FROM "/etc"."passwd".file`,
}
