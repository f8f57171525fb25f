import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Engine, Progress } from '../../proxy/engine/engine.ts'
import type { PgError } from '../../proxy/error.ts'
import { raiseText } from '../../proxy/print/raise.ts'
import { sessionHeaders } from '../../trino/client/session.ts'
import { createTrinoEngine, type TrinoEngineConfig } from '../../trino/engine.ts'
import { type Ask, bytesOf, codeOf, rowsOf, start } from '../engine/contract.ts'
import {
  chunked,
  type FakeCoordinator,
  ok,
  page,
  type Reply,
  startFakeCoordinator,
  status,
} from './fake-coordinator.ts'

const TYPES = [20, 25]
const ROWS = [
  [1, 'one'],
  [2, null],
]
const TEXTS = [
  ['1', 'one'],
  ['2', null],
]
const LAST = ok(page({ state: 'FINISHED' }))

let coordinator: FakeCoordinator
let engine: Engine

async function open(answer: Parameters<typeof startFakeCoordinator>[0], config: Partial<TrinoEngineConfig> = {}) {
  coordinator = await startFakeCoordinator(answer)
  engine = createTrinoEngine({
    url: coordinator.url,
    catalog: 'lake',
    tokenFor: null,
    runMsMax: 60_000,
    zoneDirectories: [],
    ...config,
  })
}
afterEach(async () => {
  await engine.close()
  await coordinator.close()
})

const ask = (options: Ask = {}) => start(engine, 'trino', 'SELECT 1', { types: TYPES, ...options })
const rows = async (options: Ask = {}) => rowsOf(await bytesOf(await ask(options)))

/** POST, then the pages in turn; a page's number is in its path. */
function pages(...replies: readonly Reply[]) {
  return ({ method, path }: { method: string; path: string }): Reply => {
    if (method === 'DELETE') return 'HTTP/1.1 204 No Content\r\n\r\n'
    if (method === 'POST') return ok(page({ next: '/v1/statement/executing/q/y/0', state: 'QUEUED' }))
    return replies[Number(/\/(\d+)\?/.exec(path)?.[1])] ?? status(404)
  }
}
const next = (number: number) => `/v1/statement/executing/q/y/${number}`

describe('a statement', () => {
  test('R4: is posted once, and its pages are followed at the address that we were told', async () => {
    await open(pages(ok(page({ next: next(1) })), ok(page({ next: next(2), rows: ROWS })), LAST))
    expect(await rows()).toEqual(TEXTS)
    expect(coordinator.asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'POST /v1/statement',
      `GET ${next(0)}`,
      `GET ${next(1)}`,
      `GET ${next(2)}`,
    ])
    const { headers, body } = coordinator.asked[0] ?? { headers: {}, body: '' }
    expect(body).toBe('SELECT 1')
    expect(headers).toMatchObject({
      'x-trino-user': 'acme/alice',
      'x-trino-catalog': 'lake',
      'x-trino-time-zone': 'UTC',
      'x-trino-client-capabilities': 'PARAMETRIC_DATETIME',
      'x-trino-session': 'query_max_run_time=60000ms',
    })
    expect(headers).not.toHaveProperty('accept-encoding')
  })

  test('shows a token, made once for a while, to each request', async () => {
    let made = 0
    const tokenFor = async (tenant: string, user: string) => ({ text: `${tenant}.${user}.${++made}`, goodForS: 60 })
    await open(pages(ok(page({ next: next(1), rows: ROWS })), LAST), { tokenFor })
    await rows()
    await rows()
    expect(new Set(coordinator.asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer acme.alice.1']),
    )
    expect(coordinator.asked[0]?.headers).toMatchObject({ 'x-forwarded-proto': 'https' })
    expect(coordinator.asked[0]?.headers).not.toHaveProperty('x-trino-user')
  })

  test('R1: what a user is called ends no header and makes none', async () => {
    const headersFor = sessionHeaders({ catalog: 'lake', tokenFor: null, runMsMax: 0 })
    const plain = await headersFor('acme', 'alice', 'q')
    const odd = await headersFor('acme', 'a\r\nX-Trino-User: globex/b,c=d\u00e9', 'q')
    expect({ ...odd, 'X-Trino-User': '' }).toEqual({ ...plain, 'X-Trino-User': '' })
    expect(odd['X-Trino-User']).toBe('acme/a%0D%0AX-Trino-User:%20globex/b,c=d%C3%A9')
  })

  test('R3: nothing that Trino says of the session is taken up', async () => {
    const says = [
      'X-Trino-Set-Session: query_max_run_time=9999d',
      'X-Trino-Set-Role: lake=ROLE{admin}',
      'X-Trino-Set-Authorization-User: globex/ann',
      'X-Trino-Set-Catalog: other',
      'X-Trino-Set-Schema: globex.public',
      'X-Trino-Set-Path: other',
      'X-Trino-Added-Prepare: p=SELECT+1',
      'X-Trino-Started-Transaction-Id: 0',
    ].join('\r\n')
    const answer = pages(ok(page({ next: next(1), rows: ROWS })), LAST)
    await open((asked) => String(answer(asked)).replace('\r\n', `\r\n${says}\r\n`))
    await rows()
    const before = Object.keys(coordinator.asked[0]?.headers ?? {})
    await rows()
    for (const { method, headers } of coordinator.asked) {
      const sent = Object.keys(headers).filter((name) => !name.startsWith('content-'))
      expect([method, sent]).toEqual([method, before.filter((name) => !name.startsWith('content-'))])
      expect(JSON.stringify(headers)).not.toMatch(/9999d|admin|globex|other/)
    }
  })

  test('gives the count of a write', async () => {
    await open(pages(ok(page({ next: next(1), rows: [[3, null]] })), ok(page({ updateCount: 3, state: 'FINISHED' }))))
    const run = await ask({ columns: [], types: [], countOf: 0 })
    expect(await bytesOf(run)).toHaveLength(0)
    expect(run.rowsAffected()).toBe(3)
  })

  test('tells how far it has come', async () => {
    await open(pages(ok(page({ next: next(1), rows: ROWS })), LAST))
    const told: Progress[] = []
    await bytesOf(await ask({ onProgress: (progress) => told.push(progress) }))
    expect(told[0]).toEqual({ state: 'queued', fraction: 0.5, rowsRead: 7, bytesRead: 70 })
    expect(told.at(-1)?.state).toBe('running')
  })
})

describe('what is sent again, and what is not', () => {
  test.each<[string, Reply, string]>([
    ['the connection is lost', null, '08007'],
    ['a gateway does not know', status(502), '08007'],
    ['a gateway has waited too long', status(504), '08007'],
    ['the answer is none', 'HTTP/1.1 twohundred\r\n\r\n', '08007'],
    ['the answer is no JSON', ok('{"id":'), '08007'],
    ['it is too busy to take it', status(503), '57P03'],
  ])('R20, X5: a write is posted once, though %s', async (_, reply, code) => {
    await open(() => reply)
    expect(await codeOf(ask({ columns: [], countOf: 0 }))).toBe(code)
    expect(coordinator.count('POST')).toBe(1)
  })

  test('R20: a read whose answer was lost is an error of the engine, and posted once', async () => {
    await open(() => null)
    expect(await codeOf(ask())).toBe('58000')
    expect(coordinator.count('POST')).toBe(1)
  })

  test('X1: nothing listens: the statement was never sent', async () => {
    await open(() => null)
    await coordinator.close()
    await sleep(50)
    expect(await codeOf(ask({ columns: [], countOf: 0 }))).toBe('57P03')
    expect(engine.status().problem).not.toBeNull()
  })

  test.each<[string, Reply]>([
    ['502', status(502)],
    ['503', status(503)],
    ['504', status(504)],
    ['a lost connection', null],
  ])('X3: a page is asked for again after %s', async (_, trouble) => {
    const answers = pages(ok(page({ next: next(1), rows: ROWS })), LAST)
    let troubles = 0
    await open((asked) => (asked.path.includes(next(0)) && troubles++ < 2 ? trouble : answers(asked)))
    expect(await rows()).toEqual(TEXTS)
    expect(coordinator.count('POST')).toBe(1)
    expect(troubles).toBe(3)
  })

  test('X4: a statement that Trino has forgotten is over', async () => {
    await open(pages())
    expect(await codeOf(ask())).toBe('57P02')
    expect(await codeOf(ask({ columns: [], countOf: 0 }))).toBe('08007')
  })

  test.each<[string, Reply, string]>([
    ['404', status(404), '57P02'],
    ['410', status(410), '57P02'],
    ['500', status(500), '58000'],
    ['half a page', ok(page({ next: next(2), rows: ROWS }).slice(0, -30)), '58000'],
    ['no JSON', ok('<html>'), '58000'],
    ['a row of too few columns', ok(page({ next: next(2), rows: [[3]] })), '58000'],
    ['a row of too many columns', ok(page({ next: next(2), rows: [[3, 'three', 3]] })), '58000'],
    ['a lost node', ok(page({ error: { errorName: 'REMOTE_TASK_ERROR', message: 'http://10.0.0.7' } })), '57P02'],
    ['a lack of memory', ok(page({ error: { errorName: 'CLUSTER_OUT_OF_MEMORY', message: 'x' } })), '53200'],
  ])('X2, X4, X9: rows that end in %s are not a whole result', async (_, trouble, code) => {
    await open(pages(ok(page({ next: next(1), rows: ROWS })), trouble, LAST))
    expect(await codeOf(rows())).toBe(code)
    expect(coordinator.count('POST')).toBe(1)
  })

  test('X6: a write whose commit may have been made is not run again', async () => {
    const failureInfo = {
      type: 'io.trino.spi.TrinoException',
      cause: { type: 'org.apache.iceberg.exceptions.CommitStateUnknownException' },
    }
    const error = { errorName: 'ICEBERG_COMMIT_ERROR', errorType: 'EXTERNAL', message: 'Failed to commit', failureInfo }
    await open(pages(ok(page({ error, state: 'FAILED' }))))
    expect(await codeOf(ask({ columns: [], countOf: 0 }))).toBe('08007')
    expect(coordinator.count('POST')).toBe(1)
  })

  test('X7: a write that lost the race for its commit is run again, as it has done nothing', async () => {
    const lost = ok(
      page({ error: { errorName: 'ICEBERG_COMMIT_ERROR', message: 'Failed to commit' }, state: 'FAILED' }),
    )
    const done = ok(page({ updateCount: 1, state: 'FINISHED' }))
    await open((asked) => pages(coordinator.count('POST') < 3 ? lost : done)(asked))
    const run = await ask({ columns: [], countOf: 0 })
    await bytesOf(run)
    expect(run.rowsAffected()).toBe(1)
    expect(coordinator.count('POST')).toBe(3)
    // in a lake transaction it is the transaction that has lost
    await open(pages(lost))
    expect(await codeOf(ask({ columns: [], countOf: 0, transaction: '0123456789abcdef01234567' }))).toBe('40001')
    expect(coordinator.count('POST')).toBe(1)
  })
})

describe('ends in Trino', () => {
  test('X8: when it is cancelled while it waits for rows', async () => {
    await open(({ method, path }) =>
      path.includes(next(1)) && method === 'GET' ? 'hold' : pages(ok(page({ next: next(1) })))({ method, path }),
    )
    const controller = new AbortController()
    const running = codeOf(ask({ signal: controller.signal }))
    while (!coordinator.asked.some(({ path }) => path.includes(next(1)))) await sleep(5)
    controller.abort()
    expect(await running).toBe('57014')
    expect(coordinator.asked.at(-1)).toMatchObject({ method: 'DELETE', path: next(1) })
  })

  test('when its reader leaves', async () => {
    await open(pages(ok(page({ next: next(1), rows: ROWS })), ok(page({ next: next(2), rows: ROWS })), LAST))
    for await (const _ of (await ask()).batches) break
    expect(coordinator.count('DELETE')).toBe(1)
  })

  test('when it has given the rows that were asked for', async () => {
    await open(
      pages(
        ok(page({ next: next(1), rows: ROWS })),
        ok(page({ next: next(2), rows: ROWS })),
        ok(page({ next: next(3), rows: ROWS })),
      ),
    )
    expect(await rows({ rowsMax: 3 })).toEqual([...TEXTS, TEXTS[0]])
    expect(coordinator.count('DELETE')).toBe(1)
  })

  test('when its rows cannot be written', async () => {
    await open(pages(ok(page({ next: next(1), rows: [[1, 'no uuid']] })), LAST))
    expect(await codeOf(rows({ types: [20, 16] }))).toBe('XX000')
    expect(coordinator.count('DELETE')).toBe(1)
  })

  test('and not when it is over, or has failed there', async () => {
    await open(pages(ok(page({ next: next(1), rows: ROWS })), LAST))
    await rows()
    expect(coordinator.count('DELETE')).toBe(0)
    await open(pages(ok(page({ error: { errorName: 'DIVISION_BY_ZERO', errorType: 'USER_ERROR' } }))))
    expect(await codeOf(ask())).toBe('22012')
    expect(coordinator.count('DELETE')).toBe(0)
  })
})

describe('pages', () => {
  test('that wait for a reader who rests are asked for again now and then, and given once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const full = (number: number) => ok(page({ next: next(number), rows: ROWS }))
      await open(pages(full(1), full(2), full(3), LAST))
      const answer = await start(engine, 'trino', 'SELECT 1', { types: TYPES })
      await vi.waitUntil(() => coordinator.count('GET') >= 2, 30_000)
      await sleep(50)
      const before = coordinator.count('GET')
      const newest = coordinator.asked.at(-1)?.path
      await vi.advanceTimersByTimeAsync(25_000)
      await vi.waitUntil(() => coordinator.count('GET') > before, 30_000)
      expect(coordinator.asked.at(-1)?.path).toBe(newest)
      expect(rowsOf(await bytesOf(answer))).toEqual([...TEXTS, ...TEXTS, ...TEXTS])
    } finally {
      vi.useRealTimers()
    }
  })

  test('are not asked for while the reader is slow', async () => {
    let given = 0
    await open(({ method, path }) => {
      const number = Number(/\/(\d+)\?/.exec(path)?.[1] ?? 0)
      if (method === 'GET') given = Math.max(given, number)
      return method === 'GET' ? ok(page({ next: next(number + 1), rows: ROWS })) : pages()({ method, path })
    })
    const run = await ask()
    const iterator = run.batches[Symbol.asyncIterator]()
    for (let taken = 0; taken < 5; taken++) {
      await iterator.next()
      await sleep(20)
      expect(given - taken).toBeLessThanOrEqual(3)
    }
    await iterator.return?.()
  })

  test('come in chunks of any size, cut anywhere', async () => {
    const last = ok(page({ state: 'FINISHED' }))
    for (const size of [1, 2, 7, 100]) {
      const whole = chunked(page({ next: next(1), rows: ROWS }), size)
      await open(pages(whole, last))
      expect(await rows(), `chunks of ${size}`).toEqual(TEXTS)
      await engine.close()
      await coordinator.close()
    }
    const whole = chunked(page({ next: next(1), rows: ROWS }), 50)
    await open((asked) => pages([whole.slice(0, cuts), whole.slice(cuts)], last)(asked))
    let cuts = 1
    for (; cuts < whole.length; cuts++) expect(await rows(), `cut at ${cuts}`).toEqual(TEXTS)
  })

  test.each<[string, Reply]>([
    ['a page that ends too early', ok(page({ next: next(1), rows: ROWS }).slice(0, -40))],
    ['rows that are none', ok(page({ rows: ROWS }).replace('"one"', '"one'))],
    ['too few values', ok(page({ rows: [[1]] }))],
    ['a status nobody knows', status(418)],
  ])('of no sense are refused: %s', async (_, reply) => {
    await open(pages(reply, LAST))
    const failure = (await rows().catch((error: PgError) => error)) as PgError
    expect(failure).toMatchObject({ name: 'PgError', code: '58000' })
    expect(failure.message).not.toMatch(/trino|127\.0\.0\.1|json/i)
  })
})

describe('limits', () => {
  const held = () => ({ runningMax: 2, runningPerTenantMax: 1, waitingMax: 1, waitMsMax: 2_000 })
  const isHeld = (path: string) => path.includes(next(1))
  const holding = ({ method, path }: { method: string; path: string }): Reply =>
    method === 'GET' && isHeld(path) ? 'hold' : pages(ok(page({ next: next(1), rows: ROWS })))({ method, path })

  test('a tenant has its share, and waits for it, but not for ever', async () => {
    await open(holding, { limits: held() })
    const first = await ask()
    expect(engine.status()).toMatchObject({ running: 1, queued: 0 })
    const waiting = codeOf(ask())
    await expect.poll(() => engine.status()).toMatchObject({ running: 1, queued: 1 })
    // no room left to wait
    expect(await codeOf(ask())).toBe('53300')
    // another tenant is not held up
    const other = await ask({ tenant: 'globex' })
    expect(await waiting).toBe('53300')
    await first.batches[Symbol.asyncIterator]().return?.()
    const again = await ask()
    await again.batches[Symbol.asyncIterator]().return?.()
    await other.batches[Symbol.asyncIterator]().return?.()
    expect(engine.status()).toMatchObject({ running: 0, queued: 0 })
  })

  test('whoever waits can be cancelled', async () => {
    await open(holding, { limits: { ...held(), waitMsMax: 60_000 } })
    const first = await ask()
    const controller = new AbortController()
    const waiting = codeOf(ask({ signal: controller.signal }))
    controller.abort()
    expect(await waiting).toBe('57014')
    expect(engine.status()).toMatchObject({ running: 1, queued: 0 })
    await first.batches[Symbol.asyncIterator]().return?.()
  })
})

describe('R18: errors are PostgreSQL’s, and name nothing of the engine', () => {
  test.each([
    [
      'GENERIC_USER_ERROR',
      'USER_ERROR',
      raiseText('22023', 'LIMIT must not be negative'),
      '22023',
      'LIMIT must not be negative',
    ],
    // what a user has put into a value raises nothing
    [
      'INVALID_CAST_ARGUMENT',
      'USER_ERROR',
      `Cannot cast '${raiseText('42501', 'x')}' to INT`,
      '22P02',
      'invalid input syntax for type integer: "@42501@x@@"',
    ],
    [
      'INVALID_CAST_ARGUMENT',
      'USER_ERROR',
      "Cannot cast '99999999999' to INT",
      '22003',
      'value "99999999999" is out of range for type integer',
    ],
    [
      'INVALID_CAST_ARGUMENT',
      'USER_ERROR',
      'Value cannot be cast to date: abc',
      '22007',
      'invalid input syntax for type date: "abc"',
    ],
    [
      'INVALID_CAST_ARGUMENT',
      'USER_ERROR',
      "Cannot cast VARCHAR 'abc' to DECIMAL(5, 2). Value is not a number.",
      '22P02',
      'invalid input syntax for type numeric: "abc"',
    ],
    [
      'INVALID_CAST_ARGUMENT',
      'USER_ERROR',
      "Cannot cast DECIMAL(7, 1) '123456.1' to DECIMAL(5, 2)",
      '22003',
      'numeric field overflow',
    ],
    [
      'NUMERIC_VALUE_OUT_OF_RANGE',
      'USER_ERROR',
      'integer addition overflow: 1 + 2147483647',
      '22003',
      'integer out of range',
    ],
    [
      'NUMERIC_VALUE_OUT_OF_RANGE',
      'USER_ERROR',
      'bigint multiplication overflow: 2 * 9223372036854775807',
      '22003',
      'bigint out of range',
    ],
    [
      'NUMERIC_VALUE_OUT_OF_RANGE',
      'USER_ERROR',
      'Value -2147483648 is out of range for abs(integer)',
      '22003',
      'integer out of range',
    ],
    ['GENERIC_INTERNAL_ERROR', 'INTERNAL_ERROR', '/ by zero', '22012', 'division by zero'],
    [
      'GENERIC_INTERNAL_ERROR',
      'INTERNAL_ERROR',
      'Some filter inputs missing from left/right: Or(p::boolean)',
      '0A000',
      'a subquery of this kind is not supported',
    ],
    [
      'SUBQUERY_MULTIPLE_ROWS',
      'USER_ERROR',
      'Scalar sub-query has returned multiple rows',
      '21000',
      'more than one row returned by a subquery used as an expression',
    ],
    [
      'PERMISSION_DENIED',
      'USER_ERROR',
      'Access Denied: Cannot select from globex.secret',
      '42501',
      'permission denied',
    ],
    [
      'EXCEEDED_LOCAL_MEMORY_LIMIT',
      'INSUFFICIENT_RESOURCES',
      'Query exceeded per-node memory limit of 1GB [10.0.0.7]',
      '53200',
      'out of memory',
    ],
    [
      'EXCEEDED_TIME_LIMIT',
      'INSUFFICIENT_RESOURCES',
      'Query exceeded maximum run time',
      '57014',
      'canceling statement due to statement timeout',
    ],
    [
      'QUERY_QUEUE_FULL',
      'INSUFFICIENT_RESOURCES',
      'Too many queued queries for global.acme',
      '53300',
      'too many statements are running',
    ],
    [
      'SERVER_STARTING_UP',
      'INTERNAL_ERROR',
      'Trino server is still initializing',
      '57P03',
      'the engine is not available',
    ],
    [
      'ICEBERG_COMMIT_ERROR',
      'EXTERNAL',
      'Failed to commit',
      '40001',
      'could not serialize access due to concurrent update',
    ],
    [
      'ICEBERG_CANNOT_OPEN_SPLIT',
      'EXTERNAL',
      'Error opening s3://lake/globex/secret.parquet',
      '58030',
      'could not read or write the lake',
    ],
    [
      'TABLE_NOT_FOUND',
      'USER_ERROR',
      'line 1:15: Table \'lake."globex.x".t\' does not exist',
      '42P01',
      'relation does not exist',
    ],
    ['SYNTAX_ERROR', 'USER_ERROR', "line 1:1: mismatched input 'x'", 'XX000', 'the statement could not be run'],
    ['SOMETHING_NEW', 'INTERNAL_ERROR', 'at io.trino.Secret(10.0.0.7:8080)', 'XX000', 'the statement could not be run'],
  ])('%s (%s) %s', async (errorName, errorType, message, code, expected) => {
    await open(pages(ok(page({ error: { errorName, errorType, message }, state: 'FAILED' }))))
    const failure = await ask({ transaction: '0123456789abcdef01234567' }).catch((error: PgError) => error)
    expect(failure).toMatchObject({ code, message: expected })
    expect(JSON.stringify([(failure as PgError).message, (failure as PgError).fields.detail])).not.toMatch(
      /globex|10\.0\.0|trino/i,
    )
  })
})
