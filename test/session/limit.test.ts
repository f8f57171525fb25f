import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { PORTALS_MAX } from '../../proxy/session/portal.ts'
import { STATEMENTS_MAX } from '../../proxy/session/prepared.ts'
import { PASSWORD } from '../wire/server.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { runCase, shown } from './script.ts'

let lakewire: RunningLakewire
let client: WireClient
let keyData: { processId: number; secretKey: Uint8Array }

beforeAll(async () => {
  lakewire = await startLakewire()
})

afterAll(async () => {
  await lakewire?.stop()
})

beforeEach(async () => {
  client?.end()
  client = await WireClient.open(lakewire.port)
  await client.authenticate({ user: 'alice', password: PASSWORD, database: 'acme' })
  const startup = await client.until('ReadyForQuery')
  keyData = startup.find((message) => message.kind === 'BackendKeyData') ?? keyData
  lakewire.engine.reset()
})

const say = (...input: string[]): Promise<string[]> => runCase(client, input)

async function cancel(): Promise<void> {
  const other = await WireClient.open(lakewire.port)
  other.send({ kind: 'CancelRequest', processId: keyData.processId, secretKey: keyData.secretKey })
  await other.until('close')
}

describe('cancel', () => {
  test('ends the statement that runs, and only that', async () => {
    lakewire.engine.next.push({ delayMs: 60_000 })
    client.send({ kind: 'Query', sql: 'select n from numbers' })
    await vi.waitFor(() => expect(lakewire.engine.ran).toHaveLength(1), 30_000)
    await cancel()
    expect((await client.until('ReadyForQuery')).map(shown)).toEqual([
      'RowDescription n:23:4:-1:0',
      'ErrorResponse ERROR 57014 canceling statement due to user request',
      'ReadyForQuery I',
    ])
    expect(await say('Q select n from numbers')).toContain('CommandComplete SELECT 3')
  })

  test('C2: a cancel while idle sends nothing', async () => {
    await cancel()
    expect(await say('Q select 1')).toEqual([
      'RowDescription ?column?:23:4:-1:0',
      'DataRow 1',
      'CommandComplete SELECT 1',
      'ReadyForQuery I',
    ])
  })

  test('C4: a cancel that comes after completion does not hit the next statement', async () => {
    for (let round = 0; round < 20; round += 1) {
      await say('Q select n from numbers')
      await cancel()
      expect(await say('Q select n from numbers')).toContain('CommandComplete SELECT 3')
    }
  })

  test('reaches a portal in a later portion', async () => {
    lakewire.engine.usual = { rows: 1000, rowsPerBatch: 1, batchDelayMs: 20 }
    await say('Q begin', 'P - - select n from numbers', 'B p -', 'E p 1', 'S')
    client.send({ kind: 'Execute', portal: 'p', rowsMax: 0 }, { kind: 'Sync' })
    await vi.waitFor(() => expect(lakewire.engine.batchesMade).toBeGreaterThan(2), 30_000)
    await cancel()
    expect((await client.until('ReadyForQuery')).map(shown).at(-2)).toBe(
      'ErrorResponse ERROR 57014 canceling statement due to user request',
    )
    expect(lakewire.engine.running).toBe(0)
  })

  test('statement_timeout', async () => {
    lakewire.engine.next.push({ delayMs: 60_000 })
    expect(await say('Q set statement_timeout = 50', 'Q select n from numbers')).toContain(
      'ErrorResponse ERROR 57014 canceling statement due to statement timeout',
    )
  })

  test('a client that hangs up ends its statement and its transaction', async () => {
    lakewire.lake.took()
    lakewire.engine.usual = { rows: 1_000_000, batchDelayMs: 5 }
    await say('Q begin')
    client.send({ kind: 'Query', sql: 'select n from numbers' })
    await vi.waitFor(() => expect(lakewire.engine.running).toBe(1), 30_000)
    client.end()
    await vi.waitFor(() => expect(lakewire.engine.running).toBe(0), 30_000)
    await vi.waitFor(() => expect(lakewire.lake.diary.join()).toMatch(/begin (t\d+),rollback \1/), 30_000)
  })
})

describe('limits', () => {
  test('C9: prepared statements and portals are counted', async () => {
    const prepared = Array.from({ length: STATEMENTS_MAX + 1 }, (_, index) => `P s${index} - select 1`)
    expect((await say(...prepared, 'S')).at(-2)).toMatch(/^ErrorResponse ERROR 53400 too many prepared statements/)
    expect(await say('Q deallocate all', 'P s - select 1', 'S')).toContain('ParseComplete')
    const bound = Array.from({ length: PORTALS_MAX + 1 }, (_, index) => `B p${index} s`)
    expect((await say('Q begin', ...bound, 'S')).at(-2)).toMatch(/^ErrorResponse ERROR 53400 too many open portals/)
  })

  test('C9: and the text of prepared statements is weighed', async () => {
    let answer = ''
    for (let index = 0; index < 80 && answer === ''; index += 1) {
      const out = await say(`P big${index} - -- ${'x'.repeat(1024 * 1024)}`, 'S')
      if (out[0] !== 'ParseComplete') answer = out[0] ?? ''
    }
    expect(answer).toMatch(/^ErrorResponse ERROR 53400 prepared statements of this session are too large/)
  })

  test('C9: and the parameters of open portals', async () => {
    const value = 'x'.repeat(10 * 1024 * 1024)
    const bound = Array.from({ length: 7 }, (_, index) => `B p${index} s {"values": ["${value}"]}`)
    expect((await say('Q begin', 'P s - select $1::text', ...bound, 'S')).at(-2)).toMatch(
      /^ErrorResponse ERROR 53400 parameters of open portals are too large/,
    )
  })

  test('C11: transaction_timeout ends a statement that runs', async () => {
    lakewire.engine.next.push({ delayMs: 60_000 })
    await say('Q set transaction_timeout = 100', 'Q begin')
    client.send({ kind: 'Query', sql: 'select n from numbers' })
    expect((await client.until('close')).map(shown).at(-1)).toBe(
      'ErrorResponse FATAL 25P04 terminating connection due to transaction timeout',
    )
  })

  test('P2: more columns than a result can have', async () => {
    const columns = Array.from({ length: 1665 }, (_, index) => index)
    expect(await say(`Q select ${columns}`)).toEqual([
      'ErrorResponse ERROR 54011 target lists can have at most 1664 entries',
      'ReadyForQuery I',
    ])
  })

  test('P2: more parameters than a Bind message can count', async () => {
    const parameters = Array.from({ length: 65_536 }, (_, index) => `$${index + 1}::int`)
    expect(await say(`P - - select array[${parameters}]`, 'S')).toEqual([
      'ErrorResponse ERROR 54023 too many parameters: a statement can have at most 65535',
      'ReadyForQuery I',
    ])
  })

  test('C10: a client that does not read holds the engine back', async () => {
    lakewire.engine.usual = { rows: 100_000, rowsPerBatch: 64, width: 1024 }
    client.socket.pause()
    client.send({ kind: 'Query', sql: 'select n from numbers' })
    await vi.waitFor(() => expect(lakewire.engine.batchesMade).toBeGreaterThan(2), 30_000)
    let made = 0
    const goesOn = async () => {
      made = lakewire.engine.batchesMade
      await sleep(300)
      return lakewire.engine.batchesMade !== made
    }
    await expect.poll(goesOn).toBe(false)
    expect(made * 64 * 1024).toBeLessThan(16 * 1024 * 1024)
    client.socket.resume()
    expect((await client.until('ReadyForQuery')).length).toBe(100_000 + 3)
  })

  test('C11: idle in transaction, idle, and a transaction too long', async () => {
    const cases = [
      ['set idle_in_transaction_session_timeout = 500; begin', '25P03', 'idle-in-transaction timeout'],
      ['set idle_session_timeout = 500', '57P05', 'idle-session timeout'],
      ['set transaction_timeout = 500; begin', '25P04', 'transaction timeout'],
    ] as const
    for (const [sql, code, what] of cases) {
      const idle = await lakewire.login()
      await runCase(idle, [`Q ${sql}`])
      const last = (await idle.until('close')).map(shown)
      expect(last).toEqual([`ErrorResponse FATAL ${code} terminating connection due to ${what}`])
    }
  })

  test('C12: what would hold a backend or reach outside is refused or bounded', async () => {
    const refused = [
      'select pg_sleep(1e9) from generate_series(1, 2)',
      'select pg_advisory_lock(1)',
      'select lo_create(0)',
    ]
    for (const sql of refused) expect((await say(`Q ${sql}`)).at(-2)).toMatch(/^ErrorResponse ERROR (0A000|42501)/)
    expect((await say('Q set statement_timeout = 500', 'Q select pg_sleep(3600)')).at(-2)).toBe(
      'ErrorResponse ERROR 57014 canceling statement due to statement timeout',
    )
    expect(
      (
        await say(
          'Q set statement_timeout = 500',
          'Q select count(*) from generate_series(1, 9000) a, generate_series(1, 9000) b, generate_series(1, 90) c',
        )
      ).at(-2),
    ).toBe('ErrorResponse ERROR 57014 canceling statement due to statement timeout')
  })
})

describe('startup', () => {
  test('what PostgreSQL reports, and the settings the client asks for', async () => {
    const fresh = await WireClient.open(lakewire.port)
    await fresh.authenticate(
      { user: 'alice', password: PASSWORD, database: 'acme' },
      { application_name: 'zz', options: '-c search_path=pg_catalog -c datestyle=dmy' },
    )
    const all = (await fresh.until('ReadyForQuery')).map(shown)
    expect(all).toEqual([
      'ParameterStatus application_name=zz',
      'ParameterStatus client_encoding=UTF8',
      'ParameterStatus DateStyle=ISO, DMY',
      'ParameterStatus default_transaction_read_only=off',
      'ParameterStatus in_hot_standby=off',
      'ParameterStatus integer_datetimes=on',
      'ParameterStatus IntervalStyle=postgres',
      'ParameterStatus is_superuser=off',
      'ParameterStatus scram_iterations=4096',
      'ParameterStatus search_path=pg_catalog',
      'ParameterStatus server_encoding=UTF8',
      'ParameterStatus server_version=18.4',
      'ParameterStatus session_authorization=alice',
      'ParameterStatus standard_conforming_strings=on',
      'ParameterStatus TimeZone=UTC',
      'BackendKeyData',
      'ReadyForQuery I',
    ])
    expect(await runCase(fresh, ['Q set search_path = x', 'Q reset search_path', 'Q show search_path'])).toContain(
      'DataRow pg_catalog',
    )
    fresh.end()
  })

  test('S8: a startup option that is unknown or refused ends the connection', async () => {
    for (const [options, code] of [
      ['-c nope_guc=1', '42704'],
      ['-c role=postgres', '42501'],
      ['-c standard_conforming_strings=off', '22023'],
    ] as const) {
      const refused = await WireClient.open(lakewire.port)
      await refused.authenticate({ user: 'alice', password: PASSWORD, database: 'acme' }, { options })
      expect((await refused.until('close')).map(shown).at(-1)).toMatch(`ErrorResponse FATAL ${code}`)
    }
  })
})

describe('drivers', () => {
  test('node-postgres', async () => {
    const driver = new pg.Client({
      host: '127.0.0.1',
      port: lakewire.port,
      user: 'alice',
      password: PASSWORD,
      database: 'acme',
    })
    await driver.connect()
    try {
      expect((await driver.query('select $1::int + 1 as a', [41])).rows).toEqual([{ a: 42 }])
      expect((await driver.query('select n from numbers where n > $1', [0])).rowCount).toBe(3)
      await expect(driver.query('select 1/$1::int', [0])).rejects.toMatchObject({ code: '22012' })
      const several = (await driver.query('select 1 as a; select 2 as b')) as unknown as { rows: unknown[] }[]
      expect(several.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [{ b: 2 }]])
    } finally {
      await driver.end()
    }
  })

  test('postgres.js', async () => {
    const sql = postgres({
      host: '127.0.0.1',
      port: lakewire.port,
      user: 'alice',
      password: PASSWORD,
      database: 'acme',
      max: 2,
    })
    try {
      expect(await sql`select ${41}::int + 1 as a`).toEqual([{ a: 42 }])
      expect((await sql`select n from numbers where n = ${7}`).count).toBe(3)
      lakewire.engine.usual = { rows: 10, affected: 1 }
      const seen: number[] = []
      await sql`select n from numbers`.cursor(4, (rows) => {
        seen.push(rows.length)
      })
      expect(seen).toEqual([4, 4, 2])
      await expect(
        sql.begin(async (tx) => {
          await tx`insert into numbers values (1)`
          await tx`select nope from numbers`
        }),
      ).rejects.toMatchObject({ code: '42703' })
      expect(lakewire.lake.took().at(-1)).toMatch(/^rollback t/)
    } finally {
      await sql.end()
    }
  })
})
