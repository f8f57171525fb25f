import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodesOf } from '../../proxy/compiler/tree/walk.ts'
import { column, createTable } from '../harness/memory-lake.ts'
import { NO_SETTINGS, never, openTestCompiler, type TestCompiler } from './open-compiler.ts'

let compiler: TestCompiler

beforeAll(async () => {
  compiler = await openTestCompiler()
  await compiler.lake.change('acme', null, [
    createTable('public', 'hidden', [column('h', 'int'), column('t', 'text')]),
    createTable('public', 'target', [column('a', 'int'), column('b', 'text'), column('c', 'int[]')]),
  ])
})

afterAll(() => compiler.close())

const H = '(select max(h) from hidden)'
const T = '(select max(t) from hidden)'

/** A relation where nobody looks for it: each of these reads it. */
const PLACES: readonly string[] = [
  `select ${H}`,
  `select 1 where exists (select from hidden)`,
  `select 1 from (select 1 as a) x where x.a = ${H}`,
  `select 1 limit ${H}`,
  `select 1 offset ${H}`,
  `select i from generate_series(1, 2) i order by ${H} + i`,
  `select i from generate_series(1, 2) i group by i having max(i) > ${H}`,
  `select i + ${H} from generate_series(1, 2) i group by i + ${H}`,
  `select distinct on (i + ${H}) i from generate_series(1, 2) i`,
  `select sum(i) over (partition by i + ${H}) from generate_series(1, 2) i`,
  `select sum(i) over (order by i rows ${H} preceding) from generate_series(1, 2) i`,
  `select sum(i) filter (where i > ${H}) from generate_series(1, 2) i`,
  `select string_agg(i::text, ',' order by i + ${H}) from generate_series(1, 2) i`,
  `select percentile_cont(${H}) within group (order by i) from generate_series(1, 2) i`,
  `select * from generate_series(1, ${H})`,
  `select * from (values (1), (${H})) v`,
  `select * from generate_series(1, 2) i join generate_series(1, 2) j on i = j + ${H}`,
  `select * from (select 1) x, lateral (select h from hidden) y`,
  `with x as (select h from hidden) select 1 from x`,
  `with x as materialized (select 1), y as (select h from hidden) select * from x`,
  `with recursive x(n) as (select 1 union all select n + 1 from x where n < ${H}) select * from x`,
  `select 1 union select h from hidden`,
  `select case when true then 1 else ${H} end`,
  `select case ${H} when 1 then 2 end`,
  `select coalesce(1, ${H}), greatest(1, ${H}), nullif(1, ${H})`,
  `select array[1, ${H}], (array[1, 2])[${H}], row(1, ${H})`,
  `select 1 = any (array(select h from hidden))`,
  `select 1 in (select h from hidden), 1 > all (select h from hidden), (1, 'x') = (select h, t from hidden limit 1)`,
  `select ${H} is distinct from 1, ${H} is null, ${H}::text, (${T} collate "C"), ${T}::varchar(3)`,
  `select (${H} = 1) is true, not ${H} = 1`,
  `select xmlelement(name a, xmlattributes(${T} as x), ${T})`,
  `select json_object('a': ${H}), json_array(select h from hidden)`,
  `select json_value('{}', ${T}::jsonpath), json_query('{}', '$.a' passing ${H} as x)`,
  `select * from json_table(${T}::jsonb, '$' columns (a int path '$.a'))`,
  `select * from xmltable('/a' passing (${T}::xml) columns a int default ${H})`,
  `select ${T} is json`,
  `select date_trunc('day', now(), ${T}), make_interval(days => ${H})`,
  `select * from target tablesample bernoulli (${H})`,
  `insert into target (a) values (${H})`,
  `insert into target (a) select h from hidden`,
  `insert into target (a) values (1) returning ${H}`,
  `update target set a = ${H}`,
  `update target set (a, b) = (select h, t from hidden limit 1)`,
  `update target set c[${H}] = 1`,
  `update target set a = 1 from hidden`,
  `update target set a = 1 where a = ${H}`,
  `update target set a = 1 returning ${H}`,
  `delete from target using hidden`,
  `delete from target where a in (select h from hidden)`,
  `merge into target using hidden on a = h when matched then delete`,
  `merge into target using (select 1 as x) s on a = x + ${H} when matched then delete`,
  `merge into target using (select 1 as x) s on a = x when matched and a > ${H} then delete`,
  `merge into target using (select 1 as x) s on a = x when matched then update set a = ${H}`,
  `merge into target using (select 1 as x) s on a = x when not matched then insert (a) values (${H})`,
  `with x as (delete from hidden returning h) select 1`,
  `with x as (insert into target (a) select h from hidden returning a) select * from x`,
]

describe('a relation is found wherever it stands', () => {
  it.each(PLACES)('%s', async (sql) => {
    const analysis = await compiler.front().analyse(sql, [], NO_SETTINGS, never)
    if (analysis.kind !== 'lake') throw new Error(analysis.kind)
    const { compiled } = analysis
    const names = nodesOf(compiled.query, 'RangeTblEntry').map((entry) =>
      entry.rtekind === 'relation' ? compiled.catalog.relation(entry.relid)?.name : null,
    )
    expect(names).toContain('hidden')
  })
})
