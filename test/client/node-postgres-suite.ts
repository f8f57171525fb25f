import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { urlOf } from '../harness/start.ts'
import type { Served } from './served.ts'

/** What node-postgres does, on whatever engine `start` puts behind it. */
export function nodePostgresSuite(engine: string, tenant: string, start: () => Promise<Served>): void {
  describe(`node-postgres on ${engine}`, () => {
    let server: Served
    let client: pg.Client

    beforeAll(async () => {
      server = await start()
      client = new pg.Client(urlOf(await server.makeUser(tenant, 'alice')))
      await client.connect()
      await client.query(
        'create table items (id int not null, name text, price numeric(10,2), at timestamptz, tags text[], extra jsonb, data bytea)',
      )
    })

    afterAll(async () => {
      await client?.end()
      await server?.stop()
    })

    test('parameters go in and the same values come out, NULL among them', async () => {
      const at = new Date('2024-05-06T07:08:09.123Z')
      const rows: unknown[][] = [
        [1, "O'Reilly \\ $1 ; --", '12.50', at, ['a', 'b,"c"', null], { a: [1, null, 'x'] }, Buffer.from([0, 1, 255])],
        [2, null, null, null, null, null, null],
        [3, '', '-0.01', at, [], {}, Buffer.alloc(0)],
      ]
      for (const row of rows) {
        const result = await client.query('insert into items values ($1, $2, $3, $4, $5, $6, $7)', row)
        expect([result.command, result.rowCount]).toEqual(['INSERT', 1])
      }
      const { rows: found, fields } = await client.query({ text: 'select * from items order by id', rowMode: 'array' })
      expect(found).toEqual(rows)
      expect(fields.map((field) => [field.name, field.dataTypeID])).toEqual([
        ['id', 23],
        ['name', 25],
        ['price', 1700],
        ['at', 1184],
        ['tags', 1009],
        ['extra', 3802],
        ['data', 17],
      ])
    })

    test('a named statement is prepared once and bound many times', async () => {
      for (const id of [3, 1, 2, 1]) {
        const { rows } = await client.query({ name: 'by-id', text: 'select id from items where id = $1', values: [id] })
        expect(rows).toEqual([{ id }])
      }
    })

    test('an error keeps its fields, and the connection', async () => {
      await expect(client.query('select nope from items')).rejects.toMatchObject({
        code: '42703',
        message: 'column "nope" does not exist',
        position: '8',
        severity: 'ERROR',
      })
      await expect(client.query('select 1 / (id - id) from items where id = $1', [1])).rejects.toMatchObject({
        code: '22012',
      })
      await expect(client.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' })
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })

    test('a transaction is all or nothing', async () => {
      await client.query('begin')
      expect((await client.query('delete from items where id < $1', [3])).rowCount).toBe(2)
      expect((await client.query('select count(*)::int as n from items')).rows).toEqual([{ n: 1 }])
      await client.query('rollback')
      expect((await client.query('select count(*)::int as n from items')).rows).toEqual([{ n: 3 }])
    })

    test('a pool serves many at once, each its own answer', async () => {
      const login = await server.makeUser(tenant, 'pooled')
      const pool = new pg.Pool({ connectionString: urlOf(login), max: 8 })
      const answers = await Promise.all(
        Array.from(
          { length: 20 },
          async (_, i) => (await pool.query('select $1::int + id as sum from items where id = 1', [i])).rows[0].sum,
        ),
      )
      expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      await pool.end()
    })

    test('a query is cancelled by cancelling, not by waiting', async () => {
      const { rows } = await client.query('select pg_backend_pid() as pid')
      expect(typeof rows[0].pid).toBe('number')
      await client.query("set statement_timeout = '300ms'")
      await expect(
        client.query(
          'select count(*) from items a, generate_series(1, 100000) b, generate_series(1, 100000) c where b + c = a.id',
        ),
      ).rejects.toMatchObject({ code: '57014' })
      await client.query('reset statement_timeout')
    })
  })
}
