/** Names and values that would be SQL if they were ever pasted into it. Attack cases S21, S22, P3, P4. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fc } from '../harness/property.ts'
import { type Lakewire, startLakewire, urlOf } from '../harness/start.ts'

let lakewire: Lakewire
let client: pg.Client

beforeAll(async () => {
  lakewire = await startLakewire()
  client = new pg.Client({ connectionString: urlOf(await lakewire.makeUser('acme', 'alice')), ssl: false })
  await client.connect()
})

afterAll(async () => {
  await client?.end()
  await lakewire?.stop()
})

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const TABLE = `we"ird na'me;-- /* $1 \\`
const COLUMNS = ['select', `a"b`, `'`, '$1', '\\', 'ü ı', 't1', 'c1', '); drop table x; --', 'NULL']

test('S21: every name that needs quotes keeps its meaning in every kind of statement', async () => {
  const table = `public.${quoted(TABLE)}`
  const list = COLUMNS.map(quoted).join(', ')
  await client.query(`CREATE TABLE ${table} (${COLUMNS.map((name) => `${quoted(name)} text`).join(', ')})`)
  const values = COLUMNS.map((name) => `v ${name}`)
  await client.query(`INSERT INTO ${table} (${list}) VALUES (${COLUMNS.map((_, i) => `$${i + 1}`).join(', ')})`, values)
  const read = await client.query({ text: `SELECT * FROM ${table}`, rowMode: 'array' })
  expect(read.fields.map(({ name }) => name)).toEqual(COLUMNS)
  expect(read.rows).toEqual([values])
  for (const name of COLUMNS) {
    const column = quoted(name)
    const updated = await client.query(
      `UPDATE ${table} AS ${column} SET ${column} = ${column}.${column} || '!' RETURNING ${column}`,
    )
    expect(updated.rows).toEqual([{ [name]: `v ${name}!` }])
    const grouped = await client.query({
      text: `WITH ${column} AS (SELECT ${column} AS ${column} FROM ${table}) SELECT ${column}, count(*) FROM ${column} GROUP BY 1 ORDER BY ${column}`,
      rowMode: 'array',
    })
    expect(grouped.rows).toEqual([[`v ${name}!`, '1']])
  }
  await client.query(`CREATE VIEW ${quoted('vi"ew')} AS SELECT ${list} FROM ${table}`)
  expect((await client.query(`SELECT count(*) AS n FROM ${quoted('vi"ew')}`)).rows).toEqual([{ n: '1' }])
  expect((await client.query(`DELETE FROM ${table} WHERE ${quoted('$1')} LIKE $1`, ['v %'])).rowCount).toBe(1)
  await client.query(`DROP VIEW ${quoted('vi"ew')}`)
  await client.query(`DROP TABLE ${table}`)
})

test('S22: an alias like one that the printer gives captures nothing', async () => {
  await client.query('CREATE TABLE t1 (c1 int, c2 int)')
  await client.query('INSERT INTO t1 VALUES (1, 10), (2, 20)')
  const { rows } = await client.query(
    'SELECT t2.c2 AS c1, t1.c1 AS c2 FROM t1 AS t2 JOIN t1 ON t1.c1 = t2.c1 WHERE t2.c1 = (SELECT max(t1.c1) FROM t1)',
  )
  expect(rows).toEqual([{ c1: 20, c2: 2 }])
})

test('P3: a negative parameter is no comment', async () => {
  const { rows } = await client.query(
    'SELECT c1 - $1::int AS a, c1 -$2::int AS b, $3::text AS t FROM t1 WHERE c1 = 1',
    [-1, -5, '\nWHERE false --'],
  )
  expect(rows).toEqual([{ a: 2, b: 6, t: '\nWHERE false --' }])
})

test('P4: any text comes back as it went in, as a parameter and out of a table', async () => {
  await client.query('CREATE TABLE kept (id int, value text)')
  const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => !/[\0\ud800-\udfff]/u.test(value))
  const hostile = fc.constantFrom(
    `'; DROP TABLE kept; --`,
    `\\'`,
    `$$`,
    `U&'\\0041'`,
    `E'\\n'`,
    '{{c1}}',
    '%s',
    '\u2028',
    '\r\n',
  )
  let id = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, hostile), async (value) => {
      id += 1
      await client.query('INSERT INTO kept VALUES ($1, $2)', [id, value])
      const { rows } = await client.query(
        'SELECT value, value = $2 AS same, $2::text AS given FROM kept WHERE id = $1',
        [id, value],
      )
      expect(rows).toEqual([{ value, same: true, given: value }])
    }),
    { numRuns: 40 },
  )
})

/** Functions are printed by templates of ours: text of a user is never taken for a part of one, nor for a pattern of `replace`. */
test('P5: texts that look like places of a template stay texts', async () => {
  await client.query('CREATE TABLE places (id int, c text, d date, at timestamp, z timestamptz)')
  const texts = ['A$', ' END) + 1000 --', '$T', '$x', '$o', '$1', "$'", '$&', '$$', '$`']
  for (const [id, text] of texts.entries())
    await client.query("INSERT INTO places VALUES ($1, $2, '2001-02-03', '2001-02-03 04:05', '2001-02-03 04:05Z')", [
      id,
      text,
    ])
  const literals = texts.map((text) => `'${text.replaceAll("'", "''")}'`)
  const expressions = literals.flatMap((literal, index) => {
    const when = (column: string) => `CASE c WHEN ${literal} THEN ${column} END`
    return [
      [`extract(year FROM ${when('d')})`, '2001'],
      [`extract(epoch FROM ${when('z')})`, '981173100.000000'],
      [`date_part('month', ${when('at')})`, 2],
      [`to_char(${when('at')}, 'YYYY')`, '2001'],
      [`to_char(at, '"${texts[index]?.replaceAll("'", "''").replaceAll('\\', '')}"')`, texts[index]],
      [`repeat(left(c, 0) || ${literal}, 2)`, `${texts[index]}${texts[index]}`],
      [`overlay(left(c, 0) || 'ab' PLACING ${literal} FROM 1 FOR 2)`, texts[index]],
      [`array_position(ARRAY[c, ${literal}], ${literal}) > 0`, true],
      [`replace('a' || left(c, 0), 'a', ${literal})`, texts[index]],
    ] as const
  })
  for (const [sql, expected] of expressions) {
    const { rows } = await client.query(`SELECT ${sql} AS v FROM places`)
    const of = [...new Set(rows.map(({ v }) => v).filter((v) => v !== null))]
    expect([sql, of]).toEqual([sql, [expected]])
  }
})

test('P6: columns that are hidden for WITH TIES are not put into a text, or into a subquery', async () => {
  const tied = (first: string, key: string) =>
    client.query(`SELECT ${first} AS v FROM places ORDER BY ${key} FETCH FIRST 2 ROWS WITH TIES`)
  const literal = "' AS c1, '"
  const { rows } = await tied(`${literal} || left(c, 0)`, "c || ', 0 AS k1 -- $'' $$' <> 'x', id")
  expect(rows).toEqual([{ v: ' AS c1, ' }, { v: ' AS c1, ' }])
  const inner = await tied('(SELECT max(p.id) FROM places AS p)', 'id + 0')
  expect(inner.rows).toEqual([{ v: 9 }, { v: 9 }])
})
