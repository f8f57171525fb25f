import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Differential, startDifferential } from '../harness/differential.ts'
import { comparedCluster } from './compared.ts'

/** Temporary tables of a session that has its statements run on Trino; DuckDB's are in test/e2e/temporary.test.ts. */

let both: Differential

beforeAll(async () => {
  both = await startDifferential(() => comparedCluster('temporary'))
  await both.prepare(['create table lasting (a int, c text)', "insert into lasting values (1, 'one'), (2, 'two')"])
  await both.set('lakewire.engine', 'trino')
}, 300_000)

afterAll(() => both?.stop())

test.each<[string, readonly string[]]>([
  [
    'are written, read and joined',
    [
      'create temp table t (a int, b text)',
      "insert into t values (1, 'x'), (3, 'y')",
      'insert into t select a, c from lasting',
      'select * from t order by a, b',
      'select t.b, lasting.c from t left join lasting using (a) order by 1',
      "update t set b = 'z' where a > 1",
      'delete from t where a = 3',
      'select a, b from t order by a, b',
      'create temp table copy as select b, count(*) as n from t group by b',
      'select * from copy order by b',
      'insert into lasting select a + 10, b from t',
      'select * from lasting order by a, c',
      'drop table t, copy',
    ],
  ],
  [
    'hide others, and go with their transaction',
    [
      'create temp table lasting (only int)',
      'insert into lasting values (7)',
      'select * from lasting',
      'drop table lasting',
      'begin',
      'create temp table brief (a int) on commit drop',
      'insert into brief values (1)',
      'savepoint s',
      'insert into brief values (2)',
      'rollback to s',
      'select * from brief',
      'commit',
      'select * from brief',
    ],
  ],
])('%s', async (_, statements) => {
  for (const sql of statements) {
    const { postgres, lakewire } = await both.run({ sql, parameters: null, timeZone: null })
    expect([sql, lakewire.lines]).toEqual([sql, postgres.lines])
  }
})
