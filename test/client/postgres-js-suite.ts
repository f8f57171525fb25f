import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Login, urlOf } from '../harness/start.ts'
import type { Served } from './served.ts'

/** What postgres-js does, on whatever engine `start` puts behind it. */
export function postgresJsSuite(engine: string, tenant: string, start: () => Promise<Served>): void {
  describe(`postgres-js on ${engine}`, () => {
    let server: Served
    let sql: postgres.Sql
    let login: Login

    beforeAll(async () => {
      server = await start()
      login = await server.makeUser(tenant, 'alice')
      sql = postgres(urlOf(login), { max: 4, onnotice: () => {} })
      await sql`create table readings (id int, taken timestamp, value double precision, ok boolean, label varchar(10))`
    })

    afterAll(async () => {
      await sql?.end({ timeout: 5 })
      await server?.stop()
    })

    test('COPY FROM STDIN and back, RETURNING, and inserts of many rows', async () => {
      const copy = await sql`copy readings from stdin with (format csv, null 'NA')`.writable()
      await pipeline(Readable.from(['1,2024-01-01 00:00:00,1.5,t,"a,b"\n2,NA,NA,', 'f,NA\n']), copy)
      const rows = [
        { id: 3, taken: new Date('2024-02-03T04:05:06Z'), value: -0.25, ok: true, label: 'x' },
        { id: 4, taken: null, value: Number.NaN, ok: null, label: null },
      ]
      expect(await sql`insert into readings ${sql(rows)} returning id, label`).toEqual([
        { id: 3, label: 'x' },
        { id: 4, label: null },
      ])
      const back: Buffer[] = []
      for await (const chunk of await sql`copy (select id, label, value from readings order by id) to stdout`.readable())
        back.push(chunk as Buffer)
      expect(Buffer.concat(back).toString()).toBe('1\ta,b\t1.5\n2\t\\N\t\\N\n3\tx\t-0.25\n4\t\\N\tNaN\n')
    })

    test('parameters are described: types are inferred by the server', async () => {
      const described =
        await sql`select id from readings where value > ${1} and label like ${'a%'} and ok = ${true}`.describe()
      expect(described.types).toEqual([701, 25, 16])
      expect(described.columns.map((column) => [column.name, column.type])).toEqual([['id', 23]])
      expect(await sql`select id from readings where value > ${1} and label like ${'a%'} and ok = ${true}`).toEqual([
        { id: 1 },
      ])
    })

    test('a cursor takes rows by the portion', async () => {
      const portions: number[] = []
      for await (const rows of sql`select g from generate_series(1, 10) g, readings where id = 1 order by g`.cursor(4))
        portions.push(rows.length)
      expect(portions).toEqual([4, 4, 2])
    })

    test('a transaction that fails leaves nothing', async () => {
      await expect(
        sql.begin(async (tx) => {
          await tx`update readings set label = 'changed'`
          await tx`select 1 / (id - id) from readings`
        }),
      ).rejects.toMatchObject({ code: '22012' })
      expect(await sql`select count(*)::int as n from readings where label = 'changed'`).toEqual([{ n: 0 }])
    })

    test('queries in one pipeline are answered in order', async () => {
      const one = postgres(urlOf(login), { max: 1 })
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => one`select ${i}::int as i, count(*)::int as n from readings`),
      )
      expect(answers.map((rows) => rows[0]?.i)).toEqual(Array.from({ length: 20 }, (_, i) => i))
      await one.end()
    })
  })
}
