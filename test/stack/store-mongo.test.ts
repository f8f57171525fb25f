import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DOCUMENT_BYTES_MAX } from '../../proxy/store/mongo/limits.ts'
import { openMongoStore } from '../../proxy/store/mongo/mongo-store.ts'
import type { Store } from '../../proxy/store/store.ts'
import { stack } from '../harness/stack.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'
import { storeContract } from '../store/contract.ts'

const { hostname, port } = new URL(stack().mongo.url)
const SERVER = { host: hostname, port: Number(port) }
const urlOf = (at: { host: string; port: number }): string => `mongodb://${at.host}:${at.port}`
const freshDatabase = (): string => `store_${randomBytes(6).toString('hex')}`

storeContract('mongo', async () => {
  const where = { url: urlOf(SERVER), database: freshDatabase() }
  const opened: Store[] = [await openMongoStore(where)]
  return {
    store: opened[0]!,
    reopen: async () => opened[opened.push(await openMongoStore(where)) - 1]!,
    end: async () => {
      for (const store of opened) await store.close()
    },
  }
})

describe('a line that fails', () => {
  let line: TcpProxy
  let store: Store
  let other: Store
  beforeEach(async () => {
    line = await openTcpProxy(SERVER.host, SERVER.port)
    const database = freshDatabase()
    store = await openMongoStore({ url: urlOf(line), database })
    other = await openMongoStore({ url: urlOf(SERVER), database })
  })
  afterEach(async () => {
    await store.close()
    await other.close()
    await line.close()
  })
  /** What the server hears it does, but its answers are lost: long enough for a first attempt to have arrived. */
  async function unheard<T>(call: () => Promise<T>, meanwhile: () => Promise<unknown> = async () => {}): Promise<T> {
    line.weather({ kind: 'deaf' })
    const outcome = call()
    outcome.catch(() => {})
    await new Promise((done) => setTimeout(done, 1_000))
    await meanwhile()
    line.weather({ kind: 'down' })
    line.weather({ kind: 'open' })
    return outcome
  }

  test('a broken connection is not seen by who asks', async () => {
    await store.insert('tenant', 'acme', { n: 1 })
    line.cut()
    expect((await store.get('tenant', 'acme'))?.value).toEqual({ n: 1 })
    line.cut()
    expect(await store.insert('tenant', 'globex', { n: 1 })).toBe(true)
  })

  test('a write whose answer is lost is made once, and known to be made', async () => {
    expect(await unheard(() => store.insert('lake', 'acme', { n: 1 }))).toBe(true)
    const first = (await other.get('lake', 'acme'))!
    expect(await unheard(() => store.replace('lake', 'acme', { n: 2 }, first.revision))).toBe(true)
    const second = (await other.get<{ n: number }>('lake', 'acme'))!
    expect(second.value).toEqual({ n: 2 })
    expect(await unheard(() => store.remove('lake', 'acme', second.revision))).toBe(true)
    expect(await other.get('lake', 'acme')).toBeNull()
  })

  test('… even when others have written since', async () => {
    await store.insert('lake', 'acme', { n: 0 })
    const { revision } = (await store.get('lake', 'acme'))!
    const bump = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        const now = (await other.get<{ n: number }>('lake', 'acme'))!
        expect(await other.replace('lake', 'acme', { n: now.value.n + 1 }, now.revision)).toBe(true)
      }
    }
    expect(
      await unheard(
        () => store.replace('lake', 'acme', { n: 100 }, revision),
        () => bump(3),
      ),
    ).toBe(true)
    const now = (await other.get<{ n: number }>('lake', 'acme'))!
    expect(now.value).toEqual({ n: 103 })
    await bump(1)
    expect(await unheard(() => store.replace('lake', 'acme', { n: 0 }, now.revision))).toBe(false)
    const late = (await other.get('lake', 'acme'))!
    await expect(
      unheard(
        () => store.replace('lake', 'acme', { n: 200 }, late.revision),
        () => bump(20),
      ),
    ).rejects.toMatchObject({ code: '08007', fault: 'store' })
  })

  test('an insert that was not ours is told from one that was', async () => {
    await other.insert('user', 'acme/alice', { n: 1 })
    expect(await unheard(() => store.insert('user', 'acme/alice', { n: 2 }))).toBe(false)
    expect((await other.get('user', 'acme/alice'))?.value).toEqual({ n: 1 })
  })

  test('nobody there: 58000 in time, and all is well when somebody is again', async () => {
    await store.insert('tenant', 'acme', { n: 1 })
    line.weather({ kind: 'down' })
    await expect(store.get('tenant', 'acme')).rejects.toMatchObject({ code: '58000', fault: 'store' })
    await expect(store.insert('tenant', 'globex', {})).rejects.toMatchObject({ fault: 'store' })
    line.weather({ kind: 'open' })
    expect((await store.get('tenant', 'acme'))?.value).toEqual({ n: 1 })
  })

  test('a server that keeps silent: reads end with 58000, writes with 08007, and it heals', async () => {
    await store.insert('tenant', 'acme', { n: 1 })
    line.weather({ kind: 'silent' })
    const [read, write] = await Promise.allSettled([store.get('tenant', 'acme'), store.insert('tenant', 'globex', {})])
    expect(read).toMatchObject({ status: 'rejected', reason: { code: '58000', fault: 'store' } })
    expect(write).toMatchObject({ status: 'rejected', reason: { code: '08007', fault: 'store' } })
    line.weather({ kind: 'open' })
    expect((await store.get('tenant', 'acme'))?.value).toEqual({ n: 1 })
  })

  test('who waits for a silent server can be told to stop', async () => {
    line.weather({ kind: 'silent' })
    const stop = new AbortController()
    const reason = new Error('enough')
    const asked = store.get('tenant', 'acme', stop.signal)
    stop.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })
})

test('a document larger than a server can hold is refused', async () => {
  const store = await openMongoStore({ url: urlOf(SERVER), database: freshDatabase() })
  const large = (bytes: number): string => 'x'.repeat(bytes - 2)
  expect(await store.insert('lake', 'acme', large(DOCUMENT_BYTES_MAX))).toBe(true)
  expect((await store.get('lake', 'acme'))?.value).toBe(large(DOCUMENT_BYTES_MAX))
  await expect(store.insert('lake', 'globex', large(DOCUMENT_BYTES_MAX + 1))).rejects.toMatchObject({
    code: '54000',
    fault: 'limit',
  })
  await store.close()
})

test('no server at all is a PgError of the store', async () => {
  await expect(openMongoStore({ url: 'mongodb://127.0.0.1:1', database: 'none' })).rejects.toMatchObject({
    code: '58000',
    fault: 'store',
  })
})
