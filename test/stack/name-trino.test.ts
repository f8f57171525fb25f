import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Differential, startDifferential } from '../harness/differential.ts'
import { comparedCluster } from './compared.ts'

/** Columns called like quotes, key words, aliases and lambdas of the printed SQL, and one in upper case. */
const NAMES = [
  'a b',
  'select',
  'x";--',
  "it's",
  'é',
  'A',
  'c1',
  'lw_e1',
  'a.b',
  '1',
  't1',
  't2',
  'lw_g',
  'lw_o1',
  'fn_e',
]
/** Trino has names in lower case, and takes `$` and `@` for tables about a table. */
const TABLES = ['Order', 'order', 'ORDER', 'o^rder', 'a$files', 'a@1']
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

describe('names', () => {
  let both: Differential

  beforeAll(async () => {
    both = await startDifferential(() => comparedCluster('names'))
    await both.prepare([
      `create table t1 (${NAMES.map((name) => `${quoted(name)} integer`).join(', ')})`,
      `insert into t1 values (${NAMES.map((_, index) => index).join(', ')})`,
      'create schema "Ünits"',
      ...TABLES.flatMap((name, index) => [
        `create table "Ünits".${quoted(name)} ("Id" integer, "Größe" text)`,
        `insert into "Ünits".${quoted(name)} values (${index}, 'x')`,
      ]),
    ])
    await both.set('lakewire.engine', 'trino')
  }, 300_000)

  afterAll(() => both?.stop())

  async function same(sql: string): Promise<void> {
    const { postgres, lakewire } = await both.run({ sql, parameters: null, timeZone: null })
    expect(postgres.error).toBeNull()
    expect(lakewire.lines).toEqual(postgres.lines)
  }

  test.each(NAMES)('%s is read', async (name) => {
    const column = quoted(name)
    await same(
      `select ${column}, greatest(${column}, 1), array(select t.${column} from t1 t where t.${column} = t1.${column}) ` +
        `from t1 where ${column} = any (array[${column}, 3])`,
    )
  })

  test('tables are told apart by their capitals', async () => {
    const all = TABLES.map((name) => `select "Id", "Größe" from "Ünits".${quoted(name)}`)
    await same(
      [
        ...TABLES.map((name) => `update "Ünits".${quoted(name)} set "Größe" = "Größe" || "Id" where "Id" > 0`),
        `insert into "Ünits"."ORDER" select 7, "Größe" from "Ünits"."order"`,
        `${all.join(' union all ')} order by 1`,
      ].join(';\n'),
    )
  })

  test('all are written', async () => {
    await same(
      [
        `update t1 set "x"";--" = "it's" + 1 where "select" = 1`,
        `merge into t1 using (select 0 as "a b", 5 as v) s on s."a b" = t1."a b" when matched then update set "select" = s.v`,
        'select * from t1',
        'delete from t1 where "A" = 5',
        'select * from t1',
      ].join(';\n'),
    )
  })
})
