import { afterAll, beforeAll, expect, test } from 'vitest'
import { psqlRows } from '../harness/psql.ts'
import { runPython } from '../harness/python.ts'
import { type Lakewire, type Login, startLakewire } from '../harness/start.ts'

let server: Lakewire
let alice: Login
let token: string

beforeAll(async () => {
  server = await startLakewire()
  alice = await server.makeUser('acme', 'alice')
  token = ((await server.cli('token', 'create', '--tenant', 'acme')) as { token: string }).token
}, 400_000)

afterAll(() => server.stop())

const READ = `
import json, sys
from pyiceberg.catalog.rest import RestCatalog
uri, token, table = sys.argv[1:4]
catalog = RestCatalog('lake', uri=uri, token=token, warehouse='acme')
loaded = catalog.load_table(table)
rows = loaded.scan().to_arrow().to_pylist()
print(json.dumps({
    'format': loaded.format_version,
    'location': loaded.location(),
    'fields': [[f.name, str(f.field_type), f.required] for f in loaded.schema().fields],
    'rows': sorted([[None if v is None else str(v) for v in r.values()] for r in rows], key=lambda r: r[0]),
}))`

test('PyIceberg reads what psql wrote: types, NULLs, updates and deletes, schema changes', async () => {
  await psqlRows(
    alice,
    `create table orders (id bigint not null, placed date, at timestamptz, price numeric(12,2), note text, paid boolean, weight double precision);
     insert into orders values
       (1, '2024-02-29', '2024-02-29 12:00:00+00', 12.50, 'déjà', true, 0.5),
       (2, null, null, null, null, null, null),
       (3, '1999-12-31', '1999-12-31 23:59:59.5+00', -0.01, '', false, 'NaN'),
       (4, '2000-01-01', '2000-01-01 00:00:00+00', 1, 'gone', false, 1);
     update orders set note = 'changed' where id = 3;
     delete from orders where id = 4;
     alter table orders add column reason text;
     alter table orders rename column note to remark;`,
  )
  expect(await runPython(READ, [server.httpUrl, token, 'acme.public.orders'])).toEqual({
    format: 2,
    location: expect.stringContaining('/lake/acme/public/orders'),
    fields: [
      ['id', 'long', true],
      ['placed', 'date', false],
      ['at', 'timestamptz', false],
      ['price', 'decimal(12, 2)', false],
      ['remark', 'string', false],
      ['paid', 'boolean', false],
      ['weight', 'double', false],
      ['reason', 'string', false],
    ],
    rows: [
      ['1', '2024-02-29', '2024-02-29 12:00:00+00:00', '12.50', 'déjà', 'True', '0.5', null],
      ['2', null, null, null, null, null, null, null],
      ['3', '1999-12-31', '1999-12-31 23:59:59.500000+00:00', '-0.01', 'changed', 'False', 'nan', null],
    ],
  })
}, 400_000)

test('a token of one tenant opens nothing of another', async () => {
  const carol = await server.makeUser('globex', 'carol')
  await psqlRows(carol, 'create table orders (id int); insert into orders values (42)')
  for (const table of ['globex.public.orders', 'globex.public.nothing']) {
    await expect(runPython(READ, [server.httpUrl, token, table])).rejects.toThrow(/NoSuch|Forbidden|NotFound/)
  }
}, 400_000)
