import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type History, openHistory } from '../../proxy/history/history.ts'
import { SILENT_LOG } from '../../proxy/observe/log.ts'
import type { StatementRecord } from '../../proxy/observe/record.ts'
import type { HistoryEntry } from '../../proxy/store/history.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import type { Store } from '../../proxy/store/store.ts'

let folder: string
let store: Store

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakewire-history-'))
  store = openSqliteStore(join(folder, 'store.sqlite'))
})

afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const DAY_MS = 86_400_000

function open(kept: { keptMs?: number; keptMax?: number } = {}, in_ = store): History {
  return openHistory({ store: in_, log: SILENT_LOG, keptMs: 30 * DAY_MS, keptMax: 1000, ...kept })
}

let count = 0
function record(fields: Partial<StatementRecord> = {}): StatementRecord {
  count += 1
  return {
    tenant: 'acme',
    user: 'alice',
    queryId: `q${count}`,
    text: `select ${count}`,
    engine: 'duckdb',
    why: 'only',
    reason: 'it is the only engine',
    estimate: null,
    startedAt: new Date(),
    firstRowMs: null,
    durationMs: 1,
    rows: 0,
    bytes: 0,
    code: null,
    fault: null,
    isNotable: true,
    ...fields,
  }
}

async function texts(tenant = 'acme'): Promise<string[]> {
  return (await store.list<HistoryEntry>('history', { prefix: `${tenant}/` })).map(({ value }) => value.text)
}

test('what waits is written at the end, the latest first', async () => {
  const history = open()
  for (const [index, text] of ['first', 'second', 'third'].entries())
    history.add(record({ text, startedAt: new Date(Date.now() + index * 10) }))
  history.add(record({ text: 'of no note', isNotable: false }))
  await history.close()
  expect(await texts()).toEqual(['third', 'second', 'first'])
})

test('texts have a limit', async () => {
  const history = open()
  history.add(record({ text: 'x'.repeat(100_000) }))
  await history.close()
  expect((await texts())[0]).toHaveLength(8192)
})

test('what is old, or one too many, is removed, of each tenant by itself', async () => {
  const history = open({ keptMs: DAY_MS, keptMax: 2 })
  history.add(record({ text: 'too old', startedAt: new Date(Date.now() - 2 * DAY_MS) }))
  for (const [index, text] of ['oldest', 'older', 'latest'].entries())
    history.add(record({ text, startedAt: new Date(Date.now() + index * 10) }))
  history.add(record({ tenant: 'globex', text: 'theirs', startedAt: new Date(Date.now() - 1000) }))
  await history.close()
  expect(await texts()).toHaveLength(4)
  await history.tidy()
  expect(await texts()).toEqual(['latest', 'older'])
  expect(await texts('globex')).toEqual(['theirs'])
})

test('a store that is away costs the oldest statements, and they are counted', async () => {
  const away: Store = { ...store, insert: () => Promise.reject(new Error('away')) }
  const history = open({}, away)
  for (let index = 0; index < 5_003; index += 1) history.add(record())
  expect(history.dropped()).toBe(3)
  await history.close()
  expect(history.dropped()).toBeGreaterThan(3)
  expect(await texts()).toEqual([])
})
