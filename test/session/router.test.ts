import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PgError, unsupported } from '../../proxy/error.ts'
import { DUCKDB } from '../../proxy/print/duckdb/dialect.ts'
import { DEFAULT_THRESHOLDS } from '../../proxy/query/route.ts'
import { Admission, type LimitsOfTenants, NO_LIMITS, type TenantLimits } from '../../proxy/session/limit.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { FakeEngine } from './fake-engine.ts'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { runCase } from './script.ts'

/** Two engines, of which the second is preferred for whatever reads anything: the fake lake's tables have 1000 bytes. */
const trino = new FakeEngine('trino')
/** Says what DuckDB's does, but for one table, which it cannot. */
const dialect = {
  ...DUCKDB,
  relationName: (...given: Parameters<typeof DUCKDB.relationName>) => {
    if (given[2].name === 'words') throw unsupported('reading words')
    return DUCKDB.relationName(...given)
  },
}
let limits: TenantLimits = NO_LIMITS
const limitsOf: LimitsOfTenants = { of: () => limits }

let lakewire: RunningLakewire
let client: WireClient

beforeAll(async () => {
  lakewire = await startLakewire({}, undefined, {
    engines: [trino],
    dialects: [['trino', dialect]],
    router: {
      thresholds: { ...DEFAULT_THRESHOLDS, scanBytesMax: 0, joinBytesMax: 0 },
      limits: limitsOf,
      admission: new Admission(limitsOf),
    },
  })
  lakewire.lake.bytes = 1000
})

afterAll(async () => {
  await lakewire?.stop()
})

beforeEach(async () => {
  client?.end()
  limits = NO_LIMITS
  client = await lakewire.login()
  lakewire.engine.reset()
  trino.reset()
  lakewire.records.length = 0
})

const say = (...input: string[]): Promise<string[]> => runCase(client, input)
const ran = () => ({ duckdb: lakewire.engine.ran.length, trino: trino.ran.length })
const last = () => lakewire.records.at(-1)
const COMPLETE = ['DataRow 1', 'DataRow 2', 'DataRow 3', 'CommandComplete SELECT 3', 'ReadyForQuery I']
const ENGINE_DIED = new PgError('57P02', 'the engine has ended unexpectedly', { fault: 'engine' })
const NEVER_SENT = new PgError('57P03', 'the engine cannot be reached', { fault: 'engine' })

describe('which engine', () => {
  test('the better one, with the reason', async () => {
    expect((await say('Q select n from numbers')).slice(1)).toEqual(COMPLETE)
    expect(ran()).toEqual({ duckdb: 0, trino: 1 })
    expect(last()).toMatchObject({ engine: 'trino', why: 'large', rows: 3, code: null })
  })

  test('the next one where its dialect cannot say it, and why', async () => {
    expect((await say('Q select w from words')).slice(1)).toEqual(COMPLETE)
    expect(ran()).toEqual({ duckdb: 1, trino: 0 })
    expect(last()).toMatchObject({
      engine: 'duckdb',
      why: 'refused',
      reason: 'trino cannot (reading words is not supported): duckdb',
    })
  })

  test('one that is asked for gives its own refusal', async () => {
    expect(await say("Q set lakewire.engine = 'trino'", 'Q select w from words')).toEqual([
      'CommandComplete SET',
      'ReadyForQuery I',
      'ErrorResponse ERROR 0A000 reading words is not supported',
      'ReadyForQuery I',
    ])
    expect(ran()).toEqual({ duckdb: 0, trino: 0 })
  })

  test('names are checked when they are set, and whether there is such an engine when one is needed', async () => {
    expect(await say('Q set lakewire.engine = presto')).toEqual([
      'ErrorResponse ERROR 22023 invalid value for parameter "lakewire.engine": "presto"',
      'ReadyForQuery I',
    ])
    expect((await say('Q set lakewire.engine = Spark', 'Q show lakewire.engine'))[3]).toBe('DataRow spark')
    expect((await say('Q select n from numbers'))[0]).toMatch(
      /^ErrorResponse ERROR 22023 engine "spark" is not available/,
    )
  })

  test('several statements for one are for DuckDB', async () => {
    await say('Q insert into numbers select n from numbers returning n')
    expect(lakewire.engine.ran[0]?.sql.statements.length).toBeGreaterThan(1)
    expect(last()).toMatchObject({
      engine: 'duckdb',
      reason: 'trino cannot (a statement that takes several steps is not supported): duckdb',
    })
  })

  test('what reads nothing is small, wherever it writes', async () => {
    await say('Q insert into numbers values (1)')
    expect(last()).toMatchObject({ engine: 'duckdb', why: 'small', estimate: { bytes: 0 } })
  })

  test('one that is not well is passed over', async () => {
    trino.problem = 'it does not answer'
    await say('Q select n from numbers')
    expect(ran()).toEqual({ duckdb: 1, trino: 0 })
    expect(last()).toMatchObject({ why: 'unhealthy', reason: 'trino is not well (it does not answer): duckdb' })
  })
})

describe('an engine that breaks', () => {
  test('before its first row is replaced, once', async () => {
    trino.next.push({ error: ENGINE_DIED })
    expect((await say('Q select n from numbers')).slice(1)).toEqual(COMPLETE)
    expect(ran()).toEqual({ duckdb: 1, trino: 1 })
    expect(last()).toMatchObject({
      engine: 'duckdb',
      why: 'failed',
      reason: 'trino failed (the engine has ended unexpectedly): duckdb',
    })
  })

  test('on what it lacks is replaced, for a write too: nothing of it is done', async () => {
    trino.next.push({ error: new PgError('0A000', 'a subquery of this kind is not supported', { fault: 'engine' }) })
    expect((await say('Q select n from numbers')).slice(1)).toEqual(COMPLETE)
    expect(last()).toMatchObject({
      engine: 'duckdb',
      reason: 'trino cannot (a subquery of this kind is not supported): duckdb',
    })
    trino.next.push({ error: new PgError('0A000', 'such a date is not supported') })
    expect((await say('Q delete from numbers where n > 1'))[0]).toBe('CommandComplete DELETE 1')
    expect(last()).toMatchObject({ engine: 'duckdb', why: 'failed' })
  })

  test('for want of memory is replaced when it read, and is an error when it wrote', async () => {
    trino.next.push({ error: new PgError('53200', 'out of memory', { fault: 'limit' }) })
    expect((await say('Q select n from numbers')).slice(1)).toEqual(COMPLETE)
    trino.next.push({ error: new PgError('53200', 'out of memory', { fault: 'limit' }) })
    expect((await say('Q delete from numbers where n > 1'))[0]).toMatch(/^ErrorResponse ERROR 53200/)
  })

  test('twice is an error', async () => {
    trino.next.push({ error: ENGINE_DIED })
    lakewire.engine.next.push({ error: ENGINE_DIED })
    expect((await say('Q select n from numbers'))[1]).toMatch(/^ErrorResponse ERROR 57P02/)
    expect(ran()).toEqual({ duckdb: 1, trino: 1 })
    expect(last()).toMatchObject({ code: '57P02', fault: 'engine' })
  })

  test('after rows have gone out is an error', async () => {
    trino.next.push({ rows: 2, errorAfterRows: ENGINE_DIED })
    const answer = await say('Q select n from numbers')
    expect(answer.slice(1, 3)).toEqual(['DataRow 1', 'DataRow 2'])
    expect(answer[3]).toMatch(/^ErrorResponse ERROR 57P02/)
    expect(ran()).toEqual({ duckdb: 0, trino: 1 })
  })

  test('in the middle of a write is an error, as it may have been done', async () => {
    trino.next.push({ error: ENGINE_DIED })
    expect((await say('Q insert into numbers select n from numbers'))[0]).toMatch(/^ErrorResponse ERROR 57P02/)
    expect(ran()).toEqual({ duckdb: 0, trino: 1 })
  })

  test('that never got a write is replaced', async () => {
    trino.next.push({ error: NEVER_SENT })
    expect(await say('Q insert into numbers select n from numbers')).toEqual([
      'CommandComplete INSERT 0 1',
      'ReadyForQuery I',
    ])
    expect(ran()).toEqual({ duckdb: 1, trino: 1 })
  })

  test('and was asked for is not replaced', async () => {
    trino.next.push({ error: ENGINE_DIED })
    expect((await say('Q set lakewire.engine = trino', 'Q select n from numbers'))[3]).toMatch(
      /^ErrorResponse ERROR 57P02/,
    )
    expect(ran()).toEqual({ duckdb: 0, trino: 1 })
  })

  test("an error of the statement's own is no failure of the engine", async () => {
    trino.next.push({ error: new PgError('22012', 'division by zero') })
    expect((await say('Q select n from numbers'))[1]).toMatch(/^ErrorResponse ERROR 22012/)
    expect(ran()).toEqual({ duckdb: 0, trino: 1 })
  })
})

describe('limits of a tenant', () => {
  test('bytes that a statement may read', async () => {
    limits = { ...NO_LIMITS, scanBytesMax: 999 }
    expect((await say('Q select n from numbers'))[0]).toMatch(
      /^ErrorResponse ERROR 53400 statement would read too much/,
    )
    limits = { ...NO_LIMITS, scanBytesMax: 1000 }
    expect((await say('Q select n from numbers')).slice(1)).toEqual(COMPLETE)
    expect(lakewire.records.map(({ code, fault }) => [code, fault])).toEqual([
      ['53400', 'limit'],
      [null, null],
    ])
  })

  test('time', async () => {
    limits = { ...NO_LIMITS, statementMs: 50 }
    trino.next.push({ delayMs: 10_000 })
    expect(await say('Q select n from numbers')).toContain(
      'ErrorResponse ERROR 57014 canceling statement due to statement timeout',
    )
  })

  test('statements at a time: the others wait in line, and are refused when it is full', async () => {
    limits = { ...NO_LIMITS, statementsMax: 1, queuedMax: 1, queueMs: 60_000 }
    const [second, third] = await Promise.all([lakewire.login(), lakewire.login()])
    const held = Promise.withResolvers<void>()
    trino.next.push({ rows: 1, until: held.promise })
    const first = say('Q select n from numbers')
    await until(() => trino.ran.length === 1)
    const waits = runCase(second, ['Q select n from numbers'])
    await until(() => trino.ran.length === 1 && waiting() === 1)
    expect((await runCase(third, ['Q select n from numbers']))[1]).toMatch(
      /^ErrorResponse ERROR 53300 too many statements/,
    )
    expect(trino.ran.length).toBe(1)
    held.resolve()
    expect((await first).at(-2)).toBe('CommandComplete SELECT 1')
    expect((await waits).at(-2)).toBe('CommandComplete SELECT 3')
    second.end()
    third.end()
  })

  test('waiting has an end', async () => {
    limits = { ...NO_LIMITS, statementsMax: 1, queuedMax: 1, queueMs: 20 }
    const second = await lakewire.login()
    const held = Promise.withResolvers<void>()
    trino.next.push({ rows: 1, until: held.promise })
    const first = say('Q select n from numbers')
    await until(() => trino.ran.length === 1)
    expect((await runCase(second, ['Q select n from numbers']))[1]).toMatch(/^ErrorResponse ERROR 53300/)
    held.resolve()
    await first
    second.end()
  })

  test('a session with an open cursor does not stand in its own way', async () => {
    limits = { ...NO_LIMITS, statementsMax: 1, queuedMax: 0, queueMs: 0 }
    const answer = await say(
      'Q begin',
      'Q declare c cursor for select n from numbers',
      'Q fetch 1 from c',
      'Q select n from numbers',
      'Q commit',
    )
    expect(answer.filter((line) => line.startsWith('ErrorResponse'))).toEqual([])
  })
})

describe('progress', () => {
  test('is told when it is asked for, between rows', async () => {
    trino.next.push({ rows: 2, rowsPerBatch: 1, batchDelayMs: 1_100, progress: true })
    const answer = await say('Q set lakewire.progress = on', 'Q select n from numbers')
    expect(answer).toContain('NoticeResponse INFO 00000 running: 50 %, 5 rows, 1.0 MiB read')
    expect(answer.filter((line) => line.startsWith('DataRow'))).toEqual(['DataRow 1', 'DataRow 2'])
    await say('Q reset lakewire.progress')
    await say('Q select n from numbers')
    expect(trino.ran.at(-1)?.options.onProgress).toBeUndefined()
  })
})

const waiting = () => lakewire.admission().waiting

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 5))
}
