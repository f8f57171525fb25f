import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltIn, readBuiltIn } from '../../proxy/compiler/catalog.ts'
import { datumArray, datumText, intervalOf } from '../../proxy/compiler/datum.ts'
import type { Const, Expr } from '../../proxy/compiler/tree/node.ts'
import { readDump } from '../../proxy/compiler/tree/reader.ts'
import { Backend } from '../../proxy/compiler/twin/backend.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'
import { fc } from '../harness/property.ts'

let server: RunningPostgres
let backend: Backend
let builtIn: BuiltIn
const types = { type: (oid: number) => builtIn.types.get(oid) }
const SETTINGS = new Map([
  ['timezone', 'UTC'],
  ['datestyle', 'ISO'],
  ['intervalstyle', 'postgres'],
])

beforeAll(async () => {
  server = await startPostgres()
  const socketPath = `${server.socketDir}/.s.PGSQL.${server.port}`
  backend = await Backend.open({ socketPath, user: server.user, database: 'postgres' })
  builtIn = await readBuiltIn((sql) => backend.rows(sql, SETTINGS))
})

afterAll(async () => {
  backend.connection.close()
  await server.stop()
})

const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** The constants of a FROM-less SELECT, behind the coercions that PostgreSQL leaves around some. */
async function constants(sql: string): Promise<Const[]> {
  const { tree } = await backend.describe(sql, [], SETTINGS)
  const dump = readDump(tree ?? new Uint8Array())
  if (dump.kind !== 'query') throw new Error(sql)
  return dump.query.targetList.map(({ expr }) => constantIn(expr))
}

function constantIn(expr: Expr): Const {
  if (expr.kind === 'Const') return expr
  if (expr.kind === 'RelabelType' || expr.kind === 'CoerceToDomain') return constantIn(expr.arg)
  throw new Error(expr.kind)
}

/** Holds our text of each value against the server's own: format() uses the type's output function. */
async function sameText(type: string, values: readonly string[]): Promise<void> {
  const list = values.map((value) => `${literal(value)}::${type}`)
  const found = await constants(`select ${list.join(', ')}`)
  const [expected] = await backend.rows(`select ${list.map((item) => `format('%s', ${item})`).join(', ')}`, SETTINGS)
  const texts = found.map(({ consttype, constvalue }) =>
    constvalue === null ? null : datumText(types, consttype, constvalue),
  )
  expect(texts, type).toEqual(expected)
}

const property = async (type: string, value: fc.Arbitrary<string>): Promise<void> => {
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => sameText(type, values)),
    { numRuns: 15 },
  )
}

const integer = (bits: number): fc.Arbitrary<string> =>
  fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }).map(String)
const digits = fc.stringMatching(/^\d{1,40}$/)
const numeric = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '-'), digits, fc.option(fc.stringMatching(/^\d{0,30}$/)))
    .map(([sign, whole, fraction]) => `${sign}${whole}${fraction ? `.${fraction}` : ''}`),
  fc.tuple(digits, fc.integer({ min: -60, max: 60 })).map(([whole, exponent]) => `${whole}e${exponent}`),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '0', '0.000', '-0.0'),
)
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replaceAll('\0', ''))
const day = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
const dayText = day.map((value) => value.toISOString().slice(0, 10))
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(([h, m, s, micros]) => `${h}:${m}:${s}.${String(micros).padStart(6, '0')}`)
const json = fc
  .json({ maxDepth: 4, noUnicodeString: false } as fc.JsonSharedConstraints)
  .filter((value) => !value.includes('\\u0000') && !/\\ud[89a-f]/i.test(value) && !/\d{17,}|e[+-]?\d{3,}/.test(value))

describe('datumText is what the server prints', () => {
  it('integers', async () => {
    await property('int2', integer(16))
    await property('int4', integer(32))
    await property('int8', integer(64))
  })
  it('bool, oid and "char"', async () => {
    await sameText('bool', ['t', 'f'])
    await sameText('oid', ['0', '4294967295'])
    await sameText('"char"', ['', 'a', '\\200', 'ü'])
  })
  it('floats', async () => {
    await property('float8', fc.double().map(String))
    await property('float4', fc.float().map(String))
  })
  it('numeric, with its scale', async () => {
    await property('numeric', numeric)
  })
  it('texts', async () => {
    for (const type of ['text', 'varchar']) await property(type, text)
    await property('name', fc.stringMatching(/^[a-z üé]{0,20}$/))
    await property(
      'bytea',
      fc.uint8Array({ maxLength: 50 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
    )
    await sameText('text', ['x'.repeat(100), 'x'.repeat(130), 'x'.repeat(5000)])
  })
  it('uuid', () => property('uuid', fc.uuid()))
  it('date', async () => {
    await property('date', dayText)
    await sameText('date', ['infinity', '-infinity', '4713-01-01 BC', '0001-12-31 BC', '5874897-12-31', '2000-02-29'])
  })
  it('time', async () => {
    await property('time', clock)
    await sameText('time', ['24:00:00', '00:00:00'])
    await sameText('timetz', ['10:00+02', '10:00:00.5-03:30', '23:59:59+00', '12:00+05:45:10', '24:00:00-15:59:59'])
  })
  it('timestamps', async () => {
    const moment = fc.tuple(dayText, clock).map(([date, time]) => `${date} ${time}`)
    await property('timestamp', moment)
    await property(
      'timestamptz',
      moment.map((value) => `${value}+03:30`),
    )
    for (const type of ['timestamp', 'timestamptz']) {
      await sameText(type, [
        'infinity',
        '-infinity',
        '4713-01-01 00:00:00 BC',
        '0001-12-31 23:59:59.999999 BC',
        '294276-12-31 23:59:59',
      ])
    }
  })
  it('interval', async () => {
    const part = fc.integer({ min: -2000, max: 2000 })
    const span = fc
      .tuple(part, part, part, fc.integer())
      .map(([y, m, d, micros]) => `${y} years ${m} months ${d} days ${micros} microseconds`)
    await property('interval', span)
    await sameText('interval', ['0', 'infinity', '-infinity', '-1 day +2 hours', '1 mon -1 day', '-00:00:01'])
    const [found] = await constants("select '1 year 2 days 3 seconds'::interval")
    expect(intervalOf(found?.constvalue ?? new Uint8Array())).toEqual({ months: 12, days: 2, micros: 3_000_000n })
  })
  it('json', async () => {
    await property('jsonb', json)
    await property('json', json)
    await sameText('jsonb', [
      `[${'1.50, "x", null, true, '.repeat(200)}{"a": {"b": [1e20, -0.001]}}]`,
      '1.50',
      '"x"',
      'null',
      '[]',
      '{}',
    ])
  })
  it('networks, bits and money', async () => {
    await sameText('inet', [
      '1.2.3.4',
      '10.0.0.0/8',
      '::1',
      '::',
      '2001:db8::1/64',
      '::ffff:1.2.3.4',
      '1:0:0:2::3',
      '::1.2.3.4',
    ])
    await sameText('cidr', ['10.0.0.0/8', '2001:db8::/32'])
    await sameText('macaddr', ['08:00:2b:01:02:03'])
    await sameText('varbit', ['101', '', '111100001'])
    await sameText('money', ['0', '-1234.56', '1234567.89', '0.05', '$12'])
    await sameText('point', ['(1,2.5)'])
  })
  it('arrays', async () => {
    await sameText('int[]', ['{}', '{1,2,NULL}', '{{1,2},{3,4}}', '[2:3]={1,2}', '[0:1][-1:0]={{1,2},{3,NULL}}'])
    await sameText('text[]', ['{}', '{a,"b c","{","\\"","\\\\","null",NULL,""}', '{{a},{b}}', `{${'x'.repeat(300)},y}`])
    await sameText('numeric[]', ['{1.50,NULL,-2}'])
    await sameText('timestamptz[]', ['{2020-01-01 00:00+01,NULL}'])
    await sameText('uuid[]', ['{00000000-0000-0000-0000-000000000001}'])
    await sameText('int2[]', ['{1,2,3}'])
    await sameText('bool[]', ['{t,f,NULL}'])
    await sameText('jsonb[]', ['{"{\\"a\\": [1, 2]}",1}'])
    await property(
      'text[]',
      fc
        .array(text, { maxLength: 6 })
        .map((items) => `{${items.map((item) => `"${item.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`),
    )
  })
  it('gives an array piece by piece', async () => {
    const [found] = await constants("select '[2:3][1:1]={{a},{NULL}}'::text[]")
    expect(datumArray(types, 1009, found?.constvalue ?? new Uint8Array())).toEqual({
      elementType: 25,
      dimensions: [2, 1],
      lowerBounds: [2, 1],
      elements: ['a', null],
    })
  })
  it('refuses what it does not know', async () => {
    for (const sql of [
      "select '(1,2),(3,4)'::box",
      "select '[1,2)'::int4range",
      "select 'a'::tsvector",
      "select '$.a'::jsonpath",
    ]) {
      const [found] = await constants(sql)
      expect(() => datumText(types, found?.consttype ?? 0, found?.constvalue ?? new Uint8Array()), sql).toThrow(
        expect.objectContaining({ code: '0A000' }),
      )
    }
  })
})
